"""The devices that kernel fixes are about: network, Bluetooth, InfiniBand, virtio and the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from advisor.model.inventory import Device, DeviceKind, Interface, Modules
from advisor.probe import kinds
from advisor.probe.aliases import AliasTable
from advisor.probe.interfaces import interface, probe_links, probe_traffic
from advisor.probe.legacy import legacy_card
from advisor.probe.modules import ModuleFiles, in_memory
from advisor.probe.names import device_name
from advisor.probe.readings import Readings
from advisor.probe.relations import helpers, virtual_module
from advisor.system.machine import RawDevice

_CARRIED: Final = ("net", "bluetooth", "infiniband", "ieee80211")
_HUB: Final = "ic09"
_BRIDGE: Final = 0x06


class Context(NamedTuple):
    """What the whole machine says that a single device needs."""

    devices: Mapping[str, RawDevice]
    interfaces: Mapping[str, tuple[Interface, ...]]
    classes: Mapping[str, frozenset[str]]
    modules: Modules
    files: ModuleFiles
    aliases: AliasTable


def probe_devices(
    readings: Readings, modules: Modules, files: ModuleFiles, aliases: AliasTable
) -> tuple[Device, ...]:
    """Return the devices of the kinds that are reported, by id.

    Args:
        readings: The machine.
        modules: Its modules.
        aliases: What the modules on disk answer to.
        files: Its modules' files.
    """
    raws = readings.devices()
    if not raws:
        readings.missing("the devices", "/sys/bus", "no device is listed")
    devices = {raw.path: raw for raw in raws if raw.subsystem not in _CARRIED}
    carried = [raw for raw in raws if raw.subsystem in _CARRIED]
    traffic, links = probe_traffic(readings), probe_links(readings)
    interfaces: dict[str, list[Interface]] = {}
    classes: dict[str, set[str]] = {}
    alone: list[RawDevice] = []
    for raw in carried:
        owner = _owner(raw.path, devices)
        if raw.subsystem == "net" and raw.path.startswith("/devices/virtual/net/"):
            alone.append(raw)
        elif owner:
            classes.setdefault(owner, set()).add(raw.subsystem)
        else:
            alone.append(raw)
        if owner and raw.subsystem != "ieee80211":
            interfaces.setdefault(owner, []).append(interface(raw, traffic, links))
    context = Context(
        devices=devices,
        interfaces={path: tuple(sorted(found)) for path, found in interfaces.items()},
        classes={path: frozenset(found) for path, found in classes.items()},
        modules=modules,
        files=files,
        aliases=aliases,
    )
    found = [_device(raw, context) for raw in _reported(context)]
    found += [
        legacy_card(readings, raw, one, modules) or _virtual(raw, one, modules)
        for raw, one in ((raw, interface(raw, traffic, links)) for raw in alone)
        if raw.subsystem != "ieee80211" and one.type != "loopback"
    ]
    return tuple(sorted(found))


def _owner(path: str, devices: Mapping[str, RawDevice]) -> str:
    """Return the path of the nearest device above, ``""`` where there is none."""
    while path.count("/") > 2:  # noqa: PLR2004 - /devices/x is no device that carries another
        path = path.rpartition("/")[0]
        if path in devices:
            return path
    return ""


def _reported(context: Context) -> list[RawDevice]:
    """Return the devices that are worth a line of their own."""
    carriers = {
        _owner(path, context.devices)
        for path, raw in context.devices.items()
        if raw.subsystem == "virtio"
    }
    found: list[RawDevice] = []
    usb: dict[str, list[RawDevice]] = {}
    for path, raw in context.devices.items():
        if raw.subsystem == "usb":
            if _is_usb_function(raw):
                usb.setdefault(path.rpartition("/")[0], []).append(raw)
        elif path in carriers and path not in context.interfaces:
            continue
        elif _is_reported(raw, context):
            found.append(raw)
    for functions in usb.values():
        found += _usb_functions(functions, context)
    return found


def _is_usb_function(raw: RawDevice) -> bool:
    """Return whether this is an interface of a USB device that is no hub."""
    is_whole = raw.properties.get("DEVTYPE", "usb_interface") != "usb_interface"
    return not is_whole and _HUB not in raw.properties.get("MODALIAS", "") and raw.driver != "hub"


def _usb_functions(functions: list[RawDevice], context: Context) -> list[RawDevice]:
    """Return one interface for each driver of a USB device, one alone where it has no driver.

    A function often has several interfaces: the one that carries something stands for it, and
    those that no driver wants are left out where another of the device has one.
    """
    kept: dict[str, RawDevice] = {}
    for raw in functions:
        known = kept.get(raw.driver)
        carries = raw.path in context.interfaces
        if known is None or (carries and known.path not in context.interfaces):
            kept[raw.driver] = raw
    if len(kept) > 1:
        kept.pop("", None)
    return list(kept.values())


def _is_reported(raw: RawDevice, context: Context) -> bool:
    if raw.path in context.interfaces or raw.path in context.classes:
        return True
    if raw.subsystem == "pci":
        return _pci_class(raw) >> 16 != _BRIDGE
    if raw.subsystem in {"virtio", "sdio", "pcmcia", "bcma", "ssb", "eisa", "vmbus", "mhi"}:
        return True
    if not raw.driver:
        return kinds.is_network_id(raw)
    return _by_module(raw, context) is not None


def _by_module(raw: RawDevice, context: Context) -> DeviceKind | None:
    """Return the kind that the driver's module, file or name stands for."""
    module = raw.module or in_memory(raw.driver)
    path = context.files.path(module)
    found = kinds.by_folder(path) if path else None
    if found is None and kinds.is_legacy(raw) and raw.driver in kinds.ISA_DRIVERS:
        return DeviceKind.ETHERNET
    return found or (kinds.by_driver(raw.driver, raw.subsystem) if raw.driver else None)


