"""Read what an advisor may know of a machine, and write it down as one file.

This file stands alone: the standard library of Python 3.8 is all it needs, so it can be sent through
ssh (``ssh box python3 - < capture_agent.py > box.tar.gz``) or by Ansible to a machine where nothing is
installed. It changes nothing there. The live machine is read through the same functions, so a
machine and its capture cannot differ.

The tables at the top are the manifest: all that is ever read, listed or run.
"""

# Seldom needed modules are imported on use and os is used in place of pathlib: 12 ms each.
# ruff: noqa: PLC0415, PTH100, PTH110, PTH115, PTH116, PTH118, PTH123, PTH208
from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

AGENT = 1
MIB = 1 << 20
ATTRIBUTE_BYTES = 4096
MOST_DEVICES = 20000
MOST_MATCHES = 4096
COMMAND_SECONDS = 20

# Path, most bytes, how. "" reads all or nothing, "head" the first bytes only, "stanzas" those of
# kernel packages. A * stands for anything within one name.
READS = (
    ("/proc/version", 4096, ""),
    ("/proc/version_signature", 4096, ""),
    ("/proc/sys/kernel/tainted", 64, ""),
    ("/proc/sys/kernel/modules_disabled", 64, ""),
    ("/proc/sys/kernel/unprivileged_userns_clone", 64, ""),
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 64, ""),
    ("/proc/sys/user/max_user_namespaces", 64, ""),
    ("/proc/sys/net/*/*", 4096, ""),
    ("/proc/sys/net/ipv6/conf/all/*", 4096, ""),
    ("/proc/cmdline", 8192, ""),
    ("/proc/uptime", 128, ""),
    ("/proc/modules", 4 * MIB, ""),
    ("/proc/config.gz", 4 * MIB, ""),
    ("/proc/filesystems", 65536, ""),
    ("/proc/mounts", 4 * MIB, ""),
    ("/proc/swaps", 65536, ""),
    ("/proc/mdstat", 65536, ""),
    ("/proc/misc", 65536, ""),
    ("/proc/ioports", 65536, ""),
    ("/proc/cpuinfo", 4096, "head"),
    ("/sys/devices/system/clocksource/clocksource0/available_clocksource", 256, ""),
    ("/proc/xen/capabilities", 4096, ""),
    ("/proc/device-tree/model", 4096, ""),
    ("/proc/fs/nfsfs/servers", 65536, ""),
    ("/proc/net/protocols", 65536, ""),
    ("/proc/net/route", MIB, ""),
    ("/proc/net/ipv6_route", 4 * MIB, ""),
    ("/proc/net/ip_tables_names", 4096, ""),
    ("/proc/net/ip6_tables_names", 4096, ""),
    ("/proc/net/ip_vs", 65536, "head"),
    ("/proc/net/ip_mr_vif", 65536, ""),
    ("/proc/net/packet", 65536, "head"),
    ("/proc/net/raw", 65536, "head"),
    ("/proc/net/raw6", 65536, "head"),
    ("/proc/net/sockstat", 4096, ""),
    ("/proc/net/xfrm_stat", 4096, ""),
    ("/proc/net/tls_stat", 4096, ""),
    ("/proc/net/vlan/config", 65536, ""),
    ("/proc/net/rpc/nfsd", 4096, ""),
    ("/proc/net/sctp/assocs", 65536, "head"),
    ("/proc/net/if_inet6", 65536, ""),
    ("/etc/os-release", 65536, ""),
    ("/usr/lib/os-release", 65536, ""),
    ("/etc/fstab", 65536, ""),
    ("/etc/exports", 65536, ""),
    ("/etc/modprobe.d/*.conf", 65536, ""),
    ("/run/modprobe.d/*.conf", 65536, ""),
    ("/usr/lib/modprobe.d/*.conf", 65536, ""),
    ("/lib/modprobe.d/*.conf", 65536, ""),
    ("/boot/config-*", MIB, ""),
    ("/lib/modules/*/config", MIB, ""),
    ("/lib/modules/*/modules.order", 2 * MIB, ""),
    ("/lib/modules/*/modules.builtin", MIB, ""),
    ("/lib/modules/{release}/modules.builtin.modinfo", 4 * MIB, ""),
    ("/lib/modules/{release}/modules.dep", 4 * MIB, ""),
    ("/lib/modules/{release}/modules.alias", 16 * MIB, ""),
    ("/lib/modules/{release}/modules.softdep", MIB, ""),
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
    ("/sys/module/zswap/parameters/enabled", 16, ""),
    ("/sys/module/apparmor/parameters/enabled", 16, ""),
    ("/run/systemd/container", 256, ""),
    ("/run/.containerenv", 1, "head"),
    ("/.dockerenv", 1, "head"),
    ("/run/reboot-required", 4096, ""),
    ("/run/reboot-required.pkgs", 65536, ""),
    ("/var/lib/dpkg/status", 64 * MIB, "stanzas"),
    ("/var/lib/apt/lists/*_Packages", 512 * MIB, "stanzas"),
    ("/var/lib/apt/lists/*_Packages.*", 512 * MIB, "stanzas"),
    ("/var/lib/apt/lists/*Release", 4096, "head"),
    ("/etc/apt/preferences", 65536, ""),
    ("/etc/apt/preferences.d/*", 65536, ""),
    ("/etc/kernel/proxmox-boot-pin", 4096, ""),
    ("/etc/kernel/next-boot-pin", 4096, ""),
    ("/usr/share/doc/linux-image-{release}/changelog.Debian.gz", 4 * MIB, ""),
    ("/usr/share/doc/linux-image-{release}/changelog.gz", 4 * MIB, ""),
    ("/usr/src/*/dkms.conf", 65536, ""),
    ("/usr/src/*/META", 65536, ""),
)

