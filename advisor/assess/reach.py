"""Reach: can the code that a fix touches run on this machine, and what says so?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from advisor.assess.autoload import trigger
from advisor.knowledge.sites import SEVERAL, VMLINUX, Site, TreesAround, Unit, holds
from advisor.model.finding import NO_FILE, REACH_ORDER, Reach, Reached
from advisor.model.inventory import Inventory

_ARCHES = {
    "x86_64": ("x86",),
    "i386": ("x86",),
    "i486": ("x86",),
    "i586": ("x86",),
    "i686": ("x86",),
    "aarch64": ("arm64",),
    "armv6l": ("arm",),
    "armv7l": ("arm",),
    "armv8l": ("arm", "arm64"),
    "riscv64": ("riscv",),
    "ppc64le": ("powerpc",),
    "ppc64": ("powerpc",),
    "s390x": ("s390",),
    "mips": ("mips",),
    "mips64": ("mips",),
    "loongarch64": ("loongarch",),
}
# Non-modular code here waits for a device; elsewhere it is code that every kernel runs.
_WAITS_FOR_A_DEVICE = ("drivers/", "sound/")
_ALWAYS_RUNS = ("drivers/base/", "drivers/char/random.c", "drivers/char/mem.c")
# Code of these folders runs on every machine whose kernel has it; elsewhere an option may lie idle.
_CORE = ("arch/", "block/", "init/", "io_uring/", "ipc/", "kernel/", "lib/", "mm/")
_VALUES = {"y": "on", "m": "a module", "n": "off"}
_EVERYWHERE = frozenset({"BLOCK", "INET", "MMU", "NET", "PROC_FS", "SYSFS", "UNIX"})
# btusb pulls all of these in; only the one of the adapter's maker has work.
_HELPERS = {"btusb": frozenset({"btmtk", "btintel", "btrtl", "btbcm"})}
_RANK = {reach: rank for rank, reach in enumerate(REACH_ORDER)}
_TREES = ("6.1", "6.12", "7.3")


class _Use(NamedTuple):
    """Why a module is at work here."""

    how: str
    devices: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


class ReachOf:
    """Answers for one machine: how near is this code?

    Every answer is kept, since hundreds of fixes touch the same module.

    Args:
        inventory: The machine.
        around: The kernel trees to ask about its series; of the usual ones if not given.
    """

    def __init__(self, inventory: Inventory, around: TreesAround | None = None) -> None:
        self._inventory = inventory
        self._kernel = inventory.kernel
        self._modules = inventory.modules
        self._config = inventory.kernel.config
        self._running = frozenset(self._modules.loaded or ()) | (
            self._modules.builtin or frozenset()
        )
        self._uses = _uses(inventory)
        self._by_unit: dict[Unit, Reached | None] = {}
        self._around = around or TreesAround(inventory.kernel.identity.series, _TREES)

    def sites(self, sites: tuple[Site, ...]) -> Reached:
        """Return the strongest reach over the files that a fix touches."""
        if not sites:
            return Reached(Reach.UNKNOWN, "", NO_FILE)
        found = [reached for site in sites for reached in self._site(site)]
        if len(found) == 1:
            return found[0]
        best = min(found, key=lambda reached: _RANK[reached.reach])
        return best._replace(
            modules=_merge(one.modules for one in found if one.reach is not Reach.ABSENT)
            or best.modules,
            devices=_merge(one.devices for one in found),
            features=_merge(one.features for one in found),
        )

    def _site(self, site: Site) -> list[Reached]:
        foreign = self._foreign(site.path)
        if foreign:
            return [Reached(Reach.ABSENT, "", foreign)]
        if not site.known:
            return [Reached(Reach.UNKNOWN, "", f"{site.path} is in no kernel tree we have read")]
        if not site.units:
            return [Reached(Reach.ABSENT, "", f"{site.path} is not compiled into any kernel")]
        return [self._unit(site.path, unit) for unit in self._around.units(site)]

    def _foreign(self, path: str) -> str:
        """Return why code of another architecture is not here, ``""`` where that is not so."""
        if not path.startswith("arch/"):
            return ""
        mine = _ARCHES.get(self._kernel.machine)
        theirs = path.split("/", 2)[1]
        if mine is None or theirs in mine:
            return ""
        return f"{path} is for {theirs}, this machine is {self._kernel.machine}"

    def _unit(self, path: str, unit: Unit) -> Reached:
        if unit.module == SEVERAL:
            return Reached(Reach.UNKNOWN, SEVERAL, f"{path} is a header that many modules include")
        off = self._wrong_arch(path, unit)
        if off:
            return Reached(Reach.ABSENT, unit.module, off, (unit.module,))
        if unit not in self._by_unit:
            off = self._switched_off(unit)
            self._by_unit[unit] = (
                Reached(Reach.ABSENT, unit.module, off, (unit.module,))
                if off
                else None
                if unit.module == VMLINUX
                else self._module(unit.module, unit.symbol)
            )
        return self._by_unit[unit] or self._core(path, unit)

    def _wrong_arch(self, path: str, unit: Unit) -> str:
        mine = _ARCHES.get(self._kernel.machine)
        if not unit.arch or mine is None or set(mine) & set(unit.arch.split(",")):
            return ""
        return f"{path} is built for {unit.arch}, this machine is {self._kernel.machine}"

    def _switched_off(self, unit: Unit) -> str:
        """Return the reading that says the kernel was built without this code, or ``""``.

        A gate decides over one file of a module. The symbol of the module itself does not where a
        list holds the module: then the symbol has another name in this kernel.
        """
        config = self._config
        if config is None:
            return ""
        state = "y" if unit.module == VMLINUX else config.get(unit.symbol, "")
        if state not in {"y", "m"}:
            if unit.symbol and self._tells(unit.symbol) and not self._present(unit.module):
                return f"CONFIG_{unit.symbol} is off ({self._kernel.config_source})"
            state = "m"
        for gate in unit.gates:
            name = gate.lstrip("!").partition("=")[0]
            if self._tells(name) and not holds(gate, state, config):
                value = config.get(name, "n")
                return (
                    f"CONFIG_{name} is {_VALUES.get(value, value)} ({self._kernel.config_source})"
                )
        return ""

    def _tells(self, symbol: str) -> bool:
        """Whether the configuration's silence about a symbol says that it is off.

        Outside the kernel trees that were read it may have had another name, or none.
        """
        value = self._config.get(symbol, "") if self._config is not None else ""
        return bool(value) or self._around.mapped

    def _present(self, module: str) -> bool:
        lists = (self._modules.loaded, self._modules.builtin, self._modules.available)
        return any(module in names for names in lists if names is not None)

    def _core(self, path: str, unit: Unit) -> Reached:
        """Return the reach of code that is part of the kernel's image and of no module."""
        here = (VMLINUX,)
        optional = [symbol for symbol in unit.symbols if symbol not in _EVERYWHERE]
        if optional and self._config is None:
            how = f"{path} is in the image if CONFIG_{optional[-1]} is on, which was not read"
            return Reached(Reach.UNKNOWN, VMLINUX, how, here)
        if path.startswith(_ALWAYS_RUNS):
            return Reached(Reach.ACTIVE, VMLINUX, f"{path} is core code that every boot runs", here)
        if path.startswith(_WAITS_FOR_A_DEVICE):
            how = (
                f"{path} is part of this kernel's image; nothing read shows a device that needs it"
            )
            return Reached(Reach.LOADED, VMLINUX, how, here)
        if optional and not path.startswith(_CORE):
            switch = f"CONFIG_{optional[-1]}"
            how = f"{path} is part of this kernel's image ({switch}); nothing read shows its use"
            return Reached(Reach.LOADED, VMLINUX, how, here)
        return Reached(Reach.ACTIVE, VMLINUX, f"{path} is core code that every boot runs", here)

    def _module(self, module: str, symbol: str) -> Reached:
        names = (module,)
        use = self._uses.get(module)
        if use is not None:
            return Reached(Reach.ACTIVE, module, use.how, names, use.devices, use.features)
        if self._built_in(module, symbol):
            how = f"{module} is built into this kernel; nothing read shows its use"
            return Reached(Reach.LOADED, module, how, names)
        loaded = self._modules.loaded
        if loaded is not None and module in loaded:
            how = f"{module} is loaded (/proc/modules); nothing read shows its use"
            return Reached(Reach.LOADED, module, how, names)
        return self._unloaded(module, symbol)

    def _built_in(self, module: str, symbol: str) -> bool:
        if self._modules.builtin is not None and module in self._modules.builtin:
            return True
        return self._config is not None and self._config.get(symbol) == "y"

    def _unloaded(self, module: str, symbol: str) -> Reached:
        names = (module,)
        available = self._modules.available
        if available is None:
            why = "the list of modules on disk was not read"
            return Reached(Reach.UNKNOWN, module, f"{module}: {why}", names)
        if module not in available:
            if self._modules.builtin is None and (self._config is None or not symbol):
                why = "neither the kernel's configuration nor its list of built-ins was read"
                return Reached(Reach.UNKNOWN, module, f"{module}: {why}", names)
            how = f"{module} is not part of this kernel ({self._kernel.modules_dir})"
            return Reached(Reach.ABSENT, module, how, names)
        found = self._on_disk(module)
        if self._modules.loaded is None and found.reach is Reach.DORMANT:
            why = "which modules are loaded was not read"
            return Reached(Reach.UNKNOWN, module, f"{module} is on disk; {why}", names)
        return found

    def _on_disk(self, module: str) -> Reached:
        names = (module,)
        autoload = self._inventory.autoload
        if autoload.modules_disabled:
            how = f"{module} is on disk, and loading is switched off (kernel.modules_disabled)"
            return Reached(Reach.DORMANT, module, how, names)
        blocked = autoload.blocked.get(module)
        if blocked:
            how = f"{module} is on disk, and modprobe is told not to load it ({blocked})"
            return Reached(Reach.DORMANT, module, how, names)
        if autoload.aliases is None:
            how = f"{module} is on disk; what may load it (modules.alias) was not read"
            return Reached(Reach.UNKNOWN, module, how, names)
        what = trigger(autoload, module, self._running)
        if what is None:
            how = f"{module} is on disk; what brings it in (modules.dep) was not read"
            return Reached(Reach.UNKNOWN, module, how, names)
        if what:
            return Reached(Reach.ON_DEMAND, module, f"{module} is not loaded; {what}", names)
        told = autoload.blacklisted.get(module)
        how = f"{module} is on disk; only root or hardware that is not here loads it"
        if told:
            how = f"{module} is on disk, and modprobe is told not to load it for an alias ({told})"
        return Reached(Reach.DORMANT, module, how, names)


