"""Which modules the kernel has loaded, has built in, and could load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from advisor.model.inventory import Modules
from advisor.probe.readings import Readings

KERNELS_KEPT: Final = 8
"""Of how many kernels what their files say is kept: the machines of a house run few."""

_MOST_LINES: Final = 20000
_HARDWARE: Final = ("kernel/drivers/", "kernel/sound/")
_DRIVER_FILES: Final = frozenset({"bind", "unbind", "uevent", "new_id", "remove_id", "module"})


def own_lines(text: str) -> list[str]:
    """Return a file's lines, no more than any kernel has modules."""
    return text.split("\n", _MOST_LINES)[:_MOST_LINES]


def in_memory(name: str) -> str:
    """Return a module's name in memory's spelling: ``ne2k-pci`` is ``ne2k_pci``."""
    return name.replace("-", "_")


class ModuleFiles(NamedTuple):
    """Module -> its file below the modules' folder; None where the list could not be read."""

    builtin: Mapping[str, str] | None
    loadable: Mapping[str, str] | None

    def path(self, module: str) -> str:
        """Return a module's file, ``""`` where it is not known."""
        found = (self.loadable or {}).get(module)
        return found or (self.builtin or {}).get(module, "")


@lru_cache(maxsize=2 * KERNELS_KEPT)
def files_in(text: str) -> Mapping[str, str]:
    """Return module -> file, of ``modules.order`` or ``modules.builtin``.

    Args:
        text: Lines like ``kernel/drivers/net/ethernet/8390/ne2k-pci.ko``.
    """
    lines = [
        line for line in in_memory(text).split("\n", _MOST_LINES)[:_MOST_LINES] if ".ko" in line
    ]
    return {line[line.rfind("/") + 1 : line.rfind(".ko")]: line for line in lines}


def probe_files(readings: Readings, release: str) -> ModuleFiles:
    """Return which modules are built in, and which could be loaded."""
    folder = f"/lib/modules/{release}"
    builtin = readings.text(f"{folder}/modules.builtin", "which modules are built in")
    loadable = readings.text(f"{folder}/modules.order")
    return ModuleFiles(
        None if builtin is None else files_in(builtin),
        None if loadable is None else files_in(loadable),
    )


def probe_modules(
    readings: Readings, release: str, config: Mapping[str, str] | None, files: ModuleFiles
) -> Modules:
    """Return the kernel's modules, as far as they can be listed."""
    builtin = None if files.builtin is None else frozenset(files.builtin)
    present = frozenset(readings.list("/sys/module"))
    drivers = frozenset(
        module for module, file in (files.builtin or {}).items() if file.startswith(_HARDWARE)
    )
    bound = _bound(readings)
    if config is not None and config.get("MODULES") != "y":
        return Modules({}, builtin, frozenset(), bound, {}, present, drivers)
    if files.loadable is None:
        path = f"/lib/modules/{release}/modules.order"
        readings.missing("which modules can be loaded", path)
    loaded, needs = _loaded(readings)
    available = None if files.loadable is None else frozenset(files.loadable)
    return Modules(loaded, builtin, available, bound, needs, present, drivers)


def _loaded(readings: Readings) -> tuple[dict[str, bool] | None, dict[str, tuple[str, ...]]]:
    text = readings.text("/proc/modules")
    if text is None:
        readings.missing("which modules are loaded", "/proc/modules")
        return None, {}
    loaded: dict[str, bool] = {}
    needs: dict[str, tuple[str, ...]] = {}
    for line in own_lines(text):
        fields = line.split(" ", 4)
        if len(fields) < 4:  # noqa: PLR2004 - name, size, references, users
            continue
        loaded[fields[0]] = fields[2] != "0"
        users = tuple(name for name in fields[3].split(",") if name not in {"", "-", "[permanent]"})
        if users:
            needs[fields[0]] = users
    return loaded, needs


def _bound(readings: Readings) -> frozenset[str]:
    """Return the modules one of whose drivers has a device.

    A driver that is built in often has no link to its module: its own name then stands for it.
    """
    found: set[str] = set()
    for bus in readings.list("/sys/bus"):
        folder = f"/sys/bus/{bus}/drivers"
        for driver in readings.list(folder):
            if not _DRIVER_FILES.issuperset(readings.list(f"{folder}/{driver}")):
                link = readings.system.readlink(f"{folder}/{driver}/module") or driver
                found.add(in_memory(link.rpartition("/")[2]))
    return frozenset(found)
