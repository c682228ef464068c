"""The names of devices, where udev does not run to tell them."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
# ruff: noqa: PLR2004, PTH123
from __future__ import annotations

import mmap
import struct

from advisor.system.agent.manifest import MIB, UDEV, Raw
from advisor.system.agent.unpack import text

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
