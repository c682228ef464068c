"""Modules that are built anew for every kernel."""

from __future__ import annotations

import re
from typing import Final

from advisor.model.packages import DkmsModule
from advisor.probe.readings import Readings
from advisor.system.agent.manifest import path_name

_TREE: Final = "/var/lib/dkms"
_SOURCES: Final = "/usr/src"
_MOST: Final = 64
_BUILDS: Final = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?BUILT_MODULE_NAME\[\d{1,3}\][ \t]*=[ \t]*[\"']?([\w-]{1,64})[\"']?[ \t]*$"
)
_SETTING: Final = re.compile(r"(?m)^[ \t]*(?:export[ \t]+)?([A-Z_]+)(?:\[0\])?[ \t]*=(.*)$")


def probe_dkms(readings: Readings) -> tuple[DkmsModule, ...]:
    """Return the modules that DKMS knows, by name and version.

    Source:
        dkms(8): ``/var/lib/dkms/NAME/VERSION/KERNEL/ARCH``, ``/usr/src/NAME-VERSION/dkms.conf``.
    """
    found: dict[tuple[str, str], DkmsModule] = {}
    for name in readings.list(_TREE)[:_MOST]:
        for version in readings.list(f"{_TREE}/{name}")[:_MOST]:
            kernels = readings.list(f"{_TREE}/{name}/{version}")
            if version.startswith("kernel-"):  # a link to what is in use
                continue
            built = tuple(k for k in kernels if k[:1].isdigit())
            source = f"{_TREE}/{name}/{version}"
            found[name, version] = _with_limits(
                readings, DkmsModule(name, version, built, source=source)
            )
    for folder in readings.list(_SOURCES)[: 4 * _MOST]:
        named = _settings(readings, folder)
        key = (named.get("PACKAGE_NAME", ""), named.get("PACKAGE_VERSION", ""))
        if all(key) and "$" not in "".join(key) and key not in found:
            module = DkmsModule(*key, source=f"{_SOURCES}/{folder}/dkms.conf")
            found[key] = _with_limits(readings, module)
    return tuple(found[key] for key in sorted(found))


def _with_limits(readings: Readings, module: DkmsModule) -> DkmsModule:
    """Return a module with what its own metadata says about the kernels it can be built for."""
    folder = path_name(f"{module.name}-{module.version}")
    settings = _settings(readings, folder)
    newest = settings.get("BUILD_EXCLUSIVE_KERNEL_MAX", "")
    meta = readings.text(f"{_SOURCES}/{folder}/META") or ""
    maximum = re.search(r"(?m)^Linux-Maximum:\s*(\d{1,3}\.\d{1,3})\b", meta)
    return module._replace(
        exclusive=settings.get("BUILD_EXCLUSIVE_KERNEL", ""),
        max_kernel=maximum[1] if maximum else newest,
        modules=_built(readings, folder),
    )


def _built(readings: Readings, folder: str) -> tuple[str, ...]:
    """Return the modules that a ``dkms.conf`` says are built; names that a shell makes are left out."""
    text = readings.text(f"{_SOURCES}/{folder}/dkms.conf") or ""
    return tuple(sorted({name.replace("-", "_") for name in _BUILDS.findall(text)}))[:_MOST]


def _settings(readings: Readings, folder: str) -> dict[str, str]:
    """Return the settings of a ``dkms.conf``, a shell file of which only plain lines are read."""
    text = readings.text(f"{_SOURCES}/{folder}/dkms.conf") or ""
    return {name: value.strip().strip("\"'") for name, value in _SETTING.findall(text)}
