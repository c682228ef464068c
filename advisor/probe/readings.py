"""A system together with what could not be read of it."""

from __future__ import annotations

from advisor.model.reading import Unknown
from advisor.system.machine import RawDevice, System


class Readings:
    """Reads a system and keeps account of what it did not tell.

    Args:
        system: The machine or capture.
        now: Seconds since 1970, for the age of what is read.
    """

    def __init__(self, system: System, *, now: int) -> None:
        self.system = system
        self.now = now
        self.unknowns: list[Unknown] = []
        self._devices: tuple[RawDevice, ...] | None = None

    def text(self, path: str, what: str = "") -> str | None:
        """Return a file's text; where it cannot be read and has a name, that is written down."""
        content = self.system.read(path)
        if content is None and what:
            self.missing(what, path)
        return content

    def word(self, path: str) -> str:
        """Return a file's text, stripped; ``""`` where it cannot be read."""
        return (self.system.read(path) or "").strip()

    def first(self, *paths: str) -> tuple[str, str] | None:
        """Return the text and the path of the first file that can be read."""
        for path in paths:
            content = self.system.read(path)
            if content is not None:
                return content, path
        return None

    def list(self, path: str) -> tuple[str, ...]:
        """Return the names in a folder, () where it cannot be listed."""
        return self.system.list(path) or ()

    def devices(self) -> tuple[RawDevice, ...]:
        """Return the machine's devices; they are read once."""
        if self._devices is None:
            self._devices = self.system.devices()
        return self._devices

    def age_days(self, path: str) -> int | None:
        """Return the age of a file in whole days, never negative, None where it is not known."""
        modified = self.system.modified(path)
        return None if modified is None else max(0, (self.now - modified) // 86400)

    def missing(self, what: str, path: str, why: str = "") -> None:
        """Write down that something could not be read, or not be understood."""
        if not why:
            is_read = self.system.read(path) is not None
            why = "its content is not understood" if is_read else self.system.reason(path)
        self.unknowns.append(Unknown(what, why, path))
