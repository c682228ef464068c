"""Tell class and evidence of a bug from the words of its record; only the word is kept.

Three readings, the surest first: what the title calls it, what a checker or the kernel printed about
it, and how the text describes it. The measured precision stands in docs/accuracy.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from advisor.knowledge.build.phrases import TITLES, TRACES
from advisor.knowledge.build.phrases_text import EVIDENCE, TEXTS
from advisor.model.fix import BugClass, Evidence

_Word = TypeVar("_Word", bound=StrEnum)
_Patterns = tuple[tuple[_Word, re.Pattern[str]], ...]
# Titles of other changes that a text cites say nothing about this one.
_CITED = re.compile(r'\(\s*"[^"]{1,200}"\s*\)')
_MOST_TEXT = 20_000
_MOST_TITLE = 1000


def _compiled(table: Mapping[_Word, Iterable[str]]) -> _Patterns[_Word]:
    return tuple((word, re.compile("|".join(phrases))) for word, phrases in table.items())


_TITLES, _TRACES, _TEXTS = _compiled(TITLES), _compiled(TRACES), _compiled(TEXTS)
_EVIDENCE = _compiled(EVIDENCE)


def bug_class(title: str, text: str) -> BugClass:
    """Return the class that a record's words tell; the title weighs before the text."""
    words = _CITED.sub("", text[:_MOST_TEXT]).lower()
    titled = _first(_TITLES, title[:_MOST_TITLE].lower())
    if titled is not None and titled is not BugClass.CRASH:
        return titled
    return _first(_TRACES, words) or titled or _first(_TEXTS, words) or BugClass.UNKNOWN


def evidence(title: str, text: str) -> Evidence:
    """Return what the record names as proof that the bug is real."""
    words = f"{title[:_MOST_TITLE]}\n{text[:_MOST_TEXT]}".lower()
    return _first(_EVIDENCE, words) or Evidence.NONE_STATED


def _first(table: _Patterns[_Word], words: str) -> _Word | None:
    return next((word for word, pattern in table if pattern.search(words)), None)
