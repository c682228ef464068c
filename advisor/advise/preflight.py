"""What to look at before a new kernel is installed and booted: each check with its reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from advisor.advise.back import fallback_check
from advisor.advise.blockers import dkms_check, zfs_check
from advisor.advise.judge import Judged
from advisor.advise.offers import is_from_outside
from advisor.advise.room import space_checks
from advisor.advise.situation import breaks
from advisor.advise.text import count
from advisor.model.advice import Check, CheckStatus, Origin
from advisor.model.inventory import Device, DeviceKind, Interface, Inventory

_STALE_DAYS: Final = 7
_RENAMED: Final = frozenset({"i40e", "ice", "mlx5_core", "bnxt_en", "nfp"})

_Maker = Callable[[Inventory, Judged | None, tuple[Judged, ...]], "Iterable[Check]"]


def preflight(
    inventory: Inventory, target: Judged | None, judged: tuple[Judged, ...]
) -> tuple[Check, ...]:
    """Return the checks, those that stand in the way first.

    Args:
        inventory: The machine.
        target: The kernel that would be booted, None where none was chosen.
        judged: Every candidate.
    """
    order = (CheckStatus.BLOCK, CheckStatus.WARN, CheckStatus.UNKNOWN, CheckStatus.OK)
    made = [check for maker in _CHECKS for check in maker(inventory, target, judged)]
    return tuple(sorted(made, key=lambda check: order.index(check.status)))


def _host(inventory: Inventory, _: Judged | None, __: tuple[Judged, ...]) -> Iterable[Check]:
    host = inventory.host
    if host.container:
        yield Check(
            "container",
            CheckStatus.BLOCK,
            f"this is a container ({host.container}): its kernel is the host's, change it there",
            host.container,
        )
    elif is_from_outside(inventory):
        yield Check(
            "outside",
            CheckStatus.BLOCK,
            "no kernel is installed here: the running one was supplied from outside",
            f"no /lib/modules/{inventory.kernel.identity.release}, no kernel package",
        )


def _pending(inventory: Inventory, _: Judged | None, judged: tuple[Judged, ...]) -> Iterable[Check]:
    reading = inventory.packages.reboot_required
    ready = [one for one in judged if one.offer.origin is Origin.INSTALLED and not one.offer.older]
    waiting = [one.offer.release for one in ready]
    broken = [one.offer.release for one in ready if breaks(one)]
    if broken:
        names = ", ".join(broken)
        text = f"{names} is installed and may be booted next: it would break what this machine uses"
        yield Check("reboot", CheckStatus.BLOCK, text, reading or "the installed kernels")
    elif waiting:
        text = f"a reboot is pending: {', '.join(waiting)} is installed and not running"
        yield Check("reboot", CheckStatus.WARN, text, reading or "the installed kernels")
    elif reading:
        yield Check(
            "reboot", CheckStatus.WARN, "a reboot is pending for something installed", reading
        )
    elif not is_from_outside(inventory):
        yield Check("reboot", CheckStatus.OK, "no reboot is pending", "the installed kernels")


def _secure_boot(inventory: Inventory, _: Judged | None, __: tuple[Judged, ...]) -> Iterable[Check]:
    kernel = inventory.kernel
    if is_from_outside(inventory):
        return
    unsigned = sorted(name for name, letters in kernel.out_of_tree.items() if "E" in letters)
    built = sorted({module.name for module in inventory.packages.dkms})
    if kernel.secure_boot == "on":
        if unsigned or built:
            names = ", ".join(unsigned or built)
            text = f"Secure Boot is on: {names} must be signed with a key that is enrolled here"
            yield Check("secure-boot", CheckStatus.WARN, text, "SecureBoot is 1")
        else:
            text = "Secure Boot is on, and only the distribution's own modules are in use"
            yield Check("secure-boot", CheckStatus.OK, text, "SecureBoot is 1")
    elif kernel.secure_boot == "off":
        yield Check(
            "secure-boot", CheckStatus.OK, "Secure Boot is off", "SecureBoot is 0 or no EFI"
        )
    else:
        yield Check(
            "secure-boot", CheckStatus.UNKNOWN, "whether Secure Boot is on was not read", ""
        )


def _out_of_tree(inventory: Inventory, _: Judged | None, __: tuple[Judged, ...]) -> Iterable[Check]:
    built = frozenset[str]().union(*(one.names for one in inventory.packages.dkms))
    alone = [
        name
        for name in sorted(inventory.kernel.out_of_tree)
        if name not in built and not any(name.startswith(one) for one in built)
    ]
    alone = [name for name in alone if not (name == "spl" and "zfs" in built)]
    if alone:
        text = f"{', '.join(alone)} does not come with the kernel: make sure it is built for the new one"
        reading = ", ".join(f"{n} ({inventory.kernel.out_of_tree[n]})" for n in alone)
        yield Check("out-of-tree", CheckStatus.WARN, text, f"/proc/modules: {reading}")
    elif not inventory.kernel.out_of_tree and not is_from_outside(inventory):
        text = "every loaded module is the kernel's own"
        yield Check("out-of-tree", CheckStatus.OK, text, "/proc/modules")


def carrying(inventory: Inventory) -> tuple[tuple[Device, Interface], ...]:
    """Return the devices that carry the ssh session or a default route, through bridges and bonds."""
    by_name = {
        interface.name: (device, interface)
        for device in inventory.devices
        for interface in device.interfaces
    }
    found: dict[str, tuple[Device, Interface]] = {}
    open_names = [
        name for name, (_, one) in by_name.items() if one.ssh_session or one.default_route
    ]
    seen = set(open_names)
    while open_names:
        name = open_names.pop()
        device, interface = by_name[name]
        if device.bus != "virtual":
            found[name] = (device, interface)
        below = [lower for lower in interface.lower if lower in by_name and lower not in seen]
        seen.update(below)
        open_names += below
    return tuple(found[name] for name in sorted(found))


def _access(inventory: Inventory, target: Judged | None, _: tuple[Judged, ...]) -> Iterable[Check]:
    carriers = carrying(inventory)
    if is_from_outside(inventory):
        return
    if not carriers:
        text = "which device carries the default route was not found: have a console at hand"
        yield Check("access", CheckStatus.UNKNOWN, text, "")
        return
    for device, interface in carriers:
        what = "the ssh session" if interface.ssh_session else "the default route"
        reading = f"{interface.name}: {device.driver or 'no driver'} on {device.id}"
        lists = target.offer.modules if target is not None else None
        there = (lists.available or frozenset()) | (lists.builtin or frozenset()) if lists else None
        if there is not None and device.module in there:
            text = f"{interface.name} carries {what}; the new kernel has its driver {device.module}"
            yield Check("access", CheckStatus.OK, text, lists.source if lists else reading)
        else:
            driver = device.driver or "no driver"
            text = (
                f"{interface.name} ({driver}) carries {what}: have a console at hand for the reboot"
            )
            yield Check("access", CheckStatus.WARN if target else CheckStatus.OK, text, reading)


def _names(inventory: Inventory, target: Judged | None, _: tuple[Judged, ...]) -> Iterable[Check]:
    upstream = target.offer.upstream if target is not None else None
    series = inventory.kernel.identity.series
    if target is None or (upstream is not None and upstream.series == series):
        return
    wired = [d for d in inventory.devices if d.kind is DeviceKind.ETHERNET and d.interfaces]
    names = [interface.name for device in wired for interface in device.interfaces]
    plain = [name for name in names if name.startswith("eth")]
    risky = [
        interface.name
        for device in wired
        if device.module in _RENAMED
        for interface in device.interfaces
        if "np" not in interface.name
    ]
    if len(plain) > 1:
        text = f"{', '.join(plain)} are named in the order of their finding: another series may swap them"
        yield Check("interface-names", CheckStatus.WARN, text, ", ".join(plain))
    elif risky:
        text = f"{', '.join(risky)} may get another name: newer drivers tell udev the port's name"
        yield Check("interface-names", CheckStatus.WARN, text, ", ".join(risky))
    elif names:
        text = f"{', '.join(names)} should keep their names"
        yield Check("interface-names", CheckStatus.OK, text, ", ".join(names))


def _held(inventory: Inventory, _: Judged | None, __: tuple[Judged, ...]) -> Iterable[Check]:
    for reading in inventory.packages.held:
        text = "a kernel package is held or pinned: a new one is not taken until that is lifted"
        yield Check("held", CheckStatus.WARN, text, reading)


def _livepatch(inventory: Inventory, _: Judged | None, __: tuple[Judged, ...]) -> Iterable[Check]:
    patches = inventory.kernel.livepatches
    if patches:
        names = ", ".join(patches)
        text = (
            f"live patches are applied ({names}): which findings they close the counts do not know"
        )
        yield Check("livepatch", CheckStatus.WARN, text, f"/sys/kernel/livepatch: {names}")


def _lists(inventory: Inventory, _: Judged | None, __: tuple[Judged, ...]) -> Iterable[Check]:
    packages = inventory.packages
    if not packages.manager or is_from_outside(inventory):
        return
    age = packages.list_age_days
    if age is None:
        text = f"how old {packages.manager}'s package lists are could not be told"
        yield Check("lists", CheckStatus.UNKNOWN, text, "")
    elif age > _STALE_DAYS:
        text = f"{packages.manager}'s package lists are {count(age, 'day')} old: there may be a newer kernel"
        yield Check("lists", CheckStatus.WARN, text, f"{age} days")
    else:
        text = f"{packages.manager}'s package lists are {count(age, 'day')} old"
        yield Check("lists", CheckStatus.OK, text, f"{age} days")


def _dkms(inventory: Inventory, target: Judged | None, _: tuple[Judged, ...]) -> Iterable[Check]:
    return dkms_check(inventory, target.offer if target is not None else None)


def _zfs(inventory: Inventory, target: Judged | None, _: tuple[Judged, ...]) -> Iterable[Check]:
    return zfs_check(inventory, target.offer if target is not None else None)


_CHECKS: Final[tuple[_Maker, ...]] = (
    _host,
    space_checks,
    _zfs,
    _dkms,
    _out_of_tree,
    _secure_boot,
    fallback_check,
    _access,
    _names,
    _held,
    _pending,
    _livepatch,
    _lists,
)
