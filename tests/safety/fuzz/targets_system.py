"""Parsers of captures, packages, packed lists, hardware databases, configuration."""

# ruff: noqa: E501 - tables and inputs, a line each
from __future__ import annotations

import atexit
import bz2
import gzip
import io
import lzma
import os
import shutil
import struct
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from advisor.cli_kb_identify import identity_document
from advisor.cli_plain import plain_scan
from advisor.config import default_map
from advisor.errors import AdvisorError
from advisor.probe import probe
from advisor.probe.log import probe_log
from advisor.probe.readings import Readings
from advisor.system.agent.capture import Member, pack
from advisor.system.agent.facts import journal_errors, kernel_errors, route_to, told_errors
from advisor.system.agent.keep import TRANSFORMS, kept
from advisor.system.agent.manifest import UDEV, Manifest, Raw, Rule
from advisor.system.agent.names import add_names
from advisor.system.agent.netlink import netlink_values, word
from advisor.system.agent.reading import Reader
from advisor.system.agent.unpack import text, unpacked
from advisor.system.package import read_kernel
from advisor.system.recorded import RecordedSystem
from advisor.system.redact import redacted
from advisor.system.tarball import entries
from tests.safety.fuzz.files import FILES, LINKS, RELEASE
from tests.safety.fuzz.mutate import changed, changed_json
from tests.safety.fuzz.seeds import CAPTURES, ROOT, members, plain_tar, recorded, small, texts
from tests.safety.fuzz.target import Target, scratch, seeded
from tests.safety.fuzz.targets_machine import NOW

_KEPT_MEMBERS: Final = 60


