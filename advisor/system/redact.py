"""Captures without what tells whose machine it is; the answer stays the same.

Hardware and network addresses, serial numbers, the names of hosts, of users and of their folders are
replaced. One thing gets one stand-in throughout, so that what belonged together still does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final, cast

from advisor.system.agent.capture import ABOUT, Member
from advisor.system.tarball import unusable

# The kernel's log may name people's disks, files and servers: it stays out altogether.
_LOG: Final = "/commands/log"
_MAC_NAME: Final = re.compile(rb"(?<![A-Za-z0-9])((?:en|wl|ww|et|ib)x)[0-9a-f]{12}\b")
_MAC: Final = re.compile(rb"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")
_GUID: Final = re.compile(rb"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
_CONTAINER: Final = re.compile(rb"\b(lxc\.(?:payload|monitor)\.)[\w.-]+")
_LONG_HEX: Final = re.compile(rb"\b(?!0+\b)[0-9a-f]{32,128}\b")
_IPV4: Final = re.compile(rb"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_IPV6: Final = re.compile(
    rb"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{1,4})*(?![\w:])"
)
# Files whose content is the same on every machine of its kind: nothing in them is anyone's own.
_COMMON: Final = re.compile(
    r"/(lib/modules|boot|usr/(lib|share|src)|var/lib/(dpkg|apt|pacman|dkms)|var/cache|lib/apk|etc/os-release"
    r"|proc/(config\.gz|modules|filesystems|ioports|cpuinfo|sys|net/protocols))\b"
)
_WORDS: Final = re.compile(
    rb"(quiet|splash|ro|rw|nomodule\w*|debug|single|emergency|rescue|nomodeset|noapic|nolapic|nosmt"
    rb"|(?:mitigations|lockdown|module_blacklist|modprobe\.blacklist|security|apparmor|selinux|lsm"
    rb"|audit|pti|spectre_v2\w*|spec_store_bypass_disable|l1tf|mds|tsx\w*|nosmt|intel_iommu|amd_iommu"
    rb"|iommu|init_on_alloc|init_on_free|slab_nomerge|page_alloc\.shuffle|vsyscall|debugfs|oops|panic"
    rb"|module\.sig_enforce|nohz|isolcpus|rcu_nocbs|processor\.max_cstate|intel_idle\.max_cstate"
    rb"|pcie_aspm|acpi\w*|console|consoleblank|loglevel|ipv6\.disable|cgroup\w*|psi|swapaccount"
    rb"|zswap\.\w+|hugepages\w*|transparent_hugepage|systemd\.unified_cgroup_hierarchy)"
    rb"=[\w,.:/+-]*)\Z"
)
_HOME: Final = re.compile(
    rb"^(/(?:home|Users|root|export/home|mnt|media|srv|data|run/media|run/user)/)(\S+)"
)
# Repositories of rpms that are anybody's; another's name may be that of a company or a server.
_PUBLIC: Final = re.compile(
    r"(?i)(?:fedora|updates|baseos|appstream|crb|extras|plus|epel|elrepo|rhel|ol\d|amazonlinux|rpmfusion|kernel"
    r"|repo-(?:oss|non-oss|update|sle|backports|openh264)|opensuse|sle)[\w:-]*"
)
_CACHED: Final = re.compile(r"^(/var/cache/(?:dnf|libdnf5|zypp/raw)/)([^/]+)")
_LISTED: Final = re.compile(
    r"^(/etc/yum\.repos\.d|/etc/dnf/repos\.override\.d|/usr/share/dnf5/repos\.d|/etc/zypp/repos\.d)/([^/]+)\.repo\Z"
)
_NEUTRAL_SOURCES: Final = re.compile(rb"^(/dev/[a-z]+[0-9a-z]*|[a-z0-9_.-]+)$")


class _Redactor:
    """Gives every private thing a stand-in, the same one each time."""

    def __init__(self, host: bytes) -> None:
        self._host = host
        self._known: dict[bytes, bytes] = {}
        self._counts: dict[str, int] = {}

    def stand_in(self, kind: str, private: bytes, form: str) -> bytes:
        """Return the stand-in for something private; ``form`` holds a number."""
        key = kind.encode() + b"\0" + private
        if key not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[key] = form.format(self._counts[kind]).encode()
        return self._known[key]

    def text(self, content: bytes) -> bytes:
        """Return text with addresses and long numbers replaced."""
        content = _MAC_NAME.sub(lambda m: m[1] + self.stand_in("mac", m[0], "{:012x}"), content)
        content = _MAC.sub(
            lambda m: self.stand_in("address", m[0], "02:00:00:00:00:{:02x}"), content
        )
        content = _GUID.sub(
            lambda m: self.stand_in("guid", m[0], "00000000-0000-4000-8000-{:012x}"), content
        )
        content = _CONTAINER.sub(lambda m: m[1] + self.stand_in("lxc", m[0], "{}"), content)
        content = _LONG_HEX.sub(lambda m: self.stand_in("id", m[0], "{:064x}"), content)
        content = _IPV6.sub(lambda m: self.stand_in("ipv6", m[0], "2001:db8::{:x}"), content)
        return _IPV4.sub(lambda m: self.stand_in("ipv4", m[0], "192.0.2.{}"), content)

    def named(self, content: bytes) -> bytes:
        """Return text with the host's own name replaced; elsewhere the word may mean a thing."""
        if not self._host:
            return content
        name = rb"(?<![\w-])" + re.escape(self._host) + rb"(?![\w-])"
        return re.sub(name, b"host", content, flags=re.IGNORECASE)

    def repository(self, name: str) -> str:
        """Return a repository's name, or its stand-in."""
        if _PUBLIC.fullmatch(name):
            return name
        return self.stand_in("repository", name.encode(), "repository{}").decode()

    def path(self, path: str) -> str:
        """Return a path without the names of servers and of repositories that are not public."""
        match = _CACHED.match(path)
        if match is not None:
            name, dash, mark = match[2].rpartition("-")
            if "zypp" in match[1] or not re.fullmatch("[0-9a-f]{16}", mark):
                name, dash, mark = match[2], "", ""
            return f"{match[1]}{self.repository(name)}{dash}{mark}{path[match.end() :]}"
        match = _LISTED.match(path)
        return f"{match[1]}/{self.repository(match[2])}.repo" if match else _list_name(path)

    def repositories(self, content: bytes) -> bytes:
        """Return what is kept of a ``.repo`` file with the same stand-ins."""
        rows = content.decode("utf-8", "replace").splitlines()
        named = (re.sub(r"^\[(.+)\]", lambda m: f"[{self.repository(m[1])}]", row) for row in rows)
        return "".join(row + "\n" for row in named).encode()

    def mounts(self, content: bytes) -> bytes:
        """Return a table of mounts with folders of people and names of servers replaced."""
        rows: list[bytes] = []
        for line in content.splitlines():
            words = line.split(b" ")
            if len(words) > 1:
                words[0] = self._source(words[0])
                words[1] = _HOME.sub(
                    lambda m: m[1] + self.stand_in("folder", m[2], "folder{}"), words[1]
                )
            rows.append(b" ".join(words) + b"\n")
        return b"".join(rows)

    def _source(self, source: bytes) -> bytes:
        if _NEUTRAL_SOURCES.match(source) or source.startswith((b"LABEL=", b"UUID=", b"PARTUUID=")):
            return source if b"=" not in source else self.stand_in("source", source, "UUID={}")
        return self.stand_in("source", source, "source{}")


