"""What fuzzing and reading the code as an attacker found, each in its smallest form."""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import struct
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPMessage
from pathlib import Path
from urllib import request

import pytest

from advisor.advise.compare import diff
from advisor.cli import main as main_command
from advisor.config import read_config
from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build import cna, kbuild_map
from advisor.knowledge.build.classify import bug_class, evidence
from advisor.knowledge.build.derive import read_changelog, read_snapshot
from advisor.knowledge.build.fetch import bring
from advisor.knowledge.build.text import read_moved, read_records
from advisor.knowledge.store import KnowledgeBase
from advisor.model.inventory import Inventory
from advisor.model.version import KernelVersion, Series
from advisor.pipeline import scan
from advisor.probe import probe
from advisor.probe.aliases import AliasTable
from advisor.system.agent.capture import ABOUT, main
from advisor.system.agent.facts import journal_errors
from advisor.system.agent.manifest import Raw
from advisor.system.agent.names import add_names
from advisor.system.agent.unpack import keep_stanzas
from advisor.system.captures import redact_file
from advisor.system.files import write_text
from advisor.system.recorded import RecordedSystem
from advisor.system.ssh import capture_host
from tests.knowledge.small import knowledge_of, record
from tests.knowledge.test_cna import write_clone
from tests.machines.made import NOW, inventory
from tests.safety.fuzz.seeds import plain_tar

QUICK = 2.0  # seconds of CPU; each of these took minutes before


def in_time(ask: Callable[[], object]) -> None:
    start = time.process_time()
    ask()
    assert time.process_time() - start < QUICK


def refused_with(status: ExitStatus, ask: Callable[[], object]) -> None:
    """Ask for something that may be answered, or refused with one status and no other error."""
    found: list[ExitStatus] = []
    try:
        ask()
    except AdvisorError as error:
        found.append(error.status)
    assert found in ([], [status])


# Readings.


def test_references_in_digits_of_another_script_are_no_number() -> None:
    found = inventory({"/proc/modules": "nft_nat 1 \u00b2 - Live 0\nnft_x 1 \u0663 - Live 0\n"})
    assert found.modules.loaded is not None


@pytest.mark.parametrize("level", ['["3"]', "{}", "null", "3", '"3"'])
def test_journal_whose_level_is_of_another_type_is_read(level: str) -> None:
    line = f'{{"PRIORITY": {level}, "MESSAGE": "disk is gone"}}\n'.encode()
    assert list(journal_errors(line)) == (["disk is gone"] if level == '"3"' else [])


def test_tainted_with_odd_blanks_behind_it_is_not_understood() -> None:
    assert inventory({"/proc/sys/kernel/tainted": "4097\x1c"}).kernel.tainted == ()


@pytest.mark.parametrize("name", ["a/b", "../../etc", "*", "\x1b[2J", "..", ""])
def test_name_in_dkms_conf_that_is_no_name_leads_nowhere(name: str) -> None:
    conf = f'PACKAGE_NAME="{name}"\nPACKAGE_VERSION="1"\n'
    assert isinstance(inventory({"/usr/src/x-1/dkms.conf": conf}), Inventory)


def test_package_whose_name_holds_a_slash_is_no_kernel_on_disk() -> None:
    desc = "%NAME%\nlinux-a/../../b\n\n%VERSION%\n6.12.1.arch1-1\n"
    found = inventory({"/var/lib/pacman/local/linux-1/desc": desc})
    assert not [release for release in found.kernel_modules if "/" in release]


@pytest.mark.parametrize("uname", ["", "Linux", "Linux\nbox", "Linux\nbox\n", "Linux\nbox\n\x1b\n"])
def test_uname_without_a_release_leads_to_no_modules(uname: str) -> None:
    files: dict[str, bytes | str] = {
        "/commands/uname": uname.encode(),
        "/proc/version": b"Linux version 6.1.0 (a@b) #1 SMP\n",
    }
    found = probe(RecordedSystem(io.BytesIO(plain_tar(files)), "x"), now=NOW)
    assert found.modules.available is None
    assert found.kernel.modules_dir == ""


def test_banner_with_a_long_release_is_read_the_same_everywhere() -> None:
    banner = f"Linux version 6.1.0{'x' * 200} (a@b) #1".encode()
    found = probe(RecordedSystem(io.BytesIO(plain_tar({"/proc/version": banner})), "x"), now=NOW)
    assert found.kernel.build == "#1"


def test_file_of_a_capture_has_the_same_limit_as_on_the_machine() -> None:
    system = RecordedSystem(io.BytesIO(plain_tar({"/etc/os-release": b"ID=x\n" * 20_000})), "x")
    assert system.read("/etc/os-release") is None
    assert "larger than 65536" in system.reason("/etc/os-release")


