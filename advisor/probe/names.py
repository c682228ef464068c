"""What to call a device."""

from __future__ import annotations

from typing import Final

from advisor.system.machine import RawDevice

_VENDOR: Final = "ID_VENDOR_FROM_DATABASE"
_MODEL: Final = "ID_MODEL_FROM_DATABASE"
# Source: Linux include/uapi/linux/virtio_ids.h.
_VIRTIO: Final = {
    "0001": "network card",
    "0002": "block device",
    "0003": "console",
    "0004": "entropy source",
    "0005": "memory balloon",
    "0008": "SCSI host",
    "0009": "9P filesystem",
    "000c": "CAIF",
    "0010": "graphics",
    "0012": "input",
    "0013": "socket device (vsock)",
    "0014": "crypto device",
    "0017": "IOMMU",
    "0018": "memory device",
    "0019": "sound",
    "001a": "filesystem (virtiofs)",
    "001b": "persistent memory",
    "001d": "Wi-Fi simulator",
    "0022": "I2C adapter",
    "0028": "Bluetooth",
    "0029": "GPIO",
}


def device_name(raw: RawDevice, ids: tuple[str, str, str, str], parent: RawDevice | None) -> str:
    """Return vendor and model for a person; the ids where no database names them."""
    if raw.subsystem == "virtio":
        return f"Virtio {_VIRTIO.get(ids[1], 'device ' + ids[1])}"
    whole = parent if raw.subsystem == "usb" and parent is not None else raw
    vendor = whole.properties.get(_VENDOR, "") or whole.attributes.get("manufacturer", "")
    model = whole.properties.get(_MODEL, "") or whole.attributes.get("product", "")
    model = model or whole.attributes.get("prod_id2", "")
    named = " ".join(
        part for part in (vendor or whole.attributes.get("prod_id1", ""), model) if part
    )
    if model:
        return named
    number = f"{ids[0]}:{ids[1]}" if ids[0] else ""
    number = number or raw.attributes.get("id", "").split("\n", 1)[0]
    rest = number or raw.properties.get("OF_COMPATIBLE_0", "") or raw.path.rpartition("/")[2]
    return f"{named} {rest}" if named else f"{raw.subsystem} device {rest}"
