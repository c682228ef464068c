"""The running kernel, its distribution and what it runs in."""

from __future__ import annotations

import gzip

import pytest

from advisor.probe.distro import parse_os_release
from advisor.probe.kernel import parse_config
from tests.machines.made import RELEASE, inventory

SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        ("0", ()),
        ("4097", ("proprietary-module", "out-of-tree")),
        ("512", ("warning",)),
        ("12288", ("out-of-tree", "unsigned-module")),
        (str(1 << 19), ("firmware-control",)),
        ("99999999999999999999999", ()),
        ("nonsense", ()),
    ],
)
def test_taints_are_told_in_words(bits: str, words: tuple[str, ...]) -> None:
    assert inventory({"/proc/sys/kernel/tainted": bits + "\n"}).kernel.tainted == words


def test_modules_from_out_of_tree_are_told_with_their_letters() -> None:
    rows = "nvidia 100 5 nvidia_uvm, Live 0x0 (POE)\nzfs 1 2 - Live 0x0 (OE)\next4 1 1 - Live 0x0\n"
    rows += "staged 1 0 - Live 0x0 (C)\n"
    assert inventory({"/proc/modules": rows}).kernel.out_of_tree == {"nvidia": "POE", "zfs": "OE"}


def test_config_is_read_from_the_kernel_first() -> None:
    files: dict[str, str | bytes] = {
        "/proc/config.gz": gzip.compress(
            b'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=m\nCONFIG_S="a b"\n'
        ),
        f"/boot/config-{RELEASE}": "CONFIG_A=m\n",
    }
    kernel = inventory(files).kernel
    assert kernel.config == {"A": "y", "C": "m", "S": "a b"}
    assert kernel.config_source == "/proc/config.gz"


def test_config_that_is_damaged_is_read_elsewhere_and_said() -> None:
    files: dict[str, str | bytes] = {
        "/proc/config.gz": b"\x1f\x8bgarbage",
        f"/boot/config-{RELEASE}": "CONFIG_A=m\n",
    }
    machine = inventory(files)
    assert machine.kernel.config == {"A": "m"}
    assert machine.kernel.config_source == f"/boot/config-{RELEASE}"
    assert any(u.why == "damaged" for u in machine.unknowns)


def test_config_that_is_nowhere_is_unknown() -> None:
    machine = inventory()
    assert machine.kernel.config is None
    assert ("the kernel's configuration", "no such file or directory") in {
        (u.what, u.why) for u in machine.unknowns
    }


def test_config_lines_without_value_are_left_out() -> None:
    assert parse_config("CONFIG_A\nCONFIG_B=\nXCONFIG_C=y\nCONFIG_D=y=z\n") == {"B": "", "D": "y=z"}


@pytest.mark.parametrize(
    ("files", "listed", "expected"),
    [
        ({SECURE_BOOT: b"\x06\0\0\0\x01"}, {}, "on"),
        ({SECURE_BOOT: b"\x06\0\0\0\0"}, {}, "off"),
        ({}, {"/sys/firmware": ["acpi"]}, "off"),
        ({}, {"/sys/firmware": ["acpi", "efi"]}, ""),
        ({SECURE_BOOT: b"x"}, {"/sys/firmware": ["efi"]}, ""),
        ({}, {}, ""),
    ],
)
def test_secure_boot_is_told_only_where_it_was_read(
    files: dict[str, bytes], listed: dict[str, list[str]], expected: str
) -> None:
    machine = inventory(files, listed=listed)
    assert machine.kernel.secure_boot == expected
    assert ("Secure Boot" in {u.what for u in machine.unknowns}) is (not expected)


def test_lockdown_live_patches_and_uptime_are_read() -> None:
    machine = inventory(
        {
            "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
            "/sys/kernel/livepatch/kpatch_1/enabled": "1\n",
            "/sys/kernel/livepatch/kpatch_2/enabled": "0\n",
            "/proc/uptime": "86400.53 1.0\n",
            "/proc/cmdline": "quiet\n",
        },
        listed={"/sys/kernel/livepatch": ["kpatch_1", "kpatch_2"]},
    )
    kernel = machine.kernel
    assert (kernel.lockdown, kernel.livepatches) == ("integrity", ("kpatch_1",))
    assert (kernel.uptime_s, kernel.cmdline) == (86400, "quiet")


def test_os_release_is_read_as_a_shell_would() -> None:
    text = 'NAME="A \\"quoted\\" one"\nID=x\nID=debian\nPRETTY_NAME=\'single $x\'\nbad line\n'
    text += "# c=1\nVERSION_ID=\n"
    assert parse_os_release(text) == {
        "NAME": 'A "quoted" one', "ID": "debian", "PRETTY_NAME": "single $x", "VERSION_ID": "",
    }  # fmt: skip


def test_distribution_comes_from_either_place() -> None:
    files = {
        "/usr/lib/os-release": 'ID=ubuntu\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\nID_LIKE=debian\n'
    }
    distro = inventory(files).host.distro
    assert (distro.id, distro.version, distro.codename, distro.like) == (
        "ubuntu",
        "24.04",
        "noble",
        ("debian",),
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"/sys/class/dmi/id/sys_vendor": "QEMU\n"}, "kvm"),
        ({"/sys/class/dmi/id/sys_vendor": "VMware, Inc.\n"}, "vmware"),
        ({"/sys/class/dmi/id/product_name": "VirtualBox\n"}, "oracle"),
        (
            {
                "/sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n",
                "/sys/class/dmi/id/product_name": "Virtual Machine\n",
            },
            "microsoft",
        ),
        ({"/sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n"}, ""),
        ({"/sys/class/dmi/id/sys_vendor": "Dell Inc.\n", "/proc/cpuinfo": "flags : fpu vme\n"}, ""),
        ({"/proc/cpuinfo": "processor : 0\nflags\t\t: fpu hypervisor vme\n"}, "vm"),
        ({"/sys/hypervisor/type": "xen\n"}, "xen"),
    ],
)
def test_hypervisor_is_told_by_the_firmware(files: dict[str, str], expected: str) -> None:
    assert inventory(files).host.virtualization == expected


def test_container_is_told_and_the_first_namespace_is_none() -> None:
    assert inventory({"/run/systemd/container": "lxc\n"}).host.container == "lxc"
    assert inventory({"/.dockerenv": ""}).host.container == "docker"
    assert inventory({"/run/.containerenv": "x"}).host.container == "podman"
    first = {"/proc/self/ns/pid": "pid:[4026531836]"}
    assert inventory({"/.dockerenv": ""}, links=first).host.container == ""
    assert inventory().host.container == ""


def test_filesystems_and_room_are_read() -> None:
    machine = inventory(
        {
            "/proc/mounts": "/dev/sda2 / ext4 rw 0 0\nnas:/x /mnt/my\\040films nfs4 rw 0 0\n",
            "/etc/fstab": (
                "UUID=1 / ext4 defaults 0 1\n/dev/sr0 /media/cd iso9660 ro,user,noauto 0 0\n"
                "UUID=2 none swap sw 0 0\n"
            ),
            "/commands/space": "/ 1000 2000\n/boot 10 500\nnonsense\n",
        }
    )
    assert [(m.point, m.type, m.mounted, m.user_mountable) for m in machine.mounts] == [
        ("/", "ext4", True, False),
        ("/mnt/my films", "nfs4", True, False),
        ("/media/cd", "iso9660", False, True),
    ]
    assert [(s.path, s.free_bytes >> 20, s.total_bytes >> 20) for s in machine.spaces] == [
        ("/", 1000, 2000),
        ("/boot", 10, 500),
    ]
