"""Which CVEs a distribution says its kernels mend: changelogs on disk, advisories in caches."""

from __future__ import annotations

from typing import Final, NamedTuple

from advisor.model.packages import InstalledKernel, OfferedKernel
from advisor.probe.kernels import changelog_cves
from advisor.probe.readings import Readings
from advisor.probe.versions import natural_key
from advisor.system.agent.manifest import is_name

_NEWER: Final = 2
_NOTHING: Final = (frozenset[str](), "")


class Evidence(NamedTuple):
    """The kernels with what their packages are told to mend.

    Attributes:
        cves: What the running kernel's package is told to mend, and ``source`` is who says so.
    """

    installed: tuple[InstalledKernel, ...]
    offered: tuple[OfferedKernel, ...]
    cves: frozenset[str] = frozenset()
    source: str = ""


def find_evidence(
    readings: Readings,
    *,
    manager: str,
    machine: str,
    release: str,
    kernels: Evidence,
) -> Evidence:
    """Return the running and the newer kernels with the CVE ids that their packages are told to mend.

    What is only offered has no changelog on disk; dnf and zypper fetch advisories for it.

    Args:
        readings: The machine.
        manager: The package manager.
        machine: ``uname -m``.
        release: The running kernel's.
        kernels: Those that are here and those that the package lists have.
    """
    if manager in {"dnf", "zypper"}:
        from advisor.probe.rpm_evidence import rpm_evidence  # noqa: PLC0415 - only there

        return rpm_evidence(
            readings, manager=manager, machine=machine, release=release, kernels=kernels
        )
    here = natural_key(release)
    newer = [one.release for one in kernels.installed if natural_key(one.release) > here]
    asked = {release, *sorted(newer, key=natural_key)[-_NEWER:]}
    logs = {one: changelog_cves(readings, one) for one in sorted(asked) if is_name(one)}
    cves, source = logs.get(release, _NOTHING)
    told: list[InstalledKernel] = []
    for kernel in kernels.installed:
        named, log = logs.get(kernel.release, _NOTHING)
        told.append(kernel._replace(cves=named, cves_source=log))
    return Evidence(tuple(told), kernels.offered, cves, source)
