"""From the top Kbuild file down: which object is built from where, and when."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from advisor.knowledge.build.kbuild_expand import normal_path
from advisor.knowledge.build.kbuild_functions import UNKNOWN, Word, matches, substitute
from advisor.knowledge.build.kbuild_guard import ALWAYS, ARCH, pairs, simplify
from advisor.knowledge.build.kbuild_make import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from advisor.knowledge.build.kbuild_expand import Tree
    from advisor.knowledge.build.kbuild_guard import Guard

DEEPEST = 24
MOST_VISITS = 20_000
MOST_RULES = 4
MOST_WAYS = 4

SUFFIXES = (".c", ".S", ".rs", ".asn1", ".c_shipped", ".S_shipped", ".pl")
"""What an object is made from, in the order in which Kbuild tries."""

_LISTS = (("obj-y", False), ("obj-m", True), ("lib-y", False), ("lib-m", False))
_FOLDERS = (("obj-y", False), ("obj-m", True), ("subdir-y", True), ("subdir-m", True))
_PROGRAMS = ("hostprogs", "hostprogs-y", "hostprogs-m", "userprogs", "always-y", "extra-y")
_FLAGS = re.compile(r"(?:subdir-)?(?:cc|as|rust)flags-|(?:C|A|EXTRA_C)FLAGS|LINUXINCLUDE")
_TOP_LISTS = re.compile(r"^(?:core|drivers|libs)-\S+[ \t]*[:+]?=.*", re.MULTILINE)


class Built(NamedTuple):
    """A source file, as one target of the build has it.

    Attributes:
        path: ``drivers/net/ethernet/intel/e1000e/netdev.c``.
        target: What it is linked into: ``drivers/net/ethernet/intel/e1000e/e1000e``.
        modular: Whether this is the module or the built-in form of the target.
        when: The condition.
        image: Whether it is part of the kernel's image by a rule that is not Kbuild's: boot code,
            a vDSO, the EFI stub.
    """

    path: str
    target: str
    modular: bool
    when: Guard
    image: bool = False


class Visit(NamedTuple):
    """A directory and when the build goes there: to link it in, and at all."""

    folder: str
    builtin: tuple[Guard, ...]
    any: tuple[Guard, ...]
    depth: int = 0


class Walker:
    """Walks a tree's makefiles; each is evaluated once for each architecture that needs it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._scopes: dict[tuple[str, str], Scope | None] = {}
        self._arch_scopes: dict[str, Scope] = {}
        self._visited: dict[tuple[str, str], list[Guard]] = {}
        self._include: dict[tuple[str, str], tuple[str, ...]] = {}
        self._visits = 0

    def scope(self, folder: str, arch: str = "") -> Scope | None:
        """Return the variables that a directory's makefile leaves, or None without one."""
        key = (folder, arch)
        if key not in self._scopes:
            scope = Scope(self.tree, folder, arch)
            prefix = f"{folder}/" if folder else ""
            known = scope.read_whole(f"{prefix}Kbuild") or (
                bool(folder) and scope.read_whole(f"{prefix}Makefile")
            )
            self._scopes[key] = scope if known else None
        return self._scopes[key]

    def include_folders(self, folder: str, arch: str) -> tuple[str, ...]:
        """Return the ``-I`` options for what a directory compiles, those from above included."""
        key = (folder, arch)
        if key not in self._include:
            scope = self.scope(folder, arch) or self.scope(folder, "")
            own: list[str] = []
            if scope is not None:
                for name in sorted(scope.variables):
                    if _FLAGS.match(name):
                        own += _include_options(scope.final(name))
            above = self.include_folders(folder.rpartition("/")[0], arch) if folder else ()
            self._include[key] = tuple(dict.fromkeys((*own, *above)))
        return self._include[key]

    def walk(self) -> Iterator[Built]:
        """Yield every compiled file of the tree, for every architecture, once for each condition."""
        yield from self._visit(Visit("", (ALWAYS,), (ALWAYS,)))
        for visit in self._arch_visits():
            yield from self._visit(visit)
        for folder, arch in self._image_folders():
            scope = self.scope(folder, arch)
            if scope is not None:
                yield from self._image(scope, self._nearest(folder, arch))

    def arch_include_folders(self) -> dict[str, tuple[str, ...]]:
        """Return by architecture the ``-I`` options of its Makefile, which hold for the whole tree."""
        found: dict[str, tuple[str, ...]] = {}
        for arch in self.tree.arches:
            scope = self._arch_scope(arch)
            options = [
                folder
                for name in sorted(scope.variables)
                for folder in _include_options(scope.final(name))
                if folder.startswith("arch/")
            ]
            found[arch] = tuple(dict.fromkeys(options))
        return found

    def _arch_scope(self, arch: str) -> Scope:
        if arch not in self._arch_scopes:
            scope = Scope(self.tree, f"arch/{arch}", arch)
            scope.read_text("\n".join(_TOP_LISTS.findall(self.tree.read("Makefile") or "")))
            scope.read_whole(f"arch/{arch}/Makefile")
            self._arch_scopes[arch] = scope
        return self._arch_scopes[arch]

    def _arch_visits(self) -> Iterator[Visit]:
        """Yield the directories that an architecture's Makefile adds to the kernel."""
        for bit, arch in enumerate(self.tree.arches):
            scope = self._arch_scope(arch)
            here: Guard = ((ARCH, 1 << bit),)
            for name in ("head-y", "core-y", "drivers-y", "libs-y", "core-m", "drivers-m"):
                for word in scope.final(name):
                    guards = tuple(pairs([here], [word.when]))
                    if word.text.endswith("/") and guards and UNKNOWN not in word.text:
                        builtin = guards if name.endswith("y") else ()
                        yield Visit(normal_path(word.text), builtin, guards, 1)

    def _visit(self, visit: Visit) -> Iterator[Built]:
        self._visits += 1
        if visit.depth > DEEPEST or self._visits > MOST_VISITS or not visit.any:
            return
        arch = self._arch(visit)
        scope = self.scope(visit.folder, arch)
        if scope is None:
            return
        if visit.builtin:
            self._visited.setdefault((visit.folder, arch), []).extend(visit.any)
        for name, modular in _LISTS:
            reached = visit.any if modular else visit.builtin
            for word in dict.fromkeys(scope.final(name)):
                guards = pairs(reached, [word.when])
                yield from self._object(scope, word.text, guards, modular=modular)
        below: dict[str, list[Visit]] = {}
        for name, modular in _FOLDERS:
            for word in dict.fromkeys(scope.final(name)):
                if word.text.endswith("/") or name.startswith("subdir"):
                    child = _below(visit, word, modular=modular)
                    below.setdefault(child.folder, []).append(child)
        for children in below.values():
            yield from self._visit(self._joined(visit, children))

    def _joined(self, visit: Visit, children: Sequence[Visit]) -> Visit:
        """Return one visit for all the ways that lead from one directory into another.

        A directory that any of fifteen symbols opens says little: its own lists say it all.
        """
        builtin = simplify((guard for child in children for guard in child.builtin), self.tree.full)
        reached = simplify((guard for child in children for guard in child.any), self.tree.full)
        if len(reached) > MOST_WAYS * max(1, len(visit.any)):
            builtin, reached = visit.builtin if builtin else (), visit.any
        return Visit(children[0].folder, builtin, reached, visit.depth + 1)

    def _arch(self, visit: Visit) -> str:
        """Return the one architecture that a visit is for, or "" where it is for more."""
        bits = dict(visit.any[0]).get(ARCH, 0)
        return self.tree.arches[bits.bit_length() - 1] if bits.bit_count() == 1 else ""

    def _object(
        self, scope: Scope, text: str, guards: Sequence[Guard], *, modular: bool
    ) -> Iterator[Built]:
        if not guards or not text.endswith(".o") or UNKNOWN in text:
            return
        target = normal_path(f"{scope.folder}/{text.removesuffix('.o')}")
        members = members_of(scope, text.removesuffix(".o"), modular=modular)
        for word in [Word(text)] if members is None else members:
            path = source_of(scope, object_path(scope.folder, word.text))
            if path:
                for guard in simplify(pairs(guards, [word.when]), scope.full):
                    yield Built(path, target, modular, guard)

    def _image_folders(self) -> Iterator[tuple[str, str]]:
        """Yield directories whose objects become part of the image by rules of their own."""
        yield "", ""
        for path in sorted(self.tree.files):
            folder, _, name = path.rpartition("/")
            if name not in {"Makefile", "Kbuild"}:
                continue
            pieces = folder.split("/")
            if pieces[0] == "arch" and len(pieces) > 2 and "tools" not in pieces:  # noqa: PLR2004
                yield folder, pieces[1]
            elif folder.endswith("/libstub"):
                yield folder, ""

    def _nearest(self, folder: str, arch: str) -> tuple[Guard, ...]:
        """Return when the build goes to the nearest directory above that it links in."""
        here: Guard = ()
        if arch in self.tree.arches:
            here = ((ARCH, 1 << self.tree.arches.index(arch)),)
        while folder:
            guards = self._visited.get((folder, arch))
            if guards:
                return simplify(pairs(guards, [here]), self.tree.full)
            folder = folder.rpartition("/")[0]
        return (here,)

    def _image(self, scope: Scope, guards: Sequence[Guard]) -> Iterator[Built]:
        programs = {word.text for name in _PROGRAMS for word in scope.final(name)}
        skipped = {program + suffix for program in programs for suffix in ("-objs", "-y")}
        for name in sorted(scope.variables.keys() - skipped):
            if name.endswith("-"):  # what a list for a symbol that is off holds
                continue
            for word in scope.final(name):
                path = image_source(scope, word.text)
                for guard in pairs(guards, [word.when]) if path else ():
                    yield Built(path, path, modular=False, when=guard, image=True)


