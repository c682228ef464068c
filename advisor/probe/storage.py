"""What is mounted, what will be mounted, and how much room there is."""

from __future__ import annotations

import re
from typing import Final

from advisor.model.inventory import Mount, Space
from advisor.probe.readings import Readings

_MOST: Final = 4096
_MIB: Final = 1 << 20


def probe_mounts(readings: Readings) -> tuple[Mount, ...]:
    """Return the filesystems that are mounted, and those that fstab names besides."""
    mounted: list[Mount] = []
    for fields in _table(readings.text("/proc/mounts", "which filesystems are mounted") or ""):
        source, point, kind, _ = fields
        mounted.append(Mount(point, kind, source, mounted=True))
    points = {mount.point for mount in mounted}
    for source, point, kind, options in _table(readings.text("/etc/fstab") or ""):
        if point in points or kind == "swap":
            continue
        user = not {"user", "users", "owner", "group"}.isdisjoint(options.split(","))
        mounted.append(Mount(point, kind, source, mounted=False, user_mountable=user))
    return tuple(mounted)


def probe_spaces(readings: Readings) -> tuple[Space, ...]:
    """Return the room on the filesystems that a kernel needs."""
    found: list[Space] = []
    for line in (readings.system.run("space") or "").splitlines()[:64]:
        match = re.fullmatch(r"(/\S*) ([0-9]{1,15}) ([0-9]{1,15})", line)
        if match:
            found.append(Space(match[1], int(match[2]) * _MIB, int(match[3]) * _MIB))
    return tuple(found)


def _table(text: str) -> list[tuple[str, str, str, str]]:
    rows: list[tuple[str, str, str, str]] = []
    for line in text.split("\n", _MOST)[:_MOST]:
        fields = line.split()
        if len(fields) >= 4 and not fields[0].startswith("#"):  # noqa: PLR2004 - source, point, type, options
            rows.append((_plain(fields[0]), _plain(fields[1]), fields[2], fields[3]))
    return rows


def _plain(field: str) -> str:
    r"""Return a field with the kernel's octal escapes undone: ``\040`` is a blank."""
    return re.sub(r"\\([0-3][0-7]{2})", lambda match: chr(int(match[1], 8)), field)
