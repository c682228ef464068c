"""The kernels of the lab: Debian's own packages, unpacked as if they had been installed."""

from __future__ import annotations

import lzma
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.lab.archive import Package, kernel_lists, offered, unpack
from tests.lab.cache import UnavailableError, made
from tests.lab.roots import BOOKWORM, BOOKWORM_I386, TRIXIE, Root, pack_disk

_PARTS = ("image", "binary", "modules", "base")
_DISKS = ("squashfs", "overlay")


class Kernel(NamedTuple):
    """A kernel that the lab boots.

    Attributes:
        name: What tests and the cache call it: its series, and its suite where two have that series.
        suite: The suite whose archive has it.
        prefix: What the version of its package starts with. Where the suite has moved on it offers no
            such, and the newest package whose name matches is taken.
        packages: The names its package may have, a regular expression.
    """

    name: str
    suite: str
    prefix: str
    packages: str
    root: Root


_AMD64 = r"linux-image-{}\.[0-9]+\+deb1[0-9]-amd64".format
KERNELS = (
    Kernel("6.1", "bookworm-security", "6.1.192-", r"linux-image-6\.1\.0-[0-9]+-amd64", BOOKWORM),
    Kernel("6.12", "trixie", "6.12.94-", _AMD64(r"6\.12"), TRIXIE),
    Kernel("6.12-security", "trixie-security", "6.12.117-", _AMD64(r"6\.12"), TRIXIE),
    Kernel("7-sid", "sid", "7.2", _AMD64(r"[0-9]+\.[0-9]+"), TRIXIE),
    Kernel("7-backports", "trixie-backports", "7.3", _AMD64(r"[0-9]+\.[0-9]+"), TRIXIE),
    Kernel("6.1-i386", "bookworm", "6.1", r"linux-image-6\.1\.0-[0-9]+-686-pae", BOOKWORM_I386),
)
BY_NAME = {kernel.name: kernel for kernel in KERNELS}


class Installed(NamedTuple):
    """A kernel in the cache: a disk to lay over a root, and what boots it."""

    kernel: Kernel
    folder: Path
    release: str
    version: str

    @property
    def upstream(self) -> str:
        """Return the version of kernel.org that it is built from."""
        return self.version.partition("-")[0]

    @property
    def series(self) -> str:
        """Return the series of that version."""
        return ".".join(self.upstream.split(".")[:2])

    @property
    def disk(self) -> Path:
        """Return the squashfs that holds what its packages would have installed."""
        return self.folder / "disk"

    @property
    def image(self) -> Path:
        """Return the kernel's image."""
        return self.folder / "vmlinuz"


def installed(kernel: Kernel) -> Installed:
    """Return a kernel, fetched and unpacked.

    Raises:
        UnavailableError: The archive has no such kernel.
    """
    folder = made(f"kernels/{kernel.name}", kernel, lambda folder: _make(kernel, folder))
    release, version = (folder / "release").read_text().split()
    return Installed(kernel, folder, release, version)


def _make(kernel: Kernel, folder: Path) -> None:
    if shutil.which("depmod") is None:
        raise UnavailableError("the command depmod is missing (package kmod)")
    package = _chosen(kernel)
    release = package.name.removeprefix("linux-image-")
    tree = folder / "tree"
    controls = unpack(tree, list(_names(kernel, package, release)))
    if (tree / "lib").exists():
        shutil.copytree(tree / "lib", tree / "usr/lib", dirs_exist_ok=True)
        shutil.rmtree(tree / "lib")
    modules = tree / "usr/lib/modules" / release
    boot = tree / "boot"
    boot.mkdir(exist_ok=True)
    for name in ("vmlinuz", "config"):
        if (modules / name).exists():
            shutil.copy2(modules / name, boot / f"{name}-{release}")
    (tree / "lib").symlink_to("usr/lib")
    subprocess.run(["depmod", "--basedir", str(tree), release], check=True)
    (tree / "lib").unlink()
    state = tree / "var/lib/dpkg"
    state.mkdir(parents=True)
    ok = "Status: install ok installed\n"
    (state / f"status.{release}").write_text("".join(f"{c}{ok}\n" for c in controls))
    kernel_lists(list(kernel.root.suites), tree / "var/lib/apt/lists")
    shutil.copy2(boot / f"vmlinuz-{release}", folder / "vmlinuz")
    pack_disk(folder / "disk", str(tree), "-all-root")
    _keep_modules(modules, folder / "modules")
    shutil.rmtree(tree)
    (folder / "release").write_text(f"{release} {package.version}\n")


def _chosen(kernel: Kernel) -> Package:
    packages = offered(kernel.packages, kernel.suite)
    wanted = [package for package in packages if package.version.startswith(kernel.prefix)]
    if not packages:
        raise UnavailableError(f"{kernel.suite} offers no {kernel.packages}")
    return (wanted or packages)[-1]


def _names(kernel: Kernel, package: Package, release: str) -> Iterator[str]:
    """Yield the packages a kernel is made of: one until 6.x, four from 7.x on."""
    for part in _PARTS:
        pattern = f"linux-{part}-{release}".replace("+", r"\+")
        if part == "image" or offered(pattern, kernel.suite):
            yield f"linux-{part}-{release}:{kernel.root.architecture}={package.version}"


def _keep_modules(modules: Path, into: Path) -> None:
    """Keep what a boot may need to find its disk, unpacked: most of a kernel's modules never are."""
    into.mkdir()
    listed = dict(_dependencies(modules / "modules.dep"))
    for wanted in (*_DISKS, "virtio_pci", "virtio_mmio", "virtio_blk", "ata_piix", "sd_mod"):
        path = next((path for path in listed if _module(path) == wanted), None)
        order = [*reversed(listed[path]), path] if path else []
        for each in order:
            content = (modules / each).read_bytes()
            plain = lzma.decompress(content) if each.endswith(".xz") else content
            (into / f"{_module(each)}.ko").write_bytes(plain)
        (into / f"{wanted}.order").write_text("".join(f"{_module(each)}.ko\n" for each in order))


def _dependencies(path: Path) -> Iterator[tuple[str, list[str]]]:
    for line in path.read_text().splitlines():
        name, _, needs = line.partition(":")
        yield name, needs.split()


def _module(path: str) -> str:
    return Path(path).name.partition(".ko")[0].replace("-", "_")


def initrd_modules(installed_kernel: Installed, wanted: Iterable[str]) -> list[Path]:
    """Return the module files that a boot loads before it finds its disks, in order."""
    folder = installed_kernel.folder / "modules"
    names: dict[str, None] = {}
    for module in (*wanted, *_DISKS):
        names.update(dict.fromkeys((folder / f"{module}.order").read_text().split()))
    return [folder / name for name in names]
