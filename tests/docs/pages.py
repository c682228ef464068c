"""The project's pages as a reader's browser sees them: headings, links, code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    sorted(
        [
            *ROOT.glob("*.md"),
            *(ROOT / "data").glob("*.md"),
            *(ROOT / "docs").rglob("*.md"),
            *(ROOT / "tests").glob("*/README.md"),
            *(ROOT / "ansible_collections").rglob("README.md"),
        ]
    )
)


class Code(NamedTuple):
    """A piece of code on a page.

    Attributes:
        language: What stands behind the fence; ``""`` for an indented block, ``inline`` for a span.
    """

    page: Path
    language: str
    text: str


def name_of(page: Path) -> str:
    """Return a page's path in the checkout."""
    return str(page.relative_to(ROOT))


@cache
def tokens(page: Path) -> tuple[Token, ...]:
    """Return a page's pieces, those within paragraphs and tables included."""
    found: list[Token] = []
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        found.append(token)
        found += token.children or []
    return tuple(found)


def codes(page: Path) -> Iterator[Code]:
    """Yield all code of a page."""
    for token in tokens(page):
        if token.type == "fence":
            yield Code(page, token.info.strip(), token.content)
        elif token.type == "code_block":
            yield Code(page, "", token.content)
        elif token.type == "code_inline":
            yield Code(page, "inline", token.content)


def links(page: Path) -> Iterator[str]:
    """Yield where a page's links and pictures lead."""
    for token in tokens(page):
        for key in ("href", "src"):
            target = token.attrGet(key)
            if isinstance(target, str):
                yield target


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors that GitHub gives a page's headings."""
    found: list[str] = []
    whole = tokens(page)
    for index, token in enumerate(whole):
        if token.type == "heading_open":
            text = "".join(
                child.content
                for child in whole[index + 1].children or []
                if child.type in {"text", "code_inline"}
            )
            found.append(slug(text))
    return frozenset(
        f"{text}-{found[:n].count(text)}" if text in found[:n] else text
        for n, text in enumerate(found)
    )


def slug(heading: str) -> str:
    """Return a heading's anchor: small letters, blanks as dashes, no punctuation."""
    kept = (c for c in heading.lower() if c in "-_ " or unicodedata.category(c)[0] in "LNM")
    return "".join(kept).replace(" ", "-")


def tables(text: str) -> list[list[list[str]]]:
    """Return the cells of each table of a Markdown text, headings included."""
    found: list[list[list[str]]] = []
    for block in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        rows = [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
            for line in block.splitlines()
        ]
        found.append([row for row in rows if not all(set(cell) <= set("-: ") for cell in row)])
    return found
