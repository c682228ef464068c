"""A kernel that the user names: a ``.deb``, an ``.rpm``, or a folder that holds one unpacked.

Nothing is ever written to the disk, and no file of a package is believed to be what its name says:
what is read is bounded, and what is damaged gives a clear error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from glob import escape as glob_escape
from pathlib import Path
from typing import Final, NamedTuple

from advisor.errors import AdvisorError, ExitStatus
from advisor.model.packages import GivenKernel, KernelModules, OfferedKernel
from advisor.system.package_aliases import ModuleAliases, has_zstd, unpacked

MOST_LIST_BYTES: Final = 16 << 20
_MOST_KEPT_BYTES: Final = 128 << 20
_MOST_MODULE_BYTES: Final = 16 << 20
_MOST_MODULES: Final = 50_000
_MODULES: Final = re.compile(r"(?:usr/)?lib/modules/(\d[\w.+~-]{0,120})/(.{1,400})")
_IMAGE: Final = re.compile(r"boot/vmlinu[xz]-(\d[\w.+~-]{0,120})")
_NAMED: Final = re.compile(
    r"linux-(?:image|binary|modules|base)-(?:unsigned-|extra-)?(\d[\w.+~-]{0,120})"
)
_CHANGELOG: Final = re.compile(r"usr/share/doc/[\w.+~-]+/changelog(?:\.Debian)?\.gz")
_CVE: Final = re.compile(rb"\bCVE-(?:19|20)\d\d-\d{4,7}\b")
_KOS: Final = re.compile(r"([^/]+)\.ko(?:\.xz|\.gz|\.zst)?")
# Where the modules live that the devices and filesystems of a machine may need.
_KEPT: Final = (
    "kernel/drivers/net/", "kernel/drivers/bluetooth/", "kernel/drivers/infiniband/", "kernel/fs/",
    "kernel/drivers/scsi/", "kernel/drivers/ata/", "kernel/drivers/block/", "kernel/drivers/md/",
    "kernel/drivers/usb/", "kernel/drivers/nvme/", "kernel/drivers/virtio/", "kernel/drivers/mmc/",
    "kernel/drivers/staging/", "kernel/drivers/hid/", "kernel/drivers/isdn/", "kernel/drivers/atm/",
    "kernel/net/",
)  # fmt: skip
_LISTS: Final = frozenset(
    {"modules.builtin", "modules.order", "modules.alias", "modules.builtin.modinfo"}
)

Reading = Callable[[], bytes]
"""Returns a file's content; called at most once, and only for files that are wanted."""


class Member(NamedTuple):
    """A file in a package: its path without a leading slash, its size, and how to read it."""

    path: str
    size: int
    read: Reading


class Labels(NamedTuple):
    """What a package calls itself.

    Attributes:
        cves: CVE ids that its changelog names, where that is part of the package's head.
    """

    package: str = ""
    version: str = ""
    cves: frozenset[str] = frozenset()


class Package(NamedTuple):
    """A package file that is open: what it calls itself, and its files in order."""

    labels: Labels
    members: Iterator[Member]


def damaged(what: str, path: Path) -> AdvisorError:
    """Return the error that says why a package is of no use."""
    return AdvisorError(
        f"this is not a usable kernel package: {what}, {path}",
        hint="name a .deb or .rpm with a kernel or its modules, or a folder with lib/modules/RELEASE",
        status=ExitStatus.BAD_DATA,
    )


def read_kernel(path: Path) -> GivenKernel:
    """Return the kernel that a package file or a folder holds.

    Args:
        path: A ``.deb``, an ``.rpm``, or a folder that looks like the root of one.

    Raises:
        AdvisorError: It cannot be read, is damaged, or holds no kernel.
    """
    contents = _Contents(path)
    try:
        if path.is_dir():
            labels = Labels()
            for member in _folder(path):
                contents.take(member)
        else:
            labels = _read_file(path, contents)
    except OSError as error:
        raise AdvisorError(
            f"cannot read the package, {path}: {error.strerror or error}", status=ExitStatus.IO
        ) from error
    return contents.kernel(labels)


def _read_file(path: Path, contents: _Contents) -> Labels:
    with path.open("rb") as file:
        magic = file.read(8)
        file.seek(0)
        if magic == b"!<arch>\n":
            from advisor.system.package_deb import open_deb  # noqa: PLC0415 - only for a .deb

            package = open_deb(file, path)
        elif magic[:4] == b"\xed\xab\xee\xdb":
            from advisor.system.package_rpm import open_rpm  # noqa: PLC0415 - only for an .rpm

            package = open_rpm(file, path)
        else:
            raise damaged("neither a .deb nor an .rpm", path)
        for member in package.members:
            contents.take(member)
        return package.labels


