"""What dpkg has installed and apt offers, read from their files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from advisor.model.inventory import InstalledKernel, OfferedKernel
from advisor.probe.readings import Readings

_STATUS: Final = "/var/lib/dpkg/status"
_LISTS: Final = "/var/lib/apt/lists"
_MOST: Final = 20000
# A package whose name ends in the release that it installs.
_IMAGE: Final = re.compile(
    r"(?:linux-image-(?:unsigned-|uc-)?|pve-kernel-|proxmox-kernel-)"
    r"(\d[0-9A-Za-z.+~-]*?)(?:-unsigned|-signed|-signed-template)?\Z"
)
_META: Final = ("linux-image-", "pve-kernel-", "proxmox-kernel-", "proxmox-default-kernel")


class Package(NamedTuple):
    """A package as dpkg or a package list names it."""

    name: str
    version: str
    depends: str
    status: str

    @property
    def release(self) -> str:
        """The release of the kernel that it holds, ``""`` where it holds none."""
        match = _IMAGE.match(self.name)
        return match[1] if match else ""


def packages_in(text: str) -> Iterator[Package]:
    """Yield the packages of a ``status`` or ``Packages`` file."""
    for stanza in text.split("\n\n", _MOST)[:_MOST]:
        fields = dict(line.split(": ", 1) for line in stanza.split("\n") if ": " in line)
        if "Package" in fields and "Version" in fields:
            yield Package(
                fields["Package"],
                fields["Version"],
                fields.get("Depends", ""),
                fields.get("Status", ""),
            )


def installed(readings: Readings) -> tuple[tuple[InstalledKernel, ...], tuple[str, ...]]:
    """Return the kernels that dpkg has installed, and the readings of those that are held."""
    text = readings.text(_STATUS, "the installed packages")
    kernels: list[InstalledKernel] = []
    held: list[str] = []
    for package in packages_in(text or ""):
        if package.status.startswith("hold "):
            held.append(f"{_STATUS}: {package.name} is on hold")
        if package.release and package.status.endswith(" installed"):
            kernels.append(InstalledKernel(package.release, package.name, package.version, _STATUS))
    return tuple(kernels), tuple(held)


def offered(readings: Readings) -> tuple[OfferedKernel, ...]:
    """Return the kernels that apt's own lists offer."""
    found: list[OfferedKernel] = []
    names = readings.list(_LISTS)
    for name in names:
        if "_Packages" not in name or "-proposed" in name:
            continue
        path = f"{_LISTS}/{name}"
        packages = list(packages_in(readings.text(path, "a list of packages") or ""))
        metas = _metas(packages)
        age = readings.age_days(path)
        found += [
            OfferedKernel(
                release=package.release,
                package=package.name,
                package_version=package.version,
                suite=_suite(name),
                list_age_days=age,
                meta=metas.get(package.name, ""),
                source=path,
            )
            for package in packages
            if package.release
        ]
    return tuple(sorted(set(found), key=lambda kernel: (kernel.source, kernel.package)))


def _metas(packages: list[Package]) -> dict[str, str]:
    """Return image package -> the meta package that pulls it in."""
    metas: dict[str, str] = {}
    for package in packages:
        if not package.release and package.name.startswith(_META):
            for wanted in package.depends.split(", "):
                metas[wanted.split(" ")[0]] = package.name
    return metas


def _suite(name: str) -> str:
    match = re.search(r"_dists_([^_]+)_", name)
    return match[1] if match else ""