def _kind(raw: RawDevice, could_bind: tuple[str, ...], context: Context) -> DeviceKind:
    if raw.subsystem == "virtio" or raw.driver == "virtio-pci":
        return DeviceKind.VIRTIO
    found = _carried_kind(raw, context) or _by_module(raw, context)
    for module in could_bind if found is None else ():
        found = found or kinds.by_folder(context.files.path(module))
    if found is None and raw.subsystem == "pci":
        found = kinds.by_pci_class(_pci_class(raw), device_ids(raw)[0])
    if found is None and raw.subsystem == "usb":
        found = kinds.by_usb_class(raw.properties.get("MODALIAS", ""))
    if found is None and kinds.is_network_id(raw):
        found = DeviceKind.ETHERNET
    if found is DeviceKind.ETHERNET and kinds.is_legacy(raw):
        return DeviceKind.LEGACY_NET
    return found or DeviceKind.OTHER


def _carried_kind(raw: RawDevice, context: Context) -> DeviceKind | None:
    """Return the kind of what the device carries now, None where it carries nothing."""
    types = {found.type for found in context.interfaces.get(raw.path, ())}
    classes = context.classes.get(raw.path, frozenset())
    if "wlan" in types or "ieee80211" in classes:
        return DeviceKind.WIFI
    if "bluetooth" in classes:
        return DeviceKind.BLUETOOTH
    if types & {"wwan", "can", "ieee802154"}:
        return DeviceKind.OTHER
    if types & {"infiniband", "ipoib"}:
        return DeviceKind.INFINIBAND
    return DeviceKind.ETHERNET if "ether" in types else None


