"""Which of two kernels is newer, and whether they are of the same flavour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_LONGEST: Final = 200
_X86: Final = frozenset({"686", "586", "486"})
_WHOLE: Final = frozenset({"amd64", "arm64", "ppc64el", "s390x"})
# What stands in a release and says nothing about the flavour.
_NOISE: Final = re.compile(r"(?:deb|bpo|fc|el|lp|ubuntu|r|rc|v|x|amzn|cip|pmx)?\d*\Z")
_DIGITS: Final = re.compile(r"(\d{1,18})")
_PARTS: Final = re.compile(r"\d{1,18}|[A-Za-z]+|~|\^")

Key = tuple[tuple[int, int, str], ...]
"""Sorts as the versions do; only keys of one function may be compared."""

_END: Final = (0, 0, "")


def debian_key(version: str) -> Key:
    """Return a key that sorts package versions as dpkg does: ``1:6.12.94-1~bpo12+1``."""
    epoch, colon, rest = version[:_LONGEST].partition(":")
    if not colon:
        epoch, rest = "0", epoch
    upstream, _, revision = rest.rpartition("-")
    if not upstream:
        upstream, revision = revision, "0"
    first = int(epoch) if epoch.isdecimal() else 0
    return ((first, 0, ""), *_debian_part(upstream), *_debian_part(revision))


def _debian_part(text: str) -> Iterator[tuple[int, int, str]]:
    pieces = _DIGITS.split(text)
    if pieces[-1]:
        pieces += ["0", ""]  # a number that is missing is 0: 1. equals 1.0
    for index, piece in enumerate(pieces):
        if index % 2:
            yield (int(piece), 0, "")
        else:
            yield from ((_letter(letter), 0, "") for letter in piece)
            yield _END


def _letter(letter: str) -> int:
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 0x110000


def natural_key(version: str) -> Key:
    """Return a key that sorts versions as rpm and pacman do, and releases as people do."""
    epoch, colon, rest = version[:_LONGEST].partition(":")
    first = int(epoch) if colon and epoch.isdecimal() else 0
    return ((first, 0, ""), *map(_part, _PARTS.findall(rest if colon else epoch)), _END)


def _part(part: str) -> tuple[int, int, str]:
    if part[0].isdigit():
        return (3, int(part), "")
    return (2, 0, part) if part.isalpha() else (-1 if part == "~" else 1, 0, "")


def package_key(manager: str, version: str) -> Key:
    """Return the key that sorts package versions as the package manager does."""
    return debian_key(version) if manager == "apt" else natural_key(version)


def flavour(release: str) -> frozenset[str]:
    """Return the words of a release that name its variant.

    Args:
        release: ``6.12.94+deb13-cloud-amd64`` gives ``cloud`` and ``amd64``, ``6.8.12-4-pve`` gives
            ``pve``, ``6.12.10-arch1-1`` gives ``arch``, ``6.11.4-301.fc41.x86_64`` gives nothing.
    """
    tail = re.sub(r"^\d+(?:\.\d+)*(?:-rc\d+)?", "", release[:_LONGEST])
    words = set[str]()
    for word in re.split(r"[-+.~_]", tail):
        if word in _WHOLE or word in _X86:
            words.add(word)
        elif not _NOISE.match(word):
            words.add(word.rstrip("0123456789").lower())
    return frozenset(words)
