"""A fix: a change to the kernel that mends, breaks, removes or brings back something."""

from __future__ import annotations

from enum import StrEnum
from functools import cache


class FixKind(StrEnum):
    """What the change does to a machine that takes it."""

    FIX = "fix"
    REGRESSION = "regression"
    REMOVAL = "removal"
    RESTORATION = "restoration"
    BEHAVIOUR = "behaviour"


class BugClass(StrEnum):
    """What kind of mistake it was, told from the record at build time."""

    USE_AFTER_FREE = "use-after-free"
    DOUBLE_FREE = "double-free"
    OUT_OF_BOUNDS = "out-of-bounds"
    OVERFLOW = "overflow"
    UNINITIALISED = "uninitialised"
    INFORMATION_LEAK = "information-leak"
    NULL_DEREFERENCE = "null-dereference"
    RACE = "race"
    DEADLOCK = "deadlock"
    DIVISION_BY_ZERO = "division-by-zero"
    LEAK = "leak"
    DENIAL_OF_SERVICE = "denial-of-service"
    CRASH = "crash"
    LOGIC = "logic"
    PERFORMANCE = "performance"
    COMPATIBILITY = "compatibility"
    REMOVAL = "removal"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """What showed that the bug is real, strongest first."""

    CRASH_TRACE = "crash-trace"
    FUZZER = "fuzzer"
    USER_REPORT = "user-report"
    STATIC_ANALYSIS = "static-analysis"
    AI_REVIEW = "ai-review"
    NONE_STATED = "none-stated"


class Severity(StrEnum):
    """How bad it is, in the words of CVSS 3.1."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


SEVERITY_FLOOR = (
    (90, Severity.CRITICAL),
    (70, Severity.HIGH),
    (40, Severity.MEDIUM),
    (1, Severity.LOW),
    (0, Severity.NONE),
)
"""Tenths of a CVSS 3.1 base score from which a severity holds (specification, section 5)."""


@cache
def severity_of(tenths: int) -> Severity:
    """Return the severity of a CVSS base score given in tenths: 78 is ``high``."""
    return next(word for floor, word in SEVERITY_FLOOR if tenths >= floor)
