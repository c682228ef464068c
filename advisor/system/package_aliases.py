"""What the modules of a package answer to, asked only where a machine needs it."""

from __future__ import annotations

import io
import lzma
import re
import zlib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from advisor.system.agent.unpack import unzstd

_MOST_MODULE_BYTES: Final = 64 << 20
_MOST_ALIASES: Final = 500_000
_EMPTY_FRAME: Final = b"\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"
_MARK: Final = b"alias="
_LONGEST: Final = 400
_LINE: Final = re.compile(rb"^alias ([\x21-\x7e]{1,400}) ([\w-]{1,64})$", re.MULTILINE)
_MODINFO: Final = re.compile(rb"(?:\A|\0)([\w-]{1,64})\.alias=([\x20-\x7e]{1,400})(?=\0)")
# They match every device of their bus and say nothing.
_CATCH_ALL: Final = frozenset(
    {"pnp:d*", "acpi*:*:*", "of:N*T*", "platform:*", "usb:*", "pci:*", "*"}
)


class ModuleAliases(Mapping[str, tuple[str, ...]]):
    """Modalias -> the modules that answer to it.

    A whole kernel has 27,000 patterns in 4,000 packed modules; nothing is unpacked before the first
    question, and most machines ask none: only a device whose own module is gone is looked up.

    Args:
        packed: Module, path and content of the module files.
        listed: All of ``modules.alias``, empty where there is none: then the files are asked.
        modinfo: All of ``modules.builtin.modinfo``.
    """

    def __init__(
        self, packed: list[tuple[str, str, bytes]], listed: bytes = b"", modinfo: bytes = b""
    ) -> None:
        self._packed = packed
        self._listed = listed
        self._modinfo = modinfo
        self._patterns: list[tuple[str, str]] | None = None

    def __getitem__(self, modalias: str) -> tuple[str, ...]:
        """Return the modules, in the order of their files; KeyError where there are none."""
        wanted = modalias.replace("-", "_")
        found = dict.fromkeys(
            module
            for pattern, module in self._all()
            if wanted.startswith(_start(pattern)) and fnmatchcase(wanted, pattern)
        )
        if not found:
            raise KeyError(modalias)
        return tuple(found)

    def __iter__(self) -> Iterator[str]:
        """Yield nothing: what it answers to is not a list."""
        return iter(())

    def __len__(self) -> int:
        """Return 0: see :meth:`__iter__`."""
        return 0

    def __bool__(self) -> bool:
        """Return True: it can be asked."""
        return True

    def _all(self) -> list[tuple[str, str]]:
        if self._patterns is None:
            pairs = self._from_list() if self._listed else self._from_files()
            self._patterns = [
                (alias.replace("-", "_"), module.replace("-", "_"))
                for _, (alias, module) in zip(range(_MOST_ALIASES), pairs, strict=False)
                if alias not in _CATCH_ALL
            ]
            self._packed = []
        return self._patterns

    def _from_list(self) -> Iterator[tuple[str, str]]:
        for match in _LINE.finditer(self._listed):
            yield match[1].decode("ascii"), match[2].decode("ascii")
        yield from self._built_in()

    def _from_files(self) -> Iterator[tuple[str, str]]:
        for name, path, content in self._packed:
            data = unpacked(path, content, _MOST_MODULE_BYTES)
            for alias in _aliases(data or b""):
                yield alias, name
        yield from self._built_in()

    def _built_in(self) -> Iterator[tuple[str, str]]:
        for match in _MODINFO.finditer(self._modinfo):
            yield match[2].decode("ascii"), match[1].decode("ascii")


def _aliases(data: bytes) -> Iterator[str]:
    """Yield the aliases in a module: ``alias=`` and printable letters up to a zero byte."""
    at = data.find(_MARK)
    while at >= 0:
        start = at + len(_MARK)
        end = data.find(b"\0", start, start + _LONGEST)
        text = data[start:end] if end > start else b""
        before = data[at - 1 : at]
        if text.isascii() and not (before.isalnum() or before in {b"_", b"."}):
            alias = text.decode("ascii")
            if alias.isprintable():
                yield alias
        at = data.find(_MARK, start)


def _start(pattern: str) -> str:
    return re.split(r"[*?\[]", pattern, maxsplit=1)[0]


def unpacked(name: str, content: bytes, most: int) -> bytes | None:
    """Return a file's content unpacked as its name says, None where it is damaged or too large.

    zstd is unpacked by libzstd, which Python's own library has only from 3.14 on; without it such a
    file gives None.
    """
    try:
        if name.endswith(".zst"):
            return b"".join(unzstd(io.BytesIO(content), most))
        if name.endswith(".xz"):
            packed = lzma.LZMADecompressor(memlimit=256 << 20)
            data = packed.decompress(content, most)
            return data if packed.eof else None
        if name.endswith(".gz"):
            gzip = zlib.decompressobj(31)
            data = gzip.decompress(content, most)
            return data if gzip.eof else None
    except (lzma.LZMAError, zlib.error, MemoryError, OSError):
        return None
    return content[:most]


@cache
def has_zstd() -> bool:
    """Return whether zstd can be unpacked here: an empty frame is tried."""
    return unpacked(".zst", _EMPTY_FRAME, 1) == b""
