"""How numbers and sentences are written."""

from __future__ import annotations


def count(number: int, what: str) -> str:
    """Return a number with its noun: ``1 bug``, ``1,204 bugs``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def sentence(text: str) -> str:
    """Return a text as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")
