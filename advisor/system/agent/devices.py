"""Devices as sysfs and udev's database show them."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
# ruff: noqa: PTH112, PTH115, PTH208
from __future__ import annotations

import os
from collections.abc import Iterator

from advisor.system.agent.manifest import (
    ATTRIBUTE_BYTES,
    BUSES,
    CLASSES,
    MOST_NAMES,
    UDEV,
    UEVENT,
    Raw,
)
from advisor.system.agent.names import add_names
from advisor.system.agent.reading import is_text
from advisor.system.agent.unpack import text


def attribute(path: str, most: int = ATTRIBUTE_BYTES) -> str | None:
    """Return an attribute's text, stripped; None where the kernel does not answer."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        return text(os.read(handle, most)).strip()
    except OSError:
        return None
    finally:
        os.close(handle)


def link_name(path: str) -> str:
    """Return the last name of where a link points, ``""`` where there is no link."""
    try:
        return text(os.fsencode(os.readlink(path))).rpartition("/")[2]
    except (OSError, ValueError):
        return ""


def pairs(lines: str, keys: tuple[str, ...], mark: str = "") -> dict[str, str]:
    """Return the ``KEY=value`` lines of wanted keys; each line starts with a mark."""
    found: dict[str, str] = {}
    for line in lines.splitlines():
        key, is_pair, value = line.partition("=")
        if is_pair and key.startswith(mark) and key[len(mark) :] in keys:
            found[key[len(mark) :]] = value
    return found


def udev_id(subsystem: str, path: str, uevent: dict[str, str]) -> str:
    """Return the name under which udev keeps a device: ``n3``, ``c189:4``, ``+pci:0000:00:1f.6``."""
    if "MAJOR" in uevent and "MINOR" in uevent:
        return f"c{uevent['MAJOR']}:{uevent['MINOR']}"
    if subsystem == "net" and "IFINDEX" in uevent:
        return f"n{uevent['IFINDEX']}"
    return f"+{subsystem}:{path.rpartition('/')[2]}"


def device_paths(root: str) -> Iterator[tuple[str, str]]:
    """Yield the subsystem and the path below ``/sys`` of every device, as sysfs lists them."""
    count = 0
    for folder, table in (("/sys/bus/{}/devices", BUSES), ("/sys/class/{}", CLASSES)):
        for subsystem in table:
            place = root + folder.format(subsystem)
            try:
                names = os.listdir(place)
            except OSError:
                continue
            for name in names:
                try:
                    target = os.readlink(f"{place}/{name}")
                except OSError:  # bonding_masters is a plain file
                    continue
                at = target.find("/devices/")
                count += 1
                if (
                    at >= 0
                    and count <= MOST_NAMES
                    and is_text(target)
                    and "/../" not in target[at:]
                ):
                    yield subsystem, target[at:]


def device(root: str, subsystem: str, path: str) -> Raw:
    """Return one device as sysfs and udev's database show it."""
    folder = f"{root}/sys{path}/"
    properties = pairs(attribute(folder + "uevent") or "", UEVENT + UDEV)
    entry = attribute(f"{root}/run/udev/data/{udev_id(subsystem, path, properties)}", 65536)
    if entry:
        properties.update(pairs(entry, UDEV, "E:"))
    driver = link_name(folder + "driver")
    return Raw(
        path,
        subsystem,
        driver,
        link_name(folder + "driver/module").replace("-", "_") if driver else "",
        attributes(folder, subsystem),
        properties,
    )


def attributes(folder: str, subsystem: str) -> dict[str, str]:
    """Return the attributes that the manifest names, and a network interface's neighbours."""
    found: dict[str, str] = {}
    for name in BUSES[subsystem] if subsystem in BUSES else CLASSES[subsystem]:
        value = attribute(folder + name)
        if value is not None:
            found[name] = value
    if subsystem == "net":
        for name in ("master", "phy80211"):
            target = link_name(folder + name)
            if target:
                found[name] = target
        try:
            lower = sorted(
                n[6:] for n in os.listdir(folder) if n.startswith("lower_") and is_text(n)
            )
        except OSError:
            lower = []
        if lower:
            found["lower"] = " ".join(lower)
    return found


def devices(root: str) -> list[Raw]:
    """Return the devices of the manifest's subsystems, by path, with the names that are known."""
    found = {path: device(root, subsystem, path) for subsystem, path in device_paths(root)}
    return named(root, [found[path] for path in sorted(found)])


def named(root: str, raws: list[Raw]) -> list[Raw]:
    """Return devices with names, where udev does not run to give them some."""
    if not os.path.isdir(root + "/run/udev/data"):
        add_names(root, raws)
    return raws
