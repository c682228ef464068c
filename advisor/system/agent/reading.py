"""Reading a machine, or a folder that is shaped like one."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
# ruff: noqa: PTH115, PTH116, PTH208
from __future__ import annotations

import errno
import mmap
import os
import stat

from advisor.system.agent.keep import kept
from advisor.system.agent.manifest import MIB, Manifest, Rule, told
from advisor.system.agent.unpack import stanzas_of, stanzas_of_pieces, text, unpacked_from


def why(error: Exception) -> str:
    """Return an error in a few words, without the path: ``no such file or directory``."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def too_large(limit: int) -> OSError:
    """Return the error for a file that has more bytes than its rule allows."""
    return OSError(errno.EFBIG, f"larger than {limit} bytes")


def read_all(handle: int, rule: Rule) -> bytes:
    """Return an open file's content, OSError where it is larger than its rule allows."""
    parts: list[bytes] = []
    left = rule.limit + 1
    while left > 0:
        part = os.read(handle, min(left, MIB))
        if not part:
            return b"".join(parts)
        parts.append(part)
        left -= len(part)
        if rule.keep == "head" and left <= 1:
            return b"".join(parts)
    raise too_large(rule.limit)


def read_open(handle: int, rule: Rule) -> bytes:
    """Return what a rule keeps of an open file, OSError where it is no plain file."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file")
    if rule.keep != "stanzas":
        return kept(read_all(handle, rule), rule)
    if status.st_size == 0:
        return b""
    if status.st_size > rule.limit:
        raise too_large(rule.limit)
    with mmap.mmap(handle, status.st_size, prot=mmap.PROT_READ) as data:
        magic = data[:6]
        if magic[:1].isalpha():
            return b"".join(stanzas_of(data, 0, len(data)))
    with os.fdopen(os.dup(handle), "rb") as file:
        return b"".join(stanzas_of_pieces(unpacked_from(file, magic, rule.limit)))


class Reader:
    """A machine that is read: this one, or a folder shaped like one (for tests).

    Args:
        root: What stands before every path; ``""`` for this machine.
        release: The running kernel's release; that of this machine where it is not given.
    """

    def __init__(self, root: str = "", release: str = "") -> None:
        self.root = root
        self.release = release or os.uname().release
        self.manifest = Manifest(self.release)
        self.reasons: dict[str, str] = {}

    def read(self, path: str) -> bytes | None:
        """Return what the manifest keeps of a file, None where it cannot be read."""
        rule = self.manifest.read_rule(path)
        try:
            return self.content(path, rule)
        except (OSError, ValueError) as error:
            self.reasons[path] = why(error)
            return None

    def content(self, path: str, rule: Rule) -> bytes:
        """Return what a rule keeps of a file, whatever the manifest says."""
        handle = os.open(self.root + path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return read_open(handle, rule)
        finally:
            os.close(handle)

    def names(self, path: str) -> tuple[str, ...] | None:
        """Return the names in a folder that the manifest tells, sorted, None where unreadable."""
        wanted = self.manifest.list_names(path)
        try:
            return told(self.folder(self.root + path), wanted)
        except (OSError, ValueError) as error:
            self.reasons[path] = why(error)
            return None

    def folder(self, path: str) -> list[str]:
        """Return the names in a folder; those that are not UTF-8 cannot be asked for."""
        return [name for name in os.listdir(path) if name.isascii() or is_text(name)]

    def readlink(self, path: str) -> str | None:
        """Return where a link points, None where there is none."""
        self.manifest.check_link(path)
        try:
            return text(os.fsencode(os.readlink(self.root + path)))
        except (OSError, ValueError) as error:
            self.reasons[path] = why(error)
            return None

    def modified(self, path: str) -> int | None:
        """Return when a file was last changed, in seconds since 1970."""
        self.manifest.read_rule(path)
        try:
            return int(os.stat(self.root + path).st_mtime)
        except (OSError, ValueError):
            return None


def is_text(name: str) -> bool:
    """Return whether a name from the system is UTF-8 without surrogates and line ends."""
    try:
        return name.encode().isascii() or "\n" not in name
    except UnicodeEncodeError:
        return False
