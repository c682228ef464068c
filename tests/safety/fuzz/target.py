"""What is fuzzed: a parser, the inputs to start from, and how a case is run and judged."""

from __future__ import annotations

import resource
import signal
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from advisor.errors import AdvisorError
from tests.safety.fuzz.mutate import changed

MEMORY: Final = 2 << 30
"""Address space of a process that runs cases; who wants more has a MemoryError, and that is a crash."""

Make = Callable[[Random], bytes]
Run = Callable[[bytes], None]


class Target(NamedTuple):
    """One parser.

    Attributes:
        name: What ``--parser`` calls it.
        reads: What it reads, for people.
        make: Returns an input.
        run: Parses it, and checks what has to hold of what comes out.
        errors: What it may raise: its documented errors.
        share: One case in so many is run; a whole scan costs a thousand times what a version costs.
        seconds: CPU time that no case may need.
    """

    name: str
    reads: str
    make: Make
    run: Run
    errors: tuple[type[Exception], ...] = (AdvisorError,)
    share: int = 1
    seconds: float = 2.0


class Crash(NamedTuple):
    """A case that ended in something else than an answer or a documented error."""

    parser: str
    number: int
    what: str
    trace: str
    data: bytes


class Result(NamedTuple):
    """What a number of cases gave."""

    parser: str
    cases: int
    refused: int
    crashes: tuple[Crash, ...]
    slowest: float
    slowest_case: int
    peak_mb: int


class TooSlowError(BaseException):
    """A case took longer than it may; not an Exception, so that no parser takes it for its own."""


def _late(_number: int, _frame: object) -> None:
    raise TooSlowError


@contextmanager
def time_limit(seconds: float) -> Generator[None]:
    """Raise :class:`TooSlowError` in what needs more CPU time; time that others take does not count."""
    previous = signal.signal(signal.SIGPROF, _late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def seeded(
    seeds: Sequence[bytes], change: Callable[[Random, bytes, bytes], bytes] = changed
) -> Make:
    """Return a maker that changes one of some inputs, with another one at hand."""

    def make(rng: Random) -> bytes:
        return change(rng, rng.choice(seeds), rng.choice(seeds))

    return make


def run_case(target: Target, seed: int, number: int) -> tuple[float, bool, Crash | None]:
    """Run one case; return its CPU seconds, whether it was refused, and its crash if it had one."""
    data = target.make(Random(f"{seed}:{target.name}:{number}"))  # noqa: S311 - it has to repeat
    return run_data(target, data, number)


def run_data(target: Target, data: bytes, number: int = 0) -> tuple[float, bool, Crash | None]:
    """Run one input as :func:`run_case` does."""
    start = time.process_time()
    refused, crash = False, None
    try:
        with time_limit(target.seconds):
            target.run(data)
    except target.errors:
        refused = True
    except TooSlowError:
        what = f"needs more than {target.seconds} s"
        crash = Crash(target.name, number, what, traceback.format_exc(), data)
    except Exception as error:  # noqa: BLE001 - this is what a fuzzer looks for
        what = f"{type(error).__name__}: {str(error)[:200]}"
        crash = Crash(target.name, number, what, traceback.format_exc(), data)
    return time.process_time() - start, refused, crash


def run_cases(target: Target, seed: int, numbers: Iterable[int]) -> Result:
    """Run cases by number, and return what they gave."""
    cases = refused = slowest_case = 0
    slowest = 0.0
    crashes: list[Crash] = []
    for number in numbers:
        seconds, was_refused, crash = run_case(target, seed, number)
        cases += 1
        refused += was_refused
        if crash is not None:
            crashes.append(crash)
        if seconds > slowest:
            slowest, slowest_case = seconds, number
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Result(target.name, cases, refused, tuple(crashes), slowest, slowest_case, peak)


def bind_memory() -> None:
    """Hold this process to :data:`MEMORY`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def scratch(folder: Path, name: str, data: bytes) -> Path:
    """Return a file that holds these bytes."""
    path = folder / name
    path.write_bytes(data)
    return path
