"""Compile the text form of the knowledge base into the SQLite file that a scan reads."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge import trace
from advisor.knowledge.build import agreement
from advisor.knowledge.build.changelog_facts import Release
from advisor.knowledge.build.fixes import FixRow, Noted, fix_rows, last_noted
from advisor.knowledge.build.record import Record
from advisor.knowledge.columns import (
    COLUMN_FORMS,
    pack_numbers,
    pack_patches,
)
from advisor.knowledge.facts import Counts, SeriesFacts
from advisor.knowledge.reference import Exploited
from advisor.knowledge.reference_drivers import DriverFacts
from advisor.knowledge.sites import Unit, packed_folder, present_path, sites_text, units_text
from advisor.model.condition import condition_json
from advisor.model.curated import BranchVersion, CuratedFix
from advisor.model.version import Series
from advisor.system.files import beside, followed


class Curated(NamedTuple):
    """A curated entry: the value, and the JSON it was read from."""

    entry: CuratedFix
    body: Mapping[str, object]


class Parts(NamedTuple):
    """Everything that goes into the database, read and checked.

    Attributes:
        records: The CNA's, in the order of their ids.
        units: Source file -> what it is compiled into, for every file of every kernel tree read.
        meta: What the database says about itself.
        moved: Path or folder that is no more -> where it went.
        releases: What distributions' changelogs say about stable releases.
    """

    records: Sequence[Record]
    units: Mapping[str, tuple[Unit, ...]]
    meta: Mapping[str, str]
    moved: Mapping[str, str] = {}
    releases: Sequence[Release] = ()
    curated: Sequence[Curated] = ()
    series: Sequence[SeriesFacts] = ()
    drivers: Sequence[DriverFacts] = ()
    exploited: Sequence[Exploited] = ()


def compile_database(target: Path, parts: Parts) -> None:
    """Write the database, whole or not at all; the same parts give the same bytes.

    Raises:
        AdvisorError: It cannot be written; what was there stays.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        place = followed(target)
        with beside(place) as (temporary, file):
            with closing(sqlite3.connect(temporary)) as connection:
                _fill(connection, parts)
            os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(place)
    except (OSError, sqlite3.Error) as error:
        raise AdvisorError(
            f"cannot write the knowledge base, {target}: {error}", status=ExitStatus.IO
        ) from error


def _fill(connection: sqlite3.Connection, parts: Parts) -> None:
    connection.execute("PRAGMA journal_mode = OFF")
    connection.executescript(files("advisor.knowledge").joinpath("schema.sql").read_text("utf-8"))
    noted = (Noted(cve, one.version) for one in parts.releases for cve in one.cves)
    rows = fix_rows(parts.records, noted)
    with connection:
        _insert(connection, "meta", sorted(_meta(parts, rows).items()))
        _fill_fixes(connection, rows, with_moved(rows, parts))
        _insert(connection, "moved", sorted(parts.moved.items()))
        _fill_tallies(connection, parts.releases)
        _fill_folders(connection, parts.units)
        _fill_curated(connection, parts.curated)
        _insert(connection, "exploited", sorted(parts.exploited))
        _insert(connection, "series", sorted(map(_series_row, parts.series)))
        _fill_drivers(connection, parts.drivers)
    connection.execute("VACUUM")


def _meta(parts: Parts, rows: Sequence[FixRow]) -> dict[str, str]:
    return {
        **parts.meta,
        "records": str(len(parts.records)),
        "only_changelog": str(len(rows) - len(parts.records)),
        "curated": str(len(parts.curated)),
        "files": str(len(parts.units)),
        "agreement": _json(agreement.count(rows)),
    }


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    listed = list(rows)
    if listed:
        marks = ",".join("?" * len(listed[0]))
        # The table's name is a constant of this module.
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", listed)  # noqa: S608


def with_moved(rows: Sequence[FixRow], parts: Parts) -> Mapping[str, tuple[Unit, ...]]:
    """Return the units of files, those that fixes name by a path of the past among them."""
    units = dict(parts.units)
    for path in {path for row in rows for path in row.files} - units.keys():
        now = present_path(path, parts.moved)
        if now in units:
            units[path] = units[now]
    return units


