"""Names of devices where udev does not run: from its compiled database, or from the lists of ids."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.system.agent.manifest import Raw
from advisor.system.agent.names import add_names

DATABASE = """
pci:v00008086*
 ID_VENDOR_FROM_DATABASE=Intel Corporation

pci:v00008086d00001533*
 ID_MODEL_FROM_DATABASE=I210 Gigabit Network Connection

pci:v00008086d00001533sv0000103Csd00000003*
 ID_MODEL_FROM_DATABASE=Ethernet I210-T1 GbE NIC

usb:v0E8D*
 ID_VENDOR_FROM_DATABASE=MediaTek Inc.

usb:v0E8DpE616*
 ID_MODEL_FROM_DATABASE=Wireless_Device
"""
IDS = {
    "pci": "# comment\n8086  Intel Corporation\n\t1533  I210 Gigabit Network Connection\n"
    "\t\t103c 0003  Ethernet I210-T1 GbE NIC\n\t10d3  82574L\n9999  Other\n\t1534  Not Intel's\n",
    "usb": "0e8d  MediaTek Inc.\n\te616  Wireless_Device\n",
}


def raws() -> list[Raw]:
    return [
        Raw("/a", "pci", "", "", {}, {"PCI_ID": "8086:1533", "MODALIAS": alias("103C", "0003")}),
        Raw("/b", "pci", "", "", {}, {"PCI_ID": "8086:1533", "MODALIAS": alias("FFFF", "FFFF")}),
        Raw("/c", "usb", "", "", {}, {"DEVTYPE": "usb_device", "PRODUCT": "e8d/e616/100"}),
        Raw("/d", "pci", "", "", {}, {"PCI_ID": "8086:1534", "MODALIAS": "pci:short"}),
        Raw("/e", "virtio", "", "", {}, {"MODALIAS": "virtio:d00000001v00001AF4"}),
    ]


def alias(vendor: str, device: str) -> str:
    return f"pci:v00008086d00001533sv0000{vendor}sd0000{device}bc02sc00i00"


def names(root: Path, found: list[Raw]) -> list[tuple[str, str]]:
    add_names(str(root), found)
    keys = ("ID_VENDOR_FROM_DATABASE", "ID_MODEL_FROM_DATABASE")
    return [(raw.properties.get(keys[0], ""), raw.properties.get(keys[1], "")) for raw in found]


def test_names_come_from_the_compiled_database(tmp_path: Path) -> None:
    compiler = shutil.which("systemd-hwdb")
    if compiler is None:
        pytest.skip("udev is not installed: nothing compiles its database")
    (tmp_path / "etc/udev/hwdb.d").mkdir(parents=True)
    (tmp_path / "etc/udev/hwdb.d/20-test.hwdb").write_text(DATABASE)
    subprocess.run([compiler, f"--root={tmp_path}", "update"], check=True)
    assert names(tmp_path, raws()) == [
        ("Intel Corporation", "Ethernet I210-T1 GbE NIC"),
        ("Intel Corporation", "I210 Gigabit Network Connection"),
        ("MediaTek Inc.", "Wireless_Device"),
        ("", ""),
        ("", ""),
    ]


@pytest.mark.parametrize("folder", ["usr/share/misc", "usr/share/hwdata"])
def test_names_come_from_the_lists_of_ids_otherwise(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    for name, content in IDS.items():
        (tmp_path / folder / f"{name}.ids").write_text(content)
    assert names(tmp_path, raws())[:3] == [
        ("Intel Corporation", "I210 Gigabit Network Connection"),
        ("Intel Corporation", "I210 Gigabit Network Connection"),
        ("MediaTek Inc.", "Wireless_Device"),
    ]


def test_name_of_another_vendors_model_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "usr/share/misc").mkdir(parents=True)
    (tmp_path / "usr/share/misc/pci.ids").write_text(IDS["pci"])
    modalias = "pci:v00008086d00001534sv00000000sd00000000bc02sc00i00"
    found = [Raw("/a", "pci", "", "", {}, {"PCI_ID": "8086:1534", "MODALIAS": modalias})]
    assert names(tmp_path, found) == [("Intel Corporation", "")]


def test_names_stay_empty_where_there_is_nothing(tmp_path: Path) -> None:
    assert set(names(tmp_path, raws())) == {("", "")}


@given(content=st.binary(max_size=400))
def test_damaged_database_names_nothing_and_breaks_nothing(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("root")
    (root / "etc/udev").mkdir(parents=True)
    (root / "etc/udev/hwdb.bin").write_bytes(b"KSLPHHRH" + content)
    names(root, raws())
