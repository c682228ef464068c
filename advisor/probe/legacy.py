"""Network cards from before Plug and Play, which leave hardly a trace in sysfs."""

from __future__ import annotations

import re
from typing import Final

from advisor.model.inventory import Device, DeviceKind, Interface, Modules
from advisor.probe.kinds import ISA_DRIVERS
from advisor.probe.modules import in_memory
from advisor.probe.readings import Readings
from advisor.system.machine import RawDevice

_PORTS: Final = "/proc/ioports"
_MOST_LINES: Final = 2000
_LINE: Final = re.compile(r"\s*([0-9a-f]{4,8})-([0-9a-f]{4,8}) : (\S.*)")


def legacy_card(
    readings: Readings, raw: RawDevice, found: Interface, modules: Modules
) -> Device | None:
    """Return the card that an interface without a device must be, None where it is none.

    The oldest drivers do not tell the kernel which device their interface stands for. Such an
    interface looks like a virtual one; its driver gives it away in the list of I/O ports, or by
    being the only one of its kind that is loaded.
    """
    if raw.subsystem != "net" or found.type != "ether":
        return None
    loaded = sorted(in_memory(name) for name in ISA_DRIVERS)
    loaded = [name for name in loaded if name in (modules.loaded or {})]
    claimed = _claimed(readings, {found.name, *loaded})
    if not loaded or not (claimed or len(loaded) == 1):
        return None
    name, ports = claimed or ("", "")
    module = name if name in loaded else loaded[0] if len(loaded) == 1 else ""
    evidence = f"{_PORTS}: {ports} {name}" if claimed else f"/proc/modules: {module}"
    return Device(
        id=f"isa:{found.name}",
        kind=DeviceKind.LEGACY_NET,
        bus="isa",
        name=f"ISA network card {found.name}" + (f" at {ports}" if ports else ""),
        driver=module,
        module=module,
        modules=(module,) if module else (),
        interfaces=(found,),
        address=ports,
        confidence="likely",
        source=evidence,
    )


def _claimed(readings: Readings, names: set[str]) -> tuple[str, str] | None:
    """Return who of some names claims I/O ports, and which; only root sees the numbers."""
    for line in (readings.text(_PORTS) or "").split("\n", _MOST_LINES):
        match = _LINE.fullmatch(line)
        if match and (match[3] in names or in_memory(match[3]) in names):
            return in_memory(match[3]), f"{match[1]}-{match[2]}"
    return None
