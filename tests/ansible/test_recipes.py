"""What docs/recipes.md and docs/ansible.md say is what the program says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ansible.harness import COLLECTION, ROOT

_RECIPES = (ROOT / "docs/recipes.md").read_text(encoding="utf-8")
_PAGES = (_RECIPES, (ROOT / "docs/ansible.md").read_text(encoding="utf-8"))


def _advisor(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "advisor", *words],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
    )
    return done.stdout


def test_metrics_of_the_recipes_are_written(database: Path) -> None:
    text = _advisor("report", "--format", "prometheus", "--database", str(database))
    assert "advisor_urgency" in text
    for name in set(re.findall(r"\badvisor_[a-z_]+\b", _RECIPES)):
        assert f"# TYPE {name} " in text, name


@pytest.mark.parametrize("command", ["scan", "report", "verify"])
def test_options_of_the_recipes_are_there(command: str) -> None:
    known = _advisor(command, "--help")
    for page in _PAGES:
        for line in re.findall(rf"advisor {command}\b[^\n`|>]*", page):
            for option in re.findall(r"--[a-z-]+", line):
                assert option in known, line


def test_playbooks_modules_and_roles_of_the_pages_are_there() -> None:
    there = {
        path.stem
        for folder in ("playbooks", "plugins/modules")
        for path in (COLLECTION / folder).glob("*")
    }
    there |= {path.name for path in (COLLECTION / "roles").iterdir()}
    for page in (*_PAGES, (COLLECTION / "README.md").read_text(encoding="utf-8")):
        for name in re.findall(r"homelab\.kernel_advisor\.([a-z_]+)", page):
            assert name in there, name


def test_units_of_the_recipes_are_there() -> None:
    units = {path.name for path in (ROOT / "packaging/systemd").iterdir()}
    for name in re.findall(r"`(kernel-advisor-[a-z]+)`", _RECIPES):
        assert {f"{name}.service", f"{name}.timer"} <= units
