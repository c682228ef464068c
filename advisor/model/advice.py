"""Advice: what to do, why, what it costs, and everything it rests on."""

from enum import StrEnum
from typing import NamedTuple

from advisor.model.finding import Assessment, Finding, Tally
from advisor.model.inventory import Inventory
from advisor.model.reading import Unknown
from advisor.model.version import KernelVersion


class Action(StrEnum):
    """What to do."""

    STAY = "stay"
    """Nothing that is on offer is better."""
    REBOOT = "reboot"
    """The better kernel is installed already."""
    UPGRADE = "upgrade"
    """Install a newer kernel of the same line."""
    SWITCH_SERIES = "switch-series"
    """Leave this line of kernels for another."""
    HOLD = "hold"
    """Do not take the kernel that is offered: it breaks what this machine needs."""
    UNKNOWN = "unknown"
    """What was read does not allow an answer."""


class Urgency(StrEnum):
    """When to do it."""

    NOW = "now"
    SOON = "soon"
    ROUTINE = "routine"
    NONE = "none"


class CheckStatus(StrEnum):
    """What a check before the upgrade found."""

    OK = "ok"
    WARN = "warn"
    BLOCK = "block"
    UNKNOWN = "unknown"


class Origin(StrEnum):
    """Where a candidate kernel would come from."""

    INSTALLED = "installed"
    """It is on disk and not running."""
    OFFERED = "offered"
    """The machine's own package lists offer it."""
    GIVEN = "given"
    """The user named a package file or folder."""
    UPSTREAM = "upstream"
    """kernel.org has it; no repository of this machine does."""


class Lost(NamedTuple):
    """A device, filesystem or protocol that a candidate no longer serves.

    Attributes:
        id: The device's id, or the filesystem's or protocol's name.
        how: ``ib_qib is not in 7.2's modules`` with the reading that tells.
        certain: Whether the candidate's own lists, of modules and of what they answer to, prove it.
        advice: What its user can do, or ``""``.
        serious: Whether that is reason enough not to take the kernel.
    """

    id: str
    what: str
    module: str
    how: str
    certain: bool
    advice: str = ""
    serious: bool = True


class Candidate(NamedTuple):
    """A kernel this machine could run, with both sides of the scale.

    Attributes:
        release: What ``uname -r`` would print.
        upstream: The kernel.org version it is built from; None where that cannot be told.
        state: ``Origin`` as a word; ``source`` is the reading behind it.
        judged: Whether closes, opens and remaining were counted; where not, ``why_not`` says why.
        closes: Fixes it has that the running kernel lacks.
        opens: Fixes it lacks that the running kernel has or never needed.
        remaining: Fixes it lacks.
        closes_findings: The worst few that reach this machine, for the reasons.
        horizon: The newest version of its series the knowledge speaks about; beyond it, what it
            opens is not known.
        regressions: Known regressions that live in it and touch this machine.
        cures: Known regressions that live in the running kernel, touch this machine, and not in it.
        lost: What it would no longer serve.
        blockers: Why it must not be installed as things are.
        notes: What changes without loss: ``ntfs3 is called ntfs there``.
        doubt: Why its counts may be too good: the knowledge ends before it, or hardly knows its series.
    """

    release: str
    package: str
    package_version: str
    upstream: KernelVersion | None
    state: Origin
    source: str
    judged: bool
    why_not: str = ""
    closes: Tally | None = None
    opens: Tally | None = None
    remaining: Tally | None = None
    closes_findings: tuple[Finding, ...] = ()
    opens_findings: tuple[Finding, ...] = ()
    horizon: KernelVersion | None = None
    regressions: tuple[Finding, ...] = ()
    cures: tuple[Finding, ...] = ()
    lost: tuple[Lost, ...] = ()
    blockers: tuple[str, ...] = ()
    suite: str = ""
    install: str = ""
    eol: str = ""
    notes: tuple[str, ...] = ()
    doubt: str = ""


class FrontierPoint(NamedTuple):
    """One kernel on the way from the running one to the best that could be had.

    Attributes:
        release: The kernel; the running one is the first point.
        left: Open fixes that can run here.
        weight: The same, weighed by severity and reach.
        closes: What this step closes that the point before it leaves open, of those that can run here.
        opens: What it opens that the point before has not.
    """

    release: str
    left: int
    weight: int
    closes: int = 0
    opens: int = 0


class Frontier(NamedTuple):
    """Which kernels are worth a look: each leaves less open than every one nearer to the running one.

    Attributes:
        points: The running kernel, then each nearest kernel that leaves less than the one before it.
        least: Release of the kernel that leaves the least.
        knee: Release after which one more step buys little.
        next_step: What one more step than the chosen kernel would buy, in words; ``""`` for nothing.
    """

    points: tuple[FrontierPoint, ...]
    least: str
    knee: str
    next_step: str = ""


class Check(NamedTuple):
    """One check before the upgrade, with what was read."""

    id: str
    status: CheckStatus
    message: str
    reading: str


class Step(NamedTuple):
    """Something to do, and the command that does it; ``""`` where it is done by hand.

    Attributes:
        role: What it is for, so that nobody has to read it out of the text: ``save refresh hold install
            boot restart check verify back look help room``.
    """

    text: str
    command: str = ""
    role: str = ""


class Decision(NamedTuple):
    """What to do, and the row of the policy table that decided it.

    Attributes:
        target: The release to run afterwards; ``""`` where that is the running one.
        reasons: Why, most telling first.
        risks: What may go wrong, and what is taken away.
        steps: What to type, in order, the way back included.
        mitigations: What helps without a new kernel, each with its cost.
        rule: Ids of the rows in ``advisor/advise/policy.py``: ``same-series/many-high``.
        frontier: How the kernels compare, None where they could not be counted.
    """

    action: Action
    urgency: Urgency
    target: str
    headline: str
    reasons: tuple[str, ...]
    risks: tuple[str, ...]
    steps: tuple[Step, ...]
    rule: str
    mitigations: tuple[Step, ...] = ()
    frontier: Frontier | None = None


class KnowledgeFacts(NamedTuple):
    """What the knowledge base says about itself.

    Attributes:
        snapshot: The day its newest source was taken, ISO: ``2026-08-21``.
        sources: Source -> the day it was taken.
        age_days: Days from ``snapshot`` to the scan.
    """

    snapshot: str
    records: int
    curated: int
    age_days: int
    sources: tuple[tuple[str, str], ...] = ()
    serial: str = ""


class Answer(NamedTuple):
    """Everything one scan found and advises: what every renderer gets.

    Attributes:
        generated: The moment of the scan, ISO 8601 in UTC: ``2026-11-22T10:40:00Z``.
        regressions: Curated entries that touch this machine and live in the running kernel.
        lookups: Curated entries that concern this machine whatever the kernel (removals to come).
    """

    generated: str
    advisor: str
    knowledge: KnowledgeFacts
    inventory: Inventory
    assessment: Assessment
    regressions: tuple[Finding, ...]
    candidates: tuple[Candidate, ...]
    preflight: tuple[Check, ...]
    decision: Decision
    unknowns: tuple[Unknown, ...]
    series_eol: str = ""
