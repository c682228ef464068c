"""What the package manager knows about kernels, without asking the network."""

from __future__ import annotations

from advisor.model.inventory import InstalledKernel, OfferedKernel, Packages
from advisor.probe import apt
from advisor.probe.readings import Readings


def probe_packages(readings: Readings, release: str) -> Packages:
    """Return the kernels that are installed and offered here.

    Args:
        readings: The machine.
        release: The running kernel's.
    """
    del release
    manager = "apt" if readings.system.read("/var/lib/dpkg/status") is not None else ""
    kernels: tuple[InstalledKernel, ...] = ()
    held: tuple[str, ...] = ()
    if manager == "apt":
        kernels, held = apt.installed(readings)
    known = {kernel.release for kernel in kernels}
    bare = tuple(kernel for kernel in _without_package(readings) if kernel.release not in known)
    kernels += bare
    offered: tuple[OfferedKernel, ...] = ()
    if manager == "apt" and kernels:
        offered = apt.offered(readings)
    elif manager == "apt":
        readings.missing(
            "the kernels that apt offers",
            "/var/lib/apt/lists",
            "no kernel is installed in this system, so none of its packages would be booted",
        )
    return Packages(
        manager=manager,
        installed=kernels,
        offered=offered,
        held=held,
        list_age_days=min(
            (o.list_age_days for o in offered if o.list_age_days is not None), default=None
        ),
        reboot_required="/run/reboot-required"
        if readings.system.read("/run/reboot-required") is not None
        else "",
    )


def _without_package(readings: Readings) -> tuple[InstalledKernel, ...]:
    """Return the kernels in ``/boot``."""
    return tuple(
        InstalledKernel(name[8:], source=f"/boot/{name}")
        for name in readings.list("/boot")
        if name.startswith("vmlinuz-") and name[8:9].isdigit()
    )
