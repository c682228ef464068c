"""Packed files, and the stanzas of kernel packages in them."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
# ruff: noqa: PLC0415
from __future__ import annotations

import errno
from typing import IO, TYPE_CHECKING, Protocol

from advisor.system.agent.manifest import MIB

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator


def text(content: bytes) -> str:
    """Return bytes as text; what is not UTF-8 stays visible as an escape."""
    return content.decode("utf-8", "backslashreplace")


def unpacked(content: bytes, limit: int) -> Iterator[bytes]:
    """Yield a file's content in pieces, unpacked if it is packed; OSError where that fails."""
    import io

    return unpacked_from(io.BytesIO(content), content[:6], limit)


class Source(Protocol):
    """Something that gives bytes piece by piece."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, b"" at the end."""
        ...


def unpacked_from(file: IO[bytes], magic: bytes, limit: int) -> Iterator[bytes]:
    """Yield the content of an open file in pieces of 4 MiB, unpacked if it is packed."""
    if magic[:4] == b"\x04\x22\x4d\x18":
        yield from unlz4(file.read(limit), limit)
        return
    if magic[:4] == b"\x28\xb5\x2f\xfd":
        yield from unzstd(file, limit)
        return
    source = opened(file, magic)
    while True:
        try:
            chunk = source.read(4 * MIB)
        except Exception as error:  # each packer has an error of its own
            raise OSError(errno.EINVAL, "damaged") from error
        if not chunk:
            return
        limit -= len(chunk)
        if limit < 0:
            raise OSError(errno.EFBIG, "too large unpacked")
        yield chunk


def opened(file: IO[bytes], magic: bytes) -> Source:
    """Return what gives the content of an open file that Python's own library can unpack."""
    if magic[:5] == b"\0ZCK1":
        raise OSError(errno.ENOTSUP, "packed with zchunk")
    if magic[:2] == b"\x1f\x8b":
        import gzip

        return gzip.open(file)
    if magic == b"\xfd7zXZ\x00":
        import lzma

        return lzma.open(file)
    if magic[:3] == b"BZh":
        import bz2

        return bz2.open(file)
    return file


def unlz4(data: bytes, limit: int) -> Iterator[bytes]:
    """Yield what liblz4 makes of packed bytes; apt itself needs that library."""
    import ctypes

    try:
        library = ctypes.CDLL("liblz4.so.1")
    except OSError:
        raise OSError(errno.ENOTSUP, "packed with lz4") from None
    library.LZ4F_decompress.restype = ctypes.c_size_t
    context = ctypes.c_void_p()
    library.LZ4F_createDecompressionContext(ctypes.byref(context), 100)
    source = ctypes.create_string_buffer(data, len(data))
    room = ctypes.create_string_buffer(4 * MIB)
    at = 0
    try:
        while at < len(data):
            made, used = ctypes.c_size_t(len(room)), ctypes.c_size_t(len(data) - at)
            state = library.LZ4F_decompress(
                context,
                room,
                ctypes.byref(made),
                ctypes.byref(source, at),
                ctypes.byref(used),
                None,
            )
            if library.LZ4F_isError(ctypes.c_size_t(state)) or not (used.value or made.value):
                raise OSError(errno.EINVAL, "damaged")
            at += used.value
            limit -= made.value
            if limit < 0:
                raise OSError(errno.EFBIG, "too large unpacked")
            yield ctypes.string_at(room, made.value)
            if state == 0:
                return
    finally:
        library.LZ4F_freeDecompressionContext(context)


def unzstd(source: Source, limit: int) -> Iterator[bytes]:
    """Yield what libzstd makes of packed bytes: rpm, dpkg, pacman and apk all need that library."""
    import ctypes

    class Room(ctypes.Structure):
        _fields_ = (
            ("start", ctypes.c_void_p),
            ("size", ctypes.c_size_t),
            ("used", ctypes.c_size_t),
        )

    try:
        library = ctypes.CDLL("libzstd.so.1")
    except OSError:
        raise OSError(errno.ENOTSUP, "packed with zstd") from None
    library.ZSTD_createDStream.restype = ctypes.c_void_p
    library.ZSTD_freeDStream.argtypes = [ctypes.c_void_p]
    step, both = library.ZSTD_decompressStream, ctypes.POINTER(Room)
    step.restype, step.argtypes = ctypes.c_size_t, [ctypes.c_void_p, both, both]
    stream = library.ZSTD_createDStream()
    room = ctypes.create_string_buffer(MIB)
    left = 0  # what a frame still lacks, 0 at its end
    try:
        while True:
            data = source.read(MIB)
            if not data:
                break
            packed = Room(ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p), len(data), 0)
            full = True
            while packed.used < packed.size or full:
                made = Room(ctypes.addressof(room), len(room), 0)
                left = step(stream, ctypes.byref(made), ctypes.byref(packed))
                if library.ZSTD_isError(ctypes.c_size_t(left)):
                    raise OSError(errno.EINVAL, "damaged")
                limit -= made.used
                if limit < 0:
                    raise OSError(errno.EFBIG, "too large unpacked")
                full = made.used == made.size
                if made.used:
                    yield ctypes.string_at(room, made.used)
    finally:
        library.ZSTD_freeDStream(stream)
    if left:
        raise OSError(errno.EINVAL, "damaged")


STANZA_FIELDS = (b"Package:", b"Status:", b"Version:", b"Source:", b"Depends:", b"Architecture:")

# Searched for in lists of every size, and in those of less than 8 MiB.
STANZA_NEEDLES = (b"\nPackage: linux-image-",)

SMALL_NEEDLES = (
    b"\nPackage: pve-kernel-",
    b"\nPackage: proxmox-",
    b"\nPackage: raspberrypi-kernel",
)

STANZA_NAMES = (
    b"linux-image-",
    b"pve-kernel-",
    b"proxmox-kernel-",
    b"proxmox-default-",
    b"raspberrypi-kernel",
)


def stanzas_of(data: bytes | mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    """Yield the stanzas of kernel packages in bytes or a memory map, cut to the fields that matter."""
    found: list[int] = []
    if data[start : min(end, start + 9)] == b"Package: ":
        found.append(start)
    for needle in STANZA_NEEDLES + (SMALL_NEEDLES if end - start < 8 * MIB else ()):
        at = data.find(needle, start, end)
        while at >= 0:
            found.append(at + 1)
            at = data.find(needle, at + 1, end)
    found.sort()
    for at, following in zip(found, [*found[1:], end]):  # noqa: B905 - Python 3.8 has no strict
        name = data[at + 9 : at + 137].partition(b"\n")[0]
        if name.startswith(STANZA_NAMES) and not name.endswith((b"-dbg", b"-dbgsym")):
            stop = data.find(b"\n\n", at, following)
            lines = data[at : stop if stop >= 0 else following].split(b"\n")
            yield b"\n".join([n for n in lines if n.startswith(STANZA_FIELDS)]) + b"\n\n"


def keep_stanzas(content: bytes, limit: int) -> bytes:
    """Return the stanzas of kernel packages in a list of packages, packed or not."""
    return b"".join(stanzas_of_pieces(unpacked(content, limit)))


def stanzas_of_pieces(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the stanzas of kernel packages from a list that comes in pieces."""
    tail = b""
    for chunk in pieces:
        piece = tail + chunk
        end = piece.rfind(b"\n\n") + 2 if b"\n\n" in piece else 0
        yield from stanzas_of(piece, 0, end)
        tail = piece[end:]
        if len(tail) > MIB:
            raise OSError(errno.EINVAL, "not a list of packages")
    yield from stanzas_of(tail, 0, len(tail))
