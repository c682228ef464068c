"""Hold what changelogs say against the CNA's records: where they agree, and where they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from advisor.knowledge.build.fixes import FixRow, last_noted
from advisor.knowledge.columns import CHANGELOG_SOURCE, cve_id, series_of
from advisor.model.version import KernelVersion


class Verdict(StrEnum):
    """What a changelog's word about a CVE in one series is, next to the CNA's."""

    SAME = "same"
    """Both name the same stable release."""
    EARLIER = "earlier"
    """The changelog names an earlier release: the range ends there."""
    LATER = "later"
    """The changelog names a later release: the CNA's stands."""
    PAST_SNAPSHOT = "past-snapshot"
    """The CNA has no fix there; the release is newer than any that the CNA's records name."""
    ADDED = "added"
    """The CNA has no fix there, though its records name newer releases: the range ends there."""
    NOT_AFFECTED = "not-affected"
    """By the CNA, that series never had the bug: so it stays."""
    ONLY_CHANGELOG = "only-changelog"
    """The CNA has no record of the CVE."""


class Held(NamedTuple):
    """One CVE in one series, held against the CNA's records."""

    cve: str
    version: KernelVersion
    stated: KernelVersion | None
    verdict: Verdict


def hold(rows: Sequence[FixRow]) -> Iterator[Held]:
    """Yield every word of a changelog with what it is next to the CNA's, by CVE and series."""
    newest = _newest(rows)
    for row in rows:
        for code, patch in sorted(last_noted(row.noted).items()):
            series = series_of(code)
            stated = row.mended.get(code)
            yield Held(
                cve=cve_id(row.cve),
                version=KernelVersion(series, patch),
                stated=None if stated is None else KernelVersion(series, stated),
                verdict=_verdict(row, code, patch, newest.get(code, 0)),
            )


def count(rows: Sequence[FixRow]) -> dict[str, int]:
    """Return how many words of changelogs are what; every verdict is a key."""
    found = Counter(held.verdict for held in hold(rows))
    return {verdict.value: found[verdict] for verdict in Verdict}


def _newest(rows: Iterable[FixRow]) -> dict[int, int]:
    """Return series -> the newest stable release that the CNA's records name."""
    newest: dict[int, int] = {}
    for row in rows:
        for points in (row.mended, row.arrived):
            for code, patch in points.items():
                if row.source != CHANGELOG_SOURCE:
                    newest[code] = max(patch, newest.get(code, 0))
    return newest


def _verdict(row: FixRow, code: int, patch: int, newest: int) -> Verdict:
    if row.source == CHANGELOG_SOURCE:
        return Verdict.ONLY_CHANGELOG
    stated = row.mended.get(code)
    if stated is not None:
        if stated == patch:
            return Verdict.SAME
        return Verdict.EARLIER if patch < stated else Verdict.LATER
    spans = (*row.earlier, row.span)
    begun = any(span.started <= code < span.ended for span in spans)
    arrived = row.arrived.get(code, patch) < patch and row.span.ended > code
    if not begun and not arrived:
        return Verdict.NOT_AFFECTED
    return Verdict.PAST_SNAPSHOT if patch > newest else Verdict.ADDED
