"""Which CVEs rpms are told to mend: by their changelogs, and by their repositories' advisories."""

from __future__ import annotations

from collections.abc import Callable

from advisor.model.packages import InstalledKernel, OfferedKernel
from advisor.probe.evidence import Evidence
from advisor.probe.kernels import rpm_changelogs
from advisor.probe.readings import Readings
from advisor.probe.repositories import (
    advised_cves,
    build_of,
    build_of_release,
    find_repositories,
    up_to,
)

_Named = tuple[frozenset[str], str]


def rpm_evidence(
    readings: Readings, *, manager: str, machine: str, release: str, kernels: Evidence
) -> Evidence:
    """Return the kernels with what changelogs and advisories say that they mend."""
    named = _named(readings, manager, machine)
    told: list[InstalledKernel] = []
    for one in kernels.installed:
        cves, source = named(build_of_release(manager, one.release))
        told.append(one._replace(cves=cves, cves_source=source))
    ahead: list[OfferedKernel] = []
    for offer in kernels.offered:
        version, _, revision = offer.package_version.partition("-")
        cves, source = named(build_of(manager, version, revision))
        ahead.append(offer._replace(cves=cves, cves_source=source))
    return Evidence(tuple(told), tuple(ahead), *named(build_of_release(manager, release)))


def _named(readings: Readings, manager: str, machine: str) -> Callable[[str], _Named]:
    """Return what tells, for a build, what it is told to mend and who says so."""
    logs: dict[str, frozenset[str]] = {}
    for package, cves in rpm_changelogs(readings).items():
        version, _, revision = package.partition("-")
        logs[build_of(manager, version, revision)] = cves
    repositories = find_repositories(readings, manager)
    advised, advisor = advised_cves(readings, manager, machine, repositories)

    def named(build: str) -> _Named:
        log = logs.get(build)
        sources = ("" if log is None else "rpm -q --changelog", advisor)
        return up_to(advised, build) | (log or frozenset()), " and ".join(filter(None, sources))

    return named
