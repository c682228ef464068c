"""Features that show in sockets: which protocols programs have open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from advisor.model.inventory import Feature
from advisor.probe.readings import Readings

_PATH: Final = "/proc/net/protocols"
_MOST_LINES: Final = 500
# Protocol as the kernel names it -> feature and the modules that do it. Only these are counted: the
# column of most other families is 0 however many sockets they have.
# Source: Linux 6.1 to 7.3, the callers of sock_prot_inuse_add(); CAN is counted since 7.x.
_PROTOCOLS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "CAN": ("can", ("can",)),
    "CAN_BCM": ("can", ("can_bcm", "can")),
    "CAN_ISOTP": ("can", ("can_isotp", "can")),
    "CAN_RAW": ("can", ("can_raw", "can")),
    "MPTCP": ("mptcp", ("mptcp",)),
    "MPTCPv6": ("mptcp", ("mptcp",)),
    "PACKET": ("packet-socket", ("af_packet",)),
    "RAW": ("raw-socket", ()),
    "RAWv6": ("raw-socket", ()),
    "SCTP": ("sctp", ("sctp",)),
    "SCTPv6": ("sctp", ("sctp",)),
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
