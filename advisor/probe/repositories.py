"""What dnf and zypper know without network: the lists of repositories that they keep."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from advisor.model.packages import InstalledKernel, OfferedKernel
from advisor.probe.readings import Readings
from advisor.probe.versions import natural_key

_CACHES: Final = {
    "dnf": ("/var/cache/dnf", "/var/cache/libdnf5"),
    "zypper": ("/var/cache/zypp/raw",),
}
_FOLDERS: Final = {
    "dnf": ("/etc/yum.repos.d", "/usr/share/dnf5/repos.d", "/etc/dnf/repos.override.d"),
    "zypper": ("/etc/zypp/repos.d",),
}
_COMMANDS: Final = {
    "dnf": "dnf list --showduplicates kernel",
    "zypper": "zypper search -s kernel-default",
}
_MOST: Final = 200
_PACKAGE: Final = re.compile(
    r'<name>(\S{1,64})</name><arch>(\w{1,16})</arch><version ver="(\S{1,64})" rel="(\S{1,64})"/>'
)
_NAMED: Final = re.compile(
    r'<package name="(\S{1,64})" version="(\S{1,64})" release="(\S{1,64})" arch="(\w{1,16})"/>'
)
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,7}")
# Parts of a release that say who built it, and nothing about its variant.
_NOISE: Final = frozenset({"fc", "el", "lp", "amzn", "rc", "eln", "bp", "git", "pre"})


class Repository(NamedTuple):
    """A repository whose lists are on disk.

    Attributes:
        id: What its ``.repo`` file calls it: ``baseos``.
        folder: Where its lists are.
        primary: The list of its packages.
        advisories: The list of what its updates mend, ``""`` where it has none.
        fetched: When the lists were fetched or found unchanged, in seconds since 1970; 0 where
            that cannot be told.
        age_days: Days since then, None where that cannot be told.
    """

    id: str
    folder: str
    primary: str
    advisories: str
    fetched: int
    age_days: int | None


class Offers(NamedTuple):
    """What the lists offer.

    Attributes:
        kernels: The kernels, oldest first.
        unread: Lists that are there and could not be read.
    """

    kernels: tuple[OfferedKernel, ...]
    unread: tuple[str, ...]


def offered_rpms(
    readings: Readings,
    manager: str,
    machine: str,
    *,
    repositories: tuple[Repository, ...],
    installed: Iterable[InstalledKernel],
) -> Offers:
    """Return the kernels of the lists that dnf or zypper keep, of the variants that are installed.

    Args:
        readings: The machine.
        manager: ``dnf`` or ``zypper``.
        machine: ``uname -m``.
        repositories: Those whose lists are here.
        installed: The kernels that are here.
    """
    variants = {_variant(kernel.release) for kernel in installed}
    found: dict[tuple[str, str], OfferedKernel] = {}
    unread: list[str] = []
    if not repositories:
        why = f"no list of an enabled repository is on disk; it is asked with: {_COMMANDS[manager]}"
        readings.missing(f"the kernels that {manager} offers", _CACHES[manager][0], why)
    for repository in repositories:
        text = readings.text(repository.primary)
        if text is None:
            why = f"{readings.system.reason(repository.primary)}; it is asked with: {_COMMANDS[manager]}"
            readings.missing(f"the kernels that {repository.id} offers", repository.primary, why)
            unread.append(repository.primary)
        for name, arch, version, revision in _PACKAGE.findall(text or ""):
            release = release_of(manager, name, version, revision, arch)
            if arch == machine and _variant(release) in variants:
                meta = name.removesuffix("-core")
                kernel = OfferedKernel(
                    release, name, f"{version}-{revision}", repository.id,
                    repository.age_days, meta, source=repository.primary,
                )  # fmt: skip
                known = found.get((release, kernel.package_version))
                if known is None or len(known.package) < len(name):
                    found[release, kernel.package_version] = kernel
    kernels = (found[key] for key in sorted(found, key=lambda key: natural_key(key[1])))
    return Offers(tuple(kernels), tuple(unread))


def advised_cves(
    readings: Readings, manager: str, machine: str, repositories: tuple[Repository, ...]
) -> tuple[Mapping[str, frozenset[str]], str]:
    """Return build -> CVE ids that its own advisories say it mends, and who says so.

    Source:
        ``updateinfo.xml``, which dnf and zypper fetch beside the list of packages.
    """
    found: dict[str, set[str]] = {}
    sources: list[str] = []
    for repository in repositories:
        text = readings.text(repository.advisories) if repository.advisories else None
        if text:
            sources.append(repository.id)
        for row in (text or "").split("\n"):
            cves = _CVE.findall(row)
            for _, version, revision, arch in _NAMED.findall(row):
                if arch == machine:
                    found.setdefault(build_of(manager, version, revision), set()).update(cves)
    source = f"the advisories of {', '.join(sources)}" if sources else ""
    return {version: frozenset(cves) for version, cves in found.items()}, source


def up_to(cves: Mapping[str, frozenset[str]], build: str) -> frozenset[str]:
    """Return what the advisories of a build and of all before it of its series name."""
    key, line = natural_key(build), _line(build)
    parts = (
        ids for other, ids in cves.items() if _line(other) == line and natural_key(other) <= key
    )
    return frozenset[str]().union(*parts)


def release_of(manager: str, name: str, version: str, revision: str, arch: str) -> str:
    """Return the release of an rpm's kernel.

    Args:
        manager: ``dnf`` or ``zypper``.
        name: ``kernel-rt-core``.
        version: ``5.14.0``.
        revision: ``503.11.1.el9_5``; SUSE adds a number that counts rebuilds: ``1.1``.
        arch: ``x86_64``.

    Returns:
        ``5.14.0-503.11.1.el9_5.x86_64+rt``; ``6.18.30-1-default``.
    """
    if manager == "zypper":
        return f"{build_of(manager, version, revision)}-{name.removeprefix('kernel-')}"
    added = re.search(r"-(rt|64k|16k)(?:-|\Z)", name)
    plus = f"+{added[1]}" if added and f".{added[1]}" not in revision else ""
    return f"{version}-{revision}.{arch}{plus}"


def build_of(manager: str, version: str, revision: str) -> str:
    """Return a package's version without SUSE's count of rebuilds: ``6.18.30-1``."""
    rebuilt = re.sub(r"\.\d+(?=(?:\.g[0-9a-f]+)?\Z)", "", revision)
    return f"{version}-{rebuilt if manager == 'zypper' else revision}"


def build_of_release(manager: str, release: str) -> str:
    """Return the build that a release names: ``5.14.0-503.11.1.el9_5``, ``6.18.30-1``."""
    if manager == "zypper":
        return release.rpartition("-")[0]
    return re.sub(r"\.(x86_64|aarch64|ppc64le|s390x|i686)(\+\w+)?\Z", "", release)


def _variant(release: str) -> frozenset[str]:
    """Return the words of a release that name its variant: ``rt``, ``uek``, ``elrepo``, ``default``."""
    tail = release.partition("-")[2].lower()
    tail = re.sub(r"\.g[0-9a-f]{6,40}\b|[._](?:x86_64|aarch64|ppc64le|s390x|i686)\b", "", tail)
    return frozenset(re.findall(r"(?:64|16)k|[a-z]+", tail)) - _NOISE


def _line(version: str) -> str:
    return ".".join(version.partition("-")[0].split(".")[:2])


def find_repositories(readings: Readings, manager: str) -> tuple[Repository, ...]:
    """Return the repositories that are switched on and whose lists are here, by name."""
    enabled = _enabled(readings, manager)
    newest: dict[str, Repository] = {}
    for cache in _CACHES[manager]:
        for folder in readings.list(cache)[:_MOST]:
            name = folder if manager == "zypper" else folder.rpartition("-")[0]
            if enabled is not None and name not in enabled:
                continue
            repository = _repository(readings, name, f"{cache}/{folder}/repodata")
            if repository is None:
                continue
            # An upgrade of the distribution leaves the old release's lists behind.
            if name not in newest or repository.fetched > newest[name].fetched:
                newest[name] = repository
    return tuple(newest[name] for name in sorted(newest))


def _repository(readings: Readings, name: str, folder: str) -> Repository | None:
    files = readings.list(folder)
    index = readings.text(f"{folder}/repomd.xml")
    if index is not None:
        files = tuple(file for file in files if f"/{file}" in index)
    primary = [file for file in files if "primary.xml" in file]
    advisories = [file for file in files if "updateinfo.xml" in file]
    if not primary:
        return None
    paths = (f"{folder}/repomd.xml", f"{folder}/{primary[0]}")
    fetched = max(readings.system.modified(path) or 0 for path in paths)
    age = max(0, (readings.now - fetched) // 86400) if fetched else None
    told = f"{folder}/{advisories[0]}" if advisories else ""
    return Repository(name, folder, paths[1], told, fetched, age)


def _enabled(readings: Readings, manager: str) -> frozenset[str] | None:
    """Return the repositories that are switched on, None where no file names any or one is unreadable."""
    states: dict[str, bool] = {}
    for folder in _FOLDERS[manager]:
        for file in readings.list(folder)[:_MOST]:
            name = ""
            text = readings.text(f"{folder}/{file}")
            if text is None:
                return None
            for line in text.split("\n")[: 50 * _MOST]:
                if line.startswith("["):
                    name = line[1:].partition("]")[0]
                    states.setdefault(name, True)
                elif name and line.startswith("enabled"):
                    value = line.partition("=")[2].strip().lower()
                    states[name] = value in {"1", "yes", "true", "on"}
    return frozenset(name for name, on in states.items() if on) if states else None
