"""What a run of the lab found, for the page."""

from __future__ import annotations

from typing import NamedTuple

from tests.lab.compare import Verdict, verdicts
from tests.lab.loading import Loading, loading
from tests.lab.visit import Times, Visit


class Result(NamedTuple):
    """What is told of one machine with one kernel.

    Attributes:
        skipped: Why it was not visited; empty where it was.
        version: The version of the kernel's package.
        loading: What a user without rights had loaded, None where nobody tried.
    """

    machine: str
    kernel: str
    version: str
    skipped: str
    times: Times
    verdicts: tuple[Verdict, ...]
    loading: Loading | None = None


class Told(NamedTuple):
    """A line of the story: what was promised and what was found."""

    what: str
    promised: str
    found: str


RESULTS: list[Result] = []
STORY: list[Told] = []


def keep_visit(visit: Visit) -> None:
    """Keep what a guest showed."""
    found = Result(
        machine=visit.machine.name,
        kernel=visit.kernel,
        version=visit.version,
        skipped="",
        times=visit.times,
        verdicts=tuple(verdicts(visit)),
        loading=loading(visit) if visit.loaded else None,
    )
    RESULTS.append(found)


def keep_skip(machine: str, kernel: str, why: str) -> None:
    """Keep why a guest could not be visited."""
    RESULTS.append(Result(machine, kernel, "", why, Times(0, 0), ()))
