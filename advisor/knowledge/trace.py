"""Where a bug came in and was mended, with commits: compact bytes for the database, and back.

Pairs are grouped by where the bug came in. A group is the number of its changes in one byte, where
the bug came in, then where it was mended. A change is two bytes for the version (0 for since ever and
for not mended, else a place in the list of versions, counted from 1) and six for the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

COMMIT_DIGITS = 12
_LARGEST_GROUP = 255
_NO_COMMIT = "0" * COMMIT_DIGITS
_CHANGE_DIGITS = 4 + COMMIT_DIGITS


class Change(NamedTuple):
    """A version and the commit that made the difference in it; each ``""`` where not known."""

    version: str
    commit: str


class Pair(NamedTuple):
    """Where a bug came in, and where it was mended on one branch."""

    introduced: Change
    fixed: Change


def pack(pairs: Iterable[Pair], places: Mapping[str, int]) -> bytes:
    """Return the bytes of pairs; :func:`unpack` gives the same pairs, grouped by origin.

    Args:
        pairs: What one record states.
        places: Version -> its place in the list of versions, counted from 1.
    """
    groups: dict[Change, list[Change]] = {}
    for pair in pairs:
        groups.setdefault(pair.introduced, []).append(pair.fixed)
    text = ""
    for introduced, fixed in groups.items():
        for start in range(0, len(fixed), _LARGEST_GROUP):
            part = fixed[start : start + _LARGEST_GROUP]
            changes = (introduced, *part)
            text += f"{len(part):02x}" + "".join(_pack(change, places) for change in changes)
    return bytes.fromhex(text)


def _pack(change: Change, places: Mapping[str, int]) -> str:
    place = places[change.version] if change.version else 0
    return f"{place:04x}{change.commit or _NO_COMMIT}"


def unpack(body: bytes, versions: Sequence[str]) -> tuple[Pair, ...]:
    """Return the pairs that :func:`pack` packed.

    Args:
        body: What :func:`pack` returned.
        versions: The list of versions; the first is ``""``.

    Raises:
        IndexError: A version is not in the list.
        ValueError: The bytes end early.
    """
    digits = body.hex()
    pairs: list[Pair] = []
    at = 0
    while at < len(digits):
        count = int(digits[at : at + 2], 16)
        changes = [
            _unpack(digits[start : start + _CHANGE_DIGITS], versions)
            for start in range(at + 2, at + 2 + (count + 1) * _CHANGE_DIGITS, _CHANGE_DIGITS)
        ]
        pairs += [Pair(changes[0], change) for change in changes[1:]]
        at += 2 + (count + 1) * _CHANGE_DIGITS
    return tuple(pairs)


def _unpack(digits: str, versions: Sequence[str]) -> Change:
    commit = digits[4:]
    return Change(versions[int(digits[:4], 16)], "" if commit == _NO_COMMIT else commit)
