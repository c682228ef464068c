"""What a kernel would no longer serve."""

from __future__ import annotations

import pytest

from advisor.advise.losses import Losses, LossFinder
from advisor.advise.offers import Offer
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Origin
from advisor.model.inventory import Device, DeviceKind, Inventory, Mount
from advisor.model.packages import KernelModules
from advisor.model.version import parse_version
from tests.advise.machine import (
    BUILTIN,
    C59X,
    C574,
    E1000E,
    EVERY_MODULE,
    QIB,
    SERVER,
    XIRCOM,
    feature,
    machine,
    modules_of,
)

T94 = "6.12.94+deb13-amd64"
WATCHDOG = Device(
    "platform:machzwd", DeviceKind.OTHER, "platform", "ZF MicroSystems watchdog",
    driver="machzwd", module="machzwd", modules=("machzwd",),
)  # fmt: skip
NOWHERE = Device(
    "platform:x",
    DeviceKind.OTHER,
    "platform",
    "no module's driver",
    driver="serial",
    module="serial",
)
SUNDANCE = XIRCOM._replace(
    name="D-Link DFE-550TX", module="sundance", driver="sundance", modules=("sundance",),
    modalias="pci:v00001186d00001002sv00001186sd00001002bc02sc00i00",
)  # fmt: skip


def losses(
    inventory: Inventory,
    knowledge: KnowledgeBase,
    upstream: str,
    lists: KernelModules | None = None,
) -> Losses:
    release = f"{upstream}+deb14-amd64"
    offer = Offer(
        release, "", "", parse_version(upstream), backports=False, why="", origin=Origin.OFFERED,
        source="", modules=lists,
    )  # fmt: skip
    return LossFinder(inventory, knowledge).find(offer)


def lost(found: Losses) -> list[tuple[str, bool, bool]]:
    return [(one.module, one.certain, one.serious) for one in found.lost]


@pytest.mark.parametrize(
    ("device", "upstream", "gone"),
    [
        (C574, "7.2.13", True),
        (C574, "6.18.44", False),
        (QIB, "6.17.2", True),
        (QIB, "6.16.1", False),
        (XIRCOM, "7.3.4", True),
        (XIRCOM, "7.2.13", False),
        (SUNDANCE, "6.18.44", True),
        (E1000E, "7.3.4", False),
        (C59X, "7.3.4", False),
    ],
)
def test_history_tells_which_kernel_lost_a_driver(
    device: Device, upstream: str, gone: bool, knowledge: KnowledgeBase
) -> None:
    found = losses(machine(T94, devices=(device,)), knowledge, upstream)
    assert lost(found) == ([(device.module, False, True)] if gone else [])


@pytest.mark.parametrize(
    ("module", "serious"),
    [
        ("usb_storage", True),
        ("uas", True),
        ("sdhci_iproc", True),
        ("meson_gx_mmc", True),
        ("xhci_pci", True),
        ("snd_hda_intel", False),
        ("i2c_piix4", False),
    ],
)
def test_driver_of_what_a_root_disk_may_hang_on_is_missed_badly(
    module: str, serious: bool, knowledge: KnowledgeBase
) -> None:
    device = Device(
        "usb:1-1:1.0", DeviceKind.OTHER, "usb", "it", modalias="usb:v0781p5583", driver=module,
        module=module, modules=(module,),
    )  # fmt: skip
    lists = modules_of("7.2.13+deb14-amd64", aliases={})
    lists = lists._replace(available=(lists.available or frozenset()) - {module})
    inventory = machine(T94, devices=(device,))
    own = inventory.modules._replace(
        available=(inventory.modules.available or frozenset()) | {module}
    )
    found = losses(inventory._replace(modules=own), knowledge, "7.2.13", lists)
    assert lost(found) == [(module, True, serious)]


def test_lists_without_aliases_do_not_tell_for_certain(knowledge: KnowledgeBase) -> None:
    inventory = machine(T94, devices=(C574,))
    found = losses(inventory, knowledge, "7.2.13", modules_of("7.2.13+deb14-amd64"))
    assert lost(found) == [("3c574_cs", False, True)]
    assert found.lost[0].how.endswith("; whether another answers to it was not read")


