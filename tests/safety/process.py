"""Running the real program in poor places."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
CAPTURE: Final = ROOT / "tests/machines/debian-13-soft.tar.gz"
SMALL: Final = ROOT / "tests/machines/debian-sid-microvm.tar.gz"
NOW: Final = "1795341600"


def advisor(*words: str) -> list[str]:
    """Return the command line of the real program."""
    return [sys.executable, "-m", "advisor", *words]


def environment(**more: str) -> dict[str, str]:
    """Return what the program needs of the environment, and nothing else."""
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": NOW}
    return {**kept, "ADVISOR_CONFIG": "", "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(
    words: Sequence[str],
    *,
    before: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> subprocess.CompletedProcess[str]:
    """Run a command and return how it ended and what it said."""
    return subprocess.run(
        [*before, *words],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=cwd,
        env=environment() if env is None else dict(env),
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


def needs(*tools: str, root: bool = False) -> None:
    """Skip where a tool or root's rights are missing."""
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    if root and os.geteuid() != 0:
        pytest.skip("needs root")


def is_told(done: subprocess.CompletedProcess[str]) -> bool:
    """Return whether an error is told in one way: what, and no traceback."""
    return done.stderr.startswith("advisor: error: ") and "Traceback" not in done.stderr
