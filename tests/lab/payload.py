"""The advisor of this working tree as a disk that a guest unpacks: compiled, as a package would have it."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tests.lab.archive import closure, unpack
from tests.lab.cache import UnavailableError, digest_of, made

PAYLOAD_MB = 32
_ROOT = Path(__file__).parents[2]
_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_LAUNCHER = """#!/bin/sh
PYTHONPATH=/opt/lab exec python3 -m advisor "$@"
"""


def payload_disk(database: Path) -> Path:
    """Return a disk with the advisor, its knowledge base and a command that runs it.

    Args:
        database: The compiled knowledge base.

    Raises:
        UnavailableError: The guests' Pythons cannot be had, or it has outgrown the disk.
    """
    files = [path for path in (_ROOT / "advisor").rglob("*") if path.is_file()]
    ours = sorted(path for path in files if path.suffix not in {".pyc", ".sqlite"})
    names = [str(path.relative_to(_ROOT)) for path in ours]
    recipe = (names, digest_of(*ours, database), _LAUNCHER, PAYLOAD_MB)
    return made("payload", recipe, lambda folder: _make(folder / "disk", database)) / "disk"


def _make(target: Path, database: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="lab-") as name:
        tree = Path(name)
        ignored = shutil.ignore_patterns("__pycache__", "*.sqlite")
        shutil.copytree(_ROOT / "advisor", tree / "advisor", ignore=ignored)
        shutil.copy2(database, tree / "advisor/knowledge/kernel.sqlite")
        (tree / "bin").mkdir()
        (tree / "bin/advisor").write_text(_LAUNCHER)
        (tree / "bin/advisor").chmod(0o755)
        for suite in ("bookworm", "trixie"):
            _compile(suite, tree / "advisor")
        with tarfile.open(target, "w") as tar:
            for part in ("advisor", "bin"):
                tar.add(tree / part, part, filter=_owned_by_root)
    if target.stat().st_size > PAYLOAD_MB << 20:
        raise UnavailableError(f"the advisor has outgrown the lab's disk of {PAYLOAD_MB} MiB")
    with target.open("r+b") as disk:
        disk.truncate(PAYLOAD_MB << 20)


def _compile(suite: str, tree: Path) -> None:
    """Compile a tree with the Python of a Debian release, run beside its own libraries."""
    folder = made(f"python/{suite}", [suite], lambda folder: _fetch_python(suite, folder))
    python = next(
        path for path in (folder / "usr/bin").glob("python3.*") if path.suffix[1:].isdigit()
    )
    loader = next(folder.glob("**/ld-linux-x86-64.so.2"))
    argv = [
        str(loader),
        *("--library-path", f"{folder}/{_LIBRARIES}:{folder}/lib/x86_64-linux-gnu"),
        *(
            str(python),
            "-m",
            "compileall",
            "-q",
            "--invalidation-mode",
            "unchecked-hash",
            str(tree),
        ),
    ]
    environ = {"PYTHONHOME": str(folder / "usr"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnavailableError(f"the Python of {suite}: {(done.stderr or done.stdout)[-300:]}")


def _fetch_python(suite: str, folder: Path) -> None:
    unpack(folder, closure("python3", suite))


def _owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member
