"""What package managers other than apt know of kernels, as far as their files tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from advisor.model.packages import InstalledKernel, OfferedKernel
from advisor.probe.kernels import images
from advisor.probe.readings import Readings

_LOCAL: Final = "/var/lib/pacman/local"
_SYNC: Final = "/var/lib/pacman/sync"
_APK_DB: Final = "/lib/apk/db/installed"
_APK_CACHE: Final = "/var/cache/apk"
_DESC: Final = re.compile(r"%NAME%\n(\S+)\n\n%VERSION%\n(\S+)\n")
_NO_KERNELS: Final = ("linux-api", "linux-tools", "linux-docs", "linux-firmware")
_APK: Final = re.compile(r"P:(\S+)\nV:(\S+)\n")


class Known(NamedTuple):
    """What a package manager knows of kernels."""

    installed: tuple[InstalledKernel, ...] = ()
    offered: tuple[OfferedKernel, ...] = ()
    held: tuple[str, ...] = ()
    list_age_days: int | None = None
    unread: tuple[str, ...] = ()


def pacman(readings: Readings) -> Known:
    """Return the kernels that pacman has installed, and those of its databases."""
    installed: dict[str, InstalledKernel] = {}
    for folder in readings.list(_LOCAL):
        path = f"{_LOCAL}/{folder}/desc"
        for name, version in _DESC.findall(readings.text(path) or ""):
            release = arch_release(name, version)
            if release:
                installed[name] = InstalledKernel(release, name, version, path)
    offered: list[OfferedKernel] = []
    ages: list[int] = []
    unread: list[str] = []
    for database in readings.list(_SYNC) if installed else ():
        path = f"{_SYNC}/{database}"
        age = readings.age_days(path)
        ages += [] if age is None else [age]
        text = readings.text(path, "the kernels that a database of pacman offers")
        unread += [path] if text is None else []
        for name, version in _DESC.findall(text or ""):
            if name in installed and arch_release(name, version):
                release = arch_release(name, version)
                offered.append(
                    OfferedKernel(release, name, version, database[:-3], age, name, source=path)
                )
    held = _ignored(readings, "/etc/pacman.conf", r"linux")
    age = min(ages, default=None)
    return Known(tuple(installed.values()), tuple(offered), tuple(held), age, tuple(unread))


def arch_release(name: str, version: str) -> str:
    """Return the release of an Arch package: linux 6.12.1.arch1-1 is ``6.12.1-arch1-1``.

    The variant comes last: linux-lts 6.6.63-1 is ``6.6.63-1-lts``. Manjaro has a package a series:
    linux612 6.12.30-1 is ``6.12.30-1-MANJARO``.
    """
    match = re.fullmatch(r"(?:\d+:)?(\d+(?:\.\d+)+)(?:\.([a-z]+\d+))?-([\d.]+)", version)
    if match is None or name.startswith(_NO_KERNELS):
        return ""
    parts = [match[1], *([match[2]] if match[2] else []), match[3]]
    if re.fullmatch(r"linux\d{2,3}", name):
        return "-".join([*parts, "MANJARO"])
    return "-".join([*parts, *([name[6:]] if name.startswith("linux-") else [])])


def apk(readings: Readings) -> Known:
    """Return the kernels that apk has installed, and those of its cached indexes."""
    installed = {
        name: InstalledKernel(alpine_release(name, version), name, version, _APK_DB)
        for name, version in _APK.findall(readings.text(_APK_DB) or "")
        if alpine_release(name, version)
    }
    offered: list[OfferedKernel] = []
    ages: list[int] = []
    unread: list[str] = []
    for index in readings.list(_APK_CACHE) if installed else ():
        path = f"{_APK_CACHE}/{index}"
        age = readings.age_days(path)
        ages += [] if age is None else [age]
        text = readings.text(path, "the kernels that an index of apk offers")
        unread += [path] if text is None else []
        for name, version in _APK.findall(text or ""):
            release = alpine_release(name, version)
            if release and name in installed:
                offered.append(OfferedKernel(release, name, version, "", age, name, source=path))
    world = readings.word("/etc/apk/world").split()
    held = [f"/etc/apk/world: {word}" for word in world if re.match(r"linux-\w+[=<~]", word)]
    age = min(ages, default=None)
    return Known(tuple(installed.values()), tuple(offered), tuple(held), age, tuple(unread))


def alpine_release(name: str, version: str) -> str:
    """Return the release of an Alpine package: linux-lts 6.12.30-r0 is ``6.12.30-0-lts``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)+(?:_rc\d+)?)-r(\d+)", version)
    flavour = re.fullmatch(r"linux-(lts|virt|edge|rpi\d?|stable|openpax|gru|asahi|elm|p1)", name)
    return f"{match[1].replace('_', '-')}-{match[2]}-{flavour[1]}" if match and flavour else ""


