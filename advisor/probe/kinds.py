"""Which kind a device is, from its ids, its driver and what hangs on it."""

from __future__ import annotations

import re
from typing import Final

from advisor.model.inventory import DeviceKind
from advisor.system.machine import RawDevice

# What the folder of a module's source or file says about its devices; the first that fits.
_FOLDERS: Final = (
    ("drivers/bluetooth/", DeviceKind.BLUETOOTH),
    ("drivers/infiniband/", DeviceKind.INFINIBAND),
    ("drivers/net/wireless/", DeviceKind.WIFI),
    ("drivers/staging/rtl", DeviceKind.WIFI),
    ("drivers/net/can/", DeviceKind.OTHER),
    ("drivers/net/wwan/", DeviceKind.OTHER),
    ("drivers/net/ethernet/", DeviceKind.ETHERNET),
    ("drivers/net/usb/", DeviceKind.ETHERNET),
    ("drivers/net/", DeviceKind.ETHERNET),
)
# Where no list of modules can be read, the first letters of a driver's name have to do.
_WIFI_DRIVERS: Final = (
    "iwl", "ath", "rtw", "rtl8xxxu", "rtl818", "rtl819", "rtl8180", "rtl8187", "rtl88", "rt2", "rt3",
    "rt5", "rt6", "rt7", "mt76", "mt79", "b43", "brcmfmac", "brcmsmac", "bcma-", "bcmfmac", "ipw2",
    "ar5523", "carl9170", "mwifiex", "mwl8k", "wl1", "wlcore", "zd12", "p54", "hostap", "orinoco",
    "r8188eu", "r8712u", "r8723", "r92su", "8188", "8192", "8812au", "8821", "8723", "88x2", "wl",
    "wcn36xx", "rsi_", "rsi-", "at76", "libertas", "usb8xxx", "adm8211", "cw1200", "prism", "qtnfmac",
    "wil6210", "rndis_wlan", "airo", "mac80211_hwsim",
)  # fmt: skip
_ETHERNET_DRIVERS: Final = (
    "r8152", "smsc75", "smsc95", "asix", "ax88179", "cdc_ether", "cdc_ncm", "cdc_eem", "cdc_subset",
    "rtl8150", "dm9601", "pegasus", "lan78xx", "aqc111", "rndis_host", "ipheth", "mcs7830", "sr9",
    "kaweth", "catc", "net1080", "plusb", "ch9200",
)  # fmt: skip
_PCMCIA_DRIVERS: Final = frozenset(
    {
        "3c574_cs", "3c589_cs", "axnet_cs", "com20020_cs", "fmvj18x_cs", "ibmtr_cs", "nmclan_cs",
        "pcnet_cs", "smc91c92_cs", "xirc2ps_cs",
    }
)  # fmt: skip
# Names of platform drivers are of all sorts: only these speak for themselves.
_PLATFORM_DRIVERS: Final = {
    "ath10k_ahb": DeviceKind.WIFI,
    "ath11k": DeviceKind.WIFI,
    "ath11k_ahb": DeviceKind.WIFI,
    "bcmgenet": DeviceKind.ETHERNET,
    "brcmfmac": DeviceKind.WIFI,
    "fec": DeviceKind.ETHERNET,
    "macb": DeviceKind.ETHERNET,
    "mt7622-wmac": DeviceKind.WIFI,
    "rk_gmac-dwmac": DeviceKind.ETHERNET,
    "wcn36xx": DeviceKind.WIFI,
}
_BLUETOOTH_DRIVERS: Final = (
    "btusb", "rtk_btusb", "ath3k", "bfusb", "bcm203x", "bpa10x", "hci_", "btsdio", "btmtk", "btmrvl",
    "bluecard", "bt3c", "dtl1", "btintel_pcie", "virtio_bt",
)  # fmt: skip
_INFINIBAND_DRIVERS: Final = (
    "mlx4_ib", "mlx5_ib", "ib_", "qib", "hfi1", "mthca", "ocrdma", "irdma", "i40iw", "usnic",
    "bnxt_re", "efa", "hns_roce", "qedr", "cxgb4_iw", "iw_", "vmw_pvrdma", "rdma_rxe", "siw",
    "erdma", "mana_ib", "ipath",
)  # fmt: skip
_PCI_NETWORK: Final = 0x02
_PCI_NETWORK_OTHER: Final = 0x0280
_MELLANOX: Final = "15b3"
_PCI_CLASSES: Final = {
    0x0207: DeviceKind.INFINIBAND,
    _PCI_NETWORK_OTHER: DeviceKind.WIFI,
    0x0C06: DeviceKind.INFINIBAND,
    0x0D11: DeviceKind.BLUETOOTH,
    0x0D20: DeviceKind.WIFI,
    0x0D21: DeviceKind.WIFI,
}
_PNP_NETWORK: Final = re.compile(
    r"(?:^|[ :d])(?:PNP8[0-3]|TCM[59]|SMC8|AXE20|EDI02|HWP1|CSC[06]0)[0-9A-Fa-f]{2,3}\b"
)
_OLD_BUSES: Final = frozenset({"isa", "eisa", "pnp", "pcmcia", "mca"})
# Devices of these names sit at a fixed port of an ISA bus, whatever bus the kernel puts them on.
ISA_DRIVERS: Final = frozenset(
    {
        "ne", "wd", "3c503", "3c509", "3c515", "lance", "smc9194", "smc-ultra", "cs89x0", "ni65",
        "at1700", "eth16i", "eexpress", "eepro", "hp", "hp-plus", "apne", "arcnet", "com20020_isa",
        "depca", "ewrk3", "de600", "de620", "ac3200", "e2100", "es3210", "lne390", "ne3210", "3c501",
        "3c505", "3c507", "3c523", "3c527",
    }
)  # fmt: skip


