"""Makefiles read for every configuration at once.

``obj-$(CONFIG_X) += a.o`` puts ``a.o`` into ``obj-y`` where X is y, and into ``obj-m`` where X is m; of a
conditional on symbols each branch counts under its condition; of one on what only a build would tell,
both branches count.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from advisor.knowledge.build import kbuild_text
from advisor.knowledge.build.kbuild_expand import (
    DEEPEST,
    MOST_STRINGS,
    MOST_WORDS,
    Expansion,
    TooMuchError,
    Variable,
    normal_path,
)
from advisor.knowledge.build.kbuild_functions import UNKNOWN, Word
from advisor.knowledge.build.kbuild_guard import (
    ALWAYS,
    MOST_GUARDS,
    both,
    negations,
    pairs,
    simplify,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from advisor.knowledge.build.kbuild_expand import Tree
    from advisor.knowledge.build.kbuild_guard import Guard

_CONDITIONAL = re.compile(r"(ifdef|ifndef|ifeq|ifneq|else|endif)\b\s*(.*)", re.DOTALL)
_CALL = re.compile(r"\$\(call[ \t]+([\w.-]+),(.*)\)\Z", re.DOTALL)
_QUOTED = re.compile(r"""(["'])(.*?)\1\s*(["'])(.*?)\3\Z""", re.DOTALL)


class Scope(Expansion):
    """The variables and rules of one makefile, as the makefile leaves them."""

    def __init__(self, tree: Tree, folder: str, arch: str = "") -> None:
        super().__init__(tree, arch)
        self.folder = folder
        self.rules: list[tuple[str, str]] = []
        self._files: list[str] = []
        self._now: tuple[Guard, ...] = (ALWAYS,)
        for name in ("src", "obj"):
            self.variables[name] = Variable([Word(folder)], recursive=False)
        for name in ("srctree", "objtree"):
            self.variables[name] = Variable([Word(".")], recursive=False)
        for name in ("obj-y", "obj-m", "lib-y", "lib-m", "subdir-y", "subdir-m"):
            self.variables[name] = Variable([], recursive=False)

    def read_whole(self, path: str) -> bool:
        """Evaluate a makefile of the tree as far as that is reasonable; say whether it exists."""
        try:
            return self.read_file(path)
        except TooMuchError:
            return True

    def final(self, name: str) -> list[Word]:
        """Return the words that a variable has in the end; none if they are too many."""
        try:
            found = self.look_up(name)
            self.spend(len(found))
        except TooMuchError:
            return []
        return found

    def read_file(self, path: str, when: tuple[Guard, ...] = (ALWAYS,)) -> bool:
        """Evaluate a makefile of the tree; say whether it exists."""
        text = self.tree.read(path)
        if text is None:
            return False
        if path in self._files or len(self._files) >= DEEPEST:
            return True
        self._files.append(path)
        self.read_text(text, when)
        self._files.pop()
        return True

    def read_text(self, text: str, when: tuple[Guard, ...] = (ALWAYS,)) -> None:
        """Evaluate makefile text under a condition."""
        frames: list[_Frame] = []
        now = when
        recipe = False
        define: list[str] | None = None
        for line in kbuild_text.logical_lines(text):
            stripped = line.strip()
            if define is not None:
                if stripped == "endef":
                    self._assign(define[0], "=", "\n".join(define[1:]), now)
                    define = None
                else:
                    define.append(stripped)
                continue
            conditional = _CONDITIONAL.match(stripped)
            if conditional:
                now = self._turn(conditional[1], conditional[2], frames, now)
                continue
            if not now or (recipe and line.startswith("\t")):
                continue
            if stripped.startswith("define "):
                define = [stripped.split()[1].rstrip("=:")]
                continue
            recipe = self._statement(stripped, now, recipe=recipe)

    def _turn(
        self, word: str, rest: str, frames: list[_Frame], now: tuple[Guard, ...]
    ) -> tuple[Guard, ...]:
        if word == "endif":
            return frames.pop().outer if frames else now
        if word == "else":
            if not frames:
                return now
            frame = frames[-1]
            inner = _CONDITIONAL.match(rest.strip())
            if not inner:
                return frame.other
            taken, other = self._condition(inner[1], inner[2], frame.other)
            frames[-1] = _Frame(frame.outer, other)
            return taken
        taken, other = self._condition(word, rest, now)
        frames.append(_Frame(now, other))
        return taken

    def _condition(
        self, word: str, rest: str, now: tuple[Guard, ...]
    ) -> tuple[tuple[Guard, ...], tuple[Guard, ...]]:
        """Return when the branch is taken and when the other one is."""
        if word in {"ifdef", "ifndef"}:
            sides = (f"$({rest.strip()})", "")
            equal = word == "ifndef"
        else:
            sides = _sides(rest)
            equal = word == "ifeq"
        yes: list[Guard] = []
        no: list[Guard] = []
        for left, right in product(self.strings(sides[0]), self.strings(sides[1])):
            guard = both(left.when, right.when)
            if guard is None:
                continue
            known = UNKNOWN not in left.text + right.text
            if not known or left.text.strip() == right.text.strip():
                yes.append(guard)
            if not known or left.text.strip() != right.text.strip():
                no.append(guard)
        if not equal:
            yes, no = no, yes
        return self._under(now, yes), self._under(now, no)

    def _under(self, now: tuple[Guard, ...], guards: list[Guard]) -> tuple[Guard, ...]:
        found = simplify(pairs(now, simplify(guards, self.full)), self.full)
        return found if len(found) <= MOST_GUARDS else now

    def _statement(self, line: str, now: tuple[Guard, ...], *, recipe: bool) -> bool:
        """Evaluate one line; say whether a recipe may follow."""
        words = line.split(None, 1)
        if words[0] in {"include", "-include", "sinclude"} and len(words) > 1:
            self._include(words[1], now)
            return False
        found = kbuild_text.assignment(line)
        if found:
            for name in self.strings(found.name):
                under = tuple(pairs(now, [name.when]))
                if under and UNKNOWN not in name.text:
                    self._assign(name.text.strip(), found.operator, found.value, under)
            return False
        if line.startswith(("$(eval ", "$(foreach ", "$(call ")):
            before, self._now = self._now, now
            self.words(line)
            self._now = before
            return False
        if not kbuild_text.is_rule(line):
            return recipe
        self._rule(line)
        return True

    def _include(self, text: str, now: tuple[Guard, ...]) -> None:
        for path in self.words(text):
            under = tuple(pairs(now, [path.when]))
            if under and UNKNOWN not in path.text:
                self.read_file(normal_path(path.text), under)

    def evaluate(self, text: str) -> None:
        """Read a text as part of the makefile: what ``$(eval text)`` stands for."""
        if self.depth >= DEEPEST:
            return
        lines, given = self._called(text.strip())
        with self.binding(given):
            for line in lines:
                for string in self.strings(line):
                    under = tuple(pairs(pairs(self._now, [self.inside]), [string.when]))
                    if under:
                        self.read_text(string.text, under)

    def _called(self, text: str) -> tuple[list[str], dict[str, list[Word]]]:
        """Return the lines of a ``define`` that a text calls, and its arguments; or the text."""
        match = _CALL.match(text)
        variable = self.variables.get(match[1]) if match else None
        if match is None or variable is None or not variable.recursive:
            return [text], {}
        arguments = kbuild_text.split_outside(match[2], ",")
        given = {str(index): self.words(value) for index, value in enumerate(arguments, 1)}
        return [line for item in variable.items for line in item.text.split("\n")], given

    def _rule(self, line: str) -> None:
        """Keep what object is made from which file: ``%.pi.o: %.o``."""
        pieces = kbuild_text.split_outside(line, ":")
        if len(pieces) < 2 or len(self.rules) > MOST_WORDS:  # noqa: PLR2004  # target and source
            return
        targets = [normal_path(word.text) for word in self.words(pieces[-2])]
        sources = [normal_path(word.text) for word in self.words(pieces[-1])]
        for target, source in product(targets[:MOST_STRINGS], sources[:MOST_STRINGS]):
            if target.endswith(".o") and source.endswith((".c", ".S", ".o", ".rs")):
                self.rules.append((target, source))

    def _assign(self, name: str, operator: str, value: str, when: tuple[Guard, ...]) -> None:
        old = self.variables.get(name)
        if operator == "?=" and old is not None:
            return
        if operator == "!=":
            value, operator = UNKNOWN, ":="
        recursive = operator in {"=", "?="} or (operator == "+=" and (old is None or old.recursive))
        fresh = [Word(value)] if recursive else self.words(value)
        self.spend(len(fresh) * len(when))
        items = [Word(word.text, guard) for word in fresh for guard in pairs([word.when], when)]
        if old is not None and operator == "+=":
            old.items.extend(items[: max(0, MOST_WORDS - len(old.items))])
        else:
            kept = self._outside(old.items, when) if old is not None else []
            self.variables[name] = Variable(kept + items, recursive=recursive)

    def _outside(self, items: Iterable[Word], when: tuple[Guard, ...]) -> list[Word]:
        if ALWAYS in when:
            return []
        if len(when) != 1:
            return list(items)
        others = negations(when[0], self.full)
        return [Word(item.text, guard) for item in items for guard in pairs([item.when], others)]


class _Frame(NamedTuple):
    outer: tuple[Guard, ...]
    other: tuple[Guard, ...]


def _sides(rest: str) -> tuple[str, str]:
    """Return what ``ifeq`` compares: ``(a,b)`` or ``"a" "b"``."""
    text = rest.strip()
    if text.startswith("("):
        inner = text[1 : kbuild_text.closing(text, 0)]
        sides = [*kbuild_text.split_outside(inner, ",", 2), ""]
        return sides[0].strip(), sides[1].strip()
    quoted = _QUOTED.match(text)
    return (quoted[2], quoted[4]) if quoted else (UNKNOWN, "")
