"""What dpkg has installed and apt offers, read from their files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from advisor.model.packages import InstalledKernel, OfferedKernel
from advisor.probe.readings import Readings
from advisor.probe.versions import natural_key

STATUS: Final = "/var/lib/dpkg/status"
LISTS: Final = "/var/lib/apt/lists"
_STAMP: Final = "/var/lib/apt/periodic/update-success-stamp"
_MOST: Final = 20000
_NEWEST: Final = 2
# A package whose name ends in the release that it installs.
_IMAGE: Final = re.compile(
    r"(?:linux-image-(?:unsigned-)?|pve-kernel-|proxmox-kernel-)"
    r"(\d+\.\d+[.+~-][0-9A-Za-z.+~_-]+?)(?:-unsigned|-signed)?\Z"
)
_META: Final = ("linux-image-", "pve-kernel-", "proxmox-kernel-", "proxmox-default-kernel")
_KERNELS: Final = re.compile(
    r"(linux-(image|headers|generic)|pve-kernel|proxmox-|raspberrypi-kernel)"
)
_ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "armhf",
    "armv6l": "armhf",
    "i686": "i386",
    "riscv64": "riscv64",
    "ppc64le": "ppc64el",
    "s390x": "s390x",
}


class Package(NamedTuple):
    """A package as dpkg or a package list names it."""

    name: str
    version: str
    depends: str
    status: str
    architecture: str

    @property
    def release(self) -> str:
        """The release of the kernel that it holds, ``""`` where its name tells of none."""
        match = _IMAGE.match(self.name)
        return match[1] if match else ""


class Installed(NamedTuple):
    """What dpkg has installed.

    Attributes:
        held: The readings that keep kernels back.
        architectures: Those of the kernels.
        metas: The packages that pull kernels in: ``linux-image-amd64``.
    """

    kernels: tuple[InstalledKernel, ...]
    held: tuple[str, ...]
    architectures: frozenset[str]
    metas: frozenset[str]


class Offered(NamedTuple):
    """What apt's lists offer, and which of them could not be read."""

    kernels: tuple[OfferedKernel, ...]
    unread: tuple[str, ...]


def packages_in(text: str) -> Iterator[Package]:
    """Yield the packages of a ``status`` or ``Packages`` file."""
    for stanza in text.split("\n\n", _MOST)[:_MOST]:
        fields = dict(line.split(": ", 1) for line in stanza.split("\n") if ": " in line)
        if "Package" in fields and "Version" in fields:
            yield Package(
                name=fields["Package"],
                version=fields["Version"],
                depends=fields.get("Depends", ""),
                status=fields.get("Status", ""),
                architecture=fields.get("Architecture", ""),
            )


def installed(readings: Readings, status: str) -> Installed:
    """Return the kernels that dpkg has installed.

    Args:
        readings: The machine.
        status: All of ``/var/lib/dpkg/status``, or its kernels.
    """
    kernels: list[InstalledKernel] = []
    held: list[str] = []
    architectures: set[str] = set()
    metas: set[str] = set()
    for package in packages_in(status):
        if package.status.startswith("hold "):
            held.append(f"{STATUS}: {package.name} is on hold")
        if package.status.endswith(" installed") and not package.release:
            metas.add(package.name)
        elif package.status.endswith(" installed"):
            architectures.add(package.architecture)
            kernels.append(InstalledKernel(package.release, package.name, package.version, STATUS))
    return Installed(
        _without_twins(kernels),
        (*held, *_pinned(readings)),
        frozenset(architectures),
        frozenset(metas),
    )


def _without_twins(kernels: list[InstalledKernel]) -> tuple[InstalledKernel, ...]:
    """Return one package for each release: Proxmox has a plain one beside the signed."""
    found: dict[str, InstalledKernel] = {}
    for kernel in kernels:
        found[kernel.release] = kernel
    return tuple(found.values())


