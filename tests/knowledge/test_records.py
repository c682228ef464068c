"""Records, and what they are packed into: the same facts come out again, garbage is refused."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.knowledge.build.record import Pair, Record, parse_line, parse_pair
from advisor.knowledge.columns import (
    NO_PATCH,
    cve_id,
    cve_number,
    pack_patches,
    series_of,
    unpack_patches,
)
from advisor.knowledge.trace import Change, pack, unpack
from advisor.knowledge.trace import Pair as TracePair
from advisor.model.version import KernelVersion, Series
from tests.knowledge.small import record

COMMITS = st.text("0123456789abcdef", min_size=12, max_size=12)
SERIES = st.builds(Series, st.integers(3, 9), st.integers(0, 99), st.just(0))
VERSIONS = st.builds(KernelVersion, SERIES, st.integers(0, 400), st.just(99))


def test_pair_reads_as_the_cna_writes_it() -> None:
    pair = parse_pair("6.6:1d65b771bc08:6.6.58:17396e32f975\n")
    assert str(pair.introduced) == "6.6"
    assert str(pair.fixed) == "6.6.58"
    assert pair.fixed_commit == "17396e32f975"


def test_pair_with_zeros_is_since_ever_and_not_mended() -> None:
    assert parse_pair("0:0:0:0") == Pair(None, "", None, "")


def test_pair_with_a_whole_commit_keeps_its_start() -> None:
    assert parse_pair(f"6.6:{'a' * 40}:0:0").introduced_commit == "a" * 12


@pytest.mark.parametrize(
    "line",
    [
        "",
        "6.6:1d65b771bc08:6.6.58",
        "6.6:1d65b771bc08:6.6.58:xyz",
        "six:0:0:0",
        "0:0:6.6.x:0",
        ":::",
    ],
)
def test_pair_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not "):
        parse_pair(line)


@given(st.text(max_size=80))
def test_any_text_is_a_pair_or_refused(line: str) -> None:
    try:
        pair = parse_pair(line)
    except ValueError:
        return
    assert parse_pair(str(pair)) == pair


ENDS = st.tuples(VERSIONS | st.none(), COMMITS.filter(lambda commit: commit != "0" * 12))


@given(ENDS, ENDS, st.integers(0, 100), st.booleans())
def test_record_comes_back_from_its_line(
    introduced: tuple[KernelVersion | None, str],
    fixed: tuple[KernelVersion | None, str],
    score: int,
    vector: bool,
) -> None:
    one = Record(
        id="CVE-2026-1000",
        files=("net/core/dev.c",),
        pairs=(Pair(*introduced, *fixed),),
        cvss="AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H" if vector else "",
        score=score,
        bug="leak",
        evidence="fuzzer",
    )
    assert parse_line(one.to_line()) == one


@given(st.text(max_size=200) | st.binary(max_size=80).map(lambda b: b.decode("latin-1")))
def test_any_text_is_no_record(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_line(line)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "class", "evidence", "score", "files", "pairs", "cvss"]),
                inner,
                max_size=7,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_record_or_refused(value: object) -> None:
    try:
        parse_line(json.dumps(value))
    except ValueError:
        return


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../up.c", "a/../b.c", "a\tb.c", "", "a\n.c", "a b.c"]
)
def test_record_with_a_path_out_of_the_tree_is_refused(path: str) -> None:
    fields = json.loads(record("CVE-2026-1000", "6.1:6.2").to_line())
    fields["files"] = [path]
    with pytest.raises(ValueError, match="not a path"):
        parse_line(json.dumps(fields))


@given(st.integers(1999, 2500), st.integers(0, 4_000_000))
def test_cve_comes_back_from_its_number(year: int, number: int) -> None:
    cve = f"CVE-{year}-{number:04}"
    packed = cve_number(cve)
    assert packed is not None
    assert cve_id(packed) == cve


def test_cves_sort_by_year_and_number() -> None:
    cves = ["CVE-2025-9999", "CVE-2025-10000", "CVE-2026-0001", "CVE-2026-100082"]
    assert sorted(set(cves), key=lambda cve: cve_number(cve) or 0) == cves


@given(st.text(max_size=30))
def test_any_text_is_a_cve_or_none(text: str) -> None:
    number = cve_number(text)
    assert number is None or cve_number(cve_id(number)) == number


@given(st.builds(Series, st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)))
def test_series_comes_back_from_its_code(series: Series) -> None:
    assert series_of(series.code) == series


@given(st.dictionaries(st.integers(1, 2**32 - 1), st.integers(0, NO_PATCH)))
def test_patches_come_back(patches: dict[int, int]) -> None:
    assert unpack_patches(pack_patches(patches)) == patches


@given(st.binary(max_size=60))
def test_any_bytes_are_patches_or_refused(body: bytes) -> None:
    try:
        unpack_patches(body)
    except (ValueError, struct.error):
        return


CHANGES = st.builds(
    Change, st.sampled_from(["", "6.1", "6.12.5", "2.6.32.5"]), st.just("") | COMMITS
)


@given(st.lists(st.builds(TracePair, CHANGES, CHANGES), max_size=8))
def test_trace_comes_back_grouped_by_where_the_bug_came_in(pairs: list[TracePair]) -> None:
    zero = "0" * 12
    pairs = [pair for pair in pairs if zero not in {pair.introduced.commit, pair.fixed.commit}]
    versions = ["", "2.6.32.5", "6.1", "6.12.5"]
    packed = pack(pairs, {version: place for place, version in enumerate(versions) if place})
    assert sorted(unpack(packed, versions)) == sorted(pairs)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_trace_or_refused(body: bytes) -> None:
    try:
        unpack(body, ["", "6.1"])
    except (ValueError, IndexError, struct.error):
        return
