"""Several machines side by side: the worst first, and whether one kernel suits them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from advisor.model.advice import Action, Answer, Candidate, Urgency
from advisor.model.finding import WEIGHING, Finding
from advisor.model.version import KernelVersion, contains, parse_version, proves

_URGENCY_ORDER = (Urgency.NOW, Urgency.SOON, Urgency.ROUTINE, Urgency.NONE)
_ACTIONS = {
    Action.STAY: "Stay",
    Action.REBOOT: "Reboot",
    Action.UPGRADE: "Upgrade",
    Action.SWITCH_SERIES: "Switch series",
    Action.HOLD: "Hold",
    Action.UNKNOWN: "No answer",
}
_WHEN = {Urgency.NOW: "now", Urgency.SOON: "soon", Urgency.ROUTINE: "at leisure"}
_PUT_RIGHT = frozenset({Action.HOLD, Action.UNKNOWN})

Rank = tuple[int, bool, int, tuple[tuple[str, int, str], ...]]
"""Urgency, whether the advice stands, minus the bugs that reach it, and the name."""


class Shared(NamedTuple):
    """How far one kernel serves the machines of one kind.

    Attributes:
        kind: What they have in common: ``Debian GNU/Linux 13 (trixie), x86_64``.
        machines: Their names.
        release: The kernel that suits most of them; ``""`` where none suits any.
        suits: The names of those that it suits.
        others: Reason and names of those that it does not.
        left: Bugs that would reach the machines that it suits, all told.
    """

    kind: str
    machines: tuple[str, ...]
    release: str
    suits: tuple[str, ...]
    others: tuple[tuple[str, tuple[str, ...]], ...]
    left: int


class _Suit(NamedTuple):
    """What a kernel would mean for one machine: bugs left, or why it will not do."""

    left: int
    why_not: str = ""


def name_of(answer: Answer) -> str:
    """Return what to call the machine of an answer; never empty."""
    return answer.inventory.host.name or answer.inventory.capture or "this machine"


def verdict(answer: Answer) -> str:
    """Return what to do and when, in two or three words: ``Upgrade soon``."""
    decision = answer.decision
    when = _WHEN.get(decision.urgency, "")
    if decision.action in {Action.STAY, *_PUT_RIGHT}:
        return _ACTIONS[decision.action]
    return f"{_ACTIONS[decision.action]} {when}".rstrip()


def chosen(answer: Answer) -> Candidate | None:
    """Return the candidate that is advised, None where none is."""
    target = answer.decision.target
    return next((c for c in answer.candidates if target and c.release == target), None)


def reaching(answer: Answer) -> int | None:
    """Return how many known bugs can run on the machine now, None where that was not told."""
    assessment = answer.assessment
    return None if assessment.version is None else assessment.tally.reaching


def left_after(answer: Answer) -> int | None:
    """Return how many will once the advice is taken, None where that was not counted."""
    candidate = chosen(answer)
    if candidate is None:
        return reaching(answer)
    return None if candidate.remaining is None else candidate.remaining.reaching


def worst_first(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Return the answers ordered by urgency, then doubt, then by how much reaches the machine."""
    return tuple(sorted(answers, key=rank_of))


def rank_of(answer: Answer) -> Rank:
    """Return the place of an answer among others: what is smaller needs looking at sooner."""
    decision = answer.decision
    return (
        _URGENCY_ORDER.index(decision.urgency),
        decision.action not in _PUT_RIGHT,
        -(reaching(answer) or 0),
        _natural(name_of(answer)),
    )


def _natural(name: str) -> tuple[tuple[str, int, str], ...]:
    """Return a key that sorts ``box-2`` before ``box-10``."""
    parts = re.split(r"(\d{1,9})", name[:200])
    return tuple(
        (text, int(digits), digits)
        for text, digits in zip(parts[::2], [*parts[1::2], "0"], strict=True)
    )


def closes(candidate: Candidate, finding: Finding, named: frozenset[str] = frozenset()) -> bool:
    """Say whether a candidate has the fix of a finding, by the version rule or by its changelog.

    A range that began nowhere in the candidate's history was never its bug.

    Args:
        candidate: The kernel.
        finding: A bug that is open in the running kernel.
        named: CVEs that the candidate's changelog names as fixed.
    """
    version = candidate.upstream
    if finding.id in named:
        return True
    if version is None:
        return False
    fixed, began = map(_points, (finding.fixed_in, finding.introduced_in))
    if any(proves(version, point) for point in fixed):
        return True
    return bool(finding.introduced_in) and not any(contains(version, point) for point in began)


