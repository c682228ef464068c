"""Which kernel the next boot takes, where that is not the one that is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.advise.judge import Judged
from advisor.advise.offers import Offer
from advisor.advise.order import natural_key
from advisor.advise.situation import breaks
from advisor.advise.text import is_safe
from advisor.model.advice import Step
from advisor.model.inventory import Inventory

_PIN = "sudo proxmox-boot-tool kernel"


def pins_before(inventory: Inventory, release: str) -> Iterator[Step]:
    """Yield how Proxmox boots a kernel once, with the running one as what is booted otherwise.

    Source:
        proxmox-boot-tool(8): ``--next-boot`` is taken back by a service of the boot that it is for, so
        a kernel that comes up without network is left by a power cycle; one that hangs is not.
    """
    running = inventory.kernel.identity.release
    if not _is_pinned(inventory) and is_safe(running):
        text = f"Pin {running}: then a power cycle brings it back if the new one comes up without network."
        yield Step(text, f"{_PIN} pin {running}", "boot")
    yield Step(f"Have the next boot take {release}.", f"{_PIN} pin {release} --next-boot", "boot")


def pins_after(inventory: Inventory, release: str) -> Iterator[Step]:
    """Yield how to stay on a kernel that has proved itself."""
    if _is_pinned(inventory):
        yield Step("If all is well: have every boot take it.", f"{_PIN} pin {release}", "boot")
    else:
        yield Step("If all is well: take the pin away.", f"{_PIN} unpin", "boot")


def _is_pinned(inventory: Inventory) -> bool:
    return any(reading.endswith(" is pinned") for reading in inventory.packages.held)


def in_the_way(inventory: Inventory, target: Judged, waiting: Iterable[Judged]) -> Iterator[Step]:
    """Yield what to do about installed kernels that are newer than the one that is wanted."""
    wanted = natural_key(target.offer.release)
    for one in waiting:
        release = one.offer.release
        if release == target.offer.release or natural_key(release) < wanted:
            continue
        if breaks(one):
            yield from keep_off(inventory, one.offer)
        else:
            text = f"{release} is installed too, and newer: choose {target.offer.release} in the boot menu."
            yield Step(text, "", "boot")


def keep_off(inventory: Inventory, offer: Offer) -> Iterator[Step]:
    """Yield how to keep an installed kernel from being booted."""
    running, manager = inventory.kernel.identity.release, inventory.packages.manager
    text = f"{offer.release} is installed, and the next boot may take it: remove it before anything restarts."
    command = {"nix": "sudo nixos-rebuild --rollback boot"}.get(manager, "")
    if inventory.kernel.identity.vendor == "proxmox" and is_safe(running):
        text = (
            f"{offer.release} is installed, and the next boot would take it: have {running} booted."
        )
        command = f"{_PIN} pin {running}"
    elif manager == "apt" and is_safe(offer.package):
        command = f"sudo apt remove {offer.package}"
    elif manager == "dnf" and is_safe(running):
        text = (
            f"{offer.release} is installed, and the next boot would take it: have {running} booted."
        )
        command = f"sudo grubby --set-default /boot/vmlinuz-{running}"
    elif manager in {"pacman", "apk"}:
        text = (
            f"{offer.release} stands in the place of the running kernel, and the next boot takes it: "
            "install the last package again before anything restarts."
        )
    yield Step(text, command, "boot")
