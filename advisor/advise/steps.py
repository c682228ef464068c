"""What to type, for the package manager that is here, the way back included. Nothing is run by us."""

from __future__ import annotations

import re
from typing import Final

from advisor.advise.judge import Judged
from advisor.advise.offers import Offer
from advisor.advise.verdict import Verdict
from advisor.model.advice import Action, Origin, Step
from advisor.model.inventory import Inventory

_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~_^-]{0,200}\Z")
_BEFORE: Final = Step(
    "Save this scan, to compare with after the reboot.", "advisor scan --format json > before.json"
)
_AFTER: Final = Step(
    "See that nothing was lost and the fixes are in.", "advisor verify before.json"
)
_KNOWLEDGE: Final = Step("Get newer knowledge and scan again.", "advisor kb update")
_REFRESH: Final = {
    "apt": "sudo apt update",
    "dnf": "sudo dnf makecache --refresh",
    "zypper": "sudo zypper refresh",
    "apk": "sudo apk update",
    "nix": "sudo nix-channel --update",
}
_OTHER_INIT: Final = frozenset(
    {"alpine", "void", "gentoo", "artix", "devuan", "unraid", "slackware"}
)


def is_safe(name: str) -> bool:
    """Return whether a name may stand in a command line as it is."""
    return _SAFE.match(name) is not None


def steps_for(
    inventory: Inventory, verdict: Verdict, target: Judged | None, refused: tuple[Judged, ...]
) -> tuple[Step, ...]:
    """Return what to do, in order.

    Args:
        inventory: The machine.
        verdict: What the policy decided.
        target: The kernel that it chose, None where it chose none.
        refused: The kernels that may not be taken, best first.
    """
    if target is None:
        return _without_target(inventory, verdict, refused)
    if target.offer.origin is Origin.UPSTREAM:
        return _from_upstream(inventory, target)
    release = target.offer.release
    install = verdict.action in {Action.UPGRADE, Action.SWITCH_SERIES}
    return (
        _BEFORE,
        *(_install(inventory, target, refused) if install else ()),
        *_boot(inventory, target),
        _restart(inventory),
        Step(f"See that {release} runs.", "uname -r"),
        _AFTER,
        *_way_back(inventory, target),
    )


def _restart(inventory: Inventory) -> Step:
    other = inventory.host.distro.id in _OTHER_INIT
    return Step("Restart.", "sudo reboot" if other else "sudo systemctl reboot")


def _without_target(
    inventory: Inventory, verdict: Verdict, refused: tuple[Judged, ...]
) -> tuple[Step, ...]:
    match verdict.row.id:
        case "from-outside" if inventory.host.container:
            return (
                Step("Scan the host: the kernel and the advice are the host's.", "advisor scan"),
            )
        case "from-outside":
            return (
                Step("Have whoever starts this machine supply a newer kernel, then scan again."),
            )
        case "number-cannot-tell":
            return _read(inventory)
        case "beyond-knowledge":
            return (_KNOWLEDGE,)
        case "offers-not-read":
            return _look(inventory)
        case "breaks-here":
            return (*_keep(inventory, refused), _KNOWLEDGE)
        case "series-ended-alone":
            return (Step("Look for a kernel of a series that is still kept up, then scan again."),)
        case _:
            return ()


def _read(inventory: Inventory) -> tuple[Step, ...]:
    """Return where the fixes of a kernel whose number does not tell can be read."""
    release = inventory.kernel.identity.release
    if not is_safe(release):
        return ()
    manager = inventory.packages.manager
    commands = {
        "dnf": f"rpm -q --changelog kernel-core-{release} | grep -o 'CVE-[0-9-]*' | sort -u",
        "zypper": "rpm -q --changelog kernel-default | grep -o 'CVE-[0-9-]*' | sort -u",
        "apt": f"apt changelog linux-image-{release} | grep -o 'CVE-[0-9-]*' | sort -u",
    }
    found = [Step("Read which CVEs the running kernel's package names.", commands.get(manager, ""))]
    updates = {
        "dnf": "sudo dnf upgrade --refresh kernel",
        "zypper": "sudo zypper refresh && sudo zypper patch --category security",
        "apt": "sudo apt update && apt list --upgradable 'linux-image*'",
    }
    if manager in updates:
        text = "The vendor's update is safe to take: it has at least what the running kernel has."
        found.append(Step(text, updates[manager]))
    return tuple(found)


def _look(inventory: Inventory) -> tuple[Step, ...]:
    """Return how to see which kernels are offered."""
    command = {
        "apt": "sudo apt update && apt list --upgradable 'linux-image*'",
        "dnf": "dnf list --showduplicates kernel",
        "zypper": "sudo zypper refresh && zypper list-updates",
        "pacman": "sudo pacman -Sy && pacman -Qu",
        "apk": "sudo apk update && apk list --upgradable 'linux*'",
        "nix": "sudo nix-channel --update",
    }.get(inventory.packages.manager, "")
    return (Step("Look which kernels the package manager offers, then scan again.", command),)


