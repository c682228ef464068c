"""What someone other than root can make the kernel load here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from advisor.model.inventory import Autoload, Mount
from advisor.probe.aliases import AliasTable
from advisor.probe.modules import KERNELS_KEPT, in_memory, own_lines
from advisor.probe.readings import Readings

_FOLDERS: Final = ("/usr/lib/modprobe.d", "/lib/modprobe.d", "/run/modprobe.d", "/etc/modprobe.d")
_RULE: Final = re.compile(r"(alias|blacklist|install)\s+(\S+)\s*(.*)")
_NEVER: Final = re.compile(r"(?:/usr)?(?:/bin/)?(?:true|false)\s*(?:#.*)?")
_CLONE: Final = "/proc/sys/kernel/unprivileged_userns_clone"
_RESTRICTED: Final = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
_AUTOMOUNTERS: Final = ("udisks2.service", "autofs.service", "usbmount.service", "udiskie.service")


class LazyMapping(Mapping[str, tuple[str, ...]]):
    """A mapping that is worked out on the first question: most scans of small machines ask none.

    Args:
        make: Works it out.
    """

    def __init__(self, make: Callable[[], Mapping[str, tuple[str, ...]]]) -> None:
        self._make = make
        self._found: Mapping[str, tuple[str, ...]] | None = None

    def _all(self) -> Mapping[str, tuple[str, ...]]:
        if self._found is None:
            self._found = self._make()
        return self._found

    def __getitem__(self, module: str) -> tuple[str, ...]:
        return self._all()[module]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return f"LazyMapping({self._all()!r})"


@lru_cache(maxsize=KERNELS_KEPT)
def dependents(text: str) -> Mapping[str, tuple[str, ...]]:
    """Return module -> the modules that bring it in with them.

    Args:
        text: All of ``modules.dep``: ``kernel/a/x.ko.xz: kernel/b/y.ko.xz kernel/c/z.ko.xz``.

    Source:
        modules.dep(5): the list holds what those need in turn, too.
    """
    found: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for line in own_lines(text):
        above, _, below = line.partition(":")
        if below:
            user = _module_of(above, names)
            for path in below.split():
                found.setdefault(_module_of(path, names), []).append(user)
    return {module: tuple(users) for module, users in found.items()}


def _module_of(path: str, names: dict[str, str]) -> str:
    """Return the module of a file, each worked out once."""
    if path not in names:
        names[path] = in_memory(path[path.rfind("/") + 1 :].partition(".ko")[0])
    return names[path]


def probe_autoload(
    readings: Readings,
    release: str,
    table: AliasTable,
    config: Mapping[str, str] | None,
    mounts: tuple[Mount, ...],
) -> Autoload:
    """Return what other than root can make this kernel load."""
    namespaces, source = _user_namespaces(readings, config)
    rules = _rules(readings)
    depends = readings.text(f"/lib/modules/{release}/modules.dep")
    return Autoload(
        dependents=None if depends is None else LazyMapping(lambda: dependents(depends)),
        aliases=LazyMapping(table.on_request) if table.known else None,
        user_namespaces=namespaces,
        user_namespaces_source=source,
        automount=_automount(readings, mounts),
        blocked=rules.blocked,
        blacklisted=rules.blacklisted,
        led=rules.led,
        modules_disabled=readings.word("/proc/sys/kernel/modules_disabled") == "1",
    )


def _user_namespaces(readings: Readings, config: Mapping[str, str] | None) -> tuple[str, str]:
    """Return whether any user may make a user namespace, and the reading that says so."""
    if config is not None and "USER_NS" not in config:
        return "closed", "CONFIG_USER_NS is not set"
    most = readings.word("/proc/sys/user/max_user_namespaces")
    if most == "0":
        return "closed", "/proc/sys/user/max_user_namespaces is 0"
    if readings.word(_CLONE) == "0":
        return "closed", f"{_CLONE} is 0"
    if readings.word(_RESTRICTED) == "1":
        return "open", f"{_RESTRICTED} is 1, but any user may run a program that it leaves free"
    if re.fullmatch("[0-9]{1,10}", most):
        return "open", f"/proc/sys/user/max_user_namespaces is {most}"
    readings.missing("whether users may make namespaces", "/proc/sys/user/max_user_namespaces")
    return "", ""


def _automount(readings: Readings, mounts: tuple[Mount, ...]) -> str:
    services = readings.list("/sys/fs/cgroup/system.slice")
    for name in _AUTOMOUNTERS:
        if name in services:
            return f"/sys/fs/cgroup/system.slice: {name} runs"
    for mount in mounts:
        if mount.type == "autofs" and mount.point != "/proc/sys/fs/binfmt_misc":
            return f"/proc/mounts: autofs on {mount.point}"
    return ""


class _Rules(NamedTuple):
    """What modprobe is told, as in :class:`Autoload`."""

    blocked: dict[str, str]
    blacklisted: dict[str, str]
    led: dict[str, str]


def _rules(readings: Readings) -> _Rules:
    """Return what modprobe is told not to load, each with the line that tells it.

    Source:
        modprobe.d(5): a file hides one of the same name in a later folder. modprobe(8) reads
        ``modprobe.blacklist=`` of the kernel's command line, the kernel itself ``module_blacklist=``.
    """
    rules = _Rules({}, {}, {})
    files = {name: folder for folder in _FOLDERS for name in readings.list(folder)}
    for name, folder in sorted(files.items()):
        for line in own_lines(readings.text(f"{folder}/{name}") or ""):
            match = _RULE.match(line.strip())
            if match is not None:
                _add(rules, match, f"{folder}/{name}: {match[1]} {match[2]}")
    at_boot = {"modprobe.blacklist": rules.blacklisted, "module_blacklist": rules.blocked}
    for word in (readings.text("/proc/cmdline") or "").split():
        name, _, modules = word.partition("=")
        if name in at_boot:
            for module in modules.split(","):
                at_boot[name][in_memory(module)] = f"/proc/cmdline: {name}={module}"
    return rules


def _add(rules: _Rules, match: re.Match[str], reading: str) -> None:
    word, name, rest = match.groups()
    if word == "blacklist":
        rules.blacklisted[in_memory(name)] = reading
    elif word == "alias" and rest:
        rules.led[name] = in_memory(rest.split()[0])
    elif word == "install" and _NEVER.fullmatch(rest):
        rules.blocked[in_memory(name)] = reading
