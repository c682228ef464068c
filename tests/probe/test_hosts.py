"""644 real machines: every network, Bluetooth and InfiniBand function keeps its ids and gets its kind."""

from __future__ import annotations

from collections import Counter

import pytest

from advisor.model.inventory import Device, DeviceKind
from tests.machines import made
from tests.machines.hosts import Fields, Host, hosts, modalias_class, raw_devices

E, W, B, I, V, L, O = (  # noqa: E741 - one letter for each kind, in the tables below only
    DeviceKind.ETHERNET,
    DeviceKind.WIFI,
    DeviceKind.BLUETOOTH,
    DeviceKind.INFINIBAND,
    DeviceKind.VIRTIO,
    DeviceKind.LEGACY_NET,
    DeviceKind.OTHER,
)
# What each driver that these machines have bound is for, looked up by hand.
DRIVERS = {
    "3c574_cs": L, "RSI-SDIO WLAN": W, "alx": E, "ath10k_pci": W, "ath9k": W, "atl1c": E,
    "atlantic": E, "bcma-pci-bridge": W, "bnxt_en": E, "brcmfmac": W, "brcmsmac": W, "btusb": B,
    "cdc_acm": O, "cdc_mbim": O, "cdc_ncm": E, "cdc_wdm": O, "ch341": O, "cp210x": O, "e1000": E,
    "e1000e": E, "ftdi_sio": O, "i40e": E, "ice": E, "igb": E, "igc": E, "iwlwifi": W, "ixgbe": E,
    "ixx_usb": O, "mt7921e": W, "mt7925e": W, "mwifiex_pcie": W, "qcserial": O, "r8152": E,
    "r8152-cfgselector": E, "r8169": E, "rndis_host": E, "rtc_cmos": O, "rtk_btusb": B,
    "rtl8192ee": W, "rtsx_usb": O, "rtw89_8852ae": W, "rtw89_8852ce": W, "rtw_8821ce": W,
    "rtw_8822ce": W, "serial": O, "smsc95xx": E, "tg3": E, "virtio-pci": V, "virtio_balloon": V,
    "virtio_blk": V, "virtio_console": V, "virtio_net": V, "virtio_rng": V, "virtio_scsi": V,
    "vmw_vsock_virtio_transport": V, "virtio_gpu": V, "virtio_input": V, "virtiofs": V,
    "9pnet_virtio": V, "wl": W, "wl1271_sdio": W, "xone-dongle": O, "virtio_rproc_serial": V,
    "virtio_crypto": V, "virtio_iommu": V, "snd_virtio": V, "virtio_mem": V, "virtio_pmem": V,
}  # fmt: skip
# Drivers that serve both InfiniBand and Ethernet: the class decides.
BOTH = {"0200": E, "0207": I, "0280": I, "0C06": I}


def expected(function: Fields) -> DeviceKind | None:
    """Return the kind that a function has, None where what was sent in does not tell."""
    driver, bus = function.get("driver", ""), function["bus"]
    kind = modalias_class(function)[:4]
    if driver in {"mlx4_core", "mlx5_core"}:
        return BOTH[kind]
    if driver:
        return DRIVERS[driver]
    if bus == "pci" and kind == "0280" and function.get("vendor") == "15b3":
        return I
    if bus == "pci" and kind:
        return {"0200": E, "0207": I, "0280": W, "0C06": I}.get(
            kind, E if kind[:2] == "02" else None
        )
    return V if bus == "virtio" else None


def pairs(host: Host) -> list[tuple[Fields, Device]]:
    """Return the functions of a host beside the devices that the probe reports for them."""
    raws = raw_devices(host)
    found = {device.source: device for device in made.inventory(devices=raws).devices}
    shown = [function for function in host.devices if function["bus"] not in {"net", "infiniband"}]
    assert len(raws) <= len(shown)
    functions = {}
    for number, function in enumerate(host.devices):
        for raw in raws:
            if raw.path.endswith(
                (f"{function['bus']}{number}", f"1-{number}:1.0", f"0a.0/{number}.0")
            ) or (
                function["bus"] == "pci"
                and raw.path == f"/devices/pci0000:00/0000:{number >> 5:02x}:{number & 31:02x}.0"
            ):
                functions[f"/sys{raw.path}"] = function
    return [(functions[path], device) for path, device in found.items() if path in functions]


@pytest.fixture(scope="module")
def reported() -> list[tuple[Fields, Device]]:
    """Every function of every machine beside its device."""
    return [pair for host in hosts() for pair in pairs(host)]


def test_hosts_all_functions_are_reported(reported: list[tuple[Fields, Device]]) -> None:
    wanted = Counter[str]()
    for host in hosts():
        for raw in raw_devices(host):
            hub = "ic09" in raw.properties.get("MODALIAS", "")
            silent = raw.subsystem == "pnp"
            wanted[raw.subsystem] += not hub and not silent
    found = Counter(device.bus for _, device in reported)
    assert found == +wanted
    assert found["pci"] > 350
    assert found["usb"] > 200


def test_hosts_functions_keep_their_ids_and_drivers(reported: list[tuple[Fields, Device]]) -> None:
    for function, device in reported:
        assert device.driver == function.get("driver", "")
        if function["bus"] in {"pci", "usb"}:
            assert (device.vendor_id, device.device_id) == (function["vendor"], function["device"])
        if "subvendor" in function:
            sub = (device.subsystem_vendor_id, device.subsystem_device_id)
            assert sub == (function["subvendor"], function["subdevice"])
        if "modalias" in function and function["bus"] != "pcmcia":
            assert device.modalias == function["modalias"]


def test_hosts_functions_get_the_right_kind(reported: list[tuple[Fields, Device]]) -> None:
    wrong = [
        (function, device.kind.value)
        for function, device in reported
        if expected(function) not in {None, device.kind}
    ]
    assert wrong == []
    kinds = Counter(device.kind for _, device in reported)
    assert kinds[W] >= 40
    assert kinds[B] >= 80
    assert kinds[I] >= 20
    assert kinds[E] >= 250
