"""Which files a source file includes: C files compiled through others, and headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from advisor.knowledge.build.kbuild_expand import normal_path
from advisor.knowledge.build.kbuild_guard import M, N, Y

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from advisor.knowledge.build.kbuild_guard import Guard

MOST_INCLUDES = 2_000

Name = tuple[str, str]
"""Of a unit, what a header keeps: the module and the symbol that decides about it."""

_INCLUDE = re.compile(
    r'^[ \t]*#[ \t]*(?:include|define[ \t]+\w*INCLUDE_FILE)[ \t]*(["<])([^">\n]{1,200})[">]',
    re.MULTILINE,
)
_DIRECTIVE = re.compile(
    r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif|include)\b[ \t]*([^\n]*)", re.MULTILINE
)
_ENABLED = re.compile(
    r"\(?\s*(!?)\s*(IS_ENABLED|IS_BUILTIN|defined)\s*\(?\s*CONFIG_(\w+)\s*\)?\s*\)?\Z"
)
_MOD = re.compile(r"[ \t]*(?:#\[.*\][ \t]*)?(?:pub(?:\([a-z]+\))?[ \t]+)?mod[ \t]+(\w+)[ \t]*;")
_ASN1 = ("asn1", "asn1_ber_bytecode", "asn1_decoder")  # as scripts/asn1_compiler.c writes them
_CFG = re.compile(r"cfg\(CONFIG_(\w+)\)")


class Include(NamedTuple):
    """One ``#include``.

    Attributes:
        name: What stands between the quotes.
        quoted: Whether they are quotes, so that the file's own directory comes first.
        when: What the conditionals around it ask of symbols, as far as they are simple.
    """

    name: str
    quoted: bool
    when: Guard = ()


def parse_includes(text: str) -> list[Include]:
    """Return all includes of a C file, without looking at conditionals."""
    found = _INCLUDE.findall(text)[:MOST_INCLUDES]
    return [Include(name, quote == '"') for quote, name in found]


def includes_of(path: str, text: str) -> list[Include]:
    """Return what a file includes, or what is made from it does: an ASN.1 grammar's decoder."""
    if path.endswith(".asn1"):
        return [Include(f"linux/{name}.h", quoted=False) for name in _ASN1]
    return parse_includes(text)


def parse_code_includes(text: str) -> list[Include]:
    """Return the includes of other C files, with the symbols that they stand under."""
    if not re.search(r'#[ \t]*include[ \t]*"[^"\n]+\.(?:c|S)"', text):
        return []
    frames: list[tuple[str, int] | None] = []
    found: list[Include] = []
    for match in _DIRECTIVE.finditer(text):
        word, rest = match[1], match[2].strip()
        if word == "include":
            name = rest[1:].partition('"')[0]
            if rest.startswith('"') and name.endswith((".c", ".S")):
                found.append(Include(name, quoted=True, when=_all(frames)))
        elif word in {"if", "ifdef", "ifndef"}:
            frames.append(_condition(word, rest))
        elif frames and word == "else":
            top = frames[-1]
            frames[-1] = (top[0], (Y | M | N) & ~top[1]) if top else None
        elif frames and word == "elif":
            frames[-1] = None
        elif frames:
            frames.pop()
    return found[:MOST_INCLUDES]


def _condition(word: str, rest: str) -> tuple[str, int] | None:
    plain = re.sub(r"/\*.*?\*/|//.*", "", rest).strip()
    if word == "if":
        match = _ENABLED.match(plain)
        if not match:
            return None
        mask = Y | M if match[2] == "IS_ENABLED" else Y
        return match[3], (Y | M | N) & ~mask if match[1] else mask
    if not plain.startswith("CONFIG_"):
        return None
    return plain.removeprefix("CONFIG_"), Y if word == "ifdef" else M | N


def _all(frames: Iterable[tuple[str, int] | None]) -> Guard:
    merged: dict[str, int] = {}
    for frame in frames:
        if frame:
            merged[frame[0]] = merged.get(frame[0], Y | M | N) & frame[1]
    return tuple(sorted(merged.items()))


def parse_rust_modules(text: str) -> list[Include]:
    """Return the files that a Rust file takes in with ``mod name;``."""
    found: list[Include] = []
    symbols: set[str] = set()
    for line in text.split("\n"):
        symbols.update(_CFG.findall(line))
        module = _MOD.match(line)
        if module and len(found) < MOST_INCLUDES:
            when = tuple((symbol, Y | M) for symbol in sorted(symbols))
            found.append(Include(module[1], quoted=True, when=when))
        if not line.lstrip().startswith(("#[", "//")):
            symbols.clear()
    return found