@pytest.mark.parametrize("offset", [2**63, 2**64 - 1, 2**40])
def test_hardware_database_that_points_beyond_everything_names_nothing(
    offset: int, tmp_path: Path
) -> None:
    (tmp_path / "etc/udev").mkdir(parents=True)
    head = b"KSLPHHRH" + bytes(24)
    for numbers in ((24, 16, 16, offset), (24, 16, 16, 64)):
        body = head + struct.pack("<4Q", *numbers) + struct.pack("<QB7xQ", offset, 255, 2**64 - 1)
        (tmp_path / "etc/udev/hwdb.bin").write_bytes(body)
        raw = Raw("/a", "usb", "", "", {}, {"PRODUCT": "1/2/3", "DEVTYPE": "usb_device"})
        add_names(str(tmp_path), [raw])
        assert set(raw.properties) == {"PRODUCT", "DEVTYPE"}


# Growth: twice the input must not take four times as long.


@pytest.mark.parametrize("piece", ["\n", "\n ", " ", "A=", "A= x", "export "])
def test_blank_dkms_conf_is_read_in_time(piece: str) -> None:
    conf = (piece * 65536)[:65536]
    in_time(lambda: inventory({"/usr/src/x-1/dkms.conf": conf}, listed={"/usr/src": ["x-1"]}))


def test_package_list_without_blank_lines_is_read_in_time() -> None:
    content = b"\nPackage: linux-image-6.1" * 20_000
    in_time(lambda: keep_stanzas(content, 1 << 30))


@pytest.mark.parametrize(
    "pattern", ["*a" * 20_000, "[" * 20_000, "pci:" + "*a" * 20_000, "pci:[" * 9_000]
)
def test_alias_pattern_without_end_is_matched_in_time(pattern: str) -> None:
    table = AliasTable(f"alias {pattern} x\n" * 3)
    in_time(lambda: table.modules("pci:v00008086d000015B8" + "a" * 1000))
    in_time(lambda: table.modules("a" * 100_000))


@pytest.mark.parametrize("letter", ["\u0663", "x", "0", "-", "_", "(", "\n"])
def test_record_of_one_letter_is_classified_in_time(letter: str) -> None:
    in_time(
        lambda: (
            bug_class(letter * 60_000, letter * 60_000),
            evidence(letter * 60_000, letter * 60_000),
        )
    )


def test_saved_scans_with_many_devices_are_compared_in_time() -> None:
    devices = [{"id": f"a{n}", "bus": "pci", "vendor_id": "8086"} for n in range(20_000)]
    others = [{**device, "id": f"b{device['id']}", "vendor_id": "8087"} for device in devices]
    scans = [{"schema": "advisor.scan/1", "devices": found} for found in (devices, others)]
    in_time(lambda: diff(*scans))


# Data and its text form.


def test_config_with_a_number_of_5000_digits_is_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("x = " + "9" * 5000)
    with pytest.raises(AdvisorError, match="not TOML"):
        read_config(path)


@pytest.mark.parametrize("body", [b"\xff\n", b"[" * 100_000, b'{"id": "\xff"}'])
def test_damaged_records_are_named(body: bytes, tmp_path: Path) -> None:
    (tmp_path / "2026.jsonl").write_bytes(body)
    with pytest.raises(AdvisorError, match=r"damaged .*2026\.jsonl"):
        list(read_records(tmp_path))


def test_data_files_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_bytes(b"#advisor.kernel-files/1 6.12\n\xff\n")
    (tmp_path / "snapshot.json").write_bytes(b"[" * 100_000)
    for read in (
        lambda: read_moved(tmp_path / "x.tsv"),
        lambda: list(kbuild_map.load_maps(tmp_path)),
        lambda: read_snapshot(tmp_path),
    ):
        with pytest.raises(AdvisorError):
            read()


@pytest.mark.parametrize("size", [b"-60       ", b"-120      ", b"9999999999"])
def test_package_with_a_size_that_leads_back_or_nowhere_ends(size: bytes, tmp_path: Path) -> None:
    path = tmp_path / "linux.deb"
    path.write_bytes(
        b"!<arch>\nx               0           0     0     100644  " + size + b"`\n" + b"y" * 200
    )
    start = time.process_time()
    with pytest.raises(AdvisorError):
        list(read_changelog(path))
    assert time.process_time() - start < QUICK