def _keep(inventory: Inventory, refused: tuple[Judged, ...]) -> tuple[Step, ...]:
    """Return how to keep the package manager from installing what breaks this machine."""
    offer = refused[0].offer
    package = offer.meta or offer.package
    if offer.opt_in or not package or not is_safe(package):
        return (Step(f"Do not install {offer.release}."), *_instead(refused[0]))
    command = {
        "apt": f"sudo apt-mark hold {package}",
        "dnf": f"sudo dnf versionlock add {package}",
        "zypper": f"sudo zypper addlock {package}",
        "pacman": f"sudo pacman -Syu --ignore {package}",
    }.get(inventory.packages.manager, "")
    text = f"Keep {offer.release} from being installed; lift this once a kernel without the fault is offered."
    return (Step(text, command), *_instead(refused[0]))


def _instead(refused: Judged) -> tuple[Step, ...]:
    """Return what is known to help those whose hardware a kernel no longer serves."""
    told = {
        lost.advice: lost.what for lost in refused.candidate.lost if lost.serious and lost.advice
    }
    return tuple(Step(f"{what}: {advice}") for advice, what in told.items())


def _from_upstream(inventory: Inventory, target: Judged) -> tuple[Step, ...]:
    release = target.offer.release
    if inventory.kernel.identity.vendor == "custom":
        return (
            _BEFORE,
            Step(f"Build and install {release} with the configuration of the running kernel."),
            _restart(inventory),
            _AFTER,
            Step(f"If it fails: choose {inventory.kernel.identity.release} in the boot menu."),
        )
    return (
        Step(
            f"No repository of this machine offers a kernel that is still kept up. kernel.org has {release}: "
            "look for a distribution release or a repository that carries it."
        ),
    )


def _install(inventory: Inventory, target: Judged, refused: tuple[Judged, ...]) -> tuple[Step, ...]:
    offer = target.offer
    manager = inventory.packages.manager
    if offer.origin is Origin.GIVEN:
        return (Step("Install the package that you named.", _install_file(manager, offer.source)),)
    package = offer.meta or offer.package
    if not all(map(is_safe, (package, offer.suite or "x", offer.package_version or "x"))):
        return (Step(f"Install {offer.release} with the package manager."),)
    refresh = [Step("Refresh the package lists.", _REFRESH[manager])] if manager in _REFRESH else []
    worse = next((one.offer for one in refused if _comes_instead(one.offer, offer)), None)
    if worse is not None:
        text = f"Install {offer.release} by its own name: the package manager would take {worse.release}."
        return (*refresh, Step(text, _install_exactly(manager, offer)))
    suite = f"-t {offer.suite} " if offer.opt_in else ""
    rolling = inventory.host.distro.id == "opensuse-tumbleweed"
    command = {
        "apt": f"sudo apt install {suite}{package}",
        # All of them: the drivers of most devices are in kernel-modules.
        "dnf": f"sudo dnf upgrade '{package.removesuffix('-core')}*'",
        "pacman": "sudo pacman -Syu",
        "zypper": "sudo zypper dup" if rolling else f"sudo zypper update {package}",
        "apk": f"sudo apk upgrade {package}",
        "nix": "sudo nixos-rebuild boot --upgrade",
    }.get(manager, "")
    return (*refresh, Step(f"Install {offer.release}.", command))


def _comes_instead(refused: Offer, wanted: Offer) -> bool:
    """Whether a kernel that may not be taken is what the usual command would install."""
    if refused.origin is not Origin.OFFERED or refused.opt_in:
        return False
    return not wanted.meta or not refused.meta or refused.meta == wanted.meta


def _install_exactly(manager: str, offer: Offer) -> str:
    """Return how to install this very build, ``""`` where the package manager knows the newest only."""
    name, version = offer.package, offer.package_version
    command = {
        "apt": f"sudo apt install {name}",
        "dnf": f"sudo dnf install {name.removesuffix('-core')}-{version}",
        "zypper": f"sudo zypper install {name}={version}",
    }.get(manager, "")
    return command if is_safe(name) and is_safe(version) else ""


def _install_file(manager: str, path: str) -> str:
    if not path.isprintable():
        return ""
    quoted = "'" + path.replace("'", "'\\''") + "'"
    command = {
        "apt": "sudo apt install",
        "dnf": "sudo dnf install",
        "zypper": "sudo zypper install",
    }
    return f"{command[manager]} {quoted}" if manager in command else ""


def _boot(inventory: Inventory, target: Judged) -> tuple[Step, ...]:
    release = target.offer.release
    if inventory.kernel.identity.vendor != "proxmox" or not is_safe(release):
        return ()
    if any("pin" in reading for reading in inventory.packages.held):
        text = "The boot menu is pinned to one kernel; have the next boot, and only that, take the new one."
    else:
        text = "Have the next boot, and only that, take it: a failed boot falls back by itself."
    return (Step(text, f"sudo proxmox-boot-tool kernel pin {release} --next-boot"),)


def _way_back(inventory: Inventory, target: Judged) -> tuple[Step, ...]:
    running = inventory.kernel.identity.release
    manager = inventory.packages.manager
    if manager == "nix":
        return (
            Step(
                "If it fails: go back to the last generation.", "sudo nixos-rebuild --rollback boot"
            ),
        )
    if manager == "pacman":
        text = "If it fails: boot another kernel or a rescue system, and install the last package again."
        return (Step(text, "sudo pacman -U /var/cache/pacman/pkg/linux-*.pkg.tar.zst"),)
    if target.offer.same_build:
        return (
            Step(
                "If it fails: start an older kernel from the boot menu, and install the last build."
            ),
        )
    text = f"If it fails: choose {running} in the boot menu; it stays installed."
    return (Step(text),)
