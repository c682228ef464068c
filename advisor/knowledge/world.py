"""What the knowledge base knows besides CVEs: curated entries, series, drivers, files, counts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final, TypeVar, cast

from advisor.errors import AdvisorError
from advisor.knowledge.columns import series_of
from advisor.knowledge.connection import Connection, Guarded, Row
from advisor.knowledge.facts import Counts, CuratedRow, SeriesFacts
from advisor.knowledge.sites import Unit, packed_folder, parse_units, present_path
from advisor.model.version import KernelVersion, Series, parse_version

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_MOST_KEPT: Final = 32  # of answers about a kernel: a house runs few
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


def keep(known: dict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    """Return an answer that is kept for the next machine; the first that was kept makes room."""
    if len(known) >= _MOST_KEPT:
        del known[next(iter(known))]
    known[key] = value
    return value


class World(Guarded):
    """Look-ups in one database file, of what is not a CVE.

    Args:
        path: The SQLite file that :mod:`advisor.knowledge.build.database` wrote.

    Raises:
        AdvisorError: There is no such file, or it is not a usable knowledge base. Every look-up
            raises it too where the file turns out to be damaged.
    """

    def __init__(self, path: Path) -> None:
        self.location = path
        self._file = Connection(path)
        self._meta: dict[str, str] = {}
        self._curated: dict[KernelVersion, tuple[CuratedRow, ...]] = {}
        self._bodies: dict[int, dict[str, object]] = {}
        self._series: dict[Series, SeriesFacts | None] = {}

    def close(self) -> None:
        """Close the database; asking anything after that is a bug."""
        self._file.close()

    def check(self) -> None:
        """Read every page of the file.

        Raises:
            AdvisorError: One is damaged.
        """
        found = self._file.all("PRAGMA integrity_check(1)")
        if [tuple(row) for row in found] != [("ok",)]:
            raise self._file.damaged(ValueError(str(found[:1])))

    def damaged(self, error: Exception) -> AdvisorError:
        """Return the error that says the file is not what it should be."""
        return self._file.damaged(error)

    def meta(self) -> Mapping[str, str]:
        """Return what the database says about itself: ``snapshot``, ``records`` ..."""
        if not self._meta:
            rows = self._file.all("SELECT key, value FROM meta")
            self._meta = {str(key): str(value) for key, value in rows}
        return self._meta

    def trees(self) -> tuple[str, ...]:
        """Return the releases whose source trees tell what files are compiled into."""
        return tuple(self.meta().get("trees", "").split())

    def sizes(self) -> dict[str, int]:
        """Return how much there is of what is not counted in :meth:`meta`."""
        tables = ("exploited", "series", "driver", "repair")
        # The names are the constants above.
        query = ", ".join(f"(SELECT count(*) FROM {name})" for name in tables)  # noqa: S608
        row = self._file.one(f"SELECT {query}")
        return dict(zip(("exploited", "series", "drivers", "repairs"), row or (), strict=False))

    # What people wrote.

    def curated_open_in(self, version: KernelVersion) -> tuple[CuratedRow, ...]:
        """Return the curated entries that hold for an upstream kernel, by id.

        The rule is the one of :meth:`open_in`.
        """
        if version in self._curated:
            return self._curated[version]
        code = version.series.code
        values = {
            "series": code,
            "patch": version.patch,
            "mended": code - 1 if version.is_rc else code,
        }
        rows = tuple(map(CuratedRow._make, self._file.all(_CURATED_OPEN, values)))
        return keep(self._curated, version, rows)

    def curated_bodies(self, numbers: Collection[int]) -> dict[int, dict[str, object]]:
        """Return curated entries as ``data/fixes.json`` has them, by number."""
        known = self._bodies
        missing = [n for n in numbers if n not in known]
        rows = self._file.any_of("SELECT n, body FROM curated WHERE n IN ({})", missing)
        known.update({n: self._object(body) for n, body in rows})
        return {n: known[n] for n in numbers if n in known}

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
        if series in self._series:
            return self._series[series]
        row = self._file.one("SELECT * FROM series WHERE code = ?", series.code)
        return keep(self._series, series, _series_facts(row) if row else None)

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
        """Return what a source file is compiled into, None where no kernel tree has it.

        A path of the past, ``fs/cifs/connect.c``, stands for where that file went.
        """
        found = self._path(path)
        if found is None:
            now = present_path(path, dict(self._file.all("SELECT old, new FROM moved")))
            return self._path(now) if now != path else None
        return found

    def _path(self, path: str) -> tuple[Unit, ...] | None:
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
    return SeriesFacts(
        series_of(code), str(released), bool(longterm), str(eol), parse_version(str(last))
    )
