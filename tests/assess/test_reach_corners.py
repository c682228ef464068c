"""Reach, where one word of a table or one unread list decides whether code can run here."""

from __future__ import annotations

import pytest

from advisor.assess.reach import ReachOf
from advisor.knowledge.sites import Site, Unit
from advisor.model.finding import Reach
from advisor.model.inventory import Device, DeviceKind, Inventory
from tests.advise.machine import E1000E, MT7922, feature, machine

RELEASE = "6.12.94+deb13-amd64"
CONFIG = {"MODULES": "y", "NET": "y"}


def in_image(path: str, *gates: str, arch: str = "") -> Site:
    return Site(path, (Unit("vmlinux", "", gates, arch),), known=True)


def module(name: str, symbol: str = "", *gates: str) -> Site:
    return Site(f"drivers/net/{name}.c", (Unit(name, symbol, gates),), known=True)


def without_lists(inventory: Inventory) -> Inventory:
    """The same machine, of whose modules no list could be read."""
    unread = inventory.modules._replace(loaded=None, builtin=None, available=None)
    return inventory._replace(modules=unread)


def reach(inventory: Inventory, *sites: Site) -> Reach:
    return ReachOf(inventory).sites(sites).reach


@pytest.mark.parametrize(
    ("word", "folders"),
    [
        ("x86_64", ("x86",)),
        ("i386", ("x86",)),
        ("i486", ("x86",)),
        ("i586", ("x86",)),
        ("i686", ("x86",)),
        ("aarch64", ("arm64",)),
        ("armv6l", ("arm",)),
        ("armv7l", ("arm",)),
        ("armv8l", ("arm", "arm64")),
        ("riscv64", ("riscv",)),
        ("ppc64le", ("powerpc",)),
        ("ppc64", ("powerpc",)),
        ("s390x", ("s390",)),
        ("mips", ("mips",)),
        ("mips64", ("mips",)),
        ("loongarch64", ("loongarch",)),
    ],
)
def test_code_of_an_architecture_runs_on_its_machines_alone(
    word: str, folders: tuple[str, ...]
) -> None:
    here = machine(RELEASE, arch=word)
    every = ("x86", "arm64", "arm", "riscv", "powerpc", "s390", "mips", "loongarch", "sparc")
    for folder in every:
        expected = Reach.ACTIVE if folder in folders else Reach.ABSENT
        assert reach(here, in_image(f"arch/{folder}/mm/init.c")) is expected, folder
        assert reach(here, in_image("kernel/smp.c", arch=folder)) is expected, folder
    assert reach(here, in_image("kernel/smp.c", arch=",".join(every))) is Reach.ACTIVE


def test_code_of_no_machine_that_is_known_is_ruled_out_by_no_name() -> None:
    here = machine(RELEASE, arch="sparc64")
    assert reach(here, in_image("arch/sparc/mm/init.c")) is Reach.ACTIVE
    assert reach(here, in_image("kernel/smp.c", arch="sparc")) is Reach.ACTIVE


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("arch/x86/kvm/x86.c", Reach.ACTIVE),
        ("block/blk-mq.c", Reach.ACTIVE),
        ("init/main.c", Reach.ACTIVE),
        ("io_uring/io_uring.c", Reach.ACTIVE),
        ("ipc/msg.c", Reach.ACTIVE),
        ("kernel/fork.c", Reach.ACTIVE),
        ("lib/idr.c", Reach.ACTIVE),
        ("mm/mremap.c", Reach.ACTIVE),
        ("drivers/base/core.c", Reach.ACTIVE),
        ("drivers/char/random.c", Reach.ACTIVE),
        ("drivers/char/mem.c", Reach.ACTIVE),
        ("drivers/char/tpm/tpm.c", Reach.LOADED),
        ("sound/core/init.c", Reach.LOADED),
        ("net/netlabel/netlabel_kapi.c", Reach.LOADED),
    ],
)
def test_code_in_the_image_behind_an_option_runs_where_every_boot_runs_it(
    path: str, expected: Reach
) -> None:
    here = machine(RELEASE, config={**CONFIG, "OPTION": "y"})
    assert reach(here, in_image(path, "OPTION")) is expected
    unread = machine(RELEASE, config=None)
    assert reach(unread, in_image(path, "OPTION")) is Reach.UNKNOWN


