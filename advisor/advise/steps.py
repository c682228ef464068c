"""What to type, for the package manager that is here, the way back included. Nothing is run by us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from advisor.advise.back import is_replaced, others, way_back
from advisor.advise.boot import in_the_way, keep_off, pins_after, pins_before
from advisor.advise.judge import Judged
from advisor.advise.offers import Offer
from advisor.advise.room import make_room
from advisor.advise.text import is_safe
from advisor.advise.verdict import Verdict
from advisor.model.advice import Action, Origin, Step
from advisor.model.inventory import Inventory

_BEFORE: Final = Step(
    "Save this scan, to compare with after the reboot.",
    "advisor scan --format json > before.json",
    "save",
)
_AFTER: Final = Step(
    "See that nothing was lost and the fixes are in.", "advisor verify before.json", "verify"
)
_KNOWLEDGE: Final = Step("Get newer knowledge and scan again.", "advisor kb update", "look")
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


def steps_for(
    inventory: Inventory,
    verdict: Verdict,
    target: Judged | None,
    refused: tuple[Judged, ...],
    waiting: tuple[Judged, ...],
) -> tuple[Step, ...]:
    """Return what to do, in order.

    Args:
        inventory: The machine.
        verdict: What the policy decided.
        target: The kernel that it chose, None where it chose none.
        refused: The kernels that may not be taken, best first.
        waiting: The newer kernels that are installed, so that the next boot may take one of them.
    """
    if target is None:
        return _without_target(inventory, verdict, refused)
    if target.offer.origin is Origin.UPSTREAM:
        return _from_upstream(inventory, target)
    release = target.offer.release
    install = verdict.action in {Action.UPGRADE, Action.SWITCH_SERIES}
    proxmox = inventory.kernel.identity.vendor == "proxmox" and is_safe(release)
    return (
        _BEFORE,
        *(_lift(inventory, target) if install else ()),
        *(_install(inventory, target, refused) if install else ()),
        *(pins_before(inventory, release) if proxmox else in_the_way(inventory, target, waiting)),
        _restart(inventory),
        Step(f"See that {release} runs.", "uname -r", "check"),
        _AFTER,
        *(pins_after(inventory, release) if proxmox else ()),
        *way_back(inventory, target),
    )


def _restart(inventory: Inventory) -> Step:
    other = inventory.host.distro.id in _OTHER_INIT
    return Step("Restart.", "sudo reboot" if other else "sudo systemctl reboot", "restart")


def _lift(inventory: Inventory, target: Judged) -> Iterator[Step]:
    """Yield how to lift what keeps the package manager from taking a kernel."""
    wanted = {target.offer.package, target.offer.meta}
    for reading in inventory.packages.held:
        name = reading.removesuffix(" is on hold").rpartition(": ")[2]
        if reading.endswith(" is on hold") and name in wanted and is_safe(name):
            text = f"{name} is on hold: if the reason for that is gone, lift it."
            yield Step(text, f"sudo apt-mark unhold {name}", "hold")


def _keep_running(inventory: Inventory, offer: Offer) -> Iterator[Step]:
    """Yield how to keep the running kernel where the package manager would delete it."""
    release = inventory.kernel.identity.release
    alone = not others(inventory, offer)
    if inventory.packages.manager == "apk" and alone and is_safe(release):
        folder = f"/root/kernel-{release}"
        text = f"apk keeps one kernel of a package: put {release} by as a way back."
        command = f"sudo mkdir -p {folder} && sudo cp -a /boot /lib/modules/{release} {folder}/"
        yield Step(text, command, "save")


def _without_target(
    inventory: Inventory, verdict: Verdict, refused: tuple[Judged, ...]
) -> tuple[Step, ...]:
    match verdict.row.id:
        case "from-outside" if inventory.host.container:
            return (
                Step(
                    "Scan the host: the kernel and the advice are the host's.",
                    "advisor scan",
                    "look",
                ),
            )
        case "from-outside":
            return (
                Step(
                    "Have whoever starts this machine supply a newer kernel, then scan again.",
                    "",
                    "help",
                ),
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
            text = "Look for a kernel of a series that is still kept up, then scan again."
            return (Step(text, "", "look"),)
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
    text = "Read which CVEs the running kernel's package names."
    found = [Step(text, commands.get(manager, ""), "look")]
    updates = {
        "dnf": "sudo dnf upgrade --refresh 'kernel*'",
        "zypper": "sudo zypper refresh && sudo zypper patch --category security",
        "apt": "sudo apt update && apt list --upgradable 'linux-image*'",
    }
    if manager in updates:
        text = "The vendor's update is safe to take: it has at least what the running kernel has."
        found.append(Step(text, updates[manager], "install"))
    return tuple(found)


def _look(inventory: Inventory) -> tuple[Step, ...]:
    """Return how to see which kernels are offered."""
    command = {
        "apt": "sudo apt update && apt list --upgradable 'linux-image*'",
        "dnf": "dnf list --showduplicates kernel",
        "zypper": "sudo zypper refresh && zypper list-updates",
        "pacman": "checkupdates | grep '^linux'",
        "apk": "sudo apk update && apk list --upgradable 'linux*'",
        "nix": "sudo nix-channel --update",
    }.get(inventory.packages.manager, "")
    text = "Look which kernels the package manager offers, then scan again."
    return (Step(text, command, "look"),)


def _keep(inventory: Inventory, refused: tuple[Judged, ...]) -> tuple[Step, ...]:
    """Return how to keep the package manager from installing what breaks this machine."""
    installed = [one for one in refused if one.offer.origin is Origin.INSTALLED]
    if installed:
        off = (step for one in installed for step in keep_off(inventory, one.offer))
        return (*off, *_instead(refused[0]))
    offer = refused[0].offer
    package = offer.meta or offer.package
    if offer.opt_in or offer.origin is Origin.GIVEN or not package or not is_safe(package):
        return (Step(f"Do not install {offer.release}.", "", "hold"), *_instead(refused[0]))
    command = {
        "apt": f"sudo apt-mark hold {package}",
        "dnf": f"sudo dnf versionlock add '{package.removesuffix('-core')}*'",
        "zypper": f"sudo zypper addlock {package}",
        "pacman": f"sudo pacman -Syu --ignore {package}",
    }.get(inventory.packages.manager, "")
    text = f"Keep {offer.release} from being installed; lift this once a kernel without the fault is offered."
    return (Step(text, command, "hold"), *_instead(refused[0]))


def _instead(refused: Judged) -> tuple[Step, ...]:
    """Return what is known to help those whose hardware a kernel no longer serves."""
    told = {
        lost.advice: lost.what for lost in refused.candidate.lost if lost.serious and lost.advice
    }
    return tuple(Step(f"{what}: {advice}", "", "help") for advice, what in told.items())


def _from_upstream(inventory: Inventory, target: Judged) -> tuple[Step, ...]:
    release = target.offer.release
    if inventory.kernel.identity.vendor == "custom":
        return (
            _BEFORE,
            Step(
                f"Build and install {release} with the configuration of the running kernel.",
                "",
                "install",
            ),
            _restart(inventory),
            _AFTER,
            Step(
                f"If it fails: choose {inventory.kernel.identity.release} in the boot menu.",
                "",
                "back",
            ),
        )
    return (
        Step(
            f"No repository of this machine offers a kernel that is still kept up. kernel.org has {release}: "
            "look for a distribution release or a repository that carries it.",
            "",
            "look",
        ),
    )


def _install(inventory: Inventory, target: Judged, refused: tuple[Judged, ...]) -> tuple[Step, ...]:
    offer = target.offer
    manager = inventory.packages.manager
    if offer.origin is Origin.GIVEN:
        what = "the package" if len(offer.files) == 1 else "the packages"
        command = _install_files(manager, offer.files)
        return (Step(f"Install {what} that you named.", command, "install"),)
    package = offer.meta or offer.package
    if not all(map(is_safe, (package, offer.suite or "x", offer.package_version or "x"))):
        return (Step(f"Install {offer.release} with the package manager.", "", "install"),)
    before: list[Step] = [*make_room(inventory), *_keep_running(inventory, offer)]
    if manager in _REFRESH:
        before.append(Step("Refresh the package lists.", _REFRESH[manager], "refresh"))
    worse = next((one.offer for one in refused if _comes_instead(one.offer, offer)), None)
    if worse is not None:
        text = f"Install {offer.release} by its own name: the package manager would take {worse.release}."
        return (*before, Step(text, _install_exactly(manager, offer), "install"))
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
    text = f"Install {offer.release}."
    if is_replaced(inventory, offer) and not offer.same_build:
        text = (
            f"Install {offer.release}; restart soon, the running kernel's modules go from the disk."
        )
    return (*before, Step(text, command, "install"))


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


def _install_files(manager: str, paths: tuple[str, ...]) -> str:
    """Return how to install packages that lie on disk; ``""`` where these are no packages."""
    command = {
        "apt": "sudo apt install",
        "dnf": "sudo dnf install",
        "zypper": "sudo zypper install",
    }
    if manager not in command or not all(_is_package(path) for path in paths):
        return ""
    # A name without a slash would be looked for in the repositories.
    names = (path if path.startswith(("/", "./", "../")) else f"./{path}" for path in paths)
    quoted = ("'" + name.replace("'", "'\\''") + "'" for name in names)
    return " ".join([command[manager], *quoted])


def _is_package(path: str) -> bool:
    return path.isprintable() and path.endswith((".deb", ".rpm"))
