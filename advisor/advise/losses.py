"""What a kernel would no longer serve: devices, filesystems and features of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, cast

from advisor.advise.offers import Offer
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Lost, Origin
from advisor.model.inventory import Device, DeviceKind, Inventory
from advisor.model.packages import KernelModules
from advisor.model.version import KernelVersion, parse_version

_FILESYSTEMS: Final = {
    "nfs4": "nfsv4",
    "smb3": "cifs",
    "ext2": "ext4",
    "ext3": "ext4",
    "fuseblk": "fuse",
    "iso9660": "isofs",
}
# PCI base classes without which a machine is of little use: storage, network, display.
_MATTERS: Final = re.compile(r"pci:.*bc0[123]")
# Drivers of disks, cards and of the buses these hang on, wherever a board hides them.
_STORAGE: Final = re.compile(
    r"(?:usb_storage|uas|nvme|ahci|libahci|[sp]?ata_|sdhci|mmc|dw_mmc|virtio_(?:blk|scsi|pci|mmio)|megaraid"
    r"|mpt\dsas|hpsa|smartpqi|aacraid|xen_blkfront|hv_storvsc|vmw_pvscsi|[xeou]hci|dwc[23])\w*|\w+_mmc"
)
_Entry = Mapping[str, object]


class Losses(NamedTuple):
    """What a kernel no longer serves, and what changes without loss."""

    lost: tuple[Lost, ...]
    notes: tuple[str, ...]


class _Need(NamedTuple):
    """Something that is served here by a module of the running kernel."""

    id: str
    what: str
    module: str
    alias: str
    serious: bool


class LossFinder:
    """Finds what each kernel would lose, by its own lists or else by what is known of drivers."""

    def __init__(self, inventory: Inventory, knowledge: KnowledgeBase) -> None:
        self._inventory = inventory
        self._built = frozenset[str]().union(*(one.names for one in inventory.packages.dkms))
        self._needs = tuple(_needs(inventory, self._built))
        self._entries = _by_module(knowledge.drivers({need.module for need in self._needs}))

    def find(self, offer: Offer) -> Losses:
        """Return what a kernel loses of what is in use here."""
        lists = offer.modules
        if lists is not None and lists.available is not None and lists.builtin is not None:
            found = self._by_lists(offer, lists, lists.available | lists.builtin)
        else:
            found = self._by_history(offer)
        lost: list[Lost] = []
        notes: list[str] = []
        for one in found:
            if isinstance(one, Lost):
                lost.append(one)
            else:
                notes.append(one)
        if offer.origin is Origin.GIVEN and lists is None:
            notes.append(
                f"what was named of {offer.release} holds no modules, so what it drives was not looked at; "
                "name its modules' package, too"
            )
        return Losses(tuple(lost), tuple(dict.fromkeys(notes)))

    def _by_lists(
        self, offer: Offer, lists: KernelModules, there: frozenset[str]
    ) -> Iterator[Lost | str]:
        for need in self._needs:
            if need.module in there:
                continue
            entry = self._entries.get(need.module)
            others = (lists.serves or {}).get(need.alias, ())
            others = others or tuple(one for one in _texts(entry, "replacement") if one in there)
            advice = _text(entry, "advice")
            if others:
                name = " or ".join(others)
                text = f"{need.what}: {name} takes the place of {need.module} in {offer.release}"
                yield f"{text}. {advice}".rstrip(". ") + "."
            else:
                how = f"{need.module} is not among the modules of {offer.release} ({lists.source})"
                if not lists.available:
                    how = f"no module of {offer.release} is there ({lists.source}): is it installed in full?"
                certain = lists.serves is not None or not need.alias
                if not certain:
                    how += "; whether another answers to it was not read"
                yield Lost(need.id, need.what, need.module, how, certain, advice, need.serious)

    def _by_history(self, offer: Offer) -> Iterator[Lost | str]:
        version = offer.upstream or _number(offer.release)
        if version is None:
            return
        for need in self._needs:
            entry = self._entries.get(need.module)
            if entry is None:
                continue
            how = _gone(entry, version, self._inventory)
            replacement = _texts(entry, "replacement")
            advice = _text(entry, "advice")
            if how and replacement:
                yield f"{need.what}: {' or '.join(replacement)} takes the place of {need.module}. {advice}"
            elif how:
                why = f"{need.module} {how}"
                yield Lost(need.id, need.what, need.module, why, False, advice, need.serious)  # noqa: FBT003 - a field
            elif _text(entry, "status") == "never-removed" and version.series >= (7, 1):
                yield f"{need.what}: {need.module} is still there, whatever was reported about old drivers."


def _needs(inventory: Inventory, built: frozenset[str]) -> Iterator[_Need]:
    modules = inventory.modules
    lists = (modules.available, modules.builtin, modules.loaded)
    own = frozenset[str]().union(*(names for names in lists if names is not None))

    def is_own(module: str) -> bool:
        """Whether a module is the running kernel's, and no one else's."""
        return module in own and module not in inventory.kernel.out_of_tree and module not in built

    for device in inventory.devices:
        if device.driver and is_own(device.module):
            yield _Need(device.id, _name(device), device.module, device.modalias, _matters(device))
    for mount in inventory.mounts:
        module = _FILESYSTEMS.get(mount.type, mount.type).replace("-", "_")
        if is_own(module):
            what = f"{mount.point} ({mount.type})"
            yield _Need(f"fs:{mount.type}", what, module, f"fs-{mount.type}", serious=True)
    # What is built in is left out: it may be no module at all in another kernel, as ipv6 from 7.3 on.
    loaded = modules.available if modules.loaded is None else modules.loaded
    for feature in inventory.features:
        for module in feature.modules if feature.state != "open" else ():
            if is_own(module) and module in (loaded or ()):
                yield _Need(feature.id, feature.name, module, "", serious=True)


def _name(device: Device) -> str:
    names = ", ".join(interface.name for interface in device.interfaces)
    return f"{device.name} ({names})" if names else device.name


def _matters(device: Device) -> bool:
    carries = any(one.default_route or one.ssh_session for one in device.interfaces)
    known = device.kind is not DeviceKind.OTHER
    stores = _STORAGE.fullmatch(device.module) or _MATTERS.match(device.modalias)
    return carries or known or stores is not None


def _by_module(entries: Iterable[_Entry]) -> dict[str, _Entry]:
    return {module: entry for entry in entries for module in _texts(entry, "modules")}


def _gone(entry: _Entry, version: KernelVersion, inventory: Inventory) -> str:
    """Return what says that a driver is missing from a kernel, ``""`` where nothing does."""
    removed = entry.get("removed")
    if isinstance(removed, dict):
        by = parse_version(_text(cast("_Entry", removed), "by"))
        if by is not None and by <= version and not _is_back(entry, version):
            return f"was removed from the kernel by {by}"
    identity = inventory.kernel.identity
    if identity.vendor == "debian" and inventory.kernel.machine == "x86_64":
        return _not_in_debian(entry, version)
    return ""


def _is_back(entry: _Entry, version: KernelVersion) -> bool:
    for text in _texts(entry, "restored_in"):
        back = parse_version(text)
        if back is None:
            continue
        if back.is_mainline and back <= version:
            return True
        if back.series == version.series and back <= version:
            return True
    return False


def _not_in_debian(entry: _Entry, version: KernelVersion) -> str:
    """Return that Debian's kernels of a version were looked at and lack the module, or ``""``."""
    looked = entry.get("debian_amd64")
    if not isinstance(looked, dict):
        return ""
    seen = [
        (point, there)
        for text, there in cast("dict[str, object]", looked).items()
        if (point := parse_version(text)) is not None and point.series <= version.series
    ]
    if not seen:
        return ""
    point, there = max(seen)
    return f"is not in Debian's kernel {point}" if there is False else ""


def _number(release: str) -> KernelVersion | None:
    match = re.match(r"\d{1,3}\.\d{1,3}", release)
    return parse_version(match[0]) if match else None


def _text(entry: _Entry | None, key: str) -> str:
    value = entry.get(key) if entry is not None else None
    return value if isinstance(value, str) else ""


def _texts(entry: _Entry | None, key: str) -> tuple[str, ...]:
    value = entry.get(key) if entry is not None else None
    if not isinstance(value, list):
        return ()
    return tuple(one for one in cast("list[object]", value) if isinstance(one, str))
