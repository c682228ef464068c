"""What a guest's own tools say of its devices, in words that can be held against a scan.

Nothing here asks the advisor, reads sysfs the way it does, or uses its tables: PCI comes from lspci, USB
from lsusb, interfaces from ip and ethtool, RDMA from rdma, Bluetooth from hciconfig, modules from lsmod
and from what modprobe resolves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

_SLOT = re.compile(r"^([0-9a-f:.]+) [^\[]*\[([0-9a-f]{4})\]: (.*) \[([0-9a-f]{4}:[0-9a-f]{4})\]")
_USB = re.compile(r" +\|__ Port 0*(\d+): Dev \d+, If (\d+), Class=([^,]*), Driver=([^,]*)")
_KINDS = {"0200": "ethernet", "0207": "infiniband", "0280": "wifi"}
_UNCLASSED = "00ff"  # of the cards that bear a Mellanox id
_VIRTIO = "1af4:"
# Where ethtool calls a driver otherwise than its module is called, and rtnetlink has no alias for it.
_SPOKEN = {"tun": "tun", "mac80211_hwsim": "mac80211_hwsim", "can": "vcan"}


class Card(NamedTuple):
    """A device as the guest's own tools know it.

    Attributes:
        id: What the advisor should call it.
        label: What the table calls it: the same in every kernel.
        kind: Which kind it must be; empty where the tools do not tell.
        driver: The bound driver; empty where none is bound; None where the tools do not tell.
        modules: Modules that may serve it; empty where none is known.
        interfaces: The interfaces it carries.
        source: The tool that said so.
    """

    id: str
    label: str
    kind: str
    driver: str | None
    modules: frozenset[str]
    interfaces: frozenset[str]
    source: str


class Link(NamedTuple):
    """An interface as ip and ethtool know it."""

    name: str
    parent: str
    kind: str
    driver: str


def cards(told: Mapping[str, str]) -> list[Card]:
    """Return every device that carries a network, Bluetooth or RDMA interface, is virtio, or could.

    Args:
        told: Tool -> what it printed.
    """
    links = list(_links(told))
    carried: dict[str, set[str]] = {}
    for link in links:
        if link.parent:
            carried.setdefault(link.parent, set()).add(link.name)
    found = [
        *_pci(told["lspci"], carried),
        *_usb(told["lsusb"], carried),
        *_virtio(told["virtio"], carried),
        *_pnp(told["pnp"], carried),
        *_virtual(links, _resolved(told["links"])),
        *_rdma(told["rdma"]),
        *_controllers(told["hciconfig"]),
    ]
    known = {card.id for card in found}
    found += [
        Card(parent, parent, "", None, frozenset(), frozenset(names), "ip")
        for parent, names in sorted(carried.items())
        if parent not in known and not parent.startswith(("None:", "mac80211_hwsim:"))
    ]
    return found


def loaded(told: Mapping[str, str]) -> frozenset[str]:
    """Return the loaded modules."""
    return frozenset(line.split()[0] for line in told["lsmod"].splitlines()[1:] if line)


def builtin(told: Mapping[str, str]) -> frozenset[str]:
    """Return the modules that are part of the kernel's image."""
    return frozenset(told["builtin"].split())


def _links(told: Mapping[str, str]) -> Iterator[Link]:
    drivers = dict(line.split(" ", 1) for line in told["drivers"].splitlines() if " " in line)
    for entry in cast("list[dict[str, object]]", json.loads(told["ip"])):
        name = str(entry["ifname"])
        bus, parent = entry.get("parentbus"), entry.get("parentdev")
        about = cast("dict[str, object]", entry.get("linkinfo") or {})
        kind = str(about.get("info_kind", ""))
        yield Link(name, f"{bus}:{parent}" if parent else "", kind, drivers.get(name, ""))


def _pci(text: str, carried: Mapping[str, set[str]]) -> Iterator[Card]:
    for block in re.split(r"\n(?=\S)", text):
        match = _SLOT.match(block)
        if match is None:
            continue
        slot, code, name, ids = match.groups()
        here = f"pci:{slot}"
        driver = re.search(r"Kernel driver in use: (.*)", block)
        modules = re.search(r"Kernel modules: (.*)", block)
        network = code in _KINDS or here in carried or (code == _UNCLASSED and modules)
        if ids.startswith(_VIRTIO) or not network:
            continue
        yield Card(
            here,
            f"{name} [{ids}]",
            _KINDS.get(code, ""),
            driver[1] if driver else "",
            _spelled(modules[1].split(", ") if modules else []),
            frozenset(carried.get(here, ())),
            "lspci",
        )


