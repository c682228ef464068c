"""The closed words of the command line, and what each means."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

_URGENCIES = ("now", "soon", "routine")


class Format(StrEnum):
    """How an answer is written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


class ColourWhen(StrEnum):
    """When to send colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"

    def allows(self, environ: Mapping[str, str], is_terminal: bool) -> bool:
        """Return whether to send colours.

        The order is that of no-color.org and bixense.com/clicolors: the option, then NO_COLOR, then
        FORCE_COLOR or CLICOLOR_FORCE, then whether a terminal reads that is not dumb.
        """
        if self is not ColourWhen.AUTO:
            return self is ColourWhen.ALWAYS
        if environ.get("NO_COLOR"):
            return False
        if environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE", "0") != "0":
            return True
        return is_terminal and environ.get("TERM", "") != "dumb"


class FailOn(StrEnum):
    """From which urgency on a scan ends with status 1."""

    NEVER = "never"
    NOW = "now"
    SOON = "soon"
    ROUTINE = "routine"

    def is_met_by(self, urgency: str) -> bool:
        """Return whether an urgency is at least the one named."""
        if self is FailOn.NEVER or urgency not in _URGENCIES:
            return False
        return _URGENCIES.index(urgency) <= _URGENCIES.index(self.value)
