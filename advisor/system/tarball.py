"""Reading a tar archive that nobody vouches for: in memory, bounded, and never onto the disk."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from advisor.errors import AdvisorError, ExitStatus

BLOCK: Final = 512
MOST_BYTES: Final = 96 << 20
"""The most that a capture may hold unpacked; a real one holds 5 to 10 MB."""
MOST_MEMBERS: Final = 100_000
MOST_MEMBER_BYTES: Final = 32 << 20
_MOST_HEADER_BYTES: Final = 65536
_STEP: Final = 1 << 16
_FILES: Final = b"0\x007"
_LINK: Final = b"2"
_FOLDER: Final = b"5"
_PAX: Final = b"xg"
_GNU_NAME: Final = b"L"
_GNU_LINK: Final = b"K"


class Entry(NamedTuple):
    """A file, or a link where ``target`` is not None; the path starts with a slash."""

    path: str
    content: bytes
    target: str | None
    modified: int


def entries(stream: IO[bytes], name: str) -> Iterator[Entry]:
    """Yield the files and links of a ``tar`` or ``tar.gz``, in order.

    Args:
        stream: The archive.
        name: What to call it in an error.

    Raises:
        AdvisorError: It is no such archive, is damaged or too large, or holds what has no place
            in a capture: paths or links that lead out of it, devices, pipes, hard links.
    """
    source = _Source(stream, name)
    extra: dict[str, str] = {}
    for _ in range(MOST_MEMBERS):
        header = source.take(BLOCK)
        if not header.strip(b"\0"):
            return
        kind, size = header[156:157], _size(header, source)
        if kind in _PAX or kind in (_GNU_NAME, _GNU_LINK):
            extra |= _extra(kind, source.take_padded(min(size, _MOST_HEADER_BYTES + 1)), source)
            continue
        yield from _entry(header, kind, size, extra, source)
        extra = {}
    raise source.bad(f"it holds more than {MOST_MEMBERS} files")


def _entry(
    header: bytes, kind: bytes, size: int, extra: dict[str, str], source: _Source
) -> Iterator[Entry]:
    path = _path(extra.get("path") or _name(header), source)
    modified = _octal(header[136:148])
    if kind == _FOLDER:
        source.take_padded(size)
    elif kind == _LINK:
        target = extra.get("linkpath") or _text(header[157:257])
        _check_target(path, target, source)
        yield Entry(path, b"", target, modified or 0)
    elif kind in _FILES:
        yield Entry(path, source.take_padded(size), None, modified or 0)
    else:
        raise source.bad(f"{path} is neither a file, a folder nor a symbolic link")


class _Source:
    """The unpacked bytes of an archive, one after the other."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name
        self._ready = bytearray()
        self._packed = b""
        self._left = MOST_BYTES
        self._ended = False
        start = stream.read(_STEP)
        if not start:
            raise self.bad("it is empty")
        self._unpacker = zlib.decompressobj(31) if start[:2] == b"\x1f\x8b" else None
        if self._unpacker is None:
            if start[257:262] != b"ustar":
                raise self.bad("it is no tar.gz")
            self._ready += start
        else:
            self._packed = start

    def bad(self, what: str) -> AdvisorError:
        """Return the error that says what is wrong with the archive."""
        return AdvisorError(
            f"this is not a usable capture: {what}, {self._name}",
            hint="make a new one with 'advisor capture -o FILE'",
            status=ExitStatus.BAD_DATA,
        )

    def take_padded(self, size: int) -> bytes:
        """Return the next bytes and skip what fills the last block."""
        if size > MOST_MEMBER_BYTES:
            raise self.bad(f"one of its files is larger than {MOST_MEMBER_BYTES >> 20} MiB")
        content = self.take(size)
        self.take(-size % BLOCK)
        return content

    def take(self, size: int) -> bytes:
        """Return the next bytes, all of them."""
        while len(self._ready) < size:
            piece = self._next()
            if not piece and self._ended:
                raise self.bad("it ends early")
            self._ready += piece
        content = bytes(self._ready[:size])
        del self._ready[:size]
        return content

    def _next(self) -> bytes:
        """Return some more unpacked bytes, b"" at the end, or where the packer needs more."""
        if self._unpacker is None:
            piece = self._stream.read(_STEP)
            self._ended = not piece
        else:
            packed = self._packed or self._stream.read(_STEP)
            try:
                piece = self._unpacker.decompress(packed, _STEP * 4)
            except zlib.error:
                raise self.bad("its compression is damaged") from None
            self._packed = self._unpacker.unconsumed_tail
            self._ended = not piece and (self._unpacker.eof or not packed)
        self._left -= len(piece)
        if self._left < 0:
            raise self.bad(f"it unpacks to more than {MOST_BYTES >> 20} MiB")
        return piece


def _extra(kind: bytes, data: bytes, source: _Source) -> dict[str, str]:
    """Return the path or target that a header of its own gives to the next member."""
    if len(data) > _MOST_HEADER_BYTES:
        raise source.bad("one of its headers is too large")
    if kind == _GNU_NAME:
        return {"path": _text(data)}
    if kind == _GNU_LINK:
        return {"linkpath": _text(data)}
    found: dict[str, str] = {}
    while data:
        length, blank, _ = data[:16].partition(b" ")
        if not blank or not length.isdigit() or not len(length) < int(length) <= len(data):
            raise source.bad("one of its headers is damaged")
        key, _, value = data[len(length) + 1 : int(length)].rstrip(b"\n").partition(b"=")
        if key in {b"path", b"linkpath"}:
            found[key.decode()] = value.decode("utf-8", "backslashreplace")
        data = data[int(length) :]
    return found if kind == b"x" else {}


def _size(header: bytes, source: _Source) -> int:
    """Return a member's size, once its header's sum is right."""
    stated = _octal(header[148:156])
    if stated != sum(header) - sum(header[148:156]) + 8 * ord(" "):
        raise source.bad("it is damaged, or no tar archive")
    size = _octal(header[124:136])
    if size is None:
        raise source.bad("one of its files is too large")
    return 0 if header[156:157] in b"123456" else size


def _octal(field: bytes) -> int | None:
    digits = field.strip(b" \0")
    if not digits:
        return 0
    return int(digits, 8) if digits.isdigit() and not digits.strip(b"01234567") else None


def _name(header: bytes) -> str:
    name, prefix = _text(header[:100]), _text(header[345:500])
    return f"{prefix}/{name}" if prefix and header[257:263] == b"ustar\0" else name


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", "backslashreplace")


def _path(name: str, source: _Source) -> str:
    """Return a member's name as a path from the machine's root."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if name.startswith("/") or ".." in parts:
        raise source.bad(f"the path {name!r} leads out of it")
    return "/" + "/".join(parts)


def _check_target(path: str, target: str, source: _Source) -> None:
    """Raise an error where a relative link climbs out of the archive; no link is ever followed."""
    depth = path.count("/") - 1
    for part in target.split("/") if not target.startswith("/") else ():
        depth += -1 if part == ".." else part not in {"", "."}
        if depth < 0:
            raise source.bad(f"the link {path!r} leads out of it")
