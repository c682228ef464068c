"""The functions of GNU make, over words that carry conditions.

Source:
    The GNU make manual, "Functions for Transforming Text".
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, Protocol

from advisor.knowledge.build.kbuild_guard import ALWAYS, both, negations, pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from advisor.knowledge.build.kbuild_guard import Guard

UNKNOWN = "\0"
"""Stands in a text for what only a build would tell."""

MOST_PATTERNS = 64
MOST_COMBINATIONS = 100_000


class Word(NamedTuple):
    """A word, or a whole text, and when it is there."""

    text: str
    when: Guard = ALWAYS


class Expander(Protocol):
    """What a function needs from the scope that it is called in."""

    def words(self, text: str) -> list[Word]:
        """Return the words of a text."""
        ...

    def strings(self, text: str) -> list[Word]:
        """Return the whole texts that a text may be."""
        ...

    def full(self, symbol: str) -> int:
        """Return all values of a symbol."""
        ...

    def glob(self, pattern: str) -> Sequence[str]:
        """Return the paths in the tree that match."""
        ...

    def bound(self, values: Mapping[str, list[Word]], text: str, when: Guard = ()) -> list[Word]:
        """Return the words of a text while variables have these values and a condition holds."""
        ...

    def spend(self, steps: int) -> None:
        """Count work; end the reading of this makefile where it is too much."""
        ...

    def evaluate(self, text: str) -> None:
        """Read a text as part of the makefile."""
        ...

    def defined(self, name: str) -> bool:
        """Say whether there is such a variable."""
        ...


def _limited(words: list[Word], when: Guard) -> list[Word]:
    """Return the words, there only while another condition holds too."""
    found = ((word.text, both(word.when, when)) for word in words)
    return [Word(text, guard) for text, guard in found if guard is not None]


def _argument(arguments: Sequence[str], index: int) -> str:
    return arguments[index] if index < len(arguments) else ""


def _combined(
    words: list[Word], froms: list[Word], tos: list[Word]
) -> Iterable[tuple[Word, Word, Word]]:
    """Return all combinations, or none where they would be too many to matter."""
    few = len(words) * len(froms) * len(tos) <= MOST_COMBINATIONS
    return product(words, froms, tos) if few else ()


def substitute(pattern: str, replacement: str, word: str) -> str:
    """Return a word after ``patsubst``: the same where the pattern does not match."""
    if "%" not in pattern:
        return replacement if word == pattern else word
    before, after = pattern.split("%", 1)
    if len(word) < len(before) + len(after) or not word.startswith(before):
        return word
    if not word.endswith(after):
        return word
    stem = word[len(before) : len(word) - len(after)]
    return replacement.replace("%", stem, 1)


def matches(pattern: str, word: str) -> bool:
    """Say whether a word matches a pattern with at most one ``%``."""
    if "%" not in pattern:
        return pattern == word
    before, after = pattern.split("%", 1)
    return (
        len(word) >= len(before) + len(after) and word.startswith(before) and word.endswith(after)
    )


def _subst(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    found: list[Word] = []
    froms, tos = scope.strings(_argument(arguments, 0)), scope.strings(_argument(arguments, 1))
    for word, old, new in _combined(scope.words(_argument(arguments, 2)), froms, tos):
        text = word.text.replace(old.text, new.text) if old.text else word.text
        for guard in pairs(pairs([word.when], [old.when]), [new.when]):
            found += [Word(piece, guard) for piece in text.split()]
    return found


def _patsubst(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    found: list[Word] = []
    froms, tos = scope.strings(_argument(arguments, 0)), scope.strings(_argument(arguments, 1))
    for word, old, new in _combined(scope.words(_argument(arguments, 2)), froms, tos):
        text = substitute(old.text.strip(), new.text.strip(), word.text)
        for guard in pairs(pairs([word.when], [old.when]), [new.when]):
            found += [Word(piece, guard) for piece in text.split()]
    return found


def _filter(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    patterns = scope.words(_argument(arguments, 0))[:MOST_PATTERNS]
    found: list[Word] = []
    words = scope.words(_argument(arguments, 1))
    scope.spend(len(words) * len(patterns))
    for word, pattern in product(words, patterns):
        if UNKNOWN in pattern.text or UNKNOWN in word.text:
            found.append(Word(UNKNOWN))
        elif matches(pattern.text, word.text):
            found += _limited([word], pattern.when)
    return found


def _filter_out(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    patterns = scope.words(_argument(arguments, 0))[:MOST_PATTERNS]
    found: list[Word] = []
    words = scope.words(_argument(arguments, 1))
    scope.spend(len(words) * len(patterns))
    for word in words:
        guards = [word.when]
        for pattern in patterns:
            if matches(pattern.text, word.text):
                guards = pairs(guards, negations(pattern.when, scope.full))
        found += [Word(word.text, guard) for guard in guards]
    return found


def _affix(scope: Expander, arguments: Sequence[str], *, before: bool) -> list[Word]:
    found: list[Word] = []
    affixes = scope.strings(_argument(arguments, 0))
    for word, affix in product(scope.words(_argument(arguments, 1)), affixes):
        extra = affix.text.strip()
        text = extra + word.text if before else word.text + extra
        found += _limited([Word(piece, word.when) for piece in text.split()], affix.when)
    return found


def _if(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    found: list[Word] = []
    for condition in scope.strings(_argument(arguments, 0).strip()):
        text = condition.text.strip()
        if text:
            found += _limited(scope.words(_argument(arguments, 1)), condition.when)
        if not text or UNKNOWN in text:
            found += _limited(scope.words(_argument(arguments, 2)), condition.when)
    return found


def _or(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    found: list[Word] = []
    left = [ALWAYS]
    for argument in arguments:
        following: list[Guard] = []
        for option in scope.strings(argument.strip()):
            guards = pairs(left, [option.when])
            if option.text.strip():
                found += [Word(piece, guard) for guard in guards for piece in option.text.split()]
            else:
                following += guards
        left = following
    return found


def _and(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    left = [ALWAYS]
    for argument in arguments[:-1]:
        options = [option.when for option in scope.strings(argument.strip()) if option.text.strip()]
        left = pairs(left, options)
    last = scope.words(_argument(arguments, len(arguments) - 1))
    return [word for guard in left for word in _limited(last, guard)]


def _foreach(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    name, text = _argument(arguments, 0).strip(), _argument(arguments, 2)
    found: list[Word] = []
    for item in scope.words(_argument(arguments, 1)):
        bound = scope.bound({name: [Word(item.text)]}, text, item.when)
        found += _limited(bound, item.when)
    return found


def _call(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    name = _argument(arguments, 0).strip()
    if not scope.defined(name):
        return [Word(UNKNOWN)]
    given = {str(index): scope.words(text) for index, text in enumerate(arguments) if index}
    return scope.bound(given, f"$({name})")


def _wildcard(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    found: list[Word] = []
    for pattern in scope.words(_argument(arguments, 0)):
        here = "./" if pattern.text.startswith("./") else ""
        found += [Word(here + path, pattern.when) for path in scope.glob(pattern.text)]
    return found


def _each(scope: Expander, arguments: Sequence[str], *, change: Callable[[str], str]) -> list[Word]:
    words = scope.words(",".join(arguments))
    changed = (Word(change(word.text), word.when) for word in words)
    return [word for word in changed if word.text]


def _chosen(
    scope: Expander, arguments: Sequence[str], *, choose: Callable[[list[Word]], list[Word]]
) -> list[Word]:
    """Choose by position: only sure where every word is there always."""
    words = scope.words(arguments[-1] if arguments else "")
    if any(word.when for word in words):
        return [Word(UNKNOWN)]
    return choose(words)


def _word(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    index = _argument(arguments, 0).strip()
    if not index.isdecimal() or not 0 < int(index) < MOST_PATTERNS:
        return [Word(UNKNOWN)]
    at = int(index)
    return _chosen(scope, arguments, choose=lambda words: words[at - 1 : at])


def _findstring(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    found: list[Word] = []
    needles, texts = scope.strings(_argument(arguments, 0)), scope.strings(_argument(arguments, 1))
    for needle, text in product(needles, texts):
        for guard in pairs([needle.when], [text.when]):
            if UNKNOWN in needle.text + text.text:
                found.append(Word(UNKNOWN, guard))
            elif needle.text in text.text:
                found.append(Word(needle.text, guard))
    return found


def _nothing(scope: Expander, arguments: Sequence[str]) -> list[Word]:  # noqa: ARG001  # a row
    return []


def _eval(scope: Expander, arguments: Sequence[str]) -> list[Word]:
    scope.evaluate(",".join(arguments))
    return []


def _folder(path: str) -> str:
    return path.rpartition("/")[0] + "/" if "/" in path else "./"


def _base(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return folder + slash + (name.rpartition(".")[0] or name)


FUNCTIONS: Mapping[str, Callable[[Expander, Sequence[str]], list[Word]]] = {
    "subst": _subst,
    "patsubst": _patsubst,
    "filter": _filter,
    "filter-out": _filter_out,
    "addprefix": partial(_affix, before=True),
    "addsuffix": partial(_affix, before=False),
    "if": _if,
    "or": _or,
    "and": _and,
    "foreach": _foreach,
    "call": _call,
    "wildcard": _wildcard,
    "sort": partial(_each, change=str),
    "strip": partial(_each, change=str),
    "abspath": partial(_each, change=str),
    "realpath": partial(_each, change=str),
    "notdir": partial(_each, change=lambda path: path.rpartition("/")[2]),
    "dir": partial(_each, change=_folder),
    "basename": partial(_each, change=_base),
    "firstword": partial(_chosen, choose=lambda words: words[:1]),
    "lastword": partial(_chosen, choose=lambda words: words[-1:]),
    "word": _word,
    "words": partial(_chosen, choose=lambda words: [Word(str(len(words)))]),
    "findstring": _findstring,
    "error": _nothing,
    "warning": _nothing,
    "info": _nothing,
    "eval": _eval,
}
"""By name; a function that is not here (``shell``) answers with what only a build would tell."""
