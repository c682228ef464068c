"""The threat model names its tests, the tests exist, and the code has none of what it must not have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_test_that_a_page_names_exists(page: Path) -> None:
    for path, name in REFERENCE.findall(page.read_text("utf-8")):
        assert (ROOT / path).is_file(), path
        assert name in names_in(path), f"{path}::{name}"


def rows() -> Iterator[str]:
    """Yield the lines of the tables of the threat model."""
    for line in (ROOT / "docs/security.md").read_text("utf-8").splitlines():
        if line.startswith("| ") and not re.match(r"\| (it never|liar|what) \|", line):
            yield line


def test_every_line_of_the_threat_model_names_a_test() -> None:
    found = list(rows())
    assert len(found) > 30
    assert not [line for line in found if not REFERENCE.search(line)]


def test_code_has_no_eval_no_pickle_and_no_shell() -> None:
    for path in sorted((ROOT / "advisor").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                assert not _is_forbidden(node), f"{path}:{node.lineno}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.split(".")[0] for alias in node.names}
                names |= {getattr(node, "module", None) or ""}
                assert not names & {"pickle", "shelve", "marshal", "dill", "yaml"}, path


def _is_forbidden(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    is_os = isinstance(owner, ast.Name) and owner.id == "os"
    shell = any(
        word.arg == "shell" and not (isinstance(word.value, ast.Constant) and not word.value.value)
        for word in call.keywords
    )
    return name in {"eval", "exec", "compile"} or (is_os and method in {"system", "popen"}) or shell


def test_pages_are_written_with_escaping_on() -> None:
    found = [
        node
        for path in sorted((ROOT / "advisor/render").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Environment"
    ]
    assert found
    for call in found:
        words = {word.arg: word.value for word in call.keywords}
        escape = words["autoescape"]
        assert isinstance(escape, ast.Constant)
        assert escape.value is True
    for path in sorted((ROOT / "advisor/render/templates").iterdir()):
        assert not re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text("utf-8")), path


def test_facts_of_a_host_are_marked_as_unsafe() -> None:
    folder = ROOT / "ansible_collections/homelab/kernel_advisor/plugins"
    assert "return wrap_var(value)" in (folder / "plugin_utils/capturing.py").read_text("utf-8")
    found = 0
    for path in sorted((folder / "action").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "ansible_facts":
                        inner = ast.unparse(value)
                        assert "self.unsafe(" in inner, f"{path}: {inner}"
                        found += 1
    assert found


def test_services_ask_for_a_strict_sandbox() -> None:
    for unit in sorted((ROOT / "packaging/systemd").glob("*.service")):
        text = unit.read_text("utf-8")
        for line in (
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "CapabilityBoundingSet=\n",
            "SystemCallFilter=",
        ):
            assert line in text, f"{unit.name}: {line}"
