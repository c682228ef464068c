"""Compile the text form of the knowledge base into the SQLite file that a scan reads."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, Protocol

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge import trace
from advisor.knowledge.build.record import Pair, Record
from advisor.model.version import KernelVersion, Series

CNA = 0
CHANGELOG = 1
_BUG, _FIX = 0, 1
_UNKNOWN_FILE = "?"


class BuildUnit(Protocol):
    """A module, or ``vmlinux``, that a source file is compiled into."""

    @property
    def module(self) -> str:
        """In memory's spelling."""
        ...

    @property
    def symbol(self) -> str:
        """The Kconfig symbol that decides between module and built-in, or ``""``."""
        ...

    @property
    def gates(self) -> Sequence[str]:
        """The other symbols that must be on."""
        ...


class ChangelogPoint(NamedTuple):
    """A distribution's changelog says: this stable release fixed this CVE."""

    cve: str
    version: KernelVersion


class Parts(NamedTuple):
    """Everything that goes into the database, read and checked."""

    records: Sequence[Record]
    units: Mapping[str, Sequence[BuildUnit]]
    meta: Mapping[str, str]
    changelog: Sequence[ChangelogPoint] = ()


def compile_database(target: Path, parts: Parts) -> None:
    """Write the database, whole or not at all; the same parts give the same bytes.

    Raises:
        AdvisorError: It cannot be written; what was there stays.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        connection = sqlite3.connect(temporary)
        try:
            _fill(connection, parts)
        finally:
            connection.close()
        temporary.chmod(0o644)
        temporary.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise AdvisorError(
            f"cannot write the knowledge base, {target}: {error}", status=ExitStatus.IO
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _fill(connection: sqlite3.Connection, parts: Parts) -> None:
    connection.executescript(files("advisor.knowledge").joinpath("schema.sql").read_text("utf-8"))
    with connection:
        connection.executemany("INSERT INTO meta VALUES (?, ?)", sorted(parts.meta.items()))
        _fill_fixes(connection, parts)
    connection.execute("VACUUM")


def _fill_fixes(connection: sqlite3.Connection, parts: Parts) -> None:
    sites: dict[str, int] = {}
    numbers = {record.id: n for n, record in enumerate(parts.records, 1)}
    points: set[tuple[int, int, int, int, int]] = set()
    for record in parts.records:
        n = numbers[record.id]
        text = sites_text(record.files, parts.units)
        site = sites.setdefault(text, len(sites) + 1)
        row = (
            *(n, record.id, record.bug, record.evidence, record.cvss, record.score, CNA),
            *_mainline(record.pairs),
            *(site, trace.pack(_trace(pair) for pair in record.pairs)),
        )
        connection.execute(f"INSERT INTO fix VALUES ({','.join('?' * len(row))})", row)
        points.update(_points(n, record.pairs))
    for found in parts.changelog:
        if found.cve in numbers and found.version.patch:
            code, patch = found.version.series.code, found.version.patch
            points.add((code, _FIX, patch, numbers[found.cve], CHANGELOG))
    connection.executemany("INSERT INTO point VALUES (?, ?, ?, ?, ?)", sorted(points))
    connection.executemany("INSERT INTO sites VALUES (?, ?)", ((n, t) for t, n in sites.items()))


def sites_text(paths: Iterable[str], units: Mapping[str, Sequence[BuildUnit]]) -> str:
    """Return where a fix lives, one line a file: ``path TAB module:symbol:gates;...``."""
    return "\n".join(f"{path}\t{_units_text(units.get(path))}" for path in paths)


def _units_text(units: Sequence[BuildUnit] | None) -> str:
    if units is None:
        return _UNKNOWN_FILE
    return ";".join(f"{unit.module}:{unit.symbol}:{','.join(unit.gates)}" for unit in units)


def _trace(pair: Pair) -> trace.Pair:
    return trace.Pair(
        trace.Change(str(pair.introduced or ""), pair.introduced_commit),
        trace.Change(str(pair.fixed or ""), pair.fixed_commit),
    )


def _mainline(pairs: Sequence[Pair]) -> tuple[int | None, int | None, int | None]:
    """Return the earliest mainline series with the bug, the fix, and the fix by the CNA's rule."""
    started = [_code(pair.introduced) for pair in pairs]
    ended = [pair.fixed.series.code for pair in pairs if pair.fixed and not pair.fixed.patch]
    by_cna = [pair.fixed.series.code for pair in pairs if pair.fixed and _is_old(pair.fixed.series)]
    return (
        min((code for code in started if code is not None), default=None),
        min(ended, default=None),
        min(ended + by_cna, default=None),
    )


def _code(version: KernelVersion | None) -> int | None:
    if version is None:
        return 0  # the CNA's 0: since ever
    return None if version.patch else version.series.code


def _is_old(series: Series) -> bool:
    return (series.major, series.minor) == (2, 6)


def _points(n: int, pairs: Iterable[Pair]) -> Iterator[tuple[int, int, int, int, int]]:
    for pair in pairs:
        for kind, version in ((_BUG, pair.introduced), (_FIX, pair.fixed)):
            if version is not None and version.patch:
                yield (version.series.code, kind, version.patch, n, CNA)
