"""Which hand-written entries live in a kernel: the database's answer against a second reading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from advisor.knowledge.curated import load
from advisor.knowledge.store import KnowledgeBase
from advisor.model.curated import CuratedFix
from advisor.model.version import KernelVersion, contains, proves
from tests.knowledge.small import version

ENTRIES = load((Path(__file__).parents[2] / "data/fixes.json").read_text("utf-8"))


def kernels() -> Iterator[KernelVersion]:
    """Every kernel in which an entry begins or ends, those beside it, and its candidates."""
    for entry in ENTRIES:
        for _, known in (*entry.introduced, *entry.fixed):
            series, patch = known.series, known.patch
            yield KernelVersion(series, 0, 3)
            yield from (KernelVersion(series, near) for near in {0, max(patch - 1, 0), patch})
            yield KernelVersion(series, patch + 1)
            yield KernelVersion(series._replace(minor=series.minor + 1))


def lives(entry: CuratedFix, kernel: KernelVersion) -> bool:
    """The rule, written down a second time: what began and did not end lives."""
    began = not entry.introduced or any(contains(kernel, v) for _, v in entry.introduced)
    return began and not any(proves(kernel, v) for _, v in entry.fixed)


def test_entries_that_live_in_a_kernel_are_those_whose_ranges_hold_it(
    knowledge: KnowledgeBase,
) -> None:
    for kernel in sorted(set(kernels())):
        expected = sorted(entry.id for entry in ENTRIES if lives(entry, kernel))
        assert [row.id for row in knowledge.curated_open_in(kernel)] == expected, str(kernel)


def test_entry_lives_from_the_release_that_brought_it_to_the_one_that_mended_it(
    knowledge: KnowledgeBase,
) -> None:
    one = "btmtk-short-wmt-event"
    known = ("6.12.87", "6.12.88", "6.12.90", "6.12.91", "7.0", "7.0.7", "7.1-rc3", "7.1")
    living = [
        text
        for text in known
        if one in {row.id for row in knowledge.curated_open_in(version(text))}
    ]
    assert living == ["6.12.88", "6.12.90", "7.0.7", "7.1-rc3"]
