"""Each device: the chain from it to the bugs that reach it, and what the advised kernel changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advisor.model.advice import Answer
from advisor.model.finding import WEIGHING, Finding, Reach
from advisor.model.fix import Severity
from advisor.model.inventory import Device, DeviceKind
from advisor.render.html_proof import Line, line_of
from advisor.render.overview import chosen, closed_findings
from advisor.render.svg_bars import Part, lay_out

_WORST = 3
_MOST = 300  # devices on one page; a capture may claim any number
_MODULES = 4
_LOOKS = {
    Severity.CRITICAL: "full",
    Severity.HIGH: "half",
    Severity.MEDIUM: "hatch",
    Severity.LOW: "open",
    Severity.NONE: "open",
}
_KINDS = {
    DeviceKind.ETHERNET: "Ethernet",
    DeviceKind.WIFI: "Wi-Fi",
    DeviceKind.BLUETOOTH: "Bluetooth",
    DeviceKind.INFINIBAND: "InfiniBand",
    DeviceKind.VIRTIO: "virtio",
    DeviceKind.LEGACY_NET: "Legacy network card",
    DeviceKind.OTHER: "Device",
}


class Card(NamedTuple):
    """One device as it is shown.

    Attributes:
        interfaces: ``enp2s0, up, 2500 Mbit/s, default route``, one text an interface.
        also: Names of devices that the same bugs reach in the same way.
        helpers: Modules beside the driver's own.
        could_bind: Modules that would drive it, where none does.
        counts: Severity and number, worst first.
        bar: The same as a picture, against the device with most.
        change: What the advised kernel changes for it, ``""`` where nothing can be said.
        lost: How the advised kernel would lose it, ``""`` where it does not.
    """

    name: str
    also: tuple[str, ...]
    kind: str
    id: str
    interfaces: tuple[str, ...]
    driver: str
    module: str
    helpers: tuple[str, ...]
    could_bind: tuple[str, ...]
    likely: bool
    total: int
    counts: tuple[tuple[str, int], ...]
    bar: tuple[Part, ...]
    worst: tuple[Line, ...]
    change: str
    lost: str


class Cards(NamedTuple):
    """The devices that bugs reach, those that none is known to reach, and how many are not shown."""

    reached: tuple[Card, ...]
    clear: tuple[Card, ...]
    unshown: int


def cards(answer: Answer) -> Cards:
    """Return the devices, those that most and worst reaches first."""
    near = _by_device(answer)
    most = max((len(found) for found in near.values()), default=0)
    closed = closed_findings(answer)
    devices = sorted(answer.inventory.devices, key=lambda device: _rank(device, near))
    target = chosen(answer)
    lost = frozenset(one.id for one in target.lost) if target else frozenset[str]()
    made = [
        _card(group, near.get(group[0].id, ()), most, answer, closed)
        for group in _alike(devices, near, lost)
    ]
    shown = made[:_MOST]
    return Cards(
        reached=tuple(card for card in shown if card.total or card.lost),
        clear=tuple(card for card in shown if not (card.total or card.lost)),
        unshown=len(made) - len(shown),
    )


def _by_device(answer: Answer) -> dict[str, list[Finding]]:
    near: dict[str, list[Finding]] = {}
    for finding in (*answer.regressions, *answer.assessment.findings):
        if finding.reached.reach in WEIGHING:
            for device in finding.reached.devices:
                near.setdefault(device, []).append(finding)
    return near


def _rank(device: Device, near: Mapping[str, Sequence[Finding]]) -> tuple[int, int]:
    found = near.get(device.id, ())
    return -len(found), -max((finding.score for finding in found), default=0)


def _alike(
    devices: Sequence[Device], near: Mapping[str, Sequence[Finding]], kept: frozenset[str]
) -> list[list[Device]]:
    """Return the devices in groups: those that the same modules drive and the same bugs reach."""
    groups: dict[object, list[Device]] = {}
    for device in devices:
        bugs = frozenset(finding.id for finding in near.get(device.id, ()))
        alone = device.id if device.id in kept or not bugs else ""
        key = (device.kind, device.driver, device.modules, device.module, bugs, alone)
        groups.setdefault(key, []).append(device)
    return list(groups.values())


def _card(
    group: Sequence[Device],
    found: Sequence[Finding],
    most: int,
    answer: Answer,
    closed: frozenset[str] | None,
) -> Card:
    device = group[0]
    counts = Counter(finding.severity for finding in found)
    ordered = [(severity, counts[severity]) for severity in Severity if counts[severity]]
    worst = sorted(found, key=_worst_first)[:_WORST]
    series = answer.assessment.version.series if answer.assessment.version else None
    helpers = tuple(module for module in device.modules if module != device.module)
    return Card(
        name=device.name,
        also=tuple(other.name for other in group[1:]),
        kind=_KINDS[device.kind],
        id=device.id,
        interfaces=tuple(_interface(device))[:_MODULES],
        driver=device.driver,
        module=device.module,
        helpers=helpers[:_MODULES],
        could_bind=device.could_bind[:_MODULES] if not device.driver else (),
        likely=device.confidence != "sure",
        total=len(found),
        counts=tuple((str(severity), count) for severity, count in ordered),
        bar=lay_out([(count, _LOOKS[severity]) for severity, count in ordered], most),
        worst=tuple(
            line_of(finding, series, closed)._replace(closed=_fate(finding, answer, closed))
            for finding in worst
        ),
        change=_change(found, answer, closed),
        lost=_lost(device, answer),
    )


def _worst_first(finding: Finding) -> tuple[bool, bool, int, str]:
    active = finding.reached.reach is Reach.ACTIVE
    return not finding.exploited, not active, -finding.score, finding.id


def _interface(device: Device) -> list[str]:
    texts: list[str] = []
    for interface in device.interfaces:
        words = [interface.name]
        words += [interface.link] if interface.link else []
        words += [f"{interface.speed_mbps:,} Mbit/s"] if interface.speed_mbps > 0 else []
        words += ["default route"] if interface.default_route else []
        words += ["this session comes in here"] if interface.ssh_session else []
        texts.append(", ".join(words))
    return texts


def _change(found: Sequence[Finding], answer: Answer, closed: frozenset[str] | None) -> str:
    target = chosen(answer)
    if target is None or closed is None or not found:
        return ""
    fates = [_fate(finding, answer, closed) for finding in found]
    gone, left, doubt = fates.count(True), fates.count(False), fates.count(None)
    ending = "none stays" if not left else f"{left:,} stay" if left > 1 else "1 stays"
    untold = f", {doubt:,} not told" if doubt else ""
    return f"With {target.release}: {gone:,} closed, {ending}{untold}"


def _fate(finding: Finding, answer: Answer, closed: frozenset[str] | None) -> bool | None:
    """Return whether the advised kernel ends a bug, None where that cannot be told."""
    target = chosen(answer)
    if target is None or closed is None:
        return None
    if all(finding is not known for known in answer.regressions):
        return finding.id in closed
    if any(cure.id == finding.id for cure in target.cures):
        return True
    return False if any(one.id == finding.id for one in target.regressions) else None


def _lost(device: Device, answer: Answer) -> str:
    target = chosen(answer)
    lost = target.lost if target else ()
    return next((one.how for one in lost if one.id == device.id), "")
