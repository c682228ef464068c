"""Making captures: of this machine, and of one that was captured before."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

from advisor.errors import AdvisorError, ExitStatus
from advisor.system.agent.capture import Member, collect, denied, pack
from advisor.system.agent.reading import Reader, why
from advisor.system.redact import redacted
from advisor.system.tarball import entries


class Capture(NamedTuple):
    """A capture.

    Attributes:
        packed: The ``tar.gz``.
        denied: Paths that only root could have read.
        files: How many files and links it holds.
    """

    packed: bytes
    denied: tuple[str, ...]
    files: int


def capture(*, now: int, redact: bool = False) -> Capture:
    """Return a capture of this machine.

    Args:
        now: Seconds since 1970.
        redact: Whether to leave out what tells whose machine it is.
    """
    reader = Reader()
    members = collect(reader, now)
    members = redacted(members) if redact else members
    return Capture(pack(members, now), tuple(denied(reader)), len(members))


def redact_file(path: Path, *, now: int) -> Capture:
    """Return a capture that was made before without what tells whose machine it is.

    Raises:
        AdvisorError: It cannot be read, or is no usable capture.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AdvisorError(
            f"the capture cannot be read: {why(error)}, {path}", status=ExitStatus.IO
        ) from error
    found = entries(io.BytesIO(content), path.name)
    members = redacted(Member(e.path, e.content, e.target or "", e.modified) for e in found)
    return Capture(pack(members, now), (), len(members))
