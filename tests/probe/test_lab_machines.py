"""Real kernels on emulated hardware: what the probe says against what another program saw there.

``interfaces.json`` was written by a program in the guest that asked pyudev; the captures are of the same
guests at the same time.
"""

from __future__ import annotations

import json
from typing import cast

import pytest

from advisor.model.inventory import DeviceKind, Inventory
from advisor.probe import probe
from tests.machines import made

SEEN = cast(
    "dict[str, dict[str, list[str]]]", json.loads((made.FOLDER / "interfaces.json").read_text())
)
MACHINES: dict[str, Inventory] = {}


def machine(name: str) -> Inventory:
    if name not in MACHINES:
        MACHINES[name] = probe(made.recorded(name), now=made.NOW)
    return MACHINES[name]


@pytest.mark.parametrize("name", sorted(SEEN))
def test_interfaces_every_one_hangs_on_the_device_that_carries_it(name: str) -> None:
    carried = {i.name: d for d in machine(name).devices for i in d.interfaces}
    assert set(carried) == set(SEEN[name]) - {"lo"}
    for interface, (subsystem, driver, module) in SEEN[name].items():
        device = carried.get(interface)
        if device is None or subsystem in {"-", "net", "bluetooth", "infiniband"}:
            assert device is None or device.bus in {"virtual", "platform"}
        elif subsystem in {"pci", "usb", "virtio", "pnp", "platform"}:
            assert (device.bus, device.driver) == (subsystem, driver)
            assert module in {device.module, "-"}


@pytest.mark.parametrize(
    ("name", "device", "kind", "modules"),
    [
        ("debian-12-isa", "pnp:00:05", DeviceKind.LEGACY_NET, "3c509"),
        ("debian-12-isa", "platform:ne.0", DeviceKind.LEGACY_NET, "ne 8390p"),
        ("debian-12-isa", "pci:0000:00:05.0", DeviceKind.ETHERNET, "pcnet32 mii"),
        ("debian-12-nics", "pci:0000:00:10.0", DeviceKind.ETHERNET, "ne2k_pci 8390"),
        (
            "debian-13-soft",
            "usb:3-2:1.0",
            DeviceKind.BLUETOOTH,
            "btusb btmtk btintel btrtl btbcm bluetooth",
        ),
        ("debian-13-soft", "virtio:virtio3", DeviceKind.VIRTIO, "virtio_net virtio_pci"),
        ("debian-13-soft", "virtual:wlan0", DeviceKind.WIFI, "mac80211_hwsim"),
        ("debian-13-soft", "virtual:hci0", DeviceKind.BLUETOOTH, "hci_vhci"),
        ("debian-13-soft", "virtual:rxe0", DeviceKind.INFINIBAND, "rdma_rxe"),
        ("debian-13-soft", "virtual:wg0", DeviceKind.OTHER, "wireguard"),
        ("debian-13-soft", "virtual:bat0", DeviceKind.OTHER, "batman_adv"),
        ("debian-13-soft", "virtual:macvtap0", DeviceKind.OTHER, "macvtap"),
        ("debian-13-soft", "usb:3-8:1.0", DeviceKind.OTHER, "qmi_wwan cdc_wdm"),
        ("debian-13-soft", "pci:0000:00:18.0", DeviceKind.OTHER, "kvaser_pci"),
        ("debian-sid-microvm", "virtio:virtio3", DeviceKind.VIRTIO, "virtio_net virtio_mmio"),
        (
            "debian-sid-vsock",
            "virtio:virtio9",
            DeviceKind.VIRTIO,
            "vmw_vsock_virtio_transport virtio_pci vsock",
        ),
        ("debian-sid-vsock", "pci:0000:00:11.0", DeviceKind.OTHER, "nvme nvme_core"),
        ("debian-sid-other-ids", "pci:0000:00:05.0", DeviceKind.ETHERNET, "3c59x mii"),
    ],
)
def test_devices_kind_and_modules_are_told(
    name: str, device: str, kind: DeviceKind, modules: str
) -> None:
    found = made.by_id(machine(name))[device]
    assert found.kind is kind
    assert found.modules[0] == modules.split(maxsplit=1)[0]
    assert set(modules.split()) <= set(found.modules)


@pytest.mark.parametrize(
    ("name", "device", "modules"),
    [
        pytest.param("debian-sid-other-ids", "pci:0000:00:09.0", ("mlx4_core",), id="connectx-3"),
        pytest.param("debian-sid-other-ids", "pci:0000:00:0a.0", ("mlx5_core",), id="connectx-5"),
        # No kernel of this architecture has 3c509, and tpm_tis's catch-all must not stand in.
        pytest.param("debian-sid-legacy", "pnp:00:06", (), id="3c509-without-driver"),
    ],
)
def test_devices_without_driver_name_what_could_bind(
    name: str, device: str, modules: tuple[str, ...]
) -> None:
    found = made.by_id(machine(name))[device]
    assert found.driver == ""
    assert found.could_bind == modules