# Folder, and which of its names are told.
LISTS = (
    ("/boot", ("vmlinuz-*", "vmlinux-*", "kernel-*", "config-*", "Image*")),
    ("/lib/modules", ("*",)),
    ("/lib/modules/*", ("modules.*", "kernel", "vmlinuz", "config")),
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
    ("/sys/block", ("dm-*", "md*", "zram*", "nbd*", "rbd*", "loop*")),
    ("/sys/fs/cgroup", ("*.slice", "*.service", "docker", "lxc", "lxc.payload*", "machine")),
    ("/sys/fs/cgroup/system.slice", ("*.service",)),
    ("/var/lib/apt/lists", ("*_Packages", "*_Packages.*", "*Release")),
    ("/etc/apt/preferences.d", ("*",)),
    ("/var/lib/dkms", ("*",)),
    ("/var/lib/dkms/*", ("*",)),
    ("/var/lib/dkms/*/*", ("*",)),
    ("/usr/src", ("*",)),
)

LINKS = (
    "/run/booted-system/kernel",
    "/run/current-system/kernel",
    "/sys/bus/*/drivers/*/module",
)

# Name, the file that must be there, the command.
COMMANDS = (
    (
        "rpm-kernels",
        "/usr/bin/rpm",
        (
            "rpm",
            "-qa",
            "--qf",
            "%{NAME} %{VERSION}-%{RELEASE}.%{ARCH} %{INSTALLTIME}\\n",
            "kernel*",
        ),
    ),
)

# Subsystem -> attributes. "uevent" is read of every device.
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
    "net": ("type", "operstate", "speed", "tun_flags"),
    "bluetooth": (),
    "infiniband": ("node_type", "hca_type", "parent", "ports/1/link_layer", "ports/1/state"),
    "ieee80211": (),
}
# What udev and the kernel's own uevent say of a device.
PROPERTIES = (
    "DEVTYPE",
    "MODALIAS",
    "PCI_CLASS",
    "PCI_ID",
    "PCI_SUBSYS_ID",
    "PRODUCT",
    "INTERFACE",
    "IFINDEX",
    "SDIO_CLASS",
    "SDIO_ID",
    "OF_COMPATIBLE_0",
    "ID_VENDOR_FROM_DATABASE",
    "ID_MODEL_FROM_DATABASE",
)


