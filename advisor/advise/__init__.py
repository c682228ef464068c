"""From findings to a decision: candidates, both sides of the scale, policy, checks and steps."""

from __future__ import annotations

from typing import NamedTuple

from advisor.advise.blockers import blockers_of
from advisor.advise.case import Case
from advisor.advise.frontier import frontier
from advisor.advise.judge import Judge, Judged
from advisor.advise.losses import LossFinder
from advisor.advise.mitigations import mitigations
from advisor.advise.offers import find_offers, upstream_offers
from advisor.advise.preflight import preflight
from advisor.advise.situation import Choice, breaks, choose, has_ended
from advisor.advise.steps import steps_for
from advisor.advise.trouble import Trouble
from advisor.advise.verdict import Verdict, decide
from advisor.advise.words import headline, reasons, risks
from advisor.assess import Weigher
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Action, Candidate, Check, Decision, Origin
from advisor.model.finding import Assessment, Finding
from advisor.model.inventory import Inventory
from advisor.model.packages import GivenKernel
from advisor.model.reading import Unknown

__all__ = ["Advice", "advise"]


class Advice(NamedTuple):
    """What to do, and what it rests on.

    Attributes:
        candidates: Every kernel that was judged, the nearest first.
        preflight: What to look at before the reboot.
        regressions: Known trouble that lives in the running kernel and touches this machine.
        unknowns: What weakens the advice.
    """

    candidates: tuple[Candidate, ...]
    preflight: tuple[Check, ...]
    decision: Decision
    regressions: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]


def advise(
    inventory: Inventory,
    assessment: Assessment,
    knowledge: KnowledgeBase,
    weigher: Weigher,
    *,
    now_days: int,
    extra: tuple[GivenKernel, ...] = (),
) -> Advice:
    """Return what to do on this machine, why, and what it costs.

    Args:
        inventory: The machine.
        assessment: What the running kernel lacks.
        knowledge: The knowledge base.
        weigher: Weighs fixes on this machine.
        now_days: Today, in days since 1970.
        extra: Kernels that the user named.
    """
    case = Case(inventory, assessment, knowledge, weigher, now_days)
    trouble = Trouble(case)
    judged = _judge_all(case, trouble, extra)
    known = trouble.running.findings if trouble.running is not None else ()
    choice = choose(case, judged, known)
    verdict = decide(choice.situation)
    target = choice.behind(verdict.target)
    return Advice(
        candidates=tuple(
            one.candidate
            for one in judged
            if not one.offer.older or one.offer.origin is Origin.GIVEN
        ),
        preflight=preflight(inventory, target, judged),
        decision=_decision(case, judged, choice, verdict, known),
        regressions=known,
        unknowns=trouble.unknowns(),
    )


def _decision(
    case: Case,
    judged: tuple[Judged, ...],
    choice: Choice,
    verdict: Verdict,
    known: tuple[Finding, ...],
) -> Decision:
    """Return the verdict with all that a person needs to follow it, or not to."""
    inventory, assessment = case.inventory, case.assessment
    target = choice.behind(verdict.target)
    ahead = [one for one in judged if not one.offer.older]
    installed = tuple(one for one in ahead if one.offer.origin is Origin.INSTALLED)
    sound = [one for one in ahead if one.offer.origin is not Origin.UPSTREAM and not breaks(one)]
    release = inventory.kernel.identity.release
    picture = frontier(assessment, release, sound, target.offer.release if target else "")
    return Decision(
        action=verdict.action,
        urgency=verdict.urgency,
        target=verdict.target.release if verdict.target is not None else "",
        headline=headline(inventory, assessment, verdict, choice),
        reasons=reasons(case, verdict, choice, picture),
        risks=risks(verdict, choice),
        steps=steps_for(inventory, verdict, target, choice.refused, installed),
        rule=verdict.rule,
        mitigations=mitigations(
            case,
            known if target is None else target.candidate.regressions,
            helped=verdict.action not in {Action.HOLD, Action.STAY},
        ),
        frontier=picture,
    )


def _judge_all(case: Case, trouble: Trouble, extra: tuple[GivenKernel, ...]) -> tuple[Judged, ...]:
    """Return every kernel that could be run here with all that is known about it."""
    judge = Judge(case)
    losses = LossFinder(case.inventory, case.knowledge)
    found: list[Judged] = []
    offers = find_offers(case.inventory, extra)
    offers += upstream_offers(case.inventory, case.knowledge, offers, ended=has_ended(case))
    for offer in offers:
        judged = judge.judge(offer)
        lost = losses.find(offer)
        sides = trouble.sides(offer)
        candidate = judged.candidate._replace(
            regressions=sides.lives,
            cures=sides.cures,
            lost=lost.lost,
            notes=lost.notes,
            blockers=blockers_of(case.inventory, offer),
        )
        found.append(judged._replace(candidate=candidate, fresh=sides.fresh))
    return tuple(found)
