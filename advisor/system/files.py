"""Files that are written in one step: whoever reads one sees the old text or the new, never half."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from advisor.errors import AdvisorError, ExitStatus

_TRIES = 16


def write_text(path: Path, text: str, *, mode: int | None = None) -> None:
    """Replace a file's text, or make the file.

    What is no regular file (``/dev/stdout``, a pipe) is written to and never replaced; a link is
    followed. A file that is there keeps its mode.

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
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        _replace(target, data, mode)
    except OSError as error:
        denied = error.errno in {errno.EACCES, errno.EPERM}
        raise AdvisorError(
            f"cannot write: {error.strerror}, {path}",
            hint=_hint(path, error),
            status=ExitStatus.PERMISSION if denied else ExitStatus.IO,
        ) from error


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    keep = target.stat().st_mode & 0o7777 if target.exists() else None
    temporary, file = _temporary(target)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        wanted = keep if mode is None else mode
        if wanted is not None:
            temporary.chmod(wanted)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary(target: Path) -> tuple[Path, int]:
    """Return a new file beside the target, so that both are on one filesystem."""
    for _ in range(_TRIES):
        path = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}")
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            continue
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def _hint(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return f"make its folder first: mkdir -p {path.parent}"
    if error.errno == errno.ENOSPC:
        return "make room on that filesystem, or name a file on another"
    return ""
