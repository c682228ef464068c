"""Files that are written in one step: whoever reads one sees the old text or the new, never half."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from advisor.errors import AdvisorError, ExitStatus

_TRIES = 16
_MOST_LINKS = 16
_STALE = 3600  # seconds after which nobody is still writing
_ROOT = 0
_OPEN_FILE = re.compile(r"/(?:proc/(?:self|[0-9]+)|dev)/fd\Z")


def write_text(path: Path, text: str, *, mode: int | None = None) -> None:
    """Replace a file's text, or make the file.

    What is no regular file (``/dev/stdout``, a pipe) is written to and never replaced. A link is
    followed if it is this user's or root's. A file of this user's that is there keeps its mode.

    Args:
        path: The file; its folder has to be there.
        text: All of it; letters that UTF-8 lacks are escaped.
        mode: Permissions of the file, whatever it had; None leaves them to the umask.

    Raises:
        AdvisorError: It cannot be written; what was there stays.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"), mode=mode)


def write_bytes(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Replace a file's content as :func:`write_text` does.

    Raises:
        AdvisorError: It cannot be written; what was there stays.
    """
    try:
        target = followed(path)
        if target.is_symlink() or (target.exists() and not target.is_file()):
            target.write_bytes(data)  # a pipe, a device, a file that this process has open
            return
        with beside(target) as (temporary, file):
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            wanted = _mode_of(target) if mode is None else mode
            if wanted is not None:
                temporary.chmod(wanted)
            temporary.replace(target)
        _settle(target.parent)
    except OSError as error:
        denied = error.errno in {errno.EACCES, errno.EPERM}
        raise AdvisorError(
            f"cannot write: {error.strerror}, {path}",
            hint=_hint(path, error),
            status=ExitStatus.PERMISSION if denied else ExitStatus.IO,
        ) from error


def followed(path: Path) -> Path:
    """Return the file that a path stands for, with its links followed.

    In a folder that all may write to, anyone can leave a link under the name that root is about to
    write: a link that is neither this user's nor root's is not followed.

    Raises:
        OSError: Such a link stands there, or links lead in a circle.
    """
    target = path.absolute()
    for _ in range(_MOST_LINKS):
        folder = target.parent.resolve()
        if _OPEN_FILE.match(str(folder)) or not target.is_symlink():
            return folder / target.name if target.name != ".." else target.resolve()
        if target.lstat().st_uid not in {os.geteuid(), _ROOT}:
            raise PermissionError(errno.EACCES, "this is a link that another user made", str(path))
        target = folder / os.readlink(target)  # noqa: PTH115 - Path.readlink is the same
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


@contextmanager
def beside(target: Path) -> Generator[tuple[Path, IO[bytes]]]:
    """Give a new, empty file beside a target, so that both are on one filesystem.

    It is gone at the end unless it took the target's place. What a killed process left behind is
    removed by the next that writes the same target, once it is an hour old.

    Raises:
        OSError: It cannot be made.
    """
    temporary, handle = _temporary(target)
    try:
        with os.fdopen(handle, "wb") as file:
            _sweep(target, temporary, file)
            yield temporary, file
    finally:
        temporary.unlink(missing_ok=True)


def _temporary(target: Path) -> tuple[Path, int]:
    """Return a new file with a name that nobody can guess, and its handle."""
    for _ in range(_TRIES):
        path = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}")
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            continue
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def _sweep(target: Path, own: Path, file: IO[bytes]) -> None:
    """Remove what killed processes left of the same target; the folder's own clock tells the age."""
    now = os.fstat(file.fileno()).st_mtime
    name = re.compile(r"\.{1,2}" + re.escape(target.name[:100]) + r"(?:\.[0-9a-f]{12}){1,2}")
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if entry.name != own.name and name.fullmatch(entry.name):
                with suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode) and found.st_mtime < now - _STALE:
                        os.unlink(entry.path)  # noqa: PTH108 - it is a text already


def _mode_of(target: Path) -> int | None:
    """Return the permissions to keep: none where there is no file, or it is another user's."""
    try:
        found = target.lstat()
    except FileNotFoundError:
        return None
    return found.st_mode & 0o777 if found.st_uid == os.geteuid() else None


def _settle(folder: Path) -> None:
    """Have the folder itself on disk, so that a power cut keeps the old file or the new."""
    with suppress(OSError):  # some filesystems cannot
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _hint(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return f"make its folder first: mkdir -p {path.parent}"
    if error.errno == errno.ENOSPC:
        return "make room on that filesystem, or name a file on another"
    return ""
