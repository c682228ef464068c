"""What each machine of the lab is there to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pytest

from tests.lab.guests import guests_of
from tests.lab.oracle import loaded
from tests.lab.visit import Visit

Device = Mapping[str, object]


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("seen", guests_of(name), indirect=True)


def devices(seen: Visit, **wanted: object) -> list[Device]:
    every = cast("list[Device]", seen.scan["devices"])
    return [one for one in every if all(one[key] == value for key, value in wanted.items())]


def names(device: Device) -> list[str]:
    return [str(each["name"]) for each in cast("list[Device]", device["interfaces"])]


@of("full")
@pytest.mark.parametrize(
    ("driver", "module", "count"),
    [
        ("e1000", "e1000", 2),
        ("e1000e", "e1000e", 1),
        ("igb", "igb", 1),
        ("8139cp", "8139cp", 1),
        ("pcnet32", "pcnet32", 1),
        ("ne2k-pci", "ne2k_pci", 1),
        ("e100", "e100", 2),
        ("tulip", "tulip", 1),
        ("vmxnet3", "vmxnet3", 1),
        ("virtio_net", "virtio_net", 2),
        ("kvaser_pci", "kvaser_pci", 1),
        ("btusb", "btusb", 4),
        ("cdc_ether", "cdc_ether", 1),
        ("rtl8150", "rtl8150", 1),
        ("dm9601", "dm9601", 1),
        ("qmi_wwan", "qmi_wwan", 1),
        ("xhci_hcd", "xhci_pci", 1),
        ("virtio_rng", "virtio_rng", 1),
        ("virtio_balloon", "virtio_balloon", 1),
        ("virtio_scsi", "virtio_scsi", 1),
        ("virtio_console", "virtio_console", 1),
        ("vmw_vsock_virtio_transport", "vmw_vsock_virtio_transport", 1),
    ],
)
def test_card_in_the_machine_is_listed_with_its_driver_and_module(
    seen: Visit, driver: str, module: str, count: int
) -> None:
    assert [one["module"] for one in devices(seen, driver=driver)] == [module] * count


@of("full")
@pytest.mark.parametrize(
    ("vendor", "device"),
    [("0a12", "0001"), ("0e8d", "7961"), ("8087", "0a2b"), ("0bda", "8771")],
    ids=["csr", "mediatek", "intel", "realtek"],
)
def test_bluetooth_dongle_of_a_vendor_is_a_btusb_controller(
    seen: Visit, vendor: str, device: str
) -> None:
    (found,) = devices(seen, vendor_id=vendor, device_id=device)
    assert (found["kind"], found["driver"], found["module"]) == ("bluetooth", "btusb", "btusb")
    assert [name[:3] for name in names(found)] == ["hci"]


@of("full")
@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("wg0", "wireguard"),
        ("bat0", "batman_adv"),
        ("macvtap0", "macvtap"),
        ("br0", "bridge"),
        ("bond0", "bonding"),
        ("vlan7", "8021q"),
        ("vxlan0", "vxlan"),
        ("rxe0", "rdma_rxe"),
        ("wlan0", "mac80211_hwsim"),
        ("hci0", "hci_vhci"),
        ("tap0", "tun"),
    ],
)
def test_device_made_in_software_is_listed_with_its_module(
    seen: Visit, name: str, module: str
) -> None:
    (found,) = devices(seen, id=f"virtual:{name}")
    assert found["module"] == module
    assert names(found) == [name]


@of("full")
def test_second_driver_that_matches_a_card_is_not_said_to_drive_it(seen: Visit) -> None:
    assert {"8139cp", "8139too"} <= loaded(seen.told)
    assert devices(seen, driver="8139too") == []
    findings = cast("list[Device]", seen.scan["findings"])
    reaches = {one["reach"] for one in findings if one["modules"] == ["8139too"]}
    assert "active" not in reaches


@of("full")
def test_default_route_is_told_of_its_card_alone(seen: Visit) -> None:
    (found,) = devices(seen, default_route=True)
    assert found["driver"] == "virtio_net"


@of("q35")
def test_virtual_functions_are_listed_beside_their_card(seen: Visit) -> None:
    assert [one["driver"] for one in devices(seen, vendor_id="8086", device_id="10c9")] == ["igb"]
    functions = devices(seen, driver="igbvf")
    assert [one["module"] for one in functions] == ["igbvf", "igbvf"]
    assert all(names(one) for one in functions)


@of("q35")
def test_two_interfaces_on_one_device_are_both_told(seen: Visit) -> None:
    (found,) = devices(seen, driver="virtio_net")
    assert len(names(found)) == 2


@of("mmio")
def test_virtio_without_pci_says_so(seen: Visit) -> None:
    found = devices(seen, kind="virtio")
    assert {one["transport"] for one in found} == {"mmio"}
    assert {"virtio_net", "virtio_blk", "virtio_rng"} <= {one["driver"] for one in found}
    assert all(str(one["parent"]).startswith("platform:") for one in found)


@of("pciid")
@pytest.mark.parametrize(
    ("vendor", "device", "module"),
    [("10b7", "9200", "3c59x"), ("1186", "1300", "8139too")],
)
def test_card_with_another_id_is_told_by_its_own_driver(
    seen: Visit, vendor: str, device: str, module: str
) -> None:
    (found,) = devices(seen, vendor_id=vendor, device_id=device)
    assert (found["kind"], found["module"]) == ("ethernet", module)


@of("pciid")
@pytest.mark.parametrize(
    ("device", "module"), [("1017", "mlx5_core"), ("1003", "mlx4_core")], ids=["mlx5", "mlx4"]
)
def test_mellanox_card_without_a_driver_says_what_could_bind(
    seen: Visit, device: str, module: str
) -> None:
    assert module in loaded(seen.told)
    (found,) = devices(seen, vendor_id="15b3", device_id=device)
    assert found["driver"] is None
    assert found["could_bind"] == [module]
    assert names(found) == []


@of("legacy")
@pytest.mark.parametrize("ids", ["TCM5094", "PNP80D6"])
def test_card_of_the_isa_bus_that_no_kernel_here_drives_is_told_so(seen: Visit, ids: str) -> None:
    found = [one for one in devices(seen, kind="legacy-net") if ids in str(one["modalias"])]
    assert [one["driver"] for one in found] == [None]


@of("isa")
def test_3c509_on_plug_and_play_is_driven(seen: Visit) -> None:
    (found,) = devices(seen, driver="3c509")
    assert (found["kind"], found["bus"], found["module"]) == ("legacy-net", "pnp", "3c509")
    assert len(names(found)) == 1


@of("isa")
def test_ne2000_at_a_port_is_driven(seen: Visit) -> None:
    (found,) = devices(seen, driver="ne")
    assert (found["kind"], found["module"]) == ("legacy-net", "ne")
    assert len(names(found)) == 1
