"""What a kernel would no longer serve, where one word of a table or one list decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from advisor.advise.losses import Losses, LossFinder
from advisor.advise.offers import Offer
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Origin
from advisor.model.inventory import Device, DeviceKind, Interface, Inventory, Mount
from advisor.model.packages import DkmsModule, KernelModules
from advisor.model.version import parse_version
from tests.advise.machine import (
    BUILTIN,
    C59X,
    C574,
    E1000E,
    EVERY_MODULE,
    SERVER,
    XIRCOM,
    feature,
    machine,
)

T94 = "6.12.94+deb13-amd64"
NEW = "7.2.13+deb14-amd64"
SUNDANCE = XIRCOM._replace(module="sundance", driver="sundance", modules=("sundance",))


def losses(
    inventory: Inventory,
    knowledge: KnowledgeBase,
    release: str = NEW,
    *,
    upstream: str = "7.2.13",
    lists: KernelModules | None = None,
    origin: Origin = Origin.OFFERED,
) -> Losses:
    offer = Offer(
        release, "", "", parse_version(upstream), backports=False, why="", origin=origin,
        source="", modules=lists,
    )  # fmt: skip
    return LossFinder(inventory, knowledge).find(offer)


def without(*names: str, serves: Mapping[str, tuple[str, ...]] | None = None) -> KernelModules:
    """The lists of a kernel that has everything but some modules."""
    gone = frozenset(names)
    return KernelModules(NEW, EVERY_MODULE - BUILTIN - gone, BUILTIN - gone, serves, "/lib/modules")


def odd(module: str, modalias: str = "platform:x", *interfaces: Interface) -> Device:
    return Device(
        "platform:x", DeviceKind.OTHER, "platform", "it", modalias=modalias, driver=module,
        module=module, modules=(module,), interfaces=interfaces,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "module"),
    [
        ("nfs4", "nfsv4"),
        ("smb3", "cifs"),
        ("ext2", "ext4"),
        ("ext3", "ext4"),
        ("ext4", "ext4"),
        ("fuseblk", "fuse"),
        ("iso9660", "isofs"),
        ("xfs", "xfs"),
    ],
)
def test_filesystem_is_lost_with_the_module_that_serves_it(
    kind: str, module: str, knowledge: KnowledgeBase
) -> None:
    mounts = (Mount("/data", kind, "/dev/sdb", mounted=True),)
    found = losses(machine(T94, mounts=mounts), knowledge, lists=without(module, serves={}))
    assert [(one.id, one.module, one.certain, one.serious) for one in found.lost] == [
        (f"fs:{kind}", module, True, True)
    ]
    assert found.lost[0].what == f"/data ({kind})"
    assert losses(machine(T94, mounts=mounts), knowledge, lists=without("dummy")).lost == ()


def test_filesystem_that_no_module_of_this_kernel_serves_is_not_looked_for(
    knowledge: KnowledgeBase,
) -> None:
    mounts = (Mount("/run", "tmpfs", "tmpfs", mounted=True),)
    assert losses(machine(T94, mounts=mounts), knowledge, lists=without("dummy")).lost == ()


@pytest.mark.parametrize("listed", ["available", "builtin", "loaded"])
def test_module_is_this_kernels_by_whichever_list_names_it(
    listed: str, knowledge: KnowledgeBase
) -> None:
    inventory = machine(T94)
    own = inventory.modules._replace(loaded=None, builtin=None, available=None)
    if listed == "available":
        own = own._replace(available=frozenset({"e1000e"}))
    elif listed == "builtin":
        own = own._replace(builtin=frozenset({"e1000e"}))
    else:
        own = own._replace(loaded={"e1000e": True})
    found = losses(inventory._replace(modules=own), knowledge, lists=without("e1000e"))
    assert [one.module for one in found.lost] == ["e1000e"]


def test_module_that_dkms_builds_is_not_the_kernels_to_lose(knowledge: KnowledgeBase) -> None:
    lists = without("e1000e")
    built = (DkmsModule("e1000e", "3.8"), DkmsModule("zfs", "2.3"))
    assert losses(machine(T94, dkms=built), knowledge, lists=lists).lost == ()
    assert losses(machine(T94, dkms=built[1:]), knowledge, lists=lists).lost != ()


def test_device_that_no_driver_serves_now_is_not_lost(knowledge: KnowledgeBase) -> None:
    idle = E1000E._replace(driver="")
    assert losses(machine(T94, devices=(idle,)), knowledge, lists=without("e1000e")).lost == ()


@pytest.mark.parametrize("which", ["available", "builtin"])
def test_lists_of_which_one_is_missing_leave_it_to_history(
    which: str, knowledge: KnowledgeBase
) -> None:
    lists = without("3c574_cs", "e1000e", serves={})
    lists = lists._replace(available=None) if which == "available" else lists._replace(builtin=None)
    found = losses(machine(T94, devices=(C574, E1000E)), knowledge, lists=lists)
    assert [(one.module, one.certain) for one in found.lost] == [("3c574_cs", False)]


def test_series_in_the_name_tells_where_the_upstream_version_does_not(
    knowledge: KnowledgeBase,
) -> None:
    inventory = machine(T94, devices=(C574,))
    gone = losses(inventory, knowledge, "7.2.0-12-generic", upstream="")
    assert [one.module for one in gone.lost] == ["3c574_cs"]
    assert losses(inventory, knowledge, "6.18.0-12-generic", upstream="").lost == ()
    told = losses(inventory, knowledge, "7.2.0-12-generic", upstream="6.18.1")
    assert told.lost == ()


def test_replacement_takes_over_only_where_it_is_there(knowledge: KnowledgeBase) -> None:
    mounts = (Mount("/data", "ntfs3", "/dev/sdb", mounted=True),)
    inventory = machine(T94, mounts=mounts)
    renamed = losses(inventory, knowledge, lists=without("ntfs3"))
    assert renamed.lost == ()
    assert renamed.notes[0].startswith("/data (ntfs3): ntfs takes the place of ntfs3")
    neither = losses(inventory, knowledge, lists=without("ntfs3", "ntfs"))
    assert [one.id for one in neither.lost] == ["fs:ntfs3"]
    before = losses(inventory, knowledge, "6.18.44+deb14-amd64", upstream="6.18.44")
    assert before == Losses((), ())


def test_kernel_without_any_module_says_that_it_may_be_in_parts(knowledge: KnowledgeBase) -> None:
    empty = KernelModules(NEW, frozenset(), frozenset(), None, "/lib/modules")
    (found,) = losses(machine(T94, mounts=()), knowledge, lists=empty).lost
    assert found.how.startswith(f"no module of {NEW} is there (/lib/modules): is it installed")


def test_protocol_is_lost_for_certain_and_badly(knowledge: KnowledgeBase) -> None:
    used = feature("packet-radio", "ax25", "netrom")
    inventory = machine(T94, loaded=(*SERVER, "ax25"), features=(used,))
    found = losses(inventory, knowledge, lists=without("ax25", "netrom"))
    assert [(one.id, one.module, one.certain, one.serious) for one in found.lost] == [
        ("packet-radio", "ax25", True, True)
    ]
    unread = inventory._replace(modules=inventory.modules._replace(loaded=None))
    told = losses(unread, knowledge, lists=without("ax25", "netrom")).lost
    assert [one.module for one in told] == ["ax25", "netrom"]
    idle = machine(T94, loaded=(*SERVER, "ax25"), features=(used._replace(state="open"),))
    assert losses(idle, knowledge, lists=without("ax25")).lost == ()
    foreign = machine(
        T94, loaded=(*SERVER, "ax25"), features=(used,), out_of_tree={"ax25": "O"}
    )  # fmt: skip
    assert losses(foreign, knowledge, lists=without("ax25")).lost == ()


@pytest.mark.parametrize(
    ("device", "serious"),
    [
        pytest.param(odd("dummy"), False, id="something"),
        pytest.param(odd("dummy", "pci:v1d1sv1sd1bc01sc06i01"), True, id="a disk's controller"),
        pytest.param(odd("dummy", "pci:v1d1sv1sd1bc02sc00i00"), True, id="a network card"),
        pytest.param(odd("dummy", "pci:v1d1sv1sd1bc03sc00i00"), True, id="a display"),
        pytest.param(odd("dummy", "pci:v1d1sv1sd1bc04sc03i00"), False, id="sound"),
        pytest.param(
            odd("dummy", "platform:x", Interface("eth9", default_route=True)),
            True,
            id="the way out",
        ),
        pytest.param(
            odd("dummy", "platform:x", Interface("eth9", ssh_session=True)), True, id="the way in"
        ),
        pytest.param(odd("dummy", "platform:x", Interface("eth9")), False, id="a spare one"),
    ],
)
def test_device_is_missed_badly_where_the_machine_is_of_little_use_without(
    device: Device, serious: bool, knowledge: KnowledgeBase
) -> None:
    (found,) = losses(machine(T94, devices=(device,)), knowledge, lists=without("dummy")).lost
    assert found.serious is serious
    assert found.what == ("it (eth9)" if device.interfaces else "it")


def test_driver_that_was_reported_gone_and_is_not_is_told_from_then_on(
    knowledge: KnowledgeBase,
) -> None:
    inventory = machine(T94, devices=(C59X, E1000E))
    assert losses(inventory, knowledge).notes == (
        "3Com 3c905C (enp0s9): 3c59x is still there, whatever was reported about old drivers.",
    )
    assert losses(inventory, knowledge, upstream="6.18.44").notes == ()
    assert losses(machine(T94, devices=(XIRCOM,)), knowledge) == Losses((), ())


def test_what_debian_builds_says_nothing_about_another_vendor(knowledge: KnowledgeBase) -> None:
    inventory = machine("6.12.94-1-lts", distro="arch", devices=(SUNDANCE,))
    assert losses(inventory, knowledge).lost == ()
    arm = machine("6.12.94+deb13-arm64", arch="aarch64", devices=(SUNDANCE,))
    assert losses(arm, knowledge).lost == ()
    assert losses(machine(T94, devices=(SUNDANCE,)), knowledge).lost != ()


def test_given_kernel_without_its_modules_says_that_they_were_not_looked_at(
    knowledge: KnowledgeBase,
) -> None:
    bare = losses(machine(T94), knowledge, origin=Origin.GIVEN)
    assert [note[:15] for note in bare.notes] == ["what was named "]
    whole = losses(machine(T94), knowledge, origin=Origin.GIVEN, lists=without("dummy"))
    assert whole.notes == ()


class Restoring(KnowledgeBase):
    """A knowledge base of one driver that was removed in 7.1 and came back."""

    back: tuple[str, ...] = ()

    def drivers(self, modules: Collection[str]) -> tuple[dict[str, object], ...]:
        del modules
        entry: dict[str, object] = {"modules": ["e1000e"], "removed": {"by": "7.1"}}
        return ({**entry, "restored_in": list(self.back)},)


@pytest.mark.parametrize(
    ("back", "upstream", "gone"),
    [
        ((), "7.0.9", False),
        ((), "7.1", True),
        ((), "7.2.13", True),
        (("7.2",), "7.1.9", True),
        (("7.2",), "7.2", False),
        (("7.2",), "7.3.4", False),
        (("7.1.5",), "7.1.4", True),
        (("7.1.5",), "7.1.5", False),
        (("7.1.5",), "7.2.13", True),
        (("7.1.5", "7.2"), "7.2.13", False),
    ],
)
def test_driver_that_came_back_is_lost_only_in_between(
    back: tuple[str, ...], upstream: str, gone: bool, database: Path
) -> None:
    knowledge = Restoring(database)
    knowledge.back = back
    found = losses(machine(T94), knowledge, f"{upstream}-x", upstream=upstream)
    assert bool(found.lost) is gone
    if gone:
        assert found.lost[0].how == "e1000e was removed from the kernel by 7.1"
