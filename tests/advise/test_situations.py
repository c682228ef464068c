"""Every situation gets the advice that a careful friend would give, by the row that is named."""

from __future__ import annotations

import pytest

from advisor.advise import Advice, advise
from advisor.assess import Weigher, assess
from advisor.knowledge.store import KnowledgeBase
from advisor.model.inventory import Inventory
from tests.advise.machine import TODAY
from tests.advise.situation import Situation
from tests.advise.situations import debian, elsewhere, hardware

SITUATIONS = (*debian.SITUATIONS, *hardware.SITUATIONS, *elsewhere.SITUATIONS)


def told(advice: Advice) -> str:
    """Return everything that the advice says, as one text."""
    decision = advice.decision
    steps = [f"{step.text} {step.command}" for step in (*decision.steps, *decision.mitigations)]
    checks = [f"{check.message} {check.reading}" for check in advice.preflight]
    return "\n".join([decision.headline, *decision.reasons, *decision.risks, *steps, *checks])


def get_advice(situation: Situation, knowledge: KnowledgeBase) -> Advice:
    inventory = filled(situation.inventory, knowledge)
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher)
    return advise(inventory, assessment, knowledge, weigher, now_days=TODAY, extra=situation.given)


def filled(inventory: Inventory, knowledge: KnowledgeBase) -> Inventory:
    """Return the machine; words that stand for CVEs of the knowledge base become those CVEs."""
    words = inventory.packages.changelog_cves
    version = inventory.kernel.identity.upstream
    if version is None or not words & {"EVERYTHING", "CLOSED-IN-95"}:
        return inventory
    numbers = set(knowledge.open_in(version))
    if "CLOSED-IN-95" in words:
        numbers -= knowledge.open_in(version._replace(patch=95)).keys()
    cves = frozenset(knowledge.ids(numbers).values())
    return inventory._replace(packages=inventory.packages._replace(changelog_cves=cves))


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.id)
def test_advice_for_a_situation_is_what_a_careful_friend_says(
    situation: Situation, knowledge: KnowledgeBase
) -> None:
    advice = get_advice(situation, knowledge)
    decision = advice.decision
    assert (decision.action, decision.target, decision.urgency, decision.rule) == (
        situation.action,
        situation.target,
        situation.urgency,
        situation.rule,
    ), told(advice)
    text = told(advice)
    for part in situation.says:
        assert part in text
    for part in situation.unsaid:
        assert part not in text
    assert decision.headline.endswith(".")


def test_situations_are_many_and_named_once() -> None:
    assert len({one.id for one in SITUATIONS}) == len(SITUATIONS) >= 40
