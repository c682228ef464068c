"""The agent is one file that any Python from 3.8 on runs, with nothing but its standard library."""

from __future__ import annotations

import ast
import io
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.probe import probe
from advisor.system.capture_agent import PARTS, source
from advisor.system.live import LiveSystem
from advisor.system.recorded import RecordedSystem
from tests.machines.made import NOW
from tests.system.test_recorded import still

VERSIONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]


def interpreter(version: str) -> str | None:
    """Return the path of a Python of this version, None where there is none."""
    made = sorted(
        Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*")
    )
    candidates = [str(path / "bin/python") for path in made] + [
        shutil.which(f"python{version}") or ""
    ]
    for path in candidates:
        if (
            path
            and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            return path
    return None


def test_agent_has_the_syntax_of_python_3_8() -> None:
    ast.parse(source(), feature_version=(3, 8))


def test_agent_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(source())
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_agent_defines_no_name_twice() -> None:
    # Its parts share one namespace: a second function of a name would replace the first.
    tree = ast.parse(source())
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    assert len(names) == len(set(names))


def test_agent_holds_every_part() -> None:
    folder = Path(__file__).parents[2] / "advisor/system/agent"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(PARTS)


@pytest.mark.parametrize("version", VERSIONS)
def test_agent_runs_from_standard_input(version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    done = subprocess.run(
        [python, "-I", "-"], input=source().encode(), capture_output=True, timeout=60, check=True
    )
    captured = RecordedSystem(io.BytesIO(done.stdout), "box.tar.gz")
    assert still(probe(captured, now=NOW)) == still(probe(LiveSystem(), now=NOW))


def test_agent_does_not_write_to_a_terminal() -> None:
    outer, inner = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-I", "-"],
        input=source().encode(),
        stdout=inner,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(inner)
    os.close(outer)
    assert done.returncode == 2
    assert b"name a file with -o" in done.stderr
