"""Devices that no lab machine has, made up of what their kernels are known to show."""

from __future__ import annotations

import pytest

from advisor.model.inventory import DeviceKind
from advisor.system.agent.manifest import Raw
from tests.machines import made
from tests.machines.made import RELEASE, by_id, inventory

PCI = "/devices/pci0000:00/0000:00:1c.0/0000:01:00.0"
MODULES = f"/lib/modules/{RELEASE}"


def pci(ids: str, kind: str, driver: str = "", module: str = "", path: str = PCI) -> Raw:
    vendor, device = ids.split(":")
    modalias = (
        f"pci:v0000{vendor}d0000{device}sv00001234sd00005678bc{kind[:2]}sc{kind[2:4]}i{kind[4:]}"
    )
    properties = {"PCI_CLASS": kind.lstrip("0"), "PCI_ID": ids, "MODALIAS": modalias}
    return Raw(
        path, "pci", driver, module or driver, {}, properties | {"PCI_SUBSYS_ID": "1234:5678"}
    )


def net(path: str, name: str, **attributes: str) -> Raw:
    fields = {"type": "1", "operstate": "up"} | attributes
    return Raw(f"{path}/net/{name}", "net", "", "", fields, {"IFINDEX": "2"})


def test_raspberry_pi_has_its_ethernet_and_its_wifi() -> None:
    genet = "/devices/platform/scb/fd580000.ethernet"
    chip = "/devices/platform/soc/fe300000.mmcnr/mmc_host/mmc1/mmc1:0001/mmc1:0001:1"
    found = by_id(
        inventory(
            {"/proc/modules": "brcmfmac 1 0 - Live 0x0\nbrcmfmac_wcc 1 0 brcmfmac, Live 0x0\n"},
            devices=[
                Raw(genet, "platform", "bcmgenet", "genet", {}, {"OF_COMPATIBLE_0": "brcm,bcm2711-genet-v5"}),
                net(genet, "eth0", speed="1000"),
                Raw(
                    chip, "sdio", "brcmfmac", "brcmfmac", {},
                    {"SDIO_ID": "02D0:A9A6", "MODALIAS": "sdio:c00v02D0dA9A6"},
                ),
                net(chip, "wlan0", phy80211="phy0"),
                Raw(f"{chip}/ieee80211/phy0", "ieee80211", "", "", {}, {}),
            ],
            release="6.12.47+rpt-rpi-2712",
            machine="aarch64",
        )
    )  # fmt: skip
    wired = found["platform:fd580000.ethernet"]
    assert (wired.kind, wired.module, wired.name) == (
        DeviceKind.ETHERNET,
        "genet",
        "platform device brcm,bcm2711-genet-v5",
    )
    assert wired.interfaces[0].speed_mbps == 1000
    radio = found["sdio:mmc1:0001:1"]
    assert (radio.kind, radio.vendor_id, radio.device_id) == (DeviceKind.WIFI, "02d0", "a9a6")
    assert "brcmfmac_wcc" in radio.modules


def test_connectx3_with_ipoib_is_infiniband() -> None:
    raws = [
        pci("15B3:1003", "028000", "mlx4_core"),
        Raw(
            f"{PCI}/infiniband/mlx4_0", "infiniband", "", "",
            {"ports/1/link_layer": "InfiniBand", "ports/1/state": "4: ACTIVE"}, {},
        ),
        net(PCI, "ib0", type="32"),
    ]  # fmt: skip
    files = {
        "/proc/modules": "mlx4_ib 1 0 - Live 0x0\nib_ipoib 1 0 - Live 0x0\nmlx4_core 1 1 mlx4_ib, Live 0x0\n"
    }
    machine = inventory(files, devices=raws)
    card = by_id(machine)["pci:0000:01:00.0"]
    assert card.kind is DeviceKind.INFINIBAND
    assert card.modules == ("mlx4_core", "mlx4_ib", "ib_ipoib")
    assert [(i.name, i.type, i.link) for i in card.interfaces] == [
        ("ib0", "ipoib", "up"),
        ("mlx4_0", "infiniband", "up"),
    ]
    assert {"ipoib", "rdma"} <= {feature.id for feature in machine.features}


