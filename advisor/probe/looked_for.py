"""Which features were looked for in vain: what is not among the features and is told here is not in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from advisor.model.inventory import Autoload, Host, Modules
from advisor.probe.networks import TYPES
from advisor.probe.readings import Readings
from advisor.probe.relations import module_of_type
from advisor.probe.usage import FAMILIES, HELD

_ENGINES: Final = ("docker", "containerd", "podman", "lxc", "lxd", "incus", "k3s", "crio", "pve-")
_HELD_STARTS: Final = tuple(start for start, _ in HELD)
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
    "conntrack": "tables untracked",
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
    "netfilter": "held rules tables untracked",
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
        "untracked": _is_missing(readings, "/proc/sys/net/netfilter/nf_conntrack_count"),
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
    return frozenset(
        found - _hidden_in_the_image(modules) - _hidden_in_containers(readings, modules)
    )


def _is_missing(readings: Readings, path: str) -> bool:
    """Return whether a file was looked for and is not there."""
    missing = "no such file"
    return readings.system.read(path) is None and missing in readings.system.reason(path)


def _can_see_rules(readings: Readings) -> bool:
    """Return whether the names of iptables' tables could be read: only root may."""
    path = "/proc/net/ip_tables_names"
    return readings.system.read(path) is not None or _is_missing(readings, path)


def _hidden_in_containers(readings: Readings, modules: Modules) -> set[str]:
    """Return the features that a container may use out of sight, in a network of its own.

    Interfaces of other network namespaces cannot be listed. Their modules can: what is not in
    the kernel is not used anywhere.
    """
    networks = [raw.path.rpartition("/")[2] for raw in readings.devices() if raw.subsystem == "net"]
    services = readings.list("/sys/fs/cgroup/system.slice")
    signs = any(name.startswith("veth") for name in networks)
    if not signs and not any(name.startswith(_ENGINES) for name in services):
        return set()
    there = {*(modules.loaded or ()), *(modules.builtin or ()), *modules.present}
    return {feature for kind, feature in TYPES.items() if module_of_type(kind) in there}


def _hidden_in_the_image(modules: Modules) -> set[str]:
    """Return the features whose modules are built in: nobody counts who holds those."""
    builtin = modules.builtin or frozenset()
    ours = [module for module in builtin if module.startswith(_HELD_STARTS)]
    hidden = {feature for start, feature in HELD if any(m.startswith(start) for m in ours)}
    hidden |= {feature for module, feature in FAMILIES.items() if module in builtin}
    return hidden - {"tc"}
