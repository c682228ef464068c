"""Upstream kernel versions, their order, and their form as an integer."""

from __future__ import annotations

import re
from typing import NamedTuple

_RELEASED = 99  # stands where -rcN stands, so that 7.1-rc4 < 7.1
_PATTERN = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?(?:-rc(\d{1,2}))?\Z")


class Series(NamedTuple):
    """A line of kernels with one mainline release: ``6.12``, or ``2.6.32`` before 3.0."""

    major: int
    minor: int
    sub: int = 0

    @property
    def code(self) -> int:
        """This series as an integer that sorts as the series do: 6.12 is 6012000."""
        return (self.major * 1000 + self.minor) * 1000 + self.sub

    def __str__(self) -> str:
        """Return the series as kernel.org writes it."""
        text = f"{self.major}.{self.minor}"
        return f"{text}.{self.sub}" if (self.major, self.minor) == (2, 6) else text


class KernelVersion(NamedTuple):
    """A version as kernel.org numbers it: ``6.12.94``, ``7.1``, ``7.1-rc4``, ``2.6.32.5``.

    The order of the tuple is the order of the versions. ``rc`` is 99 for a release.
    """

    series: Series
    patch: int = 0
    rc: int = _RELEASED

    @property
    def is_rc(self) -> bool:
        """Whether this is a release candidate."""
        return self.rc != _RELEASED

    @property
    def is_mainline(self) -> bool:
        """Whether this is a mainline release or candidate, not a stable update."""
        return self.patch == 0

    def __str__(self) -> str:
        """Return the version as kernel.org writes it."""
        text = str(self.series) + (f".{self.patch}" if self.patch else "")
        return f"{text}-rc{self.rc}" if self.is_rc else text


def parse_version(text: str) -> KernelVersion | None:
    """Return the upstream version that ``text`` is, or None where it is not one exactly.

    Args:
        text: ``6.12.94``, ``7.1``, ``7.1-rc4``, ``2.6.32``, ``2.6.32.5``. Nothing may follow: a
            distribution's release (``6.12.94+deb13-amd64``) is read by :mod:`advisor.probe`.
    """
    match = _PATTERN.match(text)
    if match is None:
        return None
    major, minor, third, fourth, rc = (int(g) if g is not None else None for g in match.groups())
    if major is None or minor is None:
        return None
    candidate = _RELEASED if rc is None else rc
    if (major, minor) == (2, 6):
        return KernelVersion(Series(major, minor, third or 0), fourth or 0, candidate)
    if fourth is not None:
        return None
    return KernelVersion(Series(major, minor), third or 0, candidate)


def contains(version: KernelVersion, change: KernelVersion) -> bool:
    """Return whether a kernel has a change, by the version in which the change came in.

    A change that came in with a mainline release is in every series from that one on; one that came
    in with a stable update is in that series from that update on, and in no other.
    """
    if not change.patch:
        return change.series <= version.series
    return change.series == version.series and change.patch <= version.patch


def proves(version: KernelVersion, fix: KernelVersion) -> bool:
    """Return whether a kernel is known to have a fix that came in with ``fix``.

    A release candidate does not prove what its release has.
    """
    return contains(version, fix) and not (version.is_rc and fix.series == version.series)
