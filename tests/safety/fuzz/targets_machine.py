"""Parsers of what a machine says of itself, each through the door that a scan uses."""

# ruff: noqa: E501 - tables and inputs, a line each
from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final

from advisor.model.inventory import Distro
from advisor.probe import apt, managers
from advisor.probe.aliases import AliasTable
from advisor.probe.autoload import dependents, probe_autoload
from advisor.probe.devices import probe_devices
from advisor.probe.distro import parse_os_release, probe_host
from advisor.probe.dkms import probe_dkms
from advisor.probe.features import probe_features
from advisor.probe.hardware import probe_hardware
from advisor.probe.identity import VENDORS, identify
from advisor.probe.kernel import parse_config, probe_kernel, running_release
from advisor.probe.modules import files_in, probe_files, probe_modules
from advisor.probe.networks import table_features
from advisor.probe.packages import probe_packages
from advisor.probe.readings import Readings
from advisor.probe.sockets import socket_features
from advisor.probe.storage import probe_mounts, probe_spaces
from advisor.probe.usage import held_features, holders
from advisor.system.agent.capture import ABOUT
from advisor.system.agent.unpack import text
from advisor.system.recorded import RecordedSystem
from tests.safety.fuzz.files import LINKS, LISTED, RELEASE
from tests.safety.fuzz.mutate import changed, changed_json
from tests.safety.fuzz.seeds import FILES, packed, plain_tar, small, texts
from tests.safety.fuzz.target import Make, Run, Target, seeded

NOW: Final = 1_795_341_600
_ABOUT: Final = json.dumps(
    {"schema": "advisor.capture/1", "unread": {"/proc/x": "permission denied"}, "listed": LISTED}
).encode()
_Probe = Callable[[Readings], object]


def folder(*starts: str) -> tuple[str, ...]:
    """Return the example files below some folders."""
    return tuple(path for path in FILES if path.startswith(starts))


def machine_of(paths: Sequence[str]) -> Make:
    """Return a maker of small machines that have these files, some of them changed."""
    seeds = {path: small(texts(path)) for path in paths}
    everything = tuple(content for contents in seeds.values() for content in contents)

    def make(rng: Random) -> bytes:
        files: dict[str, bytes | str] = {
            "/commands/uname": texts("/commands/uname")[0],
            ABOUT: _ABOUT,
        }
        files |= {path: rng.choice(contents) for path, contents in seeds.items()}
        for _ in range(rng.randint(1, 3)):
            path = rng.choice(paths)
            files[path] = changed(rng, rng.choice(seeds[path]), rng.choice(everything))
        if rng.random() < 0.1:
            files[ABOUT] = changed_json(rng, _ABOUT, b"{}")
        return plain_tar({**LINKS, **files})

    return make


def machine_run(*probes: _Probe) -> Run:
    """Return a run that asks a machine in a plain capture."""

    def run(data: bytes) -> None:
        readings = Readings(RecordedSystem(io.BytesIO(data), "fuzz.tar"), now=NOW)
        for probe in probes:
            probe(readings)
        assert all(unknown.what and unknown.why for unknown in readings.unknowns)

    return run


def machine(name: str, reads: str, paths: Iterable[str], *probes: _Probe, share: int = 1) -> Target:
    """Return a target that asks small machines."""
    return Target(name, reads, machine_of(tuple(paths)), machine_run(*probes), share=share)


def _identify(data: bytes) -> None:
    parts = (text(data).split("\x1f") + [""] * 6)[:6]
    found = identify(
        release=parts[0],
        version=parts[1],
        distro=parts[2],
        version_signature=parts[3],
        proc_version=parts[4],
        package_version=parts[5],
    )
    assert found.vendor in VENDORS
    assert found.why
    assert found.upstream is None or found.upstream.series == found.series


def _identity_seeds() -> tuple[bytes, ...]:
    signature = texts("/proc/version_signature")[0]
    banner = texts("/proc/version")[0]
    found: list[bytes] = []
    for uname in texts("/commands/uname"):
        lines = uname.split(b"\n")
        found.append(b"\x1f".join((lines[2], lines[3], b"debian", signature, banner, b"6.12.94-1")))
        found.append(lines[2])
    releases = (
        b"6.19.8-061908rc3-generic",
        b"6.6.51+rpt-rpi-v8",
        b"2.6.32-5-686",
        b"6.12.10-arch1-1",
    )
    found += [
        b"\x1f".join((release, b"#1 SMP", b"arch", b"", b"", b"1:6.12~rc3-1"))
        for release in releases
    ]
    return tuple(found)


def _aliases(data: bytes) -> None:
    listed, _, builtin = text(data).partition("\x1f")
    table = AliasTable(listed, builtin)
    for modalias in (
        "pci:v00008086d000015B8sv00001043sd00008672bc02sc00i00",
        "",
        "usb:v0BDAp8153d3000",
        "fs-ext4",
    ):
        assert len(set(table.modules(modalias))) == len(table.modules(modalias))


def _dependents(data: bytes) -> None:
    assert all(users for users in dependents(text(data)).values())


def _files_in(data: bytes) -> None:
    assert all("-" not in module for module in files_in(text(data)))


def _config(data: bytes) -> None:
    assert all("=" not in name for name in parse_config(text(data)))


def _os_release(data: bytes) -> None:
    assert all(name.isupper() for name in parse_os_release(text(data)))


def _packed_config(rng: Random) -> bytes:
    config = small(texts(f"/boot/config-{RELEASE}"))
    content = packed(changed(rng, rng.choice(config), b"CONFIG_X=y"))
    content = changed(rng, content, content) if rng.random() < 0.5 else content
    return plain_tar({"/proc/config.gz": content, "/commands/uname": texts("/commands/uname")[0]})


