"""Features that show in sockets: which protocols programs have open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from advisor.model.inventory import Feature
from advisor.probe.readings import Readings

_PATH: Final = "/proc/net/protocols"
_MOST_LINES: Final = 500
# Protocol as the kernel names it -> feature and the modules that do it.
_PROTOCOLS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "ALG": ("af-alg", ("af_alg",)),
    "AF_VSOCK": ("vsock", ("vsock",)),
    "BNEP": ("bluetooth-pan", ("bnep",)),
    "CAN": ("can", ("can",)),
    "CAN_RAW": ("can", ("can_raw", "can")),
    "CAN_BCM": ("can", ("can_bcm", "can")),
    "CAN_ISOTP": ("can", ("can_isotp", "can")),
    "DDP": ("appletalk", ("appletalk",)),
    "HCI": ("bluetooth", ("bluetooth",)),
    "ISO": ("bluetooth-le-audio", ("bluetooth",)),
    "KEY": ("ipsec", ("af_key",)),
    "L2TP": ("l2tp", ("l2tp_ip",)),
    "L2TP/IP": ("l2tp", ("l2tp_ip",)),
    "L2TP/IPv6": ("l2tp", ("l2tp_ip6",)),
    "MPTCP": ("mptcp", ("mptcp",)),
    "MPTCPv6": ("mptcp", ("mptcp",)),
    "PACKET": ("packet-socket", ("af_packet",)),
    "PHONET": ("phonet", ("phonet",)),
    "PNPIPE": ("phonet", ("pn_pep", "phonet")),
    "PPPOE": ("ppp", ("pppoe",)),
    "PPPOL2TP": ("l2tp", ("l2tp_ppp",)),
    "RAW": ("raw-socket", ()),
    "RAWv6": ("raw-socket", ()),
    "RXRPC": ("rxrpc", ("rxrpc",)),
    "SCTP": ("sctp", ("sctp",)),
    "SCTPv6": ("sctp", ("sctp",)),
    "TIPC": ("tipc", ("tipc",)),
    "XDP": ("af-xdp", ()),
}


def socket_features(readings: Readings) -> Iterator[Feature]:
    """Yield the features of which sockets are open."""
    text = readings.text(_PATH, "which protocols are in use") or ""
    for line in text.split("\n", _MOST_LINES)[1:_MOST_LINES]:
        fields = line.split()
        if len(fields) > 2 and fields[0] in _PROTOCOLS and _is_positive(fields[2]):  # noqa: PLR2004 - name, size, sockets
            feature, modules = _PROTOCOLS[fields[0]]
            yield Feature(feature, "", modules, f"{_PATH}: {fields[0]} has {fields[2]} sockets")
    yield from _tls(readings)


def _tls(readings: Readings) -> Iterator[Feature]:
    path = "/proc/net/tls_stat"
    for name, count in re.findall(r"(?m)^(TlsCurr\w+)\s+([1-9]\d{0,15})$", readings.word(path)):
        yield Feature("ktls", "", ("tls",), f"{path}: {name} is {count}")


def _is_positive(text: str) -> bool:
    return text.isdigit() and text.strip("0") != ""
