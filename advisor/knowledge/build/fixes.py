"""One fix from all bulk sources: the CNA's record and what changelogs say, as ranges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from statistics import median
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


class Span(NamedTuple):
    """Mainline series that have a bug: codes from ``started``, 0 for since ever, to before ``ended``."""

    started: int
    ended: int


class FixRow(NamedTuple):
    """A fix as the database keeps it.

    Attributes:
        cve: The id as a number that sorts (:func:`advisor.knowledge.columns.cve_number`).
        span: Where the bug is, or last was, in mainline.
        earlier: Where it was before, if it was mended and came back.
        letter: Where it is by the CNA's own rule, which knows of no coming back, and takes a fix in
            a 2.6.x.y update for mainline's.
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
    span: Span
    earlier: tuple[Span, ...]
    letter: Span
    files: tuple[str, ...]
    pairs: tuple[trace.Pair, ...]
    arrived: Mapping[int, int]
    mended: Mapping[int, int]
    noted: tuple[KernelVersion, ...]


def fix_rows(records: Iterable[Record], noted: Iterable[Noted]) -> list[FixRow]:
    """Return one row a CVE, in the order of their ids.

    What only a changelog knows has no files, the median score of all records, and is taken
    for present from the first release of each series in which some changelog calls it fixed.
    """
    records = list(records)
    scores = [record.score for record in records]
    usual = round(median(scores)) if scores else 0
    by_cve: defaultdict[str, set[KernelVersion]] = defaultdict(set)
    for cve, version in noted:
        by_cve[cve].add(version)
    rows = [_recorded(record, by_cve.pop(record.id, set())) for record in records]
    rows += [_only_noted(cve, versions, usual) for cve, versions in by_cve.items()]
    return sorted(rows, key=lambda row: row.cve)


def _recorded(record: Record, noted: Iterable[KernelVersion]) -> FixRow:
    spans = _spans(record.pairs)
    return FixRow(
        cve=cve_key(record.id),
        bug=record.bug,
        evidence=record.evidence,
        cvss=record.cvss,
        score=record.score,
        source=0,
        span=spans[-1],
        earlier=tuple(spans[:-1]),
        letter=_letter(record.pairs),
        files=record.files,
        pairs=tuple(map(_trace, record.pairs)),
        arrived=_earliest(pair.introduced for pair in record.pairs),
        mended=_earliest(pair.fixed for pair in record.pairs),
        noted=tuple(sorted(noted)),
    )


def _only_noted(cve: str, noted: Iterable[KernelVersion], score: int) -> FixRow:
    return FixRow(
        cve=cve_key(cve),
        bug=BugClass.UNKNOWN,
        evidence=Evidence.NONE_STATED,
        cvss="",
        score=score,
        source=CHANGELOG_SOURCE,
        span=Span(NEVER, NEVER),
        earlier=(),
        letter=Span(NEVER, NEVER),
        files=(),
        pairs=(),
        arrived={version.series.code: 0 for version in noted},
        mended={},
        noted=tuple(sorted(noted)),
    )


@cache
def _text(version: KernelVersion | None) -> str:
    return "" if version is None else str(version)


def _trace(pair: Pair) -> trace.Pair:
    return trace.Pair(
        trace.Change(_text(pair.introduced), pair.introduced_commit),
        trace.Change(_text(pair.fixed), pair.fixed_commit),
    )


def _letter(pairs: Sequence[Pair]) -> Span:
    """Return where the CNA's own rule says a bug was in mainline."""
    started = [_code(pair.introduced) for pair in pairs]
    ended = [
        pair.fixed.series.code
        for pair in pairs
        if pair.fixed and (not pair.fixed.patch or _is_old(pair.fixed.series))
    ]
    return Span(min(started, default=NEVER), min(ended, default=NEVER))


def _spans(pairs: Sequence[Pair]) -> list[Span]:
    """Return where a bug was in mainline, in order; one, or more where it came back.

    A record that has the bug mended before it came in says nothing of use: there the CNA's rule
    stands.
    """
    starts = {code for code in map(_code, (pair.introduced for pair in pairs)) if code != NEVER}
    ends = {pair.fixed.series.code for pair in pairs if pair.fixed and not pair.fixed.patch}
    if not starts or min(ends, default=NEVER) < min(starts):
        return [Span(min(starts, default=NEVER), min(ends, default=NEVER))]
    spans: list[Span] = []
    for code in sorted(starts | ends):
        open_now = bool(spans) and spans[-1].ended == NEVER
        if code in starts and not open_now:
            spans.append(Span(code, NEVER))
            open_now = True
        if code in ends and open_now:
            spans[-1] = Span(spans[-1].started, code)
    return spans


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


def last_noted(versions: Iterable[KernelVersion]) -> dict[int, int]:
    """Return series -> the last patch level of it among versions.

    A changelog that calls a bug fixed in several releases of a series names the parts of one fix, or
    a fix that was taken back and came again: the last release is the one to trust.
    """
    found: dict[int, int] = {}
    for version in versions:
        code = version.series.code
        found[code] = max(version.patch, found.get(code, 0))
    return found
