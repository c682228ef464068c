"""Which modules answer to an alias: the tables of modprobe, asked without building them whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from advisor.model.requests import BY_MOUNT, BY_NAMESPACE, BY_PLUG, BY_USER
from advisor.probe.modules import KERNELS_KEPT, in_memory

_MOST: Final = 500_000
# Of a pattern: many times what a recorded kernel has (76 and 8); what it costs to match grows with both.
_LONGEST: Final = 2048
_MOST_STARS: Final = 64
_PLAIN: Final = re.compile(r"[*?\[ ]")
# These match every device of their bus. Since 7.2 the built-in tpm_tis brings two of them.
_CATCH_ALL: Final = frozenset({"pnp:d", "acpi::", "acpi:", "of:N*T*", "platform:", "usb:", "pci:"})

_BY_PROGRAM: Final = (*(prefix for prefix, _ in BY_USER), *BY_NAMESPACE, BY_MOUNT)
_STARTS: Final = frozenset(prefix[:3] for prefix in _BY_PROGRAM + BY_PLUG)

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
        self._requested: Mapping[str, tuple[str, ...]] | None = None

    def lines(self) -> list[str]:
        """Return the aliases with their modules, as they are written: ``fs-ext4 ext4``.

        Those of what is built in come first, as modprobe asks for them first.
        """
        if self._lines is None:
            rows = [row.partition(".alias=") for row in self._builtin.split("\0", _MOST)]
            own = [f"{alias} {module}" for module, mark, alias in rows if mark]
            self._lines = own + ("\n" + self.text).split("\nalias ", _MOST)[1:]
        return self._lines

    def on_request(self) -> Mapping[str, tuple[str, ...]]:
        """Return module -> its aliases that a program or a plug asks for; of a bus the first."""
        if self._requested is None:
            found: dict[str, list[str]] = {}
            plugged: dict[str, str] = {}
            for line in self.lines():
                if line[:3] not in _STARTS:
                    continue
                if line.startswith(BY_PLUG):
                    alias, _, module = line.partition(" ")
                    plugged.setdefault(module, alias)
                elif line.startswith(_BY_PROGRAM):
                    alias, _, module = line.rstrip("\n").partition(" ")
                    found.setdefault(in_memory(module), []).append(alias)
            for module, alias in plugged.items():
                found.setdefault(in_memory(module.rstrip("\n")), []).append(alias)
            self._requested = {module: tuple(aliases) for module, aliases in found.items()}
        return self._requested

    def modules(self, modalias: str) -> tuple[str, ...]:
        """Return the modules one of whose aliases matches, in the order of the file.

        Source:
            libkmod: fnmatch(3) over the pattern, with ``-`` and ``_`` taken as the same.
        """
        if len(modalias) > _LONGEST:
            return ()
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
            if raw.startswith(starts) and len(raw) <= _LONGEST and raw.count("*") <= _MOST_STARS:
                line = _underscored(raw)
                key = line.split("*", 1)[0]
                if "[" in key or "?" in key or " " in key:
                    key = _PLAIN.split(line, maxsplit=1)[0]
                bucket.setdefault(key, []).append(line)
        return bucket


@lru_cache(maxsize=KERNELS_KEPT)
def alias_table(text: str | None, builtin: str) -> AliasTable:
    """Return the table of a kernel's aliases, the same one for machines that run the same kernel."""
    return AliasTable(text, builtin)


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
