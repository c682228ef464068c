"""Loaded, built-in and loadable modules, and what others than root can make the kernel load."""

from __future__ import annotations

import pytest

from advisor.model.inventory import Autoload
from tests.machines.made import RELEASE, inventory

FOLDER = f"/lib/modules/{RELEASE}"


def test_modules_are_in_the_spelling_of_memory() -> None:
    modules = inventory(
        {
            "/proc/modules": "ne2k_pci 16384 1 - Live 0x0\n8390 24576 1 ne2k_pci, Live 0x0\nx\n",
            f"{FOLDER}/modules.order": "kernel/drivers/net/ethernet/8390/ne2k-pci.ko.xz\nkernel/x/snd-a.ko\n",
            f"{FOLDER}/modules.builtin": "kernel/drivers/tty/serial/8250/8250.ko\n",
        },
        listed={"/sys/module": ["ne2k_pci", "8250"]},
    ).modules
    assert modules.loaded == {"ne2k_pci": True, "8390": True}
    assert modules.needs == {"8390": ("ne2k_pci",)}
    assert modules.available == frozenset({"ne2k_pci", "snd_a"})
    assert modules.builtin == frozenset({"8250"})
    assert modules.present == {"ne2k_pci", "8250"}


def test_modules_not_in_use_are_told() -> None:
    assert inventory({"/proc/modules": "dccp 1 0 - Live 0x0\n"}).modules.loaded == {"dccp": False}


def test_permanent_module_has_no_user() -> None:
    modules = inventory({"/proc/modules": "x 1 1 [permanent], Live 0x0\n"}).modules
    assert modules.needs == {}


def test_kernel_without_modules_has_none_to_load() -> None:
    modules = inventory({f"/boot/config-{RELEASE}": "CONFIG_NET=y\n"}).modules
    assert modules.loaded == {}
    assert modules.available == frozenset()
    assert modules.builtin is None


def test_lists_that_were_not_read_are_unknown_and_not_empty() -> None:
    machine = inventory()
    assert (machine.modules.loaded, machine.modules.builtin, machine.modules.available) == (
        None,
    ) * 3
    assert {
        "which modules are loaded",
        "which modules are built in",
        "which modules can be loaded",
    } <= {unknown.what for unknown in machine.unknowns}


def test_bound_modules_are_those_whose_drivers_have_devices() -> None:
    listed = {
        "/sys/bus": ["pci", "platform"],
        "/sys/bus/pci/drivers": ["ahci", "nvme", "ne2k-pci"],
        "/sys/bus/pci/drivers/ahci": ["0000:00:17.0", "bind", "module", "new_id"],
        "/sys/bus/pci/drivers/nvme": ["bind", "module", "uevent", "unbind"],
        "/sys/bus/pci/drivers/ne2k-pci": ["0000:00:18.0"],
        "/sys/bus/platform/drivers": ["i8042"],
        "/sys/bus/platform/drivers/i8042": ["i8042", "uevent"],
    }
    links = {"/sys/bus/pci/drivers/ahci/module": "../../../../module/ahci_core"}
    assert inventory(listed=listed, links=links).modules.bound == {"ahci_core", "ne2k_pci", "i8042"}


ALIASES = """# Aliases extracted from modules themselves.
alias net-pf-38 af_alg
alias algif-hash algif_hash
alias fs-ext4 ext4
alias rtnl-link-vxlan vxlan
alias usb:v0001p0001d*dc*dsc*dp*ic*isc*ip*in* some-driver
alias usb:v0001p0002d*dc*dsc*dp*ic*isc*ip*in* some-driver
alias pci:v00008086d00001533sv*sd*bc*sc*i* igb
"""


def autoload(files: dict[str, str], **listed: list[str]) -> Autoload:
    return inventory(
        files, listed={f"/{k.replace('_', '/')}": v for k, v in listed.items()}
    ).autoload


def test_aliases_are_those_that_others_than_root_can_ask_for() -> None:
    aliases = autoload({f"{FOLDER}/modules.alias": ALIASES}).aliases
    assert aliases is not None
    assert dict(aliases) == {
        "af_alg": ("net-pf-38",),
        "ext4": ("fs-ext4",),
        "vxlan": ("rtnl-link-vxlan",),
        "some_driver": ("usb:v0001p0001d*dc*dsc*dp*ic*isc*ip*in*",),
    }
    assert len(aliases) == 4
    assert "igb" not in aliases


