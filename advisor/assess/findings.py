"""Findings: the fixes the running kernel lacks, each with how near its code is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from advisor.assess.reach import ReachOf
from advisor.assess.status import judge
from advisor.knowledge.sites import Site
from advisor.knowledge.store import KnowledgeBase, OpenFix, Record
from advisor.model.finding import (
    NO_FILE,
    REACH_ORDER,
    WEIGHING,
    Assessment,
    Finding,
    Reach,
    Reached,
    Status,
    Tally,
    Weighed,
)
from advisor.model.fix import Severity, severity_of
from advisor.model.identity import Identity
from advisor.model.inventory import Inventory

_SEVERITIES = tuple(Severity)


class Weigher:
    """Weighs fixes on one machine: for the running kernel, and for every candidate."""

    def __init__(self, inventory: Inventory, knowledge: KnowledgeBase) -> None:
        self._reach = ReachOf(inventory, knowledge.around(inventory.kernel.identity.series))
        self._knowledge = knowledge
        self._by_sites: dict[int, Reached] = {}

    def weigh(self, fixes: Collection[OpenFix]) -> dict[int, Weighed]:
        """Return the fixes with how near each is, by number."""
        missing = {fix.sites for fix in fixes} - self._by_sites.keys()
        for number, sites in self._knowledge.sites(missing).items():
            self._by_sites[number] = self._reach.sites(sites)
        return {fix.n: Weighed(fix.n, self._by_sites[fix.sites], fix.score) for fix in fixes}

    def reach_of(self, sites: tuple[Site, ...]) -> Reached:
        """Return how near these source files are."""
        return self._reach.sites(sites)


def assess(
    inventory: Inventory, knowledge: KnowledgeBase, weigher: Weigher, *, doubtful: bool = False
) -> Assessment:
    """Hold every known fix against the running kernel.

    Args:
        inventory: The machine.
        knowledge: The knowledge base.
        weigher: Tells how near a fix is on this machine.
        doubtful: Also detail the fixes of which what was read does not tell whether they can run
            here. They are counted in any case.

    Nothing is called open where the version cannot tell: a kernel whose upstream version is not
    known has an empty ``open`` and says why in ``evidence``.
    """
    identity = inventory.kernel.identity
    if identity.upstream is None:
        return Assessment(None, None, False, {}, (), tally({}), identity.why)  # noqa: FBT003
    found = knowledge.open_in(identity.upstream)
    named = knowledge.numbers(inventory.packages.changelog_cves)
    kept = [fix for n, fix in found.items() if n not in named]
    weighed = weigher.weigh(kept)
    evidence = _evidence(identity, len(found) - len(kept), inventory.packages.changelog_source)
    wanted = WEIGHING | {Reach.UNKNOWN} if doubtful else WEIGHING
    told = [one for one in weighed.values() if one.reached.reach in wanted]
    return Assessment(
        version=identity.upstream,
        horizon=knowledge.horizon(identity.upstream.series),
        certain=not identity.backports,
        open=weighed,
        findings=detail(told, knowledge, _status(identity), evidence),
        tally=tally(weighed),
        evidence=evidence,
    )


def explain(
    cve: str, inventory: Inventory, knowledge: KnowledgeBase, weigher: Weigher
) -> Finding | None:
    """Return one CVE held against the running kernel, whatever its status; None if not on record."""
    record = knowledge.record(cve)
    if record is None:
        return None
    named = cve in inventory.packages.changelog_cves
    source = inventory.packages.changelog_source if named else ""
    judged = judge(inventory.kernel.identity, record.pairs, source, record.noted)
    one = Weighed(record.n, weigher.reach_of(record.sites), record.score)
    return _finding(one, record, judged.status, judged.evidence)


def tally(weighed: Mapping[int, Weighed]) -> Tally:
    """Count fixes by how near and, of those that reach this machine, by how bad."""
    reached = [one.reached for one in weighed.values()]
    near = Counter([one.reach for one in reached])
    bad = Counter(
        [severity_of(one.score) for one in weighed.values() if one.reached.reach in WEIGHING]
    )
    return Tally(
        total=len(weighed),
        by_reach={reach: near[reach] for reach in REACH_ORDER if near[reach]},
        by_severity={severity: bad[severity] for severity in _SEVERITIES if bad[severity]},
        unlocated=sum([one.how is NO_FILE for one in reached]),
    )


def detail(
    weighed: Iterable[Weighed], knowledge: KnowledgeBase, status: Status, evidence: str
) -> tuple[Finding, ...]:
    """Return the findings behind counted fixes, the nearest and worst first."""
    by_number = {one.n: one for one in weighed}
    records = knowledge.records(by_number.keys()).values()
    repairs = knowledge.repairs(by_number.keys())
    findings = [
        _finding(by_number[record.n], record, status, evidence, repairs.get(record.n, ()))
        for record in records
    ]
    return tuple(sorted(findings, key=_worst_first))


def _worst_first(finding: Finding) -> tuple[bool, int, int, str]:
    return (
        not finding.exploited,
        REACH_ORDER.index(finding.reached.reach),
        -finding.score,
        finding.id,
    )


def _status(identity: Identity) -> Status:
    return Status.UNKNOWN if identity.backports else Status.AFFECTED


def _evidence(identity: Identity, by_changelog: int, source: str) -> str:
    text = f"upstream {identity.upstream}, told by {identity.source}"
    if by_changelog:
        text += f"; {by_changelog} more are fixed by the package's changelog ({source})"
    if identity.backports:
        text += f"; {identity.why}"
    return text


def _finding(
    one: Weighed, record: Record, status: Status, evidence: str, repairs: tuple[str, ...] = ()
) -> Finding:
    return Finding(
        id=record.id,
        kind="fix",
        title=_title(record, one.reached),
        status=status,
        evidence=evidence,
        reached=one.reached,
        bug=record.bug,
        proof=record.evidence,
        score=record.score,
        severity=severity_of(record.score),
        estimated=not record.cvss,
        cvss=record.cvss,
        exploited=record.exploited,
        introduced_in=record.introduced_in,
        fixed_in=record.fixed_in,
        commits=record.commits,
        repairs=repairs,
        files=tuple(site.path for site in record.sites),
        urls=(f"https://www.cve.org/CVERecord?id={record.id}",),
    )


def _title(record: Record, reached: Reached) -> str:
    """Return what it is and where, in our words: bulk records carry no upstream title."""
    what = "bug" if record.bug == "unknown" else record.bug.replace("-", " ")
    where = record.sites[0].path if record.sites else "the kernel"
    module = reached.module
    return (
        f"{what} in {module} ({where})" if module and module != "vmlinux" else f"{what} in {where}"
    )
