"""What only the kernel's netlink sockets tell: the kinds of interfaces."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
# ruff: noqa: PLC0415, PLR2004, PTH112
from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator

from advisor.system.agent.manifest import MOST_NAMES
from advisor.system.agent.reading import Reader
from advisor.system.agent.unpack import text


def netlink(protocol: int, kind: int, payload: bytes) -> Iterator[bytes]:
    """Yield the answers to a netlink dump, without their headers; OSError where it is refused.

    Source:
        netlink(7), rtnetlink(7).
    """
    # The module below ``socket``, which builds enumerations of all its constants: 3 ms.
    import _socket

    door = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, protocol)
    try:
        door.settimeout(2)
        door.send(struct.pack("=IHHII", 16 + len(payload), kind, 0x301, 1, 0) + payload)
        for _ in range(MOST_NAMES):
            data = door.recv(65536)
            while len(data) >= 16:
                length, answer, _, _, _ = struct.unpack_from("=IHHII", data)
                if answer == 3 or length < 16:  # NLMSG_DONE
                    return
                if answer == 2:  # NLMSG_ERROR
                    raise OSError(-struct.unpack_from("=i", data, 16)[0], "refused by netlink")
                yield data[16:length]
                data = data[(length + 3) & ~3 :]
    finally:
        door.close()


def netlink_values(data: bytes) -> dict[int, bytes]:
    """Return the attributes of a netlink message, nested ones as they are."""
    found: dict[int, bytes] = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def word(value: bytes) -> str:
    """Return a zero-ended string from the kernel as one word."""
    return "_".join(text(value.split(b"\0")[0]).split())


def fact_links(reader: Reader) -> str:
    """Return the kernel's table of interfaces: ``vlan10 kind=vlan qdisc=noqueue``, ``eth0 xdp=1``."""
    if reader.root:
        raise OSError(errno.ENOTSUP, "not this machine")
    lines: list[str] = []
    # RTM_GETLINK with the mask RTEXT_FILTER_SKIP_STATS; then IFLA_IFNAME, IFLA_QDISC,
    # IFLA_LINKINFO with IFLA_INFO_KIND, IFLA_XDP with IFLA_XDP_ATTACHED.
    for answer in netlink(0, 18, bytes(16) + struct.pack("=HHI", 8, 29, 8)):
        values = netlink_values(answer[16:])
        said = {
            "kind": word(netlink_values(values.get(18, b"")).get(1, b"")),
            "qdisc": word(values.get(6, b"")),
            "xdp": "1" if netlink_values(values.get(43, b"")).get(2, b"\0") != b"\0" else "",
        }
        words = [word(values.get(3, b""))] + [
            f"{key}={value}" for key, value in said.items() if value
        ]
        lines.append(" ".join(words) + "\n")
    return "".join(sorted(lines))


WIRELESS = {1: "ad-hoc", 2: "client", 3: "ap", 7: "mesh", 10: "p2p-device"}


def fact_wireless(reader: Reader) -> str:
    """Return what the Wi-Fi interfaces are: ``wlan0 ap``, ``wlan1 client``."""
    if reader.root or not os.path.isdir("/sys/class/ieee80211"):
        raise OSError(errno.ENOENT, "no Wi-Fi")
    family = 0
    # CTRL_CMD_GETFAMILY of the generic netlink controller; CTRL_ATTR_FAMILY_ID and _NAME.
    for answer in netlink(16, 16, struct.pack("=BBH", 3, 1, 0)):
        values = netlink_values(answer[4:])
        if word(values.get(2, b"")) == "nl80211":
            family = struct.unpack("=H", values[1][:2])[0]
    lines: list[str] = []
    # NL80211_CMD_GET_INTERFACE; NL80211_ATTR_IFNAME and NL80211_ATTR_IFTYPE.
    for answer in netlink(16, family, struct.pack("=BBH", 5, 0, 0)) if family else ():
        values = netlink_values(answer[4:])
        if 4 in values and len(values.get(5, b"")) == 4:
            kind = WIRELESS.get(struct.unpack("=I", values[5])[0], "other")
            lines.append(f"{word(values[4])} {kind}\n")
    return "".join(sorted(lines))
