"""Which modules answer to an alias: the tables of modprobe, asked without building them whole."""

from __future__ import annotations

import re
from typing import Final

_MOST: Final = 500_000
_PLAIN: Final = re.compile(r"[*?\[ ]")
# These match every device of their bus. Since 7.2 the built-in tpm_tis brings two of them.
_CATCH_ALL: Final = frozenset({"pnp:d", "acpi::", "acpi:", "of:N*T*", "platform:", "usb:", "pci:"})

_Bucket = dict[str, list[str]]


class AliasTable:
    """The aliases of the modules on disk and of those that are built in.

    A pattern is kept under what stands before its first ``*``, bus by bus and only once a device
    of that bus is asked for: a kernel has 27,000 patterns, and most machines ask nothing.

    Args:
        text: All of ``modules.alias``, None where it could not be read.
        builtin: All of ``modules.builtin.modinfo``, ``""`` where it could not be read.
    """

    def __init__(self, text: str | None, builtin: str = "") -> None:
        self.text = text or ""
        self.known = text is not None
        self._builtin = builtin
        self._lines: list[str] | None = None
        self._buckets: dict[str, _Bucket] = {}

    def lines(self) -> list[str]:
        """Return the aliases with their modules, as they are written: ``fs-ext4 ext4``.

        Those of what is built in come first, as modprobe asks for them first.
        """
        if self._lines is None:
            rows = [row.partition(".alias=") for row in self._builtin.split("\0", _MOST)]
            own = [f"{alias} {module}" for module, mark, alias in rows if mark]
            self._lines = own + ("\n" + self.text).split("\nalias ", _MOST)[1:]
        return self._lines

    def modules(self, modalias: str) -> tuple[str, ...]:
        """Return the modules one of whose aliases matches, in the order of the file.

        Source:
            libkmod: fnmatch(3) over the pattern, with ``-`` and ``_`` taken as the same.
        """
        wanted = _underscored(modalias)
        bus = wanted[:3]
        if bus not in self._buckets:
            self._buckets[bus] = self._bucket(bus)
        bucket = self._buckets[bus]
        found: list[str] = []
        for end in range(len(wanted) + 1):
            for line in bucket.get(wanted[:end], ()):
                pattern, _, module = line.strip().partition(" ")
                if module not in found and _matches(pattern, wanted):
                    found.append(module)
        return tuple(found)

    def _bucket(self, bus: str) -> _Bucket:
        """Return what stands before the first wildcard -> the lines, of one bus."""
        wild = (bus[:end] + sign for end in range(len(bus)) for sign in "*?[")
        starts = (bus, bus.replace("_", "-"), *wild)
        bucket: _Bucket = {}
        for raw in self.lines():
            if raw.startswith(starts):
                line = _underscored(raw)
                key = line.split("*", 1)[0]
                if "[" in key or "?" in key or " " in key:
                    key = _PLAIN.split(line, maxsplit=1)[0]
                bucket.setdefault(key, []).append(line)
        return bucket


def _underscored(line: str) -> str:
    """Return an alias and its module with ``_`` for ``-``, save in sets like ``[0-9]``."""
    if "[" not in line:
        return line.replace("-", "_")
    parts = re.split(r"(\[[^\]]*\])", line)
    return "".join(part if part[:1] == "[" else part.replace("-", "_") for part in parts)


def _matches(pattern: str, text: str) -> bool:
    if pattern.replace("*", "") in _CATCH_ALL:
        return False
    if not _PLAIN.search(pattern):
        return pattern == text
    from fnmatch import fnmatchcase  # noqa: PLC0415 - only where a device has no driver

    return fnmatchcase(text, pattern)
