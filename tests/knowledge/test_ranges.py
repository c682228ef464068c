"""Which fixes a kernel lacks, by ranges made for the purpose and by chance."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.knowledge.build.record import Record
from advisor.model.version import KernelVersion, Series
from tests.knowledge.small import knowledge_of, open_ids, record, release, version

ID = "CVE-2026-1000"


@pytest.mark.parametrize(
    ("pairs", "kernel", "lacks"),
    [
        pytest.param(("6.1:6.12",), "6.1", True, id="brought-by-its-mainline-release"),
        pytest.param(("6.1:6.12",), "6.0.7", False, id="before-it-came"),
        pytest.param(("6.1:6.12",), "6.6.3", True, id="between"),
        pytest.param(("6.1:6.12",), "6.12", False, id="mended-in-mainline"),
        pytest.param(("6.1:6.12.5",), "6.12.4", True, id="before-the-stable-fix"),
        pytest.param(("6.1:6.12.5",), "6.12.5", False, id="with-the-stable-fix"),
        pytest.param(("6.1:6.12.5",), "6.6.90", True, id="the-fix-of-another-series"),
        pytest.param(("6.12.5:6.12.9", "6.13:6.14"), "6.12.4", False, id="before-it-arrived"),
        pytest.param(("6.12.5:6.12.9", "6.13:6.14"), "6.12.8", True, id="arrived-by-backport"),
        pytest.param(("6.12.5:6.12.9", "6.13:6.14"), "6.12.9", False, id="and-left-again"),
        pytest.param(("6.12.5:0",), "6.12.117", True, id="never-mended"),
        pytest.param(("0:6.12",), "2.6.12", True, id="since-ever"),
        pytest.param(("6.1:7.1",), "7.1-rc3", True, id="a-candidate-has-what-its-release-mends"),
        pytest.param(("6.1:7.0",), "7.1-rc3", False, id="a-candidate-has-what-came-before"),
        pytest.param(("7.1:7.2",), "7.1-rc1", True, id="brought-while-a-candidate"),
        pytest.param(("2.6.32:2.6.38",), "2.6.35.4", True, id="old-numbers"),
        pytest.param(("2.6.32:2.6.38",), "2.6.38.1", False, id="old-numbers-mended"),
        pytest.param(("2.6.32:2.6.37",), "2.6.38-rc2", False, id="old-candidate-has-the-last"),
    ],
)
def test_kernel_lacks_what_its_range_says(
    tmp_path: Path, pairs: tuple[str, ...], kernel: str, lacks: bool
) -> None:
    knowledge = knowledge_of(tmp_path / "kb", record(ID, *pairs))
    assert (open_ids(knowledge, kernel) == {ID}) is lacks
    assert (open_ids(knowledge, kernel, cna_only=True) == {ID}) is lacks


def test_fix_in_an_old_stable_update_counts_for_mainline_by_the_letter_only(tmp_path: Path) -> None:
    knowledge = knowledge_of(tmp_path / "kb", record(ID, "2.6.39.1:2.6.39.2", "3.0:7.0"))
    assert open_ids(knowledge, "6.12") == {ID}
    assert open_ids(knowledge, "6.12", cna_only=True) == set()


def test_bug_that_came_back_counts_again_but_not_by_the_letter(tmp_path: Path) -> None:
    knowledge = knowledge_of(tmp_path / "kb", record(ID, "4.12:4.18", "5.8:6.1.9", "5.8:6.2"))
    lacking = [
        v
        for v in ("4.11", "4.12", "4.13", "4.18", "4.19", "5.8", "6.1.8", "6.1.9", "6.2")
        if open_ids(knowledge, v)
    ]
    assert lacking == ["4.12", "4.13", "5.8", "6.1.8"]
    assert open_ids(knowledge, "6.1.8", cna_only=True) == set()


def test_fix_before_its_bug_says_nothing_new(tmp_path: Path) -> None:
    knowledge = knowledge_of(tmp_path / "kb", record(ID, "5.10:5.2", "5.10:5.15.33"))
    assert open_ids(knowledge, "6.12") == set()


def test_changelog_ends_a_range_that_the_cna_leaves_open(tmp_path: Path) -> None:
    knowledge = knowledge_of(
        tmp_path / "kb", record(ID, "6.1:7.2"), releases=[release("6.12.100", ID)]
    )
    assert open_ids(knowledge, "6.12.99") == {ID}
    assert open_ids(knowledge, "6.12.100") == set()
    assert open_ids(knowledge, "6.12.100", cna_only=True) == {ID}
    assert open_ids(knowledge, "6.6.150") == {ID}


def test_earlier_of_cna_and_changelog_ends_the_range(tmp_path: Path) -> None:
    noted = [release("6.12.90", ID), release("6.1.200", ID)]
    knowledge = knowledge_of(
        tmp_path / "kb", record(ID, "6.1:6.12.95", "6.1:6.1.150"), releases=noted
    )
    assert open_ids(knowledge, "6.12.90") == set()
    assert open_ids(knowledge, "6.1.150") == set()
    assert open_ids(knowledge, "6.12.94", cna_only=True) == {ID}


def test_last_release_that_changelogs_name_counts(tmp_path: Path) -> None:
    noted = [release("6.1.90", ID), release("6.1.191", ID)]
    knowledge = knowledge_of(tmp_path / "kb", record(ID, "6.1:6.9"), releases=noted)
    assert open_ids(knowledge, "6.1.190") == {ID}
    assert open_ids(knowledge, "6.1.191") == set()


def test_cve_that_only_a_changelog_knows_is_open_before_it_in_its_series_alone(
    tmp_path: Path,
) -> None:
    other = "CVE-2026-2000"
    knowledge = knowledge_of(
        tmp_path / "kb", record(other, "6.1:6.2"), releases=[release("6.12.100", ID)]
    )
    assert open_ids(knowledge, "6.12.94") == {ID}
    assert open_ids(knowledge, "6.12.100") == set()
    assert open_ids(knowledge, "6.6.1") == set()
    assert open_ids(knowledge, "6.12.94", cna_only=True) == set()
    known = knowledge.record(ID)
    assert known is not None
    assert (known.recorded, known.noted, known.sites, known.pairs) == (False, ("6.12.100",), (), ())
    (number,) = knowledge.numbers([ID])
    assert knowledge.silent_about([number], Series(6, 6)) == {number}
    assert knowledge.silent_about([number], Series(6, 12)) == frozenset()


def test_horizon_is_the_newest_release_that_the_cna_names(tmp_path: Path) -> None:
    knowledge = knowledge_of(
        tmp_path / "kb",
        record(ID, "6.1:6.12.95", "6.1:7.2"),
        releases=[release("6.12.117"), release("7.3.4", "CVE-2026-2000")],
    )
    assert str(knowledge.horizon(Series(6, 12))) == "6.12.95"
    assert str(knowledge.horizon(Series(7, 2))) == "7.2"
    assert knowledge.horizon(Series(7, 3)) is None
    assert knowledge.horizon(Series(6, 6)) is None


SERIES = [Series(2, 6, 39), Series(5, 10), Series(6, 1), Series(6, 6), Series(6, 12), Series(7, 0)]
VERSIONS = st.tuples(st.sampled_from(SERIES), st.sampled_from([0, 0, 1, 2, 5, 9])).map(
    lambda parts: KernelVersion(*parts)
)
ENDS = st.one_of(VERSIONS.map(str), st.just("0"))
PAIRS = st.lists(st.tuples(ENDS, ENDS).map(":".join), min_size=1, max_size=4)


def by_the_letter(one: Record, kernel: KernelVersion) -> bool:
    """The CNA's rule, written down a second time, pair by pair."""

    def reached(at: KernelVersion | None, *, old_counts: bool) -> bool:
        if at is None:
            return False
        mainline = not at.patch or (old_counts and at.series[:2] == (2, 6))
        if mainline and at.series <= kernel.series:
            return True
        return at.series == kernel.series and bool(at.patch) and at.patch <= kernel.patch

    started = any(
        pair.introduced is None or reached(pair.introduced, old_counts=False) for pair in one.pairs
    )
    return started and not any(reached(pair.fixed, old_counts=True) for pair in one.pairs)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PAIRS, min_size=1, max_size=12), st.lists(VERSIONS, min_size=1, max_size=6))
def test_any_ranges_are_open_by_the_letter_where_a_second_reading_says_so(
    ranges: list[list[str]], kernels: list[KernelVersion]
) -> None:
    records = [record(f"CVE-2026-{1000 + n}", *pairs) for n, pairs in enumerate(ranges)]
    with tempfile.TemporaryDirectory() as folder:
        knowledge = knowledge_of(Path(folder) / "kb", *records)
        for kernel in kernels:
            expected = {one.id for one in records if by_the_letter(one, kernel)}
            assert open_ids(knowledge, str(kernel), cna_only=True) == expected
        knowledge.close()


def test_version_that_no_record_names_is_answered_too(tmp_path: Path) -> None:
    knowledge = knowledge_of(tmp_path / "kb", record(ID, "6.1:0"))
    assert open_ids(knowledge, "9.9.9") == {ID}
    assert knowledge.open_in(version("1.0")) == {}
