"""Class, evidence and estimated score, by words of our own."""

from __future__ import annotations

from itertools import product

import pytest
from cvss import CVSS3  # pyright: ignore[reportMissingTypeStubs] - it has none
from hypothesis import given
from hypothesis import strategies as st

from advisor.knowledge.build.classify import bug_class, evidence
from advisor.knowledge.build.severity import ESTIMATES, Reach, estimate, reach, with_estimates
from advisor.knowledge.build.vector import base_score
from advisor.model.fix import BugClass, Evidence
from tests.knowledge.small import record


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("one: fix use-after-free in probe", "", BugClass.USE_AFTER_FREE),
        ("one: fix memory leak of a freed object: UAF", "", BugClass.USE_AFTER_FREE),
        ("one: fix double free on error", "", BugClass.DOUBLE_FREE),
        ("one: validate the length of a frame", "", BugClass.OUT_OF_BOUNDS),
        ("one: do not limit zeroing", "", BugClass.UNKNOWN),
        ("one: fix information leak to userspace", "", BugClass.INFORMATION_LEAK),
        ("one: fix refcount leak", "", BugClass.LEAK),
        ("one: check for NULL", "", BugClass.NULL_DEREFERENCE),
        ("one: fix AB-BA deadlock", "", BugClass.DEADLOCK),
        ("one: fix clobbering of the overflow bit", "", BugClass.UNKNOWN),
        ("one: integer overflow of the size", "", BugClass.OVERFLOW),
        ("one: fix division by zero", "", BugClass.DIVISION_BY_ZERO),
        ("one: use of uninitialized value", "", BugClass.UNINITIALISED),
        ("one: data races around a counter", "", BugClass.RACE),
        ("one: soft lockup on resume", "", BugClass.DENIAL_OF_SERVICE),
        ("one: fix panic", "BUG: KASAN: slab-out-of-bounds in one_read", BugClass.OUT_OF_BOUNDS),
        ("one: fix panic", "it panics", BugClass.CRASH),
        ("one: reorder", "WARNING: possible circular locking", BugClass.DEADLOCK),
        ("one: reorder", "the capability is not checked", BugClass.LOGIC),
        ("one: reorder", 'since commit 0123456789ab ("two: fix use-after-free")', BugClass.UNKNOWN),
        ("one: add a quirk", "it drops off the bus", BugClass.UNKNOWN),
    ],
)
def test_class_is_what_the_words_tell(title: str, text: str, expected: BugClass) -> None:
    assert bug_class(title, text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("syzbot reported this: call trace:", Evidence.FUZZER),
        ("BUG: KASAN: use-after-free in one", Evidence.CRASH_TRACE),
        ("smatch warns: drivers/net/one.c:5 one() warn: x", Evidence.STATIC_ANALYSIS),
        ("Sashiko noticed that", Evidence.AI_REVIEW),
        ("A user reported that it hangs", Evidence.USER_REPORT),
        ("the counter reported by `ip -s link` is wrong", Evidence.NONE_STATED),
        ("if we goto out, it leaks", Evidence.NONE_STATED),
        ("", Evidence.NONE_STATED),
    ],
)
def test_evidence_is_what_the_words_name(text: str, expected: Evidence) -> None:
    assert evidence("one: fix", text) is expected


@given(st.text(max_size=300), st.text(max_size=2000))
def test_any_words_have_a_class_and_an_evidence(title: str, text: str) -> None:
    assert bug_class(title, text) in BugClass
    assert evidence(title, text) in Evidence


def test_base_score_is_the_one_of_the_specification_for_every_vector() -> None:
    letters = ("NALP", "LH", "NLH", "NR", "UC", "HLN", "HLN", "HLN")
    names = ("AV", "AC", "PR", "UI", "S", "C", "I", "A")
    for values in product(*letters):
        vector = "/".join(f"{name}:{value}" for name, value in zip(names, values, strict=True))
        expected = CVSS3(f"CVSS:3.1/{vector}").base_score
        assert base_score(vector) == round(float(expected or 0) * 10), vector


@pytest.mark.parametrize(
    "vector", ["", "AV:N", "CVSS:4.0/AV:N/AC:L", "AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"]
)
def test_vector_of_another_form_is_refused(vector: str) -> None:
    with pytest.raises(ValueError, match="not the base metrics"):
        base_score(vector)


def test_every_estimate_is_the_score_of_its_vector_and_below_what_the_cna_scores() -> None:
    for one in ESTIMATES.values():
        assert base_score(one.vector) == one.score < 70


def test_information_leak_is_not_estimated_like_corrupted_memory() -> None:
    leak = record("CVE-2026-1000", "6.1:6.2", bug="information-leak", files=["mm/one.c"])
    corrupted = leak._replace(bug="use-after-free")
    assert estimate(leak).score < estimate(corrupted).score
    assert "/I:N/A:N" in estimate(leak).vector


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["net/ipv4/tcp.c"], Reach.NEAR),
        (["drivers/usb/core/hub.c"], Reach.PLUG),
        (["mm/slab.c"], Reach.LOCAL),
        (["mm/slab.c", "fs/nfsd/vfs.c"], Reach.NEAR),
        ([], Reach.LOCAL),
    ],
)
def test_reach_is_the_nearest_of_the_files(files: list[str], expected: Reach) -> None:
    assert reach(files) is expected


def test_given_score_stays_and_missing_one_is_estimated() -> None:
    given_score = record(
        "CVE-2026-1000", "6.1:6.2", cvss="AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", score=98
    )
    missing = record("CVE-2026-1001", "6.1:6.2", score=0)
    first, second = with_estimates([given_score, missing])
    assert first == given_score
    assert second.score == estimate(missing).score > 0