def _below(visit: Visit, word: Word, *, modular: bool) -> Visit:
    folder = normal_path(f"{visit.folder}/{word.text}")
    if UNKNOWN in word.text or folder == visit.folder:
        return Visit("", (), ())
    builtin = () if modular else tuple(pairs(visit.builtin, [word.when]))
    return Visit(folder, builtin, tuple(pairs(visit.any, [word.when])), visit.depth + 1)


def object_path(folder: str, text: str) -> str:
    """Return the path in the tree of an object that a directory's makefile names."""
    plain = text.removeprefix("./")
    return normal_path(plain if plain.startswith(folder + "/") else f"{folder}/{plain}")


def members_of(scope: Scope, name: str, *, modular: bool) -> list[Word] | None:
    """Return the objects that make up an object, or None if it is compiled itself.

    Source:
        Linux scripts/Makefile.lib, ``real-search`` and ``multi-search``.
    """
    lists = {suffix: scope.final(name + suffix) for suffix in ("-objs", "-y", "-m", "-")}
    if not any(lists.values()):
        return None
    return lists["-objs"] + lists["-y"] + (lists["-m"] if modular else [])


def image_source(scope: Scope, text: str) -> str:
    """Return the file that something in the image is made from: ``x.o``, ``x.lds`` or ``x.s``."""
    if UNKNOWN in text or not text.endswith((".o", ".lds", ".s")):
        return ""
    path = object_path(scope.folder, text)
    if path.endswith(".o"):
        return source_of(scope, path)
    made_from = path + ".S" if path.endswith(".lds") else path.removesuffix(".s") + ".c"
    return made_from if made_from in scope.tree.files else ""


def source_of(scope: Scope, path: str, depth: int = 0) -> str:
    """Return the file that an object is compiled from, or "" if the tree has none.

    Args:
        scope: The makefile that builds it, for its pattern rules.
        path: The object's path in the tree, with ``.o``.
        depth: How many rules led here.
    """
    stem = path.removesuffix(".o")
    for suffix in SUFFIXES:
        if stem + suffix in scope.tree.files:
            return stem + suffix
    if stem.endswith(".asn1") and stem in scope.tree.files:
        return stem
    for target, source in scope.rules if depth < MOST_RULES else ():
        if matches(target, path) and ("%" in target) == ("%" in source):
            made_from = substitute(target, source, path)
            if made_from == path:
                continue
            if made_from.endswith(".o"):
                made_from = source_of(scope, made_from, depth + 1)
            if made_from in scope.tree.files:
                return made_from
    return ""


def _include_options(words: Iterable[Word]) -> Iterator[str]:
    expected = False
    for word in words:
        text = word.text
        if UNKNOWN in text or (not expected and not text.startswith("-I")):
            expected = False
            continue
        folder = text if expected else text.removeprefix("-I")
        expected = not folder
        if folder:
            yield normal_path(folder)