class _Interned:
    """Values numbered from 1 in the order they are first asked for."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers) + 1)

    def rows(self) -> Iterator[tuple[int, str]]:
        return ((n, text) for text, n in self.numbers.items())


def _fill_fixes(
    connection: sqlite3.Connection, rows: Sequence[FixRow], units: Mapping[str, tuple[Unit, ...]]
) -> None:
    sites, words = _Interned(), _Interned()
    places = [sites(sites_text(row.files, units)) for row in rows]
    _fill_columns(connection, rows, places)
    versions = _versions(rows)
    _insert(
        connection,
        "fix",
        (
            (
                n,
                words(row.bug),
                words(row.evidence),
                words(row.cvss),
                trace.pack(row.pairs, versions),
            )
            for n, row in enumerate(rows, 1)
        ),
    )
    _insert(connection, "word", words.rows())
    _insert(connection, "sites", sites.rows())
    _fill_lines(connection, rows)
    _insert(
        connection,
        "noted",
        sorted(
            (n, version.series.code, version.patch)
            for n, row in enumerate(rows, 1)
            for version in row.noted
        ),
    )
    _insert(connection, "repair", sorted(_repairs(rows)))


def _versions(rows: Sequence[FixRow]) -> dict[str, int]:
    """Return each version that a trace names, with its place in the list, counted from 1."""
    changes = (change for row in rows for pair in row.pairs for change in pair)
    found = sorted({change.version for change in changes if change.version})
    return {version: place for place, version in enumerate(found, 1)}


def _fill_columns(
    connection: sqlite3.Connection, rows: Sequence[FixRow], sites: Sequence[int]
) -> None:
    columns: dict[str, Sequence[int]] = {
        "cve": [row.cve for row in rows],
        "started": [row.span.started for row in rows],
        "ended": [row.span.ended for row in rows],
        "sites": sites,
        "score": [row.score for row in rows],
        "source": [row.source for row in rows],
    }
    listed = list(enumerate(rows, 1))
    letter = [x for n, row in listed if row.letter != row.span for x in (n, *row.letter)]
    earlier = [x for n, row in listed for span in row.earlier for x in (n, *span)]
    bodies = {name: pack_numbers(form, columns[name]) for name, form in COLUMN_FORMS.items()}
    bodies["letter"] = pack_numbers("I", letter)
    bodies["earlier"] = pack_numbers("I", earlier)
    bodies["versions"] = "\n".join(_versions(rows)).encode("ascii")
    _insert(connection, "column", sorted(bodies.items()))


def _fill_lines(connection: sqlite3.Connection, rows: Sequence[FixRow]) -> None:
    lines: defaultdict[int, tuple[dict[int, int], dict[int, int], dict[int, int]]]
    lines = defaultdict(lambda: ({}, {}, {}))
    for n, row in enumerate(rows, 1):
        for kind, patches in enumerate((row.arrived, row.mended, last_noted(row.noted))):
            for code, patch in patches.items():
                lines[code][kind][n] = patch
    packed = ((code, *map(pack_patches, lines[code])) for code in sorted(lines))
    _insert(connection, "line", packed)


def _fill_tallies(connection: sqlite3.Connection, releases: Sequence[Release]) -> None:
    last: dict[int, int] = {}
    modules: defaultdict[int, defaultdict[str, list[str]]]
    modules = defaultdict(lambda: defaultdict(list))
    for release in sorted(releases):
        code, patch = release.version.series.code, release.version.patch
        last[code] = patch
        whole = Counts(release.fixes, release.named)
        for module, counts in {"": whole, **release.modules}.items():
            modules[code][module].append(f"{patch}={counts.fixes},{counts.named}")
    for code in sorted(last):
        lines = (f"{name}\t{' '.join(found)}\n" for name, found in sorted(modules[code].items()))
        body = zlib.compress("".join(lines).encode("ascii"), 9)
        connection.execute("INSERT INTO tally VALUES (?, ?, ?)", (code, last[code], body))


def _repairs(rows: Sequence[FixRow]) -> Iterator[tuple[int, int]]:
    """Yield pairs of numbers: a bug, and the fix whose commit brought it in."""
    fixing: defaultdict[str, set[int]] = defaultdict(set)
    for n, row in enumerate(rows, 1):
        for pair in row.pairs:
            if pair.fixed.commit:
                fixing[pair.fixed.commit].add(n)
    for n, row in enumerate(rows, 1):
        brought = {by for pair in row.pairs for by in fixing.get(pair.introduced.commit, ())}
        yield from ((n, by) for by in brought - {n})


def _fill_folders(connection: sqlite3.Connection, units: Mapping[str, tuple[Unit, ...]]) -> None:
    folders: defaultdict[str, defaultdict[tuple[str, str], list[str]]]
    folders = defaultdict(lambda: defaultdict(list))
    for path, found in units.items():
        folder, _, name = path.rpartition("/")
        folders[packed_folder(path)][folder, units_text(found)].append(name)
    for packed, groups in sorted(folders.items()):
        lines = (
            f"{folder}\t{text}\t{'/'.join(sorted(names))}\n"
            for (folder, text), names in sorted(groups.items())
        )
        body = zlib.compress("".join(lines).encode("utf-8"), 9)
        connection.execute("INSERT INTO folder VALUES (?, ?)", (packed, body))


def _fill_curated(connection: sqlite3.Connection, curated: Sequence[Curated]) -> None:
    points: set[tuple[int, int, int, int]] = set()
    named: set[tuple[str, int]] = set()
    rows: list[tuple[object, ...]] = []
    for n, (entry, body) in enumerate(curated, 1):
        started = 0 if not entry.introduced else _mainline(entry.introduced)
        trigger = _json(condition_json(entry.concerns.when))
        rows.append(
            (n, entry.id, entry.kind, started, _mainline(entry.fixed), trigger, _json(body))
        )
        named.update((cve, n) for cve in entry.cves)
        for kind, versions in ((0, entry.introduced), (1, entry.fixed)):
            points.update(
                (version.series.code, kind, version.patch, n)
                for _, version in versions
                if version.patch
            )
    _insert(connection, "curated", rows)
    _insert(connection, "curated_point", sorted(points))
    _insert(connection, "curated_cve", sorted(named))


def _mainline(versions: Iterable[BranchVersion]) -> int | None:
    return min((v.series.code for _, v in versions if not v.patch), default=None)


def _fill_drivers(connection: sqlite3.Connection, drivers: Sequence[DriverFacts]) -> None:
    listed = list(enumerate(drivers, 1))
    rows = (
        (n, _code(driver.removed_series), _code(driver.restored_series), _json(driver.body))
        for n, driver in listed
    )
    _insert(connection, "driver", rows)
    names = {(module, n) for n, driver in listed for module in driver.modules}
    _insert(connection, "driver_module", sorted(names))


def _code(series: Series | None) -> int | None:
    return None if series is None else series.code


def _series_row(facts: SeriesFacts) -> tuple[object, ...]:
    last = "" if facts.last is None else str(facts.last)
    return (facts.series.code, facts.released, int(facts.longterm), facts.eol, last)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
