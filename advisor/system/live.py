"""This machine, read as it is."""

from __future__ import annotations

import os
from typing import Final

from advisor.system.agent.devices import devices
from advisor.system.agent.facts import run
from advisor.system.agent.manifest import UDEV
from advisor.system.agent.reading import Reader
from advisor.system.agent.unpack import text
from advisor.system.machine import RawDevice

_DATABASE: Final = "/run/udev/data"
_SEVERAL: Final = 4


class LiveSystem:
    """The machine that runs this program, or a folder that is shaped like one.

    Args:
        root: What stands before every path; ``""`` for this machine itself.
        release: The running kernel's release; what ``uname -r`` says where it is not given.
    """

    def __init__(self, root: str = "", release: str = "") -> None:
        self._reader = Reader(root, release)

    @property
    def capture(self) -> str:
        """The name of the capture: none."""
        return ""

    def read(self, path: str) -> str | None:
        """Return a file's text, None where it cannot be read."""
        content = self._reader.read(path)
        return None if content is None else text(content)

    def read_bytes(self, path: str) -> bytes | None:
        """Return a file's content, None where it cannot be read."""
        return self._reader.read(path)

    def list(self, path: str) -> tuple[str, ...] | None:
        """Return the names that the manifest tells of a folder, None where it is not readable."""
        return self._reader.names(path)

    def readlink(self, path: str) -> str | None:
        """Return where a link points, None where there is none."""
        return self._reader.readlink(path)

    def modified(self, path: str) -> int | None:
        """Return when a file was last changed, None where it cannot be told."""
        return self._reader.modified(path)

    def run(self, command: str) -> str | None:
        """Return what a command of the manifest printed, None where it did not run."""
        return run(self._reader, command)

    def devices(self) -> tuple[RawDevice, ...]:
        """Return the devices of the subsystems that the manifest names, by path.

        They are read from sysfs and udev's database directly. Only where udev runs and its
        database names no device at all, as after a change of its form, pyudev is asked.
        """
        found = tuple(RawDevice._make(raw) for raw in devices(self._reader.root))
        if self._reader.root or not is_unnamed(found):
            return found
        try:
            return udev_devices()
        except (ImportError, OSError):
            return found

    def reason(self, path: str) -> str:
        """Return why the last reading of a path or command gave nothing."""
        return self._reader.reasons.get(path, "not read")


def udev_devices() -> tuple[RawDevice, ...]:
    """Return the devices as pyudev lists them; its import costs more than all of the reading."""
    from advisor.system import udev  # noqa: PLC0415 - 10 ms, and seldom needed

    return udev.udev_devices()


def is_unnamed(found: tuple[RawDevice, ...]) -> bool:
    """Return whether udev runs here and has named none of several PCI and USB devices."""
    named = [raw for raw in found if raw.subsystem in {"pci", "usb"}]
    unnamed = len(named) >= _SEVERAL and not any(
        key in raw.properties for raw in named for key in UDEV
    )
    return unnamed and os.path.isdir(_DATABASE)  # noqa: PTH112 - pathlib costs 5 ms
