"""Features that show in network interfaces, and in the tables that traffic passes through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from advisor.model.inventory import Device, Feature, Interface
from advisor.probe.interfaces import Link
from advisor.probe.readings import Readings
from advisor.probe.relations import module_of_type

# Type of an interface -> feature.
TYPES: Final = {
    "batman-adv": "batman-adv",
    "bond": "bonding",
    "bridge": "bridge",
    "can": "can",
    "dsa": "dsa",
    "erspan": "gre",
    "geneve": "geneve",
    "gre": "gre",
    "gretap": "gre",
    "hsr": "hsr",
    "ifb": "ifb",
    "ipoib": "ipoib",
    "ip6erspan": "gre",
    "ip6gre": "gre",
    "ip6gretap": "gre",
    "ipip": "ipip",
    "ipvlan": "ipvlan",
    "ipvtap": "ipvlan",
    "l2tp": "l2tp",
    "macsec": "macsec",
    "macvlan": "macvlan",
    "macvtap": "macvtap",
    "openvswitch": "openvswitch",
    "ovpn": "openvpn-dco",
    "phonet": "phonet",
    "ppp": "ppp",
    "tap": "tun",
    "team": "team",
    "tun": "tun",
    "veth": "veth",
    "vlan": "vlan",
    "vrf": "vrf",
    "vxlan": "vxlan",
    "wireguard": "wireguard",
    "xfrm": "ipsec",
}
# Interfaces that a module makes by itself when it is loaded; unless they are up they are no use.
_BY_THEMSELVES: Final = re.compile(
    r"(gre|gretap|erspan|sit|tunl|ip6tnl|ip6gre|ip_vti|ip6_vti|dummy|bond|team)0|ifb[01]|v?can\d+"
)
_WIRELESS: Final = {"ap": "wifi-ap", "client": "wifi-client", "mesh": "wifi-mesh"}
_PLAIN_QUEUES: Final = frozenset(
    {"", "noqueue", "noop", "pfifo_fast", "fq_codel", "fq", "mq", "pfifo", "bfifo"}
)


def interface_features(devices: Iterable[Device]) -> Iterator[Feature]:
    """Yield the features of which there is an interface."""
    for device in devices:
        for found in device.interfaces:
            feature = TYPES.get(found.type)
            if feature and not (found.link != "up" and _BY_THEMSELVES.fullmatch(found.name)):
                module = module_of_type(found.type) or device.module
                yield Feature(feature, "", (module,) if module else (), _seen(found))


def _seen(found: Interface) -> str:
    return f"/sys/class/net/{found.name}: a {found.type} interface"


def link_features(links: dict[str, Link]) -> Iterator[Feature]:
    """Yield what is attached to interfaces: XDP programs and queues of one's own."""
    for name, link in links.items():
        if link.xdp:
            yield Feature("xdp", "", (), f"the kernel's link table: XDP on {name}")
        if link.qdisc not in _PLAIN_QUEUES:
            module = f"sch_{link.qdisc}"
            yield Feature("tc", "", (module,), f"the kernel's link table: {link.qdisc} on {name}")


def wireless_features(readings: Readings, devices: Iterable[Device]) -> Iterator[Feature]:
    """Yield what the Wi-Fi interfaces are."""
    up = {i.name for device in devices for i in device.interfaces if i.link == "up"}
    for line in (readings.system.run("wireless") or "").splitlines()[:256]:
        name, _, kind = line.partition(" ")
        if kind in _WIRELESS and name in up:
            yield Feature(
                _WIRELESS[kind], "", ("mac80211", "cfg80211"), f"nl80211: {name} is up as {kind}"
            )


def table_features(readings: Readings) -> Iterator[Feature]:
    """Yield what shows in the kernel's network settings and tables."""
    for path, feature, modules in (
        ("/proc/sys/net/ipv4/ip_forward", "routing", ()),
        ("/proc/sys/net/ipv6/conf/all/forwarding", "routing", ("ipv6",)),
        ("/proc/sys/net/ipv6/conf/all/seg6_enabled", "seg6", ("ipv6",)),
        ("/proc/sys/net/ipv6/conf/all/ioam6_enabled", "ioam6", ("ipv6",)),
        ("/proc/sys/net/mpls/platform_labels", "mpls", ("mpls_router",)),
        ("/proc/sys/net/netfilter/nf_conntrack_count", "conntrack", ("nf_conntrack",)),
        ("/proc/sys/net/bridge/bridge-nf-call-iptables", "bridge-netfilter", ("br_netfilter",)),
        ("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "bridge-netfilter", ("br_netfilter",)),
    ):
        value = readings.word(path)
        if value.isdigit() and value.strip("0"):
            yield Feature(feature, "", modules, f"{path} is {value}")
    for path, module in (
        ("/proc/net/ip_tables_names", "ip_tables"),
        ("/proc/net/ip6_tables_names", "ip6_tables"),
    ):
        names = readings.word(path).split()
        if names:
            yield Feature("iptables", "", (module,), f"{path}: {', '.join(names[:8])}")
    yield from _rows(readings)


def _rows(readings: Readings) -> Iterator[Feature]:
    """Yield what the tables hold that are kept without their addresses."""
    names = set(readings.word("/proc/net/if_inet6").split()) - {"lo"}
    if names:
        yield Feature("ipv6", "", ("ipv6",), f"/proc/net/if_inet6: {', '.join(sorted(names)[:8])}")
    services = [
        w for w in readings.word("/proc/net/ip_vs").split() if w in {"TCP", "UDP", "SCTP", "FWM"}
    ]
    if services:
        yield Feature("ipvs", "", ("ip_vs",), f"/proc/net/ip_vs: {len(services)} services")
    if any(word.isdigit() for word in readings.word("/proc/net/ip_mr_vif").split()):
        yield Feature("multicast-routing", "", (), "/proc/net/ip_mr_vif has interfaces")
    threads = re.search(r"(?m)^th ([1-9]\d{0,5})\b", readings.word("/proc/net/rpc/nfsd"))
    if threads:
        evidence = f"/proc/net/rpc/nfsd: {threads[1]} threads"
        yield Feature("nfs-server", "", ("nfsd", "lockd", "sunrpc"), evidence)
