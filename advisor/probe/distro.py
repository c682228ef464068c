"""Whose distribution this is, and what the machine runs inside."""

from __future__ import annotations

import re
from typing import Final

from advisor.model.inventory import Distro, Host
from advisor.probe.readings import Readings

_LINE: Final = re.compile(r"(?m)^([A-Z][A-Z0-9_]*)=(.*)$")
# What the firmware's tables say of its maker -> the word for it, as systemd-detect-virt has it.
_FIRMWARE: Final = (
    ("QEMU", "kvm"),
    ("KVM", "kvm"),
    ("OpenStack", "kvm"),
    ("Google Compute Engine", "kvm"),
    ("Amazon EC2", "kvm"),
    ("Bochs", "kvm"),
    ("VMware", "vmware"),
    ("VMW", "vmware"),
    ("innotek", "oracle"),
    ("VirtualBox", "oracle"),
    ("Xen", "xen"),
    ("Parallels", "parallels"),
    ("BHYVE", "bhyve"),
    ("Apple Virtualization", "apple"),
)
_CLOCKS: Final = (("kvm-clock", "kvm"), ("hyperv", "microsoft"), ("xen", "xen"))
_CLOCK: Final = "/sys/devices/system/clocksource/clocksource0/available_clocksource"


def probe_host(readings: Readings) -> Host:
    """Return the machine's name, distribution, hypervisor and container."""
    fields = (readings.system.run("uname") or "").split("\n")
    return Host(
        name=fields[1] if len(fields) > 1 else "",
        distro=probe_distro(readings),
        virtualization=_virtualization(readings),
        container=_container(readings),
    )


def probe_distro(readings: Readings) -> Distro:
    """Return the distribution as ``os-release`` names it."""
    found = readings.first("/etc/os-release", "/usr/lib/os-release")
    if found is None:
        readings.missing("the distribution", "/etc/os-release")
        return Distro(id="")
    fields = parse_os_release(found[0])
    return Distro(
        id=fields.get("ID", "linux").lower(),
        version=fields.get("VERSION_ID", ""),
        codename=fields.get("VERSION_CODENAME", ""),
        name=fields.get("PRETTY_NAME", "") or fields.get("NAME", ""),
        like=tuple(fields.get("ID_LIKE", "").lower().split()),
    )


def parse_os_release(text: str) -> dict[str, str]:
    """Return the fields of ``os-release``; a later line wins, quotes and their escapes are undone.

    Source:
        os-release(5).
    """
    return {name: _unquoted(value.strip()) for name, value in _LINE.findall(text)}


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        body = value[1:-1]
        return re.sub(r'\\([\\"$`])', r"\1", body) if value[0] == '"' else body
    return value


def _virtualization(readings: Readings) -> str:
    firmware = " ".join(
        readings.word(f"/sys/class/dmi/id/{name}")
        for name in ("sys_vendor", "product_name", "board_vendor")
    )
    if "Microsoft" in firmware and "Virtual Machine" in firmware:
        return "microsoft"
    for sign, word in _FIRMWARE:
        if sign in firmware:
            return word
    clocks = readings.word(_CLOCK)
    for sign, word in _CLOCKS:
        if sign in clocks:
            return word
    if readings.word("/sys/hypervisor/type"):
        return readings.word("/sys/hypervisor/type")
    flags = re.search(r"(?m)^flags\s*:.*\bhypervisor\b", readings.word("/proc/cpuinfo"))
    return "vm" if flags else ""


def _container(readings: Readings) -> str:
    """Return what kind of container this is; a file that an image left behind makes none.

    Source:
        Linux include/linux/proc_ns.h: PROC_PID_INIT_INO is 0xEFFFFFFC in the first namespace.
    """
    if readings.system.readlink("/proc/self/ns/pid") == "pid:[4026531836]":
        return ""
    named = readings.word("/run/systemd/container")
    if named:
        return named
    if readings.system.read("/.dockerenv") is not None:
        return "docker"
    return "podman" if readings.system.read("/run/.containerenv") is not None else ""
