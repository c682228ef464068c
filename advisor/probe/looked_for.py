"""Which features were looked for in vain: what is not among the features and is told here is not in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from advisor.model.inventory import Autoload, Host, Modules
from advisor.probe.readings import Readings
from advisor.probe.usage import FAMILIES, HELD

# Feature -> the sources that all have to be readable before its absence means anything.
_SOURCES: Final[Mapping[str, str]] = {
    "af-alg": "held",
    "af-xdp": "sockets",
    "apparmor": "system",
    "appletalk": "held",
    "batman-adv": "links",
    "bluetooth": "groups interfaces",
    "bluetooth-pan": "held",
    "bonding": "interfaces",
    "bridge": "interfaces",
    "bridge-netfilter": "tables",
    "bridge-vlan": "interfaces",
    "can": "held interfaces",
    "ceph": "mounts blocks",
    "conntrack": "tables",
    "containers": "groups",
    "device-mapper": "blocks",
    "dm-crypt": "blocks",
    "dsa": "links",
    "flowtable": "held",
    "fuse": "mounts",
    "geneve": "interfaces",
    "gre": "links",
    "hsr": "interfaces",
    "hyperv-guest": "host",
    "ifb": "links",
    "io-uring": "config",
    "ioam6": "tables",
    "ipip": "links",
    "ipoib": "interfaces",
    "ipsec": "links held",
    "ipset": "held",
    "iptables": "held rules",
    "ipv6": "tables",
    "ipvlan": "links",
    "ipvs": "tables",
    "iscsi-initiator": "blocks",
    "iscsi-target": "system",
    "ktls": "tables",
    "kvm-guest": "host",
    "kvm-host": "held",
    "l2tp": "held interfaces",
    "macsec": "interfaces",
    "macvlan": "links",
    "macvtap": "links",
    "md-raid": "blocks",
    "mpls": "tables",
    "mptcp": "sockets",
    "multicast-routing": "tables",
    "nat": "held",
    "nbd": "blocks",
    "netfilter": "held rules tables",
    "nfqueue": "held",
    "nfs-client": "mounts",
    "nfs-server": "tables",
    "nftables": "held",
    "nftables-inner": "held",
    "nvme-tcp": "system",
    "openvpn-dco": "links",
    "openvswitch": "links held",
    "packet-socket": "sockets",
    "phonet": "held interfaces",
    "ppp": "held interfaces",
    "raw-socket": "sockets",
    "rdma": "interfaces",
    "routing": "tables",
    "rxrpc": "held",
    "sctp": "sockets",
    "seg6": "tables",
    "selinux": "system",
    "smb-client": "mounts",
    "smb-server": "held",
    "sr-iov": "interfaces",
    "tc": "links held",
    "team": "links",
    "tipc": "held",
    "tun": "interfaces",
    "user-namespaces": "namespaces",
    "veth": "links",
    "vhost-net": "held",
    "vlan": "interfaces",
    "vmware-guest": "host",
    "vrf": "links",
    "vsock": "held",
    "vxlan": "interfaces",
    "wifi-ap": "wireless",
    "wifi-client": "wireless",
    "wifi-mesh": "wireless",
    "wireguard": "interfaces",
    "xdp": "links",
    "xen-guest": "host",
    "zram": "system",
    "zswap": "system",
}


def features_read(
    readings: Readings,
    *,
    host: Host,
    modules: Modules,
    autoload: Autoload,
    config: Mapping[str, str] | None,
) -> frozenset[str]:
    """Return the features that would have been seen if they were in use."""
    system = readings.system
    networks = [raw for raw in readings.devices() if raw.subsystem == "net"]
    radios = any(raw.subsystem == "ieee80211" for raw in readings.devices())
    told = {
        "sockets": system.read("/proc/net/protocols") is not None,
        "interfaces": bool(networks),
        "links": bool(networks) and system.run("links") is not None,
        "tables": system.read("/proc/sys/net/ipv4/ip_forward") is not None,
        "rules": _can_see_rules(readings),
        "held": modules.loaded is not None and modules.builtin is not None,
        "mounts": system.read("/proc/mounts") is not None,
        "blocks": system.list("/sys/block") is not None,
        "groups": system.list("/sys/fs/cgroup") is not None,
        "system": system.list("/sys/module") is not None,
        "config": config is not None,
        "host": bool(host.virtualization) or system.read("/proc/cpuinfo") is not None,
        "namespaces": bool(autoload.user_namespaces),
        "wireless": bool(networks) and (not radios or system.run("wireless") is not None),
    }
    found = {name for name, needs in _SOURCES.items() if all(told[need] for need in needs.split())}
    return frozenset(found - _hidden_in_the_image(modules))


def _can_see_rules(readings: Readings) -> bool:
    """Return whether the names of iptables' tables could be read: only root may."""
    path = "/proc/net/ip_tables_names"
    return readings.system.read(path) is not None or "no such file" in readings.system.reason(path)


def _hidden_in_the_image(modules: Modules) -> set[str]:
    """Return the features whose modules are built in: nobody counts who holds those."""
    builtin = modules.builtin or frozenset()
    hidden = {feature for start, feature in HELD if any(m.startswith(start) for m in builtin)}
    hidden |= {feature for module, feature in FAMILIES.items() if module in builtin}
    return hidden - {"tc"}
