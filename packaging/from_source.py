"""What every package is made of: one wheel, built from a clean copy of the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
# What a build must not see: what a former build left behind, and what is no source.
NO_SOURCE = (".*", "__pycache__", "*.egg-info", "*.sqlite*", "node_modules")
NO_SOURCE_AT_THE_TOP = ("build", "dist")


def epoch() -> int:
    """Return the day that all packages bear: SOURCE_DATE_EPOCH, else that of the last commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdecimal():
        return int(given)
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return int((ROOT / "CHANGELOG.md").stat().st_mtime)


def build_wheel(folder: Path) -> Path:
    """Build the wheel and return it: every module, and the knowledge base compiled from data/.

    Args:
        folder: Where to put it; it is made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        copy = Path(place) / "source"
        shutil.copytree(ROOT, copy, ignore=_no_source)
        for path in copy.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        made = Path(place) / "wheel"
        _run_pip(["wheel", "--no-deps", "--no-build-isolation", "-w", str(made), str(copy)])
        (wheel,) = made.glob("*.whl")
        return Path(shutil.copyfile(wheel, folder / wheel.name))


def _no_source(folder: str, names: list[str]) -> set[str]:
    at_the_top = NO_SOURCE_AT_THE_TOP if Path(folder) == ROOT else ()
    return shutil.ignore_patterns(*NO_SOURCE, *at_the_top)(folder, names)


def fetch(requirements: str, folder: Path) -> None:
    """Put the packages that pinned requirements name into a folder, and nothing they need.

    Args:
        requirements: Lines of ``requirements.txt`` with their hashes.
        folder: Where the packages' modules go.
    """
    with TemporaryDirectory() as place:
        file = Path(place) / "requirements.txt"
        file.write_text(requirements, encoding="utf-8")
        options = ["--require-hashes", "--no-deps", "--no-compile", "--target", str(folder)]
        _run_pip(["install", *options, "-r", str(file)])


def _run_pip(arguments: list[str]) -> None:
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch()), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=False, umask=0o022
    )
    if done.returncode:
        raise SystemExit("\n".join((done.stdout + done.stderr).splitlines()[-20:]))


def unpack(wheel: Path, folder: Path) -> None:
    """Write a wheel's files into a folder."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
