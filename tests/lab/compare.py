"""A scan held against what the guest's own tools say, device by device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from tests.lab.oracle import Card, builtin, cards, loaded
from tests.lab.visit import Document, Visit

# Differences that are right, or that nothing can help: what the device's label starts with -> field, why.
EXPLAINED: Mapping[str, tuple[str, str]] = {}


class Verdict(NamedTuple):
    """One device in one kernel: what differs, and the explanation where there is one."""

    label: str
    differences: tuple[str, ...]
    explained: str


def verdicts(visit: Visit) -> list[Verdict]:
    """Return the verdict on each device that the guest's tools know."""
    there = {str(device["id"]): device for device in _devices(visit.scan)}
    running = loaded(visit.told) | builtin(visit.told)
    found: list[Verdict] = []
    for card in cards(visit.told):
        differences = tuple(_differences(card, there.get(card.id), running))
        explained = "; ".join(
            why
            for start, (field, why) in EXPLAINED.items()
            if card.label.startswith(start) and any(text.startswith(field) for text in differences)
        )
        found.append(Verdict(card.label, differences, explained))
    return found


def _differences(
    card: Card, device: Mapping[str, object] | None, running: frozenset[str]
) -> Iterator[str]:
    if device is None:
        yield f"missing: {card.source} has it as {card.id}"
        return
    if card.kind and device["kind"] != card.kind:
        yield f"kind: {device['kind']}, {card.source} says {card.kind}"
    if card.driver is not None and (device["driver"] or "") != card.driver:
        yield f"driver: {device['driver']}, {card.source} says {card.driver or 'none'}"
    module = device["module"] or ""
    if card.driver == "":
        could = frozenset(cast("list[str]", device["could_bind"]))
        if could != card.modules:
            yield f"could bind: {sorted(could)}, {card.source} says {sorted(card.modules)}"
    elif card.modules and module not in card.modules:
        yield f"module: {module}, {card.source} says {sorted(card.modules)}"
    elif module and module not in running:
        yield f"module: {module} is neither in lsmod nor built in"
    names = {str(each["name"]) for each in cast("list[dict[str, object]]", device["interfaces"])}
    if not card.interfaces <= names:
        yield f"interface: {sorted(names)}, {card.source} says {sorted(card.interfaces)}"


def unmatched(visit: Visit) -> list[str]:
    """Return the network, Bluetooth and RDMA devices of a scan that no tool of the guest knows."""
    known = {card.id for card in cards(visit.told)}
    kinds = {"ethernet", "wifi", "bluetooth", "infiniband", "virtio", "legacy-net"}
    return [
        f"{device['id']} ({device['kind']}, {device['driver']})"
        for device in _devices(visit.scan)
        if device["kind"] in kinds and device["id"] not in known
    ]


def misplaced(visit: Visit) -> list[str]:
    """Return the findings whose reach contradicts lsmod."""
    there, image = loaded(visit.told), builtin(visit.told)
    driving = _driving(visit)
    found: list[str] = []
    for finding in cast("list[dict[str, object]]", visit.scan["findings"]):
        modules = frozenset(cast("list[str]", finding["modules"])) - {"vmlinux"}
        if not modules:
            continue
        text = f"{finding['id']}: {finding['reach']}, {sorted(modules)}"
        runs = bool(modules & (there | image)) or "vmlinux" in cast("list[str]", finding["modules"])
        if finding["reach"] in {"active", "loaded"} and not runs:
            found.append(f"{text}: none of them is loaded or built in")
        if finding["reach"] in {"on-demand", "dormant"} and modules & there:
            found.append(f"{text}: {sorted(modules & there)} is loaded")
        if finding["reach"] != "active" and modules & driving:
            found.append(f"{text}: {sorted(modules & driving)} drives a device")
    return found


def _driving(visit: Visit) -> frozenset[str]:
    """Return the modules that lspci, lsusb or modprobe say drive a device, where there is one choice."""
    alone = (card.modules for card in cards(visit.told) if card.driver and len(card.modules) == 1)
    return frozenset(module for modules in alone for module in modules)


def _devices(scan: Document) -> list[Mapping[str, object]]:
    return cast("list[Mapping[str, object]]", scan["devices"])
