"""Has a user without rights ask the kernel for all they can; prints the modules that this loaded.

Each ask goes wrong, as it should: what counts is what modprobe was started for on the way. What to ask
for is taken from the kernel's own list of aliases.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import platform
import pty
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

_SECONDS = 15
_NETLINK, _ALG, _BLUETOOTH, _CAN = 16, 38, 31, 29
_ROUTE, _DIAG, _NETFILTER, _GENERIC, _RDMA = 0, 4, 12, 16, 20
_REQUEST, _CREATE = 0x1, 0x401
_NEWLINK, _NEWROUTE, _NEWQDISC, _DELQDISC, _NEWFILTER = 16, 24, 36, 37, 44
_BRIDGES, _VLANS, _INDEX, _DISCIPLINE = 0x8940, 0x8982, 0x8933, 0x5423
_RDS_TRANSPORT = (276, 8)
_NEW_USER, _NEW_NET, _NEW_MOUNTS = 0x10000000, 0x40000000, 0x20000
_NEW_SERVICE, _SERVICE = 1154, "=H2x4sHxxI16sIII"
_ATM_CONTROLS = (0x400261F2, 0x61D8, 0x61E1, 0x61D0)
_KEY = "0x" + 32 * "0"
_TRANSFORMS = (
    ("esp", "mode", "tunnel", "auth", "hmac(sha1)", _KEY, "enc", "cbc(aes)", _KEY),
    ("ah", "mode", "tunnel", "auth", "hmac(sha1)", _KEY),
    ("comp", "mode", "tunnel", "comp", "deflate"),
    ("route2", "mode", "ro"),
)

Ask = Callable[[], object]


def main() -> int:
    """Ask for everything, first as one is, then in a namespace of one's own."""
    before = _loaded()
    aliases = _aliases()
    for ask in _plain(aliases):
        _dare(ask)
    child = os.fork()
    if child == 0:
        _enter_namespaces()
        for ask in _in_namespace(aliases):
            _dare(ask)
        os._exit(0)
    os.waitpid(child, 0)
    json.dump(sorted(_loaded() - before), sys.stdout)
    return 0


def _loaded() -> set[str]:
    return {line.split()[0] for line in Path("/proc/modules").read_text().splitlines()}


def _aliases() -> list[str]:
    text = Path(f"/lib/modules/{platform.release()}/modules.alias").read_text()
    return sorted({line.split()[1] for line in text.splitlines() if line.startswith("alias ")})


def _dare(ask: Ask) -> None:
    with suppress(OSError, ValueError, struct.error, subprocess.SubprocessError):
        ask()


def _after(start: str, aliases: list[str]) -> list[str]:
    return [alias.removeprefix(start) for alias in aliases if alias.startswith(start)]


def _plain(aliases: list[str]) -> Iterator[Ask]:
    for control in (_BRIDGES, _VLANS):
        yield lambda control=control: _control(socket.socket(), control)
    for rest in _after("net-pf-", aliases):
        yield from _sockets(rest)
    for number in _after("bt-proto-", aliases):
        yield lambda number=number: socket.socket(_BLUETOOTH, 3, int(number)).close()
    for number in _after("can-proto-", aliases):
        yield lambda number=number: socket.socket(_CAN, 3, int(number)).close()
    for number in range(3):
        yield lambda number=number: socket.socket(21, 5).setsockopt(*_RDS_TRANSPORT, number)
    for control in _ATM_CONTROLS:
        for backend in (1, 2):
            wanted = struct.pack("H", backend)
            yield lambda control=control, wanted=wanted: _control(
                socket.socket(8, 2), control, wanted
            )
    yield from _crypto(aliases)
    yield from _files(aliases)
    yield from _roots_own(aliases)


def _crypto(aliases: list[str]) -> Iterator[Ask]:
    for kind in ("hash", "skcipher", "aead", "rng"):
        yield lambda kind=kind: socket.socket(_ALG, 5).bind((kind, "none"))
    for name in _after("crypto-", aliases)[::8]:
        yield lambda name=name: socket.socket(_ALG, 5).bind(("hash", name))


def _files(aliases: list[str]) -> Iterator[Ask]:
    for path in _after("devname:", aliases):
        yield lambda path=path: os.close(os.open(f"/dev/{path}", os.O_RDWR | os.O_NONBLOCK))
    for number in _after("tty-ldisc-", aliases):
        wanted = struct.pack("i", int(number))
        yield lambda wanted=wanted: fcntl.ioctl(pty.openpty()[1], _DISCIPLINE, wanted)
    for number in _after("rdma-netlink-subsys-", aliases):
        yield lambda number=number: _send(_RDMA, int(number) << 10, b"")
    for name in _after("rdma-client-", aliases):
        yield lambda name=name: _send(_RDMA, 5 << 10 | 15, _text(45, name))


