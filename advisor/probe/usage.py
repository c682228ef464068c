"""Features that show in modules which something other than a module holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from advisor.model.inventory import Feature
from advisor.probe.modules import own_lines
from advisor.probe.readings import Readings

# What a module's name starts with -> the feature that is in use where something holds the module.
HELD: Final = (
    ("nft_inner", "nftables-inner"),
    ("nft_flow_offload", "flowtable"),
    ("nf_flow_table", "flowtable"),
    ("nft_queue", "nfqueue"),
    ("xt_NFQUEUE", "nfqueue"),
    ("nfnetlink_queue", "nfqueue"),
    ("nft_chain_nat", "nat"),
    ("nft_masq", "nat"),
    ("nft_nat", "nat"),
    ("nft_redir", "nat"),
    ("xt_MASQUERADE", "nat"),
    ("xt_nat", "nat"),
    ("iptable_nat", "nat"),
    ("ip6table_nat", "nat"),
    ("nft_", "nftables"),
    ("nf_tables", "nftables"),
    ("xt_", "iptables"),
    ("ip_set_", "ipset"),
    ("ip_vs_", "ipvs"),
    ("kvm_intel", "kvm-host"),
    ("kvm_amd", "kvm-host"),
    ("kvm_hv", "kvm-host"),
    ("vhost_net", "vhost-net"),
    ("esp4", "ipsec"),
    ("esp6", "ipsec"),
    ("ah4", "ipsec"),
    ("ah6", "ipsec"),
    ("ipcomp", "ipsec"),
    ("xfrm_ipcomp", "ipsec"),
    ("cls_", "tc"),
    ("act_", "tc"),
    ("sch_", "tc"),
    ("ksmbd", "smb-server"),
    ("openvswitch", "openvswitch"),
    ("algif_", "af-alg"),
    ("rpcrdma", "rdma"),
    ("ib_iser", "rdma"),
)
# A socket holds the module of its family.
FAMILIES: Final = {
    "af_alg": "af-alg",
    "af_key": "ipsec",
    "appletalk": "appletalk",
    "bnep": "bluetooth-pan",
    "can_raw": "can",
    "l2tp_ip": "l2tp",
    "l2tp_ip6": "l2tp",
    "l2tp_ppp": "l2tp",
    "phonet": "phonet",
    "pppoe": "ppp",
    "pppox": "ppp",
    "rxrpc": "rxrpc",
    "tipc": "tipc",
    "vsock": "vsock",
}
# Held by every interface where they are the default queue.
_BY_DEFAULT: Final = frozenset({"sch_fq_codel", "sch_fq", "sch_mq", "sch_cake_default"})
_FIREWALLS: Final = frozenset({"nftables", "iptables", "nat", "conntrack", "ipset", "nfqueue"})


def holders(readings: Readings) -> dict[str, int]:
    """Return module -> how many things other than modules hold it, of the loaded ones."""
    found: dict[str, int] = {}
    for line in own_lines(readings.text("/proc/modules") or ""):
        fields = line.split(" ", 4)
        if len(fields) > 3 and fields[2].isdecimal():  # noqa: PLR2004 - name, size, references, users
            users = [u for u in fields[3].split(",") if u not in {"", "-", "[permanent]"}]
            found[fields[0]] = max(0, int(fields[2][:9]) - len(users))
    return found


def held_features(held: Mapping[str, int]) -> Iterator[Feature]:
    """Yield the features whose modules something holds: a rule, a queue, a guest."""
    for module, count in held.items():
        if count and module not in _BY_DEFAULT:
            named = (f for start, f in HELD if module.startswith(start))
            feature = FAMILIES.get(module) or next(named, "")
            if feature:
                yield Feature(
                    feature, "", (module,), f"/proc/modules: {module} is held {count} times"
                )


def with_netfilter(features: list[Feature]) -> list[Feature]:
    """Return features, with the word that stands for firewalls of any kind where one is in use."""
    seen = [feature for feature in features if feature.id in _FIREWALLS]
    if not seen:
        return features
    return [*features, seen[0]._replace(id="netfilter", modules=("nf_tables", "x_tables"))]