def test_changelog_with_damaged_packing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "changelog.gz"
    packed = bytearray(gzip.compress(os.urandom(2000)))
    packed[20:60] = bytes(40)
    path.write_bytes(packed)
    with pytest.raises(AdvisorError, match="cannot read the changelog"):
        list(read_changelog(path))


@pytest.mark.parametrize(
    "about",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"listed": 1}',
        b'{"listed": {"/var/lib/apt/lists": [1, {}]}}',
    ],
)
def test_capture_with_an_odd_table_of_contents_is_redacted_or_refused(
    about: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "box.tar.gz"
    path.write_bytes(plain_tar({ABOUT: about, "/proc/version": b"(a@" * 50_000}))
    in_time(lambda: refused_with(ExitStatus.BAD_DATA, lambda: redact_file(path, now=NOW)))


# A hostile knowledge base.


@pytest.mark.parametrize(
    "program",
    [
        "DROP TABLE meta; CREATE VIEW meta AS WITH RECURSIVE n(key, value) AS (VALUES('a', 'b') UNION ALL"
        " SELECT key, value FROM n) SELECT key, value FROM n",
        "CREATE VIRTUAL TABLE files USING fts5(x)",
        "CREATE TABLE big (x, y AS (randomblob(1000000000)))",
        "CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM fix; END",
    ],
    ids=["view", "virtual table", "computed column", "trigger"],
)
def test_database_that_holds_programs_is_refused(program: str, tmp_path: Path) -> None:
    path = tmp_path / "kernel.sqlite"
    knowledge_of(path, record("CVE-2026-1000", "6.1:6.2")).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        try:
            connection.executescript(program)
        except sqlite3.OperationalError:
            pytest.skip("this SQLite has no such thing")
    with pytest.raises(AdvisorError, match="more than tables") as caught:
        KnowledgeBase(path)
    assert caught.value.status is ExitStatus.NO_DATABASE


def test_query_without_an_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.knowledge.connection._MOST_STEPS", 1)
    knowledge = knowledge_of(tmp_path / "kernel.sqlite", record("CVE-2026-1000", "6.1:6.2"))
    endless = (
        "WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    )
    with pytest.raises(AdvisorError, match="damaged"):
        knowledge._file.all(endless)  # pyright: ignore[reportPrivateUsage] - no look-up is endless
    knowledge.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE meta SET value = x'ff'",
        "UPDATE meta SET value = 'many' WHERE key = 'records'",
        "UPDATE line SET bugs = 'x', fixes = 7",
        "UPDATE fix SET trace = 'x'",
        "UPDATE word SET text = x'00'",
        "DELETE FROM sites",
        "DELETE FROM word",
        "UPDATE moved SET new = 7",
        "UPDATE column SET body = 5",
    ],
)
def test_database_with_odd_values_is_told_or_harmless(change: str, tmp_path: Path) -> None:
    path = tmp_path / "kernel.sqlite"
    knowledge_of(path, record("CVE-2026-1000", "6.1:0", files=("kernel/core.c",))).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(change)
    files: dict[str, bytes | str] = {"/commands/uname": b"Linux\nbox\n6.12.94\n#1\nx86_64\n"}

    def ask() -> None:
        knowledge = KnowledgeBase(path)
        scan(RecordedSystem(io.BytesIO(plain_tar(files)), "x"), knowledge, now=NOW)
        knowledge.path("fs/cifs/connect.c")
        knowledge.horizon(KernelVersion(Series(6, 12), 94).series)

    refused_with(ExitStatus.NO_DATABASE, ask)


# Files that are written where others may write too.


def test_link_that_another_user_made_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, link = tmp_path / "shadow", tmp_path / "report.html"
    victim.write_text("secret")
    link.symlink_to(victim)
    owner = 4711
    if os.geteuid() == 0:
        os.lchown(link, owner, owner)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: owner)
    with pytest.raises(AdvisorError, match="another user made") as caught:
        write_text(link, "report")
    assert caught.value.status is ExitStatus.PERMISSION
    assert victim.read_text() == "secret"


def test_links_in_a_circle_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(AdvisorError, match="cannot write"):
        write_text(tmp_path / "a", "x")


