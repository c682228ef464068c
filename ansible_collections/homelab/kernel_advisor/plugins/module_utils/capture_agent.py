# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Made by packaging/ansible/pack_agent.py from advisor/system/agent: change it there.
# It runs without Ansible too, and in the advisor's own style:
# pylint: disable=ansible-bad-function,disallowed-name,unnecessary-ellipsis
"""The advisor's capture agent: writes down what an advisor may know of this machine.

python3 capture_agent.py -o box.tar.gz

It changes nothing, needs no root, and reads what the tables at the top name and nothing else.
"""

from __future__ import annotations
from collections.abc import Iterable
from typing import NamedTuple

AGENT = 1

MIB = 1 << 20

ATTRIBUTE_BYTES = 4096

MOST_NAMES = 20000

COMMAND_SECONDS = 20

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

REPODATA = ("repomd.xml", "*primary.xml*", "*updateinfo.xml*")

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


import errno
from typing import IO, TYPE_CHECKING, Protocol


if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator


def text(content: bytes) -> str:
    """Return bytes as text; what is not UTF-8 stays visible as an escape."""
    return content.decode("utf-8", "backslashreplace")


def unpacked(content: bytes, limit: int) -> Iterator[bytes]:
    """Yield a file's content in pieces, unpacked if it is packed; OSError where that fails."""
    import io

    return unpacked_from(io.BytesIO(content), content[:6], limit)


class Source(Protocol):
    """Something that gives bytes piece by piece."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, b"" at the end."""
        ...


def unpacked_from(file: IO[bytes], magic: bytes, limit: int) -> Iterator[bytes]:
    """Yield the content of an open file in pieces of 4 MiB, unpacked if it is packed."""
    if magic[:4] == b"\x04\x22\x4d\x18":
        yield from unlz4(file.read(limit), limit)
        return
    if magic[:4] == b"\x28\xb5\x2f\xfd":
        yield from unzstd(file, limit)
        return
    source = opened(file, magic)
    while True:
        try:
            chunk = source.read(4 * MIB)
        except Exception as error:  # each packer has an error of its own
            raise OSError(errno.EINVAL, "damaged") from error
        if not chunk:
            return
        limit -= len(chunk)
        if limit < 0:
            raise OSError(errno.EFBIG, "too large unpacked")
        yield chunk


def opened(file: IO[bytes], magic: bytes) -> Source:
    """Return what gives the content of an open file that Python's own library can unpack."""
    if magic[:5] == b"\0ZCK1":
        raise OSError(errno.ENOTSUP, "packed with zchunk")
    if magic[:2] == b"\x1f\x8b":
        import gzip

        return gzip.open(file)
    if magic == b"\xfd7zXZ\x00":
        import lzma

        return lzma.open(file)
    if magic[:3] == b"BZh":
        import bz2

        return bz2.open(file)
    return file


def unlz4(data: bytes, limit: int) -> Iterator[bytes]:
    """Yield what liblz4 makes of packed bytes; apt itself needs that library."""
    import ctypes

    try:
        library = ctypes.CDLL("liblz4.so.1")
    except OSError:
        raise OSError(errno.ENOTSUP, "packed with lz4") from None
    library.LZ4F_decompress.restype = ctypes.c_size_t
    context = ctypes.c_void_p()
    library.LZ4F_createDecompressionContext(ctypes.byref(context), 100)
    source = ctypes.create_string_buffer(data, len(data))
    room = ctypes.create_string_buffer(4 * MIB)
    at = 0
    try:
        while at < len(data):
            made, used = ctypes.c_size_t(len(room)), ctypes.c_size_t(len(data) - at)
            state = library.LZ4F_decompress(
                context,
                room,
                ctypes.byref(made),
                ctypes.byref(source, at),
                ctypes.byref(used),
                None,
            )
            if library.LZ4F_isError(ctypes.c_size_t(state)) or not (used.value or made.value):
                raise OSError(errno.EINVAL, "damaged")
            at += used.value
            limit -= made.value
            if limit < 0:
                raise OSError(errno.EFBIG, "too large unpacked")
            yield ctypes.string_at(room, made.value)
            if state == 0:
                return
    finally:
        library.LZ4F_freeDecompressionContext(context)


def unzstd(source: Source, limit: int) -> Iterator[bytes]:
    """Yield what libzstd makes of packed bytes: rpm, dpkg, pacman and apk all need that library."""
    import ctypes

    class Room(ctypes.Structure):
        _fields_ = (
            ("start", ctypes.c_void_p),
            ("size", ctypes.c_size_t),
            ("used", ctypes.c_size_t),
        )

    try:
        library = ctypes.CDLL("libzstd.so.1")
    except OSError:
        raise OSError(errno.ENOTSUP, "packed with zstd") from None
    library.ZSTD_createDStream.restype = ctypes.c_void_p
    library.ZSTD_freeDStream.argtypes = [ctypes.c_void_p]
    step, both = library.ZSTD_decompressStream, ctypes.POINTER(Room)
    step.restype, step.argtypes = ctypes.c_size_t, [ctypes.c_void_p, both, both]
    stream = library.ZSTD_createDStream()
    room = ctypes.create_string_buffer(MIB)
    left = 0  # what a frame still lacks, 0 at its end
    try:
        while True:
            data = source.read(MIB)
            if not data:
                break
            packed = Room(ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p), len(data), 0)
            full = True
            while packed.used < packed.size or full:
                made = Room(ctypes.addressof(room), len(room), 0)
                left = step(stream, ctypes.byref(made), ctypes.byref(packed))
                if library.ZSTD_isError(ctypes.c_size_t(left)):
                    raise OSError(errno.EINVAL, "damaged")
                limit -= made.used
                if limit < 0:
                    raise OSError(errno.EFBIG, "too large unpacked")
                full = made.used == made.size
                if made.used:
                    yield ctypes.string_at(room, made.used)
    finally:
        library.ZSTD_freeDStream(stream)
    if left:
        raise OSError(errno.EINVAL, "damaged")


STANZA_FIELDS = (b"Package:", b"Status:", b"Version:", b"Source:", b"Depends:", b"Architecture:")

STANZA_NEEDLES = (b"\nPackage: linux-image-",)

