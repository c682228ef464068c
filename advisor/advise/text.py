"""How numbers and sentences are written."""

from __future__ import annotations

import re
from typing import Final

_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~_^-]{0,200}\Z")


def count(number: int, what: str) -> str:
    """Return a number with its noun: ``1 bug``, ``1,204 bugs``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def sentence(text: str) -> str:
    """Return a text as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")


def is_safe(name: str) -> bool:
    """Return whether a name may stand in a command line as it is."""
    return _SAFE.match(name) is not None
