"""The inputs that the fuzzer starts from: recorded machines, the data of this checkout, small files."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from advisor.system.agent.capture import Member
from advisor.system.tarball import entries
from tests.safety.fuzz.files import FILES, RELEASE

ROOT: Final = Path(__file__).parents[3]
CAPTURES: Final = sorted((ROOT / "tests/machines").glob("*.tar.gz"))


@cache
def members(path: Path) -> tuple[Member, ...]:
    """Return what a recorded machine's capture holds."""
    with path.open("rb") as stream:
        return tuple(
            Member(one.path, one.content, one.target or "", one.modified)
            for one in entries(stream, path.name)
        )


@cache
def recorded(start: str) -> tuple[bytes, ...]:
    """Return the contents of all recorded files whose path starts so, each once, the short first."""
    found = {
        one.content
        for path in CAPTURES
        for one in members(path)
        if one.path.startswith(start) and one.content
    }
    return tuple(sorted(found, key=lambda content: (len(content), content)))


@cache
def texts(path: str) -> tuple[bytes, ...]:
    """Return examples of a file: those written down for it, and those that were recorded."""
    own = FILES.get(path)
    written = () if own is None else own if isinstance(own, tuple) else (own,)
    return (*(text.encode("utf-8", "surrogateescape") for text in written), *recorded(path))


def small(contents: Iterable[bytes], longest: int = 6000) -> tuple[bytes, ...]:
    """Return contents cut to a length at which thousands of cases a second can be tried."""
    return tuple(dict.fromkeys(content[:longest] for content in contents))


def plain_tar(files: Mapping[str, bytes | str]) -> bytes:
    """Return a capture that is not packed: contents by path, links as text."""
    parts: list[bytes] = []
    for path, content in files.items():
        entry = tarfile.TarInfo(path[1:])
        entry.mtime = 1_795_000_000
        if isinstance(content, str):
            entry.type, entry.linkname = tarfile.SYMTYPE, content
            parts.append(entry.tobuf(tarfile.PAX_FORMAT))
        else:
            entry.size = len(content)
            parts += [entry.tobuf(tarfile.PAX_FORMAT), content, bytes(-len(content) % 512)]
    return b"".join(parts) + bytes(1024)


@cache
def lines(name: str, most: int = 400) -> tuple[bytes, ...]:
    """Return lines of a file of this checkout, from all over it."""
    found = (ROOT / name).read_bytes().splitlines(keepends=True)
    return tuple(found[:: max(1, len(found) // most)])


def packed(content: bytes, name: str = "") -> bytes:
    """Return bytes packed by gzip without a time in them."""
    import gzip  # noqa: PLC0415 - as the others of its kind

    out = io.BytesIO()
    with gzip.GzipFile(name, "wb", 1, out, 0) as stream:
        stream.write(content)
    return out.getvalue()


__all__ = ["CAPTURES", "FILES", "RELEASE", "ROOT", "lines", "members", "packed", "plain_tar", "recorded",
           "small", "texts"]  # fmt: skip
