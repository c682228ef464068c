"""This machine, read as it is."""

from __future__ import annotations

from advisor.system.agent.devices import devices
from advisor.system.agent.facts import run
from advisor.system.agent.reading import Reader
from advisor.system.agent.unpack import text
from advisor.system.machine import RawDevice


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
        """Return the devices of the subsystems that the manifest names, by path."""
        return tuple(RawDevice._make(raw) for raw in devices(self._reader.root))

    def reason(self, path: str) -> str:
        """Return why the last reading of a path or command gave nothing."""
        return self._reader.reasons.get(path, "not read")
