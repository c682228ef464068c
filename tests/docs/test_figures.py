"""Figures, ids and commits on a page are those of the data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from advisor.knowledge.store import KnowledgeBase
from advisor.model.condition import TESTS
from advisor.system import tarball
from tests.docs.pages import PAGES, ROOT, name_of, tables
from tests.knowledge.small import version

DATA = ROOT / "data"


@cache
def listed(name: str) -> list[object]:
    whole = cast("dict[str, list[object]]", json.loads((DATA / f"{name}.json").read_text("utf-8")))
    return whole[name]


# A phrase with a figure -> the one that is meant, among those that `kb info` has.
PHRASES: Mapping[str, Callable[[KnowledgeBase], int]] = {
    r"(\d\d,\d{3}) (?:CVE )?records": lambda kb: int(kb.meta()["records"]),
    r"(\d+)(?: entries)? written by hand": lambda kb: int(kb.meta()["curated"]),
    r"(\d\d\d) drivers": lambda _: len(listed("drivers")),
    r"(\d\d) series\b": lambda _: len(listed("series")),
    r"(\d+,\d{3}) source files": lambda kb: int(kb.meta()["files"]),
    r"which of (\d\d,\d{3}) fixes": lambda kb: kb.fixes(),
    r"(\d{3}) of them in `tests/data/releases.jsonl`": lambda _: lines("tests/data/releases.jsonl"),
}


@cache
def everything() -> str:
    """Return all text from which the knowledge base is made."""
    texts = [*(DATA / "kernel-cves").glob("*.jsonl"), *(DATA / "changelog-facts").glob("*.tsv")]
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in (*texts, DATA / "fixes.json", DATA / "drivers.json", DATA / "series.json")
    )


def lines(path: str) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize("phrase", PHRASES)
def test_figures_of_the_data_are_the_same_on_every_page(
    phrase: str, knowledge: KnowledgeBase
) -> None:
    right = PHRASES[phrase](knowledge)
    seen = 0
    for page in PAGES:
        for told in re.findall(phrase, page.read_text(encoding="utf-8")):
            assert number(told) == right, f"{name_of(page)}: {told} should be {right:,}"
            seen += 1
    assert seen


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_cves_and_commits_of_a_page_are_in_the_data(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in set(re.findall(r"CVE-\d{4}-\d{4,}|`([0-9a-f]{12})`", text)) - {""}:
        assert name in everything(), name
    for name in set(re.findall(r"\bCVE-\d{4}-\d{4,}\b", text)):
        assert name in everything(), name


def test_readme_compares_with_figures_that_can_be_counted(knowledge: KnowledgeBase) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (row,) = [row for table in tables(readme) for row in table if row[0] == "**advisor**"]
    told = [number(figure) for figure in re.findall(r"\d[\d,]*", row[1])]
    letter = len(knowledge.open_in(version("6.12.94"), cna_only=True))
    whole = len(knowledge.open_in(version("6.12.94")))
    screen = re.findall(r"([\d,]+) known bugs open in 6\.12\.94, ([\d,]+) can run here", readme)
    assert screen == [(f"{whole:,}", f"{told[2]:,}")]
    assert told == [letter, whole - letter, number(screen[0][1])]
    # What a matcher of ranges says beside the CNA's count is wrong, and a list that is short misses.
    others = {row[0]: row[1] for table in tables(readme) for row in table if len(row) == 5}
    figures = {
        name: [number(n) for n in re.findall(r"\d[\d,]*", said)] for name, said in others.items()
    }
    assert figures["strak, the kernel CNA's own"] == [letter]
    matched, wrong = figures["cve-bin-tool, as any CPE matcher"]
    assert matched - wrong == letter
    short, missed, *_ = figures["sbom-cve-check"]
    assert short + missed == letter


def test_article_has_a_row_for_each_thing_and_each_row_an_entry() -> None:
    page = (ROOT / "docs/article-corrections.md").read_text(encoding="utf-8")
    ids = {str(cast("dict[str, object]", entry)["id"]) for entry in listed("fixes")}
    (table,) = [found for found in tables(page) if len(found[0]) == 3]
    named = [re.findall(r"`([a-z0-9-]+)`", row[2]) for row in table[1:]]
    assert all(named)
    assert {name for row in named for name in row} <= ids


def test_size_of_the_database_is_told_right(database: Path) -> None:
    page = (ROOT / "docs/data-sources.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"one SQLite file that a scan opens\n?\s*\(([\d.]+) MB\)", page)
    assert abs(float(told) - database.stat().st_size / 1e6) < 0.2


def test_bounds_of_captures_are_told_right() -> None:
    page = (ROOT / "docs/capture.md").read_text(encoding="utf-8")
    (megabytes, files) = re.findall(r"at most (\d+) MiB unpacked and ([\d,]+) files", page)[0]
    assert int(megabytes) << 20 == tarball.MOST_BYTES
    assert number(files) == tarball.MOST_MEMBERS


def test_every_file_of_the_data_is_told_of_and_every_one_told_of_is_there() -> None:
    page = (ROOT / "docs/data-sources.md").read_text(encoding="utf-8")
    named = re.findall(r"`([^`]+)`", " ".join(row[0] for row in tables(page)[0][1:]))
    told: set[Path] = set()
    for name in named:
        found = set(DATA.glob(re.sub(r"YEAR|SERIES", "*", name)))
        assert found, name
        told |= found
    there = {path for path in DATA.rglob("*") if path.is_file() and path.parent.name != "schema"}
    assert {str(path) for path in there - told} == {str(DATA / "SOURCES.md")}


def test_fields_and_tests_of_an_entry_are_told_in_their_order() -> None:
    page = (ROOT / "docs/adding-a-fix.md").read_text(encoding="utf-8")
    fields, _, conditions, _ = tables(page)
    schema = json.loads((DATA / "schema/fixes.schema.json").read_text("utf-8"))
    assert [row[0].strip("`") for row in fields[1:]] == list(schema["$defs"]["entry"]["properties"])
    kinds = [re.findall(r'"(\w+)"', row[0])[0] for row in conditions[1:]]
    assert sorted(kinds) == sorted(TESTS)