def test_lists_of_the_kernel_itself_tell_for_certain(knowledge: KnowledgeBase) -> None:
    inventory = machine(T94, devices=(C574, E1000E))
    found = losses(inventory, knowledge, "7.2.13", modules_of("7.2.13+deb14-amd64", aliases={}))
    assert lost(found) == [("3c574_cs", True, True)]
    assert found.lost[0].how == (
        "3c574_cs is not among the modules of 7.2.13+deb14-amd64 (/lib/modules/7.2.13+deb14-amd64)"
    )
    assert found.lost[0].what == "3Com 3CCFE574BT (eth0)"
    assert "6.18" in found.lost[0].advice


def test_lists_that_were_read_in_part_prove_nothing(knowledge: KnowledgeBase) -> None:
    lists = KernelModules("x", frozenset(), None, None, "x")
    assert lost(losses(machine(T94, devices=(E1000E,)), knowledge, "6.12.117", lists)) == []


def test_module_that_became_built_in_is_not_lost(knowledge: KnowledgeBase) -> None:
    lists = KernelModules("x", EVERY_MODULE - {"e1000e"}, BUILTIN | {"e1000e"}, {}, "x")
    assert losses(machine(T94), knowledge, "7.2.13", lists) == Losses((), ())


def test_other_module_that_answers_is_told_and_no_loss(knowledge: KnowledgeBase) -> None:
    lists = KernelModules(
        "x", EVERY_MODULE - {"e1000e"}, BUILTIN, {E1000E.modalias: ("e1000f",)}, "x"
    )
    found = losses(machine(T94), knowledge, "7.2.13", lists)
    assert found.lost == ()
    assert found.notes == (
        "Intel I219-V (eno1): e1000f takes the place of e1000e in 7.2.13+deb14-amd64.",
    )


def test_device_that_can_be_done_without_is_told_as_not_serious(knowledge: KnowledgeBase) -> None:
    lists = KernelModules("x", EVERY_MODULE - {"machzwd"}, BUILTIN, {}, "x")
    found = losses(machine(T94, devices=(WATCHDOG, E1000E)), knowledge, "7.2.13", lists)
    assert lost(found) == [("machzwd", True, False)]


def test_driver_whose_name_is_no_module_is_never_lost(knowledge: KnowledgeBase) -> None:
    lists = modules_of("7.2.13+deb14-amd64")
    assert losses(machine(T94, devices=(NOWHERE,)), knowledge, "7.2.13", lists).lost == ()


def test_module_from_elsewhere_is_not_the_kernels_to_lose(knowledge: KnowledgeBase) -> None:
    card = E1000E._replace(driver="r8125", module="r8125", modules=("r8125",))
    inventory = machine(T94, devices=(card,), out_of_tree={"r8125": "OE"})
    assert losses(inventory, knowledge, "7.2.13", modules_of("7.2.13+deb14-amd64")).lost == ()


@pytest.mark.parametrize(
    ("kind", "module", "upstream", "gone"),
    [
        ("bcachefs", "bcachefs", "6.18.1", True),
        ("bcachefs", "bcachefs", "6.16.1", False),
        ("ntfs3", "ntfs3", "7.2.13", False),
        ("tmpfs", "", "7.2.13", False),
        ("ext4", "ext4", "7.2.13", False),
    ],
)
def test_filesystem_in_use_is_looked_for(
    kind: str, module: str, upstream: str, gone: bool, knowledge: KnowledgeBase
) -> None:
    inventory = machine(
        T94, loaded=(*SERVER, module), mounts=(Mount("/data", kind, "/dev/sdb", mounted=True),)
    )
    found = losses(inventory, knowledge, upstream)
    assert [one.id for one in found.lost] == ([f"fs:{kind}"] if gone else [])
    if kind == "ntfs3":
        assert "ntfs takes the place of ntfs3" in found.notes[0]


def test_protocol_in_use_is_looked_for(knowledge: KnowledgeBase) -> None:
    inventory = machine(T94, loaded=(*SERVER, "ax25"), features=(feature("packet-radio", "ax25"),))
    assert lost(losses(inventory, knowledge, "7.2.13")) == [("ax25", False, True)]
    closed = machine(T94, features=(feature("packet-radio", "ax25"),))
    assert losses(closed, knowledge, "7.2.13").lost == ()


def test_kernel_without_a_number_loses_nothing_that_is_known(knowledge: KnowledgeBase) -> None:
    offer = Offer("weird", "", "", None, backports=False, why="", origin=Origin.OFFERED, source="")
    assert LossFinder(machine(T94, devices=(C574,)), knowledge).find(offer) == Losses((), ())
