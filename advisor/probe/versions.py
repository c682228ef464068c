"""The order of kernel releases and package versions, good enough to tell the newest few."""

from __future__ import annotations

import re
from typing import Final

_PARTS: Final = re.compile(r"\d{1,18}|[A-Za-z]+|~")
_LONGEST: Final = 200


def natural_key(version: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts versions by their numbers, ``6.9`` before ``6.12``.

    A ``~`` sorts before the end, as in ``6.12~rc3``; exact package order is another module's.
    """
    parts = _PARTS.findall(version[:_LONGEST])
    return (*((_rank(part)) for part in parts), (1, 0, ""))


def _rank(part: str) -> tuple[int, int, str]:
    if part.isdigit():
        return (3, int(part), "")
    return (0, 0, "") if part == "~" else (2, 0, part)
