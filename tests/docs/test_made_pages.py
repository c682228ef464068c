"""What a page says of the program is what the program does: tables, examples, the screen."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from advisor import cli
from advisor.cli_doctor import State, diagnose
from advisor.cli_tree import tree
from advisor.config import default_map
from advisor.errors import ExitStatus
from advisor.render import ReportFormat
from tests.docs.pages import ROOT, tables
from tests.test_imports import MAY_IMPORT

DOCS = ROOT / "docs"
SVG = "{http://www.w3.org/2000/svg}"


def picture() -> ET.Element:
    """Return the picture of the screen, which is our own."""
    return ET.fromstring((DOCS / "images/scan.svg").read_text(encoding="utf-8"))  # noqa: S314 - no stranger wrote it


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONUTF8": "1", **environ},
    )


@pytest.mark.parametrize("tool", ["tools/screen.py", "tools/reference.py"])
def test_pages_that_a_tool_makes_are_what_it_makes_now(tool: str, database: Path) -> None:
    done = run(tool, "--check", ADVISOR_DATABASE=str(database))
    assert done.returncode == 0, done.stdout + done.stderr


def test_picture_of_the_screen_says_what_the_text_says() -> None:
    drawn = picture()
    lines: dict[str, str] = {}
    for text in drawn.iter(f"{SVG}text"):
        lines[text.get("y", "")] = " ".join("".join(text.itertext()).split())
    for bar in drawn.iter(f"{SVG}rect"):
        assert not list(bar)
    shown = text_of("README.md").partition("<!-- screen -->\n```console\n")[2].partition("```")[0]
    written = [" ".join(line.replace("█", " ").split()) for line in shown.splitlines()]
    squeezed = [line.replace(" ", "") for line in lines.values()]
    assert squeezed == [line.replace(" ", "") for line in written if line]


def test_picture_of_the_screen_is_small_and_has_a_title_and_no_program() -> None:
    assert (DOCS / "images/scan.svg").stat().st_size < 40_000
    root = picture()
    named = root.get("aria-labelledby", "").split()
    assert [root.findtext(f"{SVG}title"), root.get("role")] == ["What advisor scan prints", "img"]
    assert {node.get("id") for node in root if node.get("id")} == set(named)
    assert "prefers-color-scheme" in (root.findtext(f"{SVG}style") or "")
    assert not [node.tag for node in root.iter() if node.tag.endswith(("script", "image"))]


def test_exit_statuses_of_the_manual_are_those_of_the_program() -> None:
    told = re.findall(r"(?m)^\.B (\d+)$", text_of("docs/man/advisor.1"))
    assert [int(status) for status in told] == [status.value for status in ExitStatus]


def test_doctor_reports_the_pieces_and_states_of_its_page(database: Path) -> None:
    states, pieces = tables(text_of("docs/doctor.md"))
    assert [row[0].strip("`") for row in states[1:]] == list(State)
    found = [check.id for check in diagnose({}, database).checks]
    assert [row[0].strip("`") for row in pieces[1:]] == found


def test_configuration_of_the_page_is_taken(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", text_of("docs/configuration.md"), re.DOTALL)
    file = tmp_path / "config.toml"
    file.write_text(example, encoding="utf-8")
    found = default_map({"ADVISOR_CONFIG": str(file), "HOME": "/home/u"}, cli.build())
    assert found["scan"] == {
        "colour": "never",
        "database": "/srv/kernel.sqlite",
        "output_format": "json",
        "everything": True,
    }


def test_slip_in_the_configuration_is_told_as_the_page_shows(tmp_path: Path) -> None:
    shown = re.findall(r"```console\n(.*?)```", text_of("docs/configuration.md"), re.DOTALL)[-1]
    folder = tmp_path / ".config/advisor"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[scan]\nfromat = "json"\n', encoding="utf-8")
    done = run("-m", "advisor", "scan", HOME=str(tmp_path))
    assert done.returncode == ExitStatus.BAD_DATA
    said = done.stderr.replace(str(tmp_path), "/home/u")
    assert said == shown.partition("\n")[2]


def test_architecture_names_the_edges_that_the_imports_may_have() -> None:
    (table,) = tables(text_of("docs/architecture.md"))
    rows = {row[0].strip("`").removeprefix("advisor/"): row[3] for row in table[1:]}
    told = {
        part: {name.partition(".")[0] for name in re.findall(r"`([a-z.]+)`", cell)}
        - {part.partition("/")[0]}
        for part, cell in rows.items()
        if cell != "all"
    }
    assert told == {part: names for part, names in MAY_IMPORT.items() if names}


def test_formats_and_metrics_of_the_page_are_those_that_are_written(database: Path) -> None:
    formats, metrics, *_ = tables(text_of("docs/formats.md"))
    assert [row[0].strip("`") for row in formats[1:]] == [form.value for form in ReportFormat]
    wanted = ("report", "--format", "prometheus", "--from", "tests/data/nas.tar.gz")
    done = run("-m", "advisor", *wanted, ADVISOR_DATABASE=str(database))
    written = re.findall(r"(?m)^# TYPE (\w+) ", done.stdout)
    assert {row[0].strip("`") for row in metrics[1:]} == set(written)
    for name, labels, _ in metrics[1:]:
        samples = re.findall(rf"(?m)^{name.strip('`')}(?:\{{(.*)\}})? ", done.stdout)
        used = {tuple(re.findall(r'(\w+)="', sample)) for sample in samples}
        assert used == {tuple(labels.strip("`").split())}, name


def test_changelog_names_every_command() -> None:
    told = text_of("CHANGELOG.md").partition("\n## ")[2]
    for command in tree(cli.build()).walk():
        if command.path and not command.children:
            assert re.search(rf"\b{command.path[-1]}\b", told), command.path


def test_kb_commands_of_the_page_give_the_keys_it_names(database: Path) -> None:
    rows = {row[0]: row[1] for row in tables(text_of("docs/data-sources.md"))[1][1:]}
    asked = {
        "kb affected": ("kb", "affected", "6.12.94"),
        "kb diff": ("kb", "diff", "6.12.94", "6.12.104"),
        "kb info": ("kb", "info"),
        "kb path": ("kb", "path", "net/ipv6/ip6_output.c"),
    }
    for name, words in asked.items():
        (cell,) = [
            told for command, told in rows.items() if command.startswith((f"`{name} ", f"`{name}`"))
        ]
        keys = set(re.findall(r'"(\w+)"', re.findall(r"`(\{.*?\})`", cell)[0]))
        done = run("-m", "advisor", *words, "--format", "json", ADVISOR_DATABASE=str(database))
        assert set(json.loads(done.stdout)) == keys, name