SMALL_NEEDLES = (
    b"\nPackage: pve-kernel-",
    b"\nPackage: proxmox-",
    b"\nPackage: raspberrypi-kernel",
)

STANZA_NAMES = (
    b"linux-image-",
    b"pve-kernel-",
    b"proxmox-kernel-",
    b"proxmox-default-",
    b"raspberrypi-kernel",
)


def stanzas_of(data: bytes | mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    """Yield the stanzas of kernel packages in bytes or a memory map, cut to the fields that matter."""
    found: list[int] = []
    if data[start : min(end, start + 9)] == b"Package: ":
        found.append(start)
    for needle in STANZA_NEEDLES + (SMALL_NEEDLES if end - start < 8 * MIB else ()):
        at = data.find(needle, start, end)
        while at >= 0:
            found.append(at + 1)
            at = data.find(needle, at + 1, end)
    found.sort()
    for at, following in zip(found, [*found[1:], end]):  # noqa: B905 - Python 3.8 has no strict
        name = data[at + 9 : at + 137].partition(b"\n")[0]
        if name.startswith(STANZA_NAMES) and not name.endswith((b"-dbg", b"-dbgsym")):
            stop = data.find(b"\n\n", at, following)
            lines = data[at : stop if stop >= 0 else following].split(b"\n")
            yield b"\n".join([n for n in lines if n.startswith(STANZA_FIELDS)]) + b"\n\n"


def keep_stanzas(content: bytes, limit: int) -> bytes:
    """Return the stanzas of kernel packages in a list of packages, packed or not."""
    return b"".join(stanzas_of_pieces(unpacked(content, limit)))


def stanzas_of_pieces(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the stanzas of kernel packages from a list that comes in pieces."""
    tail = b""
    for chunk in pieces:
        piece = tail + chunk
        end = piece.rfind(b"\n\n") + 2 if b"\n\n" in piece else 0
        yield from stanzas_of(piece, 0, end)
        tail = piece[end:]
        if len(tail) > MIB:
            raise OSError(errno.EINVAL, "not a list of packages")
    yield from stanzas_of(tail, 0, len(tail))


import errno
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from collections.abc import Iterator


KERNEL_RPM = (
    rb"kernel(?:[0-9]{1,3}\.[0-9]{1,3})?(?:-(?:rt|64k|16k|lt|ml|uek|automotive|longterm|default|azure"
    rb"|pae|preempt|kvmsmall|64kb|lpae|vanilla|desktop))?(?:-core)?"
)

VALUE = rb"[0-9A-Za-z.+~^_-]{1,64}"

UNPACKED = 32

LONGEST_ADVISORY = 16 * MIB


def keep_rpms(content: bytes, limit: int) -> bytes:
    """Return name, architecture and version of the kernels in a repository's ``primary.xml``.

    Source:
        https://createrepo.baseurl.org: ``<name>``, ``<arch>`` and ``<version ver= rel=>`` stand in a row.
    """
    import re

    form = re.compile(
        rb"<name>(" + KERNEL_RPM + rb")</name>\s*<arch>(\w{1,16})</arch>\s*<version "
        rb'(?:epoch="\d*" )?ver="(' + VALUE + rb')" rel="(' + VALUE + rb')"'
    )
    found: set[tuple[bytes, ...]] = set()
    tail = b""
    for chunk in xml(content, limit):
        piece = tail + chunk
        at = piece.find(b"<name>kernel")
        if at >= 0:
            found.update(match.groups() for match in form.finditer(piece, at))
        tail = piece[-1024:]
    line = b'<name>%s</name><arch>%s</arch><version ver="%s" rel="%s"/>\n'
    return b"".join(line % row for row in sorted(found))


def keep_advisories(content: bytes, limit: int) -> bytes:
    """Return the CVE ids of ``updateinfo.xml`` beside the kernels whose updates mend them."""
    import re

    form = re.compile(
        rb'<package (?=[^>]*\bname="(' + KERNEL_RPM + rb')")(?=[^>]*\bversion="(' + VALUE + rb')")'
        rb'(?=[^>]*\brelease="(' + VALUE + rb')")(?=[^>]*\barch="(\w{1,16})")'
    )
    line = b'<package name="%s" version="%s" release="%s" arch="%s"/>'
    rows: set[bytes] = set()
    for text in advisories(content, limit):
        packages = sorted(set(form.findall(text)))
        cves = sorted(set(re.findall(rb'"(CVE-[0-9]{4}-[0-9]{4,7})"', text)))
        if packages and cves:
            names = b"".join(b'<reference id="%s"/>' % cve for cve in cves)
            rows.add(b"<update>" + names + b"".join(line % row for row in packages) + b"</update>")
    return b"".join(row + b"\n" for row in sorted(rows))


def advisories(content: bytes, limit: int) -> Iterator[bytes]:
    """Yield the advisories that name a kernel."""
    tail = b""
    for chunk in xml(content, limit):
        *whole, tail = (tail + chunk).split(b"</update>")
        if len(tail) > LONGEST_ADVISORY:
            raise OSError(errno.EINVAL, "not a list of advisories")
        for text in whole:
            if b'name="kernel' in text:
                yield text


def xml(content: bytes, limit: int) -> Iterator[bytes]:
    """Yield an XML file's text in pieces, unpacked if it is packed."""
    is_first = True
    for chunk in unpacked(content, UNPACKED * limit):
        if is_first and chunk[:1] != b"<":
            raise OSError(errno.EINVAL, "not XML")
        is_first = False
        yield chunk


def keep_cves_by_kernel(content: bytes, _limit: int) -> bytes:
    """Return the CVE ids that the changelog of each installed kernel names, a kernel a line."""
    import re

    lines: set[bytes] = set()
    for part in (b"\n" + content).split(b"\nkernel-package ")[1:]:
        head = part.partition(b"\n")[0].split()
        if len(head) < 3:  # its version, release and architecture
            continue
        cves = sorted(set(re.findall(rb"CVE-[0-9]{4}-[0-9]{4,7}", part)))
        lines.add(b" ".join([b"kernel-package", *head[:3], *cves]) + b"\n")
    return b"".join(sorted(lines))


def keep_repositories(content: bytes, _limit: int) -> bytes:
    """Return which repositories a ``.repo`` file names and whether they are on, without addresses."""
    lines = (line.strip() for line in content.splitlines())
    named = (b"[", b"enabled=", b"enabled =")
    return b"".join(line + b"\n" for line in lines if line.startswith(named))


from collections.abc import Callable


def keep_head(content: bytes, limit: int) -> bytes:
    """Return the first bytes."""
    return content[:limit]


def keep_first(content: bytes, _limit: int) -> bytes:
    """Return the first word of every line: what is there, not whose it is."""
    return b"".join(line.split()[0] + b"\n" for line in content.splitlines() if line.strip())


def keep_last(content: bytes, _limit: int) -> bytes:
    """Return the last word of every line."""
    return b"".join(line.split()[-1] + b"\n" for line in content.splitlines() if line.strip())


def keep_modules(content: bytes, _limit: int) -> bytes:
    """Return ``/proc/modules`` without the addresses, which are the kernel's secret."""
    lines = [line.split(b" ") for line in content.splitlines()[:MOST_NAMES]]
    kept = [words[:5] + [word for word in words[5:] if word[:1] == b"("] for words in lines]
    return b"".join(b" ".join(words) + b"\n" for words in kept)


NEW_CVES = 3 << 19
NO_KERNELS = (b"-headers", b"-docs", b"-firmware", b"-api-headers", b"-tools")
MOUNT_OPTIONS = (b"user", b"users", b"owner", b"group", b"noauto", b"auto", b"ro", b"rw")


def keep_mounts(content: bytes, _limit: int) -> bytes:
    """Return a table of mounts with harmless options only: others may hold passwords."""
    rows: list[bytes] = []
    for line in content.splitlines():
        words = line.split()
        if len(words) > 3 and words[0][:1] != b"#":
            options = b",".join(o for o in words[3].split(b",") if o in MOUNT_OPTIONS)
            rows.append(b" ".join([*words[:3], options or b"-"]) + b"\n")
    return b"".join(rows)


def keep_routes(content: bytes, _limit: int) -> bytes:
    """Return the default routes of ``/proc/net/route`` without addresses."""
    rows = [line.split() for line in content.splitlines()]
    default = [r for r in rows[1:] if len(r) > 7 and r[1] == r[7] == b"00000000"]
    lines = rows[:1] + [[*row[:2], b"00000000", *row[3:]] for row in default]
    return b"".join(b"\t".join(words) + b"\n" for words in lines)


def keep_routes6(content: bytes, _limit: int) -> bytes:
    """Return the default routes of ``/proc/net/ipv6_route`` without addresses."""
    rows = [line.split() for line in content.splitlines()]
    default = [r for r in rows if len(r) == 10 and r[1] == b"00" and not r[0].strip(b"0")]
    return b"".join(b" ".join([*row[:4], b"0" * 32, *row[5:]]) + b"\n" for row in default)


def keep_cves(content: bytes, limit: int) -> bytes:
    """Return the CVE ids that a changelog names, packed or not."""
    import re

    found: set[bytes] = set()
    tail = b""
    for chunk in unpacked(content, limit):
        found.update(re.findall(rb"CVE-[0-9]{4}-[0-9]{4,7}", tail + chunk))
        tail = chunk[-16:]
    return b"".join(cve + b"\n" for cve in sorted(found))


def keep_new_cves(content: bytes, limit: int) -> bytes:
    """Return the CVE ids in the newest entries of a changelog, unpacked no further than needed.

    Debian's lists every change of every upstream release. What is asked of it are fixes that went
    in ahead of upstream, and of those the last thirty releases tell.
    """
    import re
    import zlib

    if content[:2] == b"\x1f\x8b":
        try:
            content = zlib.decompressobj(31).decompress(content, NEW_CVES)
        except zlib.error as error:
            raise OSError("damaged") from error
    found = set(re.findall(rb"CVE-[0-9]{4}-[0-9]{4,7}", content[: min(limit, NEW_CVES)]))
    return b"".join(cve + b"\n" for cve in sorted(found))


def keep_desc(content: bytes, limit: int) -> bytes:
    """Return name and version of the kernels in pacman's files: ``%NAME%``, ``%VERSION%``."""
    import re

    found: dict[bytes, bytes] = {}
    tail = b""
    for chunk in unpacked(content, limit):
        piece = tail + chunk
        found.update(
            re.findall(rb"%NAME%\n(linux[^\n]{0,64})\n\n%VERSION%\n([^\n]{1,64})\n", piece)
        )
        tail = piece[-4096:]
    rows = [pair for pair in sorted(found.items()) if not pair[0].endswith(NO_KERNELS)]
    return b"".join(b"%%NAME%%\n%s\n\n%%VERSION%%\n%s\n\n" % pair for pair in rows)


def keep_apk(content: bytes, limit: int) -> bytes:
    """Return name and version of the kernels in apk's files: ``P:linux-lts``, ``V:6.12.30-r0``."""
    import re

    found: set[tuple[bytes, bytes]] = set()
    tail = b""
    for chunk in unpacked(content, limit):
        piece = tail + chunk
        found.update(re.findall(rb"(?m)^P:(linux-[a-z0-9]{1,32})\nV:([^\n]{1,64})$", piece))
        tail = piece[-256:]
    return b"".join(b"P:%s\nV:%s\n\n" % pair for pair in sorted(found))


def keep_apk_world(content: bytes, _limit: int) -> bytes:
    """Return the kernels that ``/etc/apk/world`` asks for."""
    return b"".join(w + b"\n" for w in content.split() if w.startswith(b"linux-"))


def keep_ignored(content: bytes, _limit: int) -> bytes:
    """Return the lines of a package manager's configuration that keep packages back."""
    names = (b"IgnorePkg", b"IgnoreGroup", b"exclude", b"excludepkgs")
    lines = (line.strip() for line in content.splitlines())
    return b"".join(line + b"\n" for line in lines if line.startswith(names))


TRANSFORMS: dict[str, Callable[[bytes, int], bytes]] = {
    "head": keep_head,
    "first": keep_first,
    "last": keep_last,
    "modules": keep_modules,
    "mounts": keep_mounts,
    "routes": keep_routes,
    "routes6": keep_routes6,
    "cves": keep_cves,
    "new-cves": keep_new_cves,
    "desc": keep_desc,
    "apk": keep_apk,
    "apk-world": keep_apk_world,
    "ignored": keep_ignored,
    "rpms": keep_rpms,
    "cves-by-kernel": keep_cves_by_kernel,
    "advisories": keep_advisories,
    "repositories": keep_repositories,
    "stanzas": keep_stanzas,


}


def kept(content: bytes, rule: Rule) -> bytes:
    """Return what a rule keeps of a file's content; doing it twice changes nothing."""
    return TRANSFORMS[rule.keep](content, rule.limit) if rule.keep else content


import errno
import mmap
import os
import stat


def why(error: Exception) -> str:
    """Return an error in a few words, without the path: ``no such file or directory``."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def too_large(limit: int) -> OSError:
    """Return the error for a file that has more bytes than its rule allows."""
    return OSError(errno.EFBIG, f"larger than {limit} bytes")


def read_all(handle: int, rule: Rule) -> bytes:
    """Return an open file's content, OSError where it is larger than its rule allows."""
    parts: list[bytes] = []
    left = rule.limit + 1
    while left > 0:
        part = os.read(handle, min(left, MIB))
        if not part:
            return b"".join(parts)
        parts.append(part)
        left -= len(part)
        if rule.keep == "head" and left <= 1:
            return b"".join(parts)
    raise too_large(rule.limit)


def read_open(handle: int, rule: Rule) -> bytes:
    """Return what a rule keeps of an open file, OSError where it is no plain file."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file")
    if rule.keep != "stanzas":
        return kept(read_all(handle, rule), rule)
    if status.st_size == 0:
        return b""
    if status.st_size > rule.limit:
        raise too_large(rule.limit)
    with mmap.mmap(handle, status.st_size, prot=mmap.PROT_READ) as data:
        magic = data[:6]
        if magic[:1].isalpha():
            return b"".join(stanzas_of(data, 0, len(data)))
    with os.fdopen(os.dup(handle), "rb") as file:
        return b"".join(stanzas_of_pieces(unpacked_from(file, magic, rule.limit)))


class Reader:
    """A machine that is read: this one, or a folder shaped like one (for tests).

    Args:
        root: What stands before every path; ``""`` for this machine.
        release: The running kernel's release; that of this machine where it is not given.
    """

    def __init__(self, root: str = "", release: str = "") -> None:
        self.root = root
        self.release = release or os.uname().release
        self.manifest = Manifest(self.release)
        self.reasons: dict[str, str] = {}

    def read(self, path: str) -> bytes | None:
        """Return what the manifest keeps of a file, None where it cannot be read."""
        rule = self.manifest.read_rule(path)
        try:
            return self.content(path, rule)
        except (OSError, ValueError) as error:
            self.reasons[path] = why(error)
            return None

    def content(self, path: str, rule: Rule) -> bytes:
        """Return what a rule keeps of a file, whatever the manifest says."""
        handle = os.open(self.root + path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return read_open(handle, rule)
        finally:
            os.close(handle)

    def names(self, path: str) -> tuple[str, ...] | None:
        """Return the names in a folder that the manifest tells, sorted, None where unreadable."""
        wanted = self.manifest.list_names(path)
        try:
            return told(self.folder(self.root + path), wanted)
        except (OSError, ValueError) as error:
            self.reasons[path] = why(error)
            return None

    def folder(self, path: str) -> list[str]:
        """Return the names in a folder; those that are not UTF-8 cannot be asked for."""
        return [name for name in os.listdir(path) if name.isascii() or is_text(name)]

    def readlink(self, path: str) -> str | None:
        """Return where a link points, None where there is none."""
        self.manifest.check_link(path)
        try:
            return text(os.fsencode(os.readlink(self.root + path)))
        except (OSError, ValueError) as error:
            self.reasons[path] = why(error)
            return None

    def modified(self, path: str) -> int | None:
        """Return when a file was last changed, in seconds since 1970."""
        self.manifest.read_rule(path)
        try:
            return int(os.stat(self.root + path).st_mtime)
        except (OSError, ValueError):
            return None


def is_text(name: str) -> bool:
    """Return whether a name from the system is UTF-8 without surrogates and line ends."""
    try:
        return name.encode().isascii() or "\n" not in name
    except UnicodeEncodeError:
        return False


import mmap
import struct


HWDB = ("/etc/udev/hwdb.bin", "/usr/lib/udev/hwdb.bin", "/lib/udev/hwdb.bin")

IDS = ("/usr/share/misc/{}.ids", "/usr/share/hwdata/{}.ids")


def name_keys(raw: Raw) -> list[str]:
    """Return the patterns of the hardware database that name a device, the broadest first."""
    modalias = raw.properties.get("MODALIAS", "")
    if raw.subsystem == "pci" and modalias[:5] == "pci:v" and len(modalias) > 40:
        vendor, model, sub = modalias[:13], modalias[:22], modalias[:42]
        return [f"{vendor}*", f"{model}*", f"{sub}*"]
    product = raw.properties.get("PRODUCT", "").split("/")
    if (
        raw.subsystem == "usb"
        and len(product) == 3
        and raw.properties.get("DEVTYPE") == "usb_device"
    ):
        vendor = f"usb:v{product[0].upper().zfill(4)}"
        return [f"{vendor}*", f"{vendor}p{product[1].upper().zfill(4)}*"]
    return []


def add_names(root: str, raws: list[Raw]) -> None:
    """Give devices the names that udev would have given them."""
    wanted = [(raw, name_keys(raw)) for raw in raws]
    if not any(keys for _, keys in wanted):
        return
    for path in HWDB:
        try:
            with open(root + path, "rb") as file:
                data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        except (OSError, ValueError):
            continue
        for raw, keys in wanted:
            for key in keys:
                try:
                    raw.properties.update(hwdb_entry(data, key.encode()))
                except (ValueError, IndexError, OverflowError, struct.error):
                    return
        return
    for raw, keys in wanted:
        if keys:
            raw.properties.update(ids_entry(root, raw))


def hwdb_entry(data: mmap.mmap, key: bytes) -> dict[str, str]:
    """Return the names under one exact pattern of udev's compiled hardware database.

    Source:
        systemd src/libsystemd/sd-hwdb/hwdb-internal.h: a header, then a trie of nodes, each a
        prefix, its children by first byte, and its values; all numbers little-endian.
    """
    if data[:8] != b"KSLPHHRH":
        return {}
    node_size, child_size, value_size, node = struct.unpack_from("<4Q", data, 32)
    while True:
        prefix_at, children, values = struct.unpack_from("<QB7xQ", data, node)
        prefix = c_string(data, prefix_at)
        if not key.startswith(prefix):
            return {}
        key = key[len(prefix) :]
        first = node + node_size
        if not key:
            at = first + children * child_size
            found: dict[str, str] = {}
            for index in range(min(values, 256)):
                name, value = struct.unpack_from("<2Q", data, at + index * value_size)
                found[text(c_string(data, name)).strip()] = text(c_string(data, value))
            return {name: found[name] for name in UDEV if name in found}
        for index in range(children):
            byte, child = struct.unpack_from("<B7xQ", data, first + index * child_size)
            if byte == key[0]:
                node, key = child, key[1:]
                break
        else:
            return {}


def c_string(data: mmap.mmap, at: int) -> bytes:
    """Return the bytes up to the next zero."""
    end = data.find(b"\0", at, at + 1024)
    return data[at : end if end >= 0 else at]


def ids_entry(root: str, raw: Raw) -> dict[str, str]:
    """Return a device's names from ``pci.ids`` or ``usb.ids``."""
    mark = ":" if raw.subsystem == "pci" else "/"
    numbers = raw.properties.get("PCI_ID" if mark == ":" else "PRODUCT", "").lower().split(mark)
    for path in IDS:
        try:
            with open(root + path.format(raw.subsystem), "rb") as file:
                data = b"\n" + file.read(8 * MIB)
        except OSError:
            continue
        found: dict[str, str] = {}
        at = data.find(b"\n" + numbers[0].zfill(4).encode() + b"  ")
        if at >= 0:
            found[UDEV[0]] = text(data[at + 7 : at + 263].partition(b"\n")[0])
            block = data[data.find(b"\n", at + 1) : at + 262144]
            model = block.find(b"\n\t" + numbers[1].zfill(4).encode() + b"  ")
            if 0 <= model < next_vendor(block):
                found[UDEV[1]] = text(block[model + 8 : model + 264].partition(b"\n")[0])
        return found
    return {}


def next_vendor(block: bytes) -> int:
    """Return where the next vendor's lines start."""
    at = 0
    while True:
        at = block.find(b"\n", at)
        if at < 0:
            return len(block)
        if block[at + 1 : at + 2] not in {b"\t", b"#", b"\n", b""}:
            return at
        at += 1


import os
from collections.abc import Iterator


def attribute(path: str, most: int = ATTRIBUTE_BYTES) -> str | None:
    """Return an attribute's text, stripped; None where the kernel does not answer."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        return text(os.read(handle, most)).strip()
    except OSError:
        return None
    finally:
        os.close(handle)


def link_name(path: str) -> str:
    """Return the last name of where a link points, ``""`` where there is no link."""
    try:
        return text(os.fsencode(os.readlink(path))).rpartition("/")[2]
    except (OSError, ValueError):
        return ""


def pairs(lines: str, keys: tuple[str, ...], mark: str = "") -> dict[str, str]:
    """Return the ``KEY=value`` lines of wanted keys; each line starts with a mark."""
    found: dict[str, str] = {}
    for line in lines.splitlines():
        key, is_pair, value = line.partition("=")
        if is_pair and key.startswith(mark) and key[len(mark) :] in keys:
            found[key[len(mark) :]] = value
    return found


def udev_id(subsystem: str, path: str, uevent: dict[str, str]) -> str:
    """Return the name under which udev keeps a device: ``n3``, ``c189:4``, ``+pci:0000:00:1f.6``."""
    if "MAJOR" in uevent and "MINOR" in uevent:
        return f"c{uevent['MAJOR']}:{uevent['MINOR']}"
    if subsystem == "net" and "IFINDEX" in uevent:
        return f"n{uevent['IFINDEX']}"
    return f"+{subsystem}:{path.rpartition('/')[2]}"


def device_paths(root: str) -> Iterator[tuple[str, str]]:
    """Yield the subsystem and the path below ``/sys`` of every device, as sysfs lists them."""
    count = 0
    for folder, table in (("/sys/bus/{}/devices", BUSES), ("/sys/class/{}", CLASSES)):
        for subsystem in table:
            place = root + folder.format(subsystem)
            try:
                names = os.listdir(place)
            except OSError:
                continue
            for name in names:
                try:
                    target = os.readlink(f"{place}/{name}")
                except OSError:  # bonding_masters is a plain file
                    continue
                at = target.find("/devices/")
                count += 1
                if (
                    at >= 0
                    and count <= MOST_NAMES
                    and is_text(target)
                    and "/../" not in target[at:]
                ):
                    yield subsystem, target[at:]


def device(root: str, subsystem: str, path: str) -> Raw:
    """Return one device as sysfs and udev's database show it."""
    folder = f"{root}/sys{path}/"
    properties = pairs(attribute(folder + "uevent") or "", UEVENT + UDEV)
    entry = attribute(f"{root}/run/udev/data/{udev_id(subsystem, path, properties)}", 65536)
    if entry:
        properties.update(pairs(entry, UDEV, "E:"))
    driver = link_name(folder + "driver")
    return Raw(
        path,
        subsystem,
        driver,
        link_name(folder + "driver/module").replace("-", "_") if driver else "",
        attributes(folder, subsystem),
        properties,
    )


def attributes(folder: str, subsystem: str) -> dict[str, str]:
    """Return the attributes that the manifest names, and a network interface's neighbours."""
    found: dict[str, str] = {}
    for name in BUSES[subsystem] if subsystem in BUSES else CLASSES[subsystem]:
        value = attribute(folder + name)
        if value is not None:
            found[name] = value
    if subsystem == "net":
        for name in ("master", "phy80211"):
            target = link_name(folder + name)
            if target:
                found[name] = target
        try:
            lower = sorted(
                n[6:] for n in os.listdir(folder) if n.startswith("lower_") and is_text(n)
            )
        except OSError:
            lower = []
        if lower:
            found["lower"] = " ".join(lower)
    return found


def devices(root: str) -> list[Raw]:
    """Return the devices of the manifest's subsystems, by path, with the names that are known."""
    found = {path: device(root, subsystem, path) for subsystem, path in device_paths(root)}
    return named(root, [found[path] for path in sorted(found)])


def named(root: str, raws: list[Raw]) -> list[Raw]:
    """Return devices with names, where udev does not run to give them some."""
    if not os.path.isdir(root + "/run/udev/data"):
        add_names(root, raws)
    return raws


import errno
import os
import struct
from collections.abc import Iterator


def netlink(protocol: int, kind: int, payload: bytes) -> Iterator[bytes]:
    """Yield the answers to a netlink dump, without their headers; OSError where it is refused.

    Source:
        netlink(7), rtnetlink(7).
    """
    # The module below ``socket``, which builds enumerations of all its constants: 3 ms.
    import _socket

    door = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, protocol)
    try:
        door.settimeout(2)
        door.send(struct.pack("=IHHII", 16 + len(payload), kind, 0x301, 1, 0) + payload)
        for _ in range(MOST_NAMES):
            data = door.recv(65536)
            while len(data) >= 16:
                length, answer, _, _, _ = struct.unpack_from("=IHHII", data)
                if answer == 3 or length < 16:  # NLMSG_DONE
                    return
                if answer == 2:  # NLMSG_ERROR
                    raise OSError(-struct.unpack_from("=i", data, 16)[0], "refused by netlink")
                yield data[16:length]
                data = data[(length + 3) & ~3 :]
    finally:
        door.close()


def netlink_values(data: bytes) -> dict[int, bytes]:
    """Return the attributes of a netlink message, nested ones as they are."""
    found: dict[int, bytes] = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def word(value: bytes) -> str:
    """Return a zero-ended string from the kernel as one word."""
    return "_".join(text(value.split(b"\0")[0]).split())


def fact_links(reader: Reader) -> str:
    """Return the kernel's table of interfaces: ``vlan10 kind=vlan qdisc=noqueue``, ``eth0 xdp=1``."""
    if reader.root:
        raise OSError(errno.ENOTSUP, "not this machine")
    lines: list[str] = []
    # RTM_GETLINK with the mask RTEXT_FILTER_SKIP_STATS; then IFLA_IFNAME, IFLA_QDISC,
    # IFLA_LINKINFO with IFLA_INFO_KIND, IFLA_XDP with IFLA_XDP_ATTACHED.
    for answer in netlink(0, 18, bytes(16) + struct.pack("=HHI", 8, 29, 8)):
        values = netlink_values(answer[16:])
        said = {
            "kind": word(netlink_values(values.get(18, b"")).get(1, b"")),
            "qdisc": word(values.get(6, b"")),
            "xdp": "1" if netlink_values(values.get(43, b"")).get(2, b"\0") != b"\0" else "",
        }
        words = [word(values.get(3, b""))] + [
            f"{key}={value}" for key, value in said.items() if value
        ]
        lines.append(" ".join(words) + "\n")
    return "".join(sorted(lines))


WIRELESS = {1: "ad-hoc", 2: "client", 3: "ap", 7: "mesh", 10: "p2p-device"}


def fact_wireless(reader: Reader) -> str:
    """Return what the Wi-Fi interfaces are: ``wlan0 ap``, ``wlan1 client``."""
    if reader.root or not os.path.isdir("/sys/class/ieee80211"):
        raise OSError(errno.ENOENT, "no Wi-Fi")
    family = 0
    # CTRL_CMD_GETFAMILY of the generic netlink controller; CTRL_ATTR_FAMILY_ID and _NAME.
    for answer in netlink(16, 16, struct.pack("=BBH", 3, 1, 0)):
        values = netlink_values(answer[4:])
        if word(values.get(2, b"")) == "nl80211":
            family = struct.unpack("=H", values[1][:2])[0]
    lines: list[str] = []
    # NL80211_CMD_GET_INTERFACE; NL80211_ATTR_IFNAME and NL80211_ATTR_IFTYPE.
    for answer in netlink(16, family, struct.pack("=BBH", 5, 0, 0)) if family else ():
        values = netlink_values(answer[4:])
        if 4 in values and len(values.get(5, b"")) == 4:
            kind = WIRELESS.get(struct.unpack("=I", values[5])[0], "other")
            lines.append(f"{word(values[4])} {kind}\n")
    return "".join(sorted(lines))


import errno
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import cast


def fact_uname(reader: Reader) -> str:
    """Return the kernel's name for itself: system, host, release, version and machine, a line each."""
    names = os.uname()
    fields = (names.sysname, names.nodename, reader.release, names.version, names.machine)
    return "".join(field + "\n" for field in fields)


def fact_space(reader: Reader) -> str:
    """Return free and total MiB of the filesystems that a kernel needs: ``/boot 412 975``."""
    lines: list[str] = []
    for path in ("/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var"):
        try:
            space = os.statvfs(reader.root + path)
        except OSError:
            continue
        free, total = (n * space.f_frsize // MIB for n in (space.f_bavail, space.f_blocks))
        lines.append(f"{path} {free} {total}\n")
    return "".join(lines)


def fact_session(reader: Reader) -> str:
    """Return how this session came and what it may do: ``ssh eth0`` or ``local``, and ``euid 0``."""
    client = "" if reader.root else ssh_client()
    name = route_to(reader, client) if client else ""
    return (f"ssh {name}\n" if client else "local\n") + f"euid {os.geteuid()}\n"


def ssh_client() -> str:
    """Return the address from which this session came by ssh, ``""`` where it did not.

    ``sudo`` and ``su`` drop the variable, so the parents are asked as well.
    """
    found = os.environ.get("SSH_CONNECTION", "")
    process = os.getppid()
    for _ in range(16):
        if found or process <= 1:
            break
        try:
            with open(f"/proc/{process}/environ", "rb") as file:
                variables = file.read(MIB).split(b"\0")
            with open(f"/proc/{process}/stat", "rb") as file:
                process = int(file.read(4096).rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
        found = next((text(v[15:]) for v in variables if v.startswith(b"SSH_CONNECTION=")), "")
    return found.split(" ")[0].split("%")[0]


def route_to(reader: Reader, address: str) -> str:
    """Return the interface of the longest route to an address, ``""`` where none is found."""
    import socket

    if address.startswith("::ffff:") and "." in address:
        address = address[7:]
    if address.startswith("127.") or address == "::1":
        return "lo"
    is_v6 = ":" in address
    path = "/proc/net/ipv6_route" if is_v6 else "/proc/net/route"
    best = (-1, 0, "")
    try:
        table = reader.content(path, Rule(16 * MIB, "")).splitlines()
        packed = socket.inet_pton(socket.AF_INET6 if is_v6 else socket.AF_INET, address)
        wanted = int.from_bytes(packed, "big" if is_v6 else "little")
        for words in (text(line).split() for line in table[0 if is_v6 else 1 :]):
            if is_v6:
                length, shift = int(words[1], 16), 128 - int(words[1], 16)
                if int(words[0], 16) >> shift == wanted >> shift and words[9] != "lo":
                    best = max(best, (length, -int(words[5], 16), words[9]))
            elif wanted & int(words[7], 16) == int(words[1], 16):
                best = max(best, (bin(int(words[7], 16)).count("1"), -int(words[6]), words[0]))  # noqa: FURB161 - 3.8
    except (OSError, ValueError, IndexError):
        return ""
    return best[2]


KMSG = "/dev/kmsg"

JOURNAL = (
    "journalctl",
    "-k",
    "-b",
    "-q",
    "--no-pager",
    "-o",
    "json",
    "--output-fields=PRIORITY,MESSAGE",
)

MOST_RECORDS = 65536

MOST_ERRORS = 200

LONGEST_LINE = 200

WORST_LEVELS = (b"0", b"1", b"2", b"3")


def log_records(reader: Reader) -> Iterator[bytes]:
    """Yield the records of the kernel's ring buffer, oldest first.

    Source:
        Documentation/ABI/testing/dev-kmsg: one read gives one record, EAGAIN comes at the end, EPIPE
        where records were overwritten meanwhile.
    """
    handle = os.open(reader.root + KMSG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        for _ in range(MOST_RECORDS):
            try:
                record = os.read(handle, 8192)
            except BlockingIOError:
                return
            except BrokenPipeError:
                continue
            if not record:
                return
            yield record
    finally:
        os.close(handle)


def kernel_errors(records: Iterable[bytes]) -> Iterator[str]:
    """Yield the messages of the kernel itself that are errors or worse."""
    for record in records:
        head, _, message = record.partition(b";")
        level = head.split(b",", 1)[0]
        if level in WORST_LEVELS:  # a facility would add 8 and more
            yield text(message.split(b"\n", 1)[0])


def journal_errors(content: bytes) -> Iterator[str]:
    """Yield the same from what journalctl prints; OSError where it shows this user nothing."""
    import json

    lines = content.split(b"\n", MOST_RECORDS)[:MOST_RECORDS]
    is_empty = True
    for line in lines:
        if not line.startswith(b"{"):
            continue
        try:
            said: object = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(said, dict):
            continue
        is_empty = False
        fields = cast("dict[str, object]", said)
        level, message = fields.get("PRIORITY"), fields.get("MESSAGE")
        if isinstance(message, str) and level in ("0", "1", "2", "3"):
            yield message
    if is_empty:
        raise OSError(errno.EACCES, "permission denied")


def told_errors(errors: Iterable[str]) -> Iterator[str]:
    """Yield errors as lines, each once, short, without control characters and addresses."""
    import re

    address = re.compile(
        r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b|\b(?:\d{1,3}\.){3}\d{1,3}\b"
        r"|\b(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{1,4}\b(?!\.)"
        r"|\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"
    )
    pci = re.compile(r"\b[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b")
    seen: set[str] = set()
    for error in errors:
        parts = pci.split(error[: 4 * LONGEST_LINE])
        names = [*pci.findall(error[: 4 * LONGEST_LINE]), ""]
        line = "".join(address.sub("ADDRESS", p) + name for p, name in zip(parts, names))  # noqa: B905 - 3.8
        line = "".join(c if c.isprintable() else " " for c in line).strip()[:LONGEST_LINE]
        if line and line not in seen:
            seen.add(line)
            yield line
            if len(seen) >= MOST_ERRORS:
                return


def fact_log(reader: Reader) -> str:
    """Return the errors in the kernel's log, a line each, below one that says where they were read."""
    try:
        errors = list(told_errors(kernel_errors(log_records(reader))))
        source = KMSG
    except PermissionError as error:
        try:
            said = output_of(reader, "/usr/bin/journalctl", JOURNAL)
            errors = list(told_errors(journal_errors(said)))
        except OSError:
            raise error from None
        source = "journalctl -k -b"
    return "".join(line + "\n" for line in (f"source {source}", *errors))


FACTS: dict[str, Callable[[Reader], str]] = {
    "uname": fact_uname,
    "space": fact_space,
    "session": fact_session,
    "links": fact_links,
    "wireless": fact_wireless,
    "log": fact_log,


}


def output_of(reader: Reader, needs: str, argv: tuple[str, ...]) -> bytes:
    """Return what a command printed, OSError where it failed, took long or printed much."""
    if reader.root or not os.path.exists(needs):
        raise OSError(errno.ENOENT, "not installed")
    import subprocess

    environment = dict(os.environ, LC_ALL="C.UTF-8", PATH="/usr/sbin:/usr/bin:/sbin:/bin")
    argv = tuple(part.replace("{release}", reader.release) for part in argv)
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise OSError(errno.ETIMEDOUT, f"took longer than {COMMAND_SECONDS} s") from None
    if done.returncode:
        raise OSError(errno.EIO, f"ended with status {done.returncode}")
    return done.stdout


def run(reader: Reader, name: str) -> str | None:
    """Return what a fact or a command of the manifest says, None where it says nothing."""
    try:
        if name in FACTS:
            return FACTS[name](reader)
        for known, needs, argv, keep in COMMANDS:
            if known == name:
                return text(kept(output_of(reader, needs, argv), Rule(64 * MIB, keep)))
    except (OSError, ValueError, struct.error) as error:
        reader.reasons[name] = why(error)
        return None
    raise LookupError(f"{name} is not in the manifest")


import os
from collections.abc import Iterator
from typing import NamedTuple


class Member(NamedTuple):
    """A file of a capture, or a link where ``target`` says where to; times are seconds since 1970."""

    path: str
    content: bytes = b""
    target: str = ""
    modified: int = 0


def found_paths(reader: Reader, pattern: str) -> list[str]:
    """Return the paths that fit a pattern, in order."""
    paths = [""]
    for name in pattern.replace("{release}", reader.release).split("/")[1:]:
        if "*" in name:
            paths = [
                f"{path}/{n}" for path in paths for n in names_in(reader, path) if star(name, n)
            ]
        else:
            paths = [f"{path}/{name}" for path in paths]
    return paths[:MOST_NAMES]


def names_in(reader: Reader, path: str) -> list[str]:
    """Return the names in a folder, sorted, [] where it cannot be listed."""
    try:
        return sorted(reader.folder(reader.root + path))
    except OSError as error:
        reader.reasons[path] = why(error)
        return []


def device_members(raws: list[Raw]) -> Iterator[Member]:
    """Yield what a capture holds of devices, shaped as sysfs and udev's database are."""
    for raw in raws:
        up = "../" * raw.path.count("/")
        folder = f"/sys{raw.path}/"
        kind = "bus" if raw.subsystem in BUSES else "class"
        yield Member(folder + "subsystem", target=f"{up}{kind}/{raw.subsystem}")
        uevent = "".join(f"{k}={v}\n" for k, v in raw.properties.items() if k in UEVENT)
        yield Member(folder + "uevent", uevent.encode())
        if raw.driver:
            place = f"bus/{raw.subsystem}/drivers/{raw.driver}"
            yield Member(folder + "driver", target=up + place)
            if raw.module:
                yield Member(f"/sys/{place}/module", target=f"../../../../module/{raw.module}")
        names = "".join(f"E:{k}={v}\n" for k, v in raw.properties.items() if k in UDEV)
        if names:
            yield Member(
                f"/run/udev/data/{udev_id(raw.subsystem, raw.path, raw.properties)}", names.encode()
            )
        for name, value in raw.attributes.items():
            if name in {"master", "phy80211"}:
                yield Member(folder + name, target=f"../{value}")
            elif name == "lower":
                for lower in value.split():
                    yield Member(f"{folder}lower_{lower}", target=f"../{lower}")
            else:
                yield Member(folder + name, value.encode())


def file_members(reader: Reader, now: int) -> Iterator[Member]:
    """Yield the files and links that the manifest names."""
    for pattern, _, _ in READS:
        for path in found_paths(reader, pattern):
            content = reader.read(path)
            if content is not None:
                yield Member(path, content, modified=reader.modified(path) or now)
    for pattern in LINKS:
        for path in found_paths(reader, pattern):
            target = reader.readlink(path)
            if target is not None:
                yield Member(path, target=target)


def said_members(reader: Reader) -> Iterator[Member]:
    """Yield what the machine's facts and commands say."""
    for name in [*FACTS, *(command[0] for command in COMMANDS)]:
        said = run(reader, name)
        if said is not None:
            yield Member(f"/commands/{name}", said.encode())


def collect(reader: Reader, now: int) -> list[Member]:
    """Return everything that the manifest names of a machine, by path."""
    found = [
        *device_members(devices(reader.root)),
        *file_members(reader, now),
        *said_members(reader),
    ]
    members = {member.path: member for member in found}
    folders = (path for pattern, _ in LISTS for path in found_paths(reader, pattern))
    listed = {path: reader.names(path) for path in folders}
    told = {path: names for path, names in listed.items() if names is not None}
    return [about(reader, now, told), *(members[path] for path in sorted(members))]


ABOUT = "/advisor/capture.json"


def about(reader: Reader, now: int, listed: dict[str, tuple[str, ...]]) -> Member:
    """Return the member that tells of the capture itself: who read, what could not be read, why."""
    import json

    missing = "no such file or directory"
    said = {
        "schema": "advisor.capture/1",
        "agent": AGENT,
        "time": now,
        "root": os.geteuid() == 0,
        "unread": {path: said for path, said in reader.reasons.items() if said != missing},
        "listed": listed,
    }
    return Member(ABOUT, (json.dumps(said, sort_keys=True) + "\n").encode())


def pack(members: list[Member], now: int) -> bytes:
    """Return members as a ``tar.gz`` that is shaped like a root directory."""
    import gzip
    import io
    import tarfile

    plain, packed = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            entry = tarfile.TarInfo(member.path[1:])
            entry.mtime = member.modified or now
            if member.target:
                entry.type, entry.linkname = tarfile.SYMTYPE, member.target
            else:
                entry.size = len(member.content)
            archive.addfile(entry, io.BytesIO(member.content))
    with gzip.GzipFile("", "wb", 6, packed, now) as stream:
        stream.write(plain.getbuffer())
    return packed.getvalue()


def denied(reader: Reader) -> list[str]:
    """Return what root could have read besides, by path."""
    return sorted(path for path, said in reader.reasons.items() if said == "permission denied")


def put(path: str, packed: bytes) -> None:
    """Write a capture in one step; what is no plain file is written to."""
    import stat

    path = os.path.realpath(path)
    if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        with open(path, "wb") as file:
            file.write(packed)
        return
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:100]}.{os.urandom(6).hex()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(packed)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def main(argv: list[str]) -> int:
    """Write a capture of this machine to standard output or to ``-o FILE``; return the exit status."""
    import sys
    import time

    if argv and argv[:-1] != ["-o"]:
        sys.stderr.write("usage: python3 capture_agent.py [-o FILE]\n")
        return 2
    if not argv and sys.stdout.isatty():
        sys.stderr.write("advisor: error: a capture is no text: name a file with -o, or redirect\n")
        return 2
    reader = Reader()
    now = int(time.time())
    packed = pack(collect(reader, now), now)
    try:
        if argv:
            put(argv[1], packed)
        else:
            sys.stdout.buffer.write(packed)
            sys.stdout.buffer.flush()
    except OSError as error:
        sys.stderr.write(f"advisor: error: the capture cannot be written, {why(error)}\n")
        return 74
    for path in denied(reader):
        sys.stderr.write(f"advisor: not read, root could: {path}\n")
    return 0


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
