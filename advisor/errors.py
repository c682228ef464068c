"""What the advisor says when it cannot go on."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """How a run ended; the table in ``docs/exit-status.md`` is made from this."""

    OK = 0
    """It ran, whatever it found."""
    FINDINGS = 1
    """Only with --fail-on: the urgency is at least the one named."""
    USAGE = 2
    """The command line was wrong."""
    BAD_DATA = 65
    """A capture or another input is damaged."""
    NO_DATABASE = 69
    """There is no usable knowledge base."""
    BUG = 70
    """A bug in advisor."""
    IO = 74
    """Reading or writing failed."""
    PERMISSION = 77
    """Not allowed to read or write."""
    INTERRUPTED = 130
    """Stopped by the user."""


class AdvisorError(Exception):
    """The run cannot go on.

    Args:
        what: What went wrong, and where: ``the capture ends early, box.tar.gz``.
        hint: What to do next.
        status: How the process ends.
    """

    def __init__(self, what: str, *, hint: str = "", status: ExitStatus) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.status = status
