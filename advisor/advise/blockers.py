"""What out-of-tree modules make of a kernel: DKMS and OpenZFS say which kernels they can be built for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from advisor.advise.offers import Offer
from advisor.model.advice import Check, CheckStatus
from advisor.model.inventory import Inventory
from advisor.model.packages import DkmsModule
from advisor.model.version import KernelVersion, parse_version

_ZFS: Final = frozenset({"zfs", "zfs-dkms", "zfs-linux"})
_LONGEST: Final = 200
_MOST_REPEATS: Final = 3


def allows(module: DkmsModule, release: str) -> bool | None:
    r"""Return whether a module's own ``dkms.conf`` lets it be built for a kernel.

    ``BUILD_EXCLUSIVE_KERNEL`` is a regular expression such as ``^(5\.[0-9]+\.|6\.[0-9]\.)``. One that
    could take long to try is not tried.

    Returns:
        None where that cannot be told.
    """
    pattern = module.exclusive
    if not pattern:
        return True
    repeats = sum(pattern.count(letter) for letter in "*+{")
    if len(pattern) > _LONGEST or repeats > _MOST_REPEATS or re.search(r"\)[*+{?]", pattern):
        return None
    try:
        return re.search(pattern, release[:_LONGEST]) is not None
    except (re.error, OverflowError, RecursionError):
        return None


def beyond_maximum(module: DkmsModule, offer: Offer) -> bool | None:
    """Return whether a kernel is newer than a module's own metadata allows; None if not told."""
    highest = parse_version(module.max_kernel) if module.max_kernel else None
    if highest is None:
        return None
    version = offer.upstream or _number(offer.release)
    return None if version is None else version.series > highest.series


def _number(release: str) -> KernelVersion | None:
    match = re.match(r"\d+\.\d+(?:\.\d+)?", release)
    return parse_version(match[0]) if match else None


def blockers_of(inventory: Inventory, offer: Offer) -> tuple[str, ...]:
    """Return why a kernel must not be booted here as things are."""
    used = on_zfs(inventory)
    found = [
        f"{module.name} {module.version} supports kernels up to {module.max_kernel}, and {used} is on ZFS"
        for module in _of_zfs(inventory)
        if used and offer.release not in module.kernels and beyond_maximum(module, offer)
    ]
    for module in inventory.packages.dkms:
        if module.name in _ZFS or offer.release in module.kernels:
            continue
        device = _driven(inventory, module)
        if device and allows(module, offer.release) is False:
            found.append(
                f"{module.name} {module.version} cannot be built for it (BUILD_EXCLUSIVE_KERNEL "
                f"{module.exclusive}), and it drives {device}"
            )
    return tuple(found)


def on_zfs(inventory: Inventory) -> str:
    """Return where a ZFS filesystem is mounted, the root first; ``""`` where none is."""
    points = sorted(mount.point for mount in inventory.mounts if mount.type == "zfs")
    return points[0] if points else ""


def _of_zfs(inventory: Inventory) -> Iterator[DkmsModule]:
    return (module for module in inventory.packages.dkms if module.name in _ZFS)


def _driven(inventory: Inventory, module: DkmsModule) -> str:
    """Return the device that a DKMS module drives, ``""`` where it drives none."""
    names = {*module.names, module.name.replace("-", "_").split("_")[0]}
    for device in inventory.devices:
        if device.module and device.module in names:
            return device.name
    return ""


def zfs_check(inventory: Inventory, offer: Offer | None) -> Iterator[Check]:
    """Yield what OpenZFS says about a kernel, where OpenZFS is here."""
    used = on_zfs(inventory)
    modules = list(_of_zfs(inventory))
    for module in modules:
        reading = f"{module.source}: Linux-Maximum {module.max_kernel}" if module.max_kernel else ""
        name = f"OpenZFS {module.version}"
        if offer is None:
            if module.max_kernel:
                text = f"{name} supports kernels up to {module.max_kernel}"
                yield Check("zfs", CheckStatus.OK, text, reading)
            continue
        if offer.release in module.kernels:
            text = f"{name} is built for {offer.release}"
            yield Check("zfs", CheckStatus.OK, text, module.source)
            continue
        over = beyond_maximum(module, offer)
        if over is None:
            text = f"up to which kernel {name} works was not read"
            yield Check("zfs", CheckStatus.UNKNOWN, text, module.source)
        elif over:
            status = CheckStatus.BLOCK if used else CheckStatus.WARN
            text = f"{name} supports kernels up to {module.max_kernel}, not {offer.release}"
            yield Check("zfs", status, f"{text}; {used} is on it" if used else text, reading)
        else:
            text = f"{name} supports {offer.release}"
            yield Check("zfs", CheckStatus.OK, text, reading)
    if used and not modules:
        text = f"{used} is on ZFS, and zfs comes with the kernel's packages: see that the new one has it"
        lists = offer.modules if offer is not None else None
        if lists is not None and lists.available is not None and "zfs" in lists.available:
            yield Check("zfs", CheckStatus.OK, "the new kernel has its zfs module", lists.source)
        elif offer is not None:
            yield Check("zfs", CheckStatus.WARN, text, f"/proc/mounts: {used}")


def dkms_check(inventory: Inventory, offer: Offer | None) -> Iterator[Check]:
    """Yield, for each module that DKMS builds, whether it can be built for a kernel."""
    for module in inventory.packages.dkms:
        if module.name in _ZFS:
            continue
        name = f"{module.name} {module.version}"
        if offer is None:
            yield Check("dkms", CheckStatus.OK, f"{name} is rebuilt for each kernel", module.source)
        elif offer.release in module.kernels:
            yield Check(
                "dkms", CheckStatus.OK, f"{name} is built for {offer.release}", module.source
            )
        else:
            yield _can_be_built(module, name, offer)


def _can_be_built(module: DkmsModule, name: str, offer: Offer) -> Check:
    told = allows(module, offer.release)
    reading = (
        f"{module.source}: BUILD_EXCLUSIVE_KERNEL {module.exclusive}" if module.exclusive else ""
    )
    if told is None:
        text = f"which kernels {name} can be built for could not be told"
        return Check("dkms", CheckStatus.UNKNOWN, text, reading)
    if not told:
        text = f"{name} cannot be built for {offer.release}: its dkms.conf forbids it"
        return Check("dkms", CheckStatus.BLOCK, text, reading)
    text = f"{name} has to be built for {offer.release}: look at the build's end before the reboot"
    return Check("dkms", CheckStatus.WARN, text, reading or module.source)