def test_mlx5_card_in_ethernet_mode_is_ethernet_and_names_its_rdma_modules() -> None:
    raws = [
        pci("15B3:1017", "020000", "mlx5_core"),
        Raw(
            f"{PCI}/infiniband/mlx5_0", "infiniband", "", "", {"ports/1/link_layer": "Ethernet"}, {}
        ),
        net(PCI, "enp1s0np0", speed="25000"),
    ]  # fmt: skip
    files = {f"{MODULES}/modules.builtin": "kernel/drivers/infiniband/hw/mlx5/mlx5_ib.ko\n"}
    card = by_id(inventory(files, devices=raws))["pci:0000:01:00.0"]
    assert card.kind is DeviceKind.ETHERNET
    assert "mlx5_ib" in card.modules
    assert {i.type for i in card.interfaces} == {"ether", "rdma"}


def test_mt7922_bluetooth_leads_to_its_usb_parent_and_vendor_module() -> None:
    usb = "/devices/pci0000:00/0000:00:14.0/usb1/1-4"
    raws = [
        Raw(
            usb, "usb", "usb", "usbcore", {"manufacturer": "MediaTek Inc.", "product": "Wireless_Device"},
            {"DEVTYPE": "usb_device", "PRODUCT": "e8d/e616/100"},
        ),
        Raw(
            f"{usb}/1-4:1.0", "usb", "btusb", "btusb", {},
            {
                "DEVTYPE": "usb_interface",
                "PRODUCT": "e8d/e616/100",
                "MODALIAS": "usb:v0E8DpE616d0100dcEFdsc02dp01icE0isc01ip01in00",
            },
        ),
        Raw(f"{usb}/1-4:1.0/bluetooth/hci0", "bluetooth", "", "", {}, {"DEVTYPE": "host"}),
    ]  # fmt: skip
    rows = (
        "btusb 1 0 - Live 0x0",
        "btmtk 1 1 btusb, Live 0x0",
        "bluetooth 1 2 btusb,btmtk, Live 0x0",
    )
    files = {"/proc/modules": "\n".join(rows)}
    found = by_id(inventory(files, devices=raws))["usb:1-4:1.0"]
    assert found.kind is DeviceKind.BLUETOOTH
    assert (found.vendor_id, found.device_id, found.parent) == ("0e8d", "e616", "usb:1-4")
    assert found.name == "MediaTek Inc. Wireless_Device"
    assert found.modules == ("btusb", "btmtk", "bluetooth")
    assert found.interfaces[0].name == "hci0"


def test_helpers_are_named_where_nothing_tells_what_the_kernel_holds() -> None:
    card = by_id(inventory(devices=[pci("15B3:1017", "020000", "mlx5_core")]))["pci:0000:01:00.0"]
    assert {"mlx5_core", "mlx5_ib", "ib_ipoib"} <= set(card.modules)


def test_wifi_card_with_the_class_of_ethernet_is_wifi() -> None:
    # mt7925e and some Realtek cards say class 0200.
    files = {
        f"{MODULES}/modules.order": "kernel/drivers/net/wireless/mediatek/mt76/mt7925/mt7925e.ko\n"
    }
    raws = [pci("14C3:7925", "020000", "mt7925e")]
    assert by_id(inventory(files, devices=raws))["pci:0000:01:00.0"].kind is DeviceKind.WIFI


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("drivers/net/wireless/acme", DeviceKind.WIFI),
        ("drivers/net/ethernet/acme", DeviceKind.ETHERNET),
        ("drivers/infiniband/hw/acme", DeviceKind.INFINIBAND),
        ("drivers/bluetooth", DeviceKind.BLUETOOTH),
        ("drivers/scsi", DeviceKind.OTHER),
    ],
)
def test_unbound_card_gets_the_kind_of_the_module_that_could_bind(
    folder: str, kind: DeviceKind
) -> None:
    files = {
        f"{MODULES}/modules.order": f"kernel/{folder}/acme-card.ko.xz\n",
        f"{MODULES}/modules.alias": "alias pci:v0000ABCDd00000001sv*sd*bc*sc*i* acme-card\n",
    }
    found = by_id(inventory(files, devices=[pci("ABCD:0001", "FF0000")]))["pci:0000:01:00.0"]
    assert found.could_bind == ("acme_card",)
    assert found.kind is kind


