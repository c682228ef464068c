"""This machine, and folders shaped like one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

from advisor.probe import probe
from advisor.system.agent.facts import route_to, ssh_client
from advisor.system.agent.reading import Reader
from advisor.system.live import LiveSystem
from tests.machines.made import NOW

RELEASE = "6.12.94+deb13-amd64"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("proc", "etc/modprobe.d", "boot", "var/lib/dpkg", "sys/module/zfs"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def test_reading_gives_text_with_bad_bytes_escaped(root: Path) -> None:
    (root / "proc/cmdline").write_bytes(b"quiet \xff\xfe caf\xc3\xa9\n")
    assert LiveSystem(str(root), RELEASE).read("/proc/cmdline") == "quiet \\xff\\xfe café\n"


def test_reading_what_is_missing_gives_the_reason(root: Path) -> None:
    system = LiveSystem(str(root), RELEASE)
    assert system.read("/proc/cmdline") is None
    assert system.reason("/proc/cmdline") == "no such file or directory"
    assert system.modified("/proc/cmdline") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_reading_what_is_forbidden_gives_the_reason(root: Path) -> None:
    (root / "proc/cmdline").write_text("x")
    (root / "proc/cmdline").chmod(0)
    system = LiveSystem(str(root), RELEASE)
    assert system.read("/proc/cmdline") is None
    assert system.reason("/proc/cmdline") == "permission denied"


def test_reading_a_pipe_does_not_wait(root: Path) -> None:
    os.mkfifo(root / "proc/cmdline")
    system = LiveSystem(str(root), RELEASE)
    assert system.read("/proc/cmdline") is None
    assert system.reason("/proc/cmdline") == "not a plain file"


def test_reading_a_folder_or_a_loop_gives_the_reason(root: Path) -> None:
    (root / "proc/cmdline").mkdir()
    (root / "proc/uptime").symlink_to("uptime")
    system = LiveSystem(str(root), RELEASE)
    assert system.read("/proc/cmdline") is None
    assert system.read("/proc/uptime") is None
    assert "too many levels" in system.reason("/proc/uptime")


def test_reading_what_is_too_large_is_refused(root: Path) -> None:
    (root / "proc/cmdline").write_text("x" * 10_000)
    system = LiveSystem(str(root), RELEASE)
    assert system.read("/proc/cmdline") is None
    assert system.reason("/proc/cmdline") == "larger than 8192 bytes"


def test_reading_a_head_gives_the_first_bytes(root: Path) -> None:
    (root / "proc/cpuinfo").write_text("x" * 10_000)
    assert len(LiveSystem(str(root), RELEASE).read("/proc/cpuinfo") or "") == 4096


def test_listing_tells_only_the_names_of_the_manifest(root: Path) -> None:
    for name in ("b.conf", "a.conf", "private.txt"):
        (root / "etc/modprobe.d" / name).touch()
    (root / "etc/modprobe.d").joinpath(os.fsdecode(b"bad\xff.conf")).touch()
    assert LiveSystem(str(root), RELEASE).list("/etc/modprobe.d") == ("a.conf", "b.conf")


def test_listing_what_is_missing_is_none(root: Path) -> None:
    assert LiveSystem(str(root), RELEASE).list("/var/lib/dkms") is None


def test_large_package_list_is_read_as_a_small_one_is(root: Path) -> None:
    lists = root / "var/lib/apt/lists"
    lists.mkdir(parents=True)
    filler = b"".join(b"Package: p%d\nVersion: 1\n\n" % number for number in range(400_000))
    stanza = b"Package: linux-image-amd64\nVersion: 6.12.94-1\n\n"
    path = "/var/lib/apt/lists/mirror_dists_trixie_main_binary-amd64_Packages"
    (root / path[1:]).write_bytes(filler + stanza)
    assert LiveSystem(str(root), RELEASE).read_bytes(path) == stanza


def test_command_of_another_root_is_not_run(root: Path) -> None:
    system = LiveSystem(str(root), RELEASE)
    assert system.run("rpm-kernels") is None
    assert system.reason("rpm-kernels") == "not installed"
    assert system.run("links") is None


def test_uname_says_what_the_kernel_says() -> None:
    names = os.uname()
    said = (LiveSystem().run("uname") or "").split("\n")
    assert said == [*names, ""]


def test_links_name_the_interfaces_that_psutil_names() -> None:
    said = LiveSystem().run("links")
    assert said is not None
    assert {line.split(" ")[0] for line in said.splitlines()} == set(psutil.net_if_stats())


def test_live_inventory_agrees_with_psutil() -> None:
    machine = probe(LiveSystem(), now=NOW)
    uptime = machine.kernel.uptime_s
    assert uptime is not None
    assert abs(time.time() - psutil.boot_time() - uptime) < 5
    mounted = {(m.point, m.type) for m in machine.mounts if m.mounted}
    assert {(p.mountpoint, p.fstype) for p in psutil.disk_partitions(all=True)} <= mounted
    carried = {i.name: i for d in machine.devices for i in d.interfaces}
    addressed = {n for n, a in psutil.net_if_addrs().items() if any(x.family == 2 for x in a)} - {
        "lo"
    }
    assert addressed <= set(carried)
    space = next(s for s in machine.spaces if s.path == "/")
    assert abs(space.total_bytes - psutil.disk_usage("/").total) < 1 << 21


def test_session_over_ssh_names_the_interface(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "proc/net").mkdir()
    (root / "proc/net/route").write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
        "wan\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\n"
        "lan\t0000A8C0\t00000000\t0001\t0\t0\t100\t0000FFFF\n"
        "vpn\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\n"
    )
    (root / "proc/net/ipv6_route").write_text(
        f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} 00000400 0 0 00000003 wan\n"
        f"20010db8{'0' * 24} 20 {'0' * 32} 00 {'0' * 32} 00000100 0 0 00000001 lan\n"
    )
    reader = Reader(str(root), RELEASE)
    for address, name in (
        ("192.168.2.7", "vpn"),
        ("192.168.9.7", "lan"),
        ("203.0.113.9", "wan"),
        ("::ffff:192.168.2.7", "vpn"),
        ("2001:db8::7", "lan"),
        ("2001:4860::1", "wan"),
        ("127.0.0.1", "lo"),
        ("nonsense", ""),
    ):
        assert route_to(reader, address) == name
    monkeypatch.setenv("SSH_CONNECTION", "192.168.2.7 50000 192.168.2.1 22")
    assert ssh_client() == "192.168.2.7"
    assert LiveSystem().run("session") != "local\n"


def test_machine_without_sys_and_proc_gives_an_inventory_of_unknowns(tmp_path: Path) -> None:
    machine = probe(LiveSystem(str(tmp_path), RELEASE), now=NOW)
    assert machine.devices == ()
    assert machine.modules.loaded is None
    assert machine.modules.available is None
    assert {u.what for u in machine.unknowns} >= {
        "the distribution",
        "the devices",
        "which modules are loaded",
        "which modules are built in",
        "the kernel's configuration",
    }
    assert all(u.why and u.source for u in machine.unknowns)