def test_legacy_cards_without_driver_are_still_legacy_cards() -> None:
    found = made.by_id(machine("debian-sid-legacy"))
    for device in ("pnp:00:06", "platform:PNP80D6:00", "platform:SMC8416:00"):
        assert found[device].kind is DeviceKind.LEGACY_NET


def test_usb_function_with_a_driver_hides_its_unbound_sibling() -> None:
    found = made.by_id(machine("debian-13-soft"))
    assert "usb:3-13:1.1" in found
    assert "usb:3-13:1.0" not in found


def test_failover_pair_shares_one_virtio_device() -> None:
    carried = made.by_id(machine("debian-13-sriov"))["virtio:virtio3"].interfaces
    assert [interface.name for interface in carried] == ["enp2s0", "enp2s0nsby"]
    assert carried[0].lower == ("enp2s0nsby", "enp3s0")


def test_virtio_transport_is_told_apart() -> None:
    assert made.by_id(machine("debian-sid-microvm"))["virtio:virtio0"].transport == "mmio"
    assert made.by_id(machine("debian-13-soft"))["virtio:virtio0"].transport == "pci"


def test_interface_types_are_those_that_ip_names() -> None:
    carried = {i.name: i.type for d in machine("debian-13-soft").devices for i in d.interfaces}
    expected = {
        "br0": "bridge", "bond0": "bond", "vlan10": "vlan", "tun0": "tun", "tap0": "tap", "wg0": "wireguard",
        "veth0": "veth", "bat0": "batman-adv", "macvtap0": "macvtap", "macvlan0": "macvlan",
        "ipvlan0": "ipvlan", "vxlan0": "vxlan", "geneve0": "geneve", "gre1": "gre", "sit1": "sit",
        "ipip1": "ipip", "vrf0": "vrf", "macsec0": "macsec", "hsr0": "hsr", "team0": "team",
        "dummy0": "dummy", "ifb0": "ifb", "wlan0": "wlan", "can0": "can", "ens11": "ether",
        "l2tp0": "l2tp", "rxe0": "rdma",
    }  # fmt: skip
    assert {name: carried[name] for name in expected} == expected


def test_features_of_configured_interfaces_are_told() -> None:
    found = {feature.id: feature for feature in machine("debian-13-soft").features}
    wanted = "bridge vlan wireguard batman-adv macvtap macvlan ipvlan vxlan geneve gre macsec hsr veth vrf"
    assert {*wanted.split(), "l2tp", "tun"} <= set(found)
    assert found["wireguard"].evidence == "/sys/class/net/wg0: a wireguard interface"
    assert found["wireguard"].modules == ("wireguard",)


def test_features_of_interfaces_that_a_module_makes_itself_are_not_told() -> None:
    # bond0 and team0 are down and may come with their modules.
    assert not {"bonding", "team", "ifb"} & {f.id for f in machine("debian-13-soft").features}


def test_modules_loaded_with_their_users_are_read() -> None:
    modules = machine("debian-13-soft").modules
    assert modules.loaded is not None
    assert "btusb" in modules.needs["btmtk"]
    assert modules.builtin is not None
    assert "virtio_pci" in modules.builtin
    assert {"btusb", "virtio_net", "ne2k_pci", "usbcore"} <= modules.bound


def test_names_come_from_the_udev_database() -> None:
    found = made.by_id(machine("debian-13-soft"))
    assert found["usb:3-2:1.0"].name == "MediaTek Inc. Wireless_Device"
    assert found["pci:0000:00:0c.0"].name == "Intel Corporation 82574L Gigabit Network Connection"


def test_names_without_database_are_the_ids() -> None:
    found = made.by_id(machine("debian-12-isa"))
    assert found["pci:0000:00:06.0"].name == "pci device 10ec:8139"
    assert found["pnp:00:05"].name == "pnp device TCM5094"


def test_config_and_identity_are_read() -> None:
    kernel = machine("debian-13-soft").kernel
    assert str(kernel.identity.upstream) == "6.12.117"
    assert kernel.config is not None
    assert kernel.config["BT_HCIBTUSB"] == "m"
    assert kernel.config["DEFAULT_HOSTNAME"] == "(none)"
    assert kernel.config_source == "/boot/config-6.12.117+deb13-amd64"
