"""What a run of the lab found, kept as files so that every test process can add to it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import NamedTuple, cast

from tests.lab.cache import UnavailableError, cache_folder
from tests.lab.compare import Verdict, verdicts
from tests.lab.visit import Times, Visit


class Result(NamedTuple):
    """What is told of one machine with one kernel.

    Attributes:
        skipped: Why it was not visited; empty where it was.
        release: What ``uname -r`` printed.
    """

    machine: str
    kernel: str
    release: str
    skipped: str
    times: Times
    verdicts: tuple[Verdict, ...]


class Told(NamedTuple):
    """A line of the story: what was promised and what was found."""

    order: int
    what: str
    promised: str
    found: str


def clear_results() -> None:
    """Forget what was kept before."""
    try:
        shutil.rmtree(cache_folder() / "results", ignore_errors=True)
    except UnavailableError:
        return


def keep_visit(visit: Visit) -> None:
    """Keep what a guest showed."""
    found = tuple(verdicts(visit))
    kept = Result(visit.machine.name, visit.kernel, visit.release, "", visit.times, found)
    _write(f"visit-{visit.machine.name}-{visit.kernel}", kept)


def keep_skip(machine: str, kernel: str, why: str) -> None:
    """Keep why a guest could not be visited."""
    _write(f"visit-{machine}-{kernel}", Result(machine, kernel, "", why, Times(0, 0), ()))


def keep_told(told: Told) -> None:
    """Keep a line of the story."""
    _write(f"story-{told.order:02}", told)


def _write(name: str, value: tuple[object, ...]) -> None:
    folder = cache_folder() / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(value))


def kept_results() -> list[Result]:
    """Return what was kept of the guests."""
    found: list[Result] = []
    for fields in _read("visit-*.json"):
        machine, kernel, release, skipped = cast("list[str]", fields[:4])
        times = Times(*cast("list[float]", fields[4]))
        rows = cast("list[tuple[str, list[str], str]]", fields[5])
        said = tuple(Verdict(label, tuple(differences), why) for label, differences, why in rows)
        found.append(Result(machine, kernel, release, skipped, times, said))
    return found


def kept_story() -> list[Told]:
    """Return the story, in its order."""
    return [Told(*cast("tuple[int, str, str, str]", fields)) for fields in _read("story-*.json")]


def _read(pattern: str) -> Iterator[list[object]]:
    for path in sorted((cache_folder() / "results").glob(pattern)):
        yield cast("list[object]", json.loads(path.read_text()))