def redacted(members: Iterable[Member]) -> list[Member]:
    """Return a capture's files without what tells whose machine it is.

    What the advisor reads keeps its meaning: ids of devices, names of drivers, modules and packages,
    versions, the form of every table.
    """
    found = list(members)
    host = next((m.content for m in found if m.path == "/commands/uname"), b"").split(b"\n")
    redactor = _Redactor(host[1] if len(host) > 1 else b"")
    return [_member(member, redactor) for member in found if member.path != _LOG]


def _member(member: Member, redactor: _Redactor) -> Member:
    path = redactor.text(member.path.encode()).decode()
    target = redactor.text(member.target.encode()).decode() if member.target else ""
    content = member.content
    if member.path == ABOUT:
        content = _about(content, redactor)
    elif member.path in {"/proc/mounts", "/etc/fstab"}:
        content = redactor.named(redactor.text(redactor.mounts(content)))
    elif member.path == "/proc/cmdline":
        content = b" ".join(word for word in content.split() if _WORDS.match(word)) + b"\n"
    elif member.path == "/commands/uname":
        fields = content.split(b"\n")
        content = b"\n".join([*fields[:1], b"host", *fields[2:]])
    elif member.path == "/proc/version":
        content = re.sub(rb"\([^\s(@]+@[^\s)]+\)", b"(builder@host)", content[:4096])
    elif member.path.startswith(("/etc/modprobe.d/", "/run/modprobe.d/")):
        content = b"".join(
            n + b"\n" for n in content.splitlines() if not n.lstrip().startswith(b"#")
        )
    elif _LISTED.match(member.path):
        content = redactor.repositories(content)
    elif not _COMMON.match(member.path):
        content = redactor.text(content)
    return member._replace(path=redactor.path(path), target=target, content=content)


def _list_name(path: str) -> str:
    """Return the path of a package list without the name of the server it came from."""
    return re.sub(r"^(/var/lib/apt/lists/)[^/]*?(?=_dists_)", r"\1mirror", path)


def _about(content: bytes, redactor: _Redactor) -> bytes:
    """Return what tells of the capture itself, with the same stand-ins."""
    try:
        value: object = json.loads(redactor.text(content))
    except (ValueError, RecursionError):
        raise unusable(f"{ABOUT} is no JSON", "it cannot be redacted") from None
    said = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    found = said.get("listed")
    listed = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    told: dict[str, list[str]] = {}
    for folder, names in listed.items():
        texts = cast("list[object]", names) if isinstance(names, list) else []
        paths = (redactor.path(f"{folder}/{name}") for name in texts if isinstance(name, str))
        told[redactor.path(folder)] = sorted(path.rpartition("/")[2] for path in paths)
    said["listed"] = told
    found = said.get("unread")
    reasons = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    said["unread"] = {redactor.path(path): why for path, why in reasons.items()} | {
        "log": "left out of a redacted capture"
    }
    said["redacted"] = True
    return (json.dumps(said, sort_keys=True) + "\n").encode()
