"""What the guests boot: minimal Debian systems with the advisor's own dependencies from Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.lab.archive import archive, source_line
from tests.lab.cache import UnavailableError, made

# What a homelab machine has, the advisor's dependencies, and the tools that check it independently.
_PACKAGES = (
    *("dbus", "kmod", "procps", "udev", "openssh-server"),
    *("python3", "python3-distro", "python3-jinja2", "python3-psutil", "python3-pyudev"),
    "python3-typer",
    *("bluez", "ethtool", "iproute2", "iw", "pciutils", "rdma-core", "usbutils"),
)


class Root(NamedTuple):
    """A Debian release for one architecture; ``suites`` are what its package lists come from."""

    suite: str
    architecture: str
    suites: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return its place in the cache."""
        return f"{self.suite}-{self.architecture}"


BOOKWORM = Root("bookworm", "amd64", ("bookworm", "bookworm-security"))
BOOKWORM_I386 = Root("bookworm", "i386", ("bookworm",))
TRIXIE = Root("trixie", "amd64", ("trixie", "trixie-security", "trixie-backports"))


def root_disk(root: Root) -> Path:
    """Return the disk with a guest's system, a squashfs.

    Raises:
        UnavailableError: mmdebstrap or squashfs-tools is missing, or cannot work here.
    """
    return (
        made(f"roots/{root.name}", [root, _PACKAGES], lambda folder: _make(root, folder)) / "disk"
    )


def _make(root: Root, folder: Path) -> None:
    archive()
    for command in ("mmdebstrap", "mksquashfs"):
        if shutil.which(command) is None:
            raise UnavailableError(f"the command {command} is missing")
    tar = folder / "root.tar"
    argv = [
        *("mmdebstrap", "--quiet", "--variant=minbase", f"--architectures={root.architecture}"),
        f"--include={','.join(_PACKAGES)}",
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "locale", "doc")),
        '--customize-hook=chroot "$1" useradd --create-home --shell /bin/sh lab',
        *(root.suite, str(tar)),
        source_line(root.suite, signed=False).replace("amd64,i386", root.architecture),
    ]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    if done.returncode != 0:
        raise UnavailableError(f"mmdebstrap {root.name}: {done.stderr.strip().splitlines()[-1]}")
    with tar.open("rb") as content:
        pack_disk(folder / "disk", "-", "-tar", content.fileno())
    tar.unlink()


def pack_disk(disk: Path, source: str, *options: str | int) -> None:
    """Write a squashfs of a folder, or of a tar from a file descriptor given last."""
    stdin = options[-1] if options and isinstance(options[-1], int) else subprocess.DEVNULL
    words = [option for option in options if isinstance(option, str)]
    subprocess.run(
        ["mksquashfs", source, str(disk), *words, "-comp", "lz4", "-quiet", "-no-progress"],
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
