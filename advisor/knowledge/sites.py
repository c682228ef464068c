"""The places a fix touches: source files, and what each is compiled into."""

from __future__ import annotations

from typing import NamedTuple

VMLINUX = "vmlinux"
SEVERAL = "several"


class Unit(NamedTuple):
    """A module, or ``vmlinux``, that a source file is compiled into.

    Attributes:
        module: In memory's spelling; ``several`` for a header that many include.
        symbol: The Kconfig symbol that decides between module and built-in, or ``""``.
        gates: The other symbols that must be on for the file to be compiled.
    """

    module: str
    symbol: str
    gates: tuple[str, ...]


class Site(NamedTuple):
    """One source file that a fix touches.

    Attributes:
        path: Below the kernel's top folder.
        units: What it is compiled into; empty where no build compiles it (documentation, tools).
        known: Whether any kernel tree that was read has the file.
    """

    path: str
    units: tuple[Unit, ...]
    known: bool


def parse_sites(text: str) -> tuple[Site, ...]:
    """Return the sites that the database keeps as text: one line a file."""
    return tuple(_parse_site(line) for line in text.split("\n") if line)


def _parse_site(line: str) -> Site:
    path, _, units = line.partition("\t")
    if units == "?":
        return Site(path, (), known=False)
    return Site(path, tuple(_parse_unit(unit) for unit in units.split(";") if unit), known=True)


def _parse_unit(text: str) -> Unit:
    module, symbol, gates = text.split(":", 2)
    return Unit(module, symbol, tuple(gates.split(",")) if gates else ())
