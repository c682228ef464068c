"""From judged kernels to the situation that the policy's tables look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from advisor.advise.case import Case
from advisor.advise.days import is_over
from advisor.advise.judge import Judged, doubt_of_series
from advisor.advise.offers import is_from_outside
from advisor.advise.order import natural_key, package_key
from advisor.advise.trouble import SERIOUS, is_outage
from advisor.advise.values import Situation, Target
from advisor.model.advice import Origin
from advisor.model.finding import Finding, Reach
from advisor.model.fix import Severity
from advisor.model.inventory import Inventory
from advisor.model.version import KernelVersion, Series

_NEAR: Final = frozenset({Reach.ACTIVE, Reach.LOADED})


class Choice(NamedTuple):
    """The situation, and the judged kernels behind the targets in it.

    Attributes:
        by_target: Target -> the kernel it stands for.
        refused: The kernels that may not be taken, best first.
        upstream: What kernel.org has and nothing here offers.
        elsewhere: The kernels of other series that may be taken.
    """

    situation: Situation
    by_target: dict[Target, Judged]
    refused: tuple[Judged, ...]
    upstream: tuple[Judged, ...] = ()
    elsewhere: tuple[Judged, ...] = ()

    def behind(self, target: Target | None) -> Judged | None:
        """Return the kernel that a target stands for, None where there is no target."""
        return self.by_target.get(target) if target is not None else None


def is_serious(finding: Finding) -> bool:
    """Return whether a finding was scored high, by others than us, and is in code that runs here."""
    return (
        finding.severity in SERIOUS
        and not finding.estimated
        and finding.reached.reach is Reach.ACTIVE
    )


def breaks(judged: Judged) -> bool:
    """Return whether a kernel would break what this machine uses."""
    candidate = judged.candidate
    lost = any(one.serious for one in candidate.lost)
    return bool(candidate.blockers) or lost or any(map(is_outage, judged.fresh))


def choose(case: Case, judged: Iterable[Judged], regressions: tuple[Finding, ...]) -> Choice:
    """Return the situation of a machine with its judged kernels."""
    everything = tuple(judged)
    assessment = case.assessment
    picker = _Picker(case)
    ahead = [one for one in everything if not one.offer.older]
    upstream = [one for one in ahead if one.offer.origin is Origin.UPSTREAM]
    ahead = [one for one in ahead if one.offer.origin is not Origin.UPSTREAM]
    may = [one for one in ahead if not breaks(one)]
    refused = sorted((one for one in ahead if breaks(one) and picker.tempts(one)), key=picker.rank)
    series = picker.series
    same = [one for one in may if picker.is_same(one)]
    other = [one for one in may if not picker.is_same(one) and not picker.target(one).ended]
    troubled = any(map(is_outage, regressions))
    packages = case.inventory.packages
    back = [one for one in everything if one.offer.older and not breaks(one) and _cures(one)]
    offers_read = bool(packages.offered) and not packages.lists_unread
    release = case.inventory.kernel.identity.release
    situation = Situation(
        told=assessment.version is not None,
        in_knowledge=assessment.version is None
        or not doubt_of_series(case.knowledge, assessment.version.series),
        from_outside=is_from_outside(case.inventory),
        ended=has_ended(case),
        reaching=assessment.tally.reaching,
        exposed=any(_exploited(one) or _remote_critical(one) for one in assessment.findings),
        same_line=picker.best(same),
        other_line=picker.best(other, longterm_first=True),
        line_goes_on=_goes_on(case.inventory, series),
        offers_read=offers_read,
        vendor_build=picker.newest(same),
        next_build=picker.newest(one for one in other if not one.offer.opt_in),
        way_back=picker.best(back) if troubled else None,
        refused=picker.target(refused[0]) if refused else None,
        own_build=case.inventory.kernel.identity.vendor == "custom",
        upstream=picker.best(one for one in upstream if picker.is_same(one) and not breaks(one)),
        next_series=picker.any(
            one for one in upstream if not picker.is_same(one) and not breaks(one)
        ),
        advised=bool(packages.changelog_source),
        newest_runs=offers_read
        and not any(not one.offer.opt_in for one in ahead)
        and any(one.release == release for one in packages.offered),
    )
    return Choice(situation, picker.by_target, tuple(refused), tuple(upstream), tuple(other))


def has_ended(case: Case) -> bool:
    """Return whether the running series gets no more fixes.

    A vendor that puts fixes on top of an old number keeps it alive beyond kernel.org's end.
    """
    if case.inventory.kernel.identity.backports:
        return False
    series = case.inventory.kernel.identity.series
    facts = case.knowledge.series(series) if series else None
    return is_over(facts.eol, case.now_days) if facts else False


class _Picker:
    """Turns judged kernels into targets and picks the best of some."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.series = case.inventory.kernel.identity.series
        self.by_target: dict[Target, Judged] = {}

    def is_same(self, judged: Judged) -> bool:
        """Whether a kernel is of the running one's series."""
        return judged.offer.same_build or _series(judged) == self.series

    def target(self, judged: Judged) -> Target:
        """Return what the policy looks at."""
        candidate = judged.candidate
        closed = judged.closed
        serious = sum(map(is_outage, candidate.cures))
        target = Target(
            release=candidate.release,
            installed=candidate.state is Origin.INSTALLED,
            same_series=self.is_same(judged),
            ended=is_over(candidate.eol, self._case.now_days),
            judged=candidate.judged and not self._is_beyond(judged),
            closes=len(closed),
            exploited=sum(1 for one in closed if _exploited(one)),
            remote_critical=sum(1 for one in closed if _remote_critical(one)),
            high_active=sum(1 for one in closed if is_serious(one)),
            cures_high=serious,
            cures=len(candidate.cures) - serious,
            security="security" in candidate.suite,
        )
        self.by_target.setdefault(target, judged)
        return target

    def _is_beyond(self, judged: Judged) -> bool:
        """Whether the knowledge ends before this kernel."""
        upstream, horizon = judged.candidate.upstream, judged.candidate.horizon
        return judged.thin or (upstream is not None and (horizon is None or upstream > horizon))

    def tempts(self, judged: Judged) -> bool:
        """Whether somebody might take a kernel: it helps, or is newer than what is known."""
        return self.target(judged).helps or self._is_beyond(judged)

    def rank(self, judged: Judged) -> tuple[int, float, int, int]:
        """Return a key that puts the best first: cures, least left, installed, least asked for."""
        target = self.target(judged)
        left = float("inf") if judged.left is None or judged.thin else judged.left
        return (-target.cures_high, left, not target.installed, judged.offer.opt_in)

    def best(self, judged: Iterable[Judged], *, longterm_first: bool = False) -> Target | None:
        """Return the kernel that helps most, None where none helps."""

        def key(one: Judged) -> tuple[bool, tuple[int, float, int, int]]:
            return (longterm_first and not self._is_longterm(one), self.rank(one))

        helping = [one for one in judged if self.target(one).helps]
        return self.target(min(helping, key=key)) if helping else None

    def any(self, judged: Iterable[Judged]) -> Target | None:
        """Return the first kernel, None where there is none."""
        return next(map(self.target, judged), None)

    def newest(self, judged: Iterable[Judged]) -> Target | None:
        """Return the newest of the kernels whose worth cannot be counted, None where there is none."""
        manager = self._case.inventory.packages.manager
        blind = [one for one in judged if not self.target(one).judged]
        if not blind:
            return None
        newest = max(
            blind,
            key=lambda one: (
                one.offer.upstream or KernelVersion(Series(0, 0)),
                natural_key(one.offer.release),
                package_key(manager, one.offer.package_version),
                one.offer.origin is Origin.INSTALLED,
            ),
        )
        return self.target(newest)

    def _is_longterm(self, judged: Judged) -> bool:
        series = _series(judged)
        facts = self._case.knowledge.series(series) if series else None
        return facts is not None and facts.longterm


def _series(judged: Judged) -> Series | None:
    upstream = judged.offer.upstream
    if upstream is not None:
        return upstream.series
    major, _, rest = judged.offer.release.partition(".")
    minor = rest.split(".")[0].split("-")[0]
    numbers = major.isdecimal() and minor.isdecimal()
    return Series(int(major), int(minor)) if numbers and len(major + minor) < 8 else None  # noqa: PLR2004 - no kernel


def _cures(judged: Judged) -> bool:
    return any(map(is_outage, judged.candidate.cures))


def _goes_on(inventory: Inventory, series: Series | None) -> bool:
    """Return whether the package lists carry the running series; without lists nothing says no."""
    offered = inventory.packages.offered
    if not offered or series is None:
        return True
    return any(kernel.release.startswith(f"{series}.") for kernel in offered)


def _exploited(finding: Finding) -> bool:
    return bool(finding.exploited) and finding.reached.reach in _NEAR


def _remote_critical(finding: Finding) -> bool:
    near = finding.reached.reach is Reach.ACTIVE
    remote = "AV:N" in finding.cvss and "PR:N" in finding.cvss
    return near and remote and finding.severity is Severity.CRITICAL