def _roots_own(aliases: list[str]) -> Iterator[Ask]:
    """Yield what root alone is let have: this loads nothing, or the advisor is wrong."""
    for name in [*_after("tcp_", aliases), "bbr", "dctcp", "vegas", "westwood", "illinois"]:
        yield lambda name=name: socket.socket().setsockopt(6, 13, name.encode())
    for name in ("tls", "espintcp", "smc", "mptcp"):
        yield lambda name=name: socket.socket().setsockopt(6, 31, name.encode())
    for name in _after("netdev-", aliases):
        wanted = struct.pack("16s24x", name.encode())
        yield lambda wanted=wanted: _control(socket.socket(), _INDEX, wanted)


def _sockets(rest: str) -> Iterator[Ask]:
    """Yield what asks for ``net-pf-`` and this: ``2-proto-132-type-1``, ``16-proto-16-family-gtp``."""
    words = rest.split("-")
    family = int(words[0])
    proto = int(words[2]) if len(words) > 2 and words[2].isdecimal() else 0
    if family != _NETLINK:
        kind = int(words[4]) if words[3:4] == ["type"] else 1
        yield lambda: socket.socket(family, kind, proto).close()
    elif words[3:4] == ["family"]:
        name = rest.partition("-family-")[2]
        yield lambda: _send(_GENERIC, 16, struct.pack("BBH", 3, 1, 0) + _text(2, name))
    elif words[3:4] == ["type"] and proto == _DIAG:
        shown = [*(int(word) for word in words[4:]), 0][:2]
        yield lambda: _send(_DIAG, 20, struct.pack("BBBB68x", shown[0], shown[1], 0, 0))
    else:
        yield lambda: socket.socket(_NETLINK, 3, proto).close()


def _in_namespace(aliases: list[str]) -> Iterator[Ask]:
    nothing = struct.pack("BxHiII", 0, 0, 0, 0, 0)
    for kind in _after("rtnl-link-", aliases):
        wanted = nothing + _nested(18, _text(1, kind))
        yield lambda wanted=wanted: _send(_ROUTE, _NEWLINK, wanted)
    yield from _traffic(aliases)
    for number in range(1, 11):
        route = struct.pack("BBBBBBBBI", 2, 0, 0, 0, 254, 3, 0, 1, 0)
        encap = _nested(22, b"\0" * 8) + _attribute(21, struct.pack("H", number))
        yield lambda whole=route + encap: _send(_ROUTE, _NEWROUTE, whole)
    for source, target in (("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")):
        state = ("xfrm", "state", "add", "src", source, "dst", target, "spi", "1", "proto")
        for proto in _TRANSFORMS:
            yield lambda whole=(*state, *proto): _ip(*whole)
    for port, name in enumerate(("rr", "wlc", "sh", "mh", "ftp")):
        service = struct.pack(_SERVICE, 6, b"\x0a\0\0\1", port, 0, name.encode(), 0, 0, 0)
        yield lambda service=service: socket.socket().setsockopt(0, _NEW_SERVICE, service)
    for number in range(1, 16):
        yield lambda number=number: _filtering(2, number << 8, b"")
    yield from _filters(aliases)


def _filters(aliases: list[str]) -> Iterator[Ask]:
    """Yield what asks for kinds of sets, and by way of nft_compat for matches and targets."""
    for name in _after("ip_set_", aliases):
        wanted = _attribute(1, b"\x07") + _text(2, "x") + _text(3, name) + _attribute(4, b"\0")
        yield lambda wanted=wanted: _filtering(2, 6 << 8 | 2, wanted + _attribute(5, b"\x02"))
    asked = {*_after("ipt_", aliases)}
    for family, start in ((2, "ipt_"), (10, "ip6t_"), (3, "arpt_"), (7, "ebt_")):
        own = {*_after(start, aliases)} - (asked if family != socket.AF_INET else set())
        for name in [*sorted(own), "REJECT", "ah", "ECN", "rt"]:
            # A target's name is in capitals, a match's is not.
            wanted = _text(1, name) + _number(2, 0) + _number(3, name.isupper())
            yield lambda family=family, wanted=wanted: _filtering(family, 11 << 8, wanted)
    yield from _tables(aliases)


