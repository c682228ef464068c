"""Estimate the score of a bug that has no CVSS vector from those that have one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import median

from advisor.knowledge.build.record import Record

_ENOUGH = 12  # scored bugs of the same kind, below which a wider kind is asked


def with_estimates(records: Iterable[Record]) -> list[Record]:
    """Return the records, each without a vector given the median score of its like.

    Its like are the scored bugs of the same class in the same part of the kernel
    (``drivers/net``); where those are fewer than 12, of the same class anywhere; else all.
    """
    records = list(records)
    scores: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for record in records:
        if record.cvss:
            for kind in _kinds(record):
                scores[kind].append(record.score)
    typical = {
        kind: round(median(found)) for kind, found in scores.items() if len(found) >= _ENOUGH
    }
    return [record if record.cvss else _estimated(record, typical) for record in records]


def _kinds(record: Record) -> tuple[tuple[str, str], ...]:
    part = "/".join(record.files[0].split("/")[:2]) if record.files else ""
    return (record.bug, part), (record.bug, ""), ("", "")


def _estimated(record: Record, typical: dict[tuple[str, str], int]) -> Record:
    score = next((typical[kind] for kind in _kinds(record) if kind in typical), 0)
    return record._replace(score=score)