def rust_paths(path: str, name: str, *, root: bool) -> tuple[str, str]:
    """Return where a Rust file's module may be.

    Args:
        path: The file that says ``mod name;``.
        name: The module's name.
        root: Whether that file is the crate's root (or ``mod.rs``), so that its directory counts.
    """
    folder, _, own = path.rpartition("/")
    if not (root or own in {"mod.rs", "lib.rs"}):
        folder = f"{folder}/{own.removesuffix('.rs')}"
    return f"{folder}/{name}.rs", f"{folder}/{name}/mod.rs"


class Context(NamedTuple):
    """Where the compiler looks for what a file includes.

    Attributes:
        arch: The one architecture that it is compiled for, or "".
        folders: The ``-I`` options.
    """

    arch: str
    folders: tuple[str, ...]

    def of(self, path: str) -> Context:
        """Return the context of a file included here: the headers of all look nowhere special."""
        return Context(self.arch, ()) if path.startswith("include/") else self


class Resolver:
    """Finds the files that includes mean."""

    def __init__(self, files: AbstractSet[str], arches: Mapping[str, Sequence[str]]) -> None:
        """Take the files of the tree, and by architecture where all of its files look."""
        self.files = files
        self.arches = arches

    def resolve(self, path: str, include: Include, context: Context) -> tuple[str, ...]:
        """Return the file meant, or several where it depends on the architecture, or ()."""
        if include.quoted:
            near = normal_path(f"{path.rpartition('/')[0]}/{include.name}")
            made_from = near.removesuffix(".h")
            for there in (near, made_from) if near.endswith(".asn1.h") else (near,):
                if there in self.files:
                    return (there,)
        for folder in (*context.folders, "include", "include/uapi"):
            there = normal_path(f"{folder}/{include.name}")
            if there in self.files:
                return (there,)
        return self._of_arches(include.name, [context.arch] if context.arch else [*self.arches])

    def _of_arches(self, name: str, arches: Sequence[str]) -> tuple[str, ...]:
        """Return an architecture's header, or the one of asm-generic that stands in for it."""
        found: list[str] = []
        for arch in arches:
            folders = (f"arch/{arch}/include", f"arch/{arch}/include/uapi", *self.arches[arch])
            own = [f"{folder}/{name}" for folder in folders]
            there = [path for path in own if path in self.files]
            found += there or self._generic(name)
        return tuple(dict.fromkeys(found))

    def _generic(self, name: str) -> list[str]:
        if not name.startswith("asm/"):
            return []
        below = "asm-generic/" + name.removeprefix("asm/")
        stand_in = (f"include/{below}", f"include/uapi/{below}")
        return [path for path in stand_in if path in self.files]


def spread(
    start: Mapping[tuple[str, Context], frozenset[Name]],
    includes: Callable[[str, Context], Iterable[str]],
    fits: Callable[[frozenset[Name]], bool],
) -> dict[str, frozenset[Name] | None]:
    """Return by header what reaches it over any chain of includes; None where that is too much.

    Args:
        start: What the compiled files are, by path and context.
        includes: Returns the files that a file includes.
        fits: Says whether a set is small enough to be kept.
    """
    reached: dict[tuple[str, Context], frozenset[Name] | None] = {}
    waiting: list[tuple[tuple[str, Context], frozenset[Name] | None]] = list(start.items())
    while waiting:
        (path, context), value = waiting.pop()
        for header in includes(path, context):
            key = (header, context.of(header))
            old = reached.get(key, frozenset())
            if old is None:
                continue
            new = _joined(old, value, fits)
            if new != old or key not in reached:
                reached[key] = new
                waiting.append((key, new))
    merged: dict[str, frozenset[Name] | None] = {}
    for (path, _), value in reached.items():
        merged[path] = _joined(merged.get(path, frozenset()), value, fits)
    return merged


def _joined(
    first: frozenset[Name] | None,
    second: frozenset[Name] | None,
    fits: Callable[[frozenset[Name]], bool],
) -> frozenset[Name] | None:
    if first is None or second is None:
        return None
    joined = first | second
    return joined if fits(joined) else None
