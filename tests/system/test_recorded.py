"""A capture answers as the machine did."""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
from pathlib import Path

import pytest

from advisor.errors import AdvisorError
from advisor.model.inventory import Inventory
from advisor.probe import probe
from advisor.system.agent.capture import ABOUT, Member, collect, denied, main, pack
from advisor.system.agent.reading import Reader
from advisor.system.live import LiveSystem
from advisor.system.recorded import RecordedSystem
from tests.machines.made import NOW, system


def captured() -> RecordedSystem:
    return RecordedSystem(io.BytesIO(pack(collect(Reader(), NOW), NOW)), "box.tar.gz")


def still(inventory: Inventory) -> Inventory:
    """Return an inventory without what changes from one moment to the next."""
    kernel = inventory.kernel._replace(uptime_s=0)
    devices = tuple(
        device._replace(interfaces=tuple(i._replace(link="") for i in device.interfaces))
        for device in inventory.devices
    )
    return inventory._replace(kernel=kernel, spaces=(), capture="", devices=devices)


def test_capture_of_this_machine_gives_the_inventory_of_this_machine() -> None:
    assert still(probe(captured(), now=NOW)) == still(probe(LiveSystem(), now=NOW))


def test_capture_has_the_raw_devices_of_this_machine() -> None:
    assert captured().devices() == LiveSystem().devices()


def test_capture_of_a_made_root_gives_the_same_inventory(tmp_path: Path) -> None:
    release = "6.12.94+deb13-amd64"
    files = {
        "etc/os-release": "ID=debian\nVERSION_CODENAME=trixie\n",
        "proc/modules": "btusb 65536 0 - Live 0xffffffff (OE)\n",
        "proc/mounts": "/dev/sda1 / ext4 rw,relatime 0 0\n",
        "var/lib/dpkg/status": (
            f"Package: linux-image-{release}\nStatus: hold ok installed\nArchitecture: amd64\n"
            "Version: 6.12.94-1\n\n"
        ),
        f"lib/modules/{release}/modules.builtin": "kernel/fs/ext4/ext4.ko\n",
        f"lib/modules/{release}/modules.order": "kernel/drivers/bluetooth/btusb.ko.xz\n",
        "lib/modules/6.12.117+deb13-amd64/modules.order": "kernel/drivers/bluetooth/btusb.ko.xz\n",
        "boot/vmlinuz-6.12.117+deb13-amd64": "",
        "etc/modprobe.d/no.conf": "install sctp /bin/false\n",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    folder = tmp_path / "sys/devices/pci0000:00/0000:00:01.0"
    folder.mkdir(parents=True)
    (folder / "uevent").write_text(
        "PCI_CLASS=20000\nPCI_ID=8086:1533\nMODALIAS=pci:v00008086d00001533\n"
    )
    (tmp_path / "sys/bus/pci/devices").mkdir(parents=True)
    (tmp_path / "sys/bus/pci/devices/0000:00:01.0").symlink_to(
        "../../../devices/pci0000:00/0000:00:01.0"
    )
    driver = tmp_path / "sys/bus/pci/drivers/igb"
    driver.mkdir(parents=True)
    (driver / "0000:00:01.0").symlink_to("../../../../devices/pci0000:00/0000:00:01.0")
    (driver / "module").symlink_to("../../../../module/igb")
    (folder / "driver").symlink_to("../../../bus/pci/drivers/igb")
    udev = tmp_path / "run/udev/data"
    udev.mkdir(parents=True)
    (udev / "+pci:0000:00:01.0").write_text("E:ID_MODEL_FROM_DATABASE=I210\nE:ID_SERIAL=secret\n")
    live = probe(LiveSystem(str(tmp_path), release), now=NOW)
    packed = pack(collect(Reader(str(tmp_path), release), NOW), NOW)
    replayed = probe(RecordedSystem(io.BytesIO(packed), "box.tar.gz"), now=NOW)
    assert still(replayed) == still(live)
    assert live.devices[0].name == "I210"
    assert live.devices[0].module == "igb"
    assert live.modules.bound == {"igb"}
    assert live.kernel.out_of_tree == {"btusb": "OE"}
    assert live.packages.held == (
        "/var/lib/dpkg/status: linux-image-6.12.94+deb13-amd64 is on hold",
    )
    assert live.kernel_modules["6.12.117+deb13-amd64"].available == frozenset({"btusb"})
    assert b"secret" not in packed


def test_capture_tells_why_something_was_not_read() -> None:
    made = system(unread={"/proc/mounts": "permission denied"})
    assert made.read("/proc/mounts") is None
    assert made.reason("/proc/mounts") == "permission denied"
    assert made.reason("/proc/swaps") == "no such file or directory"
    assert made.reason("rpm-kernels") == "not recorded"


def test_capture_made_by_hand_needs_no_list_of_folders() -> None:
    content = pack(
        [Member("/etc/modprobe.d/a.conf", b"blacklist x\n"), Member("/proc/version", b"")], NOW
    )
    made = RecordedSystem(io.BytesIO(content), "hand.tar.gz")
    assert made.list("/etc/modprobe.d") == ("a.conf",)
    assert made.list("/boot") is None
    assert made.reason("/boot") == "no such file or directory"


def test_capture_made_by_hand_takes_the_release_from_the_banner() -> None:
    banner = b"Linux version 6.1.0-37-amd64 (builder@host) (gcc) #1 SMP Debian 6.1.140-1\n"
    made = RecordedSystem(io.BytesIO(pack([Member("/proc/version", banner)], NOW)), "hand.tar.gz")
    kernel = probe(made, now=NOW).kernel
    assert kernel.identity.release == "6.1.0-37-amd64"
    assert kernel.build == "#1 SMP Debian 6.1.140-1"


def test_capture_made_by_hand_keeps_no_more_than_the_manifest_says() -> None:
    row = b"//nas/x /mnt cifs rw,password=secret 0 0\n"
    content = pack([Member("/etc/fstab", row), Member("/proc/version", b"")], NOW)
    made = RecordedSystem(io.BytesIO(content), "hand.tar.gz")
    assert made.read("/etc/fstab") == "//nas/x /mnt cifs rw\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "unknown form"),
        (b'{"schema": "advisor.capture/9"}', "unknown form"),
        (b'{"schema": "advisor.capture/1"}', "damaged"),
        (b'{"schema": "advisor.capture/1", "unread": [], "listed": {}}', "damaged"),
        (b'{"schema": "advisor.capture/1", "unread": {}, "listed": {"/boot": 5}}', "damaged"),
        (b"\xff\xfe", "no JSON"),
    ],
)
def test_damaged_account_of_the_capture_is_a_clear_error(content: bytes, said: str) -> None:
    with pytest.raises(AdvisorError, match=said):
        RecordedSystem(io.BytesIO(pack([Member(ABOUT, content)], NOW)), "box.tar.gz")