def test_mode_of_another_users_file_is_not_taken_over(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    path = tmp_path / "report.html"
    path.write_text("bait")
    path.chmod(0o6777)
    os.chown(path, 4711, 4711)
    before = os.umask(0o027)
    try:
        write_text(path, "report")
    finally:
        os.umask(before)
    assert (path.stat().st_mode & 0o7777, path.stat().st_uid) == (0o640, 0)


def test_set_user_id_bits_are_never_kept(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    path.chmod(0o4755)
    write_text(path, "new")
    assert path.stat().st_mode & 0o7777 == 0o755


def test_open_file_of_the_process_is_written_to(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        write_text(Path(f"/proc/self/fd/{file.fileno()}"), "through")
    reader, writer = os.pipe()
    write_text(Path(f"/dev/fd/{writer}"), "through")
    os.close(writer)
    assert os.read(reader, 100) == b"through"
    os.close(reader)


def test_capture_agent_replaces_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "box.tar.gz"
    path.write_bytes(b"old")
    inode = path.stat().st_ino
    assert main(["-o", str(path)]) == 0
    assert path.stat().st_ino != inode
    assert [one.name for one in tmp_path.iterdir()] == ["box.tar.gz"]
    assert main(["-o", "/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()


# The ways out.


@pytest.mark.parametrize(
    "host", ["-oProxyCommand=touch /tmp/x", "-", "--", "", "a b", "a\nb", "a\x1b", "\u202ea"]
)
def test_host_that_would_be_an_option_is_never_given_to_ssh(host: str) -> None:
    with pytest.raises(AdvisorError, match="this is no host") as caught:
        capture_host(host, ssh="/nonexistent/ssh")
    assert caught.value.status is ExitStatus.USAGE


@pytest.mark.parametrize(
    ("sends", "why"),
    [("exec cat /dev/zero", "it sent more than"), ("exec cat /dev/zero >&2", "did not answer within"),
     ("cat /dev/zero | head -c 3000000 >&2; exit 3", "ended with status 3")],
    ids=["without an end", "complaints without an end", "many complaints"],
)  # fmt: skip
def test_host_that_sends_without_an_end_is_cut_off(
    sends: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\n{sends}\n")
    ssh.chmod(0o755)
    monkeypatch.setattr("advisor.system.ssh.MOST_BYTES", 4 << 20)
    monkeypatch.setattr("advisor.system.ssh._SECONDS", 2 if "within" in why else 60)
    with pytest.raises(AdvisorError, match=why):
        capture_host("box", ssh=str(ssh))


def test_redirection_away_from_https_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: list[type[request.HTTPRedirectHandler]] = []

    def build(handler: type[request.HTTPRedirectHandler]) -> object:
        handlers.append(handler)
        raise OSError("no network in a test")

    monkeypatch.setattr(request, "build_opener", build)
    with pytest.raises(AdvisorError, match="cannot fetch"):
        bring("https://kb.example.org/x", tmp_path)
    redirect = handlers[0]().redirect_request
    first = request.Request("https://kb.example.org/x/manifest.json")
    head = HTTPMessage()
    for address in ("http://kb.example.org/", "file:///etc/passwd", "ftp://x/", "HTTP://x/"):
        with pytest.raises(ValueError, match="away from https"):
            redirect(first, io.BytesIO(), 302, "Found", head, address)
    assert (
        redirect(first, io.BytesIO(), 302, "Found", head, "https://other.example.org/") is not None
    )


def test_bug_that_quotes_a_hostile_name_steers_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("\x1b]0;owned\x07\u202ename")

    monkeypatch.setattr("advisor.cli_scan.run_scan", broken)
    assert main_command(["scan"]) == ExitStatus.BUG
    said = capsys.readouterr().err
    assert all(char.isprintable() or char == "\n" for char in said)
    assert "\\x1b]0;owned\\x07\\u202ename" in said


def test_clone_that_names_a_program_of_its_own_runs_none(tmp_path: Path) -> None:
    """A git would run what a clone's configuration names, to fetch an object that is missing."""
    root = tmp_path / "cna"
    root.mkdir()
    write_clone(root)
    marker = tmp_path / "marker"
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.promisor": "true",
        "remote.evil.url": str(root),
        "remote.evil.uploadpack": f"touch {marker}; false",
        "core.fsmonitor": f"touch {marker}; false",
    }
    for key, value in settings.items():
        subprocess.run(["git", "-C", str(root), "config", key, value], check=True)
    blob = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "HEAD:cve/published/2026/CVE-2026-1001.json"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    (root / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    with pytest.raises(AdvisorError):
        cna.read_records(root)
    assert not marker.exists()


def test_deep_json_is_no_saved_scan(tmp_path: Path) -> None:
    from advisor.cli_compare import read_json  # noqa: PLC0415 - typer is slow to import

    path = tmp_path / "scan.json"
    for body in ("[" * 200_000, json.dumps("x")[:-1], '{"a": ' + "9" * 5000 + "}"):
        path.write_text(body)
        with pytest.raises(AdvisorError, match="not JSON"):
            read_json(path)
