"""Debian's changelogs: what they list under upstream releases, as facts, as counts."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.knowledge.build.changelog import parse_changelog
from advisor.knowledge.build.changelog_facts import (
    HEADER,
    SOURCES,
    Release,
    Source,
    gather,
    read_facts,
    read_sources,
    write_facts,
)
from advisor.knowledge.build.derive import read_changelog
from advisor.knowledge.build.subjects import Subjects, bare, beginning, learn
from advisor.knowledge.facts import Counts
from advisor.knowledge.sites import Unit
from advisor.model.version import KernelVersion, Series
from tests.knowledge.small import version

TEXT = """linux (6.12.117-1) trixie-security; urgency=high

  * New upstream stable update:
    https://www.kernel.org/pub/linux/kernel/v6.x/ChangeLog-6.12.116
    - one: first change (CVE-2026-1000)
    - [arm64] two: a change whose line
      goes on (CVE-2026-1001, CVE-2026-1002)
    - one: no id here, only CVE-2026-9999 outside of brackets
    https://www.kernel.org/pub/linux/kernel/v6.x/ChangeLog-6.12.117
    - Revert "one: first change"
    - one: last change (CVE-2026-1003) (Closes: #1)

  [ A Maintainer ]
  * one: Debian's own change (CVE-2026-1004)
    - with a part (CVE-2026-1005)

 -- A Maintainer <a@example.org>  Thu, 12 Nov 2026 09:00:00 +0100

linux (6.12.115-1) trixie-security; urgency=high

  * New upstream stable update:
    https://www.kernel.org/pub/linux/kernel/v6.x/ChangeLog-6.12.115
    - two: old change (CVE-2026-1001)

 -- A Maintainer <a@example.org>  Fri, 30 Oct 2026 09:00:00 +0100
"""
NOTHING = Subjects({}, frozenset())


def test_changelog_gives_each_fix_under_its_upstream_release() -> None:
    newest, older = parse_changelog(io.StringIO(TEXT))
    assert (newest.version, newest.suite, newest.day) == (
        "6.12.117-1",
        "trixie-security",
        "2026-11-12",
    )
    assert [(str(fix.version), fix.cves) for fix in newest.fixes] == [
        ("6.12.116", ("CVE-2026-1000",)),
        ("6.12.116", ("CVE-2026-1001", "CVE-2026-1002")),
        ("6.12.116", ()),
        ("6.12.117", ()),
        ("6.12.117", ("CVE-2026-1003",)),
    ]
    assert newest.fixes[1].subject.startswith("[arm64] two: a change whose line goes on")
    assert [fix.cves for fix in older.fixes] == [("CVE-2026-1001",)]


@given(st.text(max_size=400))
def test_any_text_is_a_changelog_of_something(text: str) -> None:
    for upload in parse_changelog(io.StringIO(text)):
        assert upload.version


LINES = st.lists(st.sampled_from(TEXT.splitlines(keepends=True)), max_size=40).map("".join)


@given(LINES)
def test_any_mixture_of_changelog_lines_gives_only_stable_releases(text: str) -> None:
    for upload in parse_changelog(io.StringIO(text)):
        assert all(fix.version.patch for fix in upload.fixes)


def test_endless_line_and_endless_item_are_cut() -> None:
    head = TEXT.partition("    - one")[0]
    item = "    - one: long " + "x" * 10_000 + "\n" + "      more\n" * 1000
    (upload,) = parse_changelog(io.StringIO(head + item))
    assert len(upload.fixes[0].subject) < 10_000


def test_facts_join_changelogs_and_count_each_fix_once() -> None:
    uploads = list(parse_changelog(io.StringIO(TEXT)))
    again = TEXT.replace("- one: no id here, only CVE-2026-9999 outside of brackets", "- new: x")
    releases = gather([uploads, list(parse_changelog(io.StringIO(again)))], NOTHING)
    told = [(str(one.version), one.day, one.fixes, one.named, one.cves) for one in releases]
    assert told == [
        ("6.12.115", "2026-10-30", 1, 1, ("CVE-2026-1001",)),
        ("6.12.116", "2026-11-12", 4, 2, ("CVE-2026-1000", "CVE-2026-1001", "CVE-2026-1002")),
        ("6.12.117", "2026-11-12", 2, 1, ("CVE-2026-1003",)),
    ]


def test_facts_come_back_from_their_text(tmp_path: Path) -> None:
    subjects = Subjects({("one",): "one_mod"}, frozenset({"two"}))
    releases = gather([list(parse_changelog(io.StringIO(TEXT)))], subjects)
    assert releases[1].modules == {"one_mod": Counts(2, 1), "two": Counts(1, 1)}
    sources = [Source("6.12.117-1", "trixie-security", "2026-11-12")]
    write_facts(tmp_path, releases, sources)
    assert list(read_facts(tmp_path)) == releases
    assert read_sources(tmp_path) == sources
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_facts(tmp_path, reversed(releases), sources * 2)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "line",
    [
        "6.12.5",
        "6.12\t2026-01-01\t1,0\t\t",
        "6.12.5\tyesterday\t1,0\t\t",
        "6.12.5\t2026-01-01\tmany\t\t",
        "6.12.5\t2026-01-01\t1,0\tCVE-no\t",
        "6.12.5\t2026-01-01\t1,0\t\tone=1",
        "6.12.5\t2026-01-01\t1,0\t\tone=1,2 ../x=1,1",
    ],
)
def test_damaged_facts_are_named_with_file_and_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "6.12.tsv").write_text(f"{HEADER}\n{line}\n")
    with pytest.raises(AdvisorError, match=r"6\.12\.tsv:2"):
        list(read_facts(tmp_path))


def test_facts_of_another_form_are_refused(tmp_path: Path) -> None:
    (tmp_path / SOURCES).write_text("#something/9\n")
    with pytest.raises(AdvisorError, match=r"sources\.tsv:1"):
        read_sources(tmp_path)


@settings(max_examples=20, deadline=None)
@given(
    st.builds(
        Release,
        st.integers(1, 300).map(lambda patch: KernelVersion(Series(6, 12), patch)),
        st.sampled_from(["", "2026-11-12"]),
        st.integers(0, 99999),
        st.integers(0, 99999),
        st.lists(st.sampled_from(["CVE-2026-1000", "CVE-2026-1001"]), unique=True).map(tuple),
        st.dictionaries(
            st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True),
            st.builds(Counts, st.integers(0, 999), st.integers(0, 999)),
            max_size=3,
        ),
    )
)
def test_any_release_comes_back_from_its_line(release: Release) -> None:
    import tempfile  # noqa: PLC0415 - a folder for each example

    with tempfile.TemporaryDirectory() as folder:
        write_facts(Path(folder), [release], [])
        assert list(read_facts(Path(folder))) == [release]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("net: macb: fix something", ("net", "macb")),
        ("[arm64] drm/msm/dpu: fix (CVE-2026-1000) (Closes: #1)", ("drm/msm/dpu",)),
        ('Revert "wifi: ath12k: fix"', ("wifi", "ath12k")),
        ("no beginning at all", ()),
        ('bpf: fix "a: b": c', ("bpf",)),
    ],
)
def test_subject_begins_with_words(subject: str, words: tuple[str, ...]) -> None:
    assert beginning(subject) == words


def test_bare_subject_has_no_tags_and_notes() -> None:
    assert bare("[x86] [arm64] kvm: fix it (CVE-2026-1) (Closes: #2)") == "kvm: fix it"


def test_subjects_learn_where_records_agree() -> None:
    units = {
        "drivers/gpu/drm/amd/one.c": (Unit("amdgpu"),),
        "drivers/net/macb.c": (Unit("macb"),),
        "net/a.c": (Unit("vmlinux"),),
        "fs/afs/a.c": (Unit("kafs"),),
        "fs/afs/lib.c": (Unit("afs"),),
    }
    records = [("drm/amd/display: fix", ["drivers/gpu/drm/amd/one.c"])] * 3
    records += [("net: x", ["net/a.c"])] * 2 + [("net: y", ["drivers/net/macb.c"])] * 2
    records += [("afs: fix", ["fs/afs/a.c"])]
    subjects = learn(records, units)
    assert subjects.module("drm/amd/display: new") == "amdgpu"
    assert subjects.module("net: new") == ""
    assert subjects.module("net: macb: new") == "macb"
    assert subjects.module("afs: new") == ""
    assert subjects.module("something: new") == ""


def test_changelog_is_read_from_text_gzip_and_package(tmp_path: Path) -> None:
    plain, packed, package = (tmp_path / name for name in ("plain", "packed.gz", "one.deb"))
    plain.write_text(TEXT)
    packed.write_bytes(gzip.compress(TEXT.encode()))
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:xz") as archive:
        body = gzip.compress(TEXT.encode())
        member = tarfile.TarInfo("./usr/share/doc/linux-libc-dev/changelog.Debian.gz")
        member.size = len(body)
        archive.addfile(member, io.BytesIO(body))
    data = inner.getvalue()
    odd = b"2.0"  # three bytes, and one to make it even
    package.write_bytes(
        b"!<arch>\n"
        + f"{'debian-binary':<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(odd):<10}`\n".encode()
        + odd
        + b"\n"
        + f"{'data.tar.xz':<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        + data
    )
    assert [len(list(read_changelog(path))) for path in (plain, packed, package)] == [
        TEXT.count("\n")
    ] * 3


@pytest.mark.parametrize("body", [b"!<arch>\n", b"!<arch>\n" + b"x" * 60, b"\x1f\x8bgarbage"])
def test_damaged_changelog_file_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(body)
    with pytest.raises(AdvisorError, match="cannot read the changelog"):
        list(read_changelog(path))


def test_stable_release_only_is_a_version_of_facts() -> None:
    assert version("6.12.5").patch == 5
