"""How the kernels compare: which leaves the least, where the knee is, what one more step buys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from advisor.advise.judge import Judged, weighs, weight
from advisor.model.advice import Frontier, FrontierPoint
from advisor.model.finding import Assessment, Weighed
from advisor.model.version import KernelVersion, Series

_KNEE_PERCENT: Final = 10
"""The knee is the first kernel after which less than this share of all that can be won is left."""


def frontier(
    assessment: Assessment, release: str, judged: Iterable[Judged], chosen: str
) -> Frontier | None:
    """Return the kernels that each leave less open than every one nearer, None without counts.

    Args:
        assessment: What the running kernel leaves open.
        release: The running kernel.
        judged: The others, as far as they may be taken.
        chosen: Release of the one that the policy chose, ``""`` for the running one.
    """
    if assessment.version is None:
        return None
    counted = sorted(
        (one for one in judged if one.left is not None and not one.thin), key=_distance
    )
    points = [_first(release, assessment)]
    before: Mapping[int, Weighed] = assessment.open
    for one in counted:
        if one.missing is None or one.left is None or one.left >= points[-1].weight:
            continue
        points.append(_point(one, one.left, one.missing, before))
        before = one.missing
    if len(points) == 1:
        return None
    knee = _knee(points)
    return Frontier(
        tuple(points), points[-1].release, knee.release, _next(points, chosen or release)
    )


def _distance(judged: Judged) -> tuple[KernelVersion, int, str]:
    upstream = judged.offer.upstream or KernelVersion(Series(999, 0))
    return (upstream, judged.left or 0, judged.offer.release)


def _first(release: str, assessment: Assessment) -> FrontierPoint:
    return FrontierPoint(release, assessment.tally.reaching, weight(assessment.open.values()))


def _point(
    judged: Judged, left: int, missing: Mapping[int, Weighed], before: Mapping[int, Weighed]
) -> FrontierPoint:
    return FrontierPoint(
        release=judged.offer.release,
        left=sum(map(weighs, missing.values())),
        weight=left,
        closes=sum(1 for n, one in before.items() if n not in missing and weighs(one)),
        opens=sum(1 for n, one in missing.items() if n not in before and weighs(one)),
    )


def _knee(points: list[FrontierPoint]) -> FrontierPoint:
    last = points[-1].weight
    whole = points[0].weight - last
    return next(one for one in points if (one.weight - last) * 100 <= whole * _KNEE_PERCENT)


def _next(points: list[FrontierPoint], chosen: str) -> str:
    """Return what the point after the chosen one buys, ``""`` where there is none."""
    names = [one.release for one in points]
    if chosen not in names or chosen == names[-1]:
        return ""
    after = points[names.index(chosen) + 1]
    return (
        f"One more step, to {after.release}, would close {after.closes:,} more that can run here "
        f"and bring {after.opens:,}."
    )
