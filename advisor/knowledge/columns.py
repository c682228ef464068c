"""Numbers of thousands of fixes, packed: one blob a column, little-endian on every machine."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advisor.model.version import Series

NEVER = 0xFFFF_FFFF
"""Stands for a series where a mainline release never had the bug, or the fix."""

CHANGELOG_SOURCE = 1
"""The source of a fix that no CNA record speaks about; 0 is the CNA's."""

NO_PATCH = 0xFFFF
"""Later than every patch level."""

_NUMBER_BITS = 23
_FIRST_YEAR = 1999


class Columns(NamedTuple):
    """One value a fix; the fix with number n stands at n - 1.

    Attributes:
        cve: The ids as numbers (:func:`cve_number`), ascending.
        started: Code of the earliest mainline series that has the bug; 0 for since ever.
        ended: Code of the earliest mainline series that has the fix.
        sites: The places it touches, a row of ``sites``.
        score: CVSS base score in tenths.
        source: 0 where the CNA has a record, else :data:`CHANGELOG_SOURCE`.
        earlier: Fix, start and end of the mainline series that had a bug which came back later.
    """

    cve: Sequence[int]
    started: Sequence[int]
    ended: Sequence[int]
    sites: Sequence[int]
    score: Sequence[int]
    source: Sequence[int]
    earlier: Sequence[tuple[int, int, int]] = ()


COLUMN_FORMS = {"cve": "I", "started": "I", "ended": "I", "sites": "I", "score": "B", "source": "B"}
"""How wide a value of each column is, in the letters of :mod:`struct`."""


def cve_number(cve: str) -> int | None:
    """Return a CVE id as a number that sorts by year and number; None where it is no such id."""
    parts = cve.split("-")
    if len(parts) != 3 or parts[0] != "CVE" or not (parts[1] + parts[2]).isascii():  # noqa: PLR2004 - as above
        return None
    if not parts[1].isdigit() or not parts[2].isdigit():
        return None
    if len(parts[1]) != 4 or len(parts[2]) < 4:  # noqa: PLR2004 - the form of an id
        return None
    year, number = int(parts[1]) - _FIRST_YEAR, int(parts[2])
    if number >> _NUMBER_BITS or not 0 <= year < 1 << (32 - _NUMBER_BITS):
        return None
    return year << _NUMBER_BITS | number


def cve_id(number: int) -> str:
    """Return the id behind a number of :func:`cve_number`."""
    year, rest = number >> _NUMBER_BITS, number & (1 << _NUMBER_BITS) - 1
    return f"CVE-{year + _FIRST_YEAR}-{rest:04}"


def series_of(code: int) -> Series:
    """Return the series behind ``Series.code``."""
    major, rest = divmod(code, 1_000_000)
    return Series(major, *divmod(rest, 1000))


def pack_numbers(form: str, numbers: Sequence[int]) -> bytes:
    """Return numbers as bytes; ``form`` is a letter of :mod:`struct` that says how wide one is."""
    return struct.pack(f"<{len(numbers)}{form}", *numbers)


def unpack_numbers(form: str, body: bytes) -> tuple[int, ...]:
    """Return the numbers that :func:`pack_numbers` packed.

    Raises:
        struct.error: The length is wrong.
    """
    return struct.unpack(f"<{len(body) // struct.calcsize(form)}{form}", body)


def unpack_spans(body: bytes) -> list[tuple[int, int, int]]:
    """Return fix, start and end of each span in a blob of them.

    Raises:
        struct.error: The length is wrong.
    """
    return list(struct.iter_unpack("<III", body))


def pack_patches(patches: Mapping[int, int]) -> bytes:
    """Return fix -> patch level as bytes: all fixes, ascending, then all patch levels."""
    fixes = sorted(patches)
    return pack_numbers("I", fixes) + pack_numbers("H", [patches[n] for n in fixes])


def unpack_patches(body: bytes) -> dict[int, int]:
    """Return fix -> patch level, as :func:`pack_patches` packed it.

    Raises:
        struct.error: The length is wrong.
        ValueError: The length is wrong.
    """
    cut = len(body) // 6 * 4
    patches = unpack_numbers("H", body[cut:])
    return dict(zip(unpack_numbers("I", body[:cut]), patches, strict=True))
