"""Devices as udev itself tells them, through pyudev.

The same raw devices as :mod:`advisor.system.agent.devices` reads from sysfs and from udev's database,
by another way; ``docs/decisions/devices.md`` says which is used when, and what each costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Protocol, cast

from advisor.system.agent.devices import attributes, link_name, named
from advisor.system.agent.manifest import (
    ATTRIBUTE_BYTES,
    BUSES,
    CLASSES,
    MOST_NAMES,
    UDEV,
    UEVENT,
    Raw,
)
from advisor.system.machine import RawDevice


class _Device(Protocol):
    """What is used of a ``pyudev.Device``; pyudev has no types of its own."""

    device_path: str
    sys_path: str
    driver: str | None
    properties: Mapping[str, str]


class _Context(Protocol):
    """What is used of a ``pyudev.Context``."""

    def list_devices(self, *, subsystem: str) -> Iterable[_Device]:
        """Return the devices of a subsystem."""
        ...


def udev_devices() -> tuple[RawDevice, ...]:
    """Return the devices of the manifest's subsystems, by path.

    Raises:
        ImportError: pyudev or libudev is not installed.
    """
    context = cast("_Context", import_module("pyudev").Context())
    found: dict[str, Raw] = {}
    for subsystem in (*BUSES, *CLASSES):
        for device in context.list_devices(subsystem=subsystem):
            if len(found) < MOST_NAMES:
                found[device.device_path] = _raw(device, subsystem)
    raws = named("", [found[path] for path in sorted(found)])
    return tuple(RawDevice._make(raw) for raw in raws)


def _raw(device: _Device, subsystem: str) -> Raw:
    folder = f"{device.sys_path}/"
    driver = device.driver or ""
    properties = {
        key: value[:ATTRIBUTE_BYTES]
        for key, value in device.properties.items()
        if key in UEVENT or key in UDEV
    }
    return Raw(
        path=device.device_path,
        subsystem=subsystem,
        driver=driver,
        module=link_name(folder + "driver/module").replace("-", "_") if driver else "",
        attributes=attributes(folder, subsystem),
        properties=properties,
    )
