"""The CNA's records from a folder, a tar and a git clone."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from advisor.errors import AdvisorError
from advisor.knowledge.build import cna, derive
from advisor.knowledge.build.text import read_records, write_records
from tests.knowledge.small import record

VECTOR = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"


def document(title: str, files: list[str], vector: str = "") -> str:
    container: dict[str, object] = {
        "title": title,
        "descriptions": [{"lang": "en", "value": f"{title}\n\nsyzbot reported it."}],
        "affected": [{"programFiles": files}, {"programFiles": files}],
    }
    if vector:
        container["metrics"] = [{"cvssV3_1": {"vectorString": vector, "baseScore": 7.8}}]
    return json.dumps({"containers": {"cna": container}})


RECORDS: Mapping[str, str] = {
    "cve/published/2026/CVE-2026-1001.json": document("one: fix leak", ["drivers/net/one.c"]),
    "cve/published/2026/CVE-2026-1001.dyad": "# a comment\n6.1:aaaaaaaaaaaa:6.12.5:bbbbbbbbbbbb\n\n",
    "cve/published/2025/CVE-2025-9999.json": document("core: UAF", ["kernel/core.c"], VECTOR),
    "cve/published/2025/CVE-2025-9999.dyad": "0:0:7.0:cccccccccccc\n",
    "cve/published/2025/CVE-2025-9999.mbox": "not read",
    "cve/rejected/2025/CVE-2025-0001.json": "{}",
    "README": "not read",
}


def write_folder(root: Path) -> Path:
    for name, text in RECORDS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def write_tar(root: Path) -> Path:
    path = root / "cna.tar.xz"
    with tarfile.open(path, "w:xz") as archive:
        for name, text in RECORDS.items():
            add(archive, f"vulns-1234/{name}", text.encode())
    return path


def add(archive: tarfile.TarFile, name: str, body: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(body), 1_787_270_400
    archive.addfile(member, io.BytesIO(body))


def write_clone(root: Path) -> Path:
    write_folder(root)
    environ = {
        "GIT_AUTHOR_DATE": "2026-08-21T12:00:00Z",
        "GIT_COMMITTER_DATE": "2026-08-21T12:00:00Z",
        "HOME": str(root),
        "PATH": os.defpath,
    }
    name = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for argv in (["init", "-q"], ["add", "."], [*name, "commit", "-qm", "all"]):
        subprocess.run(["git", *argv], cwd=root, check=True, env=environ)
    return root


@pytest.mark.parametrize("write", [write_folder, write_tar, write_clone])
def test_records_read_alike_from_every_kind_of_source(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    found = cna.read_records(write(tmp_path))
    first, second = found.records
    assert (first.record.id, second.record.id) == ("CVE-2025-9999", "CVE-2026-1001")
    assert (first.record.bug, first.record.score, first.record.cvss) == (
        "use-after-free",
        78,
        VECTOR.removeprefix("CVSS:3.1/"),
    )
    assert (second.title, second.record.bug, second.record.evidence) == (
        "one: fix leak",
        "leak",
        "fuzzer",
    )
    assert second.record.files == ("drivers/net/one.c",)
    assert str(second.record.pairs[0]) == "6.1:aaaaaaaaaaaa:6.12.5:bbbbbbbbbbbb"
    if write is not write_folder:
        assert found.snapshot == "2026-08-21"


def test_source_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError, match="no CVE record"):
        cna.read_records(tmp_path)


def test_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError, match="cannot read"):
        cna.read_records(tmp_path / "nothing.tar")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("json", "{"),
        ("json", "[]"),
        ("json", json.dumps({"containers": {"cna": {"affected": 1}}})),
        ("json", document("t", ["/etc/passwd"])),
        ("json", document("t", [], "CVSS:4.0/AV:N")),
        ("dyad", "six:0:0:0"),
    ],
)
def test_damaged_record_is_named(tmp_path: Path, name: str, text: str) -> None:
    root = write_folder(tmp_path)
    (root / f"cve/published/2025/CVE-2025-9999.{name}").write_text(text)
    with pytest.raises(AdvisorError, match="damaged CVE record, CVE-2025-9999"):
        cna.read_records(root)


def test_record_without_its_ranges_is_passed_over(tmp_path: Path) -> None:
    root = write_folder(tmp_path)
    (root / "cve/published/2025/CVE-2025-9999.dyad").unlink()
    assert [one.record.id for one in cna.read_records(root).records] == ["CVE-2026-1001"]


def test_text_form_is_the_same_bytes_whatever_the_order(tmp_path: Path) -> None:
    records = [record("CVE-2026-10000", "6.1:6.2"), record("CVE-2026-9999", "6.1:6.2")]
    write_records(tmp_path / "a", records)
    write_records(tmp_path / "b", reversed(records))
    assert (tmp_path / "a/2026.jsonl").read_bytes() == (tmp_path / "b/2026.jsonl").read_bytes()
    assert [one.id for one in read_records(tmp_path / "a")] == ["CVE-2026-9999", "CVE-2026-10000"]


def test_damaged_text_form_is_named_with_file_and_line(tmp_path: Path) -> None:
    write_records(tmp_path, [record("CVE-2026-1000", "6.1:6.2")])
    with (tmp_path / "2026.jsonl").open("a") as file:
        file.write('{"id":"CVE-2026-1001"}\n')
    with pytest.raises(AdvisorError, match=r"2026\.jsonl:2"):
        list(read_records(tmp_path))


def test_deriving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    source = write_tar(tmp_path)
    for name in ("a", "b"):
        derive.derive(derive.Sources(cna=source), tmp_path / name)
    first = {path.name: path.read_bytes() for path in (tmp_path / "a/kernel-cves").iterdir()}
    second = {path.name: path.read_bytes() for path in (tmp_path / "b/kernel-cves").iterdir()}
    assert first == second
    assert derive.read_snapshot(tmp_path / "a/kernel-cves") == "2026-08-21"


def test_snapshot_day_may_be_told(tmp_path: Path) -> None:
    derive.derive(derive.Sources(cna=write_tar(tmp_path), snapshot="2026-08-20"), tmp_path)
    assert derive.read_snapshot(tmp_path / "kernel-cves") == "2026-08-20"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"snapshot": 5}', '{"snapshot": "soon"}'])
def test_damaged_snapshot_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "snapshot.json").write_text(text)
    with pytest.raises(AdvisorError, match=r"snapshot\.json"):
        derive.read_snapshot(tmp_path)


def test_changelogs_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError, match="changelogs alone"):
        derive.derive(derive.Sources(changelogs=[tmp_path]), tmp_path)
