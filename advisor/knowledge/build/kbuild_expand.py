"""Makefile text expanded for every configuration at once.

A variable holds words, each with the condition under which it is there. ``$(CONFIG_X)`` is the word
``y`` where X is y, and ``m`` where X is m. Where something cannot be known without building (a
compiler's answer, a shell command), the word is :data:`~kbuild_functions.UNKNOWN`.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from advisor.knowledge.build import kbuild_text
from advisor.knowledge.build.kbuild_functions import FUNCTIONS, UNKNOWN, Word
from advisor.knowledge.build.kbuild_guard import ARCH, M, N, Y, both, negations, pairs
from advisor.knowledge.build.kconfig import TRISTATE, VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from advisor.knowledge.build.kbuild_guard import Guard
    from advisor.knowledge.build.kbuild_text import Reference
    from advisor.knowledge.build.kconfig import Kconfig

MOST_STRINGS = 256
MOST_WORDS = 20_000
LONGEST = 200_000
DEEPEST = 40
MOST_STEPS = 200_000
"""Words and references that one makefile may come to; the kernel's come to 24,000 at most."""

_FUNCTION = re.compile(r"([a-z-]+)[ \t]+")
_SUBSTITUTION = re.compile(r"([^:=\s]+):([^=]*)=(.*)", re.DOTALL)
_FROM_THE_MACHINE = frozenset(
    [
        *("ARCH", "SUBARCH", "UTS_MACHINE", "KERNELRELEASE", "CONFIG_SHELL", "LLVM"),
        *("CC", "LD", "AS", "CPP", "AR", "NM", "HOSTCC", "RUSTC"),
    ]
)


class Variable:
    """A make variable: raw pieces if it is recursive, else words."""

    __slots__ = ("items", "recursive")

    def __init__(self, items: list[Word], *, recursive: bool) -> None:
        self.items = items
        self.recursive = recursive


class Tree(NamedTuple):
    """What a makefile can see of the tree around it.

    Attributes:
        kconfig: Types of the symbols.
        arches: Directories under ``arch``, sorted.
        read: Returns a file's text by its path in the tree, or None.
        files: Every file's path in the tree.
        read: Returns a file's text by its path in the tree, or None.
    """

    kconfig: Kconfig
    arches: Sequence[str]
    files: AbstractSet[str]
    read: Callable[[str], str | None]

    def full(self, symbol: str, arch: str = "") -> int:
        """Return all values that a symbol can have."""
        if symbol == ARCH:
            return (1 << len(self.arches)) - 1
        return Y | M | N if self.kconfig.type_of(symbol, arch) == TRISTATE else Y | N

    def glob(self, pattern: str) -> list[str]:
        """Return the files and directories that a pattern matches, sorted."""
        if not any(char in pattern for char in "*?["):
            below = pattern.rstrip("/") + "/"
            known = pattern in self.files or any(path.startswith(below) for path in self.files)
            return [pattern] if known else []
        folder = pattern.rpartition("/")[0]
        return sorted(
            path
            for path in self.files
            if path.rpartition("/")[0] == folder and fnmatchcase(path, pattern)
        )


def normal_path(path: str) -> str:
    """Return a path in the tree without ``.`` and ``..``; what climbs out of the tree is cut off."""
    found: list[str] = []
    for piece in path.split("/"):
        if piece == "..":
            del found[-1:]
        elif piece not in {"", "."}:
            found.append(piece)
    return "/".join(found)


class TooMuchError(Exception):
    """A makefile asks for more work than any of the kernel's does."""


