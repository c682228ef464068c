"""One fix from all bulk sources: the CNA's record and what changelogs say, as ranges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from advisor.knowledge import trace
from advisor.knowledge.build.record import Pair, Record, cve_key
from advisor.knowledge.columns import CHANGELOG_SOURCE, NEVER
from advisor.model.fix import BugClass, Evidence
from advisor.model.version import KernelVersion, Series


class Noted(NamedTuple):
    """A distribution's changelog says: this stable release fixed this CVE."""

    cve: str
    version: KernelVersion


class FixRow(NamedTuple):
    """A fix as the database keeps it.

    Attributes:
        cve: The id as a number that sorts (:func:`advisor.knowledge.columns.cve_number`).
        started: Code of the earliest mainline series with the bug, 0 for since ever.
        ended: Code of the earliest mainline series with the fix.
        ended_by_letter: The same by the CNA's own rule, which takes a fix in a 2.6.x.y update for
            mainline's.
        arrived: Series -> the earliest patch level that brought the bug.
        mended: Series -> the earliest patch level that has the fix, by the CNA.
        noted: Stable releases that changelogs name.
    """

    cve: int
    bug: str
    evidence: str
    cvss: str
    score: int
    source: int
    started: int
    ended: int
    ended_by_letter: int
    files: tuple[str, ...]
    pairs: tuple[trace.Pair, ...]
    arrived: Mapping[int, int]
    mended: Mapping[int, int]
    noted: tuple[KernelVersion, ...]


def fix_rows(records: Iterable[Record], noted: Iterable[Noted]) -> list[FixRow]:
    """Return one row a CVE, in the order of their ids.

    What only a changelog knows has no files, and is taken for present from the first release of
    each series in which some changelog calls it fixed.
    """
    by_cve: defaultdict[str, set[KernelVersion]] = defaultdict(set)
    for cve, version in noted:
        by_cve[cve].add(version)
    rows = [_recorded(record, by_cve.pop(record.id, set())) for record in records]
    rows += [_only_noted(cve, versions) for cve, versions in by_cve.items()]
    return sorted(rows, key=lambda row: row.cve)


def _recorded(record: Record, noted: Iterable[KernelVersion]) -> FixRow:
    started, ended, by_letter = _mainline(record.pairs)
    return FixRow(
        cve=cve_key(record.id),
        bug=record.bug,
        evidence=record.evidence,
        cvss=record.cvss,
        score=record.score,
        source=0,
        started=started,
        ended=ended,
        ended_by_letter=by_letter,
        files=record.files,
        pairs=tuple(map(_trace, record.pairs)),
        arrived=_earliest(pair.introduced for pair in record.pairs),
        mended=_earliest(pair.fixed for pair in record.pairs),
        noted=tuple(sorted(noted)),
    )


def _only_noted(cve: str, noted: Iterable[KernelVersion]) -> FixRow:
    return FixRow(
        cve=cve_key(cve),
        bug=BugClass.UNKNOWN,
        evidence=Evidence.NONE_STATED,
        cvss="",
        score=0,
        source=CHANGELOG_SOURCE,
        started=NEVER,
        ended=NEVER,
        ended_by_letter=NEVER,
        files=(),
        pairs=(),
        arrived={version.series.code: 0 for version in noted},
        mended={},
        noted=tuple(sorted(noted)),
    )


def _trace(pair: Pair) -> trace.Pair:
    return trace.Pair(
        trace.Change(str(pair.introduced or ""), pair.introduced_commit),
        trace.Change(str(pair.fixed or ""), pair.fixed_commit),
    )


def _mainline(pairs: Sequence[Pair]) -> tuple[int, int, int]:
    """Return the earliest mainline series with the bug, the fix, and the fix by the CNA's rule."""
    started = [_code(pair.introduced) for pair in pairs]
    fixed = [pair.fixed for pair in pairs if pair.fixed]
    ended = [version.series.code for version in fixed if not version.patch]
    by_letter = [version.series.code for version in fixed if _is_old(version.series)]
    return (
        min(started, default=NEVER),
        min(ended, default=NEVER),
        min(ended + by_letter, default=NEVER),
    )


def _code(version: KernelVersion | None) -> int:
    if version is None:
        return 0  # the CNA's 0: since ever
    return NEVER if version.patch else version.series.code


def _is_old(series: Series) -> bool:
    return (series.major, series.minor) == (2, 6)


def _earliest(versions: Iterable[KernelVersion | None]) -> dict[int, int]:
    """Return series -> the earliest patch level of it among versions."""
    found: dict[int, int] = {}
    for version in versions:
        if version is not None and version.patch:
            code = version.series.code
            found[code] = min(version.patch, found.get(code, version.patch))
    return found
