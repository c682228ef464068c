"""Makefile text: logical lines, references, operators. Nothing is evaluated here."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LINES = 20_000
"""No makefile of the kernel has a tenth of that."""

_CLOSERS = {"(": ")", "{": "}"}
_CONTINUED = re.compile(r"[ \t]*\\\n[ \t]*")
_PREFIXES = re.compile(r"(?:export|override)\s+(?=[^\s=:?+!])")
_OPERATOR = re.compile(r"::?:?=|\+=|\?=|!=|=|:")


class Reference(NamedTuple):
    """What stands between ``$(`` and ``)``."""

    inner: str


class Assignment(NamedTuple):
    """``name op value``; ``op`` is one of ``= := += ?= !=``."""

    name: str
    operator: str
    value: str


def logical_lines(text: str) -> Iterator[str]:
    """Yield lines with continuations joined and comments gone; a leading tab is kept."""
    joined = _CONTINUED.sub(" ", text.replace("\r", ""))
    for count, line in enumerate(joined.split("\n")):
        if count >= MOST_LINES:
            return
        cut = _without_comment(line).rstrip()
        if cut.strip():
            yield cut


def _without_comment(line: str) -> str:
    at = line.find("#")
    while at > 0 and line[at - 1] == "\\":
        at = line.find("#", at + 1)
    return line if at < 0 else line[:at]


def closing(text: str, start: int) -> int:
    """Return the index of the bracket that closes the one at ``start``, or the text's length."""
    opener = text[start]
    closer = _CLOSERS[opener]
    depth = 0
    for index in range(start, len(text)):
        char = text[index]
        if char == opener:
            depth += 1
        elif char == closer:
            depth -= 1
            if not depth:
                return index
    return len(text)


@lru_cache(maxsize=65536)
def parts(text: str) -> tuple[str | Reference, ...]:
    """Split text into what is literal and what refers to a variable or function."""
    found: list[str | Reference] = []
    position = 0
    while True:
        dollar = text.find("$", position)
        if dollar < 0 or dollar + 1 >= len(text):
            if position < len(text):
                found.append(text[position:])
            return tuple(found)
        if dollar > position:
            found.append(text[position:dollar])
        following = text[dollar + 1]
        position = dollar + 2
        if following == "$":
            found.append("$")
        elif following in _CLOSERS:
            end = closing(text, dollar + 1)
            found.append(Reference(text[dollar + 2 : end]))
            position = end + 1
        else:
            found.append(Reference(following))


@lru_cache(maxsize=65536)
def chunks(text: str) -> tuple[str, ...]:
    """Split text at blanks that are not inside a reference."""
    if "$" not in text:
        return tuple(text.split())
    return tuple(split_outside(text, " \t\n"))


def split_outside(text: str, separators: str, most: int = -1) -> list[str]:
    """Split text at separators outside references; blanks split off nothing empty.

    Args:
        text: Makefile text.
        separators: The characters to split at.
        most: Stop after that many pieces and keep the rest as the last one.
    """
    found: list[str] = []
    start = index = 0
    while index < len(text):
        char = text[index]
        if char == "$" and text[index + 1 : index + 2] in _CLOSERS:
            index = closing(text, index + 1) + 1
            continue
        if separators == "," and char == "(":
            index = closing(text, index) + 1
            continue
        if char in separators:
            if len(found) + 1 == most:
                break
            found.append(text[start:index])
            start = index + 1
        index += 1
    found.append(text[start:])
    return found if separators in ",:" else [piece for piece in found if piece]


def assignment(line: str) -> Assignment | None:
    """Return the assignment that the line makes; None for a rule or anything else."""
    stripped = line.strip()
    match = _PREFIXES.match(stripped)
    while match:
        stripped = stripped[match.end() :]
        match = _PREFIXES.match(stripped)
    index = 0
    while index < len(stripped):
        if stripped[index] == "$" and stripped[index + 1 : index + 2] in _CLOSERS:
            index = closing(stripped, index + 1) + 1
            continue
        found = _OPERATOR.match(stripped, index)
        if found:
            operator = found[0]
            if operator == ":":
                return None
            name = stripped[:index].strip()
            value = stripped[found.end() :].strip()
            return Assignment(name, ":=" if operator.startswith(":") else operator, value)
        index += 1
    return None


def is_rule(line: str) -> bool:
    """Say whether a line that assigns nothing has a target, and so a recipe may follow."""
    return any(":" in part for part in parts(line) if isinstance(part, str))
