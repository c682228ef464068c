"""The version rule: which fixes a kernel lacks.

The rule is the kernel CNA's. A bug starts in a kernel when a mainline release up to its series brought
it, or a stable update up to its patch level; a fix ends it the same way. A release candidate has what
the release before it has: what was mended while it was a candidate still counts as open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from advisor.knowledge.columns import FIXED, NO_PATCH, NOTED, Columns


class Open(NamedTuple):
    """A fix that some kernels of a series lack: those from ``low`` to before ``high``."""

    n: int
    low: int
    high: int


def open_ranges(
    columns: Columns, points: Iterable[tuple[int, int, int]], code: int, *, candidate: bool
) -> list[Open]:
    """Return the fixes that a series lacks at some patch level, and at which.

    Args:
        columns: The fixes.
        points: Fix, patch level and flags of what entered this series.
        code: The series.
        candidate: Whether the kernel is a release candidate of the series.
    """
    low: dict[int, int] = {}
    high: dict[int, int] = {}
    for n, patch, flags in points:
        known = high if flags & FIXED else low
        if patch < known.get(n, NO_PATCH):
            known[n] = patch
    mended = code - 1 if candidate else code
    until = high.get
    started, ended = columns.started, columns.ended
    begun = [
        Open(n, 0, until(n, NO_PATCH))
        for n, (start, end) in enumerate(zip(started, ended, strict=True), 1)
        if start <= code and end > mended
    ]
    arrived = [
        Open(n, patch, until(n, NO_PATCH))
        for n, patch in low.items()
        if started[n - 1] > code and ended[n - 1] > mended
    ]
    return begun + arrived


def by_the_letter(columns: Columns, letter: Mapping[int, int]) -> Columns:
    """Return the columns as the CNA's rule reads them, with nothing but the CNA's records.

    Args:
        columns: The fixes.
        letter: Fix -> the series in which the CNA's rule takes it for mended in mainline, where
            that is not what happened (docs/accuracy.md).
    """
    ended = [
        0 if source else letter.get(n, end)
        for n, (end, source) in enumerate(zip(columns.ended, columns.source, strict=True), 1)
    ]
    return columns._replace(ended=ended)


def without_notes(points: Iterable[tuple[int, int, int]]) -> Iterable[tuple[int, int, int]]:
    """Return the points that the CNA states."""
    return (point for point in points if not point[2] & NOTED)
