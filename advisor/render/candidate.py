"""What every page says of a kernel that could be run."""

from __future__ import annotations

from advisor.model.advice import Candidate


def beyond(candidate: Candidate, known: str = "knowledge ends at") -> str:
    """Return in a few words why a kernel may have more bugs than counted, ``""`` where nothing says so.

    Args:
        candidate: The kernel.
        known: What stands before the newest version that the knowledge speaks about.
    """
    upstream, horizon = candidate.upstream, candidate.horizon
    if upstream is None:
        return ""
    if horizon is not None and upstream <= horizon:
        return "counted in part" if candidate.doubt else ""
    return f"{known} {horizon}" if horizon else "newer than the knowledge"