@cache
def folder() -> Path:
    """Return a folder of this process, in memory where there is such a place."""
    shared = os.environ.get("ADVISOR_FUZZ_FOLDER")  # of a long run, which removes it at its end
    if shared:
        return Path(tempfile.mkdtemp(dir=shared))
    made = tempfile.mkdtemp(prefix="advisor-fuzz-", dir=in_memory())
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def in_memory() -> str | None:
    """Return a place for files that are gone in a moment, None for the usual one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


# Captures.


@cache
def _few(path: Path) -> tuple[Member, ...]:
    """Return some of a recorded machine's files, so that a case is quick."""
    found = [member for member in members(path) if len(member.content) < 20_000]
    return tuple(found[:: max(1, len(found) // _KEPT_MEMBERS)])


@cache
def _packed_captures() -> tuple[bytes, ...]:
    return tuple(pack(list(_few(path)), NOW) for path in CAPTURES)


def _capture_bytes(rng: Random) -> bytes:
    """Return a capture whose packed bytes, or whose archive's bytes, are changed."""
    seed = rng.choice(_packed_captures())
    if rng.random() < 0.3:
        return changed(rng, seed, rng.choice(_packed_captures()))[: 1 << 17]
    made = bytearray(gzip.decompress(seed))
    headers = [
        at for at in range(0, len(made), 512) if bytes(made[at + 257 : at + 262]) == b"ustar"
    ]
    for _ in range(rng.randint(1, 3)):
        at = rng.choice(headers) + rng.choice((0, 0, 100, 124, 136, 156, 157, 157, 257, 345))
        made[at : at + 12] = changed(rng, bytes(made[at : at + 12]), b"../../etc/x\0")[:12].ljust(
            12, b"\0"
        )
        _mend_sum(rng, made, at // 512 * 512)
    return bytes(made)


def _mend_sum(rng: Random, made: bytearray, at: int) -> None:
    """Mostly give a header the right sum again, so that what is in it is looked at."""
    if rng.random() < 0.9:
        made[at + 148 : at + 156] = b" " * 8
        made[at + 148 : at + 156] = b"%06o\0 " % sum(made[at : at + 512])


def _capture_members(rng: Random) -> bytes:
    """Return a capture whose members are changed: paths, contents, link targets, their number."""
    found = list(_few(rng.choice(CAPTURES)))
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(found))
        one = found[at]
        match rng.randrange(4):
            case 0:
                path = text(changed(rng, one.path.encode(), b"/sys/devices/../x"))[:900]
                found[at] = one._replace(path=f"/{path.replace(chr(0), '')}")
            case 1:
                target = text(changed(rng, (one.target or "../x").encode(), b"../.."))[:900]
                found[at] = one._replace(target=target.replace("\0", "") or "x")
            case 2:
                change = changed_json if one.path.endswith(".json") else changed
                found[at] = one._replace(content=change(rng, one.content, b"x"), target="")
            case _:
                found.append(one)
    return _tar(found, rng)


def _tar(found: list[Member], rng: Random) -> bytes:
    out = io.BytesIO()
    form = rng.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.PAX_FORMAT))
    with tarfile.open(fileobj=out, mode="w", format=form, errors="replace") as archive:
        for member in found:
            entry = tarfile.TarInfo(member.path[1:])
            entry.mtime = member.modified
            if member.target:
                entry.type, entry.linkname = tarfile.SYMTYPE, member.target
            else:
                entry.size = len(member.content)
            archive.addfile(entry, io.BytesIO(member.content))
    return out.getvalue()


def _read_capture(data: bytes) -> None:
    system = RecordedSystem(io.BytesIO(data), "fuzz.tar.gz")
    for path in ("/proc/modules", "/proc/version", "/etc/os-release", "/proc/mounts"):
        system.read(path)
        assert system.reason(path)
    for raw in system.devices():
        assert raw.path.startswith("/devices/")
    for path in ("/lib/modules", "/sys/bus", "/boot", "/usr/src"):
        assert all("/" not in name for name in system.list(path) or ())


def _probe_capture(data: bytes) -> None:
    found = probe(RecordedSystem(io.BytesIO(data), "fuzz.tar.gz"), now=NOW)
    assert all(device.name for device in found.devices)


def _redact(data: bytes) -> None:
    found = redacted(
        Member(one.path, one.content, one.target or "", one.modified)
        for one in entries(io.BytesIO(data), "fuzz.tar.gz")
    )
    again = RecordedSystem(
        io.BytesIO(plain_tar({m.path: m.target or m.content for m in found})), "x"
    )
    assert again.capture == "x"


# What the agent keeps of files.


def _lists() -> tuple[bytes, ...]:
    return tuple(content for path in FILES if path.startswith("/var") for content in texts(path))


def _packed_lists() -> tuple[bytes, ...]:
    plain = _lists()
    long = b"\n".join(plain) * 4
    found = [gzip.compress(long, 1), lzma.compress(long), bz2.compress(long)]
    return (*found, *plain, b"\x04\x22\x4d\x18" + long, b"\x28\xb5\x2f\xfd" + long)


def _unpack(data: bytes) -> None:
    assert sum(map(len, unpacked(data, 1 << 20))) <= 1 << 20


def _keep(data: bytes) -> None:
    for name in TRANSFORMS:
        rule = Rule(1 << 20, name)
        try:
            once = kept(data, rule)
        except OSError:
            continue
        assert len(once) <= 2 * len(data) + (4 << 20)
        if not once.startswith(
            (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd")
        ):
            assert kept(once, rule) == once, name


def _routes(data: bytes) -> None:
    root = folder() / "routes"
    (root / "proc/net").mkdir(parents=True, exist_ok=True)
    address, _, table = data.partition(b"\n")
    scratch(root, "proc/net/route", table)
    scratch(root, "proc/net/ipv6_route", table)
    assert "\n" not in route_to(Reader(str(root), RELEASE), text(address).replace("\0", ""))


def _hwdb() -> bytes:
    """Return a compiled hardware database that names a vendor and a model: three nodes of a trie."""
    strings = {}
    body = bytearray(b"KSLPHHRH" + bytes(24))
    body += struct.pack("<4Q", 24, 16, 16, 80) + bytes(16)
    names = [b"pci:v00008086", b"", b"000015B8*", b" ID_VENDOR_FROM_DATABASE", b"Intel Corporation",
             b" ID_MODEL_FROM_DATABASE", b"Ethernet Connection (2) I219-V"]  # fmt: skip
    at = 80 + 3 * 24 + 2 * 16 + 2 * 16
    for name in names:
        strings[name] = at
        at += len(name) + 1
    vendor, model = 80 + 24 + 32, 80 + 24 + 32 + 40
    body += struct.pack("<QB7xQ", strings[names[0]], 2, 0)
    body += struct.pack("<B7xQ", ord("*"), vendor) + struct.pack("<B7xQ", ord("d"), model)
    body += struct.pack("<QB7xQ", strings[b""], 0, 1) + struct.pack(
        "<2Q", strings[names[3]], strings[names[4]]
    )
    body += struct.pack("<QB7xQ", strings[names[2]], 0, 1) + struct.pack(
        "<2Q", strings[names[5]], strings[names[6]]
    )
    return bytes(body + b"".join(name + b"\0" for name in names))


def _names(data: bytes) -> None:
    """Ask a hardware database and lists of ids, whichever these bytes are."""
    root = folder() / "names"
    for place in ("etc/udev", "usr/share/misc"):
        (root / place).mkdir(parents=True, exist_ok=True)
    is_trie = data[:4] == b"KSLP"
    (root / "etc/udev/hwdb.bin").unlink(missing_ok=True)
    if is_trie:
        scratch(root, "etc/udev/hwdb.bin", data)
    else:
        scratch(root, "usr/share/misc/pci.ids", data)
        scratch(root, "usr/share/misc/usb.ids", data)
    raws = [
        Raw("/devices/x", "pci", "", "", {}, {"MODALIAS": "pci:v00008086d000015B8sv00001043sd00008672bc02sc00i00",
                                            "PCI_ID": "8086:15B8"}),
        Raw("/devices/y", "usb", "", "", {}, {"PRODUCT": "bda/8153/3000", "DEVTYPE": "usb_device"}),
        Raw("/devices/z", "usb", "", "", {}, {"PRODUCT": "//", "DEVTYPE": "usb_device"}),
    ]  # fmt: skip
    add_names(str(root), raws)
    for raw in raws:
        assert all(len(raw.properties.get(name, "")) < 5000 for name in UDEV)


def _netlink(data: bytes) -> None:
    for value in netlink_values(data).values():
        assert " " not in word(value)
        netlink_values(value)


def _log(data: bytes) -> None:
    """Read the same bytes as records of /dev/kmsg, as what journalctl prints, and as a capture has it."""
    errors = list(told_errors(kernel_errors(data.split(b"\n"))))
    with suppress(OSError):
        errors += told_errors(journal_errors(data))
    assert all(line.isprintable() for line in errors)
    system = RecordedSystem(io.BytesIO(plain_tar({"/commands/log": data})), "log.tar")
    found = probe_log(Readings(system, now=NOW))
    assert found is None or len(found.errors) <= 200


_LOGS: Final = (
    b"3,1,5,-;e1000e 0000:00:1f.6 eth0: Detected Hardware Unit Hang\n SUBSYSTEM=pci\n6,2,6,-;all is well\n",
    b'{"PRIORITY": "3", "MESSAGE": "nvme 0000:01:00.0: 10.0.0.1 02:00:00:00:00:01 fe80::1:2:3:4"}\n{"PRIORITY": "6"}\n',
    b"source /dev/kmsg\nata1: COMRESET failed (errno=-16)\n",
)


def _manifest(data: bytes) -> None:
    release, _, path = text(data).partition("\n")
    manifest = Manifest(release)
    for ask in (manifest.read_rule, manifest.list_names, manifest.check_link):
        try:
            ask(path)
        except LookupError:
            continue
        assert ".." not in path.split("/")


# Packages.


def _deb_files(rng: Random) -> Mapping[str, bytes]:
    files = {
        f"usr/lib/modules/{RELEASE}/modules.order": b"kernel/net/vmw_vsock/vsock.ko\n",
        f"usr/lib/modules/{RELEASE}/modules.builtin.modinfo": b"tpm_tis.alias=pnp:d*\0ext4.alias=fs-ext4\0",
        f"usr/lib/modules/{RELEASE}/kernel/drivers/net/a.ko": b"\0alias=pci:v00008086d000015B8sv*\0",
        f"usr/lib/modules/{RELEASE}/kernel/drivers/net/b.ko.xz": lzma.compress(
            b"\0alias=usb:v0BDAp8153d*\0"
        ),
        f"boot/vmlinuz-{RELEASE}": b"MZ",
        "usr/share/doc/linux-image-6.12/changelog.gz": gzip.compress(
            b"linux (6.12-1)\n * CVE-2026-53362\n", 1
        ),
    }
    for _ in range(rng.randint(0, 3)):
        path = rng.choice(list(files))
        if rng.random() < 0.5:
            files[path] = changed(rng, files[path], b"alias x y\n")
        else:
            files[
                text(changed(rng, path.encode(), b"lib/modules/6.1/kernel/x.ko"))[:500].replace(
                    "\0", ""
                )
                or "x"
            ] = b"x"
    return files


def _pack_tar(files: Mapping[str, bytes], rng: Random, form: str) -> bytes:
    data = _tar([Member(f"/{path}", content) for path, content in files.items()], rng)
    data = changed(rng, data, data)[: 1 << 17] if rng.random() < 0.3 else data
    if form == "xz":
        return lzma.compress(data, preset=0)
    return gzip.compress(data, 1) if form == "gz" else data


def _deb(rng: Random) -> bytes:
    form = rng.choice(("xz", "gz", ""))
    control = (
        changed(rng, b"Package: linux-image-6.12\nVersion: 6.12.1-1\n", b"x")
        if rng.random() < 0.3
        else b"Package: x\n"
    )
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": _pack_tar({"control": control}, rng, "gz"),
        f"data.tar{'.' if form else ''}{form}": _pack_tar(_deb_files(rng), rng, form),
    }
    whole = b"!<arch>\n"
    for name, content in parts.items():
        whole += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content
        whole += b"\n" * (len(content) % 2)
    return changed(rng, whole, whole)[: 1 << 18] if rng.random() < 0.3 else whole


def _rpm(rng: Random) -> bytes:
    """Return an .rpm with its headers' bytes changed; most of its numbers stand there."""
    whole = (ROOT / "tests/data/packages/kernel-xz.rpm").read_bytes()
    made = bytearray(whole)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(96, 2400) if rng.random() < 0.8 else rng.randrange(len(made))
        made[at : at + 4] = rng.choice(
            (b"\0\0\0\0", b"\xff\xff\xff\xff", rng.randbytes(4), b"\0\0\x03\xe8")
        )
    return changed(rng, bytes(made), whole) if rng.random() < 0.2 else bytes(made)


def _read_package(data: bytes) -> None:
    found = read_kernel(scratch(folder(), "linux.pkg", data))
    assert found.kernel.release
    if found.modules is not None and found.modules.serves is not None:
        found.modules.serves.get("pci:v00008086d000015B8sv00001043sd00008672bc02sc00i00")


# Configuration, arguments, lines.

_TOML: Final = (
    b'format = "json"\n[scan]\nfrom = ["/srv/captures"]\nall = true\ncolor = "never"\nfail-on = "now"\n',
    b'database = "~/kernel.sqlite"\n[kb.publish]\ndays = 30\n[report]\noutput = "x.html"\n',
    b"[scan]\nall = 1979-05-27T07:32:00Z\nhost = [1, 2.5, inf, 0xff, [[]], {a = 1}]\n",
)


def _config_toml(data: bytes) -> None:
    from advisor.cli import build  # noqa: PLC0415 - typer is slow to import

    path = scratch(folder(), "config.toml", data)
    default_map({"ADVISOR_CONFIG": str(path), "HOME": "/root"}, build(("scan",)))


def _arguments(data: bytes) -> None:
    words = text(data).split(" ")
    asked = plain_scan(words)
    assert asked is None or not any(host.startswith("-") for host in asked.host)


def _identity_line(data: bytes) -> None:
    found = identity_document(text(data))
    assert found["vendor"]


def _with(
    change: Callable[[Random, bytes, bytes], bytes], *seeds: bytes
) -> Callable[[Random], bytes]:
    return seeded(seeds, change)


_LINES: Final = (
    b'{"release": "6.12.94+deb13-amd64", "distro": "debian"}',
    b'{"release": "6.8.0-52-generic", "version": null}',
)
_ROUTES: Final = tuple(
    address + b"\n" + table
    for address in (b"192.0.2.7", b"2001:db8::7", b"::ffff:192.0.2.7", b"fe80::1%eth0")
    for table in (*texts("/proc/net/route"), *texts("/proc/net/ipv6_route"))
)
_IDS: Final = b"# list\n8086  Intel Corporation\n\t15b8  Ethernet Connection\n\t\t1043 8672  x\n0bda  Realtek\n\t8153  RTL8153\n"
_ATTRIBUTES: Final = b"\x08\0\x03\0eth0\x0c\0\x12\0\x08\0\x01\0vlan\x08\0\x06\0noop"
_PATHS: Final = tuple(f"{RELEASE}\n{path}".encode() for path in (*FILES, *LINKS))

TARGETS: Final = (
    Target("capture-bytes", "captures with flipped bits, cut, with other headers", _capture_bytes, _read_capture, share=200),
    Target("capture-files", "captures with other files, through the whole probe", _capture_members, _probe_capture, share=40),
    Target("redact", "captures to be redacted", _capture_members, _redact, share=20),
    Target("packed-lists", "lists packed with gzip, xz, bzip2, lz4", seeded(_packed_lists()), _unpack, errors=(OSError,)),
    Target("kept", "what the agent keeps of files: stanzas, CVEs, mounts, routes",
        seeded((*_packed_lists(), *small(recorded("/proc/"), 3000), *texts("/proc/net/route"))), _keep, share=4),
    Target("ssh-route", "the route to the ssh client", seeded(_ROUTES), _routes),
    Target("hardware-names", "`hwdb.bin`, `pci.ids`, `usb.ids`", seeded((_IDS, _hwdb())), _names),
    Target("kernel-log", "the kernel's log: `/dev/kmsg`, `journalctl`, captures", seeded(_LOGS), _log, share=4),
    Target("netlink", "netlink attributes", seeded((_ATTRIBUTES,)), _netlink),
    Target("manifest", "paths that a machine's names make", seeded(_PATHS), _manifest),
    Target("deb", "`.deb` for `--candidate`", _deb, _read_package, share=20),
    Target("rpm", "`.rpm` for `--candidate`", _rpm, _read_package, share=10),
    Target("config.toml", "`config.toml`", seeded(_TOML), _config_toml, share=100),
    Target("arguments", "arguments of `scan`", seeded((b"--from x --format json --all", b"--host=a --color auto")), _arguments),
    Target("identify-lines", "lines of `kb identify`", _with(changed_json, *_LINES), _identity_line),
)  # fmt: skip

__all__ = ["TARGETS", "AdvisorError"]
