"""The running kernel: whose it is, how it is configured and what was done to it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from advisor.model.inventory import Distro, Kernel
from advisor.probe.identity import identify
from advisor.probe.identity_reading import build_line
from advisor.probe.modules import KERNELS_KEPT, own_lines
from advisor.probe.readings import Readings
from advisor.system.agent.manifest import path_name, release_in

_MOST_CONFIG: Final = 4 << 20
_SECURE_BOOT: Final = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_TAINTS: Final = (
    "proprietary-module",
    "forced-load",
    "out-of-spec",
    "forced-unload",
    "machine-check",
    "bad-page",
    "user-request",
    "oops",
    "acpi-override",
    "warning",
    "staging-driver",
    "firmware-workaround",
    "out-of-tree",
    "unsigned-module",
    "soft-lockup",
    "live-patch",
    "distribution",
    "randstruct",
    "test",
    "firmware-control",
)
"""The words for the bits of ``/proc/sys/kernel/tainted``, from the lowest."""


def probe_kernel(readings: Readings, distro: Distro, package_version: str) -> Kernel:
    """Return the running kernel.

    Args:
        readings: The machine.
        distro: Its distribution.
        package_version: The version of the package that owns it, or ``""``.
    """
    _, _, release, build, machine = _uname(readings)
    config, source = _config(readings, path_name(release))
    return Kernel(
        identity=identify(
            release=release,
            version=build,
            distro=distro.name or distro.id,
            version_signature=readings.word("/proc/version_signature"),
            proc_version=readings.word("/proc/version"),
            package_version=package_version,
        ),
        build=build,
        machine=machine,
        config=config,
        config_source=source,
        tainted=_tainted(readings),
        out_of_tree=_out_of_tree(readings),
        livepatches=_livepatches(readings),
        lockdown=_lockdown(readings),
        secure_boot=_secure_boot(readings),
        cmdline=readings.word("/proc/cmdline"),
        uptime_s=_uptime(readings),
        modules_dir=f"/lib/modules/{release}" if release in readings.list("/lib/modules") else "",
    )


def running_release(readings: Readings) -> str:
    """Return what ``uname -r`` prints, as it may stand in a path; ``unknown`` where nothing tells."""
    return path_name(_uname(readings)[2])


def machine_of(readings: Readings) -> str:
    """Return what ``uname -m`` prints, ``""`` where nothing tells."""
    return _uname(readings)[4]


def _uname(readings: Readings) -> list[str]:
    """Return system, host, release, version and machine; a capture made by hand may lack it."""
    said = readings.system.run("uname")
    if said is not None:
        return (said.split("\n") + [""] * 5)[:5]
    banner = readings.text("/proc/version") or ""
    return ["Linux", "", release_in(banner), build_line(banner), ""]


@lru_cache(maxsize=KERNELS_KEPT)
def parse_config(text: str) -> Mapping[str, str]:
    """Return CONFIG name without its prefix -> value, of a kernel's ``.config``.

    What is not set is absent; a quoted value loses its quotes.
    """
    lines = [line[7:] for line in text.replace('"', "").split("\n") if line[:7] == "CONFIG_"]
    return dict(pair for pair in (line.split("=", 1) for line in lines) if len(pair) == 2)  # noqa: PLR2004 - name, value


def _config(readings: Readings, release: str) -> tuple[Mapping[str, str] | None, str]:
    packed = readings.system.read_bytes("/proc/config.gz")
    if packed is not None:
        try:
            content = zlib.decompressobj(31).decompress(packed, _MOST_CONFIG)
        except zlib.error:
            readings.missing("the kernel's configuration", "/proc/config.gz", "damaged")
        else:
            return parse_config(content.decode("utf-8", "backslashreplace")), "/proc/config.gz"
    found = readings.first(f"/boot/config-{release}", f"/lib/modules/{release}/config")
    if found is None:
        readings.missing("the kernel's configuration", f"/boot/config-{release}")
        return None, ""
    return parse_config(found[0]), found[1]


def _tainted(readings: Readings) -> tuple[str, ...]:
    text = readings.text("/proc/sys/kernel/tainted", "whether the kernel is tainted")
    if text is None or not re.fullmatch(r"[0-9]{1,20}[ \n]*", text):
        return ()
    bits = int(text)
    return tuple(word for bit, word in enumerate(_TAINTS) if bits >> bit & 1)


def _out_of_tree(readings: Readings) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in own_lines(readings.text("/proc/modules") or ""):
        name, _, rest = line.partition(" ")
        letters = rest.rpartition(" (")[2].rstrip(")+-") if rest.endswith(")") else ""
        if letters.isalpha() and set(letters) & set("POE"):
            found[name] = letters
    return found


def _livepatches(readings: Readings) -> tuple[str, ...]:
    names = readings.list("/sys/kernel/livepatch")
    return tuple(n for n in names if readings.word(f"/sys/kernel/livepatch/{n}/enabled") == "1")


def _lockdown(readings: Readings) -> str:
    match = re.search(r"\[(\w+)\]", readings.word("/sys/kernel/security/lockdown"))
    return match[1] if match else ""


def _secure_boot(readings: Readings) -> str:
    value = readings.system.read_bytes(_SECURE_BOOT)
    if value is not None and len(value) == 5:  # noqa: PLR2004 - four bytes of attributes, one of value
        return "on" if value[4] else "off"
    firmware = readings.system.list("/sys/firmware")
    if firmware is not None and "efi" not in firmware:
        return "off"
    readings.missing("Secure Boot", _SECURE_BOOT)
    return ""


def _uptime(readings: Readings) -> int | None:
    match = re.match(r"([0-9]{1,12})\b", readings.word("/proc/uptime"))
    return int(match[1]) if match else None
