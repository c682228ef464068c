"""Kernels as a machine's packages know them: installed, offered, given, and what is built for each."""

from collections.abc import Mapping
from typing import NamedTuple


class InstalledKernel(NamedTuple):
    """A kernel that is installed here, whether it runs or not.

    Attributes:
        release: What ``uname -r`` would print.
        package: The package that owns it, or ``""``.
        package_version: The package's version, or ``""``.
        source: Where it was seen: ``/boot/vmlinuz-6.12.94+deb13-amd64``.
        upstream: The kernel.org version it is built from, ``""`` where that cannot be told.
        backports: Whether its vendor puts later fixes on top without moving the number.
        why: Why this upstream version, or why none can be told.
        cves: CVE ids that its own changelog names as fixed.
        cves_source: The changelog that was read for them, ``""`` where none was.
    """

    release: str
    package: str = ""
    package_version: str = ""
    source: str = ""
    upstream: str = ""
    backports: bool = False
    why: str = ""
    cves: frozenset[str] = frozenset()
    cves_source: str = ""


class OfferedKernel(NamedTuple):
    """A kernel package that the machine's own package lists offer.

    Attributes:
        release: What ``uname -r`` would print once it runs, where the package tells.
        suite: Where it comes from: ``trixie-security``, ``trixie-backports``.
        list_age_days: Age of the package list that offers it; ``None`` where it cannot be told.
        meta: The meta package that pulls it in (``linux-image-amd64``), or ``""``.
        upstream: The kernel.org version it is built from, ``""`` where that cannot be told.
        backports: Whether its vendor puts later fixes on top without moving the number.
        why: Why this upstream version, or why none can be told.
        cves: CVE ids that its changelog or advisory names as fixed, where one was on disk.
        cves_source: What was read for them, ``""`` where nothing was.
    """

    release: str
    package: str
    package_version: str
    suite: str = ""
    list_age_days: int | None = None
    meta: str = ""
    upstream: str = ""
    source: str = ""
    backports: bool = False
    why: str = ""
    cves: frozenset[str] = frozenset()
    cves_source: str = ""


class KernelModules(NamedTuple):
    """What another kernel than the running one could drive, as its own lists say.

    Attributes:
        release: The kernel.
        available: Its loadable modules in memory's spelling; None where the list was not read.
        builtin: What is part of its image; None where the list was not read.
        serves: Modalias of a device here -> the modules of that kernel that answer to it; None
            where its aliases were not read. A modalias that is not a key was not looked up.
        source: Where the lists were read: ``/lib/modules/6.12.117+deb13-amd64``.
    """

    release: str
    available: frozenset[str] | None
    builtin: frozenset[str] | None
    serves: Mapping[str, tuple[str, ...]] | None
    source: str


class GivenKernel(NamedTuple):
    """A kernel that the user named: a package file, or a folder that holds one unpacked.

    Attributes:
        kernel: The same as for one that a package list offers.
        modules: What it could drive, None where its lists could not be read.
    """

    kernel: OfferedKernel
    modules: KernelModules | None = None


class DkmsModule(NamedTuple):
    """A module that is rebuilt for every kernel, from ``/var/lib/dkms`` or ``/usr/src``.

    Attributes:
        kernels: Releases it is built for.
        exclusive: ``BUILD_EXCLUSIVE_KERNEL`` of its ``dkms.conf``, a regular expression, or ``""``.
        max_kernel: The newest series its own metadata allows (OpenZFS ``Linux-Maximum``), or ``""``.
        modules: What it builds, by its ``dkms.conf``, in memory's spelling: ``wl`` of broadcom-sta.
    """

    name: str
    version: str
    kernels: tuple[str, ...] = ()
    exclusive: str = ""
    max_kernel: str = ""
    source: str = ""
    modules: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The modules that it builds, as far as they are known, and its own name for want of them."""
        own = self.name.removesuffix("-dkms").replace("-", "_")
        return frozenset({own, *self.modules})


class Packages(NamedTuple):
    """What the package manager knows about kernels here, without asking the network.

    Attributes:
        manager: ``apt``, ``dnf``, ``pacman``, ``zypper``, ``apk``, ``nix`` or ``""``.
        held: Kernel packages that are held, pinned or excluded, with the reading.
        changelog_cves: CVE ids that the running kernel package's own changelog names as fixed.
        list_age_days: Age of the newest package list; ``None`` where it cannot be told.
        reboot_required: The reading that says a reboot is pending, or ``""``.
        lists_unread: Lists of offered packages that are there and could not be read.
    """

    manager: str
    installed: tuple[InstalledKernel, ...] = ()
    offered: tuple[OfferedKernel, ...] = ()
    held: tuple[str, ...] = ()
    changelog_cves: frozenset[str] = frozenset()
    changelog_source: str = ""
    list_age_days: int | None = None
    reboot_required: str = ""
    dkms: tuple[DkmsModule, ...] = ()
    lists_unread: tuple[str, ...] = ()
