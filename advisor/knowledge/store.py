"""The knowledge base at run time: SQLite, read-only, asked for what a machine needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.sites import Site, parse_sites
from advisor.knowledge.trace import Pair, unpack
from advisor.model.version import KernelVersion, Series

SCHEMA_VERSION = 1
_CHUNK = 500  # names in one query; SQLite takes at least 999
_RECORD = "SELECT n, id, class, evidence, cvss, score, sites, trace FROM fix WHERE {} IN ({{}})"

# SQLite's rows hold whatever the query selects; the schema says what that is.
Row = tuple[Any, ...]


class OpenFix(NamedTuple):
    """A fix that a kernel lacks: its number here, its places, and its score in tenths."""

    n: int
    sites: int
    score: int


class Record(NamedTuple):
    """What is known about one CVE.

    Attributes:
        pairs: Where the bug came in and was mended, as the CNA gives them.
        cvss: The vector without its prefix; ``""`` where the score is an estimate.
        score: CVSS base score in tenths.
        exploited: The day it was listed as exploited, or ``""``.
    """

    n: int
    id: str
    bug: str
    evidence: str
    cvss: str
    score: int
    sites: tuple[Site, ...]
    pairs: tuple[Pair, ...]
    exploited: str


class KnowledgeBase:
    """Look-ups in one database file. Nothing is loaded until it is asked for.

    Args:
        path: The SQLite file that :mod:`advisor.knowledge.build.database` wrote.

    Raises:
        AdvisorError: There is no such file, or it is not a usable knowledge base.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise AdvisorError(
                f"no knowledge base, {path}",
                hint="build it with `advisor kb build`, or `make database` in a checkout",
                status=ExitStatus.NO_DATABASE,
            )
        try:
            uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True)
            found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        if found != SCHEMA_VERSION:
            raise AdvisorError(
                f"the knowledge base has form {found}, this advisor reads {SCHEMA_VERSION}, {path}",
                hint="build it again with `advisor kb build`, or install the matching release",
                status=ExitStatus.NO_DATABASE,
            )

    def meta(self) -> dict[str, str]:
        """Return what the database says about itself: ``snapshot``, ``records`` ..."""
        return dict(self._all("SELECT key, value FROM meta"))

    def open_in(self, version: KernelVersion, *, cna_only: bool = False) -> dict[int, OpenFix]:
        """Return the fixes that an upstream kernel lacks, by their number.

        The rule is the kernel CNA's: a bug starts in a kernel when a mainline release up to its
        series brought it, or a stable update up to its patch level; a fix ends it the same way. A
        release candidate has what the release before it has: what was mended while it was a
        candidate still counts as open.

        Args:
            version: The upstream version.
            cna_only: Take nothing but the CNA's records, by the letter of the CNA's rule.
        """
        # The table and column names are constants of this module, never input.
        ended = "ended_cna" if cna_only else "ended"
        sources = "AND source = 0" if cna_only else ""
        compare = ">=" if version.is_rc else ">"
        query = f"""
            SELECT n, sites, score FROM fix
            WHERE (started <= :series OR n IN (
                SELECT fix FROM point WHERE series = :series AND kind = 0 AND patch <= :patch {sources}))
              AND ({ended} IS NULL OR {ended} {compare} :series)
              AND n NOT IN (
                SELECT fix FROM point WHERE series = :series AND kind = 1 AND patch <= :patch {sources})
              {sources}
        """  # noqa: S608
        rows = self._all(query, {"series": version.series.code, "patch": version.patch})
        return {fix.n: fix for fix in map(OpenFix._make, rows)}

    def ids(self, numbers: Collection[int]) -> dict[int, str]:
        """Return the CVE ids of fixes, by number."""
        rows = self._in("SELECT n, id FROM fix WHERE n IN ({})", numbers)
        return dict(rows)

    def sites(self, numbers: Collection[int]) -> dict[int, tuple[Site, ...]]:
        """Return the places behind ``OpenFix.sites``, by number."""
        rows = self._in("SELECT n, text FROM sites WHERE n IN ({})", numbers)
        return {n: parse_sites(text) for n, text in rows}

    def numbers(self, cves: Collection[str]) -> frozenset[int]:
        """Return the numbers of the CVEs that are known here."""
        return frozenset(
            int(row[0]) for row in self._in("SELECT n FROM fix WHERE id IN ({})", cves)
        )

    def horizon(self, series: Series) -> KernelVersion | None:
        """Return the newest version of a series that any record speaks about, None where none does.

        Nothing is known about what a later update of the series fixes or breaks.
        """
        rows = self._all("SELECT max(patch) FROM point WHERE series = ?", (series.code,))
        if rows[0][0] is not None:
            return KernelVersion(series, int(rows[0][0]))
        rows = self._all("SELECT 1 FROM fix WHERE ended = ? LIMIT 1", (series.code,))
        return KernelVersion(series) if rows else None

    def record(self, cve: str) -> Record | None:
        """Return what is known about a CVE, None where nothing is."""
        return self._records(self._in(_RECORD.format("id"), (cve,))).get(cve)

    def records(self, numbers: Collection[int]) -> dict[str, Record]:
        """Return what is known about fixes, by CVE id."""
        return self._records(self._in(_RECORD.format("n"), numbers))

    def _records(self, rows: list[Row]) -> dict[str, Record]:
        sites = self.sites({row[6] for row in rows})
        exploited: dict[str, str] = dict(self._all("SELECT id, since FROM exploited"))
        return {
            row[1]: Record(
                n=row[0],
                id=row[1],
                bug=row[2],
                evidence=row[3],
                cvss=row[4],
                score=row[5],
                sites=sites.get(row[6], ()),
                pairs=unpack(row[7]),
                exploited=exploited.get(row[1], ""),
            )
            for row in rows
        }

    def _all(self, query: str, values: Mapping[str, int] | tuple[object, ...] = ()) -> list[Row]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _in(self, query: str, values: Collection[int] | Collection[str]) -> list[Row]:
        """Run a query with ``IN ({})`` over any number of values."""
        names = list(values)
        rows: list[Row] = []
        for start in range(0, len(names), _CHUNK):
            part = names[start : start + _CHUNK]
            rows += self._all(query.replace("{}", ",".join("?" * len(part))), tuple(part))
        return rows

    def _damaged(self, error: sqlite3.Error) -> AdvisorError:
        return AdvisorError(
            f"the knowledge base is damaged, {self.path}: {error}",
            hint="build it again with `advisor kb build`, or reinstall",
            status=ExitStatus.NO_DATABASE,
        )