def _kernel(readings: Readings) -> None:
    probe_kernel(readings, Distro(id="debian", name="Debian"), "6.12.94-1")


def _modules(readings: Readings) -> None:
    release = running_release(readings)
    files = probe_files(readings, release)
    probe_modules(readings, release, None, files)
    for feature in held_features(holders(readings)):
        assert feature.id


def _devices(readings: Readings) -> None:
    release = running_release(readings)
    files = probe_files(readings, release)
    table = AliasTable(readings.text(f"/lib/modules/{release}/modules.alias"))
    devices = probe_devices(readings, probe_modules(readings, release, None, files), files, table)
    assert all(device.name for device in devices)


def _packages(readings: Readings) -> None:
    probe_packages(readings, probe_host(readings), running_release(readings), "x86_64")


def _managers(readings: Readings) -> None:
    for known in (managers.pacman(readings), managers.apk(readings), managers.nix(readings)):
        assert all(kernel.release for kernel in known.installed)
    apt.list_age_days(readings)


def _autoload(readings: Readings) -> None:
    release = running_release(readings)
    table = AliasTable(readings.text(f"/lib/modules/{release}/modules.alias"))
    found = probe_autoload(readings, release, table, {"USER_NS": "y"}, probe_mounts(readings))
    assert all(found.aliases.values()) if found.aliases is not None else True
    assert all((found.dependents or {}).values())


def _features(readings: Readings) -> None:
    mounts = probe_mounts(readings)
    table = AliasTable("")
    autoload = probe_autoload(readings, running_release(readings), table, {"IO_URING": "y"}, mounts)
    features = probe_features(
        readings, host=probe_host(readings), devices=(), mounts=mounts, autoload=autoload, config={}
    )
    assert all(feature.id and feature.evidence for feature in features)
    list(table_features(readings))
    list(socket_features(readings))


_LIB: Final = f"/lib/modules/{RELEASE}"
_SEPARATED: Final = tuple(
    alias + b"\x1f" + builtin
    for alias in small(texts(f"{_LIB}/modules.alias"))
    for builtin in small(texts(f"{_LIB}/modules.builtin.modinfo"), 2000)[:3]
)
_PACKAGES: Final = folder("/var/lib/", "/etc/apt", "/etc/os-release", "/etc/pacman", "/etc/apk", "/lib/apk",
    "/var/cache", "/etc/dnf", "/etc/zypp", "/run/reboot", "/usr/src", "/etc/kernel")  # fmt: skip

TARGETS: Final = (
    Target("identity", "`uname -r` and `-v`, version signatures, package versions", seeded(_identity_seeds()), _identify),
    Target("os-release", "`os-release`", seeded(texts("/etc/os-release")), _os_release),
    Target("modules.alias", "`modules.alias`, `modules.builtin.modinfo`", seeded(_SEPARATED), _aliases, share=4),
    Target("modules.dep", "`modules.dep`", seeded(small(texts(f"{_LIB}/modules.dep"))), _dependents),
    Target("modules.order", "`modules.order`, `modules.builtin`", seeded(
        small((*texts(f"{_LIB}/modules.order"), *texts(f"{_LIB}/modules.builtin")))), _files_in),
    Target("config", "kernel configuration", seeded(small(texts(f"/boot/config-{RELEASE}"))), _config),
    Target("config.gz", "`/proc/config.gz`", _packed_config, machine_run(_kernel)),
    machine("proc-kernel", "`/proc/version*`, `tainted`, `cmdline`, `lockdown`, Secure Boot, live patches",
        folder("/proc/version", "/proc/sys/kernel", "/proc/cmdline", "/proc/uptime", "/sys/kernel", "/sys/firmware",
               "/proc/modules", "/commands/uname"), _kernel, share=4),
    machine("proc-modules", "`/proc/modules`", ("/proc/modules", f"{_LIB}/modules.builtin"), _modules, share=4),
    machine("proc-net", "`/proc/net/*`, `/proc/sys/*`, cgroups, `/sys/block`", folder("/proc/", "/sys/block", "/sys/fs",
        "/sys/module", "/sys/class", "/commands/", "/sys/hyper", "/run/systemd", "/etc/fstab"), _features, share=10),
    machine("mounts", "`/proc/mounts`, `fstab`, free space", ("/proc/mounts", "/etc/fstab", "/commands/space"),
        probe_mounts, probe_spaces, share=4),
    machine("devices", "`uevent`, udev's database, attributes, routes, link table", folder("/sys/devices", "/run/udev",
        "/proc/net/route", "/proc/net/ipv6", "/commands/", "/proc/ioports", f"{_LIB}/modules.alias"), _devices, share=10),
    machine("packages", "dpkg, apt, pacman, apk, rpm, nix, DKMS together", _PACKAGES, _packages, _managers, share=10),
    machine("dkms", "`dkms.conf`, OpenZFS `META`", folder("/usr/src", "/var/lib/dkms"), probe_dkms, share=4),
    machine("modprobe.d", "`modprobe.d`, automounters, namespaces", folder("/etc/modprobe.d", "/proc/sys/user",
        "/proc/sys/kernel", f"{_LIB}/modules.dep", f"{_LIB}/modules.alias"), _autoload, share=4),
    machine("hardware", "`cpuinfo`, disks, DMI, hypervisor", folder("/proc/cpuinfo", "/sys/block", "/sys/class/dmi",
        "/sys/hyper", "/sys/devices/system", "/run/systemd", "/etc/os-release", "/commands/uname"), probe_host, probe_hardware, share=4),
)  # fmt: skip

__all__ = ["NOW", "TARGETS", "machine_of"]
