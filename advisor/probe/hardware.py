"""What the machine is made of, as far as hand-written entries ask for it."""

from __future__ import annotations

import re
from typing import Final

from advisor.model.inventory import Hardware
from advisor.probe.readings import Readings

_DISKS: Final = ("sd", "nvme", "mmcblk")
_CPU: Final = (
    r"(?m)^vendor_id\s*:\s*(\S+)",
    r"(?m)^cpu family\s*:\s*(\d+)",
    r"(?m)^model\s*:\s*(\d+)",
)


def probe_hardware(readings: Readings) -> Hardware:
    """Return the modaliases of all devices, the models of the disks, and the processor."""
    modaliases = (
        raw.attributes.get("modalias") or raw.properties.get("MODALIAS", "")
        for raw in readings.devices()
    )
    return Hardware(
        modaliases=frozenset(filter(None, modaliases)), disks=_disks(readings), cpu=_cpu(readings)
    )


def _disks(readings: Readings) -> tuple[str, ...] | None:
    names = readings.system.list("/sys/block")
    if names is None:
        return None
    models = (
        readings.word(f"/sys/block/{name}/device/model")
        for name in names
        if name.startswith(_DISKS)
    )
    return tuple(sorted(filter(None, models)))


def _cpu(readings: Readings) -> str:
    text = readings.word("/proc/cpuinfo")
    found = [re.search(pattern, text) for pattern in _CPU]
    return " ".join(match[1] for match in found if match) if all(found) else ""
