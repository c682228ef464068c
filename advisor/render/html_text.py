"""Text that a page may show: whatever a device or a host calls itself stays text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from advisor.render.text import clean

LONGEST = 600
"""Characters of one value that are shown; the rest is counted."""

_PILING = frozenset({"Mn", "Me"})
_MARKS = 2  # combining marks on one letter; more of them pile up over the lines around
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-")
_URL = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#[]@!$&()*+,;=%"
)
_LONGEST_URL = 500


def shown(text: str, longest: int = LONGEST) -> str:
    """Return text without anything invisible, cut to a length; the cut says how much is gone."""
    kept = text if len(text) <= longest else text[:longest]
    kept = clean(kept)
    if not kept.isascii():
        kept = "".join(_sparse(kept))
    return kept if len(text) <= longest else f"{kept}… ({len(text) - longest:,} more)"


def short(text: str, longest: int = 90) -> str:
    """Return text for a name: cut to a few words' length, with an ellipsis."""
    kept = shown(text[: longest + 1])
    return kept if len(kept) <= longest else f"{kept[: longest - 1]}…"


def _sparse(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in _PILING else 0
        if marks <= _MARKS:
            yield char


def link(url: str) -> str:
    """Return an address that may be followed, ``""`` for anything but plain https."""
    whole = url.startswith("https://") and len(url) <= _LONGEST_URL
    return url if whole and _URL.issuperset(url) else ""


def css_string(text: str, longest: int = 60) -> str:
    r"""Return a CSS string: all but plain letters is written by number, ``"a\00003cb"``."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    body = "".join(char if char in _SAFE else f"\\{ord(char):06x}" for char in shown(cut))
    return f'"{body}"'


def slug(text: str) -> str:
    """Return a part for an element's id: letters, digits and ``_``, the same for the same text."""
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in text[:40])
