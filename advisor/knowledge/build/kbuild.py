"""The map from a kernel's source files to modules and Kconfig symbols.

:func:`read_tree` makes it for one unpacked source tree, :func:`merge` joins several releases,
:func:`write_map` and :func:`read_map` are its text form, which is kept in ``data/kernel-files``.
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build.kbuild_expand import Tree
from advisor.knowledge.build.kbuild_guard import both
from advisor.knowledge.build.kbuild_include import (
    Context,
    Resolver,
    includes_of,
    parse_code_includes,
    parse_rust_modules,
    rust_paths,
    spread,
)
from advisor.knowledge.build.kbuild_map import (
    SourceFile,
    load_maps,
    merge,
    read_map,
    save_maps,
    write_map,
)
from advisor.knowledge.build.kbuild_units import SEVERAL, Unit, units_of
from advisor.knowledge.build.kbuild_walk import Built, Walker
from advisor.knowledge.build.kconfig import kconfig_files, read_kconfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from advisor.knowledge.build.kbuild_include import Include, Name

__all__ = [
    "SourceFile",
    "Unit",
    "load_maps",
    "merge",
    "open_tree",
    "read_map",
    "read_tree",
    "save_maps",
    "write_map",
]

MOST_MODULES = 5
"""A header that more modules include is of :data:`~kbuild_units.SEVERAL`."""

MOST_NAMES = 8
"""As :data:`MOST_MODULES`, with a module counted once for each symbol that may decide about it."""

IN_EVERY_MODULE = "scripts/module-common.c"
"""Since 6.12 part of each module, whatever the makefiles of the module say."""

LARGEST_FILE = 32 * 1024 * 1024
_DEEPEST = 6


def open_tree(root: Path) -> Tree:
    """Return an unpacked source tree, ready for its makefiles to be read.

    Raises:
        AdvisorError: There is no kernel source tree at ``root``.
    """
    if not (root / "Kbuild").is_file() or not (root / "arch").is_dir():
        what = f"no kernel source tree, {root}"
        hint = "name the directory that has Kbuild, Makefile and arch in it"
        raise AdvisorError(what, hint=hint, status=ExitStatus.BAD_DATA)
    files: set[str] = set()
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".git")
        below = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if below == "." else f"{below}/"
        files.update(prefix + name for name in names)

    def read(path: str) -> str | None:
        if path not in files or not (root / path).is_file():
            return None
        try:
            with (root / path).open(encoding="utf-8", errors="replace") as file:
                return file.read(LARGEST_FILE)
        except (OSError, ValueError):
            return None

    arches = sorted(
        path.split("/")[1] for path in files if path.startswith("arch/") and _is_arch(path)
    )
    return Tree(read_kconfig(kconfig_files(root)), arches, frozenset(files), read)


def _few(names: frozenset[Name]) -> bool:
    return len(names) <= MOST_NAMES and len({module for module, _ in names}) <= MOST_MODULES


def _is_arch(path: str) -> bool:
    return path.count("/") == 2 and path.endswith("/Makefile")  # noqa: PLR2004  # arch/x86/Makefile


def read_tree(root: Path) -> Iterator[SourceFile]:
    """Yield every file of a source tree with the units it becomes part of, sorted by path.

    Args:
        root: The directory of an unpacked tree, as ``linux-source-6.12`` has it.

    Raises:
        AdvisorError: There is no kernel source tree at ``root``.
    """
    tree = open_tree(root)
    reading = _Reading(tree)
    built = reading.compiled()
    units = {path: units_of(found, tree) for path, found in built.items()}
    headers = reading.headers(built, units)
    if IN_EVERY_MODULE in tree.files:
        units[IN_EVERY_MODULE] = (Unit(SEVERAL),)
    for path in sorted(tree.files):
        yield SourceFile(path, units.get(path) or headers.get(path, ()))


class _Reading:
    """One reading of a tree: its makefiles, then what its files include."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.walker = Walker(tree)
        self.resolver = Resolver(tree.files, self.walker.arch_include_folders())
        self._parsed: dict[str, list[Include]] = {}
        self._resolved: dict[tuple[str, Context], tuple[str, ...]] = {}

    def compiled(self) -> dict[str, list[Built]]:
        """Return what is built of each file that is compiled, by itself or through another."""
        direct: dict[str, list[Built]] = defaultdict(list)
        image: dict[str, list[Built]] = defaultdict(list)
        for one in self.walker.walk():
            (image if one.image else direct)[one.path].append(one)
        for path, found in image.items():
            direct.setdefault(path, found)
        layer: Mapping[str, list[Built]] = dict(direct)
        for depth in range(_DEEPEST):
            following: dict[str, list[Built]] = defaultdict(list)
            for path in sorted(layer):
                for inner, include in self._taken_in(path, root=not depth, built=layer[path]):
                    if inner in direct:
                        continue
                    for one in layer[path]:
                        when = both(one.when, include.when)
                        if when is not None:
                            following[inner].append(one._replace(path=inner, when=when))
            direct.update(following)
            layer = following
        return direct

    def _possible(self, include: Include) -> Include | None:
        """Return an include without the values that a symbol cannot have; None if none is left."""
        values = [(symbol, mask, self.tree.full(symbol)) for symbol, mask in include.when]
        if not all(mask & full for _, mask, full in values):
            return None
        when = tuple((symbol, mask & full) for symbol, mask, full in values if full & ~mask)
        return include._replace(when=when)

    def _taken_in(
        self, path: str, *, root: bool, built: Iterable[Built]
    ) -> Iterator[tuple[str, Include]]:
        """Yield the C or Rust files that a compiled file takes in."""
        text = self.tree.read(path) or ""
        if path.endswith(".rs"):
            for include in filter(None, map(self._possible, parse_rust_modules(text))):
                for inner in rust_paths(path, include.name, root=root):
                    if inner in self.tree.files:
                        yield inner, include
        elif path.endswith((".c", ".S")):
            context = self._context(next(iter(built)))
            for include in filter(None, map(self._possible, parse_code_includes(text))):
                for inner in self.resolver.resolve(path, include, context):
                    yield inner, include

    def _context(self, built: Built) -> Context:
        pieces = built.target.split("/")
        arch = pieces[1] if pieces[0] == "arch" else ""
        folder = built.target.rpartition("/")[0]
        return Context(arch, self.walker.include_folders(folder, arch))

    def headers(
        self, built: Mapping[str, list[Built]], units: Mapping[str, tuple[Unit, ...]]
    ) -> dict[str, tuple[Unit, ...]]:
        """Return the units of each file that compiled files include."""
        start: dict[tuple[str, Context], frozenset[Name]] = {}
        for path, found in built.items():
            if path.startswith("samples/"):
                continue
            names = frozenset((unit.module, unit.symbol) for unit in units[path])
            for context in sorted({self._context(one) for one in found}):
                start[path, context] = names
        reached = spread(start, self._included, _few)
        headers: dict[str, tuple[Unit, ...]] = {}
        for path, units_there in reached.items():
            several = [(SEVERAL, "")] if units_there is None else sorted(units_there)
            headers[path] = tuple(Unit(module, symbol) for module, symbol in several)
        return headers

    def _included(self, path: str, context: Context) -> tuple[str, ...]:
        key = (path, context)
        if key not in self._resolved:
            if path not in self._parsed:
                self._parsed[path] = includes_of(path, self.tree.read(path) or "")
            self._resolved[key] = tuple(
                sorted(
                    {
                        inner
                        for include in self._parsed[path]
                        for inner in self.resolver.resolve(path, include, context)
                    }
                )
            )
        return self._resolved[key]
