"""The knowledge base at run time: SQLite, read-only, asked for what a machine needs."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

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
from advisor.knowledge.connection import SCHEMA_VERSION, Row
from advisor.knowledge.facts import Counts, CuratedRow, OpenFix, Record, SeriesFacts
from advisor.knowledge.ranges import Line, OpenRanges, by_the_letter, open_ranges
from advisor.knowledge.sites import Site, TreesAround, parse_site
from advisor.knowledge.trace import unpack
from advisor.knowledge.world import World, keep
from advisor.model.version import KernelVersion, Series

__all__ = [
    "SCHEMA_VERSION",
    "Counts",
    "CuratedRow",
    "KnowledgeBase",
    "OpenFix",
    "Record",
    "SeriesFacts",
]


class KnowledgeBase(World):
    """Look-ups in one database file. Nothing is loaded until it is asked for.

    Args:
        path: The SQLite file that :mod:`advisor.knowledge.build.database` wrote.

    Raises:
        AdvisorError: There is no such file, or it is not a usable knowledge base. Every look-up
            raises it too where the file turns out to be damaged.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._columns: Columns | None = None
        self._letter: Columns | None = None
        self._versions: list[str] = []
        self._words: dict[int, str] = {}
        self._lines: dict[int, Line] = {}
        self._ranges: dict[tuple[int, bool, bool], OpenRanges] = {}
        self._open: dict[tuple[KernelVersion, bool], Mapping[int, OpenFix]] = {}
        self._fixes: dict[int, OpenFix] = {}
        self._horizons: dict[int, KernelVersion | None] = {}
        self._around: dict[Series | None, TreesAround] = {}
        self._sites: dict[str, Site] = {}
        self._places: dict[int, tuple[Site, ...]] = {}
        self._records: dict[int, Record] = {}
        self._repairs: dict[int, tuple[str, ...]] = {}
        self._since: Mapping[str, str] | None = None

    # Which fixes a kernel lacks.

    def open_in(self, version: KernelVersion, *, cna_only: bool = False) -> Mapping[int, OpenFix]:
        """Return the fixes that an upstream kernel lacks, by their number.

        Args:
            version: The upstream version; :mod:`advisor.knowledge.ranges` has the rule.
            cna_only: Take nothing but the CNA's records, by the letter of the CNA's rule.
        """
        asked = (version, cna_only)
        if asked in self._open:
            return self._open[asked]
        key = (version.series.code, cna_only, version.is_rc)
        ranges = self._ranges.get(key)
        if ranges is None:
            ranges = self._ranges[key] = self._open_ranges(*key)
        columns = self._all_columns()
        known = self._fixes
        lacking = ranges.at(version.patch)
        for n in lacking:
            if n not in known:
                known[n] = OpenFix(n, columns.sites[n - 1], columns.score[n - 1])
        return keep(self._open, asked, {n: known[n] for n in lacking})

    def horizon(self, series: Series) -> KernelVersion | None:
        """Return the newest version of a series that the CNA's records speak about, None if none.

        What a later update brings in is not known: changelogs tell what was mended in it, never
        what came in with it. :meth:`mended_to` is where those end.
        """
        code = series.code
        if code not in self._horizons:
            line = self._line(code)
            patch = max((*line.bugs.values(), *line.fixes.values()), default=0)
            told = patch or code in self._all_columns().ended
            self._horizons[code] = KernelVersion(series, patch) if told else None
        return self._horizons[code]

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

    def check(self) -> None:
        """Read every page of the file, and what is packed in it.

        Raises:
            AdvisorError: Something is damaged.
        """
        super().check()
        for (code,) in self._file.all("SELECT series FROM line"):
            self._line(code)
        self._by_the_letter()

    def fixes(self) -> int:
        """Return how many fixes there are; they have the numbers from 1 on."""
        return len(self._all_columns().cve)

    def silent_about(self, numbers: Iterable[int], series: Series) -> frozenset[int]:
        """Return the fixes that no source places in a series: neither open nor closed there.

        These are what only a changelog of other series knows.
        """
        sources, noted = self._all_columns().source, self._line(series.code).noted
        return frozenset(
            n for n in numbers if sources[n - 1] == CHANGELOG_SOURCE and n not in noted
        )

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

    def around(self, series: Series | None) -> TreesAround:
        """Return the kernel trees to ask about a series: the same for all machines that run it."""
        if series not in self._around:
            self._around[series] = TreesAround(series, self.trees())
        return self._around[series]

    def sites(self, numbers: Collection[int]) -> dict[int, tuple[Site, ...]]:
        """Return the places behind ``OpenFix.sites``, by number."""
        known = self._places
        rows = self._file.any_of(
            "SELECT n, text FROM sites WHERE n IN ({})", [n for n in numbers if n not in known]
        )
        try:
            for n, text in rows:
                lines = text.split("\n") if text else ()
                known[n] = tuple([self._site(line) for line in lines])
        except ValueError as error:
            raise self._file.damaged(error) from error
        return {n: known[n] for n in numbers}

    def _site(self, line: str) -> Site:
        if line not in self._sites:
            self._sites[line] = parse_site(line)
        return self._sites[line]

    def record(self, cve: str) -> Record | None:
        """Return what is known about a CVE, None where nothing is."""
        n = self._number(cve)
        return None if n is None else self.records([n]).get(cve)

    def records(self, numbers: Collection[int]) -> dict[str, Record]:
        """Return what is known about fixes, by CVE id."""
        known = self._records
        self._read_records([n for n in numbers if n not in known])
        return {known[n].id: known[n] for n in numbers if n in known}

    def _read_records(self, numbers: Collection[int]) -> None:
        rows = self._file.any_of(
            "SELECT n, bug, evidence, vector, trace FROM fix WHERE n IN ({})", numbers
        )
        columns = self._all_columns()
        if not self._words:
            rows_of_words = self._file.all("SELECT n, text FROM word")
            self._words = {number: str(word) for number, word in rows_of_words}
        places: set[int] = {columns.sites[row[0] - 1] for row in rows}
        sites = self.sites(places)
        noted = self._noted(numbers)
        try:
            for row in rows:
                self._records[row[0]] = self._record(row, columns, sites, noted)
        except (IndexError, KeyError, ValueError, TypeError) as error:
            raise self._file.damaged(error) from error

    def _record(
        self,
        row: Row,
        columns: Columns,
        sites: Mapping[int, tuple[Site, ...]],
        noted: Mapping[int, list[str]],
    ) -> Record:
        n: int = row[0]
        _, bug, evidence, vector, trace = row
        cve = cve_id(columns.cve[n - 1])
        return Record(
            n=n,
            id=cve,
            bug=self._words[bug],
            evidence=self._words[evidence],
            cvss=self._words[vector],
            score=columns.score[n - 1],
            sites=sites[columns.sites[n - 1]],
            pairs=unpack(trace, self._versions),
            exploited=self._exploited().get(cve, ""),
            noted=tuple(noted.get(n, ())),
            recorded=columns.source[n - 1] != CHANGELOG_SOURCE,
        ).summed_up()

    def _exploited(self) -> Mapping[str, str]:
        if self._since is None:
            self._since = dict(self._file.all("SELECT id, since FROM exploited"))
        return self._since

    def _noted(self, numbers: Collection[int]) -> dict[int, list[str]]:
        found: defaultdict[int, list[str]] = defaultdict(list)
        query = "SELECT fix, series, patch FROM noted WHERE fix IN ({}) ORDER BY fix, series, patch"
        for n, code, patch in self._file.any_of(query, numbers):
            found[n].append(str(KernelVersion(series_of(code), patch)))
        return found

    def repairs(self, numbers: Collection[int]) -> dict[int, tuple[str, ...]]:
        """Return, by number, the CVEs whose fix is what brought the bug in; others are left out."""
        known = self._repairs
        found: dict[int, list[int]] = {n: [] for n in numbers if n not in known}
        query = "SELECT fix, by FROM repair WHERE fix IN ({}) ORDER BY fix, by"
        for n, by in self._file.any_of(query, found):
            found[n].append(by)
        ids = self.ids({by for listed in found.values() for by in listed})
        known.update({n: tuple([ids[by] for by in listed]) for n, listed in found.items()})
        return {n: known[n] for n in numbers if known[n]}
