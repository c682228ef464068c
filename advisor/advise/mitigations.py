"""What helps without a new kernel, each with what it costs. Nothing is run by us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from advisor.advise.case import Case
from advisor.advise.judge import weight_of
from advisor.advise.offers import is_from_outside
from advisor.advise.text import count, is_safe
from advisor.advise.trouble import SERIOUS
from advisor.model.advice import Step
from advisor.model.finding import Finding, Reach
from advisor.model.inventory import Inventory

_MOST_MODULES: Final = 8
_MOST_WORKAROUNDS: Final = 4
_CLONE: Final = "unprivileged_userns_clone"


def mitigations(case: Case, trouble: Iterable[Finding], *, helped: bool) -> tuple[Step, ...]:
    """Return what makes open bugs harder to reach, where no kernel closes them.

    Args:
        case: The machine.
        trouble: Known trouble that stays: its workarounds are told in any case.
        helped: Whether a kernel was chosen that closes bugs: then only the workarounds are told.
    """
    found = list(_workarounds(trouble))
    if not helped and not is_from_outside(case.inventory):
        found += _unused(case.inventory, case.assessment.findings)
        found += _namespaces(case.inventory, case.assessment.findings)
    return tuple(found)


def _workarounds(trouble: Iterable[Finding]) -> Iterator[Step]:
    told = [one for one in trouble if one.workaround and one.reached.reach is Reach.ACTIVE]
    for one in told[:_MOST_WORKAROUNDS]:
        yield Step(f"Against known trouble ({one.title}): {one.workaround}")


def _unused(inventory: Inventory, findings: tuple[Finding, ...]) -> Iterator[Step]:
    """Yield how to keep modules out that nothing uses and that hold the worst bugs."""
    on_demand = _worst(
        (one for one in findings if _is_a_protocol(inventory, one.reached.module)), Reach.ON_DEMAND
    )
    if on_demand:
        names, bugs = on_demand
        yield Step(
            f"Keep {count(len(names), 'module')} that nothing here uses from being loaded: that puts "
            f"{count(bugs, 'bad open bug')} out of reach. Cost: what they do (a protocol, a "
            "device) fails until the file is removed.",
            f"printf 'install %s /bin/false\\n' {' '.join(names)} | sudo tee -a /etc/modprobe.d/advisor.conf",
        )
    loaded = inventory.modules.loaded or {}
    idle = tuple(one for one in findings if loaded.get(one.reached.module) is False)
    unloaded = _worst(idle, Reach.LOADED)
    if unloaded:
        names, bugs = unloaded
        yield Step(
            f"Unload {count(len(names), 'module')}, loaded and idle: that puts {count(bugs, 'bad open bug')} "
            "out of reach until something loads them again. Cost: none while nothing needs them.",
            f"sudo modprobe -r {' '.join(names)}",
        )


def _is_a_protocol(inventory: Inventory, module: str) -> bool:
    """Whether a socket alone brings a module in: such protocols few machines ever need.

    What a firewall, a filesystem or a plugged-in device needs is not kept out: it would be missed
    on the day it is wanted.
    """
    aliases = (inventory.autoload.aliases or {}).get(module, ())
    return any(alias.startswith("net-pf-") for alias in aliases) and module != "bluetooth"


def _worst(findings: Iterable[Finding], reach: Reach) -> tuple[tuple[str, ...], int] | None:
    """Return the modules whose open bugs weigh most, and how many bugs those are."""
    weights: dict[str, int] = {}
    bugs: dict[str, int] = {}
    for one in findings:
        module = one.reached.module
        if one.estimated or one.severity not in SERIOUS or one.reached.reach is not reach:
            continue
        if module not in {"", "vmlinux"} and is_safe(module):
            weights[module] = weights.get(module, 0) + weight_of(one.score, reach)
            bugs[module] = bugs.get(module, 0) + 1
    if not weights:
        return None
    names = sorted(weights, key=lambda name: (-weights[name], name))[:_MOST_MODULES]
    return tuple(sorted(names)), sum(bugs[name] for name in names)


def _namespaces(inventory: Inventory, findings: tuple[Finding, ...]) -> Iterator[Step]:
    """Yield how to close user namespaces, where they open a way to modules."""
    if inventory.autoload.user_namespaces != "open":
        return
    behind = [one for one in findings if "in a namespace of their own" in one.reached.how]
    if not behind:
        return
    debian = _CLONE in inventory.autoload.user_namespaces_source
    name = f"kernel.{_CLONE}" if debian else "user.max_user_namespaces"
    yield Step(
        f"Close user namespaces to ordinary users: {len(behind)} open bugs are behind them. Cost: rootless "
        "containers, and the sandboxes of browsers and Flatpak, stop working.",
        f"sudo sysctl {name}=0",
    )
