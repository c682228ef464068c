"""Bar charts as numbers: where each bar begins and ends. The template draws them.

Widths are per cent of the picture, so bars stretch with the page and letters keep their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_STEPS = (1, 2, 5)


class Part(NamedTuple):
    """A stretch of a bar: from where, how wide, in per cent, and what it looks like."""

    x: float
    width: float
    look: str


class Row(NamedTuple):
    """One bar with its words.

    Attributes:
        mark: Whether this is the one that is advised.
        note: A second line under the bar, ``""`` for none.
    """

    label: str
    value: str
    parts: tuple[Part, ...]
    note: str = ""
    mark: bool = False


class Tick(NamedTuple):
    """A line across, and its number."""

    x: float
    text: str


class Chart(NamedTuple):
    """A picture of bars.

    Attributes:
        id: Unique on the page.
        title: What it shows, in a few words.
        desc: All of it in words, for those who do not see it.
        funnel: Whether each bar flows into the next.
    """

    id: str
    title: str
    desc: str
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...] = ()
    funnel: bool = False


def lay_out(pieces: Sequence[tuple[int, str]], most: int) -> tuple[Part, ...]:
    """Return counts as stretches of one bar, left to right; what is there can be seen.

    Args:
        pieces: Count and look.
        most: The count that fills the picture.
    """
    parts: list[Part] = []
    x = 0.0
    for count, look in pieces:
        if count > 0:
            width = max(100 * count / max(most, 1), 0.4)
            parts.append(Part(round(x, 2), round(min(width, 100 - x), 2), look))
            x = min(x + width, 100)
    return tuple(parts)


def ticks(most: int) -> tuple[Tick, ...]:
    """Return a few round numbers from nought to ``most``."""
    if most <= 0:
        return ()
    step = _step(most)
    return tuple(
        Tick(round(100 * value / most, 2), f"{value:,}") for value in range(0, most + 1, step)
    )


def _step(most: int) -> int:
    """Return a round distance that makes at most five ticks."""
    power = 1
    while True:
        for step in _STEPS:
            if most // (step * power) <= 4:  # noqa: PLR2004 - more would crowd a phone
                return step * power
        power *= 10
