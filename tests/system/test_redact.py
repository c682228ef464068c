"""A redacted capture tells nobody's addresses, names or serial numbers, and gives the same answer."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from advisor.errors import AdvisorError
from advisor.model.inventory import Inventory
from advisor.probe import probe
from advisor.system.agent.capture import Member, device_members, pack
from advisor.system.agent.manifest import Raw
from advisor.system.captures import capture, redact_file
from advisor.system.recorded import RecordedSystem, load
from advisor.system.redact import redacted
from tests.machines.made import FOLDER, NOW

PRIVATE = [
    "d8:bb:c1:12:34:56", "d8bbc1123456", "192.168.7.42", "2a02:8109:abcd:1::5", "alice", "nas.home.arpa",
    "fridge", "3f1d4a1e-9c55-4f0e-8a49-1f5a0c6f7a11", "S3Z8NB0K", "0123456789abcdef0123456789abcdef",
]  # fmt: skip


def members() -> list[Member]:
    path = "/devices/pci0000:00/0000:00:1f.6"
    raws = [
        Raw(path, "pci", "e1000e", "e1000e", {}, {"PCI_ID": "8086:15BE", "PCI_CLASS": "20000"}),
        Raw(f"{path}/net/enxd8bbc1123456", "net", "", "", {"type": "1"}, {"IFINDEX": "2"}),
        Raw(
            "/devices/virtual/net/br0", "net", "", "",
            {"type": "1", "lower": "enxd8bbc1123456"}, {"DEVTYPE": "bridge"},
        ),
    ]  # fmt: skip
    files = {
        "/commands/uname": "Linux\nfridge\n6.12.94+deb13-amd64\n#1 SMP Debian 6.12.94-1\nx86_64\n",
        "/commands/session": "ssh enxd8bbc1123456\neuid 1000\n",
        "/commands/links": "br0 kind=bridge qdisc=noqueue\nenxd8bbc1123456 qdisc=fq_codel\n",
        "/proc/net/route": "Iface\tDestination\nenxd8bbc1123456\t00000000\t00000000\t3\t0\t0\t0\t00000000\n",
        "/proc/cmdline": (
            "root=UUID=3f1d4a1e-9c55-4f0e-8a49-1f5a0c6f7a11 ip=192.168.7.42 mitigations=off quiet "
            "serial=S3Z8NB0K module_blacklist=pcspkr\n"
        ),
        "/proc/version": "Linux version 6.12.94+deb13-amd64 (alice@fridge) (gcc) #1 SMP Debian 6.12.94-1\n",
        "/proc/mounts": (
            "nas.home.arpa:/export /home/alice/films nfs4 rw 0 0\n/dev/sda1 / ext4 rw 0 0\n"
            "//192.168.7.42/x /mnt/alice cifs rw 0 0\n"
        ),
        "/etc/fstab": "UUID=3f1d4a1e-9c55-4f0e-8a49-1f5a0c6f7a11 / ext4 defaults 0 1\n",
        "/etc/modprobe.d/local.conf": "# d8:bb:c1:12:34:56 is alice's\nblacklist sctp\n",
        "/etc/os-release": "ID=debian\nVERSION_ID=13\n",
        "/run/reboot-required.pkgs": "linux-image-6.12.117+deb13-amd64\n",
        "/run/reboot-required": "*** restart 2a02:8109:abcd:1::5 d8-bb-c1-12-34-56 ***\n",
        "/var/lib/apt/lists/nas.home.arpa_debian_dists_trixie_main_binary-amd64_Packages": (
            "Package: linux-image-6.12.117+deb13-amd64\nVersion: 6.12.117-1\n\n"
        ),
        "/var/lib/dpkg/status": (
            "Package: linux-image-6.12.94+deb13-amd64\nStatus: install ok installed\n"
            "Architecture: amd64\nVersion: 6.12.94-1\n\n"
        ),
        "/advisor/capture.json": (
            '{"schema": "advisor.capture/1", "unread": {}, "listed": {"/var/lib/apt/lists":'
            ' ["nas.home.arpa_debian_dists_trixie_main_binary-amd64_Packages"],'
            ' "/sys/fs/cgroup/system.slice": ["docker-0123456789abcdef0123456789abcdef.scope"],'
            ' "/etc/modprobe.d": ["local.conf"]}}'
        ),
    }  # fmt: skip
    return [*device_members(raws), *(Member(path, text.encode()) for path, text in files.items())]


def inventory(found: list[Member]) -> Inventory:
    return probe(RecordedSystem(io.BytesIO(pack(found, NOW)), "box.tar.gz"), now=NOW)


@pytest.mark.parametrize("private", PRIVATE)
def test_redacted_capture_does_not_hold(private: str) -> None:
    found = redacted(members())
    held = [m for m in found if private in m.path + m.target or private.encode() in m.content]
    assert held == []
    raw = [m for m in members() if private in m.path + m.target or private.encode() in m.content]
    assert raw


def test_redacted_capture_gives_the_same_answer() -> None:
    before, after = inventory(members()), inventory(redacted(members()))
    assert after.kernel._replace(cmdline="") == before.kernel._replace(cmdline="")
    assert after.modules == before.modules
    assert after.autoload == before.autoload
    assert {f.id for f in after.features} == {f.id for f in before.features}
    assert [(m.type, m.mounted) for m in after.mounts] == [
        (m.type, m.mounted) for m in before.mounts
    ]
    kernels = [(k.release, k.package, k.package_version, k.suite) for k in after.packages.offered]
    assert kernels == [
        (k.release, k.package, k.package_version, k.suite) for k in before.packages.offered
    ]
    assert kernels
    assert after.packages.reboot_required == before.packages.reboot_required
    assert [(d.kind, d.driver, len(d.interfaces)) for d in after.devices] == [
        (d.kind, d.driver, len(d.interfaces)) for d in before.devices
    ]


def test_redacted_capture_keeps_what_belongs_together() -> None:
    after = inventory(redacted(members()))
    card, bridge = after.devices
    (interface,) = card.interfaces
    assert interface.name.startswith("enx")
    assert interface.default_route
    assert interface.ssh_session
    assert bridge.interfaces[0].lower == (interface.name,)
    assert after.host.name == "host"
    assert "mitigations=off" in after.kernel.cmdline


def test_redacted_capture_names_no_private_repository() -> None:
    folder, row = "/var/cache/dnf", "<name>kernel-core</name><arch>x86_64</arch><version "
    corp, base = f"{folder}/corp.example.org-0123456789abcdef", f"{folder}/baseos-0123456789abcdef"
    files = {
        "/commands/uname": "Linux\nbox\n5.14.0-1.el9.x86_64\n#1\nx86_64\n",
        "/etc/os-release": "ID=rocky\n",
        "/etc/yum.repos.d/corp.example.org.repo": "[corp.example.org]\nenabled=1\n[baseos]\n",
        f"{corp}/repodata/a-primary.xml": f'{row}ver="5.14.0" rel="3.el9"/>\n',
        f"{base}/repodata/b-primary.xml": f'{row}ver="5.14.0" rel="2.el9"/>\n',
        "/advisor/capture.json": json.dumps(
            {
                "schema": "advisor.capture/1",
                "unread": {f"{corp}/repodata/x-updateinfo.xml": "damaged"},
                "listed": {
                    "/lib/modules": ["5.14.0-1.el9.x86_64"],
                    "/lib/modules/5.14.0-1.el9.x86_64": ["vmlinuz"],
                    folder: [path.rpartition("/")[2] for path in (corp, base)],
                    f"{corp}/repodata": ["a-primary.xml"],
                    f"{base}/repodata": ["b-primary.xml"],
                    "/etc/yum.repos.d": ["corp.example.org.repo"],
                },
            }
        ),
    }
    found = redacted(Member(path, text.encode()) for path, text in files.items())
    assert not [m for m in found if "corp" in m.path or b"corp" in m.content]
    offered = inventory(found).packages.offered
    assert [(k.release, k.suite) for k in offered] == [
        ("5.14.0-2.el9.x86_64", "baseos"),
        ("5.14.0-3.el9.x86_64", "repository1"),
    ]


def test_redacting_a_file_gives_a_capture_that_can_be_read() -> None:
    made = redact_file(FOLDER / "debian-13-soft.tar.gz", now=NOW)
    found = probe(RecordedSystem(io.BytesIO(made.packed), "box.tar.gz"), now=NOW)
    whole = probe(load(str(FOLDER / "debian-13-soft.tar.gz")), now=NOW)
    assert b"enx0221349abc1a" not in b"".join(repr(found).encode().split())
    assert [(d.kind, d.module) for d in found.devices] == [
        (d.kind, d.module) for d in whole.devices
    ]
    assert made.files > 500


def test_redacting_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError, match="no such file"):
        redact_file(tmp_path / "missing.tar.gz", now=NOW)


def test_capture_of_this_machine_can_be_redacted() -> None:
    plain, made = capture(now=NOW), capture(now=NOW, redact=True)
    assert made.files in {plain.files, plain.files - 1}  # the kernel's log stays out
    found = probe(RecordedSystem(io.BytesIO(made.packed), "box.tar.gz"), now=NOW)
    assert found.host.name == "host"