class Expansion:
    """The variables of one makefile, and what text that names them stands for."""

    def __init__(self, tree: Tree, arch: str = "") -> None:
        self.tree = tree
        self.arch = arch
        self.variables: dict[str, Variable] = {}
        self.steps = MOST_STEPS
        self.depth = 0
        self.inside: Guard = ()

    def spend(self, steps: int) -> None:
        """Count work.

        Raises:
            TooMuchError: It is more than a makefile may ask for.
        """
        self.steps -= steps
        if self.steps < 0:
            raise TooMuchError

    def full(self, symbol: str) -> int:
        """Return all values that a symbol can have here."""
        return self.tree.full(symbol, self.arch)

    def glob(self, pattern: str) -> Sequence[str]:
        """Return the paths in the tree that a pattern matches."""
        return self.tree.glob(normal_path(pattern))

    def defined(self, name: str) -> bool:
        """Say whether a variable was set."""
        return name in self.variables

    def bound(self, values: Mapping[str, list[Word]], text: str, when: Guard = ()) -> list[Word]:
        """Return the words of a text while variables have these values and a condition holds."""
        with self.binding(values, when):
            return self.words(text)

    @contextmanager
    def binding(
        self, values: Mapping[str, list[Word]], when: Guard = ()
    ) -> Generator[None, None, None]:
        """Give variables values, and what is evaluated a condition, for as long as it lasts."""
        before = {name: self.variables.get(name) for name in values}
        outside, self.inside = self.inside, both(self.inside, when) or self.inside
        for name, words in values.items():
            self.variables[name] = Variable(words, recursive=False)
        try:
            yield
        finally:
            self.inside = outside
            for name, old in before.items():
                if old is None:
                    self.variables.pop(name, None)
                else:
                    self.variables[name] = old

    def evaluate(self, text: str) -> None:
        """Do nothing: only a makefile that is being read can take in more of itself."""

    def words(self, text: str) -> list[Word]:
        """Return the words that a text expands to, each with its condition."""
        found: list[Word] = []
        for chunk in kbuild_text.chunks(text):
            pieces = kbuild_text.parts(chunk)
            if len(pieces) == 1:
                piece = pieces[0]
                found += [Word(piece)] if isinstance(piece, str) else self._refer(piece)
            else:
                found += [
                    Word(word, string.when)
                    for string in self.strings(chunk)
                    for word in string.text.split()
                ]
            if len(found) > MOST_WORDS:
                break
        return found

    def strings(self, text: str) -> list[Word]:
        """Return the whole texts that a text may expand to; their conditions exclude each other."""
        found = [Word("")]
        for piece in kbuild_text.parts(text):
            options = [Word(piece)] if isinstance(piece, str) else self._joined(self._refer(piece))
            found = [
                Word(left.text + right.text, guard)
                for left, right in product(found, options)
                if (guard := both(left.when, right.when)) is not None
            ]
            if len(found) > MOST_STRINGS or max(len(word.text) for word in found) > LONGEST:
                return [Word(UNKNOWN)]
            self.spend(len(found))
        return found

    def _joined(self, words: Sequence[Word]) -> list[Word]:
        """Return the texts that a list of words amounts to, one for each way it may turn out."""
        if not any(word.when for word in words):
            text = " ".join(word.text for word in words)
            return [Word(text if len(text) <= LONGEST else UNKNOWN)]
        found = [Word("")]
        for word in words:
            self.spend(len(found))
            outside = negations(word.when, self.full)
            following: list[Word] = []
            for one in found:
                within = both(one.when, word.when)
                if within is not None:
                    gap = " " if one.text else ""
                    following.append(Word(one.text + gap + word.text, within))
                following += [Word(one.text, guard) for guard in pairs([one.when], outside)]
            found = following
            if len(found) > MOST_STRINGS:
                return [Word(UNKNOWN)]
        return found

    def _refer(self, reference: Reference) -> list[Word]:
        if self.depth >= DEEPEST:
            return [Word(UNKNOWN)]
        self.depth += 1
        try:
            found = self._evaluate(reference.inner)
        finally:
            self.depth -= 1
        self.spend(1 + len(found))
        return found

    def _evaluate(self, inner: str) -> list[Word]:
        function = _FUNCTION.match(inner)
        if function and function[1] in FUNCTIONS:
            arguments = kbuild_text.split_outside(inner[function.end() :], ",")
            return FUNCTIONS[function[1]](self, arguments)
        if function:
            return [Word(UNKNOWN)]
        changed = _SUBSTITUTION.match(inner) if "=" in inner else None
        if changed:
            before, after = changed[2], changed[3]
            if "%" not in before:
                before, after = "%" + before, "%" + after
            return FUNCTIONS["patsubst"](self, [before, after, f"$({changed[1]})"])
        found: list[Word] = []
        for name in self.strings(inner):
            for word in self.look_up(name.text):
                guard = both(name.when, word.when)
                if guard is not None:
                    found.append(Word(word.text, guard))
        return found

    def look_up(self, name: str) -> list[Word]:
        """Return the words of a variable."""
        if name.startswith("CONFIG_"):
            return self._symbol(name.removeprefix("CONFIG_"))
        variable = self.variables.get(name)
        if variable is None:
            if name == "SRCARCH":
                return [
                    Word(arch, ((ARCH, 1 << bit),)) for bit, arch in enumerate(self.tree.arches)
                ]
            if name == "SUBARCH" and self.arch == "um":
                return [Word("x86")]
            if name == "BITS":
                return [Word("64", (("64BIT", Y),)), Word("32", (("64BIT", N),))]
            return [Word(UNKNOWN)] if UNKNOWN in name or name in _FROM_THE_MACHINE else []
        if not variable.recursive:
            return variable.items
        found: list[Word] = []
        for item in variable.items:
            for word in self.words(item.text):
                guard = both(item.when, word.when)
                if guard is not None:
                    found.append(Word(word.text, guard))
        return found

    def _symbol(self, symbol: str) -> list[Word]:
        kind = self.tree.kconfig.type_of(symbol, self.arch)
        if kind == VALUE:
            return [Word(UNKNOWN)]
        found = [Word("y", ((symbol, Y),))]
        return [*found, Word("m", ((symbol, M),))] if kind == TRISTATE else found
