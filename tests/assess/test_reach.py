"""Reach: can this code run here? A list that was not read must never make it "no"."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.assess.reach import ReachOf
from advisor.knowledge.sites import Site, Unit
from advisor.model.finding import Reach
from advisor.model.inventory import (
    Autoload,
    Device,
    DeviceKind,
    Distro,
    Feature,
    Host,
    Inventory,
    Kernel,
    Modules,
)
from advisor.model.packages import Packages
from advisor.probe.identity import identify

RELEASE = "6.12.94+deb13-amd64"
CONFIG = {
    "SCTP": "m",
    "IGC": "m",
    "IPV6": "y",
    "BT": "m",
    "ISDN": "n",
    "MODULES": "y",
    "NET": "y",
    "VIRTIO": "y",
}


def inventory(
    *,
    config: Mapping[str, str] | None = CONFIG,
    loaded: Mapping[str, bool] | None = None,
    builtin: frozenset[str] | None = frozenset({"ipv6", "virtio"}),
    available: frozenset[str] | None = frozenset(
        {"sctp", "igc", "mac80211", "rtl8xxxu", "btrfs", "pktgen"}
    ),
    bound: frozenset[str] = frozenset(),
    needs: Mapping[str, tuple[str, ...]] | None = None,
    autoload: Autoload | None = None,
    devices: tuple[Device, ...] = (),
    features: tuple[Feature, ...] = (),
    machine: str = "x86_64",
    release: str = RELEASE,
) -> Inventory:
    identity = identify(
        release=release, version="#1 SMP Debian 6.12.94-1 (2026-06-01)", distro="debian"
    )
    return Inventory(
        host=Host("box", Distro("debian")),
        kernel=Kernel(
            identity=identity,
            build="",
            machine=machine,
            config=config,
            config_source="/boot/config",
        ),
        modules=Modules(
            loaded={} if loaded is None else loaded,
            builtin=builtin,
            available=available,
            bound=bound,
            needs=needs or {},
        ),
        autoload=autoload if autoload is not None else AUTOLOAD,
        devices=devices,
        features=features,
        mounts=(),
        spaces=(),
        packages=Packages("apt"),
        unknowns=(),
    )


AUTOLOAD = Autoload(
    aliases={
        "sctp": ("net-pf-2-proto-132",),
        "rtl8xxxu": ("usb:v0BDAp8176*",),
        "btrfs": ("fs-btrfs",),
    },
    user_namespaces="open",
    user_namespaces_source="/proc/sys/user/max_user_namespaces is 96365",
    dependents={"mac80211": ("rtl8xxxu",)},
)
SCTP = Site("net/sctp/input.c", (Unit("sctp", "SCTP", ("NET",)),), known=True)
IGC = Site("drivers/net/ethernet/intel/igc/igc_main.c", (Unit("igc", "IGC", ()),), known=True)


def site(module: str, symbol: str = "", *gates: str, path: str = "drivers/x/y.c") -> Site:
    return Site(path, (Unit(module, symbol, gates),), known=True)


def reach(machine: Inventory, *sites: Site) -> Reach:
    return ReachOf(machine).sites(sites).reach


def test_module_that_drives_a_device_is_active_and_names_it() -> None:
    card = Device(
        "pci:0000:01:00.0", DeviceKind.ETHERNET, "pci", "I226", driver="igc", module="igc"
    )
    found = ReachOf(inventory(devices=(card,), loaded={"igc": True})).sites((IGC,))
    assert found.reach is Reach.ACTIVE
    assert found.devices == ("pci:0000:01:00.0",)
    assert "igc" in found.how


def test_module_under_an_active_one_is_active() -> None:
    machine = inventory(
        loaded={"rtl8xxxu": True, "mac80211": True},
        bound=frozenset({"rtl8xxxu"}),
        needs={"mac80211": ("rtl8xxxu",)},
    )
    assert reach(machine, site("mac80211")) is Reach.ACTIVE


def test_vendor_helper_of_another_maker_is_only_loaded() -> None:
    card = Device(
        "usb:1-4:1.0", DeviceKind.BLUETOOTH, "usb", "AX200", driver="btusb", module="btusb",
        modules=("btusb", "btintel"),
    )  # fmt: skip
    machine = inventory(
        devices=(card,),
        loaded={"btusb": True, "btintel": True, "btmtk": True},
        needs={"btmtk": ("btusb",), "btintel": ("btusb",)},
    )
    assert reach(machine, site("btintel")) is Reach.ACTIVE
    assert reach(machine, site("btmtk")) is Reach.LOADED


def test_module_of_a_feature_in_use_is_active() -> None:
    feature = Feature("sctp", "SCTP", ("sctp",), "/proc/net/protocols: SCTP has 2 sockets")
    found = ReachOf(inventory(features=(feature,), loaded={"sctp": True})).sites((SCTP,))
    assert found.reach is Reach.ACTIVE
    assert "/proc/net/protocols" in found.how


@pytest.mark.parametrize(
    ("machine", "where", "expected"),
    [
        pytest.param(inventory(loaded={"sctp": False}), SCTP, Reach.LOADED, id="loaded and idle"),
        pytest.param(inventory(), site("ipv6", "IPV6"), Reach.LOADED, id="built in and idle"),
        pytest.param(inventory(), SCTP, Reach.ON_DEMAND, id="a socket loads it"),
        pytest.param(inventory(), site("rtl8xxxu"), Reach.ON_DEMAND, id="a plug loads it"),
        pytest.param(inventory(), site("mac80211"), Reach.ON_DEMAND, id="another module brings it in"),
        pytest.param(inventory(), site("btrfs"), Reach.DORMANT, id="nothing here mounts by itself"),
        pytest.param(
            inventory(autoload=AUTOLOAD._replace(automount="udisks2 is installed")),
            site("btrfs"), Reach.ON_DEMAND, id="an automounter is here",
        ),
        pytest.param(
            inventory(autoload=AUTOLOAD._replace(blocked={"sctp": "/etc/modprobe.d/x.conf"})),
            SCTP, Reach.DORMANT, id="modprobe is told not to",
        ),
        pytest.param(
            inventory(autoload=AUTOLOAD._replace(blacklisted={"sctp": "/etc/modprobe.d/x.conf"})),
            SCTP, Reach.DORMANT, id="modprobe is told not to by its alias",
        ),
        pytest.param(
            inventory(autoload=AUTOLOAD._replace(blacklisted={"mac80211": "/etc/modprobe.d/x.conf"})),
            site("mac80211"), Reach.ON_DEMAND, id="a blacklist does not stop a dependency",
        ),
        pytest.param(
            inventory(autoload=AUTOLOAD._replace(modules_disabled=True)),
            SCTP, Reach.DORMANT, id="loading is switched off",
        ),
        pytest.param(inventory(), site("pktgen"), Reach.DORMANT, id="only root loads it"),
        pytest.param(
            inventory(available=frozenset({"br2684"})),
            site("br2684"), Reach.DORMANT, id="what asks is not here",
        ),
        pytest.param(
            inventory(available=frozenset({"br2684"}), loaded={"atm": False}),
            site("br2684"), Reach.ON_DEMAND, id="what asks for it is loaded",
        ),
        pytest.param(inventory(), site("isdn", "ISDN"), Reach.ABSENT, id="its option is off"),
        pytest.param(inventory(), site("nosuch"), Reach.ABSENT, id="no such module"),
        pytest.param(
            inventory(), site("vmlinux", path="arch/arm64/kvm/arm.c"), Reach.ABSENT, id="another machine's",
        ),
        pytest.param(
            inventory(machine="aarch64"), site("vmlinux", path="arch/arm64/kernel/traps.c"),
            Reach.ACTIVE, id="this machine's",
        ),
        pytest.param(inventory(), site("vmlinux", path="mm/mremap.c"), Reach.ACTIVE, id="core"),
        pytest.param(
            inventory(), site("vmlinux", "", "VIRTIO", path="drivers/virtio/virtio.c"),
            Reach.LOADED, id="a driver in the image",
        ),
        pytest.param(
            inventory(), Site("include/net/sock.h", (Unit("several", "", ()),), known=True),
            Reach.UNKNOWN, id="a header of many",
        ),
        pytest.param(
            inventory(), Site("fs/newfs/super.c", (), known=False), Reach.UNKNOWN, id="a file of no tree",
        ),
        pytest.param(
            inventory(), Site("tools/perf/perf.c", (), known=True), Reach.ABSENT, id="never compiled",
        ),
    ],
)  # fmt: skip
def test_reach_follows_the_readings(machine: Inventory, where: Site, expected: Reach) -> None:
    found = ReachOf(machine).sites((where,))
    assert found.reach is expected, found.how
    assert found.how


def test_option_of_one_file_decides_over_that_file_alone() -> None:
    machine = inventory(loaded={"igc": True}, bound=frozenset({"igc"}))
    assert reach(machine, site("igc", "IGC", "IGC_LEDS")) is Reach.ABSENT
    assert reach(machine, site("igc", "IGC", "NET")) is Reach.ACTIVE


def test_module_that_is_here_outweighs_a_symbol_that_is_off() -> None:
    machine = inventory(config={"MODULES": "y"}, loaded={"igc": True}, bound=frozenset({"igc"}))
    assert reach(machine, site("igc", "IGC")) is Reach.ACTIVE


def test_reach_over_several_files_is_the_strongest() -> None:
    assert reach(inventory(), site("isdn", "ISDN"), SCTP, site("pktgen")) is Reach.ON_DEMAND


@pytest.mark.parametrize(
    "machine",
    [
        pytest.param(inventory(available=None), id="modules on disk"),
        pytest.param(inventory(autoload=Autoload(aliases=None)), id="aliases"),
        pytest.param(
            inventory(autoload=AUTOLOAD._replace(aliases={}, dependents=None)), id="dependencies"
        ),
    ],
)
def test_reach_where_a_list_was_not_read_is_unknown(machine: Inventory) -> None:
    found = ReachOf(machine).sites((SCTP,))
    assert found.reach is Reach.UNKNOWN
    assert "not read" in found.how


def test_module_nobody_lists_is_unknown_without_the_list_of_builtins_and_options() -> None:
    machine = inventory(config=None, builtin=None, available=frozenset({"sctp"}))
    assert reach(machine, IGC) is Reach.UNKNOWN


def test_option_an_old_kernel_never_had_does_not_make_code_absent() -> None:
    """The file map starts with 6.1: a symbol that 5.10's configuration lacks may have been renamed."""
    machine = inventory(release="5.10.0", available=frozenset({"igc"}), config={"MODULES": "y"})
    assert reach(machine, IGC) is not Reach.ABSENT


