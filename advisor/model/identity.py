"""Which kernel this is: whose build, and which kernel.org version it is made from."""

from __future__ import annotations

from typing import NamedTuple

from advisor.model.version import KernelVersion, Series


class Identity(NamedTuple):
    """A kernel's origin, with the reading that told and what its number can prove.

    Attributes:
        release: What ``uname -r`` prints: ``6.12.94+deb13-amd64``.
        upstream: The kernel.org version it is built from, or None where that cannot be told.
            Every fix up to this version is in; see ``backports`` for what may come on top.
        series: The series its release starts with; None only where it starts with no number.
        vendor: Who built it, a word of :data:`advisor.probe.identity.VENDORS`; ``custom`` for
            an own build, ``unknown`` where nothing tells.
        flavour: The vendor's variant: ``amd64``, ``lowlatency``, ``pve``, ``zen``, or "".
        package_version: The package it came in, where a reading names it: ``6.12.94-1``, or "".
        backports: Whether the vendor keeps putting fixes on top without moving the number, so
            that the number cannot prove that a later fix is missing.
        early_fixes: Whether single fixes may be in ahead of the number, or local changes on
            top of it, although the vendor follows upstream: the number is right all the same.
        source: The reading that told: ``uname -v``, ``/proc/version_signature``, ``uname -r``,
            or ``package``.
        why: One sentence: why this upstream version, or why none can be told.
    """

    release: str
    upstream: KernelVersion | None
    series: Series | None
    vendor: str
    flavour: str
    package_version: str
    backports: bool
    early_fixes: bool
    source: str
    why: str