def test_card_without_trace_is_found_by_its_io_ports() -> None:
    # wd and smc-ultra never tell the kernel which device their interface stands for.
    machine = inventory(
        {
            "/proc/modules": "wd 20480 1 - Live 0x0\n8390p 16384 1 wd, Live 0x0\n",
            "/proc/ioports": "0000-0cf7 : PCI Bus 0000:00\n  0280-029f : wd\n",
        },
        devices=[Raw("/devices/virtual/net/eth0", "net", "", "", {"type": "1"}, {})],
    )
    card = by_id(machine)["isa:eth0"]
    assert (card.kind, card.module, card.address) == (DeviceKind.LEGACY_NET, "wd", "0280-029f")
    assert card.confidence == "likely"
    assert card.source == "/proc/ioports: 0280-029f wd"


def test_virtual_interface_without_such_a_driver_stays_virtual() -> None:
    raws = [Raw("/devices/virtual/net/dummy0", "net", "", "", {"type": "1"}, {})]
    machine = inventory({"/proc/modules": "dummy 1 0 - Live 0x0\n"}, devices=raws)
    assert list(by_id(machine)) == ["virtual:dummy0"]


def test_default_route_and_ssh_session_are_on_their_interfaces() -> None:
    files = {
        "/proc/net/route": (
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
            "enp1s0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\n"
            "enp2s0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\n"
        ),
        "/commands/session": "ssh enp2s0\neuid 1000\n",
    }
    other = "/devices/pci0000:00/0000:00:1d.0/0000:02:00.0"
    raws = [
        pci("8086:1533", "020000", "igb"), net(PCI, "enp1s0"),
        pci("8086:1533", "020000", "igb", path=other), net(other, "enp2s0"),
    ]  # fmt: skip
    found = {i.name: i for d in inventory(files, devices=raws).devices for i in d.interfaces}
    assert (found["enp1s0"].default_route, found["enp1s0"].ssh_session) == (True, False)
    assert (found["enp2s0"].default_route, found["enp2s0"].ssh_session) == (False, True)


def test_ipv6_default_route_counts_and_a_rejecting_one_does_not() -> None:
    zero = "0" * 32
    row = f"{zero} 00 {zero} 00 fe80000000000000{'0' * 16} 00000400 00000001 00000000 {{}} {{}}\n"
    files = {
        "/proc/net/ipv6_route": row.format("00000003", "enp1s0") + row.format("00200200", "lo")
    }
    raws = [pci("8086:1533", "020000", "igb"), net(PCI, "enp1s0")]
    found = [i for d in inventory(files, devices=raws).devices for i in d.interfaces]
    assert [i.default_route for i in found] == [True]


def test_pci_bridges_are_left_out_and_other_functions_are_not() -> None:
    graphics = "/devices/pci0000:00/0000:00:02.0"
    raws = [pci("8086:A110", "060400", "pcieport", path="/devices/pci0000:00/0000:00:1c.0"),
            pci("8086:5917", "030000", "i915", path=graphics)]  # fmt: skip
    assert list(by_id(inventory(devices=raws))) == ["pci:0000:00:02.0"]


def test_hostile_device_names_are_kept_as_text() -> None:
    raws = [
        Raw(
            "/devices/pci0000:00/0000:00:14.0/usb1/1-1", "usb", "usb", "", {"product": "\x1b]0;owned\x07<b>"},
            {"DEVTYPE": "usb_device", "PRODUCT": "1/2/3"},
        ),
        Raw(
            "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0", "usb", "", "", {},
            {"DEVTYPE": "usb_interface", "PRODUCT": "1/2/3"},
        ),
    ]  # fmt: skip
    found = by_id(inventory(devices=raws))["usb:1-1:1.0"]
    assert found.name == "\x1b]0;owned\x07<b>"
    assert (found.vendor_id, found.device_id) == ("0001", "0002")


def test_usb_wifi_stick_keeps_the_kind_of_its_radio() -> None:
    usb = "/devices/pci0000:00/0000:00:14.0/usb1/1-5"
    properties = {"DEVTYPE": "usb_interface", "PRODUCT": "bda/8812/0"}
    raws = [
        Raw(f"{usb}/1-5:1.0", "usb", "made_up", "made_up", {}, properties),
        Raw(f"{usb}/1-5:1.0/ieee80211/phy3", "ieee80211", "", "", {}, {}),
    ]
    assert by_id(inventory(devices=raws))["usb:1-5:1.0"].kind is DeviceKind.WIFI


def test_machine_without_devices_says_so() -> None:
    machine = inventory()
    assert machine.devices == ()
    assert "the devices" in {unknown.what for unknown in machine.unknowns}


def test_made_machines_are_captures() -> None:
    assert made.system().capture == "made.tar.gz"
