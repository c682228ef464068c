"""Captures come from anywhere: every way to hurt the reader ends in a clear error and bounded memory."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import AdvisorError, ExitStatus
from advisor.system import tarball
from advisor.system.recorded import RecordedSystem, load
from advisor.system.tarball import Entry, entries
from tests.machines import made

Change = Callable[[tarfile.TarInfo], None]


def member(name: str, content: bytes = b"x", change: Change | None = None) -> bytes:
    """Return one member of an archive as bytes."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    if change is not None:
        change(entry)
    data = entry.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    return data + content + bytes(-len(content) % 512)


def archive(*parts: bytes) -> bytes:
    return gzip.compress(b"".join(parts) + bytes(1024))


def read(data: bytes) -> list[Entry]:
    return list(entries(io.BytesIO(data), "box.tar.gz"))


def opened(data: bytes) -> ExitStatus | None:
    """Return the status of the error that opening a capture gives, None where it opens."""
    try:
        RecordedSystem(io.BytesIO(data), "box.tar.gz").read("/proc/version")
    except AdvisorError as error:
        return error.status
    return None


def kind(letter: bytes, target: str = "") -> Change:
    def change(entry: tarfile.TarInfo) -> None:
        entry.type, entry.linkname, entry.size = letter, target, 0

    return change


def test_files_links_and_folders_are_read() -> None:
    found = read(
        archive(
            member("./proc/", b"", kind(tarfile.DIRTYPE)),
            member("./proc/version", b"Linux"),
            member("sys/a", b"", kind(tarfile.SYMTYPE, "../etc")),
        )
    )
    assert found == [
        Entry("/proc/version", b"Linux", None, 0),
        Entry("/sys/a", b"", "../etc", 0),
    ]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_are_read_in_every_form(form: int) -> None:
    name = "sys/devices/" + "/".join(["pci0000:00"] * 12) + "/uevent"
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as made_archive:
        entry = tarfile.TarInfo(name)
        entry.mtime = 1_700_000_000
        made_archive.addfile(entry)
    assert read(stream.getvalue()) == [Entry(f"/{name}", b"", None, 1_700_000_000)]


def test_archive_of_gnu_tar_is_read(tmp_path: Path) -> None:
    if shutil.which("tar") is None:
        pytest.skip("needs tar")
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/os-release").write_text("ID=debian\n")
    argv = ["tar", "czf", str(tmp_path / "box.tar.gz"), "-C", str(tmp_path / "root"), "."]
    subprocess.run(argv, check=True)
    assert load(str(tmp_path / "box.tar.gz")).read("/etc/os-release") == "ID=debian\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param(b"hello world" * 100, "no tar.gz", id="text"),
        pytest.param(gzip.compress(b"hello world" * 100), "no tar archive", id="gzip-of-text"),
        pytest.param(archive(member("a"))[:-30], "ends early", id="truncated"),
        pytest.param(gzip.compress(member("a", b"x" * 5000)[:2000]), "ends early", id="cut"),
        pytest.param(b"\x1f\x8b\x08" + bytes(range(200)), "damaged", id="noise"),
        pytest.param(archive(member("../../etc/passwd")), "leads out", id="dots"),
        pytest.param(archive(member("a/../../b")), "leads out", id="inner-dots"),
        pytest.param(archive(member("/etc/passwd")), "leads out", id="absolute"),
        pytest.param(
            archive(member("a", b"", kind(tarfile.SYMTYPE, "../../etc/shadow"))),
            "leads out",
            id="link-out",
        ),
        pytest.param(
            archive(member("a", b"", kind(tarfile.LNKTYPE, "b"))), "neither a file", id="hard-link"
        ),
        pytest.param(
            archive(member("a", b"", kind(tarfile.CHRTYPE))), "neither a file", id="device"
        ),
        pytest.param(archive(member("a", b"", kind(tarfile.BLKTYPE))), "neither a file", id="disk"),
        pytest.param(
            archive(member("a", b"", kind(tarfile.FIFOTYPE))), "neither a file", id="pipe"
        ),
        pytest.param(archive(member("a", b"", kind(b"Z"))), "neither a file", id="unknown-type"),
        pytest.param(
            archive(member("x", b"nonsense", lambda e: setattr(e, "type", b"x"))),
            "headers is damaged",
            id="bad-pax",
        ),
        pytest.param(
            archive(member("x", b"a" * 70_000, lambda e: setattr(e, "type", b"L"))),
            "too large",
            id="endless-name",
        ),
        pytest.param(gzip.compress(bytes(2048)), "no files", id="nothing-in-it"),
    ],
)
def test_hostile_archive_is_a_clear_error(data: bytes, said: str) -> None:
    with pytest.raises(AdvisorError, match=said) as caught:
        RecordedSystem(io.BytesIO(data), "box.tar.gz")
    assert caught.value.status is ExitStatus.BAD_DATA
    assert "box.tar.gz" in caught.value.what


def test_wrong_sum_is_an_error() -> None:
    data = bytearray(member("a"))
    data[0] ^= 1
    with pytest.raises(AdvisorError, match="damaged"):
        read(gzip.compress(bytes(data) + bytes(1024)))


def test_member_that_claims_a_terabyte_is_an_error() -> None:
    def large(entry: tarfile.TarInfo) -> None:
        entry.size = 1 << 40

    with pytest.raises(AdvisorError, match=r"too large|ends early"):
        read(archive(member("a", b"x", large)))


def test_ten_gigabytes_of_zeros_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(tarfile.TarInfo("a").tobuf()[:124])
        block = bytes(1 << 20)
        for _ in range(200):
            stream.write(block)
    # The same 200 MiB member fifty times over: gzip allows members in a row.
    path.write_bytes(path.read_bytes() * 50)
    tracemalloc.start()
    with pytest.raises(AdvisorError, match="unpacks to more than 64 MiB"):
        load(str(path))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * tarball.MOST_BYTES


def test_more_files_than_any_machine_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarball, "MOST_MEMBERS", 10)
    with pytest.raises(AdvisorError, match="more than 10 files"):
        read(archive(*(member(f"f{number}") for number in range(20))))


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    RecordedSystem(io.BytesIO(archive(member("etc/fstab"), member("evil"))), "box.tar.gz")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=150)
@given(st.data())
def test_damaged_captures_never_break_the_reader(data: st.DataObject) -> None:
    good = bytearray(archive(member("proc/version", b"Linux version 6.1 x"), member("etc/fstab")))
    plain = bytearray(gzip.decompress(bytes(good)))
    target = data.draw(st.sampled_from([good, plain]))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(target) - 1))
        target[at] = data.draw(st.integers(0, 255))
    status = opened(bytes(target))
    assert status in {None, ExitStatus.BAD_DATA}


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_capture_or_a_clear_error(data: bytes) -> None:
    for content in (data, gzip.compress(data)):
        assert opened(content) in {None, ExitStatus.BAD_DATA}


def test_capture_that_is_not_there_is_an_error_of_reading() -> None:
    with pytest.raises(AdvisorError, match="no such file") as caught:
        load(str(made.FOLDER / "missing.tar.gz"))
    assert caught.value.status is ExitStatus.IO