def test_modules_brought_in_by_others_are_read_from_their_dependencies() -> None:
    rows = "kernel/a/nf-tables.ko.xz: kernel/b/nfnetlink.ko.xz\nkernel/b/nfnetlink.ko.xz:\nbad\n"
    needs = autoload({f"{FOLDER}/modules.dep": rows}).dependents
    assert needs is not None
    assert dict(needs) == {"nfnetlink": ("nf_tables",)}
    assert (len(needs), "nf_tables" in needs) == (1, False)


def test_aliases_that_were_not_read_are_unknown() -> None:
    assert autoload({}).aliases is None


@pytest.mark.parametrize(
    ("files", "state", "source"),
    [
        ({"/proc/sys/user/max_user_namespaces": "0\n"}, "closed", "max_user_namespaces is 0"),
        ({"/proc/sys/user/max_user_namespaces": "5\n"}, "open", "max_user_namespaces is 5"),
        (
            {
                "/proc/sys/user/max_user_namespaces": "5\n",
                "/proc/sys/kernel/unprivileged_userns_clone": "0\n",
            },
            "closed",
            "unprivileged_userns_clone is 0",
        ),
        (
            {
                "/proc/sys/user/max_user_namespaces": "5\n",
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n",
            },
            # Ubuntu's own word: a hurdle, no boundary. aa-exec starts anything under such a profile.
            "open",
            "apparmor_restrict_unprivileged_userns is 1, but any user",
        ),
        ({f"/boot/config-{RELEASE}": "CONFIG_MODULES=y\n"}, "closed", "CONFIG_USER_NS is not set"),
        ({}, "", ""),
    ],
)
def test_user_namespaces_are_open_or_closed_by_a_reading(
    files: dict[str, str], state: str, source: str
) -> None:
    found = autoload(files)
    assert found.user_namespaces == state
    assert source in found.user_namespaces_source


def test_what_modprobe_is_told_is_read_with_the_line_that_tells_it() -> None:
    files = {
        "/etc/modprobe.d/local.conf": (
            "install dccp /bin/false\nblacklist ne2k-pci\n# blacklist x\ninstall y /sbin/z\n"
            "install z /bin/true && modprobe --ignore-install z\n"
            "install tipc /usr/bin/false # not here\nalias net-pf-3 off\nalias net-pf-46\n"
        ),
        "/usr/lib/modprobe.d/vendor.conf": "install rds /bin/true\n",
        # A file of the same name in /etc hides the vendor's.
        "/usr/lib/modprobe.d/local.conf": "install sctp /bin/false\n",
        "/proc/cmdline": "root=/dev/vda1 modprobe.blacklist=nouveau,snd-pcsp module_blacklist=mei quiet\n",
    }
    listed = {
        "/etc/modprobe.d": ["local.conf"],
        "/usr/lib/modprobe.d": ["local.conf", "vendor.conf"],
    }
    told = inventory(files, listed=listed).autoload
    assert told.blocked == {
        "mei": "/proc/cmdline: module_blacklist=mei",
        "dccp": "/etc/modprobe.d/local.conf: install dccp",
        "rds": "/usr/lib/modprobe.d/vendor.conf: install rds",
        "tipc": "/etc/modprobe.d/local.conf: install tipc",
    }
    assert told.blacklisted == {
        "ne2k_pci": "/etc/modprobe.d/local.conf: blacklist ne2k-pci",
        "nouveau": "/proc/cmdline: modprobe.blacklist=nouveau",
        "snd_pcsp": "/proc/cmdline: modprobe.blacklist=snd-pcsp",
    }
    assert told.led == {"net-pf-3": "off"}


def test_automounter_and_the_closed_door_are_told() -> None:
    found = inventory(
        {"/proc/sys/kernel/modules_disabled": "1\n"},
        listed={"/sys/fs/cgroup/system.slice": ["udisks2.service", "ssh.service"]},
    ).autoload
    assert found.modules_disabled
    assert found.automount == "/sys/fs/cgroup/system.slice: udisks2.service runs"


def test_autofs_is_an_automounter() -> None:
    rows = "systemd-1 /proc/sys/fs/binfmt_misc autofs rw 0 0\n"
    assert inventory({"/proc/mounts": rows}).autoload.automount == ""
    rows += "auto.home /home autofs rw 0 0\n"
    assert inventory({"/proc/mounts": rows}).autoload.automount == "/proc/mounts: autofs on /home"
