"""What is found out on the machine itself: netlink's answers, and the output of commands."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.system.agent import facts, netlink
from advisor.system.agent.facts import run
from advisor.system.agent.netlink import netlink_values
from advisor.system.agent.reading import Reader


def attribute(kind: int, value: bytes) -> bytes:
    """Return a netlink attribute."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def link(*attributes: bytes) -> bytes:
    return bytes(16) + b"".join(attributes)


def always(_path: str) -> bool:
    return True


def answers(*messages: bytes) -> object:
    """Return a netlink that gives these answers to whatever is asked."""

    def dump(_protocol: int, _kind: int, _payload: bytes) -> Iterator[bytes]:
        yield from messages

    return dump


def test_links_tell_kind_queue_and_xdp(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = (
        link(
            attribute(3, b"vlan10\0"),
            attribute(6, b"noqueue\0"),
            attribute(18, attribute(1, b"vlan\0")),
        ),
        link(
            attribute(3, b"eth0\0"),
            attribute(6, b"fq_codel\0"),
            attribute(43, attribute(2, b"\x01")),
        ),
        link(attribute(3, b"eth1\0"), attribute(43, attribute(2, b"\0"))),
        link(attribute(3, b"odd name\n\0"), attribute(18, b"\xff")),
    )
    monkeypatch.setattr(netlink, "netlink", answers(*messages))
    assert run(Reader(), "links") == (
        "eth0 qdisc=fq_codel xdp=1\neth1\nodd_name\nvlan10 kind=vlan qdisc=noqueue\n"
    )


def test_wireless_tells_what_each_interface_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def dump(_protocol: int, kind: int, _payload: bytes) -> Iterator[bytes]:
        if kind == 16:
            yield bytes(4) + attribute(2, b"nlctrl\0") + attribute(1, struct.pack("=H", 16))
            yield bytes(4) + attribute(2, b"nl80211\0") + attribute(1, struct.pack("=H", 28))
        else:
            assert kind == 28
            yield bytes(4) + attribute(4, b"wlan0\0") + attribute(5, struct.pack("=I", 3))
            yield bytes(4) + attribute(4, b"wlan1\0") + attribute(5, struct.pack("=I", 2))
            yield bytes(4) + attribute(4, b"mon0\0") + attribute(5, struct.pack("=I", 6))
            yield bytes(4) + attribute(5, struct.pack("=I", 2))

    monkeypatch.setattr(netlink, "netlink", dump)
    monkeypatch.setattr(os.path, "isdir", always)
    assert run(Reader(), "wireless") == "mon0 other\nwlan0 ap\nwlan1 client\n"


def test_wireless_without_its_family_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netlink, "netlink", answers())
    monkeypatch.setattr(os.path, "isdir", always)
    assert run(Reader(), "wireless") == ""


def test_netlink_that_refuses_gives_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def dump(_protocol: int, _kind: int, _payload: bytes) -> Iterator[bytes]:
        raise OSError(1, "refused by netlink")
        yield b""

    monkeypatch.setattr(netlink, "netlink", dump)
    reader = Reader()
    assert run(reader, "links") is None
    assert reader.reasons["links"] == "refused by netlink"


def test_netlink_that_is_asked_for_what_does_not_exist_is_refused() -> None:
    with pytest.raises(OSError, match="refused by netlink"):
        list(netlink.netlink(16, 0x7FFF, b""))


@given(st.binary(max_size=200))
def test_netlink_values_of_any_bytes_end(data: bytes) -> None:
    netlink_values(data)


@pytest.mark.parametrize(
    ("argv", "said", "reason"),
    [
        (("echo", "kernel-core {release}"), "kernel-core 6.1\n", ""),
        (("false",), None, "ended with status 1"),
        (("sleep", "5"), None, "took longer than 0.2 s"),
    ],
)
def test_command_says_what_it_printed_or_why_not(
    monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], said: str | None, reason: str
) -> None:
    monkeypatch.setattr(facts, "COMMANDS", (("rpm-kernels", "/bin/sh", argv, ""),))
    monkeypatch.setattr(facts, "COMMAND_SECONDS", 0.2)
    reader = Reader(release="6.1")
    assert run(reader, "rpm-kernels") == said
    assert reader.reasons.get("rpm-kernels", "") == reason


def test_command_keeps_of_its_output_what_the_manifest_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    argv = ("echo", "* Fri Nov 01 2025 - [net] fix {CVE-2024-26581}")
    monkeypatch.setattr(facts, "COMMANDS", (("rpm-changelog", "/bin/sh", argv, "cves"),))
    assert run(Reader(), "rpm-changelog") == "CVE-2024-26581\n"


def test_ssh_session_is_found_behind_sudo() -> None:
    # sudo takes the variable away; the shell above it still has it.
    program = "from advisor.system.agent.facts import ssh_client; print(ssh_client())"
    script = f"env -u SSH_CONNECTION {sys.executable} -c '{program}'; true"
    environment = os.environ | {"SSH_CONNECTION": "fe80::7%eth0 50000 fe80::1 22"}
    root = Path(__file__).parents[2]
    done = subprocess.run(
        ["sh", "-c", script], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "fe80::7\n"
