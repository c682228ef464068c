"""Captures of real machines, made of what their owners once sent in about them.

``hosts.jsonl.xz`` holds the network, Bluetooth, InfiniBand and virtio functions of 644 machines: ids and
the driver that was bound, and no more. From that the part of sysfs is made that a probe would have read.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import NamedTuple, cast

from advisor.system.agent.manifest import Raw

HOSTS = Path(__file__).with_name("hosts.jsonl.xz")

Fields = dict[str, str]
"""A function as it was sent in: bus, vendor, device, class, modalias, driver."""


class Host(NamedTuple):
    """A machine."""

    id: str
    release: str
    distro: str | None
    devices: tuple[Fields, ...]


def hosts() -> list[Host]:
    """Return the machines."""
    found: list[Host] = []
    with lzma.open(HOSTS, "rt", encoding="utf-8") as lines:
        for line in lines:
            fields = cast("dict[str, object]", json.loads(line))
            devices = cast("list[Fields]", fields["devices"])
            distro = cast("str | None", fields["distro"])
            found.append(Host(str(fields["id"]), str(fields["release"]), distro, tuple(devices)))
    return found


def modalias_class(function: Fields) -> str:
    """Return the PCI class of a function, six hex digits, ``""`` where it was not sent in."""
    modalias = function.get("modalias", "")
    if "bc" in modalias and "sc" in modalias and modalias.startswith("pci:"):
        tail = modalias.partition("bc")[2]
        return (tail[:2] + tail[4:6] + tail[7:9]).upper()
    # Some tools write their own subclass 82 for Wi-Fi.
    sent = function.get("class", "").replace("0282", "0280")
    return sent.upper().ljust(6, "0")[:6] if sent else ""


def raw_device(function: Fields, number: int) -> Raw | None:
    """Return what sysfs would have shown of a function, None for a bus that shows nothing."""
    bus, driver = function["bus"], function.get("driver", "")
    vendor, device = function.get("vendor", ""), function.get("device", "")
    properties = {"MODALIAS": function["modalias"]} if "modalias" in function else {}
    if bus == "pci":
        path = f"/devices/pci0000:00/0000:{number >> 5:02x}:{number & 31:02x}.0"
        properties["PCI_CLASS"] = modalias_class(function).lstrip("0")
        properties["PCI_ID"] = f"{vendor}:{device}".upper()
        if "subvendor" in function:
            properties["PCI_SUBSYS_ID"] = f"{function['subvendor']}:{function['subdevice']}".upper()
    elif bus == "usb":
        path = f"/devices/pci0000:00/0000:00:14.0/usb1/1-{number}/1-{number}:1.0"
        properties["DEVTYPE"] = "usb_interface"
        properties["PRODUCT"] = f"{vendor.lstrip('0')}/{device.lstrip('0')}/100"
        if "modalias" not in function:
            kind = function.get("class", "").upper().ljust(6, "0")
            properties["MODALIAS"] = (
                f"usb:v{vendor.upper()}p{device.upper()}d0100dc00dsc00dp00"
                f"ic{kind[:2]}isc{kind[2:4]}ip{kind[4:6]}in00"
            )
    elif bus in {"virtio", "sdio", "bcma", "pnp"} and "modalias" in function:
        path = f"/devices/platform/made/{bus}{number}"
        if bus == "sdio":
            sent = function["modalias"]
            properties["SDIO_ID"] = f"{sent.partition('v')[2][:4]}:{sent.rpartition('d')[2][:4]}"
    elif bus == "pcmcia":
        path = f"/devices/pci0000:00/0000:00:0a.0/{number}.0"
        properties["MODALIAS"] = (
            f"pcmcia:m{vendor.upper()}c{device.upper()}f03fn00pfn00pa0pb0pc0pd0"
        )
    else:
        return None
    return Raw(path, bus, driver, "", {}, properties)


def raw_devices(host: Host) -> list[Raw]:
    """Return what sysfs would have shown of a machine's functions."""
    raws = (raw_device(function, number) for number, function in enumerate(host.devices))
    return [raw for raw in raws if raw is not None]