def test_driver_in_the_image_waits_for_a_device() -> None:
    here = machine(RELEASE, config=CONFIG)
    assert reach(here, in_image("drivers/virtio/virtio.c")) is Reach.LOADED
    assert reach(here, in_image("sound/core/init.c")) is Reach.LOADED
    assert reach(here, in_image("net/core/dev.c")) is Reach.ACTIVE


@pytest.mark.parametrize("option", ["BLOCK", "INET", "MMU", "NET", "PROC_FS", "SYSFS", "UNIX"])
def test_option_that_every_kernel_has_leaves_nothing_open(option: str) -> None:
    where = in_image("net/core/dev.c", option)
    assert reach(machine(RELEASE, config=None), where) is Reach.ACTIVE
    assert reach(machine(RELEASE, config={**CONFIG, option: "y"}), where) is Reach.ACTIVE


def test_module_on_disk_may_be_loaded_where_the_list_of_the_loaded_was_not_read() -> None:
    here = machine(RELEASE)
    here = here._replace(autoload=here.autoload._replace(dependents={}))
    unread = here._replace(modules=here.modules._replace(loaded=None))
    pktgen = Site("net/core/pktgen.c", (Unit("pktgen", "NET_PKTGEN"),), known=True)
    assert reach(here, pktgen) is Reach.DORMANT
    for locked in (unread, unread._replace(autoload=here.autoload._replace(modules_disabled=True))):
        found = ReachOf(locked).sites((pktgen,))
        assert found.reach is Reach.UNKNOWN
        assert found.how == "pktgen is on disk; which modules are loaded was not read"


def test_fix_whose_record_names_no_file_may_run_here() -> None:
    found = ReachOf(machine(RELEASE)).sites(())
    assert found.reach is Reach.UNKNOWN
    assert found.how == "its record names no source file"


@pytest.mark.parametrize("reverse", [False, True])
def test_reach_of_two_files_is_the_strongest_whichever_comes_first(reverse: bool) -> None:
    elsewhere, core = in_image("arch/s390/mm/init.c"), in_image("mm/mremap.c")
    sites = (core, elsewhere) if reverse else (elsewhere, core)
    assert reach(machine(RELEASE), *sites) is Reach.ACTIVE


def test_modules_of_several_files_are_those_that_this_kernel_has() -> None:
    here = machine(RELEASE, loaded=("dummy",), config={**CONFIG, "DUMMY": "m"})
    found = ReachOf(here).sites((module("nosuch", "NOSUCH"), module("dummy", "DUMMY")))
    assert (found.reach, found.modules) == (Reach.LOADED, ("dummy",))
    gone = ReachOf(here).sites((module("nosuch", "NOSUCH"), module("none", "NONE")))
    assert (gone.reach, gone.modules) == (Reach.ABSENT, ("nosuch",))


@pytest.mark.parametrize(
    ("config", "where", "expected"),
    [
        pytest.param({"X": "y"}, module("x", "X"), Reach.LOADED, id="built in"),
        pytest.param({"X": "m"}, module("x", "X"), Reach.UNKNOWN, id="a module"),
        pytest.param({"X": "n"}, module("x", "X"), Reach.ABSENT, id="off"),
        pytest.param({}, module("x", "X"), Reach.ABSENT, id="not named"),
        pytest.param({}, module("x"), Reach.UNKNOWN, id="a module without an option"),
        pytest.param(None, module("x", "X"), Reach.UNKNOWN, id="not read"),
    ],
)
def test_configuration_decides_alone_where_no_list_of_modules_was_read(
    config: dict[str, str] | None, where: Site, expected: Reach
) -> None:
    config = None if config is None else {**CONFIG, **config}
    assert reach(without_lists(machine(RELEASE, config=config)), where) is expected


