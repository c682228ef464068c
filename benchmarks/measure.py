"""CPU time and memory of a command: the least of several runs, in ratios to a floor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple


class Cost(NamedTuple):
    """What a command costs at best: CPU and wall time in milliseconds, resident memory in MB."""

    cpu_ms: float
    wall_ms: float
    rss_mb: float


def cost(
    argv: Sequence[str], *, runs: int = 10, env: dict[str, str] | None = None, most: int = 0
) -> Cost:
    """Return the least cost of running a command, its output thrown away.

    Raises:
        RuntimeError: It ended by a signal or with a status that says that it failed.
    """
    return min((_once(argv, env, most) for _ in range(runs)), key=lambda found: found.cpu_ms)


def least(commands: Sequence[Sequence[str]], *, runs: int = 10) -> list[Cost]:
    """Return the least cost of each command, run by turns, so that a busy minute hits all alike."""
    rounds = [[_once(argv, None, 0) for argv in commands] for _ in range(runs)]
    return [min(found, key=lambda one: one.cpu_ms) for found in zip(*rounds, strict=True)]


def _once(argv: Sequence[str], env: dict[str, str] | None, most: int) -> Cost:
    started = os.times().elapsed
    with subprocess.Popen(
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if not 0 <= process.returncode <= most:
        raise RuntimeError(f"{' '.join(argv)} ended with {process.returncode}")
    return Cost(
        cpu_ms=(usage.ru_utime + usage.ru_stime) * 1000,
        wall_ms=(os.times().elapsed - started) * 1000,
        rss_mb=usage.ru_maxrss / 1024,
    )


PYTHON = sys.executable
