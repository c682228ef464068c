"""The way back: which kernel is left if the new one fails, and how to start it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from advisor.advise.judge import Judged
from advisor.advise.offers import Offer, is_from_outside
from advisor.advise.order import natural_key
from advisor.advise.text import is_safe
from advisor.model.advice import Check, CheckStatus, Origin, Step
from advisor.model.inventory import Inventory

_REPLACING: Final = frozenset({"pacman", "apk"})
# What Raspberry Pi's firmware starts, by the last word of the release: kernel and initial ram disk.
_FIRMWARE: Final = {
    "v8": ("kernel8.img", "initramfs8"),
    "2712": ("kernel_2712.img", "initramfs_2712"),
    "v7l": ("kernel7l.img", "initramfs7l"),
    "v7": ("kernel7.img", "initramfs7"),
    "v6": ("kernel.img", "initramfs"),
}


def is_replaced(inventory: Inventory, offer: Offer) -> bool:
    """Return whether installing a kernel takes the running one away.

    pacman and apk keep one kernel of a package; a new build of the very same release overwrites the
    old one everywhere.
    """
    if offer.same_build:
        return True
    if inventory.packages.manager not in _REPLACING or offer.origin is not Origin.OFFERED:
        return False
    release = inventory.kernel.identity.release
    mine = {one.package for one in inventory.packages.installed if one.release == release}
    return not mine or offer.package in mine


def _is_gone(inventory: Inventory) -> bool:
    """Return whether the running kernel is no longer on disk, though others are."""
    names = {one.release for one in inventory.packages.installed}
    there = inventory.kernel.identity.release in names or inventory.kernel.modules_dir
    return bool(names) and not there


def others(inventory: Inventory, offer: Offer | None) -> list[str]:
    """Return the installed kernels that are neither the running one nor the new one, newest last."""
    taken = {inventory.kernel.identity.release, offer.release if offer is not None else ""}
    names = {one.release for one in inventory.packages.installed} - taken
    return sorted(names, key=natural_key)


def fallback_check(
    inventory: Inventory, target: Judged | None, _: tuple[Judged, ...]
) -> Iterable[Check]:
    """Yield whether a kernel is left to go back to."""
    if is_from_outside(inventory):
        return
    release = inventory.kernel.identity.release
    stay = [kernel for kernel in inventory.packages.installed if kernel.release == release]
    if target is not None and is_replaced(inventory, target.offer):
        yield _replaced(inventory, target.offer)
    elif stay or inventory.kernel.modules_dir:
        text = f"the running kernel {release} stays installed as a way back"
        reading = stay[0].source if stay else inventory.kernel.modules_dir
        yield Check("fallback", CheckStatus.OK, text, reading)
    else:
        text = f"the running kernel {release} is not among the installed ones: there may be no way back"
        names = ", ".join(sorted(one.release for one in inventory.packages.installed))
        yield Check("fallback", CheckStatus.WARN, text, names or "none installed")


def _replaced(inventory: Inventory, offer: Offer) -> Check:
    release = inventory.kernel.identity.release
    left = others(inventory, offer)
    what = "the new build replaces the running one"
    if not offer.same_build:
        what = f"{inventory.packages.manager} puts {offer.release} in the place of {release}"
    if left:
        text = f"{what}; {left[-1]} stays as a way back"
        return Check("fallback", CheckStatus.OK, text, left[-1])
    text = f"{what}, and no other kernel is installed to go back to"
    return Check("fallback", CheckStatus.WARN, text, f"installed: {release}")


def way_back(inventory: Inventory, target: Judged) -> Iterator[Step]:
    """Yield what to do if the new kernel fails."""
    running, manager = inventory.kernel.identity.release, inventory.packages.manager
    left = others(inventory, target.offer)
    if manager == "nix":
        text = "If it fails: go back to the last generation."
        yield Step(text, "sudo nixos-rebuild --rollback boot", "back")
    elif is_replaced(inventory, target.offer) or _is_gone(inventory):
        yield _replacement(manager, target.offer, left[-1] if left else "")
    elif inventory.kernel.identity.vendor == "raspberrypi":
        yield _board(running)
    else:
        yield Step(
            f"If it fails: choose {running} in the boot menu; it stays installed.", "", "back"
        )


def _replacement(manager: str, offer: Offer, left: str) -> Step:
    start = f"start {left} from the boot menu" if left else "start a rescue system"
    if manager == "pacman":
        text = f"If it fails: {start}, and install the last package again."
        name = offer.package if is_safe(offer.package) else "linux"
        return Step(text, f"sudo pacman -U /var/cache/pacman/pkg/{name}-[0-9]*.pkg.tar.zst", "back")
    if manager == "apk":
        text = f"If it fails: {start}, and put back what was in /boot: keep a copy of it before you begin."
        return Step(text, "", "back")
    left = left or "an older kernel"
    return Step(
        f"If it fails: start {left} from the boot menu, and install the last build.", "", "back"
    )


def _board(running: str) -> Step:
    """Return the way back of a board whose firmware starts one file, without a menu."""
    image, ramdisk = _FIRMWARE.get(running.rpartition("-")[2], ("", ""))
    text = (
        f"If it fails: there is no boot menu. Copy {running} back over what the firmware starts, "
        "if need be from another machine that reads the card."
    )
    if not image or not is_safe(running):
        return Step(text, "", "back")
    folder = "/boot/firmware"
    return Step(
        text,
        f"sudo cp /boot/vmlinuz-{running} {folder}/{image} && "
        f"sudo cp /boot/initrd.img-{running} {folder}/{ramdisk}",
        "back",
    )
