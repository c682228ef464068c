"""Where a bug came in and was mended, with commits: a compact text for the database and back.

``introduced@commit>fixed@commit,fixed@commit;...`` - the pairs of one bug share where it came in, and
a commit of 12 hex digits is 8 characters of base64. ``0`` stands for since ever and for not mended.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import NamedTuple


class Change(NamedTuple):
    """A version and the commit that made the difference in it; each ``""`` where not known."""

    version: str
    commit: str


class Pair(NamedTuple):
    """Where a bug came in, and where it was mended on one branch."""

    introduced: Change
    fixed: Change


def pack(pairs: Iterable[Pair]) -> str:
    """Return the compact text of pairs; :func:`unpack` gives the same pairs, grouped by origin."""
    groups: dict[Change, list[Change]] = {}
    for pair in pairs:
        groups.setdefault(pair.introduced, []).append(pair.fixed)
    return ";".join(
        f"{_pack(introduced)}>{','.join(_pack(change) for change in fixed)}"
        for introduced, fixed in groups.items()
    )


def unpack(text: str) -> tuple[Pair, ...]:
    """Return the pairs that :func:`pack` packed."""
    pairs: list[Pair] = []
    for group in filter(None, text.split(";")):
        introduced, _, fixed = group.partition(">")
        origin = _unpack(introduced)
        pairs.extend(Pair(origin, _unpack(change)) for change in fixed.split(","))
    return tuple(pairs)


def _pack(change: Change) -> str:
    commit = b64encode(bytes.fromhex(change.commit)).decode("ascii")
    return f"{change.version or 0}@{commit}" if commit else change.version or "0"


def _unpack(text: str) -> Change:
    version, _, commit = text.partition("@")
    return Change("" if version == "0" else version, b64decode(commit).hex())
