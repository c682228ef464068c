"""Errors in the kernel's log: read record by record, bounded, without addresses."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.probe import probe
from advisor.system.agent import facts
from advisor.system.agent.capture import Member
from advisor.system.agent.facts import journal_errors, told_errors
from advisor.system.live import LiveSystem
from advisor.system.redact import redacted
from tests.machines import made

RECORDS = (
    b"6,1,100,-;Linux version 6.12.94\n",
    b"3,2,200,-;ahci 0000:00:1f.2: failed to start port 0 at 192.168.1.7\n SUBSYSTEM=pci\n",
    b"2,3,300,-;CPU0: \x1b[31mtemperature\n",
    b"3,4,400,-;ahci 0000:00:1f.2: failed to start port 0 at 192.168.1.7\n",
    b"27,5,500,-;systemd[1]: a service failed\n",  # facility daemon: not the kernel's own
    b"garbage",
)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder whose /dev/kmsg gives one record a read, as the real one does."""
    reading, writing = os.pipe2(os.O_DIRECT)
    for record in RECORDS:
        os.write(writing, record)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kmsg").symlink_to(f"/proc/self/fd/{reading}")
    yield tmp_path
    os.close(reading)
    os.close(writing)


def test_log_of_the_kernel_gives_its_own_errors_once_and_without_addresses(root: Path) -> None:
    found = probe(LiveSystem(str(root), "6.12.94"), now=0, log=True).log
    assert found is not None
    assert found.source == "/dev/kmsg"
    assert found.errors == (
        "ahci 0000:00:1f.2: failed to start port 0 at ADDRESS",
        "CPU0:  [31mtemperature",
    )


def test_log_is_not_read_where_nobody_asked(root: Path) -> None:
    assert probe(LiveSystem(str(root), "6.12.94"), now=0).log is None


def test_log_that_may_not_be_read_is_unknown_with_its_reason() -> None:
    system = made.system(unread={"log": "operation not permitted"})
    found = probe(system, now=0, log=True)
    assert found.log is None
    told = {(one.what, one.why, one.source) for one in found.unknowns}
    assert ("errors in the kernel's log", "operation not permitted", "/dev/kmsg") in told


def test_log_of_a_capture_is_what_was_read_then() -> None:
    said = "source journalctl -k -b\nigb: reset\n\n" + "x" * 500 + "\n"
    found = probe(made.system({"/commands/log": said}), now=0, log=True).log
    assert found is not None
    assert found.source == "journalctl -k -b"
    assert found.errors == ("igb: reset", "x" * 200)


def test_redacted_capture_holds_no_log_and_says_so() -> None:
    about = json.dumps({"schema": "advisor.capture/1", "unread": {}, "listed": {}}).encode()
    members = [
        Member("/advisor/capture.json", about),
        Member("/commands/log", b"source /dev/kmsg\nCIFS: server fileserver is gone\n"),
    ]
    kept = {member.path: member.content for member in redacted(members)}
    assert "/commands/log" not in kept
    assert b"left out" in kept["/advisor/capture.json"]


def test_journal_that_shows_this_user_nothing_is_no_empty_log() -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the number is what tells
        list(journal_errors(b""))
    assert caught.value.errno == errno.EACCES
    lines = b'{"PRIORITY":"6","MESSAGE":"fine"}\n{"PRIORITY":"3","MESSAGE":"igb: reset"}\n{"MESSAGE":[1]}\n'
    assert list(journal_errors(lines)) == ["igb: reset"]


def test_journal_is_asked_where_the_kernel_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_reader: object) -> Iterator[bytes]:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    def said(*_: object) -> bytes:
        return b'{"PRIORITY":"3","MESSAGE":"igb: reset"}\n'

    monkeypatch.setattr(facts, "log_records", refuse)
    monkeypatch.setattr(facts, "output_of", said)
    found = probe(LiveSystem(), now=0, log=True).log
    assert found is not None
    assert found == (("igb: reset",), "journalctl -k -b")


@given(st.lists(st.text(max_size=400), max_size=300))
def test_errors_are_bounded_and_printable(lines: list[str]) -> None:
    found = list(told_errors(lines))
    assert len(found) <= 200
    assert len(set(found)) == len(found)
    assert all(line.isprintable() and 0 < len(line) <= 200 for line in found)
