"""The first root of a boot: a cpio archive as the kernel unpacks it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_FOLDER, _FILE = 0o040755, 0o100755


def write_initrd(
    target: Path, busybox: Path, modules: Iterable[Path], files: Iterable[Path], options: str
) -> None:
    """Write what finds a guest's disks.

    Args:
        target: The archive.
        busybox: Its only program.
        modules: What it loads, in order.
        files: What it hands on to the guest in ``/run/lab``; ``init`` it runs itself.
        options: Shell assignments for ``init`` and what comes after it.
    """
    listed = list(modules)
    content = {
        "bin/busybox": busybox.read_bytes(),
        "modules/order": "".join(f"{path.name}\n" for path in listed).encode(),
        "lab/options": options.encode(),
    }
    content |= {f"modules/{path.name}": path.read_bytes() for path in listed}
    content |= {f"lab/{path.name}": path.read_bytes() for path in files}
    content["init"] = content.pop("lab/init")
    folders = sorted({name.rpartition("/")[0] for name in content if "/" in name})
    parts = [_entry(name, _FOLDER, b"") for name in folders]
    parts += [_entry(name, _FILE, data) for name, data in content.items()]
    target.write_bytes(b"".join([*parts, _entry("TRAILER!!!", 0, b"")]))


def _entry(name: str, mode: int, data: bytes) -> bytes:
    """Return a member in the form the kernel calls newc."""
    path = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
