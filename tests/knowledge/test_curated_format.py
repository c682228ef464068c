"""The one layout of data/fixes.json, and the command that brings a file into it."""

from __future__ import annotations

import json
import runpy
import sys
from typing import TYPE_CHECKING

import pytest

from advisor.errors import ExitStatus
from advisor.knowledge import curated_format
from advisor.knowledge.curated_format import canonical, main

if TYPE_CHECKING:
    from pathlib import Path

LOOSE: list[dict[str, object]] = [
    {
        "title": "é",
        "id": "b-b",
        "fixed": {"6.12": "6.12.3", "2.6.32": "2.6.32.5", "mainline": "7.1"},
    },
    {"id": "c-c", "commits": {"fixed": 3, "introduced": {}}, "checked": None},
    {"modules": ["b", "a"], "id": "a-a", "what": 1, "concerns": {"when": {}, "text": "x"}},
]


def test_canonical_sorts_entries_keys_branches_and_lists() -> None:
    text = canonical(json.dumps(LOOSE))
    whole = json.loads(text)

    assert [entry["id"] for entry in whole["fixes"]] == ["a-a", "b-b", "c-c"]
    assert list(whole["fixes"][0]) == ["id", "concerns", "modules", "what"]
    assert whole["fixes"][0]["modules"] == ["a", "b"]
    assert list(whole["fixes"][0]["concerns"]) == ["text", "when"]
    assert list(whole["fixes"][1]["fixed"]) == ["mainline", "2.6.32", "6.12"]
    assert whole["fixes"][2]["commits"] == {"introduced": {}, "fixed": 3}
    assert "é" in text
    assert text.endswith("}\n")


def test_canonical_of_the_canonical_is_the_same() -> None:
    once = canonical(json.dumps(LOOSE))

    assert canonical(once) == once


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="not-json"),
        pytest.param('{"schema": 1}', id="no-list"),
        pytest.param("3", id="number"),
        pytest.param("[1]", id="entry-not-an-object"),
    ],
)
def test_canonical_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(text)


def test_main_rewrites_the_file_and_reports_its_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fixes.json"
    path.write_text(json.dumps(LOOSE), "utf-8")

    assert main([str(path)]) == ExitStatus.BAD_DATA
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "fixes[0].kind: missing" in shown.err
    assert "fixes[0].what: unknown key" in shown.err
    assert path.read_text("utf-8") == canonical(json.dumps(LOOSE))


def test_main_file_without_faults_is_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fixes.json"
    path.write_text("[]", "utf-8")

    assert main([str(path)]) == ExitStatus.OK
    assert capsys.readouterr().err == ""


def test_main_file_that_is_not_ours_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"a": 1}', "utf-8")

    assert main([str(path), str(tmp_path / "missing.json")]) == ExitStatus.IO
    assert path.read_text("utf-8") == '{"a": 1}'
    assert "no list of fixes" in capsys.readouterr().err


def test_command_ends_with_the_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fixes.json"
    path.write_text("[]", "utf-8")
    monkeypatch.setattr(sys, "argv", ["curated_format", str(path)])

    with pytest.raises(SystemExit) as caught:
        runpy.run_path(curated_format.__file__, run_name="__main__")

    assert caught.value.code == ExitStatus.OK
