"""What the package manager knows about kernels, without asking the network."""

from __future__ import annotations

from typing import Final

from advisor.model.inventory import Distro, Host
from advisor.model.packages import InstalledKernel, Packages
from advisor.probe import apt, managers
from advisor.probe.dkms import probe_dkms
from advisor.probe.evidence import Evidence, find_evidence
from advisor.probe.identity import identify
from advisor.probe.kernels import images, with_upstream
from advisor.probe.managers import Known
from advisor.probe.readings import Readings

_REBOOT: Final = "/run/reboot-required"
_DNF: Final = frozenset(
    {"fedora", "rhel", "centos", "almalinux", "rocky", "ol", "amzn", "scientific"}
)
_ZYPPER: Final = frozenset({"suse", "opensuse", "sles", "opensuse-leap", "opensuse-tumbleweed"})


def probe_packages(readings: Readings, host: Host, release: str, machine: str) -> Packages:
    """Return the kernels that are installed and offered here.

    Args:
        readings: The machine.
        host: Whose it is.
        release: The running kernel's.
        machine: ``uname -m``.
    """
    status = readings.text(apt.STATUS)
    manager = "apt" if status is not None else _manager(readings, host.distro)
    known = _known(readings, manager, status or "", machine)
    kernels = _all_kernels(readings, known)
    if manager and not kernels:
        readings.missing(
            f"the kernels that {manager} offers",
            apt.LISTS if manager == "apt" else "",
            "no kernel is installed in this system, so none of its packages would be booted",
        )
    identity = identify(
        release=release,
        distro=host.distro.name or host.distro.id,
        package_version=next((k.package_version for k in kernels if k.release == release), ""),
    )
    told = Evidence(kernels, known.offered)
    if kernels and (identity.backports or identity.early_fixes):
        told = find_evidence(
            readings,
            manager=manager,
            machine=machine,
            release=release,
            kernels=told,
        )
    return Packages(
        manager=manager,
        installed=tuple(with_upstream(kernel, host.distro) for kernel in told.installed),
        offered=tuple(with_upstream(kernel, host.distro) for kernel in told.offered),
        held=known.held,
        changelog_cves=told.cves,
        changelog_source=told.source,
        lists_unread=known.unread,
        list_age_days=known.list_age_days,
        reboot_required=_reboot_required(readings),
        dkms=probe_dkms(readings),
    )


def _manager(readings: Readings, distro: Distro) -> str:
    """Return the package manager that looks after kernels, ``""`` where none is known."""
    if readings.list("/var/lib/pacman/local"):
        return "pacman"
    if readings.system.read("/lib/apk/db/installed") is not None:
        return "apk"
    words = {distro.id, *distro.like}
    if words & _ZYPPER:
        return "zypper"
    if words & _DNF:
        return "dnf"
    return "nix" if distro.id == "nixos" else ""


def _known(readings: Readings, manager: str, status: str, machine: str) -> Known:
    """Return what the package manager's own files say."""
    if manager == "apt":
        found = apt.installed(readings, status)
        if not found.kernels and not any(images(readings)):
            return Known(held=found.held)
        offers = apt.offered(readings, machine, found)
        age = apt.list_age_days(readings)
        return Known(found.kernels, offers.kernels, found.held, age, offers.unread)
    if manager == "pacman":
        return managers.pacman(readings)
    if manager == "apk":
        return managers.apk(readings)
    if manager in {"dnf", "zypper"}:
        return managers.rpm(readings, manager, machine)
    return managers.nix(readings) if manager == "nix" else Known()


def _all_kernels(readings: Readings, known: Known) -> tuple[InstalledKernel, ...]:
    """Return the kernels of packages, and those that lie on disk without one."""
    found = {kernel.release: kernel for kernel in images(readings)}
    found.update((kernel.release, kernel) for kernel in known.installed)
    return tuple(found[release] for release in sorted(found))


def _reboot_required(readings: Readings) -> str:
    """Return the reading that says a reboot is pending, ``""`` where none does."""
    if readings.system.read(_REBOOT) is not None:
        names = readings.word(f"{_REBOOT}.pkgs").split()
        return f"{_REBOOT}: {', '.join(dict.fromkeys(names))}" if names else _REBOOT
    booted = readings.system.readlink("/run/booted-system/kernel")
    current = readings.system.readlink("/run/current-system/kernel")
    if booted and current and booted != current:
        return f"/run/booted-system/kernel is not /run/current-system/kernel: {current}"
    return ""