class Rule(NamedTuple):
    """How a path may be read: at most so many bytes, and in which way."""

    limit: int
    how: str


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
    wanted, names = pattern.split("/"), path.split("/")
    return len(wanted) == len(names) and all(
        n == w or ("*" in w and n not in {"", ".", ".."} and star(w, n))
        for w, n in zip(wanted, names)  # noqa: B905 - Python 3.8 has no strict
    )


class Manifest:
    """What may be read of a machine that runs a given kernel.

    Args:
        release: The release of its running kernel, which some of the paths hold.
    """

    def __init__(self, release: str) -> None:
        self.reads = tuple((p.replace("{release}", release), Rule(n, how)) for p, n, how in READS)
        self.lists = tuple((p.replace("{release}", release), names) for p, names in LISTS)
        self._exact = {pattern: rule for pattern, rule in self.reads if "*" not in pattern}
        self._wild = tuple(pair for pair in self.reads if "*" in pair[0])

    def read_rule(self, path: str) -> Rule:
        """Return how a path may be read, LookupError where it may not be."""
        rule = self._exact.get(path)
        if rule is not None:
            return rule
        start = path[:5]
        for pattern, rule in self._wild:
            if pattern.startswith(start) and fits(pattern, path):
                return rule
        raise LookupError(path + " is not in the manifest")

    def list_names(self, path: str) -> tuple[str, ...]:
        """Return which names of a folder are told, LookupError where it may not be listed."""
        for pattern, names in self.lists:
            if fits(pattern, path):
                return names
        raise LookupError(path + " is not in the manifest")


def text(content: bytes) -> str:
    """Return bytes as text; what is not UTF-8 stays visible as an escape."""
    return content.decode("utf-8", "backslashreplace")


def why(error: OSError) -> str:
    """Return an error in a few words, without the path: ``no such file or directory``."""
    return (error.strerror or str(error)).lower()


def read_open(handle: int, rule: Rule) -> bytes:
    """Return an open file's content, OSError where it is no plain file or larger than allowed."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file")
    if rule.how == "stanzas":
        return kernel_stanzas(handle, status.st_size, rule.limit)
    parts: list[bytes] = []
    left = rule.limit + (rule.how != "head")
    while left > 0:
        part = os.read(handle, min(left, MIB))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    if left == 0 and rule.how != "head":
        raise OSError(errno.EFBIG, f"larger than {rule.limit} bytes")
    return b"".join(parts)


# -- the lists of a Debian-like package manager -------------------------------------------------

STANZA_FIELDS = (b"Package:", b"Status:", b"Version:", b"Source:", b"Depends:", b"Architecture:")
STANZA_NEEDLES = (
    b"\nPackage: linux-",
    b"\nPackage: pve-kernel-",
    b"\nPackage: proxmox-",
    b"\nPackage: raspberrypi-kernel",
    b"\nPackage: zfs-dkms",
)
STANZA_NAMES = (
    b"linux-image-",
    b"linux-headers-",
    b"pve-kernel-",
    b"proxmox-kernel-",
    b"proxmox-default-kernel",
    b"raspberrypi-kernel",
    b"zfs-dkms",
)


def slim(stanza: bytes) -> bytes:
    """Return the lines of a package's stanza that matter, b"" where its name does not."""
    lines = stanza.split(b"\n")
    name = lines[0][9:]
    if not name.startswith(STANZA_NAMES) or name.endswith((b"-dbg", b"-dbgsym")):
        return b""
    return b"\n".join([line for line in lines if line.startswith(STANZA_FIELDS)]) + b"\n\n"


def stanzas_of(data, start: int, end: int) -> list[bytes]:  # type: ignore[no-untyped-def]
    """Return the stanzas of kernel packages in bytes or a memory map, in order."""
    small = end - start < 8 * MIB
    found: dict[int, bytes] = {}
    if data[start : start + 9] == b"Package: ":
        stop = data.find(b"\n\n", start, end)
        found[start] = slim(data[start : stop if stop >= 0 else end].rstrip(b"\n"))
    for needle in STANZA_NEEDLES if small else STANZA_NEEDLES[:1]:
        at = data.find(needle, start, end)
        while at >= 0:
            stop = data.find(b"\n\n", at + 1, end)
            stop = end if stop < 0 else stop
            found[at] = slim(data[at + 1 : stop].rstrip(b"\n"))
            at = data.find(needle, stop, end)
    return [found[key] for key in sorted(found)]


