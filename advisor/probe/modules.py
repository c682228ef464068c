"""Which modules the kernel has loaded, has built in, and could load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from advisor.model.inventory import Modules
from advisor.probe.readings import Readings

_MOST_LINES: Final = 20000
_DRIVER_FILES: Final = frozenset({"bind", "unbind", "uevent", "new_id", "remove_id", "module"})


def own_lines(text: str) -> list[str]:
    """Return a file's lines, no more than any kernel has modules."""
    return text.split("\n", _MOST_LINES)[:_MOST_LINES]


def in_memory(name: str) -> str:
    """Return a module's name in memory's spelling: ``ne2k-pci`` is ``ne2k_pci``."""
    return name.replace("-", "_")


def from_path(path: str) -> str:
    """Return the module that a file is: ``kernel/drivers/net/ethernet/8390/ne2k-pci.ko.xz``."""
    return in_memory(path[path.rfind("/") + 1 :].split(".ko", 1)[0])


def probe_modules(readings: Readings, release: str, config: Mapping[str, str] | None) -> Modules:
    """Return the kernel's modules, as far as they can be listed."""
    builtin = _names(readings, release, "modules.builtin", "which modules are built in")
    present = frozenset(readings.list("/sys/module"))
    bound = _bound(readings)
    if config is not None and config.get("MODULES") != "y":
        nothing: dict[str, bool] = {}
        return Modules(nothing, builtin, frozenset(), bound, {}, present)
    loaded, needs = _loaded(readings)
    available = _names(readings, release, "modules.order", "which modules can be loaded")
    return Modules(loaded, builtin, available, bound, needs, present)


def module_files(readings: Readings, release: str) -> dict[str, str]:
    """Return module -> its file below the modules' folder, of loadable and built-in ones."""
    paths: list[str] = []
    for name in ("modules.builtin", "modules.order"):
        paths += own_lines(readings.text(f"/lib/modules/{release}/{name}") or "")
    return {from_path(path): path for path in paths if path}


def _loaded(readings: Readings) -> tuple[dict[str, bool] | None, dict[str, tuple[str, ...]]]:
    text = readings.text("/proc/modules")
    if text is None:
        readings.missing("which modules are loaded", "/proc/modules")
        return None, {}
    loaded, needs = {}, {}
    for line in own_lines(text):
        fields = line.split(" ", 4)
        if len(fields) < 4:  # noqa: PLR2004 - name, size, references, users
            continue
        loaded[fields[0]] = fields[2] != "0"
        users = tuple(name for name in fields[3].split(",") if name not in {"", "-", "[permanent]"})
        if users:
            needs[fields[0]] = users
    return loaded, needs


def _names(readings: Readings, release: str, file: str, what: str) -> frozenset[str] | None:
    text = readings.text(f"/lib/modules/{release}/{file}", what)
    return None if text is None else frozenset(_modules_in(own_lines(text)))


def _modules_in(lines: Iterable[str]) -> Iterable[str]:
    return (from_path(line) for line in lines if ".ko" in line)


def _bound(readings: Readings) -> frozenset[str]:
    """Return the modules one of whose drivers has a device.

    A driver that is built in often has no link to its module: its own name then stands for it.
    """
    found = set()
    for bus in readings.list("/sys/bus"):
        folder = f"/sys/bus/{bus}/drivers"
        for driver in readings.list(folder):
            if not _DRIVER_FILES.issuperset(readings.list(f"{folder}/{driver}")):
                link = readings.system.readlink(f"{folder}/{driver}/module") or driver
                found.add(in_memory(link.rpartition("/")[2]))
    return frozenset(found)
