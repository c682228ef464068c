"""QEMU from Debian 13, unpacked beside its own libraries: the same on whatever runs the lab.

A patched copy of it gives emulated cards the ids of others, whose drivers are near enough to bind.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.lab.archive import closure, unpack
from tests.lab.cache import UnavailableError, made

_SUITE = "trixie"
_LIBRARIES = "usr/lib/x86_64-linux-gnu"
# The store that gives a device class its ids: movl $ids, offset(%register).
_MOVE = (b"\xc7\x40", b"\xc7\x43", b"\xc7\x45", b"\xc7\x83", b"\xc7\x80", b"\xc7\x85")


class Ids(NamedTuple):
    """PCI vendor and device id."""

    vendor: int
    device: int

    @property
    def stored(self) -> bytes:
        """Return both as the compiler stores them, in one word."""
        return self.vendor.to_bytes(2, "little") + self.device.to_bytes(2, "little")


# What the patched copy calls its cards: each has a driver that binds, but for the two Mellanox ones.
OTHER_IDS = {
    "pcnet": (Ids(0x1022, 0x2000), Ids(0x10B7, 0x9200)),  # 3c59x
    "rtl8139": (Ids(0x10EC, 0x8139), Ids(0x1186, 0x1300)),  # 8139too
    "tulip": (Ids(0x1011, 0x0019), Ids(0x115D, 0x0003)),  # xircom_cb, dropped in 7.3
    # Reads as 0, so that the driver does not wait two minutes for firmware.
    "pci-testdev": (Ids(0x1B36, 0x0005), Ids(0x15B3, 0x1017)),  # mlx5_core
    "edu": (Ids(0x1234, 0x11E8), Ids(0x15B3, 0x1003)),  # mlx4_core
}


class Emulator(NamedTuple):
    """A QEMU in the cache."""

    folder: Path
    program: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command line that runs it."""
        return [
            str(self.folder / _LIBRARIES / "ld-linux-x86-64.so.2"),
            *("--library-path", str(self.folder / _LIBRARIES)),
            str(self.program),
            *(
                "-L",
                str(self.folder / "usr/share/qemu"),
                "-L",
                str(self.folder / "usr/share/seabios"),
            ),
            *arguments,
        ]


def emulator(*, other_ids: bool = False) -> Emulator:
    """Return QEMU, or the copy whose cards bear other ids.

    Raises:
        UnavailableError: It cannot be fetched, does not run here, or cannot be patched.
    """
    folder = made("qemu", [_SUITE, "qemu-system-x86", "acpica-tools"], _make)
    whole = Emulator(folder, folder / "usr/bin/qemu-system-x86_64")
    if not other_ids:
        return whole
    patched = made("qemu-ids", OTHER_IDS, lambda target: _patch(whole.program, target / "qemu"))
    return Emulator(folder, patched / "qemu")


def _make(folder: Path) -> None:
    packages = {*closure("qemu-system-x86", _SUITE), *closure("acpica-tools", _SUITE)}
    unpack(folder, sorted(packages))
    for name in ("busybox-amd64:amd64", "busybox-i386:i386"):
        target, _, architecture = name.partition(":")
        unpack(folder / target, [f"busybox-static:{architecture}"])
    whole = Emulator(folder, folder / "usr/bin/qemu-system-x86_64")
    done = subprocess.run(whole.command("--version"), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnavailableError(f"QEMU does not run here: {done.stderr.strip()}")


def busybox(architecture: str) -> Path:
    """Return the program that an initial root of that architecture runs."""
    folder = emulator().folder / f"busybox-{architecture}"
    return next(folder.glob("**/bin/busybox"))


def _patch(program: Path, patched: Path) -> None:
    code = bytearray(program.read_bytes())
    for name, (ours, theirs) in OTHER_IDS.items():
        places = _places(bytes(code), ours.stored)
        if len(places) != 1:
            raise UnavailableError(f"QEMU's {name} has its ids at {len(places)} places, not at one")
        code[places[0] : places[0] + 4] = theirs.stored
    patched.write_bytes(code)
    patched.chmod(0o755)


def _places(code: bytes, word: bytes) -> list[int]:
    found: list[int] = []
    at = code.find(word)
    while at >= 0:
        near, far = code[at - 3 : at - 1], code[at - 6 : at - 4]
        if near in _MOVE[:3] or far in _MOVE[3:]:
            found.append(at)
        at = code.find(word, at + 1)
    return found


def compiled_acpi(source: Path, target: Path) -> None:
    """Compile an ACPI table; the name of what is made ends in ``.aml``.

    Raises:
        UnavailableError: The compiler does not run, or rejects it.
    """
    folder = emulator().folder
    iasl = Emulator(folder, folder / "usr/bin/iasl").command()[:4]
    done = subprocess.run(
        [*iasl, "-p", str(target.with_suffix("")), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UnavailableError(f"iasl {source.name}: {done.stdout.strip()[-200:]}")
