"""The kernels on disk: which there are, what each could drive, and what each is built from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

from advisor.model.inventory import Device, Distro
from advisor.model.packages import InstalledKernel, KernelModules, OfferedKernel
from advisor.probe.aliases import alias_table
from advisor.probe.identity import identify
from advisor.probe.modules import files_in
from advisor.probe.readings import Readings
from advisor.probe.versions import natural_key
from advisor.system.agent.manifest import is_name

Known = TypeVar("Known", InstalledKernel, OfferedKernel)

_NEWEST: Final = 4
_MOST_RPMS: Final = 200
_IMAGES: Final = ("vmlinuz-", "vmlinux-", "kernel-")
_NO_IMAGES: Final = (".old", ".bak", ".gz", ".xz", ".zst", ".hmac", ".sig")
_CHANGELOGS: Final = (
    "/usr/share/doc/linux-image-{}/changelog.Debian.gz",
    "/usr/share/doc/linux-modules-{}/changelog.Debian.gz",
    "/usr/share/doc/linux-binary-{}/changelog.Debian.gz",
    "/usr/share/doc/proxmox-kernel-{}-signed/changelog.Debian.gz",
    "/usr/share/doc/proxmox-kernel-{}/changelog.Debian.gz",
)


def images(readings: Readings) -> Iterator[InstalledKernel]:
    """Yield the kernels in ``/boot``, and those that lie beside their modules."""
    for name in readings.list("/boot"):
        release = next((name[len(i) :] for i in _IMAGES if name.startswith(i)), "")
        if release[:1].isdigit() and not release.endswith(_NO_IMAGES) and "-rescue-" not in release:
            yield InstalledKernel(release, source=f"/boot/{name}")
    for release in readings.list("/lib/modules"):
        if "vmlinuz" in readings.list(f"/lib/modules/{release}"):
            yield InstalledKernel(release, source=f"/lib/modules/{release}/vmlinuz")


def with_upstream(kernel: Known, distro: Distro) -> Known:
    """Return an installed or offered kernel with what it is built from."""
    told = identify(
        release=kernel.release,
        distro=distro.name or distro.id,
        package_version=kernel.package_version,
    )
    upstream = "" if told.upstream is None else str(told.upstream)
    return kernel._replace(upstream=upstream, backports=told.backports, why=told.why)


def changelog_cves(readings: Readings, release: str) -> tuple[frozenset[str], str]:
    """Return the CVE ids that a kernel package's own changelog names, and where it was read.

    What only signs a kernel has a changelog too, which names none: then its modules' is asked.
    """
    first = ""
    for pattern in _CHANGELOGS:
        path = pattern.format(release)
        text = readings.text(path)
        if text:
            return frozenset(text.split()), path
        first = first or (path if text is not None else "")
    return frozenset(), first


def rpm_changelogs(readings: Readings) -> dict[str, frozenset[str]]:
    """Return version and revision -> the CVE ids that the installed rpm's changelog names."""
    found: dict[str, frozenset[str]] = {}
    for line in (readings.system.run("rpm-changelogs") or "").split("\n")[:_MOST_RPMS]:
        mark, *words = line.split()[:4] or [""]
        if mark == "kernel-package" and len(words) == 3:  # noqa: PLR2004 - version, release, arch
            named = frozenset(line.split()[4:])
            version = f"{words[0]}-{words[1]}"
            found[version] = found.get(version, frozenset()) | named
    return found


def other_kernels(
    readings: Readings,
    kernels: Iterable[InstalledKernel],
    running: str,
    devices: tuple[Device, ...],
) -> Mapping[str, KernelModules]:
    """Return what the newest few of the other kernels on disk could drive."""
    releases = {kernel.release for kernel in kernels if is_name(kernel.release)} - {running}
    found: dict[str, KernelModules] = {}
    for release in sorted(releases, key=natural_key)[-_NEWEST:]:
        folder = f"/lib/modules/{release}"
        order = readings.text(f"{folder}/modules.order")
        builtin = readings.text(f"{folder}/modules.builtin")
        if order is None and builtin is None:
            continue
        available = None if order is None else frozenset(files_in(order))
        built = None if builtin is None else frozenset(files_in(builtin))
        there = (available or frozenset()) | (built or frozenset())
        serves = _serves(readings, folder, there, devices)
        found[release] = KernelModules(release, available, built, serves, folder)
    return found


def _serves(
    readings: Readings, folder: str, there: frozenset[str], devices: tuple[Device, ...]
) -> dict[str, tuple[str, ...]] | None:
    """Return which modules serve the devices whose own module a kernel does not have."""
    wanted = {d.modalias for d in devices if d.driver and d.modalias and d.module not in there}
    if not wanted:
        return {}
    text = readings.text(f"{folder}/modules.alias")
    if text is None:
        return None
    table = alias_table(text, readings.text(f"{folder}/modules.builtin.modinfo") or "")
    return {modalias: table.modules(modalias) for modalias in sorted(wanted)}
