"""Whether a kernel has a fix: the rule with its proof, held against the database's answer."""

from __future__ import annotations

import pytest

from advisor.assess.status import judge
from advisor.knowledge.store import KnowledgeBase
from advisor.knowledge.trace import Change, Pair
from advisor.model.finding import Status
from advisor.model.version import parse_version
from advisor.probe.identity import identify

SINCE_EVER = Change("", "")


def pairs(*texts: str) -> tuple[Pair, ...]:
    """``6.6>6.6.58`` came in with 6.6 and was mended in 6.6.58; ``0`` is since ever or not mended."""
    made: list[Pair] = []
    for text in texts:
        began, _, ended = text.partition(">")
        made.append(Pair(*(Change("" if v == "0" else v, "") for v in (began, ended))))
    return tuple(made)


@pytest.mark.parametrize(
    ("release", "ranges", "status"),
    [
        pytest.param(
            "6.6.57", ("6.6>6.6.58", "6.6>6.12"), Status.AFFECTED, id="before the stable fix"
        ),
        pytest.param("6.6.58", ("6.6>6.6.58", "6.6>6.12"), Status.FIXED, id="at the stable fix"),
        pytest.param("6.12", ("6.6>6.6.58", "6.6>6.12"), Status.FIXED, id="at the mainline fix"),
        pytest.param(
            "6.11.5", ("6.6>6.6.58", "6.6>6.12"), Status.AFFECTED, id="a series without a fix"
        ),
        pytest.param("6.5.9", ("6.6>6.6.58", "6.6>6.12"), Status.NOT_AFFECTED, id="before the bug"),
        pytest.param("6.1.71", ("6.1.71>0", "6.3>6.6.9"), Status.AFFECTED, id="came by backport"),
        pytest.param(
            "6.1.70", ("6.1.71>0", "6.3>6.6.9"), Status.NOT_AFFECTED, id="before the backport"
        ),
        pytest.param("3.2", ("0>6.12",), Status.AFFECTED, id="since ever"),
        pytest.param(
            "7.1-rc3", ("6.6>7.1",), Status.AFFECTED, id="a candidate does not prove the fix"
        ),
        pytest.param("7.1", ("6.6>7.1",), Status.FIXED, id="the release does"),
        pytest.param("2.6.32", ("2.6.12>2.6.33",), Status.AFFECTED, id="2.6.x counts as mainline"),
    ],
)
def test_status_of_a_plain_kernel_follows_the_ranges(
    release: str, ranges: tuple[str, ...], status: Status
) -> None:
    assert judge(identify(release=release), pairs(*ranges)).status is status


def test_status_where_backports_hide_the_answer_is_unknown() -> None:
    rocky = identify(release="5.14.0-503.23.2.el9_5.x86_64", distro="rocky")
    judged = judge(rocky, pairs("4.0>6.12"))
    assert judged.status is Status.UNKNOWN
    assert judged.evidence


@pytest.mark.parametrize(
    ("ranges", "status"),
    [
        pytest.param(("0>6.12",), Status.UNKNOWN, id="its vendor may have mended it"),
        pytest.param(("6.1.60>6.1.119", "6.3>6.12"), Status.FIXED, id="its base has the fix"),
        pytest.param(("6.3>6.12",), Status.NOT_AFFECTED, id="its base never had the bug"),
    ],
)
def test_status_of_a_base_with_later_fixes_on_top_is_never_affected(
    ranges: tuple[str, ...], status: Status
) -> None:
    amazon = identify(release="6.1.119-129.201.amzn2023.x86_64", distro="amzn")
    judged = judge(amazon, pairs(*ranges))
    assert judged.status is status
    if status is Status.UNKNOWN:
        assert judged.evidence.startswith("open in 6.1.119, told by uname -r (since before the re")
        assert judged.evidence.endswith(amazon.why)


@pytest.mark.parametrize(
    ("release", "ranges", "evidence"),
    [
        ("6.6.58", ("6.6>6.6.58",), "6.6.58 is in 6.6.58, told by uname -r"),
        ("6.6.57", ("6.6>6.6.58",), "open in 6.6.57, told by uname -r (since 6.6)"),
        ("3.2", ("0>6.12",), "open in 3.2, told by uname -r (since before the records)"),
        (
            "6.1.70",
            ("6.3>6.6.9", "6.1.71>0"),
            "the bug came in with 6.1.71, this is 6.1.70, told by uname -r",
        ),
    ],
)
def test_evidence_names_the_version_that_decides(
    release: str, ranges: tuple[str, ...], evidence: str
) -> None:
    assert judge(identify(release=release), pairs(*ranges)).evidence == evidence


def test_evidence_names_the_commit_where_the_record_does() -> None:
    pair = Pair(Change("6.6", "aaaaaaaaaaaa"), Change("6.6.58", "bbbbbbbbbbbb"))
    fixed = judge(identify(release="6.6.58"), (pair,)).evidence
    lacking = judge(identify(release="6.6.57"), (pair,)).evidence
    assert fixed.startswith("6.6.58 (bbbbbbbbbbbb) is in 6.6.58")
    assert lacking.endswith("(since 6.6 (aaaaaaaaaaaa))")


def test_status_where_the_changelog_names_the_fix_is_fixed() -> None:
    rocky = identify(release="5.14.0-503.23.2.el9_5.x86_64", distro="rocky")
    judged = judge(rocky, pairs("4.0>6.12"), "rpm -q --changelog kernel-core")
    assert judged.status is Status.FIXED
    assert "rpm -q --changelog" in judged.evidence


@pytest.mark.parametrize(
    "release", ["6.12.94", "6.18.44", "7.1.8", "6.1.150", "6.12.20", "5.4", "7.1-rc3"]
)
def test_status_agrees_with_the_database_on_every_record(
    knowledge: KnowledgeBase, release: str
) -> None:
    version = parse_version(release)
    assert version is not None
    found = knowledge.open_in(version, cna_only=True)
    identity = identify(release=release)
    for record in knowledge.records(range(1, 20000)).values():
        by_proof = judge(identity, record.pairs).status is Status.AFFECTED
        assert by_proof == (record.n in found) or record.id == "CVE-2026-23352", record.id


def test_status_takes_the_changelog_of_a_distribution_for_later_releases() -> None:
    known = pairs("6.0>7.1.5", "6.0>7.2")
    noted = ("6.12.114",)
    assert judge(identify(release="6.12.113"), known, noted=noted).status is Status.AFFECTED
    assert judge(identify(release="6.12.114"), known, noted=noted).status is Status.FIXED


def test_status_of_what_only_changelogs_know_is_never_called_affected() -> None:
    before = judge(identify(release="6.12.100"), (), noted=("6.12.110",))
    after = judge(identify(release="6.12.110"), (), noted=("6.12.110",))
    elsewhere = judge(identify(release="7.1.2"), (), noted=("6.12.110",))
    nowhere = judge(identify(release="7.1.2"), ())
    assert [before.status, after.status, elsewhere.status, nowhere.status] == [
        Status.UNKNOWN,
        Status.FIXED,
        Status.UNKNOWN,
        Status.UNKNOWN,
    ]
    assert "(mended in 6.12.110)" in before.evidence
    assert "(nowhere told as mended)" in nowhere.evidence
