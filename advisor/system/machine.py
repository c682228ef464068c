"""The machine as text: the one door between the advisor and what it advises on."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class RawDevice(NamedTuple):
    """A device as sysfs and udev show it, before anything is made of it.

    Attributes:
        path: Below ``/sys``: ``/devices/pci0000:00/0000:00:1f.6``.
        subsystem: ``pci``, ``net``, ``usb`` ...; ``""`` where there is none.
        driver: The bound driver's name, ``""`` where none is bound.
        module: The module of the driver where the kernel links it, in memory's spelling.
        attributes: Attribute -> text, stripped; only those the manifest names and that could be read.
        properties: What udev's database adds (``ID_VENDOR_FROM_DATABASE``); empty without udev.
    """

    path: str
    subsystem: str
    driver: str = ""
    module: str = ""
    attributes: Mapping[str, str] = {}
    properties: Mapping[str, str] = {}


class System(Protocol):
    """A machine that can be read: this one, or a recorded one.

    Every path is absolute on the machine that is read. Reading what the manifest does not name is a
    bug and raises :class:`LookupError`; what is missing, forbidden or broken gives ``None``, and
    :meth:`reason` then says why.
    """

    @property
    def capture(self) -> str:
        """The name of the capture, ``""`` for the live machine."""
        ...

    def read(self, path: str) -> str | None:
        """Return a file's text (undecodable bytes escaped), None where it cannot be read."""
        ...

    def read_bytes(self, path: str) -> bytes | None:
        """Return a file's content, None where it cannot be read."""
        ...

    def list(self, path: str) -> tuple[str, ...] | None:
        """Return a folder's entries, sorted, None where it cannot be listed."""
        ...

    def readlink(self, path: str) -> str | None:
        """Return where a link points, as written, None where there is no link."""
        ...

    def modified(self, path: str) -> int | None:
        """Return the time a file was last changed in seconds since 1970, None where unknown."""
        ...

    def run(self, command: str) -> str | None:
        """Return what a command of the manifest printed, None where it did not run or failed."""
        ...

    def devices(self) -> tuple[RawDevice, ...]:
        """Return the devices of the subsystems that the manifest names, by path."""
        ...

    def reason(self, path: str) -> str:
        """Return why the last reading of this path or command gave nothing: ``no such file``."""
        ...
