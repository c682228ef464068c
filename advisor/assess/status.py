"""Status of one fix in one kernel, with the sentence that proves it.

The same rule as :meth:`KnowledgeBase.open_in`, for one record and with its reasons; a test holds the two
equal over every record.
"""

from __future__ import annotations

from typing import NamedTuple

from advisor.knowledge.trace import Change, Pair
from advisor.model.finding import Status
from advisor.model.identity import Identity
from advisor.model.version import KernelVersion, Series, contains, parse_version, proves


class Judged(NamedTuple):
    """Whether a kernel has a fix, and what tells."""

    status: Status
    evidence: str


def judge(
    identity: Identity,
    pairs: tuple[Pair, ...],
    changelog: str = "",
    noted: tuple[str, ...] = (),
) -> Judged:
    """Return the status of a fix in the running kernel.

    Args:
        identity: The kernel.
        pairs: Where the bug came in and was mended.
        changelog: The changelog that names the fix as made in this package, ``""`` where none does.
        noted: Stable releases that, by a distribution's changelog, mended it.
    """
    if changelog:
        who = "its vendor" if "advisories" in changelog else "the package's own changelog"
        return Judged(Status.FIXED, f"{who} names it ({changelog})")
    version = identity.upstream
    if version is None:
        return Judged(Status.UNKNOWN, identity.why)
    told = f"{version}, told by {identity.source}"
    began = next((pair.introduced for pair in pairs if _has(version, pair.introduced)), None)
    ended = next((pair.fixed for pair in pairs if _ends(version, pair.fixed)), None)
    if ended is not None:
        return Judged(Status.FIXED, f"{_named(ended)} is in {told}")
    late = next((text for text in noted if _ends(version, Change(text, ""))), None)
    if late is not None:
        return Judged(Status.FIXED, f"{late} mended it, by Debian's changelog, and is in {told}")
    if not pairs:
        where = f"mended in {', '.join(noted)}" if noted else "nowhere told as mended"
        why = f"only changelogs know it ({where}); since when it is in, no record says"
        return Judged(Status.UNKNOWN, f"{why}; this is {told}")
    if began is None:
        first = min((pair.introduced for pair in pairs), key=_order, default=Change("", ""))
        why = f"the bug came in with {_named(first)}" if first.version else "no range names it"
        return Judged(Status.NOT_AFFECTED, f"{why}, this is {told}")
    since = f"since {_named(began)}" if began.version else "since before the records"
    if identity.backports:
        return Judged(Status.UNKNOWN, f"open in {told} ({since}); {identity.why}")
    return Judged(Status.AFFECTED, f"open in {told} ({since})")


def _has(version: KernelVersion, change: Change) -> bool:
    """Say whether a kernel contains the change; no version stands for since ever."""
    point = parse_version(change.version)
    return not change.version or (point is not None and contains(version, point))


def _ends(version: KernelVersion, change: Change) -> bool:
    point = parse_version(change.version)
    return point is not None and proves(version, point)


def _order(change: Change) -> KernelVersion:
    return parse_version(change.version) or KernelVersion(Series(0, 0))


def _named(change: Change) -> str:
    return f"{change.version} ({change.commit})" if change.commit else change.version
