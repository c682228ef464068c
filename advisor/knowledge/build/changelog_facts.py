"""What changelogs say about stable releases, as text: ids, versions and counts, no prose.

One file a series under ``data/changelog-facts``, one line a stable release, by patch level, columns
with tabs between: the release, the day by which it was out, ``fixes,named`` for the number of fixes
listed and of those that name a CVE, the CVEs, and ``module=fixes,named`` for each module that subject
lines tell.
``sources.tsv`` lists the changelogs: package version, suite, day.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build.changelog import Upload
from advisor.knowledge.build.record import cve_key
from advisor.knowledge.build.subjects import Subjects, bare
from advisor.knowledge.build.text import write_text
from advisor.knowledge.facts import Counts
from advisor.model.version import KernelVersion, Series, parse_version

HEADER = "#advisor.changelog-facts/1"
SOURCES = "sources.tsv"
_DAY = re.compile(r"(?:\d{4}-\d\d-\d\d)?\Z")
_COUNT = re.compile(r"([A-Za-z0-9_]{1,60})=(\d{1,5}),(\d{1,5})\Z")
_COLUMNS = 5


class Release(NamedTuple):
    """What changelogs say about one stable release.

    Attributes:
        day: The day of the first package that has it, ``""`` where not known.
        fixes: How many fixes it has, with a CVE or without.
        named: How many of them name a CVE.
        cves: Those that are named, by number.
        modules: Module -> how many of the fixes, as far as subject lines tell.
    """

    version: KernelVersion
    day: str
    fixes: int
    named: int
    cves: tuple[str, ...]
    modules: Mapping[str, Counts]


class Source(NamedTuple):
    """A changelog that was read: that of a package's version."""

    version: str
    suite: str
    day: str


def gather(changelogs: Iterable[Iterable[Upload]], subjects: Subjects) -> list[Release]:
    """Return each stable release that changelogs list, once, in the order of the versions."""
    days: defaultdict[KernelVersion, set[str]] = defaultdict(set)
    fixes: defaultdict[KernelVersion, defaultdict[str, set[str]]]
    fixes = defaultdict(lambda: defaultdict(set))
    for uploads in changelogs:
        for upload in uploads:
            for fix in upload.fixes:
                days[fix.version].add(upload.day)
                fixes[fix.version][bare(fix.subject)].update(fix.cves)
    return [
        Release(
            version=version,
            day=min(filter(None, days[version]), default=""),
            fixes=len(found),
            named=sum(map(bool, found.values())),
            cves=tuple(sorted({cve for cves in found.values() for cve in cves}, key=cve_key)),
            modules=_count(found, subjects),
        )
        for version, found in sorted(fixes.items())
    ]


def _count(fixes: Mapping[str, set[str]], subjects: Subjects) -> dict[str, Counts]:
    counts: dict[str, Counts] = {}
    for subject, cves in fixes.items():
        module = subjects.module(subject)
        if module:
            before = counts.get(module, Counts(0, 0))
            counts[module] = Counts(before.fixes + 1, before.named + bool(cves))
    return dict(sorted(counts.items()))


def write_facts(folder: Path, releases: Iterable[Release], sources: Iterable[Source]) -> None:
    """Write the text form; the same facts give the same bytes.

    Raises:
        AdvisorError: A file cannot be written.
    """
    files: defaultdict[Series, list[Release]] = defaultdict(list)
    for release in releases:
        files[release.version.series].append(release)
    for series, found in files.items():
        lines = (_line(release) for release in sorted(found, key=lambda one: one.version))
        write_text(folder / f"{series}.tsv", f"{HEADER}\n{''.join(lines)}")
    listed = "".join("\t".join(source) + "\n" for source in sorted(set(sources)))
    write_text(folder / SOURCES, f"{HEADER}\n{listed}")


def _line(release: Release) -> str:
    modules = (f"{name}={one.fixes},{one.named}" for name, one in sorted(release.modules.items()))
    columns = (
        str(release.version),
        release.day,
        f"{release.fixes},{release.named}",
        " ".join(release.cves),
    )
    return "\t".join((*columns, " ".join(modules))) + "\n"


def read_facts(folder: Path) -> Iterator[Release]:
    """Yield what :func:`write_facts` wrote, by series as files sort, then by patch level.

    Raises:
        AdvisorError: A line is damaged; file and line are named.
    """
    for path in sorted(folder.glob("*.tsv")):
        if path.name != SOURCES:
            for number, line in _lines(path):
                try:
                    yield _parse(line)
                except ValueError as error:
                    _damaged(path, number, str(error))


def read_sources(folder: Path) -> list[Source]:
    """Return the changelogs that were read.

    Raises:
        AdvisorError: A line is damaged; file and line are named.
    """
    sources: list[Source] = []
    for number, line in _lines(folder / SOURCES):
        columns = line.split("\t")
        if len(columns) != len(Source._fields) or not _DAY.match(columns[-1]):
            _damaged(folder / SOURCES, number, "not version, suite and day")
        sources.append(Source(*columns))
    return sources


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            text = line.rstrip("\n")
            if number > 1:
                yield number, text
            elif text != HEADER:
                _damaged(path, number, f"not {HEADER}")


def _parse(line: str) -> Release:
    columns = line.split("\t")
    if len(columns) != _COLUMNS:
        raise ValueError(f"not {_COLUMNS} columns")
    version = parse_version(columns[0])
    if version is None or not version.patch:
        raise ValueError(f"not a stable release: {columns[0]!r}")
    if not _DAY.match(columns[1]):
        raise ValueError(f"not a day: {columns[1]!r}")
    _, counts = _parse_count(f"fixes={columns[2]}")
    cves = tuple(columns[3].split())
    for cve in cves:
        cve_key(cve)
    modules = dict(map(_parse_count, columns[4].split()))
    return Release(version, columns[1], *counts, cves, modules)


def _parse_count(text: str) -> tuple[str, Counts]:
    match = _COUNT.match(text)
    if match is None:
        raise ValueError(f"not module=fixes,named: {text!r}")
    return match[1], Counts(int(match[2]), int(match[3]))


def _damaged(path: Path, number: int, why: str) -> NoReturn:
    raise AdvisorError(
        f"damaged changelog facts, {path}:{number}: {why}",
        hint="restore the file from git",
        status=ExitStatus.BAD_DATA,
    )
