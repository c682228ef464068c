"""The symbols of a kernel tree and their types, read from its Kconfig files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
BOOL, TRISTATE, VALUE = "bool", "tristate", "value"

_ENTRY = re.compile(r"\s*(?:menu)?config\s+([A-Za-z0-9_]+)\s*(?:#.*)?\Z")
_TYPE = re.compile(r"\s*(def_)?(bool|boolean|tristate|string|int|hex)\b")
_END = re.compile(r"\s*(?:menu|endmenu|choice|endchoice|if|endif|source|comment|mainmenu)\b")
_HELP = re.compile(r"\s*(?:---)?help(?:---)?\s*\Z")


class Kconfig(NamedTuple):
    """The types of all symbols of a tree.

    Attributes:
        common: By symbol without ``CONFIG_``; ``tristate`` where any architecture says so.
        by_arch: What an architecture's own Kconfig files say instead: ``x86`` -> ``KVM`` -> type.
    """

    common: Mapping[str, str]
    by_arch: Mapping[str, Mapping[str, str]]

    def type_of(self, symbol: str, arch: str = "") -> str:
        """Return the type of a symbol; a bool where no file defines it."""
        own = self.by_arch.get(arch)
        if own and symbol in own:
            return own[symbol]
        return self.common.get(symbol, BOOL)


def parse_symbols(text: str) -> Iterator[tuple[str, str]]:
    """Yield each symbol that one Kconfig file defines, with its type.

    An entry that names no type (it adds to a definition elsewhere) yields nothing.

    Source:
        Linux Documentation/kbuild/kconfig-language.rst.
    """
    symbol = ""
    help_indent = -1  # of the help text; 0 before its first line
    in_help = False
    for line in text.replace("\\\n", " ").expandtabs().split("\n"):
        if in_help:
            indent = len(line) - len(line.lstrip())
            if not line.strip() or (help_indent < 0 and indent):
                help_indent = indent if line.strip() else help_indent
                continue
            if indent >= help_indent > 0:
                continue
            in_help = False
        entry = _ENTRY.match(line)
        if entry:
            symbol = entry[1]
        elif _HELP.match(line):
            in_help, help_indent = True, -1
        elif _END.match(line):
            symbol = symbol if line.lstrip().startswith("if ") and line[:1] == " " else ""
        elif symbol:
            found = _TYPE.match(line)
            if found:
                yield symbol, _kind(found[2])


def _kind(word: str) -> str:
    if word == TRISTATE:
        return TRISTATE
    return BOOL if word.startswith("bool") else VALUE


def kconfig_files(root: Path) -> Iterator[tuple[str, str]]:
    """Yield each Kconfig file of a tree: the architecture it belongs to, or "", and its text."""
    for folder, folders, names in os.walk(root):
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        folders[:] = sorted(folders)
        if relative == ".":
            folders[:] = [name for name in folders if name not in {"Documentation", "tools"}]
        pieces = relative.split("/")
        arch = pieces[1] if pieces[0] == "arch" and len(pieces) > 1 else ""
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith("Kconfig") and path.is_file():
                yield arch, path.read_text(encoding="utf-8", errors="replace")


def read_kconfig(files: Iterable[tuple[str, str]]) -> Kconfig:
    """Return the types that the files define together.

    Args:
        files: Pairs of architecture, or "" for files that all of them share, and text.
    """
    common: dict[str, str] = {}
    by_arch: dict[str, dict[str, str]] = {}
    for arch, text in files:
        for symbol, kind in parse_symbols(text):
            common[symbol] = _wider(common.get(symbol), kind)
            if arch:
                own = by_arch.setdefault(arch, {})
                own[symbol] = _wider(own.get(symbol), kind)
    return Kconfig(common, by_arch)


def _wider(first: str | None, second: str) -> str:
    return TRISTATE if TRISTATE in (first, second) else second