def test_account_with_values_of_wrong_types_leaves_them_out() -> None:
    said = {
        "schema": "advisor.capture/1",
        "unread": {"/x": 5},
        "listed": {"/boot": [1, "vmlinuz-1"]},
    }
    content = pack([Member(ABOUT, json.dumps(said).encode())], NOW)
    made = RecordedSystem(io.BytesIO(content), "box.tar.gz")
    assert made.list("/boot") == ("vmlinuz-1",)


def test_link_in_place_of_a_file_is_not_followed() -> None:
    content = pack([Member("/etc/fstab", target="/etc/passwd"), Member("/proc/version", b"")], NOW)
    made = RecordedSystem(io.BytesIO(content), "box.tar.gz")
    assert made.read("/etc/fstab") is None


def test_capture_is_small_and_readable_with_tar(tmp_path: Path) -> None:
    out = tmp_path / "box.tar.gz"
    assert main(["-o", str(out)]) == 0
    assert out.stat().st_size < 1 << 20
    with tarfile.open(out) as archive:
        names = archive.getnames()
    assert "proc/version" in names
    assert "commands/uname" in names
    assert names[0] == "advisor/capture.json"


def test_agent_refuses_words_that_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--evil"]) == 2
    assert "usage" in capsys.readouterr().err


def test_agent_that_cannot_write_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-o", str(tmp_path / "missing/box.tar.gz")]) == 74
    assert "no such file or directory" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become someone else")
def test_agent_without_root_says_what_root_would_add() -> None:
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "proc/cmdline"
        secret.parent.mkdir()
        secret.write_text("x")
        secret.chmod(0)
        Path(folder).chmod(0o755)
        reader = Reader(folder)
        os.seteuid(65534)
        try:
            collect(reader, NOW)
        finally:
            os.seteuid(0)
    assert denied(reader) == ["/proc/cmdline"]
