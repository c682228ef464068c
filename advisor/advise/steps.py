"""What to type, for the package manager that is here, the way back included. Nothing is run by us."""

from __future__ import annotations

import re
from typing import Final

from advisor.advise.judge import Judged
from advisor.advise.policy import Verdict
from advisor.model.advice import Action, Origin, Step
from advisor.model.inventory import Inventory

_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~_^-]{0,200}\Z")
_BEFORE: Final = Step(
    "Save this scan, to compare with after the reboot.", "advisor scan --format json > before.json"
)
_REFRESH: Final = {
    "apt": "sudo apt update",
    "dnf": "sudo dnf makecache --refresh",
    "zypper": "sudo zypper refresh",
    "apk": "sudo apk update",
    "nix": "sudo nix-channel --update",
}


def steps_for(inventory: Inventory, verdict: Verdict, target: Judged | None) -> tuple[Step, ...]:
    """Return what to do, in order."""
    if target is None or target.offer.origin is Origin.UPSTREAM:
        return ()
    release = target.offer.release
    steps = [_BEFORE]
    if verdict.action in {Action.UPGRADE, Action.SWITCH_SERIES}:
        steps += _install(inventory, target)
    steps += _boot(inventory, target)
    steps += [
        Step("Restart.", "sudo systemctl reboot" if _has_systemd(inventory) else "sudo reboot"),
        Step(f"See that {release} runs.", "uname -r"),
        Step("See that nothing was lost and the fixes are in.", "advisor verify before.json"),
        *_way_back(inventory, target),
    ]
    return tuple(steps)


def _has_systemd(inventory: Inventory) -> bool:
    return inventory.host.distro.id not in {"alpine", "void", "gentoo", "artix", "devuan", "unraid"}


def is_safe(name: str) -> bool:
    """Return whether a name may stand in a command line as it is."""
    return _SAFE.match(name) is not None


def _install(inventory: Inventory, target: Judged) -> list[Step]:
    offer = target.offer
    manager = inventory.packages.manager
    package = offer.meta or offer.package
    if not all(
        is_safe(word) for word in (package, offer.suite or "x", offer.package_version or "x")
    ):
        return [
            Step(f"Install {offer.release} with the package manager; its name is not one to type.")
        ]
    refresh = [Step("Refresh the package lists.", _REFRESH[manager])] if manager in _REFRESH else []
    if offer.origin is Origin.GIVEN:
        return [Step("Install the package that you named.", _install_file(manager, offer.source))]
    suite = f"-t {offer.suite} " if offer.opt_in and manager == "apt" else ""
    command = {
        "apt": f"sudo apt install {suite}{package}",
        "dnf": f"sudo dnf upgrade {offer.package or 'kernel'}",
        "pacman": "sudo pacman -Syu",
        "zypper": f"sudo zypper install {package}",
        "apk": f"sudo apk upgrade {package}",
        "nix": "sudo nixos-rebuild boot --upgrade",
    }.get(manager, "")
    return [*refresh, Step(f"Install {offer.release}.", command)]


def _install_file(manager: str, path: str) -> str:
    quoted = "'" + path.replace("'", "'\\''") + "'"
    return {
        "apt": f"sudo apt install {quoted}",
        "dnf": f"sudo dnf install {quoted}",
        "zypper": f"sudo zypper install {quoted}",
    }.get(manager, "")


def _boot(inventory: Inventory, target: Judged) -> list[Step]:
    if inventory.kernel.identity.vendor == "proxmox" and is_safe(target.offer.release):
        command = f"sudo proxmox-boot-tool kernel pin {target.offer.release} --next-boot"
        return [Step("Have the next boot, and only that, take it.", command)]
    return []


def _way_back(inventory: Inventory, target: Judged) -> list[Step]:
    running = inventory.kernel.identity.release
    if inventory.packages.manager == "nix":
        return [
            Step(
                "If it fails: go back to the last generation.", "sudo nixos-rebuild --rollback boot"
            )
        ]
    if target.offer.same_build:
        return [
            Step(
                "If it fails: start an older kernel from the boot menu, and install the last build."
            )
        ]
    if inventory.packages.manager == "pacman":
        return [
            Step(
                "If it fails: boot linux-lts or a rescue system, and install the last package again.",
                "sudo pacman -U /var/cache/pacman/pkg/linux-*.pkg.tar.zst",
            )
        ]
    text = f"If it fails: choose {running} in the boot menu; it stays installed."
    return [Step(text)]
