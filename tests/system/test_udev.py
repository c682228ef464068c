"""udev and sysfs tell of the same raw devices, here and on recorded hardware."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from advisor.system import live
from advisor.system.agent.devices import devices
from advisor.system.live import LiveSystem, is_unnamed
from advisor.system.machine import RawDevice
from tests.machines.made import FOLDER

PROGRAM = """
import json
from advisor.probe import probe
from advisor.system.agent.devices import devices
from advisor.system.live import LiveSystem
from advisor.system.udev import udev_devices
read, told = [tuple(raw) for raw in devices("")], [tuple(raw) for raw in udev_devices()]
found = probe(LiveSystem(), now=1).devices
print(json.dumps({
    "same": read == told,
    "count": len(read),
    "devices": {d.id: [d.kind, d.driver, d.name, [i.name for i in d.interfaces]] for d in found},
}))
"""


def udev_or_skip() -> tuple[RawDevice, ...]:
    try:
        return live.udev_devices()
    except (ImportError, OSError) as error:
        pytest.skip(f"there is no libudev here: {error}")


def test_udev_and_sysfs_tell_of_the_same_devices_of_this_machine() -> None:
    assert [tuple(raw) for raw in udev_or_skip()] == [tuple(raw) for raw in devices("")]


@pytest.fixture(scope="module")
def recorded() -> dict[str, object]:
    """What is found where umockdev puts recorded devices in the place of this machine's."""
    runner = shutil.which("umockdev-run")
    if runner is None:
        pytest.skip("umockdev is not installed")
    udev_or_skip()
    argv = [
        runner,
        "--device",
        str(FOLDER / "devices.umockdev"),
        "--",
        sys.executable,
        "-c",
        PROGRAM,
    ]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=60, check=True, cwd=FOLDER.parents[1]
    )
    return cast("dict[str, object]", json.loads(done.stdout))


def test_udev_and_sysfs_tell_of_the_same_recorded_devices(recorded: dict[str, object]) -> None:
    assert recorded["same"] is True
    assert recorded["count"] == 29


@pytest.mark.parametrize(
    ("device", "kind", "driver", "interfaces"),
    [
        ("pnp:00:05", "legacy-net", "3c509", ["eth0"]),
        ("platform:ne.0", "legacy-net", "ne", ["eth1"]),
        ("pci:0000:00:13.0", "ethernet", "tulip", ["ens19"]),
        ("pci:0000:00:0c.0", "ethernet", "e1000e", ["ens12"]),
        ("pci:0000:03:00.0", "ethernet", "igc", ["enp3s0"]),
        ("usb:1-10:1.0", "bluetooth", "btusb", ["hci0"]),
        ("pci:0000:04:00.0", "ethernet", "mlx5_core", ["enp4s0np0", "mlx5_0"]),
        ("pci:0000:05:00.0", "infiniband", "mlx4_core", ["ib0", "mlx4_0"]),
        ("virtio:virtio3", "virtio", "virtio_net", ["ens5"]),
        ("virtio:virtio9", "virtio", "vmw_vsock_virtio_transport", []),
        ("platform:fd580000.ethernet", "ethernet", "bcmgenet", ["end0"]),
        ("sdio:mmc1:0001:1", "wifi", "brcmfmac", ["wlan0"]),
    ],
)
def test_recorded_devices_get_their_kind(
    recorded: dict[str, object], device: str, kind: str, driver: str, interfaces: list[str]
) -> None:
    found = cast("dict[str, list[object]]", recorded["devices"])[device]
    assert [found[0], found[1], found[3]] == [kind, driver, interfaces]


def test_recorded_devices_have_the_names_of_udev(recorded: dict[str, object]) -> None:
    found = cast("dict[str, list[object]]", recorded["devices"])
    assert found["pci:0000:03:00.0"][2] == "Intel Corporation Ethernet Controller I225-V"


def raw(number: int, **properties: str) -> RawDevice:
    return RawDevice(f"/devices/pci/{number}", "pci", properties=properties)


def test_udev_is_asked_only_where_its_database_names_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_DATABASE", str(tmp_path))
    unnamed = tuple(raw(number) for number in range(4))
    assert is_unnamed(unnamed)
    assert not is_unnamed((*unnamed, raw(5, ID_VENDOR_FROM_DATABASE="Intel")))
    assert not is_unnamed(unnamed[:2])
    monkeypatch.setattr(live, "_DATABASE", str(tmp_path / "missing"))
    assert not is_unnamed(unnamed)


def test_udev_that_is_not_installed_leaves_what_sysfs_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> tuple[RawDevice, ...]:
        raise ImportError("libudev")

    def unnamed(_found: tuple[RawDevice, ...]) -> bool:
        return True

    monkeypatch.setattr(live, "is_unnamed", unnamed)
    monkeypatch.setattr(live, "udev_devices", missing)
    assert [tuple(one) for one in LiveSystem().devices()] == [tuple(one) for one in devices("")]
    monkeypatch.setattr(live, "udev_devices", lambda: (raw(1),))
    assert LiveSystem().devices() == (raw(1),)
