"""Where a bug came in and was mended, with commits: compact bytes for the database, and back.

Pairs are grouped by where the bug came in. A group is the number of its changes in one byte, where
the bug came in, then where it was mended. A change is two bytes for the version (0 for since ever and
for not mended, else a place in the list of versions, counted from 1) and six for the commit.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

_CHANGE = struct.Struct(">H6s")
_NO_COMMIT = bytes(6)
_LARGEST_GROUP = 255


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
    body = bytearray()
    for introduced, fixed in groups.items():
        for start in range(0, len(fixed), _LARGEST_GROUP):
            part = fixed[start : start + _LARGEST_GROUP]
            body.append(len(part))
            for change in (introduced, *part):
                body += _pack(change, places)
    return bytes(body)


def _pack(change: Change, places: Mapping[str, int]) -> bytes:
    place = places[change.version] if change.version else 0
    return _CHANGE.pack(place, bytes.fromhex(change.commit))


def unpack(body: bytes, versions: Sequence[str]) -> tuple[Pair, ...]:
    """Return the pairs that :func:`pack` packed.

    Args:
        body: What :func:`pack` returned.
        versions: The list of versions; the first is ``""``.

    Raises:
        IndexError: A version is not in the list.
        ValueError: The bytes end early.
        struct.error: The bytes end early.
    """
    pairs: list[Pair] = []
    at = 0
    while at < len(body):
        end = at + 1 + (body[at] + 1) * _CHANGE.size
        found: Iterator[tuple[int, bytes]] = _CHANGE.iter_unpack(body[at + 1 : end])
        changes = [
            Change(versions[place], "" if commit == _NO_COMMIT else commit.hex())
            for place, commit in found
        ]
        if len(changes) != body[at] + 1:
            raise ValueError("a trace ends early")
        pairs += [Pair(changes[0], change) for change in changes[1:]]
        at = end
    return tuple(pairs)