def kernel_stanzas(handle: int, size: int, limit: int) -> bytes:
    """Return the stanzas of kernel packages in a package list, packed or not."""
    import mmap

    if size == 0:
        return b""
    with mmap.mmap(handle, size, prot=mmap.PROT_READ) as data:
        magic = data[:4]
        if magic[:2] == b"\x1f\x8b":
            import zlib

            chunks = inflate(data, zlib.decompressobj(31), limit)
        elif magic == b"\xfd7zX":
            import lzma

            chunks = inflate(data, lzma.LZMADecompressor(memlimit=128 * MIB), limit)
        elif magic == b"\x04\x22\x4d\x18":
            chunks = unlz4(data[:], limit)
        elif magic == b"\x28\xb5\x2f\xfd":
            raise OSError(errno.ENOTSUP, "packed with zstd")
        else:
            return b"".join(stanzas_of(data, 0, size))
        return b"".join(stanzas_of_chunks(chunks))


def stanzas_of_chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the stanzas of kernel packages from a list that comes in pieces."""
    tail = b""
    for chunk in chunks:
        piece = tail + chunk
        end = piece.rfind(b"\n\n") + 1
        yield from stanzas_of(piece, 0, end)
        tail = piece[end:]
        if len(tail) > MIB:
            raise OSError(errno.EINVAL, "not a package list")
    yield from stanzas_of(tail, 0, len(tail))


def inflate(data, unpacker, limit: int) -> Iterator[bytes]:  # type: ignore[no-untyped-def]
    """Yield what a zlib or lzma unpacker makes of packed bytes, OSError where that is too much."""
    total = at = 0
    pending = b""
    while not unpacker.eof:
        hungry = getattr(unpacker, "needs_input", not pending)
        if hungry:
            pending = data[at : at + 65536]
            at += len(pending)
            if not pending:
                raise OSError(errno.EINVAL, "ends early")
        try:
            out = unpacker.decompress(pending if hungry or pending else b"", 4 * MIB)
        except Exception as error:
            raise OSError(errno.EINVAL, "damaged") from error
        pending = getattr(unpacker, "unconsumed_tail", b"")
        total += len(out)
        if total > limit:
            raise OSError(errno.EFBIG, f"larger than {limit} bytes")
        yield out


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
    at = total = 0
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
            if library.LZ4F_isError(ctypes.c_size_t(state)):
                raise OSError(errno.EINVAL, "damaged")
            at += used.value
            total += made.value
            if total > limit:
                raise OSError(errno.EFBIG, f"larger than {limit} bytes")
            if made.value:
                yield room.raw[: made.value] if made.value < len(room) else room.raw
            if state == 0 or not (used.value or made.value):
                break
    finally:
        library.LZ4F_freeDecompressionContext(context)


# -- devices -------------------------------------------------------------------------------------


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
        """Return a file's content, None where it cannot be read (then there is a reason)."""
        rule = self.manifest.read_rule(path)
        try:
            handle = os.open(self.root + path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return read_open(handle, rule)
            finally:
                os.close(handle)
        except (OSError, ValueError) as error:
            self.reasons[path] = why(error) if isinstance(error, OSError) else str(error)
            return None

    def list(self, path: str) -> tuple[str, ...] | None:
        """Return the names in a folder that the manifest tells, sorted, None where unreadable."""
        wanted = self.manifest.list_names(path)
        try:
            names = os.listdir(self.root + path)
        except OSError as error:
            self.reasons[path] = why(error)
            return None
        names = [os.fsencode(n).decode("utf-8", "backslashreplace") for n in names]
        if wanted != ("*",):
            names = [n for n in names if any(star(w, n) for w in wanted)]
        return tuple(sorted(names)[:MOST_DEVICES])

    def readlink(self, path: str) -> str | None:
        """Return where a link points, None where there is none."""
        if not any(fits(pattern, path) for pattern in LINKS):
            raise LookupError(path + " is not in the manifest")
        try:
            return os.readlink(self.root + path)
        except OSError as error:
            self.reasons[path] = why(error)
            return None

    def modified(self, path: str) -> int | None:
        """Return when a file was last changed, in seconds since 1970."""
        self.manifest.read_rule(path)
        try:
            return int(os.stat(self.root + path).st_mtime)
        except OSError:
            return None

    def device_folders(self) -> Iterator[tuple[str, str]]:
        """Yield the subsystem and the path below ``/sys`` of every device, as sysfs lists them."""
        count = 0
        for kind, table in (("bus", BUSES), ("class", CLASSES)):
            for subsystem in table:
                folder = "/sys/{}/{}{}".format(kind, subsystem, "/devices" if kind == "bus" else "")
                try:
                    names = os.listdir(self.root + folder)
                except OSError:
                    continue
                for name in names:
                    try:
                        target = os.readlink(f"{self.root}{folder}/{name}")
                    except OSError:
                        continue
                    at = target.find("/devices/")
                    count += 1
                    if at >= 0 and count <= MOST_DEVICES:
                        yield subsystem, target[at:]

    def devices(self) -> list[Raw]:
        """Return the devices that sysfs shows, by path, with what udev's database adds."""
        found = {path: self.device(subsystem, path) for subsystem, path in self.device_folders()}
        return [found[path] for path in sorted(found)]

    def device(self, subsystem: str, path: str) -> Raw:
        """Return one device."""
        folder = f"{self.root}/sys{path}/"
        uevent = self.attribute(folder + "uevent") or ""
        properties = dict(line.split("=", 1) for line in uevent.splitlines() if "=" in line)
        properties.update(self.udev_properties(subsystem, path, properties))
        driver = self.link_name(folder + "driver")
        return Raw(
            path,
            subsystem,
            driver,
            self.link_name(folder + "driver/module").replace("-", "_") if driver else "",
            self.attributes(folder, subsystem),
            {key: properties[key][:ATTRIBUTE_BYTES] for key in PROPERTIES if key in properties},
        )

    def attributes(self, folder: str, subsystem: str) -> dict[str, str]:
        """Return the attributes that the manifest names, and a network interface's neighbours."""
        attributes = {}
        for name in BUSES[subsystem] if subsystem in BUSES else CLASSES[subsystem]:
            value = self.attribute(folder + name)
            if value is not None:
                attributes[name] = value
        if subsystem == "net":
            for name in ("master", "phy80211"):
                target = self.link_name(folder + name)
                if target:
                    attributes[name] = target
            try:
                lower = sorted(n[6:] for n in os.listdir(folder) if n.startswith("lower_"))
            except OSError:
                lower = []
            if lower:
                attributes["lower"] = " ".join(lower)
        return attributes

    def attribute(self, path: str) -> str | None:
        """Return an attribute's text, stripped; None where the kernel does not answer."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError):
            return None
        try:
            return text(os.read(handle, ATTRIBUTE_BYTES)).strip()
        except OSError:
            return None
        finally:
            os.close(handle)

    def link_name(self, path: str) -> str:
        """Return the last name of where a link points, ``""`` where there is no link."""
        try:
            return (
                os.fsencode(os.readlink(path))
                .decode("utf-8", "backslashreplace")
                .rpartition("/")[2]
            )
        except (OSError, ValueError):
            return ""

    def udev_properties(self, subsystem: str, path: str, uevent: dict[str, str]) -> dict[str, str]:
        """Return what udev's database says of a device, {} where there is no entry."""
        entry = self.attribute(f"{self.root}/run/udev/data/{udev_id(subsystem, path, uevent)}")
        pairs = (line[2:].partition("=") for line in (entry or "").splitlines() if line[:2] == "E:")
        return {key: value for key, _, value in pairs}


def udev_id(subsystem: str, path: str, uevent: dict[str, str]) -> str:
    """Return the name under which udev keeps a device: ``n3``, ``c189:4``, ``+pci:0000:00:1f.6``."""
    if "MAJOR" in uevent and "MINOR" in uevent:
        return "c{}:{}".format(uevent["MAJOR"], uevent["MINOR"])
    if subsystem == "net" and "IFINDEX" in uevent:
        return "n" + uevent["IFINDEX"]
    return "+{}:{}".format(subsystem, path.rpartition("/")[2])


# -- what is computed on the machine itself -------------------------------------------------------


def run_uname(reader: Reader) -> str:
    """Return the kernel's name for itself, one field a line."""
    names = os.uname()
    return "".join(
        f + "\n"
        for f in (names.sysname, names.nodename, reader.release, names.version, names.machine)
    )


def run_space(reader: Reader) -> str:
    """Return free and total MiB of the filesystems that a kernel needs: ``/boot 412 975``."""
    lines = []
    for path in ("/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var"):
        try:
            space = os.statvfs(reader.root + path)
        except OSError:
            continue
        free, total = (n * space.f_frsize // MIB for n in (space.f_bavail, space.f_blocks))
        lines.append(f"{path} {free} {total}\n")
    return "".join(lines)


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
                for pair in file.read(MIB).split(b"\0"):
                    if pair.startswith(b"SSH_CONNECTION="):
                        found = text(pair[15:])
            with open(f"/proc/{process}/stat", "rb") as file:
                process = int(file.read(4096).rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
    return found.split(" ")[0].split("%")[0]


def route_to(address: str, ipv4: str, ipv6: str) -> str:
    """Return the interface of the longest route to an address, ``""`` where there is none.

    Args:
        address: ``192.0.2.7`` or ``2001:db8::7``.
        ipv4: All of ``/proc/net/route``.
        ipv6: All of ``/proc/net/ipv6_route``.
    """
    import socket

    best = (-1, 0, "")
    try:
        if address.startswith("::ffff:") and "." in address:
            address = address[7:]
        if ":" in address:
            wanted = int.from_bytes(socket.inet_pton(socket.AF_INET6, address), "big")
            for row in (line.split() for line in ipv6.splitlines()):
                length, shift = int(row[1], 16), 128 - int(row[1], 16)
                if int(row[0], 16) >> shift == wanted >> shift and row[9] != "lo":
                    best = max(best, (length, -int(row[5], 16), row[9]))
        else:
            wanted = int.from_bytes(socket.inet_pton(socket.AF_INET, address), "little")
            for row in (line.split() for line in ipv4.splitlines()[1:]):
                mask = int(row[7], 16)
                if wanted & mask == int(row[1], 16) & mask:
                    best = max(best, (bin(mask).count("1"), -int(row[6]), row[0]))
    except (OSError, ValueError, IndexError):
        return ""
    return best[2]


def run_session(reader: Reader) -> str:
    """Return how this session came and what it may do: ``ssh eth0`` or ``local``, ``euid 0``."""
    client = ssh_client()
    line = "local\n"
    if client:
        tables = (reader.read(path) for path in ("/proc/net/route", "/proc/net/ipv6_route"))
        line = "ssh {}\n".format(route_to(client, *(text(table or b"") for table in tables)))
    return line + f"euid {os.geteuid()}\n"


def run_links(reader: Reader) -> str:
    """Return nothing yet."""
    return ""


FACTS = {"uname": run_uname, "space": run_space, "session": run_session, "links": run_links}


def run_command(argv: tuple[str, ...]) -> bytes:
    """Return what a command printed, OSError where it failed, took long or printed much."""
    import subprocess

    environment = dict(os.environ, LC_ALL="C.UTF-8", PATH="/usr/sbin:/usr/bin:/sbin:/bin")
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
    return done.stdout[: 4 * MIB]


def run(reader: Reader, name: str) -> str | None:
    """Return what a fact or a command of the manifest says, None where it says nothing."""
    if name in FACTS:
        return FACTS[name](reader)
    for known, needs, argv in COMMANDS:
        if known == name:
            try:
                if reader.root or not os.path.exists(needs):
                    raise OSError(errno.ENOENT, "not installed")
                return text(run_command(argv))
            except OSError as error:
                reader.reasons[name] = why(error)
                return None
    raise LookupError(name + " is not in the manifest")
