"""Room for one more kernel with its initial ram disk, and how to make some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from advisor.advise.judge import Judged
from advisor.advise.offers import is_from_outside
from advisor.advise.order import natural_key
from advisor.model.advice import Check, CheckStatus, Step
from advisor.model.inventory import Inventory, Space

_MB: Final = 1 << 20
# What one more kernel takes, by where; (too little, tight) in MB.
_BOOT: Final = (80, 200)
_ROOT: Final = (400, 1200)
_FIRMWARE: Final = (60, 120)
_CLEAN: Final = {
    "apt": "sudo apt autoremove --purge",
    "dnf": "sudo dnf remove --oldinstallonly --setopt installonly_limit=2 kernel",
    "zypper": "sudo zypper purge-kernels",
    "pacman": "sudo paccache -r",
    "nix": "sudo nix-collect-garbage --delete-older-than 14d",
}


def space_checks(inventory: Inventory, _: Judged | None, __: tuple[Judged, ...]) -> Iterable[Check]:
    """Yield whether one more kernel fits."""
    if is_from_outside(inventory):
        return
    spaces = {space.path: space for space in inventory.spaces}
    boot, root = spaces.get("/boot"), spaces.get("/")
    if boot is None and root is None:
        yield Check("space-boot", CheckStatus.UNKNOWN, "how much room there is was not read", "")
        return
    if boot is not None and (root is None or boot[1:] != root[1:]):
        yield _room("space-boot", boot, *_BOOT)
    firmware = spaces.get("/boot/firmware")
    if firmware is not None and firmware[1:] not in {s[1:] for s in (boot, root) if s is not None}:
        yield _room("space-firmware", firmware, *_FIRMWARE)
    if root is not None:
        yield _room("space-root", root, *_ROOT)


def _room(name: str, space: Space, least: int, easy: int) -> Check:
    free = space.free_bytes // _MB
    reading = f"{space.path}: {free} MB free of {space.total_bytes // _MB} MB"
    if free < least:
        text = f"{space.path} has no room for one more kernel ({free} MB free): remove an old one first"
        return Check(name, CheckStatus.BLOCK, text, reading)
    if free < easy:
        text = f"{space.path} is tight for one more kernel: {free} MB free"
        return Check(name, CheckStatus.WARN, text, reading)
    return Check(name, CheckStatus.OK, f"{space.path} has {free} MB free", reading)


def make_room(inventory: Inventory) -> Iterator[Step]:
    """Yield how to make room, where there is too little: a kernel cut short may not boot."""
    full = [one for one in space_checks(inventory, None, ()) if one.status is CheckStatus.BLOCK]
    if not full:
        return
    running = inventory.kernel.identity.release
    old = [
        one.release
        for one in inventory.packages.installed
        if natural_key(one.release) < natural_key(running)
    ]
    names = f" ({', '.join(sorted(old, key=natural_key)[:3])})" if old else ""
    text = f"Make room first: remove what is old{names}. A kernel that is cut short may not boot."
    yield Step(text, _CLEAN.get(inventory.packages.manager, ""), "room")
