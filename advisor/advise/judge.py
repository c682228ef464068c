"""Both sides of one candidate: what it closes and what it opens on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from advisor.advise.case import Case
from advisor.advise.days import days_of
from advisor.advise.offers import Offer
from advisor.advise.values import RIPE_DAYS
from advisor.assess import detail, tally
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Candidate
from advisor.model.finding import REACH_ORDER, WEIGHING, Finding, Reach, Status, Weighed
from advisor.model.fix import Severity, severity_of
from advisor.model.version import KernelVersion, Series

_TOLD: Final = 8
SEVERITY_WEIGHT: Final = {
    Severity.CRITICAL: 40,
    Severity.HIGH: 10,
    Severity.MEDIUM: 3,
    Severity.LOW: 1,
    Severity.NONE: 1,
}
REACH_WEIGHT: Final = {Reach.ACTIVE: 4, Reach.LOADED: 2, Reach.ON_DEMAND: 1}
"""How much a missing fix counts where kernels are compared: severity times reach."""


# The lab's upgrade from 6.1 to 6.12 finds a few more than were promised (docs/lab.md).
_OTHER_CODE = "code that only this series has, or is built with, is not counted"


class Judged(NamedTuple):
    """A candidate and what its counts were made of.

    Attributes:
        closed: The findings of the running kernel that it closes, those that can run here.
        left: Weight of what it leaves open and brings; None where that cannot be counted.
        missing: The fixes it lacks, by number; None where that cannot be counted.
        fresh: Known trouble that it brings and the running kernel has not.
        thin: Whether the knowledge hardly knows its series, so that few bugs are no good sign.
    """

    offer: Offer
    candidate: Candidate
    closed: tuple[Finding, ...] = ()
    left: int | None = None
    fresh: tuple[Finding, ...] = ()
    missing: Mapping[int, Weighed] | None = None
    thin: bool = False


def weight_of(score: int, reach: Reach) -> int:
    """Return how much one missing fix counts: its severity times how near its code is."""
    return SEVERITY_WEIGHT[severity_of(score)] * REACH_WEIGHT.get(reach, 0)


def weight(weighed: Iterable[Weighed]) -> int:
    """Return how much missing fixes count together on this machine."""
    near = (one for one in weighed if one.reached.reach in REACH_WEIGHT)
    return sum(weight_of(one.score, one.reached.reach) for one in near)


def weighs(one: Weighed) -> bool:
    """Return whether a missing fix is in code that can run here."""
    return one.reached.reach in WEIGHING


def doubt_of_series(knowledge: KnowledgeBase, series: Series) -> str:
    """Return why few known bugs in a series are no good sign, ``""`` where they are."""
    if knowledge.horizon(series) is None:
        return f"no record speaks about the {series} series: its own bugs are not known"
    facts = knowledge.series(series)
    snapshot = days_of(knowledge.meta().get("snapshot", ""))
    released = days_of(facts.released) if facts is not None else None
    if released is None or snapshot is None:
        return (
            f"the {series} series is too new for the knowledge: its own bugs are not on record yet"
        )
    age = snapshot - released
    if age >= RIPE_DAYS:
        return ""
    if age < 0:
        return f"the {series} series came out after the knowledge was taken: its bugs are not on record"
    return (
        f"the {series} series was {age} days old when the knowledge was taken: few bugs are known"
    )


class Judge:
    """Judges candidates against the running kernel; kernels of one upstream version share the work."""

    def __init__(self, case: Case) -> None:
        self._assessment = case.assessment
        self._knowledge = case.knowledge
        self._weigher = case.weigher
        self._named = case.knowledge.numbers(_own_changelog(case))
        self._told_by = case.inventory.packages.changelog_source
        self._reads_changelog = bool(self._told_by or _own_changelog(case))
        self._open: dict[KernelVersion, dict[int, Weighed]] = {}

    def judge(self, offer: Offer) -> Judged:
        """Return one kernel with both sides of the scale, as far as they can be counted."""
        bare = Candidate(
            release=offer.release,
            package=offer.package,
            package_version=offer.package_version,
            upstream=offer.upstream,
            state=offer.origin,
            source=offer.source,
            judged=False,
            suite=offer.suite,
        )
        running = self._assessment.version
        if offer.upstream is None:
            return self._by_changelog(offer, bare._replace(why_not=offer.why))
        series = offer.upstream.series
        facts = self._knowledge.series(series)
        bare = bare._replace(
            horizon=self._knowledge.horizon(series), eol=facts.eol if facts else ""
        )
        if running is None:
            return self._alone(offer, bare, offer.upstream)
        if offer.upstream == running and (offer.backports or offer.older):
            why = f"it is built from {running} like the running one; what is on top its number does not tell"
            return self._by_changelog(offer, bare._replace(why_not=why))
        return self._by_number(offer, bare, offer.upstream)

    def _missing(self, offer: Offer, version: KernelVersion) -> dict[int, Weighed]:
        """Return the fixes that a kernel lacks, by number."""
        if version not in self._open:
            self._open[version] = self._weigher.weigh(self._knowledge.open_in(version).values())
        found = self._open[version]
        running = self._assessment.version
        same_line = running is not None and running.series == version.series and not offer.older
        own = self._knowledge.numbers(offer.cves)
        named = own | self._named if same_line else own
        return {n: one for n, one in found.items() if n not in named} if named else found

    def _by_number(self, offer: Offer, bare: Candidate, version: KernelVersion) -> Judged:
        missing = self._missing(offer, version)
        mine = self._assessment.open
        gone = mine.keys() - missing.keys()
        silent = self._knowledge.silent_about(gone, version.series)
        closes = {n: mine[n] for n in gone - silent}
        opens = {n: one for n, one in missing.items() if n not in mine}
        closed = self._closed(closes)
        worst = sorted(filter(weighs, opens.values()), key=_worst_first)[:_TOLD]
        candidate = bare._replace(
            judged=True,
            closes=tally(closes),
            opens=tally(opens),
            remaining=tally(missing),
            closes_findings=closed[:_TOLD],
            opens_findings=detail(
                worst, self._knowledge, Status.AFFECTED, f"open in upstream {version}"
            ),
        )
        doubt = doubt_of_series(self._knowledge, version.series)
        thin = bool(doubt)
        if not thin and bare.horizon is not None and version > bare.horizon:
            doubt = f"the knowledge ends at {bare.horizon}: what came after it is not counted"
        if (
            not doubt
            and self._assessment.version
            and version.series != self._assessment.version.series
        ):
            doubt = _OTHER_CODE
        return Judged(
            offer,
            candidate._replace(doubt=doubt),
            closed,
            weight(missing.values()),
            missing=missing,
            thin=thin,
        )

    def _alone(self, offer: Offer, bare: Candidate, version: KernelVersion) -> Judged:
        """Count what a kernel leaves open where nothing is known about the running one."""
        missing = self._missing(offer, version)
        why = "what the running kernel lacks is not known, so nothing can be set against it"
        return Judged(offer, bare._replace(why_not=why, remaining=tally(missing)))

    def _by_changelog(self, offer: Offer, bare: Candidate) -> Judged:
        """Count what the candidate's own changelog closes, where its number tells nothing."""
        if not self._reads_changelog and self._assessment.version is None:
            return Judged(offer, bare)
        named = self._knowledge.numbers(offer.cves) - self._named
        if self._assessment.version is not None:
            named &= self._assessment.open.keys()
        if not named:
            return Judged(offer, bare)
        records = self._knowledge.records(named)
        weighed = {
            record.n: Weighed(record.n, self._weigher.reach_of(record.sites), record.score)
            for record in records.values()
        }
        mine = self._told_by or "its changelog"
        evidence = f"named for it by {offer.cves_source}, and not for the running kernel by {mine}"
        told = filter(weighs, weighed.values())
        closed = detail(told, self._knowledge, Status.UNKNOWN, evidence)
        why = f"what it closes is counted from {offer.cves_source}, since its number does not tell"
        closes = tally(weighed)
        return Judged(
            offer, bare._replace(why_not=why, closes=closes, closes_findings=closed[:_TOLD]), closed
        )

    def _closed(self, closes: Mapping[int, Weighed]) -> tuple[Finding, ...]:
        near = [n for n, one in closes.items() if weighs(one)]
        ids = frozenset(self._knowledge.ids(near).values())
        return tuple(one for one in self._assessment.findings if one.id in ids)


def _own_changelog(case: Case) -> frozenset[str]:
    """Return the CVEs that the running kernel's own changelog names."""
    packages = case.inventory.packages
    release = case.inventory.kernel.identity.release
    own = (kernel.cves for kernel in packages.installed if kernel.release == release)
    return packages.changelog_cves.union(*own)


def _worst_first(one: Weighed) -> tuple[int, int, int]:
    return (REACH_ORDER.index(one.reached.reach), -one.score, one.n)
