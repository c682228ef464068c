"""A kernel change described by hand: the values of ``data/fixes.json``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from advisor.model.condition import Condition
    from advisor.model.fix import BugClass, Evidence, Severity
    from advisor.model.version import KernelVersion


class Kind(StrEnum):
    """What a change is to the people it concerns."""

    FIX = "fix"
    REGRESSION = "regression"
    REMOVAL = "removal"
    RESTORATION = "restoration"
    BEHAVIOUR = "behaviour"
    TOPIC = "topic"
    """Not a change but a name for several: it has members and no versions, and is no finding."""


class SeveritySource(StrEnum):
    """Where the severity comes from: the band of a published score, or our estimate."""

    CVSS = "cvss"
    ESTIMATED = "estimated"


class Confidence(StrEnum):
    """How sure we are of the entry as a whole."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class BranchVersion(NamedTuple):
    """A version on one branch.

    Attributes:
        branch: ``mainline`` or a series, ``6.12``.
        version: ``7.1-rc5`` on mainline, ``6.12.91`` on a series.
    """

    branch: str
    version: KernelVersion


class BranchCommit(NamedTuple):
    """A commit on one branch: 12 to 40 lower-case hex digits."""

    branch: str
    commit: str


class Commits(NamedTuple):
    """The commits that brought the fault in and those that took it out, per branch."""

    introduced: tuple[BranchCommit, ...] = ()
    fixed: tuple[BranchCommit, ...] = ()


class Concerns(NamedTuple):
    """Who is concerned: for a person, and for the machine that decides it."""

    text: str
    when: Condition


class PackagedFix(NamedTuple):
    """What one distribution's package did, where it differs from the upstream release it is on.

    Attributes:
        distro: ``ID`` of ``os-release``.
        version: The package's version: ``6.12.90-1``.
        status: ``fixed`` from this version on, or ``affected`` in this version.
        note: Why it differs; may be empty.
    """

    distro: str
    version: str
    status: str
    note: str = ""


class Source(NamedTuple):
    """Where a fact was read."""

    url: str
    what: str


class Checked(NamedTuple):
    """When the entry was last held against its sources, and how."""

    date: str
    how: str


class Correction(NamedTuple):
    """What was written about it in the press, and what the sources say instead."""

    press: str
    truth: str


class CuratedFix(NamedTuple):
    """One hand-written entry.

    The range is that of the trouble for the people concerned: of the fault for a ``fix`` or a
    ``regression``, of the missing driver for a ``removal`` or a ``restoration``, of the new
    behaviour for a ``behaviour``.

    Attributes:
        id: Our own slug; never reused.
        user_sees: What a person notices; ``""`` where nothing.
        cvss: The vector, ``""`` where none was published.
        introduced: First version with the trouble, per branch; empty where nobody knows.
        introduced_note: What is known about the beginning in words.
        fixed: First version without it, per branch.
        unfixed: Branches known to have it and known to have got no fix.
        modules: With ``_``; ``vmlinux`` stands for code that is always built in.
        kconfig: Options without ``CONFIG_``.
        repairs: Our ids, or commits, of the changes whose harm this one undoes or completes.
        repaired_by: Our ids, or commits, of the changes that undo harm this one did.
        workaround: What helps until an upgrade; ``""`` where nothing is known.
        upstream_title: The commit's subject line, ``""`` where not cited.
        members: For a topic: our ids of what it is a name for.
    """

    id: str
    kind: Kind
    title: str
    summary: str
    user_sees: str
    concerns: Concerns
    cves: tuple[str, ...]
    fault: BugClass
    evidence: Evidence
    severity: Severity
    severity_source: SeveritySource
    cvss: str
    introduced: tuple[BranchVersion, ...]
    introduced_note: str
    fixed: tuple[BranchVersion, ...]
    unfixed: tuple[str, ...]
    commits: Commits
    files: tuple[str, ...]
    modules: tuple[str, ...]
    kconfig: tuple[str, ...]
    repairs: tuple[str, ...]
    repaired_by: tuple[str, ...]
    workaround: str
    distributions: tuple[PackagedFix, ...]
    sources: tuple[Source, ...]
    confidence: Confidence
    checked: Checked
    correction: Correction | None
    upstream_title: str
    members: tuple[str, ...]
