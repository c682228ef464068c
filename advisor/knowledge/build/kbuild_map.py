"""The text form of the map from source files to units, and several releases' maps in one.

One record a line, four columns with tabs between: a directory, the releases (``*`` for all), the units
(``-`` for none), and the names of the files there that share them. A unit is
``module@arch:symbol:gate,gate#release,release``, without what is empty; units are joined with ``;``.
A blank in a name is ``%20``, as in a URL.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build.kbuild_units import Unit
from advisor.system.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

HEADER = "#advisor.kernel-files/1"
TOP = "top"
"""Stands for the tree itself in the name of a map's file."""


class SourceFile(NamedTuple):
    """A file of a kernel source tree.

    Attributes:
        path: ``drivers/net/ethernet/intel/e1000e/netdev.c``.
        units: What it becomes part of; () for what no build compiles.
        releases: The releases that have it: ``("6.1", "6.12")``; () before they are merged.
    """

    path: str
    units: tuple[Unit, ...]
    releases: tuple[str, ...] = ()


def merge(maps: Mapping[str, Iterable[SourceFile]]) -> Iterator[SourceFile]:
    """Yield each file of several releases once, with the releases that have it and each unit.

    Args:
        maps: By release, oldest first: ``{"6.1": read_tree(...), "6.12": ...}``.
    """
    paths: dict[str, dict[str, tuple[Unit, ...]]] = defaultdict(dict)
    for release, files in maps.items():
        for file in files:
            paths[file.path][release] = file.units
    for path in sorted(paths):
        by_release = paths[path]
        units: dict[Unit, list[str]] = defaultdict(list)
        for release, found in by_release.items():
            for unit in found:
                units[unit].append(release)
        joined = (
            unit._replace(releases=() if len(have) == len(by_release) else tuple(have))
            for unit, have in units.items()
        )
        yield SourceFile(path, tuple(sorted(joined)), tuple(by_release))


def write_map(files: Iterable[SourceFile], releases: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of the text form, each with its line feed; the same for the same files.

    Args:
        files: In any order.
        releases: All releases of the map, oldest first.
    """
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for file in files:
        folder, _, name = file.path.rpartition("/")
        have = "*" if file.releases in {(), releases} else ",".join(file.releases)
        units = ";".join(_unit_text(unit) for unit in file.units) or "-"
        groups[folder, have, units].append(name)
    yield " ".join((HEADER, *releases)) + "\n"
    for (folder, have, units), names in sorted(groups.items()):
        yield f"{_escaped(folder)}\t{have}\t{units}\t{' '.join(map(_escaped, sorted(names)))}\n"


def save_maps(files: Iterable[SourceFile], releases: tuple[str, ...], folder: Path) -> None:
    """Write the text form into a directory: a file for each top directory of the tree.

    Args:
        files: In any order.
        releases: All releases of the map, oldest first.
        folder: Its ``*.tsv`` are replaced.
    """
    by_top: dict[str, list[SourceFile]] = defaultdict(list)
    for file in files:
        top, slash, _ = file.path.partition("/")
        by_top[top if slash else TOP].append(file)
    folder.mkdir(parents=True, exist_ok=True)
    for top, found in by_top.items():
        write_text(folder / f"{top}.tsv", "".join(write_map(found, releases)), mode=0o644)
    for old in folder.glob("*.tsv"):
        if old.stem not in by_top:
            old.unlink()


def load_maps(folder: Path) -> Iterator[SourceFile]:
    """Yield the files of all ``*.tsv`` in a directory that :func:`save_maps` wrote.

    Raises:
        AdvisorError: There is none, or one is damaged.
    """
    found = sorted(folder.glob("*.tsv"))
    if not found:
        raise AdvisorError(
            f"no map of kernel files, {folder}", hint="build it", status=ExitStatus.NO_DATABASE
        )
    for path in found:
        try:
            with path.open(encoding="utf-8") as lines:
                yield from read_map(lines)
        except (OSError, UnicodeDecodeError) as error:
            raise AdvisorError(
                f"the map of kernel files is damaged, {path}: {error}",
                hint="build it again",
                status=ExitStatus.BAD_DATA,
            ) from error


def _escaped(name: str) -> str:
    for char in "% \t\n\r":
        if char in name:
            name = name.replace(char, f"%{ord(char):02X}")
    return name


def _plain(name: str) -> str:
    return unquote(name) if "%" in name else name


def _unit_text(unit: Unit) -> str:
    arch = f"@{unit.arch}" if unit.arch else ""
    gates = ",".join(unit.gates)
    symbols = f":{unit.symbol}:{gates}" if gates else f":{unit.symbol}" if unit.symbol else ""
    only = f"#{','.join(unit.releases)}" if unit.releases else ""
    return unit.module + arch + symbols + only


def read_map(lines: Iterable[str]) -> Iterator[SourceFile]:
    """Yield the files of the text form, in its order.

    Args:
        lines: Of one file that :func:`write_map` made.

    Raises:
        AdvisorError: A line is not of that form.
    """
    releases: tuple[str, ...] = ()
    units: dict[str, tuple[Unit, ...]] = {"-": ()}
    for number, line in enumerate(lines, 1):
        if number == 1:
            header = line.split()
            if header[:1] != [HEADER]:
                _damaged(number)
            releases = tuple(header[1:])
            continue
        columns = line.rstrip("\n").split("\t")
        if len(columns) != 4:  # noqa: PLR2004  # as the module's docstring says
            _damaged(number)
        folder, have, text, names = columns
        if text not in units:
            units[text] = tuple(_unit(part) for part in text.split(";"))
        seen = releases if have == "*" else tuple(have.split(","))
        prefix = f"{_plain(folder)}/" if folder else ""
        for name in names.split(" "):
            yield SourceFile(prefix + _plain(name), units[text], seen)


def _unit(text: str) -> Unit:
    rest, _, releases = text.partition("#")
    head, _, symbols = rest.partition(":")
    module, _, arch = head.partition("@")
    symbol, _, gates = symbols.partition(":")
    return Unit(module, symbol, _split(gates), arch, _split(releases))


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _damaged(number: int) -> None:
    what = f"the map of kernel files is damaged, line {number}"
    raise AdvisorError(what, hint="build it again", status=ExitStatus.BAD_DATA)