def by_folder(path: str) -> DeviceKind | None:
    """Return the kind of device that a module's file is for, None where its folder is not telling.

    Args:
        path: ``kernel/drivers/net/wireless/intel/iwlwifi/iwlwifi.ko.xz``.
    """
    for folder, kind in _FOLDERS:
        if folder in path:
            return kind
    return None


def by_driver(driver: str, bus: str) -> DeviceKind | None:
    """Return the kind of device that a driver of this name is for, None where it is not known."""
    if bus == "platform":
        return _PLATFORM_DRIVERS.get(driver)
    name = driver.lower()
    for starts, kind in (
        (_BLUETOOTH_DRIVERS, DeviceKind.BLUETOOTH),
        (_INFINIBAND_DRIVERS, DeviceKind.INFINIBAND),
        (_WIFI_DRIVERS, DeviceKind.WIFI),
        (_ETHERNET_DRIVERS, DeviceKind.ETHERNET),
    ):
        if name.startswith(starts):
            return kind
    return None


def by_pci_class(code: int, vendor: str) -> DeviceKind | None:
    """Return the kind that a PCI class stands for, None where it is no kind of ours.

    Source:
        Linux include/linux/pci_ids.h: 0200 Ethernet, 0207 InfiniBand, 0280 other network,
        0c06 InfiniBand, 0d11 Bluetooth, 0d20 and 0d21 802.11. Mellanox gives 0280 to cards that
        speak both InfiniBand and Ethernet.
    """
    if code >> 8 == _PCI_NETWORK_OTHER and vendor == _MELLANOX:
        return DeviceKind.INFINIBAND
    found = _PCI_CLASSES.get(code >> 8)
    return found or (DeviceKind.ETHERNET if code >> 16 == _PCI_NETWORK else None)


def by_usb_class(modalias: str) -> DeviceKind | None:
    """Return the kind that a USB interface's class stands for, None where it is no kind of ours.

    Source:
        USB-IF defined class codes: e0/01/01 Bluetooth, e0/01/03 RNDIS, 02/06 Ethernet control.
    """
    tail = modalias.partition("ic")[2].lower()
    if tail.startswith("e0isc01ip01"):
        return DeviceKind.BLUETOOTH
    if tail.startswith(("02isc06", "02isc0d", "02isc0c", "e0isc01ip03")):
        return DeviceKind.ETHERNET
    return None


def is_network_id(raw: RawDevice) -> bool:
    """Return whether a device of the ISA or PCMCIA days names itself as a network card.

    Source:
        Plug and Play ids: PNP80xx to PNP83xx are network adapters; the vendors' own ids are those
        of the drivers 3c509, 3c515, ne and smc-ultra. PCMCIA cards
        say function 06.
    """
    if raw.subsystem == "pcmcia":
        return raw.driver in _PCMCIA_DRIVERS or "f06fn" in raw.properties.get("MODALIAS", "")
    named = raw.attributes.get("id", "") + " " + raw.properties.get("MODALIAS", "")
    return raw.subsystem in {"pnp", "platform", "isa", "eisa"} and bool(_PNP_NETWORK.search(named))


def is_legacy(raw: RawDevice) -> bool:
    """Return whether a network card sits on a bus from before PCI."""
    return raw.subsystem in _OLD_BUSES or raw.driver in ISA_DRIVERS or is_network_id(raw)
