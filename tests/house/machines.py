"""Machines that a cache could take for one another: the recorded ones, and twins that differ in one thing.

A twin has all that its machine has but for one file or one word. What is kept under less than what it
was worked out from gives the twin its machine's answer, or the machine its twin's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.safety.fuzz.seeds import CAPTURES, ROOT, members, plain_tar

Files = Mapping[str, bytes | str]
"""Path -> content, or where a link points."""

NAS: Final = ROOT / "tests/data/nas.tar.gz"
NICS, SOFT, OTHER = (
    ROOT / f"tests/machines/debian-{name}.tar.gz"
    for name in ("12-nics", "13-soft", "sid-other-ids")
)
# The files that a machine's twins have but in part: those of a kernel, and what is in use of it.
_FILES: Final = {
    NAS: ("modules.dep", "config-6.12.94+deb13-amd64", "status"),
    NICS: ("modules.alias", "modules.builtin", "modules.order", "modules"),
}
# What stands in a machine's files, and in its twin's: a release of the same series or of another,
# a candidate of it, the architecture, the distribution, the bus of some of the devices.
_WORDS: Final = (
    (NICS, "6.1.192", "6.1.140"),
    (NICS, "6.1.", "6.6."),
    (NICS, "x86_64", "aarch64"),
    (NICS, "Debian", "Ubuntu"),
    (SOFT, "6.12.117", "6.13.7"),
    (NAS, "usb", "isa"),
    (OTHER, "7.3.4", "7.2"),
    (OTHER, "7.3.4", "7.2~rc4"),
)


def write_machines(folder: Path) -> list[Path]:
    """Write captures, each beside its twins, and return their paths in that order."""
    paths: list[Path] = []
    for capture in (*CAPTURES, NAS):
        base = {m.path: m.target or m.content for m in members(capture)}
        for twin, files in (("", base), *_twins(capture, base)):
            path = folder / f"{capture.name.removesuffix('.tar.gz')}{twin}.tar.gz"
            path.write_bytes(plain_tar(files))
            paths.append(path)
    return paths


def _twins(capture: Path, base: Files) -> Iterator[tuple[str, Files]]:
    """Yield the twins of a machine, each with what tells it from the others."""
    for path, content in base.items():
        name = path.rpartition("/")[2]
        if isinstance(content, bytes) and name in _FILES.get(capture, ()):
            lines = content.split(b"\n")
            half = len(lines) // 2
            yield f"~{name}", {**base, path: b"\n".join([*lines[:half], *lines[half::2]])}
        if isinstance(content, bytes) and (capture, name) == (OTHER, "modules.builtin.modinfo"):
            yield "~built-in-driver", {**base, path: content + b"made_up.alias=pci:v*\0"}
    for one, old, new in _WORDS:
        if one == capture:
            yield f"~{new}", _replaced(base, old, new)


def _replaced(base: Files, old: str, new: str) -> Files:
    """Return files with one word in place of another, in their paths too."""
    return {
        path.replace(old, new): (
            content.replace(old, new)
            if isinstance(content, str)
            else content.replace(old.encode(), new.encode())
        )
        for path, content in base.items()
    }
