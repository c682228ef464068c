"""RPM packages: two headers of tagged values, and a packed ``cpio`` archive."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from advisor.system.package import Labels, Member, Package, damaged
from advisor.system.package_stream import Content, Stream, unpack

_LEAD: Final = 96
_MAGIC: Final = b"\x8e\xad\xe8\x01"
_MOST_HEADER: Final = 64 << 20
_MOST_ENTRIES: Final = 4096
_NAME, _VERSION, _RELEASE, _CHANGELOG, _PACKED = 1000, 1001, 1002, 1082, 1125
_STRING, _STRINGS, _I18N = 6, 8, 9
_FORMS: Final = {"xz": "xz", "lzma": "lzma", "gzip": "gz", "zstd": "zst", "": "gz"}
_CVE: Final = re.compile(rb"\bCVE-(?:19|20)\d\d-\d{4,7}\b")
_CPIO: Final = 110
_PLAIN: Final = 0o10
_MOST_PATH: Final = 4096
_MOST_MEMBERS: Final = 200_000


def open_rpm(file: IO[bytes], path: Path) -> Package:
    """Return an RPM's name, version, the CVEs its changelog names, and its files.

    Raises:
        AdvisorError: It is damaged.
    """
    file.read(_LEAD)
    _header(file, path)
    file.seek(-file.tell() % 8, 1)
    tags = _header(file, path)
    packed = _text(tags, _PACKED)
    labels = Labels(
        package=_text(tags, _NAME),
        version=f"{_text(tags, _VERSION)}-{_text(tags, _RELEASE)}",
        cves=frozenset(cve.decode("ascii") for cve in _CVE.findall(tags.get(_CHANGELOG, b""))),
    )
    start = file.tell()
    size = file.seek(0, 2) - start
    file.seek(start)
    stream = Stream(unpack(_FORMS.get(packed, packed), file, size, path), path)
    return Package(labels, _cpio_members(stream, path))


def _header(file: IO[bytes], path: Path) -> dict[int, bytes]:
    """Return tag -> the bytes of its strings, of one header."""
    intro = file.read(16)
    if len(intro) < 16 or intro[:4] != _MAGIC:  # noqa: PLR2004 - the intro's own length
        raise damaged("an .rpm without its header", path)
    count, size = struct.unpack(">II", intro[8:])
    if count > _MOST_ENTRIES or size > _MOST_HEADER:
        raise damaged("its header is too large", path)
    index, store = file.read(16 * count), file.read(size)
    if len(index) < 16 * count or len(store) < size:
        raise damaged("it ends early", path)
    found: dict[int, bytes] = {}
    for at in range(0, 16 * count, 16):
        tag, form, offset, number = struct.unpack_from(">IIII", index, at)
        if form in {_STRING, _STRINGS, _I18N} and offset < size:
            found[tag] = _strings(store, offset, min(number, _MOST_HEADER))
    return found


def _strings(store: bytes, offset: int, number: int) -> bytes:
    end = offset
    for _ in range(number):
        following = store.find(b"\0", end)
        if following < 0:
            return store[offset:]
        end = following + 1
    return store[offset : end - 1] if end > offset else b""


def _text(tags: dict[int, bytes], tag: int) -> str:
    text = tags.get(tag, b"").split(b"\0", 1)[0][:200].decode("utf-8", "replace")
    return text if text.isprintable() else ""


def _cpio_members(stream: Stream, path: Path) -> Iterator[Member]:
    """Yield the plain files of a cpio archive in the form that rpm writes."""
    for _ in range(_MOST_MEMBERS):
        header = stream.read(_CPIO)
        if header[:6] not in {b"070701", b"070702"}:
            raise damaged("its files are not in the form of an .rpm", path)
        try:
            fields = [int(header[at : at + 8], 16) for at in range(6, _CPIO, 8)]
        except ValueError as error:
            raise damaged("a file in it has no size", path) from error
        mode, size, length = fields[1], fields[6], fields[11]
        if not 0 < length <= _MOST_PATH:
            raise damaged("a name in it is too long", path)
        name = stream.read(length)[:-1].decode("utf-8", "replace")
        stream.skip(-(_CPIO + length) % 4)
        if name == "TRAILER!!!":
            return
        if mode >> 12 != _PLAIN:
            stream.skip(size + -size % 4)
            continue
        content = Content(stream, size)
        yield Member(name.removeprefix(".").lstrip("/"), size, content.read)
        content.skip_rest()
        stream.skip(-size % 4)
