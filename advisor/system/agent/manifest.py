"""All that is ever read, listed or run on a machine: the manifest."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

AGENT = 1

MIB = 1 << 20

ATTRIBUTE_BYTES = 4096

MOST_NAMES = 20000

COMMAND_SECONDS = 20

# Path, most bytes, how much of it: "" is all or nothing, the other words stand in TRANSFORMS. A *
# stands for anything within one name, {release} for the running kernel's release.
READS = (
    ("/proc/version", 4096, ""),
    ("/proc/version_signature", 4096, ""),
    ("/proc/sys/kernel/tainted", 64, ""),
    ("/proc/sys/kernel/modules_disabled", 64, ""),
    ("/proc/sys/kernel/io_uring_disabled", 64, ""),
    ("/proc/sys/kernel/unprivileged_bpf_disabled", 64, ""),
    ("/proc/sys/kernel/unprivileged_userns_clone", 64, ""),
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 64, ""),
    ("/proc/sys/user/max_user_namespaces", 64, ""),
    ("/proc/sys/net/bridge/bridge-nf-call-iptables", 64, ""),
    ("/proc/sys/net/bridge/bridge-nf-call-ip6tables", 64, ""),
    ("/proc/sys/net/ipv4/ip_forward", 64, ""),
    ("/proc/sys/net/ipv6/conf/all/forwarding", 64, ""),
    ("/proc/sys/net/ipv6/conf/all/seg6_enabled", 64, ""),
    ("/proc/sys/net/ipv6/conf/all/ioam6_enabled", 64, ""),
    ("/proc/sys/net/mpls/platform_labels", 64, ""),
    ("/proc/sys/net/netfilter/nf_conntrack_count", 64, ""),
    ("/proc/cmdline", 8192, ""),
    ("/proc/uptime", 128, ""),
    ("/proc/modules", 4 * MIB, "modules"),
    ("/proc/config.gz", 4 * MIB, ""),
    ("/proc/filesystems", 65536, ""),
    ("/proc/mounts", 4 * MIB, "mounts"),
    ("/proc/swaps", 65536, "first"),
    ("/proc/mdstat", 65536, "first"),
    ("/proc/ioports", 65536, ""),
    ("/proc/cpuinfo", 4096, "head"),
    ("/proc/device-tree/model", 4096, ""),
    ("/proc/fs/nfsfs/servers", 65536, "first"),
    ("/proc/net/protocols", 65536, ""),
    ("/proc/net/route", 4 * MIB, "routes"),
    ("/proc/net/ipv6_route", 16 * MIB, "routes6"),
    ("/proc/net/if_inet6", 65536, "last"),
    ("/proc/net/ip_tables_names", 4096, ""),
    ("/proc/net/ip6_tables_names", 4096, ""),
    ("/proc/net/ip_vs", 65536, "first"),
    ("/proc/net/ip_mr_vif", 65536, "first"),
    ("/proc/net/sockstat", 4096, ""),
    ("/proc/net/xfrm_stat", 4096, ""),
    ("/proc/net/tls_stat", 4096, ""),
    ("/proc/net/rpc/nfsd", 4096, ""),
    ("/etc/os-release", 65536, ""),
    ("/usr/lib/os-release", 65536, ""),
    ("/etc/fstab", 65536, "mounts"),
    ("/etc/modprobe.d/*.conf", 65536, ""),
    ("/run/modprobe.d/*.conf", 65536, ""),
    ("/usr/lib/modprobe.d/*.conf", 65536, ""),
    ("/lib/modprobe.d/*.conf", 65536, ""),
    ("/boot/config-{release}", MIB, ""),
    ("/lib/modules/{release}/config", MIB, ""),
    ("/lib/modules/*/modules.builtin", MIB, ""),
    ("/lib/modules/*/modules.builtin.modinfo", 4 * MIB, ""),
    ("/lib/modules/*/modules.alias", 16 * MIB, ""),
    ("/lib/modules/{release}/modules.dep", 16 * MIB, ""),
    ("/lib/modules/{release}/modules.softdep", MIB, ""),
    ("/lib/modules/*/modules.order", 2 * MIB, ""),
    ("/sys/devices/system/clocksource/clocksource0/available_clocksource", 256, ""),
    ("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", 64, ""),
    ("/sys/kernel/security/lockdown", 256, ""),
    ("/sys/kernel/security/lsm", 4096, ""),
    ("/sys/kernel/livepatch/*/enabled", 64, ""),
    ("/sys/hypervisor/type", 64, ""),
    ("/sys/fs/selinux/enforce", 64, ""),
    ("/sys/class/dmi/id/sys_vendor", 256, ""),
    ("/sys/class/dmi/id/product_name", 256, ""),
    ("/sys/class/dmi/id/board_vendor", 256, ""),
    ("/sys/class/dmi/id/board_name", 256, ""),
    ("/sys/class/nvme/*/transport", 64, ""),
    ("/sys/block/*/dm/uuid", 6, "head"),
    ("/sys/block/*/device/model", 256, ""),
    ("/sys/block/*/pid", 64, ""),
    ("/sys/module/zswap/parameters/enabled", 16, ""),
    ("/sys/module/apparmor/parameters/enabled", 16, ""),
    ("/run/systemd/container", 256, ""),
    ("/run/.containerenv", 1, "head"),
    ("/.dockerenv", 1, "head"),
    ("/run/reboot-required", 4096, ""),
    ("/run/reboot-required.pkgs", 65536, ""),
    ("/var/lib/dpkg/status", 256 * MIB, "stanzas"),
    ("/var/lib/apt/lists/*_Packages", 512 * MIB, "stanzas"),
    ("/var/lib/apt/lists/*_Packages.*", 512 * MIB, "stanzas"),
    ("/var/lib/apt/lists/*Release", 2048, "head"),
    ("/var/lib/apt/periodic/update-success-stamp", 64, ""),
    ("/etc/apt/preferences", 65536, ""),
    ("/etc/apt/preferences.d/*", 65536, ""),
    ("/etc/kernel/proxmox-boot-pin", 4096, ""),
    ("/etc/kernel/next-boot-pin", 4096, ""),
    ("/usr/share/doc/linux-image-*/changelog.Debian.gz", 16 * MIB, "new-cves"),
    ("/usr/share/doc/linux-modules-*/changelog.Debian.gz", 64 * MIB, "cves"),
    ("/usr/share/doc/linux-binary-*/changelog.Debian.gz", 16 * MIB, "new-cves"),
    ("/usr/share/doc/proxmox-kernel-*/changelog.Debian.gz", 64 * MIB, "cves"),
    ("/usr/src/*/dkms.conf", 65536, ""),
    ("/usr/src/*/META", 65536, ""),
    ("/var/lib/pacman/local/linux*/desc", 65536, "desc"),
    ("/var/lib/pacman/sync/*.db", 512 * MIB, "desc"),
    ("/etc/pacman.conf", 65536, "ignored"),
    ("/etc/dnf/dnf.conf", 65536, "ignored"),
    ("/etc/yum.conf", 65536, "ignored"),
    ("/etc/zypp/locks", 65536, ""),
    ("/etc/dnf/plugins/versionlock.list", 65536, ""),
    ("/etc/dnf/versionlock.toml", 65536, ""),
    ("/etc/yum.repos.d/*.repo", 4 * MIB, "repositories"),
    ("/etc/dnf/repos.override.d/*.repo", 4 * MIB, "repositories"),
    ("/usr/share/dnf5/repos.d/*.repo", 4 * MIB, "repositories"),
    ("/etc/zypp/repos.d/*.repo", 4 * MIB, "repositories"),
    ("/var/cache/dnf/*/repodata/repomd.xml", 65536, ""),
    ("/var/cache/dnf/*/repodata/*primary.xml*", 32 * MIB, "rpms"),
    ("/var/cache/dnf/*/repodata/*updateinfo.xml*", 32 * MIB, "advisories"),
    ("/var/cache/libdnf5/*/repodata/repomd.xml", 65536, ""),
    ("/var/cache/libdnf5/*/repodata/*primary.xml*", 32 * MIB, "rpms"),
    ("/var/cache/libdnf5/*/repodata/*updateinfo.xml*", 32 * MIB, "advisories"),
    ("/var/cache/zypp/raw/*/repodata/repomd.xml", 65536, ""),
    ("/var/cache/zypp/raw/*/repodata/*primary.xml*", 32 * MIB, "rpms"),
    ("/var/cache/zypp/raw/*/repodata/*updateinfo.xml*", 32 * MIB, "advisories"),
    ("/lib/apk/db/installed", 64 * MIB, "apk"),
    ("/var/cache/apk/APKINDEX.*.tar.gz", 64 * MIB, "apk"),
    ("/etc/apk/world", 65536, "apk-world"),
)

# The lists of a repository of rpms: what there is, and what an update mends.
REPODATA = ("repomd.xml", "*primary.xml*", "*updateinfo.xml*")

# Folder, and which of its names are told.
LISTS = (
    ("/boot", ("vmlinuz-*", "vmlinux-*", "kernel-*", "Image*", "vmlinuz", "bzImage*")),
    ("/lib/modules", ("*",)),
    ("/lib/modules/*", ("vmlinuz", "modules.order")),
    ("/etc/modprobe.d", ("*.conf",)),
    ("/run/modprobe.d", ("*.conf",)),
    ("/usr/lib/modprobe.d", ("*.conf",)),
    ("/lib/modprobe.d", ("*.conf",)),
    ("/sys/module", ("*",)),
    ("/sys/bus", ("*",)),
    ("/sys/bus/*/drivers", ("*",)),
    ("/sys/bus/*/drivers/*", ("*",)),
    ("/sys/firmware", ("efi", "acpi", "devicetree")),
    ("/sys/kernel/livepatch", ("*",)),
    ("/sys/class/iscsi_session", ("*",)),
    ("/sys/class/nvme", ("*",)),
    ("/sys/block", ("dm-*", "md*", "zram*", "nbd*", "rbd*", "loop*", "sd*", "nvme*", "mmcblk*")),
    ("/sys/fs/cgroup", ("*.slice", "docker", "lxc*", "libpod_parent")),
    (
        "/sys/fs/cgroup/system.slice",
        ("*.service", "docker-*", "libpod-*", "crio-*", "cri-containerd-*"),
    ),
    ("/sys/kernel/config/target", ("iscsi",)),
    ("/var/lib/apt/lists", ("*_Packages", "*_Packages.*", "*Release")),
    ("/etc/apt/preferences.d", ("*",)),
    ("/var/lib/dkms", ("*",)),
    ("/var/lib/dkms/*", ("*",)),
    ("/var/lib/dkms/*/*", ("*",)),
    ("/usr/src", ("*",)),
    ("/var/lib/pacman/local", ("linux*",)),
    ("/var/lib/pacman/sync", ("*.db",)),
    ("/etc/yum.repos.d", ("*.repo",)),
    ("/etc/dnf/repos.override.d", ("*.repo",)),
    ("/usr/share/dnf5/repos.d", ("*.repo",)),
    ("/etc/zypp/repos.d", ("*.repo",)),
    ("/var/cache/dnf", ("*-*",)),
    ("/var/cache/dnf/*/repodata", REPODATA),
    ("/var/cache/libdnf5", ("*-*",)),
    ("/var/cache/libdnf5/*/repodata", REPODATA),
    ("/var/cache/zypp/raw", ("*",)),
    ("/var/cache/zypp/raw/*/repodata", REPODATA),
    ("/var/cache/apk", ("APKINDEX.*.tar.gz",)),
)

LINKS = (
    "/proc/self/ns/pid",
    "/run/booted-system/kernel",
    "/run/current-system/kernel",
    "/sys/bus/*/drivers/*/module",
)

# Name, the file that must be there, the command, what is kept of its output.
COMMANDS = (
    (
        "rpm-kernels",
        "/usr/bin/rpm",
        (
            "rpm",
            "-q",
            "--whatprovides",
            "kernel",
            "--qf",
            "%{NAME} %{VERSION}-%{RELEASE} %{ARCH}\\n",
        ),
        "",
    ),
    (
        "rpm-changelogs",
        "/usr/bin/rpm",
        (
            "rpm",
            "-qa",
            "kernel*-core",
            "kernel-default",
            "--qf",
            "\\nkernel-package %{VERSION} %{RELEASE} %{ARCH}\\n[%{CHANGELOGTEXT}\\n]",
        ),
        "cves-by-kernel",
    ),
)

# Subsystem -> attributes besides uevent, which is read of every device.
BUSES = {
    "pci": ("sriov_numvfs",),
    "usb": ("manufacturer", "product"),
    "virtio": (),
    "pnp": ("id",),
    "isa": (),
    "eisa": (),
    "pcmcia": ("prod_id1", "prod_id2"),
    "sdio": (),
    "platform": (),
    "ssb": (),
    "bcma": (),
    "mhi": (),
    "vmbus": (),
    "xen": (),
}

CLASSES = {
    "net": ("type", "operstate", "speed", "tun_flags", "bridge/vlan_filtering"),
    "bluetooth": (),
    "infiniband": ("node_type", "parent", "ports/1/link_layer", "ports/1/state"),
    "ieee80211": (),
}

# What is kept of a device's uevent, and of udev's database.
UEVENT = (
    "DEVTYPE",
    "MODALIAS",
    "PCI_CLASS",
    "PCI_ID",
    "PCI_SUBSYS_ID",
    "PRODUCT",
    "SDIO_ID",
    "OF_COMPATIBLE_0",
    "MAJOR",
    "MINOR",
    "IFINDEX",
)

UDEV = ("ID_VENDOR_FROM_DATABASE", "ID_MODEL_FROM_DATABASE")


class Rule(NamedTuple):
    """How a path may be read: at most so many bytes, and what is kept of them."""

    limit: int
    keep: str


class Raw(NamedTuple):
    """A device as the kernel and udev show it; see ``advisor.system.machine.RawDevice``."""

    path: str
    subsystem: str
    driver: str
    module: str
    attributes: dict[str, str]
    properties: dict[str, str]


def star(pattern: str, name: str) -> bool:
    """Return whether a name fits a pattern in which ``*`` stands for anything."""
    if pattern == "*":
        return True
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    last = rest.pop()
    at, end = len(first), len(name) - len(last)
    if at > end or not name.startswith(first) or not name.endswith(last):
        return False
    for part in rest:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def fits(pattern: str, path: str) -> bool:
    """Return whether a path fits a pattern, name by name; ``..`` fits nothing."""
    if pattern.count("/") != path.count("/"):
        return False
    for wanted, name in zip(pattern.split("/"), path.split("/")):  # noqa: B905 - Python 3.8 has no strict
        if name != wanted and (
            "*" not in wanted or name in {"", ".", ".."} or not star(wanted, name)
        ):
            return False
    return True


def release_in(banner: str) -> str:
    """Return the release that ``/proc/version`` names, ``""`` where it names none."""
    words = banner[:256].split(" ", 3)
    return words[2] if words[:2] == ["Linux", "version"] and len(words) > 3 else ""  # noqa: PLR2004


def is_name(text: str) -> bool:
    """Return whether a text may stand in a path as one name."""
    return text.isprintable() and not set(text) & set("/*") and text not in {"", ".", ".."}


def path_name(release: str) -> str:
    """Return a release as it may stand in a path; ``unknown`` for what is no name."""
    return release if is_name(release) else "unknown"


def told(names: Iterable[str], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of a folder's names that fit one of some patterns, sorted."""
    names = [name for name in names if "/" not in name and name not in {"", ".", ".."}]
    if wanted != ("*",):
        names = [name for name in names if any(star(pattern, name) for pattern in wanted)]
    return tuple(sorted(names)[:MOST_NAMES])


