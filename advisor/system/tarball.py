"""Reading a tar archive that nobody vouches for: in memory, bounded, and never onto the disk."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from advisor.errors import AdvisorError, ExitStatus

BLOCK: Final = 512
MOST_BYTES: Final = 64 << 20
"""The most that a capture may hold unpacked; a real one holds 3 to 10 MB."""
MOST_MEMBERS: Final = 100_000
_MOST_HEADER_BYTES: Final = 65536
_STEP: Final = 1 << 18
_FILES: Final = frozenset({b"0", b"\0", b"7"})
_LINK: Final = b"2"
_FOLDER: Final = b"5"
_EXTRA: Final = frozenset({b"x", b"g", b"L", b"K"})
# Name, size, modified, sum, kind, target, magic, and what comes before the name.
_FIELDS: Final = struct.Struct("100s24x12s12s8sc100s6s82x155s12x")


class Entry(NamedTuple):
    """A file, or a link where ``target`` is not None; the path starts with a slash."""

    path: str
    content: bytes
    target: str | None
    modified: int


class _Header(NamedTuple):
    """A member's header, as far as it matters."""

    kind: bytes
    size: int
    name: str
    target: bytes
    modified: int


def unusable(what: str, name: str) -> AdvisorError:
    """Return the error that says why a capture is of no use."""
    return AdvisorError(
        f"this is not a usable capture: {what}, {name}",
        hint="make a new one with 'advisor capture -o FILE'",
        status=ExitStatus.BAD_DATA,
    )


def entries(stream: IO[bytes], name: str) -> Iterator[Entry]:
    """Yield the files and links of a ``tar`` or ``tar.gz``, in order.

    Args:
        stream: The archive.
        name: What to call it in an error.

    Raises:
        AdvisorError: It is no such archive, is damaged or too large, or holds what has no place
            in a capture: paths or links that lead out of it, devices, pipes, hard links.
    """
    data = _unpacked(stream, name)
    extra: dict[str, str] = {}
    at = 0
    for _ in range(MOST_MEMBERS):
        block = data[at : at + BLOCK]
        if len(block) < BLOCK:
            raise unusable("it ends early", name)
        if block[0] == 0 and not block.strip(b"\0"):
            return
        header = _header(block, name)
        start = at + BLOCK
        content = data[start : start + header.size]
        if len(content) < header.size:
            raise unusable("it ends early", name)
        at = start + (header.size + BLOCK - 1) // BLOCK * BLOCK
        if header.kind in _EXTRA:
            extra |= _extra(header.kind, content, name)
            continue
        entry = _entry(header, content, extra, name)
        extra = {}
        if entry is not None:
            yield entry
    raise unusable(f"it holds more than {MOST_MEMBERS} files", name)


def _unpacked(stream: IO[bytes], name: str) -> bytes:
    """Return the archive's bytes, unpacked; an error where there are too many."""
    packed = stream.read(_STEP)
    if not packed:
        raise unusable("it is empty", name)
    if packed[:2] != b"\x1f\x8b":
        if packed[257:262] != b"ustar":
            raise unusable("it is no tar.gz", name)
        data = packed + stream.read(MOST_BYTES)
        if len(data) > MOST_BYTES:
            raise unusable(f"it is larger than {MOST_BYTES >> 20} MiB", name)
        return data
    unpacker = zlib.decompressobj(31)
    parts: list[bytes] = []
    left = MOST_BYTES
    while packed and not unpacker.eof:
        try:
            parts.append(unpacker.decompress(packed, left + 1))
        except zlib.error:
            raise unusable("its compression is damaged", name) from None
        left -= len(parts[-1])
        if left < 0:
            raise unusable(f"it unpacks to more than {MOST_BYTES >> 20} MiB", name)
        packed = unpacker.unconsumed_tail or stream.read(_STEP)
    if not unpacker.eof:
        raise unusable("it ends early", name)
    return b"".join(parts)


def _header(block: bytes, name: str) -> _Header:
    """Return a member's header, once its sum is right."""
    path, length, modified, stated, kind, target, magic, before = _FIELDS.unpack(block)
    if _octal(stated) != _sum(block[:256]) + _sum(block[256:]) - sum(stated) + 256:
        raise unusable("it is damaged, or no tar archive", name)
    size = _octal(length)
    if size is None:
        raise unusable("one of its files is too large", name)
    path = _text(path)
    if before[0] and magic == b"ustar\0":
        path = f"{_text(before)}/{path}"
    holds = kind in _FILES or kind in _EXTRA
    return _Header(kind, size if holds else 0, path, target, _octal(modified) or 0)


def _sum(block: bytes) -> int:
    """Return the sum of at most 256 bytes: of so few, Adler-32's lower half is their sum and one."""
    return (zlib.adler32(block) & 0xFFFF) - 1


def _entry(header: _Header, content: bytes, extra: dict[str, str], name: str) -> Entry | None:
    """Return the file or link, None for a folder."""
    path = _path(extra.get("path") or header.name, name)
    if header.kind in _FILES:
        return Entry(path, content, None, header.modified)
    if header.kind == _LINK:
        target = extra.get("linkpath") or _text(header.target)
        _check_target(path, target, name)
        return Entry(path, b"", target, header.modified)
    if header.kind != _FOLDER:
        raise unusable(f"{path!r} is neither a file, a folder nor a symbolic link", name)
    return None


def _extra(kind: bytes, data: bytes, name: str) -> dict[str, str]:
    """Return the path or target that a header of its own gives to the next member."""
    if len(data) > _MOST_HEADER_BYTES:
        raise unusable("one of its headers is too large", name)
    if kind == b"L":
        return {"path": _text(data)}
    if kind == b"K":
        return {"linkpath": _text(data)}
    found: dict[str, str] = {}
    while data:
        length, blank, _ = data[:16].partition(b" ")
        if not blank or not length.isdigit() or not len(length) < int(length) <= len(data):
            raise unusable("one of its headers is damaged", name)
        key, _, value = data[len(length) + 1 : int(length)].rstrip(b"\n").partition(b"=")
        if key in {b"path", b"linkpath"}:
            found[key.decode()] = _text(value)
        data = data[int(length) :]
    return found if kind == b"x" else {}


def _octal(field: bytes) -> int | None:
    """Return a number of the header, None where it is none that a capture could need."""
    digits = field.strip(b" \0")
    try:
        return int(digits, 8) if digits.isdigit() else None if digits else 0
    except ValueError:
        return None


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _path(path: str, name: str) -> str:
    """Return a member's name as a path from the machine's root."""
    if (
        "//" not in path
        and "/." not in path
        and path[:1] not in {"", ".", "/"}
        and path[-1:] != "/"
    ):
        return "/" + path
    parts = path.split("/")
    if parts[0] == "" or ".." in parts:
        raise unusable(f"the path {path!r} leads out of it", name)
    return "/" + "/".join([part for part in parts if part not in {"", "."}])


def _check_target(path: str, target: str, name: str) -> None:
    """Raise an error where a relative link climbs out of the archive; no link is ever followed."""
    depth = path.count("/") - 1
    if target.startswith("/") or target.count("..") <= depth:  # of most links that is enough
        return
    for part in target.split("/"):
        depth += -1 if part == ".." else part not in {"", "."}
        if depth < 0:
            raise unusable(f"the link {path!r} leads out of it", name)