def _pinned(readings: Readings) -> Iterator[str]:
    """Yield the readings that keep a kernel back: Proxmox's pin, apt's preferences."""
    for path in ("/etc/kernel/proxmox-boot-pin", "/etc/kernel/next-boot-pin"):
        release = readings.word(path)
        if release:
            yield f"{path}: {release.split()[0]} is pinned"
    names = readings.list("/etc/apt/preferences.d")
    for path in ("/etc/apt/preferences", *(f"/etc/apt/preferences.d/{name}" for name in names)):
        for stanza in (readings.text(path) or "").split("\n\n", _MOST):
            wanted = re.search(r"(?mi)^package:\s*(\S.*)$", stanza)
            priority = re.search(r"(?mi)^pin-priority:\s*(-?\d{1,6})\s*$", stanza)
            if wanted and priority and _KERNELS.search(wanted[1]):
                yield f"{path}: {wanted[1].split()[0]} has the priority {priority[1]}"


def list_age_days(readings: Readings) -> int | None:
    """Return the days since apt last fetched its lists, None where that cannot be told.

    A list bears the time at which its server changed it, so the newest of them is asked.
    """
    paths = [_STAMP, *(f"{LISTS}/{name}" for name in readings.list(LISTS))]
    ages = [age for age in map(readings.age_days, paths) if age is not None]
    return min(ages, default=None)


def offered(readings: Readings, machine: str, here: Installed) -> Offered:
    """Return the kernels that apt's own lists offer, the newest few of each kind and suite.

    Args:
        readings: The machine.
        machine: ``uname -m``.
        here: What is installed.
    """
    wanted = here.architectures | {_ARCHITECTURES.get(machine, machine)}
    age = list_age_days(readings)
    found: list[OfferedKernel] = []
    unread: list[str] = []
    for name in readings.list(LISTS):
        match = re.search(r"_binary-([a-z0-9-]+)_Packages(\.[a-z0-9]+)?\Z", name)
        if "_Packages" not in name or (match and match[1] not in wanted) or "-proposed_" in name:
            continue
        path = f"{LISTS}/{name}"
        text = readings.text(path, "the kernels that a list of apt offers")
        unread += [path] if text is None else []
        packages = list(packages_in(text or ""))
        metas = _metas(packages, here.metas)
        suite = _suite(readings, name)
        found += [
            OfferedKernel(
                release=package.release,
                package=package.name,
                package_version=package.version,
                suite=suite,
                list_age_days=age,
                meta=metas.get(package.name, ""),
                source=path,
            )
            for package in _newest(packages)
        ]
    kernels = sorted(set(found), key=lambda kernel: (kernel.source, kernel.package))
    return Offered(tuple(kernels), tuple(unread))


def _newest(packages: Iterable[Package]) -> list[Package]:
    """Return the newest few images of each kind: a list keeps hundreds of old ones."""
    kinds: dict[str, list[Package]] = {}
    for package in packages:
        if package.release and "-unsigned" not in package.name:
            series = ".".join(package.release.split(".")[:2])
            kinds.setdefault(series + re.sub(r"[\d.+~]", "", package.name), []).append(package)
    found: list[Package] = []
    for members in kinds.values():
        members.sort(
            key=lambda package: (natural_key(package.version), natural_key(package.release))
        )
        found += members[-_NEWEST:]
    return found


def _metas(packages: list[Package], here: frozenset[str]) -> dict[str, str]:
    """Return image package -> the meta package that pulls it in: one that is installed, or the shortest."""
    metas: dict[str, str] = {}

    def rank(name: str) -> tuple[bool, int]:
        return (name not in here, len(name))

    for package in packages:
        if not package.release and package.name.startswith(_META):
            for wanted in re.split(r"[,|]\s*", package.depends):
                image = wanted.split(" ")[0]
                if image not in metas or rank(package.name) < rank(metas[image]):
                    metas[image] = package.name
    return metas


def _suite(readings: Readings, name: str) -> str:
    """Return what a list's repository calls itself: ``trixie-security``, ``noble-updates``."""
    match = re.match(r"(.*_dists_([^_]+))_(?:([^_]+)_)?", name)
    if match is None:
        return ""
    head = readings.text(f"{LISTS}/{match[1]}_InRelease") or readings.text(
        f"{LISTS}/{match[1]}_Release"
    )
    fields = dict(re.findall(r"(?m)^(Suite|Codename): (\S{1,64})$", head or ""))
    suite, codename = fields.get("Suite", ""), fields.get("Codename", "")
    return (suite if "-" in suite and "-" not in codename else codename) or match[2]
