"""The knowledge base at run time: SQLite, read-only, asked for what a machine needs."""

from __future__ import annotations

import json
import struct
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import cast

from advisor.knowledge.columns import (
    CHANGELOG_SOURCE,
    COLUMN_FORMS,
    Columns,
    cve_id,
    cve_number,
    series_of,
    unpack_numbers,
    unpack_patches,
    unpack_spans,
)
from advisor.knowledge.connection import SCHEMA_VERSION, Connection, Row
from advisor.knowledge.facts import Counts, CuratedRow, OpenFix, Record, SeriesFacts
from advisor.knowledge.ranges import Line, OpenRanges, by_the_letter, open_ranges
from advisor.knowledge.sites import Site, Unit, packed_folder, parse_site, parse_units
from advisor.knowledge.trace import unpack
from advisor.model.version import KernelVersion, Series, parse_version

__all__ = [
    "SCHEMA_VERSION",
    "Counts",
    "CuratedRow",
    "KnowledgeBase",
    "OpenFix",
    "Record",
    "SeriesFacts",
]

_MOST_TEXT = 16 << 20  # of one unpacked folder; drivers/net has 0.7 MB
_CURATED_OPEN = """
    SELECT n, id, kind, trigger FROM curated
    WHERE (started <= :series OR n IN (SELECT fix FROM curated_point
            WHERE series = :series AND kind = 0 AND patch <= :patch))
      AND (ended IS NULL OR ended > :mended)
      AND n NOT IN (SELECT fix FROM curated_point
            WHERE series = :series AND kind = 1 AND patch <= :patch)
    ORDER BY id
"""