some = st.sampled_from(["sctp", "igc", "ipv6", "mac80211", "btrfs"])
lists = st.none() | st.frozensets(some)


@given(
    config=st.none()
    | st.dictionaries(st.sampled_from(["SCTP", "IGC"]), st.sampled_from(["y", "m"])),
    builtin=lists,
    available=lists,
    loaded=st.none() | st.dictionaries(some, st.booleans()),
    module=some,
)
def test_reach_is_never_no_while_some_list_holds_the_module(
    config: dict[str, str] | None,
    builtin: frozenset[str] | None,
    available: frozenset[str] | None,
    loaded: dict[str, bool] | None,
    module: str,
) -> None:
    machine = inventory(config=config, builtin=builtin, available=available, loaded=loaded or {})
    held = any(module in names for names in (builtin, available, loaded) if names)
    found = ReachOf(machine).sites((site(module, module.upper()),))
    if held:
        assert found.reach is not Reach.ABSENT
    elif builtin is None or available is None:
        assert found.reach in {Reach.UNKNOWN, Reach.LOADED} or config is not None


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        pytest.param("NET", Reach.ON_DEMAND, id="on"),
        pytest.param("NO_SUCH", Reach.ABSENT, id="off"),
        pytest.param("!NET", Reach.ABSENT, id="must be off and is on"),
        pytest.param("!NO_SUCH", Reach.ON_DEMAND, id="must be off and is"),
        pytest.param("IPV6=ym", Reach.ON_DEMAND, id="one of two values"),
        pytest.param("IPV6=m", Reach.ABSENT, id="the other value"),
    ],
)
def test_gate_is_read_as_the_makefile_means_it(gate: str, expected: Reach) -> None:
    assert reach(inventory(), site("sctp", "SCTP", gate)) is expected


def test_unit_of_another_architecture_is_absent() -> None:
    where = Site("drivers/x.c", (Unit("sctp", "SCTP", (), "arm64"),), known=True)
    assert reach(inventory(), where) is Reach.ABSENT
    assert reach(inventory(machine="aarch64"), where) is Reach.ON_DEMAND


def test_file_that_changed_hands_is_asked_of_the_trees_around_the_kernel() -> None:
    was = Unit("ipv6", "IPV6", (), "", ("6.1", "6.12"))
    now = Unit("vmlinux", "", ("NO_SUCH",), "", ("7.3",))
    where = Site("net/ipv6/ip6_output.c", (was, now), known=True)
    assert reach(inventory(release="6.12.94"), where) is Reach.LOADED
    assert reach(inventory(release="6.18.1"), where) is Reach.LOADED
    assert reach(inventory(release="7.3.1"), where) is Reach.ABSENT
