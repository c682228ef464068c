"""Debian packages: an ``ar`` of two packed ``tar`` archives, read as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from advisor.system.package import Labels, Member, Package, damaged
from advisor.system.package_stream import Content, Stream, unpack

_BLOCK: Final = 512
_AR_HEADER: Final = 60
_MOST_EXTRA: Final = 65536
_MOST_MEMBERS: Final = 200_000
_MOST_CONTROL: Final = 1 << 20
_FORMS: Final = {"xz": "xz", "gz": "gz", "zst": "zst", "lzma": "lzma"}


def open_deb(file: IO[bytes], path: Path) -> Package:
    """Return a Debian package's name, version and files.

    Raises:
        AdvisorError: It is damaged.
    """
    file.read(8)
    labels = Labels()
    while True:
        name, size = _ar_member(file, path)
        if name.startswith("control.tar"):
            start = file.tell()
            stream = Stream(unpack(_form(name), file, size, path), path)
            labels = _labels(stream, path)
            file.seek(start + size + size % 2)
        elif name.startswith("data.tar"):
            stream = Stream(unpack(_form(name), file, size, path), path)
            return Package(labels, tar_members(stream, path))
        else:
            file.seek(size + size % 2, 1)


def _ar_member(file: IO[bytes], path: Path) -> tuple[str, int]:
    header = file.read(_AR_HEADER)
    size = header[48:58].strip()
    if len(header) < _AR_HEADER or header[58:60] != b"`\n" or not size.isdigit():
        raise damaged("a .deb without its data", path)
    return header[:16].decode("ascii", "replace").strip().rstrip("/"), int(size)


def _form(name: str) -> str:
    ending = name.partition(".tar")[2].lstrip(".")
    return _FORMS.get(ending, ending)


def _labels(stream: Stream, path: Path) -> Labels:
    for member in tar_members(stream, path):
        if member.path == "control" and member.size <= _MOST_CONTROL:
            text = member.read().decode("utf-8", "replace")
            fields = dict(re.findall(r"^(Package|Version): *(\S{1,200}) *$", text, re.MULTILINE))
            return Labels(fields.get("Package", ""), fields.get("Version", ""))
    return Labels()


def tar_members(stream: Stream, path: Path) -> Iterator[Member]:
    """Yield the plain files of a tar; links, devices and folders are passed over.

    Raises:
        AdvisorError: It is damaged.
    """
    longer = ""
    for _ in range(_MOST_MEMBERS):
        header = stream.take(_BLOCK)
        if len(header) < _BLOCK:
            raise damaged("it ends early", path)
        if not header.strip(b"\0"):
            return
        kind, size = header[156:157], _size(header, path)
        padding = -size % _BLOCK
        if kind in {b"L", b"x"}:
            if size > _MOST_EXTRA:
                raise damaged("a name in it is too long", path)
            longer = _long_name(kind, stream.read(size)) or longer
            stream.skip(padding)
            continue
        name, longer = longer or _name(header), ""
        if kind not in {b"0", b"\0"}:
            stream.skip(size + padding)
            continue
        content = Content(stream, size)
        yield Member(name.removeprefix("./").lstrip("/"), size, content.read)
        content.skip_rest()
        stream.skip(padding)


def _size(header: bytes, path: Path) -> int:
    text = header[124:136].strip(b"\0 ")
    if not re.fullmatch(rb"[0-7]{1,11}", text):
        raise damaged("a file in it has no size", path)
    return int(text, 8)


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:262] == b"ustar" else b""
    whole = prefix + b"/" + name if prefix and header[257:265] != b"ustar  \0" else name
    return whole.decode("utf-8", "replace")


def _long_name(kind: bytes, content: bytes) -> str:
    if kind == b"L":
        return content.split(b"\0", 1)[0].decode("utf-8", "replace")
    match = re.search(rb"(?:\A|\n)\d{1,6} path=([^\n]{1,4096})\n", content)
    return match[1].decode("utf-8", "replace") if match else ""