class KnowledgeBase:
    """Look-ups in one database file. Nothing is loaded until it is asked for.

    Args:
        path: The SQLite file that :mod:`advisor.knowledge.build.database` wrote.

    Raises:
        AdvisorError: There is no such file, or it is not a usable knowledge base. Every look-up
            raises it too where the file turns out to be damaged.
    """

    def __init__(self, path: Path) -> None:
        self.location = path
        self._file = Connection(path)
        self._columns: Columns | None = None
        self._letter: Columns | None = None
        self._versions: list[str] = []
        self._words: dict[int, str] = {}
        self._lines: dict[int, Line] = {}
        self._ranges: dict[tuple[int, bool, bool], OpenRanges] = {}
        self._open: dict[int, OpenFix] = {}
        self._sites: dict[str, Site] = {}

    def close(self) -> None:
        """Close the database; asking anything after that is a bug."""
        self._file.close()

    def meta(self) -> dict[str, str]:
        """Return what the database says about itself: ``snapshot``, ``records`` ..."""
        return dict(self._file.all("SELECT key, value FROM meta"))

    # Which fixes a kernel lacks.

    def open_in(self, version: KernelVersion, *, cna_only: bool = False) -> dict[int, OpenFix]:
        """Return the fixes that an upstream kernel lacks, by their number.

        Args:
            version: The upstream version; :mod:`advisor.knowledge.ranges` has the rule.
            cna_only: Take nothing but the CNA's records, by the letter of the CNA's rule.
        """
        key = (version.series.code, cna_only, version.is_rc)
        ranges = self._ranges.get(key)
        if ranges is None:
            ranges = self._ranges[key] = self._open_ranges(*key)
        columns = self._all_columns()
        known = self._open
        lacking = ranges.at(version.patch)
        for n in lacking:
            if n not in known:
                known[n] = OpenFix(n, columns.sites[n - 1], columns.score[n - 1])
        return {n: known[n] for n in lacking}

    def horizon(self, series: Series) -> KernelVersion | None:
        """Return the newest version of a series that the CNA's records speak about, None if none.

        What a later update brings in is not known: changelogs tell what was mended in it, never
        what came in with it. :meth:`mended_to` is where those end.
        """
        line = self._line(series.code)
        patches = (*line.bugs.values(), *line.fixes.values())
        if patches:
            return KernelVersion(series, max(patches))
        return KernelVersion(series) if series.code in self._all_columns().ended else None

    def mended_to(self, series: Series) -> KernelVersion | None:
        """Return the newest version of a series of which some source says what it mends."""
        line = self._line(series.code)
        listed = self._file.all("SELECT last FROM tally WHERE series = ?", (series.code,))
        patches = (*line.noted.values(), *(row[0] for row in listed))
        known = [KernelVersion(series, max(patches))] if patches else []
        known += [version for version in (self.horizon(series),) if version]
        return max(known, default=None)

    def _open_ranges(self, code: int, cna_only: bool, candidate: bool) -> OpenRanges:  # noqa: FBT001 - a key's parts
        columns = self._by_the_letter() if cna_only else self._all_columns()
        line = self._line(code) if cna_only else self._line(code).with_notes()
        return open_ranges(columns, line, code, candidate=candidate)

    def _line(self, code: int) -> Line:
        if code not in self._lines:
            row = self._file.one("SELECT bugs, fixes, noted FROM line WHERE series = ?", code)
            try:
                self._lines[code] = Line(*map(unpack_patches, row or (b"", b"", b"")))
            except (struct.error, ValueError, TypeError) as error:
                raise self._file.damaged(error) from error
        return self._lines[code]

    def _all_columns(self) -> Columns:
        if self._columns is None:
            bodies: dict[str, bytes] = dict(self._file.all("SELECT name, body FROM column"))
            try:
                columns = Columns(
                    **{name: unpack_numbers(f, bodies[name]) for name, f in COLUMN_FORMS.items()},
                    earlier=unpack_spans(bodies["earlier"]),
                )
                self._versions = ["", *bodies["versions"].decode("ascii").split()]
            except (KeyError, struct.error, ValueError, TypeError, AttributeError) as error:
                raise self._file.damaged(error) from error
            if len({len(column) for column in columns[:-1]}) != 1:
                raise self._file.damaged(ValueError("its columns differ in length"))
            self._columns = columns
        return self._columns

    def _by_the_letter(self) -> Columns:
        if self._letter is None:
            row = self._file.one("SELECT body FROM column WHERE name = 'letter'")
            try:
                letter = unpack_spans(row[0]) if row else []
                self._letter = by_the_letter(self._all_columns(), letter)
            except (struct.error, TypeError, IndexError) as error:
                raise self._file.damaged(error) from error
        return self._letter

    # What is known about fixes.

    def ids(self, numbers: Iterable[int]) -> dict[int, str]:
        """Return the CVE ids of fixes, by number."""
        cves = self._all_columns().cve
        return {n: cve_id(cves[n - 1]) for n in numbers if 0 < n <= len(cves)}

    def numbers(self, cves: Iterable[str]) -> frozenset[int]:
        """Return the numbers of the CVEs that are known here."""
        found = (self._number(cve) for cve in cves)
        return frozenset(n for n in found if n is not None)

    def _number(self, cve: str) -> int | None:
        known = self._all_columns().cve
        wanted = cve_number(cve)
        if wanted is None:
            return None
        at = bisect_left(known, wanted)
        return at + 1 if at < len(known) and known[at] == wanted else None

    def sites(self, numbers: Collection[int]) -> dict[int, tuple[Site, ...]]:
        """Return the places behind ``OpenFix.sites``, by number."""
        rows = self._file.any_of("SELECT n, text FROM sites WHERE n IN ({})", numbers)
        known = self._sites
        found: dict[int, tuple[Site, ...]] = {}
        try:
            for n, text in rows:
                lines = text.split("\n") if text else ()
                for line in lines:
                    if line not in known:
                        known[line] = parse_site(line)
                found[n] = tuple([known[line] for line in lines])
        except ValueError as error:
            raise self._file.damaged(error) from error
        return found

    def record(self, cve: str) -> Record | None:
        """Return what is known about a CVE, None where nothing is."""
        n = self._number(cve)
        return None if n is None else self.records([n]).get(cve)

    def records(self, numbers: Collection[int]) -> dict[str, Record]:
        """Return what is known about fixes, by CVE id."""
        rows = self._file.any_of(
            "SELECT n, bug, evidence, vector, trace FROM fix WHERE n IN ({})", numbers
        )
        columns = self._all_columns()
        if not self._words:
            self._words = dict(self._file.all("SELECT n, text FROM word"))
        places: set[int] = {columns.sites[row[0] - 1] for row in rows}
        sites = self.sites(places)
        exploited: dict[str, str] = dict(self._file.all("SELECT id, since FROM exploited"))
        noted = self._noted(numbers)
        try:
            found = [self._record(row, columns, sites, noted) for row in rows]
        except (IndexError, KeyError, ValueError, TypeError) as error:
            raise self._file.damaged(error) from error
        return {
            record.id: record._replace(exploited=exploited[record.id])
            if record.id in exploited
            else record
            for record in found
        }

    def _record(
        self,
        row: Row,
        columns: Columns,
        sites: Mapping[int, tuple[Site, ...]],
        noted: Mapping[int, list[str]],
    ) -> Record:
        n: int = row[0]
        _, bug, evidence, vector, trace = row
        return Record(
            n=n,
            id=cve_id(columns.cve[n - 1]),
            bug=self._words[bug],
            evidence=self._words[evidence],
            cvss=self._words[vector],
            score=columns.score[n - 1],
            sites=sites[columns.sites[n - 1]],
            pairs=unpack(trace, self._versions),
            exploited="",
            noted=tuple(noted.get(n, ())),
            recorded=columns.source[n - 1] != CHANGELOG_SOURCE,
        )

    def _noted(self, numbers: Collection[int]) -> dict[int, list[str]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        query = "SELECT fix, series, patch FROM noted WHERE fix IN ({}) ORDER BY fix, series, patch"
        for n, code, patch in self._file.any_of(query, numbers):
            found[n].append(str(KernelVersion(series_of(code), patch)))
        return found

    def repairs(self, numbers: Collection[int]) -> dict[int, tuple[str, ...]]:
        """Return, by number, the CVEs whose fix is what brought the bug in; others are left out."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        query = "SELECT fix, by FROM repair WHERE fix IN ({}) ORDER BY fix, by"
        for n, by in self._file.any_of(query, numbers):
            found[n].append(by)
        brought: set[int] = {by for listed in found.values() for by in listed}
        ids = self.ids(brought)
        return {n: tuple(ids[by] for by in listed) for n, listed in found.items()}

    # What people wrote.

    def curated_open_in(self, version: KernelVersion) -> tuple[CuratedRow, ...]:
        """Return the curated entries that hold for an upstream kernel, by id.

        The rule is the one of :meth:`open_in`.
        """
        code = version.series.code
        values = {
            "series": code,
            "patch": version.patch,
            "mended": code - 1 if version.is_rc else code,
        }
        return tuple(map(CuratedRow._make, self._file.all(_CURATED_OPEN, values)))

    def curated_bodies(self, numbers: Collection[int]) -> dict[int, dict[str, object]]:
        """Return curated entries as ``data/fixes.json`` has them, by number."""
        rows = self._file.any_of("SELECT n, body FROM curated WHERE n IN ({})", numbers)
        return {n: self._object(body) for n, body in rows}

    def curated_for(self, cves: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return the ids of the curated entries that speak about CVEs; others are left out."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        query = """
            SELECT curated_cve.cve, curated.id FROM curated_cve
            JOIN curated ON curated.n = curated_cve.fix
            WHERE curated_cve.cve IN ({}) ORDER BY curated_cve.cve, curated.id"""
        for cve, name in self._file.any_of(query, cves):
            found[cve].append(name)
        return {cve: tuple(names) for cve, names in found.items()}

    def curated(self, name: str) -> dict[str, object] | None:
        """Return the curated entry with an id, None where there is none."""
        row = self._file.one("SELECT body FROM curated WHERE id = ?", name)
        return self._object(row[0]) if row else None

    def _object(self, body: str) -> dict[str, object]:
        try:
            return cast("dict[str, object]", json.loads(body))
        except ValueError as error:
            raise self._file.damaged(error) from error

    # The world around the fixes.

    def series(self, series: Series) -> SeriesFacts | None:
        """Return what is known about a series, None where nothing is."""
        row = self._file.one("SELECT * FROM series WHERE code = ?", series.code)
        return _series_facts(row) if row else None

    def all_series(self) -> tuple[SeriesFacts, ...]:
        """Return what is known about every series, the oldest first."""
        return tuple(map(_series_facts, self._file.all("SELECT * FROM series ORDER BY code")))

    def drivers(self, modules: Collection[str]) -> tuple[dict[str, object], ...]:
        """Return what ``data/drivers.json`` says about modules."""
        query = """
            SELECT DISTINCT driver.n, driver.body FROM driver
            JOIN driver_module ON driver_module.driver = driver.n
            WHERE driver_module.module IN ({})"""
        found: dict[int, str] = dict(self._file.any_of(query, modules))
        return tuple(self._object(body) for _, body in sorted(found.items()))

    def removed_between(self, low: Series, high: Series) -> tuple[dict[str, object], ...]:
        """Return the drivers gone in a series after ``low``, up to ``high``, and not back by then."""
        rows = self._file.all(
            "SELECT body FROM driver WHERE removed > ? AND removed <= ?"
            " AND (restored IS NULL OR restored > ?) ORDER BY n",
            (low.code, high.code, high.code),
        )
        return tuple(self._object(row[0]) for row in rows)

    def counts(self, module: str, series: Series, low: int, high: int) -> Counts | None:
        """Return how many fixes a module got in stable releases, CVE or not, by changelogs.

        Subject lines tell the module of about half of all fixes, so it got at least as many.

        Args:
            module: In memory's spelling; ``""`` for all fixes, whatever they touch.
            series: The stable series.
            low: The patch level after which to count.
            high: The last patch level to count.

        Returns:
            None where no changelog lists that series up to ``high``.
        """
        row = self._file.one("SELECT last, body FROM tally WHERE series = ?", series.code)
        if row is None or row[0] < high:
            return None
        fixes = named = 0
        for line in self._unpacked(row[1]).splitlines():
            name, _, counts = line.partition("\t")
            if name == module:
                for patch, one, two in map(_tally, counts.split()):
                    if low < patch <= high:
                        fixes, named = fixes + one, named + two
        return Counts(fixes, named)

    def path(self, path: str) -> tuple[Unit, ...] | None:
        """Return what a source file is compiled into, None where no kernel tree has it."""
        folder, _, name = path.rpartition("/")
        row = self._file.one("SELECT body FROM folder WHERE path = ?", packed_folder(path))
        if row is None:
            return None
        for line in self._unpacked(row[0]).splitlines():
            found, units, names = line.split("\t")
            if found == folder and name in names.split("/"):
                return parse_units(units)
        return None

    def _unpacked(self, body: bytes) -> str:
        import zlib  # noqa: PLC0415 - a scan seldom needs it

        try:
            return zlib.decompressobj().decompress(body, _MOST_TEXT).decode("utf-8")
        except (zlib.error, ValueError, TypeError) as error:
            raise self._file.damaged(error) from error


def _tally(text: str) -> tuple[int, int, int]:
    patch, _, counts = text.partition("=")
    fixes, _, named = counts.partition(",")
    return int(patch), int(fixes), int(named)


def _series_facts(row: Row) -> SeriesFacts:
    code, released, longterm, eol, last = row
    return SeriesFacts(series_of(code), released, bool(longterm), eol, parse_version(last))
