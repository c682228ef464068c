"""Text that a terminal may show: escaped, folded, aligned, coloured."""

import unicodedata
from typing import NamedTuple


class Options(NamedTuple):
    """What a renderer may do. It never asks the terminal itself.

    Attributes:
        colour: Whether to send colours.
        width: Columns to fill.
        all: Show everything, not only what weighs.
        links: Whether the terminal understands hyperlinks.
    """

    colour: bool = False
    width: int = 80
    all: bool = False
    links: bool = False


class Style(NamedTuple):
    """The few colours, each with one meaning."""

    colour: bool

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def bad(self, text: str) -> str:
        """Act on it: red."""
        return self._paint("1;31", text)

    def warn(self, text: str) -> str:
        """Mind it: yellow."""
        return self._paint("33", text)

    def good(self, text: str) -> str:
        """Fine: green."""
        return self._paint("32", text)

    def strong(self, text: str) -> str:
        """A heading: bold."""
        return self._paint("1", text)

    def quiet(self, text: str) -> str:
        """Detail: dim."""
        return self._paint("2", text)

    def command(self, text: str) -> str:
        """Something to type: cyan."""
        return self._paint("36", text)


def clean(text: str) -> str:
    r"""Return text that cannot steer a terminal: what does not print becomes ``\x1b`` and the like.

    Direction overrides and other invisible characters are not printable, so they are shown too.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - two hex digits


def cut(text: str, width: int) -> str:
    """Return text of at most ``width`` columns, the loss marked with an ellipsis."""
    if columns(text) <= width:
        return text
    kept = ""
    used = 1
    for char in text:
        used += _columns(char)
        if used > width:
            break
        kept += char
    return f"{kept}…"


def columns(text: str) -> int:
    """Return how many columns text takes: East Asian wide letters take two."""
    return len(text) if text.isascii() else sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def pad(text: str, width: int) -> str:
    """Return text filled with blanks to ``width`` columns, or cut to them."""
    text = cut(text, width)
    return text + " " * (width - columns(text))


def fold(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    """Return the lines of a paragraph; a word longer than a line is cut up, never lost."""
    head = indent if first is None else first
    lines = [head]
    empty = True
    for word in _pieces(text, max(width - columns(indent), 8)):
        wanted = columns(lines[-1]) + columns(word) + (0 if empty else 1)
        if wanted > width and not empty:
            lines.append(indent)
            empty = True
        lines[-1] += word if empty else f" {word}"
        empty = False
    return lines


def _pieces(text: str, room: int) -> list[str]:
    """Return the words, those that fit no line in pieces."""
    pieces: list[str] = []
    for word in text.split():
        pieces += [word[start : start + room] for start in range(0, len(word), room)]
    return pieces


def number(value: int) -> str:
    """Return a count with thousands marked: ``1,653``."""
    return f"{value:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its word: ``1 fix``, ``2 fixes``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
