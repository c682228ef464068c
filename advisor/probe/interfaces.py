"""Network interfaces, Bluetooth controllers and RDMA devices, as values."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from advisor.model.inventory import Interface
from advisor.probe.readings import Readings
from advisor.system.machine import RawDevice

_MOST_ROUTES: Final = 100_000
# ARPHRD_* numbers of /sys/class/net/*/type.
_TYPES: Final = {
    "1": "ether",
    "3": "ax25",
    "0": "netrom",
    "24": "ieee1394",
    "32": "ipoib",
    "256": "slip",
    "264": "slip",
    "280": "can",
    "512": "ppp",
    "519": "rawip",
    "768": "ipip",
    "769": "ip6tnl",
    "772": "loopback",
    "776": "sit",
    "778": "gre",
    "801": "wlan",
    "802": "wlan",
    "803": "wlan-monitor",
    "804": "ieee802154",
    "820": "phonet",
    "823": "ip6gre",
    "824": "nlmon",
    "825": "6lowpan",
    "826": "vsockmon",
}
_TUN_FLAG: Final = 0x0001
_RTF_REJECT: Final = 0x0200


class Traffic(NamedTuple):
    """What the interfaces carry: names of those with a default route, and of the ssh session's."""

    default: frozenset[str]
    session: str


class Link(NamedTuple):
    """What the kernel's link table says of an interface; ``""`` where it does not."""

    kind: str = ""
    qdisc: str = ""
    xdp: bool = False


def probe_traffic(readings: Readings) -> Traffic:
    """Return which interfaces carry a default route and the ssh session."""
    session = (readings.system.run("session") or "").split("\n", 1)[0]
    name = session[4:] if session.startswith("ssh ") else ""
    names: set[str] = set()
    for line in (readings.text("/proc/net/route") or "").split("\n", _MOST_ROUTES)[1:]:
        fields = line.split()
        if len(fields) > 7 and fields[1] == fields[7] == "00000000":  # noqa: PLR2004 - the mask is the eighth
            names.add(fields[0])
    for line in (readings.text("/proc/net/ipv6_route") or "").split("\n", _MOST_ROUTES):
        fields = line.split()
        if len(fields) < 10 or fields[1] != "00" or fields[0].strip("0"):  # noqa: PLR2004 - it has ten fields
            continue
        is_hex = re.fullmatch("[0-9a-f]{8}", fields[8])
        if fields[9] != "lo" and is_hex and not int(fields[8], 16) & _RTF_REJECT:
            names.add(fields[9])
    return Traffic(frozenset(names), name)


def probe_links(readings: Readings) -> dict[str, Link]:
    """Return what the kernel's link table says, interface by interface."""
    links: dict[str, Link] = {}
    for line in (readings.system.run("links") or "").splitlines():
        name, *words = line.split(" ")
        said = dict(word.split("=", 1) for word in words if "=" in word)
        links[name] = Link(said.get("kind", ""), said.get("qdisc", ""), "xdp" in said)
    return links


def interface(raw: RawDevice, traffic: Traffic, links: dict[str, Link]) -> Interface:
    """Return the interface that a device of class net, bluetooth or infiniband is."""
    name = raw.path.rpartition("/")[2]
    if raw.subsystem == "bluetooth":
        return Interface(name, type="bluetooth")
    if raw.subsystem == "infiniband":
        # RoCE and iWARP speak RDMA over Ethernet.
        kind = "rdma" if raw.attributes.get("ports/1/link_layer") == "Ethernet" else "infiniband"
        state = raw.attributes.get("ports/1/state", "")
        return Interface(name, type=kind, link=_link(state.partition(":")[2].strip().lower()))
    return Interface(
        name=name,
        type=interface_type(raw, links.get(name, Link())),
        link=_link(raw.attributes.get("operstate", "")),
        speed_mbps=_speed(raw.attributes.get("speed", "")),
        default_route=name in traffic.default,
        ssh_session=bool(name) and name == traffic.session,
        lower=tuple(raw.attributes.get("lower", "").split()),
    )


def interface_type(raw: RawDevice, link: Link) -> str:
    """Return what an interface is: ``ether``, ``wlan``, ``bridge``, ``tun``, ``wireguard`` ..."""
    named = link.kind or raw.properties.get("DEVTYPE", "")
    if "phy80211" in raw.attributes or named == "wlan":
        return "wlan"
    if "tun_flags" in raw.attributes:
        return "tun" if _number(raw.attributes["tun_flags"]) & _TUN_FLAG else "tap"
    if named and named not in {"gadget", "tun"}:
        return {"l2tpeth": "l2tp", "batadv": "batman-adv"}.get(named, named)
    return _TYPES.get(raw.attributes.get("type", ""), "other")


def _link(state: str) -> str:
    if state in {"up", "active"}:
        return "up"
    return "down" if state in {"down", "lowerlayerdown", "dormant", "notpresent", "init"} else ""


def _speed(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) and text != "4294967295" else 0


def _number(text: str) -> int:
    return int(text, 16) if re.fullmatch("0x[0-9a-f]{1,8}", text) else 0