def _device(raw: RawDevice, context: Context) -> Device:
    ids = device_ids(raw)
    modalias = _modalias(raw)
    module = raw.module or in_memory(raw.driver)
    could_bind = () if raw.driver or not modalias else context.aliases.modules(modalias)
    kind = _kind(raw, could_bind, context)
    parent = _owner(raw.path, context.devices)
    transport = _transport(raw, parent, context)
    serving = (module,) if module else ()
    return Device(
        id=f"{raw.subsystem}:{raw.path.rpartition('/')[2]}",
        kind=kind,
        bus=raw.subsystem,
        name=device_name(raw, ids, context.devices.get(parent)),
        vendor_id=ids[0],
        device_id=ids[1],
        subsystem_vendor_id=ids[2],
        subsystem_device_id=ids[3],
        modalias=modalias,
        driver=raw.driver,
        module=module,
        modules=serving + helpers(serving, kind, transport, context.modules),
        could_bind=could_bind,
        interfaces=context.interfaces.get(raw.path, ()),
        address=raw.path.rpartition("/")[2],
        parent=_id(context.devices[parent]) if parent else "",
        transport=transport,
        confidence="sure",
        source=f"/sys{raw.path}",
    )


def _virtual(raw: RawDevice, found: Interface, modules: Modules) -> Device:
    """Return an interface that no hardware carries as a device of its own."""
    module = virtual_module(raw, found.type, modules)
    kind = {
        "bluetooth": DeviceKind.BLUETOOTH,
        "infiniband": DeviceKind.INFINIBAND,
        "rdma": DeviceKind.INFINIBAND,
        "wlan": DeviceKind.WIFI,
    }.get(found.type, DeviceKind.OTHER)
    return Device(
        id=f"virtual:{found.name}",
        kind=kind,
        bus="virtual",
        name=f"{found.name} ({found.type})",
        module=module,
        modules=(module,) if module else (),
        interfaces=(found,),
        source=f"/sys{raw.path}",
    )


def _id(raw: RawDevice) -> str:
    return f"{raw.subsystem}:{raw.path.rpartition('/')[2]}"


def _pci_class(raw: RawDevice) -> int:
    text = raw.properties.get("PCI_CLASS", "")
    return int(text, 16) if re.fullmatch("[0-9A-Fa-f]{1,6}", text) else 0


def _modalias(raw: RawDevice) -> str:
    """Return the modalias; a PnP device has none of its own before 7.2."""
    own = raw.properties.get("MODALIAS", "")
    pnp = raw.attributes.get("id", "").split("\n", 1)[0]
    return own or (f"pnp:d{pnp}" if pnp else "")


def _transport(raw: RawDevice, parent: str, context: Context) -> str:
    if raw.subsystem != "virtio":
        return ""
    bus = context.devices[parent].subsystem if parent else ""
    return {"pci": "pci", "platform": "mmio"}.get(bus, "")


def device_ids(raw: RawDevice) -> tuple[str, str, str, str]:
    """Return vendor, device and subsystem ids in four lower-case hex digits, ``""`` if unknown."""
    if raw.subsystem == "pci":
        return (
            *_pair(raw.properties.get("PCI_ID", ""), ":"),
            *_pair(raw.properties.get("PCI_SUBSYS_ID", ""), ":"),
        )
    if raw.subsystem == "usb":
        return (*_pair(raw.properties.get("PRODUCT", ""), "/"), "", "")
    if raw.subsystem == "sdio":
        return (*_pair(raw.properties.get("SDIO_ID", ""), ":"), "", "")
    match = re.match(
        "(?:virtio|mhi):d([0-9A-F]{8})v([0-9A-F]{8})", raw.properties.get("MODALIAS", "")
    )
    if match:
        return match[2].lower().removeprefix("0000")[:4], match[1][4:].lower(), "", ""
    match = re.match("pcmcia:m([0-9A-F]{4})c([0-9A-F]{4})", raw.properties.get("MODALIAS", ""))
    return (match[1].lower(), match[2].lower(), "", "") if match else ("", "", "", "")


def _pair(text: str, mark: str) -> tuple[str, str]:
    match = re.match(f"([0-9A-Fa-f]{{1,4}}){mark}([0-9A-Fa-f]{{1,4}})", text)
    return (match[1].lower().zfill(4), match[2].lower().zfill(4)) if match else ("", "")
