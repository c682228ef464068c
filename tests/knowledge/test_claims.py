"""What the project says of its knowledge base, held against the knowledge base of this checkout."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from advisor.knowledge.build import agreement
from advisor.knowledge.build.agreement import Verdict
from advisor.knowledge.build.changelog_facts import read_facts
from advisor.knowledge.build.check import check_database
from advisor.knowledge.build.fixes import Noted, fix_rows
from advisor.knowledge.build.text import read_records, read_units
from advisor.knowledge.store import KnowledgeBase
from advisor.model.version import KernelVersion, Series
from tests.knowledge.small import open_ids, version

DATA = Path(__file__).parents[2] / "data"
ACCURACY = Path(__file__).parents[2] / "docs/accuracy.md"
LARGEST = 6_000_000
OPEN_BY_THE_CNA = {"6.12.94": 1653, "6.18.44": 207, "7.1.8": 3, "6.1.150": 3691, "6.12.20": 5186}


@pytest.mark.parametrize(("kernel", "count"), OPEN_BY_THE_CNA.items())
def test_cna_layer_alone_counts_as_the_cna_does(
    knowledge: KnowledgeBase, kernel: str, count: int
) -> None:
    assert len(knowledge.open_in(version(kernel), cna_only=True)) == count


def test_database_is_whole_and_small(database: Path) -> None:
    assert database.stat().st_size < LARGEST
    assert int(check_database(database)["records"]) == 14626


class Word(NamedTuple):
    """A changelog calls a CVE fixed in a stable release."""

    cve: str
    version: KernelVersion


@cache
def words() -> tuple[Word, ...]:
    return tuple(
        Word(cve, release.version)
        for release in read_facts(DATA / "changelog-facts")
        for cve in release.cves
    )


@cache
def contradicted(knowledge: KnowledgeBase, series: Series) -> tuple[int, list[str]]:
    """Return how many CVEs changelogs name up to the CNA's date, and those where the rule differs.

    Where a changelog names several releases, the fix came in parts: the kernel before the first must
    be open, and the last must not be.
    """
    horizon = knowledge.horizon(series)
    assert horizon is not None
    lacks = {
        patch: open_ids(knowledge, str(KernelVersion(series, patch)))
        for patch in range(horizon.patch + 1)
    }
    named: defaultdict[str, list[int]] = defaultdict(list)
    for word in words():
        if word.version.series == series and 0 < word.version.patch <= horizon.patch:
            named[word.cve].append(word.version.patch)
    wrong = [
        cve
        for cve, patches in named.items()
        if cve not in lacks[min(patches) - 1] or cve in lacks[max(patches)]
    ]
    return len(named), wrong


@pytest.mark.parametrize("series", [Series(6, 1), Series(6, 12)], ids=str)
def test_what_a_changelog_calls_fixed_is_open_before_and_not_after(
    knowledge: KnowledgeBase, series: Series
) -> None:
    count, wrong = contradicted(knowledge, series)
    assert count > 300
    assert len(wrong) / count < 0.01


def test_every_exception_is_listed_with_its_reason(knowledge: KnowledgeBase) -> None:
    text = ACCURACY.read_text("utf-8")
    listed = set(re.findall(r"CVE-\d{4}-\d{4,}", text))
    for series in (Series(6, 1), Series(6, 12)):
        _, wrong = contradicted(knowledge, series)
        assert set(wrong) <= listed


def test_every_disagreement_is_listed() -> None:
    listed = set(re.findall(r"CVE-\d{4}-\d{4,}", ACCURACY.read_text("utf-8")))
    noted = [Noted(*word) for word in words()]
    rows = fix_rows(read_records(DATA / "kernel-cves"), noted)
    verdicts = Counter(held.verdict for held in agreement.hold(rows))
    assert verdicts[Verdict.SAME] > 100 * (verdicts[Verdict.LATER] + verdicts[Verdict.EARLIER])
    odd = {Verdict.EARLIER, Verdict.LATER, Verdict.ADDED, Verdict.NOT_AFFECTED}
    for held in agreement.hold(rows):
        if held.verdict in odd:
            assert held.cve in listed, held


def test_differences_from_the_cnas_letter_are_corrections_and_changelogs(
    knowledge: KnowledgeBase,
) -> None:
    listed = set(re.findall(r"CVE-\d{4}-\d{4,}", ACCURACY.read_text("utf-8")))
    named = {word.cve for word in words()}
    for kernel in (*OPEN_BY_THE_CNA, "6.6.100", "5.10.200", "7.1.2", "4.19.300", "6.12", "6.1.191"):
        letter = open_ids(knowledge, kernel, cna_only=True)
        ours = open_ids(knowledge, kernel)
        assert (letter ^ ours) - named <= listed, kernel


def test_fixes_that_introduced_other_bugs_are_as_many_as_said(knowledge: KnowledgeBase) -> None:
    found = knowledge.repairs(range(1, knowledge.fixes() + 1))
    bringing = {cve for cves in found.values() for cve in cves}
    assert (len(bringing), len(found)) == (429, 470)


def test_most_files_of_the_records_are_in_a_kernel_tree() -> None:
    units = read_units(DATA / "kernel-files")
    paths = {path for one in read_records(DATA / "kernel-cves") for path in one.files}
    assert len(paths - units.keys()) < 0.02 * len(paths)


def test_exploited_ids_are_marked(knowledge: KnowledgeBase) -> None:
    found = knowledge.record("CVE-2026-31431")
    assert found is not None
    assert found.exploited == "2026-05-01"
