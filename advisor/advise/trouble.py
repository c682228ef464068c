"""Known trouble: what people wrote about regressions, held against the running kernel and the others."""

from __future__ import annotations

from typing import Final, NamedTuple

from advisor.advise.case import Case
from advisor.advise.offers import Offer
from advisor.assess.curated import CuratedWeigher, Held
from advisor.model.finding import Finding, Reach
from advisor.model.fix import FixKind, Severity
from advisor.model.reading import Unknown

SERIOUS: Final = frozenset({Severity.CRITICAL, Severity.HIGH})
_NOTABLE: Final = SERIOUS | {Severity.MEDIUM}


class Sides(NamedTuple):
    """Known trouble on both sides of the scale.

    Attributes:
        lives: What lives in the other kernel.
        fresh: Those of them that the running kernel has not.
        cures: What lives in the running kernel and not in the other.
    """

    lives: tuple[Finding, ...] = ()
    fresh: tuple[Finding, ...] = ()
    cures: tuple[Finding, ...] = ()


def is_outage(finding: Finding) -> bool:
    """Return whether something in use here surely stops or suffers badly.

    A regression that got a CVE is weighed with the CVEs: it may strike, but need not.
    """
    return (
        finding.kind != FixKind.FIX
        and not finding.cves
        and finding.severity in SERIOUS
        and finding.reached.reach is Reach.ACTIVE
    )


class Trouble:
    """Answers for one machine: which known trouble lives in a kernel?"""

    def __init__(self, case: Case) -> None:
        self._weigher = CuratedWeigher(case.inventory, case.knowledge, case.weigher)
        built = frozenset[str]().union(*(one.names for one in case.inventory.packages.dkms))
        self._foreign = built | case.inventory.kernel.out_of_tree.keys()
        identity = case.inventory.kernel.identity
        self.running: Held | None = None
        if identity.upstream is not None:
            self.running = self._weigher.hold(
                identity.upstream,
                vendor=identity.vendor,
                package_version=identity.package_version,
            )

    def sides(self, offer: Offer) -> Sides:
        """Return what a kernel brings and ends, as far as its number tells."""
        if offer.upstream is None:
            return Sides()
        held = self._weigher.hold(
            offer.upstream, vendor=offer.vendor, package_version=offer.package_version
        )
        lives = tuple(filter(_is_notable, held.findings))
        mine = self.running.findings if self.running is not None else ()
        here, there = {one.id for one in mine}, {one.id for one in held.findings}
        return Sides(
            lives=lives,
            fresh=tuple(one for one in lives if one.id not in here and not self._is_foreign(one)),
            cures=tuple(one for one in mine if one.id not in there and _is_notable(one)),
        )

    def _is_foreign(self, finding: Finding) -> bool:
        """Whether trouble is about a module that is built apart: what DKMS says decides there."""
        modules = finding.reached.modules
        return bool(modules) and self._foreign.issuperset(modules)

    def unknowns(self) -> tuple[Unknown, ...]:
        """Return the known trouble of which it could not be told whether it concerns this machine."""
        if self.running is None:
            return ()
        return tuple(
            Unknown(
                f"whether this machine is concerned by: {one.title}",
                (
                    f"it concerns {one.concerns[:1].lower()}{one.concerns[1:]}"
                    if one.concerns
                    else "not read"
                )
                if one.began
                else "since which release it lives is not known",
                one.id,
            )
            for one in self.running.undecided
            if one.severity in SERIOUS and one.kind != FixKind.FIX
        )


def _is_notable(finding: Finding) -> bool:
    """Return whether trouble is worth a line in a comparison of kernels."""
    if finding.reached.reach is not Reach.ACTIVE:
        return False
    return finding.severity in (SERIOUS if finding.kind == FixKind.FIX else _NOTABLE)
