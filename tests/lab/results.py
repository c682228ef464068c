"""What a run of the lab found, for the page."""

from __future__ import annotations

from typing import NamedTuple

from tests.lab.compare import Verdict, verdicts
from tests.lab.visit import Times, Visit


class Result(NamedTuple):
    """What is told of one machine with one kernel.

    Attributes:
        skipped: Why it was not visited; empty where it was.
        version: The version of the kernel's package.
    """

    machine: str
    kernel: str
    version: str
    skipped: str
    times: Times
    verdicts: tuple[Verdict, ...]


class Told(NamedTuple):
    """A line of the story: what was promised and what was found."""

    what: str
    promised: str
    found: str


RESULTS: list[Result] = []
STORY: list[Told] = []


def keep_visit(visit: Visit) -> None:
    """Keep what a guest showed."""
    found = tuple(verdicts(visit))
    RESULTS.append(Result(visit.machine.name, visit.kernel, visit.version, "", visit.times, found))


def keep_skip(machine: str, kernel: str, why: str) -> None:
    """Keep why a guest could not be visited."""
    RESULTS.append(Result(machine, kernel, "", why, Times(0, 0), ()))