def _usb(text: str, carried: Mapping[str, set[str]]) -> Iterator[Card]:
    """Yield a card for each Bluetooth controller, by its first interface, and for what carries one."""
    bus = ""
    rows: list[tuple[str, int, str, str]] = []
    for line in text.splitlines():
        root = re.match(r"/: +Bus 0*(\d+)\.", line)
        bus = root[1] if root else bus
        match = _USB.match(line)
        if match is not None:
            rows.append((f"{bus}-{match[1]}", int(match[2]), match[3], match[4]))
    seen: set[str] = set()
    for place, number, name, driver in sorted(rows):
        here = f"usb:{place}:1.{number}"
        first = name == "Wireless" and place not in seen
        if not first and here not in carried:
            continue
        seen.add(place)
        bound = "" if driver == "[none]" else driver.partition("/")[0]
        yield Card(
            here,
            f"USB {bound} at port {place.partition('-')[2]}",
            "bluetooth" if first else "",
            bound,
            _spelled([bound] if bound else []),
            frozenset(carried.get(here, ())),
            "lsusb",
        )


def _virtio(text: str, carried: Mapping[str, set[str]]) -> Iterator[Card]:
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        words = rest.split()
        if not name or not words:
            continue
        here = f"virtio:{name}"
        yield Card(
            here,
            f"{words[0]} {name}",
            "virtio",
            words[0],
            _spelled(words[1:] or words[:1]),
            frozenset(carried.get(here, ())),
            "modprobe",
        )


def _pnp(text: str, carried: Mapping[str, set[str]]) -> Iterator[Card]:
    for line in text.splitlines():
        here, ids, *driver = line.split() or ("", "")
        if ids.startswith(("TCM", "PNP80")):
            yield Card(
                here,
                f"PnP {ids}",
                "legacy-net",
                driver[0] if driver else "",
                frozenset(),
                frozenset(carried.get(here, ())),
                "/sys/bus/pnp",
            )


def _virtual(links: list[Link], resolved: Mapping[str, frozenset[str]]) -> Iterator[Card]:
    for link in links:
        if link.parent.startswith("None:") or link.driver == "mac80211_hwsim":
            kind = "wifi" if link.name.startswith("wlan") else "other"
            modules = frozenset({link.driver or "mac80211_hwsim"})
        elif link.parent or link.name == "lo" or not (link.kind or link.driver):
            continue
        else:
            kind = "other"
            modules = resolved.get(link.kind) or frozenset({_SPOKEN.get(link.driver, link.driver)})
        here = f"virtual:{link.name}"
        label = f"{link.kind or link.driver} {link.name}"
        yield Card(here, label, kind, None, modules, frozenset({link.name}), "ip")


def _rdma(text: str) -> Iterator[Card]:
    for entry in cast("list[dict[str, object]]", json.loads(text.strip() or "[]")):
        name = str(entry["ifname"])
        soft = name.startswith("rxe")
        here = f"virtual:{name}" if soft else name
        modules = frozenset({"rdma_rxe"} if soft else ())
        yield Card(here, f"RDMA {name}", "infiniband", None, modules, frozenset({name}), "rdma")


def _controllers(text: str) -> Iterator[Card]:
    for name in re.findall(r"(?m)^(hci\d+):.*Bus: Virtual", text):
        modules = frozenset({"hci_vhci"})
        here = f"virtual:{name}"
        yield Card(
            here, "virtual Bluetooth", "bluetooth", None, modules, frozenset({name}), "hciconfig"
        )


def _resolved(text: str) -> dict[str, frozenset[str]]:
    rows = (line.split() for line in text.splitlines() if line.strip())
    return {row[0]: _spelled(row[1:]) for row in rows}


def _spelled(modules: list[str]) -> frozenset[str]:
    return frozenset(module.replace("-", "_") for module in modules)