def _folder(path: Path) -> Iterator[Member]:
    """Yield the files of a folder that matter, with paths as a package has them."""
    roots = [root for root in (path / "lib/modules", path / "usr/lib/modules") if root.is_dir()]
    starts = [(root, "*/**/*") for root in roots]
    if not starts and (path / "kernel").is_dir():
        starts = [(path.absolute().parent, f"{glob_escape(path.absolute().name)}/**/*")]
    for root, pattern in starts:
        for file in sorted(root.glob(pattern))[:_MOST_MODULES]:
            if file.is_file() and not file.is_symlink():
                inside = file.relative_to(root).as_posix()
                yield Member(f"lib/modules/{inside}", file.stat().st_size, file.read_bytes)
    for image in sorted((path / "boot").glob("vmlinu*"))[:_MOST_MODULES]:
        yield Member(f"boot/{image.name}", 0, bytes)


class _Contents:
    """What has been seen of a package so far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._releases: dict[str, int] = {}
        self._lists: dict[str, bytes] = {}
        self._files: set[str] = set()
        self._packed: list[tuple[str, str, bytes]] = []
        self._kept = 0
        self._cves: set[str] = set()

    def take(self, member: Member) -> None:
        """Take note of a file, and read it if it is one of those that tell."""
        path = member.path
        match = _MODULES.fullmatch(path)
        if match is not None:
            self._count(match[1])
            self._module_file(match[2], member)
        elif image := _IMAGE.fullmatch(path):
            self._count(image[1])
        elif _CHANGELOG.fullmatch(path) and member.size <= MOST_LIST_BYTES:
            text = unpacked("changelog.gz", member.read(), MOST_LIST_BYTES)
            self._cves.update(cve.decode("ascii") for cve in _CVE.findall(text or b""))

    def _count(self, release: str) -> None:
        self._releases[release] = self._releases.get(release, 0) + 1

    def _module_file(self, path: str, member: Member) -> None:
        if path in _LISTS and member.size <= MOST_LIST_BYTES:
            self._lists[path] = member.read()
            return
        match = _KOS.fullmatch(path.rpartition("/")[2])
        if match is None or len(self._files) >= _MOST_MODULES:
            return
        name = match[1].replace("-", "_")
        self._files.add(name)
        fits = member.size <= _MOST_MODULE_BYTES and self._kept + member.size <= _MOST_KEPT_BYTES
        if (
            path.startswith(_KEPT)
            and fits
            and (not path.endswith(".zst") or has_zstd())
            and "modules.alias" not in self._lists
        ):
            self._kept += member.size
            self._packed.append((name, path, member.read()))

    def kernel(self, labels: Labels) -> GivenKernel:
        """Return the kernel that was seen."""
        named = _NAMED.match(labels.package)
        release = max(self._releases, key=lambda name: self._releases[name], default="")
        release = release or (named[1] if named else "")
        if not release:
            raise damaged("no kernel and no modules in it", self._path)
        cves = frozenset(self._cves) | labels.cves
        return GivenKernel(
            OfferedKernel(
                release=release,
                package=labels.package,
                package_version=labels.version,
                source=str(self._path),
                cves=cves,
                cves_source=f"the changelog in {self._path.name}" if cves else "",
            ),
            self._modules(release),
        )

    def _modules(self, release: str) -> KernelModules | None:
        order, builtin = self._lists.get("modules.order"), self._lists.get("modules.builtin")
        available = self._files | _names(order)
        if not available and builtin is None:
            return None
        serves: Mapping[str, tuple[str, ...]] | None = None
        if self._packed or "modules.alias" in self._lists:
            serves = ModuleAliases(
                self._packed,
                self._lists.get("modules.alias", b""),
                self._lists.get("modules.builtin.modinfo", b""),
            )
        return KernelModules(
            release=release,
            available=frozenset(available) if available else None,
            builtin=frozenset(_names(builtin)) if builtin is not None else None,
            serves=serves,
            source=self._path.name,
        )


def _names(listed: bytes | None) -> set[str]:
    """Return the modules that a ``modules.order`` or ``modules.builtin`` names."""
    lines = (listed or b"").decode("utf-8", "replace").split("\n", _MOST_MODULES)
    found = (_KOS.fullmatch(line.rpartition("/")[2]) for line in lines[:_MOST_MODULES])
    return {match[1].replace("-", "_") for match in found if match is not None}