def _traffic(aliases: list[str]) -> Iterator[Ask]:
    """Yield what asks for packet schedulers, classifiers, and actions: those by way of a filter."""
    root = struct.pack("BxxxiIII", 0, 1, 0x10000, 0xFFFFFFFF, 0)
    for kind in [*_after("net-sch-", aliases), "netem", "tbf", "ets"]:
        yield lambda: _send(_ROUTE, _DELQDISC, root)
        yield lambda kind=kind: _send(_ROUTE, _NEWQDISC, root + _text(1, kind))
    ingress = struct.pack("BxxxiIII", 0, 1, 0xFFFF0000, 0xFFFFFFF1, 0)
    yield lambda: _send(_ROUTE, _NEWQDISC, ingress + _text(1, "clsact"))
    kinds = [*_after("net-cls-", aliases), "u32", "flower", "bpf"]
    for order, kind in enumerate(kinds):
        yield lambda order=order, kind=kind: _filter(order, kind, b"")
    actions = [*_after("net-act-", aliases), "mirred", "police", "ct", "ife"]
    for order, kind in enumerate(actions, len(kinds)):
        action = _nested(2, _nested(1, _text(1, kind) + _nested(2, b"")))
        yield lambda order=order, action=action: _filter(order, "matchall", action)


def _filter(order: int, kind: str, options: bytes) -> None:
    """Ask for a filter on what leaves ``lo``, which a ``clsact`` is on."""
    place = struct.pack("BxxxiIII", 0, 1, 0, 0xFFFFFFF3, order + 1 << 16 | 0x0300)
    _send(_ROUTE, _NEWFILTER, place + _text(1, kind) + _nested(2, options))


def _tables(aliases: list[str]) -> Iterator[Ask]:
    """Yield what asks for the kinds of chains and expressions that nf_tables has."""
    head = struct.pack("BBH", 1, 0, 0)
    table = _message(10 << 8, _CREATE, head + _text(1, "t"))
    for kind in ("nat", "route", "filter"):
        hook = _nested(4, _number(1, 0) + _number(2, 0))
        chain = head + _text(1, "t") + _text(3, "c") + hook + _text(7, kind)
        yield lambda chain=chain: _batch(table, _message(10 << 8 | 3, _CREATE, chain))
    chain = _message(10 << 8 | 3, _CREATE, head + _text(1, "t") + _text(3, "c"))
    for name in sorted({rest.rpartition("-")[2] for rest in _after("nft-expr-", aliases)}):
        expression = _nested(4, _nested(1, _text(1, name) + _nested(2, b"")))
        rule = head + _text(1, "t") + _text(2, "c") + expression
        yield lambda rule=rule: _batch(table, chain, _message(10 << 8 | 6, _CREATE, rule))
    for number in _after("nft-obj-", aliases):
        thing = head + _text(1, "t") + _text(2, "o") + _number(3, int(number)) + _nested(4, b"")
        yield lambda thing=thing: _batch(table, _message(10 << 8 | 18, _CREATE, thing))


def _enter_namespaces() -> None:
    user, group = os.getuid(), os.getgid()
    ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NET | _NEW_MOUNTS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _ip("link", "set", "lo", "up")


def _ip(*argv: str) -> None:
    subprocess.run(("/usr/sbin/ip", *argv), capture_output=True, timeout=_SECONDS, check=False)


def _control(opened: socket.socket, number: int, wanted: bytes = b"\0" * 64) -> object:
    return fcntl.ioctl(opened, number, wanted)


def _filtering(family: int, kind: int, body: bytes) -> None:
    _send(_NETFILTER, kind, struct.pack("BBH", family, 0, 0) + body)


def _message(kind: int, flags: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, _REQUEST | flags, 1, 0) + body


def _send(proto: int, kind: int, body: bytes) -> None:
    with socket.socket(_NETLINK, 3, proto) as line:
        line.settimeout(_SECONDS)
        line.send(_message(kind, _CREATE | 4, body))
        line.recv(1 << 16)


def _batch(*messages: bytes) -> None:
    head = struct.pack("=BBH", 0, 0, 10 << 8)
    with socket.socket(_NETLINK, 3, _NETFILTER) as line:
        line.settimeout(_SECONDS)
        line.send(b"".join((_message(16, 0, head), *messages, _message(17, 4, head))))
        line.recv(1 << 16)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _nested(kind: int, value: bytes) -> bytes:
    return _attribute(kind | 0x8000, value)


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack(">I", value))


if __name__ == "__main__":
    sys.exit(main())