def _uses(inventory: Inventory) -> dict[str, _Use]:
    """Return module -> why it is at work, spread from what is seen to what that stands on."""
    devices: dict[str, list[str]] = {}
    for device in inventory.devices:
        for module in filter(None, (device.module, *device.modules)):
            devices.setdefault(module, []).append(device.id)
    uses = {
        module: _Use(f"{module} drives {_some(ids)}", _some_ids(ids))
        for module, ids in devices.items()
    }
    for module in inventory.modules.bound:
        uses.setdefault(module, _Use(f"{module} drives a device (/sys/module/{module})"))
    for feature in inventory.features:
        if feature.state != "open":
            for module in feature.modules:
                uses.setdefault(
                    module,
                    _Use(f"{module} serves {feature.id}: {feature.evidence}", (), (feature.id,)),
                )
    _spread(uses, inventory)
    return uses


def _spread(uses: dict[str, _Use], inventory: Inventory) -> None:
    """Add every loaded module that a module at work stands on."""
    users = inventory.modules.needs
    changed = True
    while changed:
        changed = False
        for module, above in users.items():
            if module in uses:
                continue
            for user in above:
                if user in uses and module not in _HELPERS.get(user, ()):
                    use = uses[user]
                    how = f"{module} is used by {user} (/proc/modules)"
                    uses[module] = _Use(how, use.devices, use.features)
                    changed = True
                    break


def _some_ids(ids: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def _some(ids: list[str]) -> str:
    names = _some_ids(ids)
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _merge(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part))
