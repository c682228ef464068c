"""Streams of packed bytes from hostile archives: unpacked piece by piece, never more than allowed."""

from __future__ import annotations

import lzma
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from advisor.errors import AdvisorError, ExitStatus
from advisor.system.agent.unpack import unzstd
from advisor.system.package import damaged
from advisor.system.package_aliases import has_zstd

_STEP: Final = 1 << 20
MOST_BYTES: Final = 4 << 30
"""The most that is ever unpacked of a package; a kernel's holds half a gigabyte."""


class Stream:
    """Reads from pieces as from a file, and refuses to go beyond :data:`MOST_BYTES`."""

    def __init__(self, pieces: Iterator[bytes], path: Path) -> None:
        self._pieces = pieces
        self._path = path
        self._buffer = b""
        self._left = MOST_BYTES

    def read(self, size: int) -> bytes:
        """Return exactly so many bytes.

        Raises:
            AdvisorError: It ends before.
        """
        data = self.take(size)
        if len(data) < size:
            raise damaged("it ends early", self._path)
        return data

    def take(self, size: int) -> bytes:
        """Return so many bytes, fewer where it ends."""
        parts: list[bytes] = []
        missing = size
        while missing > 0:
            if not self._buffer:
                self._buffer = self._next()
                if not self._buffer:
                    break
            part = self._buffer[:missing]
            self._buffer = self._buffer[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        while size > 0:
            done = len(self.read(min(size, _STEP)))
            size -= done

    def _next(self) -> bytes:
        for piece in self._pieces:
            if piece:
                self._left -= len(piece)
                if self._left < 0:
                    raise damaged(f"it holds more than {MOST_BYTES >> 30} GB", self._path)
                return piece
        return b""


class Content:
    """One member's bytes in a stream, which are read or passed over."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self) -> bytes:
        """Return the bytes; a second time there are none left."""
        size, self._left = self._left, 0
        return self._stream.read(size)

    def skip_rest(self) -> None:
        """Pass over what was not read."""
        size, self._left = self._left, 0
        self._stream.skip(size)


def plain(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield so many bytes of a file in pieces."""
    while size > 0:
        piece = file.read(min(size, _STEP))
        if not piece:
            return
        size -= len(piece)
        yield piece


def unpack(form: str, file: IO[bytes], size: int, path: Path) -> Iterator[bytes]:
    """Yield what so many bytes of a file hold unpacked.

    Args:
        form: ``xz``, ``lzma``, ``gz``, ``zst``, or ``""`` for bytes that are not packed.
        file: The package, at the start of the packed bytes.
        size: How many packed bytes there are.
        path: The package's path, for errors.

    Raises:
        AdvisorError: The bytes are damaged, or packed in a way that cannot be undone here.
    """
    if form == "":
        return plain(file, size)
    if form == "zst":
        return _unpack_zstd(file, size, path)
    if form in {"xz", "lzma"}:
        return _unpack(_Xz(), plain(file, size), path)
    if form == "gz":
        return _unpack(_Gzip(), plain(file, size), path)
    raise damaged(f"it is packed as {form!r}, which is not known here", path)


class _Xz:
    """Several streams of xz or lzma one after the other, a megabyte at a time."""

    def __init__(self) -> None:
        self._unpacker = lzma.LZMADecompressor(memlimit=512 << 20)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._unpacker.eof:
                self._unpacker = lzma.LZMADecompressor(memlimit=512 << 20)
            yield self._unpacker.decompress(data, _STEP)
            while not self._unpacker.needs_input and not self._unpacker.eof:
                yield self._unpacker.decompress(b"", _STEP)
            data = self._unpacker.unused_data if self._unpacker.eof else b""


class _Gzip:
    """A gzip stream, a megabyte at a time."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(31)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._unpacker.eof:
            yield self._unpacker.decompress(data, _STEP)
            data = self._unpacker.unconsumed_tail


def _unpack(unpacker: _Xz | _Gzip, pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    try:
        for piece in pieces:
            yield from unpacker.feed(piece)
    except (lzma.LZMAError, zlib.error, MemoryError) as error:
        raise damaged(f"its packed part is damaged ({error})", path) from error


def _unpack_zstd(file: IO[bytes], size: int, path: Path) -> Iterator[bytes]:
    """Yield what libzstd unpacks, or the command; Python's own library can do that only from 3.14 on."""
    if has_zstd():
        try:
            yield from unzstd(_Part(file, size), MOST_BYTES + _STEP)
        except OSError as error:
            raise damaged(f"its packed part is {error.strerror or 'damaged'}", path) from error
        return
    yield from _by_command(file, size, path)


class _Part:
    """So many bytes of a file."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


def _by_command(file: IO[bytes], size: int, path: Path) -> Iterator[bytes]:
    command = shutil.which("zstd")
    if command is None:
        raise AdvisorError(
            f"the package is packed with zstd, and there is no zstd here, {path}",
            hint="install zstd, or unpack the package and name the folder",
            status=ExitStatus.IO,
        )
    with subprocess.Popen(
        [command, "-dcq", "--memory=512MB"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield from _through(process, plain(file, size))
        finally:
            process.kill()


def _through(process: subprocess.Popen[bytes], pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Write pieces to a process and yield what it answers; a thread does the writing."""
    import threading  # noqa: PLC0415 - only for zstd

    source, target = process.stdin, process.stdout
    if source is None or target is None:
        return

    def write() -> None:
        try:
            for piece in pieces:
                source.write(piece)
            source.close()
        except (BrokenPipeError, ValueError):
            return

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    while piece := target.read(_STEP):
        yield piece
    writer.join(timeout=10)
