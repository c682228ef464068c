"""A finding: one fix held against one machine, with the readings it rests on."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from advisor.model.fix import Severity
from advisor.model.version import KernelVersion


class Reach(StrEnum):
    """How near a fix's code is to running here, strongest first."""

    ACTIVE = "active"
    """It drives a present device, serves a feature in use, or is core code that always runs."""
    LOADED = "loaded"
    """It is loaded or built in, but nothing here uses it now."""
    ON_DEMAND = "on-demand"
    """It is not loaded, but something other than root can make the kernel load it."""
    UNKNOWN = "unknown"
    """What was read does not tell."""
    DORMANT = "dormant"
    """It is on disk and needs root, or hardware that is not here."""
    ABSENT = "absent"
    """It is not part of this kernel."""


REACH_ORDER = tuple(Reach)
"""Strongest first."""

WEIGHING = frozenset({Reach.ACTIVE, Reach.LOADED, Reach.ON_DEMAND})
"""What the advice counts. ``unknown`` is told beside it, never dropped."""


class Status(StrEnum):
    """Whether the running kernel has the fix."""

    AFFECTED = "affected"
    FIXED = "fixed"
    NOT_AFFECTED = "not-affected"
    UNKNOWN = "unknown"


NO_FILE = "its record names no source file"
"""How the reach of a fix reads that only a changelog knows."""


class Reached(NamedTuple):
    """How a set of source files can be reached on this machine.

    Attributes:
        reach: The strongest over the files.
        module: The module that gives it, ``vmlinux`` for code that is always there.
        how: One sentence with the reading: ``btmtk serves usb:1-4 (Bluetooth)``.
        modules: Every module the files belong to here.
        devices: Ids of the devices that the code drives.
        features: Ids of the features that it serves.
    """

    reach: Reach
    module: str
    how: str
    modules: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


class Finding(NamedTuple):
    """One fix held against this machine.

    Attributes:
        id: A CVE, or the id of a curated entry.
        kind: A word of :class:`advisor.model.fix.FixKind`.
        title: One line: what it is and where.
        status: Whether the running kernel has the fix; ``evidence`` says what tells.
        score: CVSS base score in tenths; 0 where there is none.
        estimated: Whether the score is our estimate and not the CNA's.
        exploited: The day it was listed as exploited, or ``""``.
        curated: Ids of the curated entries that speak about it.
        introduced_in: Upstream versions that brought the bug; empty for since ever.
        fixed_in: Upstream versions that carry the fix.
        commits: Version -> commit of the fix in it.
        repairs: Ids of the fixes that brought this bug.
        cves: For a curated entry, the CVEs that it speaks about.
        workaround: What helps without a new kernel, or ``""``.
    """

    id: str
    kind: str
    title: str
    status: Status
    evidence: str
    reached: Reached
    bug: str
    proof: str
    score: int
    severity: Severity
    estimated: bool
    cvss: str = ""
    exploited: str = ""
    curated: tuple[str, ...] = ()
    summary: str = ""
    workaround: str = ""
    introduced_in: tuple[str, ...] = ()
    fixed_in: tuple[str, ...] = ()
    commits: Mapping[str, str] = {}
    repairs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()


class Weighed(NamedTuple):
    """One open fix, only as much of it as counting needs."""

    n: int
    reached: Reached
    score: int


class Tally(NamedTuple):
    """How many fixes, by how near and how bad.

    Attributes:
        total: All of them, whether they reach this machine or not.
        by_reach: Reach -> number; reaches with none are left out.
        by_severity: Severity -> number, of those that reach this machine.
        unlocated: How many name no source file, so that nobody can tell what they reach.
    """

    total: int
    by_reach: Mapping[Reach, int]
    by_severity: Mapping[Severity, int]
    unlocated: int = 0

    @property
    def reaching(self) -> int:
        """How many can run here."""
        return sum(count for reach, count in self.by_reach.items() if reach in WEIGHING)


class Assessment(NamedTuple):
    """Every fix held against the running kernel.

    Attributes:
        version: The upstream version that was held against the ranges; None where it is not known.
        horizon: The newest version of the series the knowledge speaks about, None where it has none.
        certain: Whether the number proves absence of a fix (no backports on top).
        open: By number, the fixes the kernel lacks.
        findings: Those that reach this machine, and those whose reach is not known, worst first.
        tally: Of ``open``.
        evidence: What told which fixes are lacking, in one sentence.
    """

    version: KernelVersion | None
    horizon: KernelVersion | None
    certain: bool
    open: Mapping[int, Weighed]
    findings: tuple[Finding, ...]
    tally: Tally
    evidence: str

    @property
    def beyond(self) -> bool:
        """Whether the kernel is newer than the records, so that it may have more bugs."""
        if self.version is None:
            return False
        return self.horizon is None or self.version > self.horizon