def _points(texts: Iterable[str]) -> list[KernelVersion]:
    return [point for point in map(parse_version, texts) if point is not None]


def closed_findings(answer: Answer) -> frozenset[str] | None:
    """Return the ids of the findings that the advised kernel closes.

    None where no kernel is advised, or where the findings do not lead to the very numbers that
    were counted for it: then single fixes were told by other evidence, and none is claimed here.
    """
    candidate = chosen(answer)
    if candidate is None or not candidate.judged or candidate.closes is None:
        return None
    named = _named(answer, candidate)
    findings = answer.assessment.findings
    found = [finding for finding in findings if closes(candidate, finding, named)]
    counted = candidate.closes.by_reach
    for reach in WEIGHING:
        if counted.get(reach, 0) != sum(finding.reached.reach is reach for finding in found):
            return None
    return frozenset(finding.id for finding in found)


def _named(answer: Answer, candidate: Candidate) -> frozenset[str]:
    packages = answer.inventory.packages
    found: set[str] = set()
    for installed in packages.installed:
        found |= installed.cves if installed.release == candidate.release else set()
    for offered in packages.offered:
        found |= offered.cves if offered.release == candidate.release else set()
    return frozenset(found)


def one_kernel_for_all(answers: Sequence[Answer]) -> tuple[Shared, ...]:
    """Return, for each kind of machine, the kernel that suits most of them and whom it does not.

    Machines are of one kind where distribution, release and architecture agree: elsewhere the same
    package cannot be installed.
    """
    kinds: dict[str, list[Answer]] = {}
    for answer in answers:
        kinds.setdefault(_kind(answer), []).append(answer)
    return tuple(_shared(kind, group) for kind, group in sorted(kinds.items()))


def _kind(answer: Answer) -> str:
    distro = answer.inventory.host.distro
    name = distro.name or f"{distro.id} {distro.version}".strip() or "unknown distribution"
    return f"{name}, {answer.inventory.kernel.machine or 'unknown architecture'}"


def _shared(kind: str, group: Sequence[Answer]) -> Shared:
    releases = sorted({c.release for answer in group for c in answer.candidates if c.release})
    releases += sorted({_running(answer) for answer in group} - set(releases))
    best = max(releases, key=lambda release: _merit(release, group))
    suits = {name_of(answer): _suit(release=best, answer=answer) for answer in group}
    good = tuple(name for name, suit in suits.items() if not suit.why_not)
    reasons: dict[str, list[str]] = {}
    for name, suit in suits.items():
        if suit.why_not:
            reasons.setdefault(suit.why_not, []).append(name)
    return Shared(
        kind=kind,
        machines=tuple(suits),
        release=best if good else "",
        suits=good,
        others=tuple((why, tuple(held)) for why, held in reasons.items()),
        left=sum(suit.left for suit in suits.values() if not suit.why_not),
    )


def _running(answer: Answer) -> str:
    return answer.inventory.kernel.identity.release


def _merit(release: str, group: Sequence[Answer]) -> tuple[int, int, int, str]:
    """Return how good a kernel is for a group: whom it suits, who is advised to take it, the rest."""
    advised = sum(answer.decision.target == release for answer in group)
    suits = [_suit(release=release, answer=answer) for answer in group]
    good = [suit for suit in suits if not suit.why_not]
    return len(good), advised, -sum(suit.left for suit in good), release


def _suit(*, release: str, answer: Answer) -> _Suit:
    """Return what a kernel would mean for one machine."""
    now = reaching(answer)
    if release == _running(answer):
        advised = chosen(answer)
        if advised is not None:
            return _Suit(0, f"runs it, and is better off with {advised.release}")
        return _Suit(now or 0) if now is not None else _Suit(0, "what it lacks is not known")
    candidate = next((c for c in answer.candidates if c.release == release), None)
    if candidate is None:
        return _Suit(0, "it is not on offer there")
    fault = "" if candidate is chosen(answer) else _fault(candidate)
    left = candidate.remaining.reaching if candidate.remaining else 0
    if not fault and now is not None and left > now:
        fault = "more bugs reach it than with the one it runs"
    return _Suit(left, fault)


def _fault(candidate: Candidate) -> str:
    """Return why a candidate will not do, ``""`` where nothing speaks against it."""
    if candidate.blockers:
        return candidate.blockers[0]
    if candidate.lost:
        return f"loses {candidate.lost[0].what}"
    if candidate.regressions:
        return f"known trouble there: {candidate.regressions[0].title}"
    if candidate.remaining is None:
        return candidate.why_not or "what it lacks is not known"
    return ""
