"""The direction of imports: cli -> render, advise, assess, knowledge, probe -> system, model."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "advisor"
# A part -> the parts it may import. Everything may import errors and itself.
MAY_IMPORT = {
    "model": set[str](),
    "errors": set[str](),
    "system": {"model"},
    "probe": {"system", "model"},
    "knowledge": {"model"},
    "knowledge/build": {"system", "model"},
    "assess": {"knowledge", "model"},
    "advise": {"assess", "knowledge", "model", "probe"},
    "render": {"model"},
}
TOP = {"pipeline", "config", "__main__", "__init__"}
# What a plain scan must not pay for, in milliseconds (see docs/decisions).
TOO_DEAR = (
    "typer",
    "rich",
    "jinja2",
    "pydantic",
    "urllib.request",
    "asyncio",
    "importlib.metadata",
)


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.startswith("advisor.")}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_module_imports_only_what_its_part_may(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part in TOP or part.startswith("cli"):
        return
    reached = {name.split(".")[1] for name in imports_of(path)}
    reached = {
        name for name in reached if (PACKAGE / name).exists() or (PACKAGE / f"{name}.py").exists()
    }
    builds = str(path.relative_to(PACKAGE)).startswith("knowledge/build/")
    assert reached <= MAY_IMPORT["knowledge/build" if builds else part] | {part, "errors"}


def test_scan_imports_nothing_dear() -> None:
    code = (
        "import sys, advisor.cli, io; sys.stdout = io.StringIO();"
        "advisor.cli.main(['scan', '--format', 'json']); sys.stdout = sys.__stdout__;"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "advisor.pipeline" in loaded, done.stderr
    assert not loaded & set(TOO_DEAR)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("cli*.py")), ids=lambda p: p.name)
def test_options_are_written_as_the_oldest_typer_reads_them(path: Path) -> None:
    """Debian 12 has typer 0.7: no ``X | None``; Debian 13's click 8.2 wants an enum's value."""
    source = path.read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            for argument in node.args.args:
                told = ast.unparse(argument.annotation) if argument.annotation else ""
                assert "| None" not in told, f"{path.name}:{argument.lineno}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "typer.Option",
            "typer.Argument",
        }:
            default = node.args[0] if node.args else None
            if isinstance(default, ast.Attribute):
                assert default.attr == "value", f"{path.name}:{node.lineno}"