def rpm(readings: Readings, manager: str, machine: str) -> Known:
    """Return the kernels of a machine that has rpm: their releases are their packages' versions."""
    from advisor.probe.repositories import find_repositories, offered_rpms  # noqa: PLC0415 - seldom

    found = {kernel.release: kernel.source for kernel in images(readings)}
    kernels = [_rpm_kernel(manager, release, found[release]) for release in sorted(found)]
    held = [
        *_ignored(readings, "/etc/dnf/dnf.conf", r"kernel"),
        *_ignored(readings, "/etc/yum.conf", r"kernel"),
        *_locked(readings),
    ]
    if not kernels:
        return Known(held=tuple(held))
    repositories = find_repositories(readings, manager)
    offers = offered_rpms(readings, manager, machine, repositories=repositories, installed=kernels)
    ages = [one.age_days for one in repositories if one.age_days is not None]
    return Known(
        tuple(kernels), offers.kernels, tuple(held), min(ages, default=None), offers.unread
    )


def _rpm_kernel(manager: str, release: str, source: str) -> InstalledKernel:
    """Return an installed kernel; SUSE's package counts rebuilds, which the release does not tell."""
    if manager == "zypper":
        flavour = re.search(r"-([a-z][a-z0-9]{1,15})\Z", release)
        return InstalledKernel(
            release, f"kernel-{flavour[1]}" if flavour else "kernel-default", "", source
        )
    version, _, variant = re.sub(r"\.(x86_64|aarch64|ppc64le|s390x)\b", "", release).partition("+")
    package = f"kernel-{variant}-core" if re.fullmatch("rt|64k|16k", variant) else "kernel-core"
    return InstalledKernel(release, package, version, source)


def _locked(readings: Readings) -> Iterator[str]:
    for path in (
        "/etc/dnf/plugins/versionlock.list",
        "/etc/dnf/versionlock.toml",
        "/etc/zypp/locks",
    ):
        match = re.search(r"(?m)^[^#\n]*\bkernel[-\w]*", readings.word(path))
        if match:
            yield f"{path}: {match[0].strip()[:80]}"


def _ignored(readings: Readings, path: str, name: str) -> Iterator[str]:
    """Yield the lines that keep kernels back."""
    for line in readings.word(path).split("\n"):
        if re.search(rf"[\s=]{name}", line):
            yield f"{path}: {line.strip()[:120]}"


def nix(readings: Readings) -> Known:
    """Return the kernels of NixOS: the one of the running system, and the one of the next boot."""
    kernels: dict[str, InstalledKernel] = {}
    for path in ("/run/booted-system/kernel", "/run/current-system/kernel"):
        target = readings.system.readlink(path) or ""
        match = re.search(r"-linux-(\d[^/]*)/", target)
        if match:
            kernels[match[1]] = InstalledKernel(match[1], "linux", match[1], f"{path} -> {target}")
    return Known(tuple(kernels.values()))