def _head(pattern: str) -> str:
    """Return what every path that fits a pattern begins with."""
    return pattern.partition("*")[0]


_LINKS = tuple((_head(pattern), pattern) for pattern in LINKS)


class Manifest:
    """What may be read of a machine that runs a given kernel.

    Args:
        release: The release of its running kernel, which some of the paths hold.
    """

    def __init__(self, release: str) -> None:
        release = path_name(release)
        reads = [(p.replace("{release}", release), Rule(n, keep)) for p, n, keep in READS]
        self.exact = {pattern: rule for pattern, rule in reads if "*" not in pattern}
        self.wild = [(_head(pattern), pattern, rule) for pattern, rule in reads if "*" in pattern]
        self.lists = {pattern: names for pattern, names in LISTS if "*" not in pattern}
        self.wild_lists = [
            (_head(pattern), pattern, names) for pattern, names in LISTS if "*" in pattern
        ]

    def read_rule(self, path: str) -> Rule:
        """Return how a path may be read, LookupError where it may not be."""
        found = self.exact.get(path)
        if found is not None:
            return found
        for head, pattern, rule in self.wild:
            if path.startswith(head) and fits(pattern, path):
                return rule
        raise LookupError(f"{path} is not in the manifest")

    def list_names(self, path: str) -> tuple[str, ...]:
        """Return which names of a folder are told, LookupError where it may not be listed."""
        found = self.lists.get(path)
        if found is not None:
            return found
        for head, pattern, names in self.wild_lists:
            if path.startswith(head) and fits(pattern, path):
                return names
        raise LookupError(f"{path} is not in the manifest")

    @staticmethod
    def check_link(path: str) -> None:
        """Raise LookupError where a link may not be followed."""
        if not any(path.startswith(head) and fits(pattern, path) for head, pattern in _LINKS):
            raise LookupError(f"{path} is not in the manifest")