def test_configuration_decides_about_built_in_code_with_the_list_of_modules_on_disk() -> None:
    here = machine(RELEASE, config=CONFIG)
    here = here._replace(modules=here.modules._replace(builtin=None))
    assert reach(here, module("nosuch", "NOSUCH")) is Reach.ABSENT
    assert reach(here, module("nosuch")) is Reach.UNKNOWN


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({}, Reach.UNKNOWN, id="an option that it may never have had"),
        pytest.param({"X": "n"}, Reach.ABSENT, id="an option that it names as off"),
    ],
)
def test_silence_of_a_kernel_older_than_every_tree_says_nothing(
    config: dict[str, str], expected: Reach
) -> None:
    old = without_lists(machine("5.10.0", config={**CONFIG, **config}))
    assert reach(old, module("x", "X")) is expected
    gated = machine("5.10.0", config={**CONFIG, **config}, loaded=("e1000e",))
    found = reach(gated, module("e1000e", "E1000E", "X"))
    assert found is (Reach.ABSENT if config else Reach.ACTIVE)


@pytest.mark.parametrize(
    ("where", "value", "off"),
    [
        pytest.param(module("dummy", "DUMMY", "GATE"), "m", False, id="a module for a module"),
        pytest.param(module("dummy", "RENAMED", "GATE"), "m", False, id="a module by its list"),
        pytest.param(module("dummy", "DUMMY", "GATE"), "n", True, id="off"),
        pytest.param(module("dummy", "DUMMY", "!GATE"), "y", True, id="on where it must be off"),
        pytest.param(in_image("net/core/dev.c", "GATE"), "y", False, id="on for the image"),
        pytest.param(in_image("net/core/dev.c", "GATE"), "m", True, id="a module for the image"),
    ],
)
def test_gate_keeps_out_what_the_build_left_out(where: Site, value: str, off: bool) -> None:
    config = {**CONFIG, "DUMMY": "m", "GATE": value}
    found = ReachOf(machine(RELEASE, loaded=("dummy",), config=config)).sites((where,))
    assert (found.reach is Reach.ABSENT) is off, found.how
    if off:
        said = {"y": "on", "m": "a module", "n": "off"}[value]
        assert found.how == f"CONFIG_GATE is {said} (/boot/config)"


def test_feature_that_is_open_but_not_used_makes_no_module_active() -> None:
    used = feature("sctp", "dummy")
    assert reach(machine(RELEASE, features=(used,)), module("dummy")) is Reach.ACTIVE
    idle = machine(RELEASE, loaded=("dummy",), features=(used._replace(state="open"),))
    assert reach(idle, module("dummy")) is Reach.LOADED


def test_module_two_steps_under_an_active_one_is_active() -> None:
    here = machine(RELEASE, loaded=("third", "second", "e1000e"))
    needs = {"third": ("other", "second"), "second": ("e1000e",)}
    here = here._replace(modules=here.modules._replace(needs=needs))
    assert reach(here, module("third")) is Reach.ACTIVE
    assert reach(here, module("second")) is Reach.ACTIVE


@pytest.mark.parametrize("helper", ["btmtk", "btintel", "btrtl", "btbcm"])
def test_helper_of_another_makers_adapter_is_only_loaded(helper: str) -> None:
    adapter = MT7922._replace(modules=("btusb",))
    here = machine(RELEASE, devices=(adapter,), loaded=(helper, "bluetooth"))
    needs = {helper: ("btusb",), "bluetooth": ("btusb",)}
    here = here._replace(modules=here.modules._replace(needs=needs))
    assert reach(here, module(helper)) is Reach.LOADED
    assert reach(here, module("bluetooth")) is Reach.ACTIVE


def test_reach_names_one_device_and_counts_the_others() -> None:
    cards = tuple(
        Device(f"pci:{n}", DeviceKind.ETHERNET, "pci", "card", module="e1000e") for n in range(3)
    )
    one, three = (machine(RELEASE, devices=devices) for devices in ((E1000E,), cards))
    where = (module("e1000e"),)
    assert ReachOf(one).sites(where).how == "e1000e drives pci:0000:00:1f.6"
    assert ReachOf(three).sites(where).how == "e1000e drives pci:0 and 2 more"
