"""The version rule: which fixes a kernel lacks.

The rule is the kernel CNA's. A bug starts in a kernel when a mainline release up to its series brought
it, or a stable update up to its patch level; a fix ends it the same way. A release candidate has what
the release before it has: what was mended while it was a candidate still counts as open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from advisor.knowledge.columns import NO_PATCH, Columns


class Line(NamedTuple):
    """What entered one stable series, by fix.

    Attributes:
        bugs: The earliest patch level that has the bug.
        fixes: The earliest patch level that has the fix, by the CNA's records.
        noted: The last patch level in which a changelog calls it fixed.
    """

    bugs: Mapping[int, int]
    fixes: Mapping[int, int]
    noted: Mapping[int, int]

    def with_notes(self) -> Line:
        """Return the line with each fix where the earlier of both sources has it."""
        fixes = dict(self.fixes)
        for n, patch in self.noted.items():
            if patch < fixes.get(n, NO_PATCH):
                fixes[n] = patch
        return self._replace(fixes=fixes)


class OpenRanges(NamedTuple):
    """The fixes that some kernels of a series lack.

    Attributes:
        begun: Those whose bug is in the series from its first release on.
        arrived: Those whose bug came with an update, and the patch level of that.
        fixes: Where they were mended.
    """

    begun: list[int]
    arrived: list[tuple[int, int]]
    fixes: Mapping[int, int]

    def at(self, patch: int) -> list[int]:
        """Return the fixes that the kernel with a patch level lacks."""
        fixes = self.fixes
        lacking = [n for n in self.begun if n not in fixes or fixes[n] > patch]
        lacking += [n for n, low in self.arrived if low <= patch and fixes.get(n, NO_PATCH) > patch]
        return lacking


def open_ranges(columns: Columns, line: Line, code: int, *, candidate: bool) -> OpenRanges:
    """Return the fixes that a series lacks at some patch level.

    Args:
        columns: The fixes.
        line: What entered the series.
        code: The series.
        candidate: Whether the kernel is a release candidate of the series.
    """
    mended = code - 1 if candidate else code
    started, ended = columns.started, columns.ended
    begun = [
        n
        for n, (start, end) in enumerate(zip(started, ended, strict=True), 1)
        if start <= code and end > mended
    ]
    begun += [n for n, start, end in columns.earlier if start <= code and end > mended]
    arrived = [
        (n, patch)
        for n, patch in line.bugs.items()
        if started[n - 1] > code and ended[n - 1] > mended
    ]
    return OpenRanges(begun, arrived, line.fixes)


def by_the_letter(columns: Columns, letter: Iterable[tuple[int, int, int]]) -> Columns:
    """Return the columns as the CNA's rule reads them, with nothing but the CNA's records.

    Args:
        columns: The fixes.
        letter: Fix, start and end of the mainline series that have a bug by the CNA's rule, where
            that is not what happened (docs/accuracy.md).
    """
    started = list(columns.started)
    ended = [
        0 if source else end for end, source in zip(columns.ended, columns.source, strict=True)
    ]
    for n, start, end in letter:
        started[n - 1], ended[n - 1] = start, end
    return columns._replace(started=started, ended=ended, earlier=())
