"""What is looked at before a reboot, and what stands in the way of a kernel."""

from __future__ import annotations

import pytest

from advisor.advise import advise
from advisor.advise.blockers import allows, blockers_of, dkms_check, zfs_check
from advisor.advise.offers import Offer, find_offers
from advisor.advise.preflight import carrying
from advisor.assess import Weigher, assess
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Action, Check, CheckStatus, Origin
from advisor.model.inventory import Device, DeviceKind, Interface, Inventory, Mount, Space
from advisor.model.packages import DkmsModule, KernelModules
from advisor.model.version import parse_version
from tests.advise.machine import C574, E1000E, GB, TODAY, dated, installed, machine
from tests.advise.situations.debian import S94, S117, S734

T94 = "6.12.94+deb13-amd64"
BRIDGE = Device(
    "virtual:br0", DeviceKind.OTHER, "virtual", "br0 (bridge)", module="bridge",
    interfaces=(Interface("br0", type="bridge", default_route=True, lower=("eno1", "veth7")),),
)  # fmt: skip
PORT = E1000E._replace(interfaces=(Interface("eno1", link="up"),))


def offer(release: str = "6.12.117+deb13-amd64", upstream: str = "6.12.117") -> Offer:
    return Offer(
        release, "linux-image", "", parse_version(upstream), backports=False, why="",
        origin=Origin.OFFERED, source="",
    )  # fmt: skip


def checks(inventory: Inventory, knowledge: KnowledgeBase) -> dict[str, Check]:
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher)
    advice = advise(inventory, assessment, knowledge, weigher, now_days=TODAY)
    return {check.id: check for check in advice.preflight}


@pytest.mark.parametrize(
    ("pattern", "release", "told"),
    [
        ("", "6.12.117", True),
        (r"^(5\.[0-9]+\.|6\.[0-9]\.)", "6.12.117", False),
        (r"^(5\.[0-9]+\.|6\.[0-9]+\.)", "6.12.117", True),
        (r"^6\.", "7.1.0", False),
        ("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", None),
        (".*.*.*.*x", "6.12.117", None),
        ("[", "6.12.117", None),
        ("x" * 300, "6.12.117", None),
    ],
)
def test_dkms_conf_says_which_kernels_it_is_for(
    pattern: str, release: str, told: bool | None
) -> None:
    assert allows(DkmsModule("x", "1", exclusive=pattern), release) is told


@pytest.mark.parametrize(
    ("module", "status", "text"),
    [
        (DkmsModule("r8168", "8.053"), CheckStatus.WARN, "has to be built for"),
        (DkmsModule("r8168", "8.053", ("6.12.117+deb13-amd64",)), CheckStatus.OK, "is built for"),
        (
            DkmsModule("r8168", "8.053", exclusive="^5"),
            CheckStatus.BLOCK,
            "its dkms.conf forbids it",
        ),
        (DkmsModule("r8168", "8.053", exclusive="("), CheckStatus.UNKNOWN, "could not be told"),
    ],
)
def test_dkms_module_is_checked_against_the_kernel(
    module: DkmsModule, status: CheckStatus, text: str
) -> None:
    (check,) = dkms_check(machine(T94, dkms=(module,)), offer())
    assert check.status is status
    assert text in check.message


def test_dkms_module_without_a_target_is_told() -> None:
    (check,) = dkms_check(machine(T94, dkms=(DkmsModule("r8168", "8.053"),)), None)
    assert check.message == "r8168 8.053 is rebuilt for each kernel"


POOL = (Mount("/tank", "zfs", "tank", mounted=True),)


@pytest.mark.parametrize(
    ("module", "mounts", "status"),
    [
        (DkmsModule("zfs", "2.3", max_kernel="6.14"), POOL, CheckStatus.OK),
        (DkmsModule("zfs", "2.2", max_kernel="6.8"), POOL, CheckStatus.BLOCK),
        (DkmsModule("zfs", "2.2", max_kernel="6.8"), (), CheckStatus.WARN),
        (DkmsModule("zfs", "2.2", max_kernel=""), POOL, CheckStatus.UNKNOWN),
        (
            DkmsModule("zfs", "2.2", ("6.12.117+deb13-amd64",), max_kernel="6.8"),
            POOL,
            CheckStatus.OK,
        ),
    ],
)
def test_zfs_is_checked_against_its_maximum(
    module: DkmsModule, mounts: tuple[Mount, ...], status: CheckStatus
) -> None:
    inventory = machine(T94, dkms=(module,), mounts=mounts)
    (check,) = zfs_check(inventory, offer())
    assert check.status is status
    assert bool(blockers_of(inventory, offer())) == (status is CheckStatus.BLOCK)


def test_zfs_from_the_kernels_own_packages_is_looked_for_in_the_new_one() -> None:
    inventory = machine("6.8.12-4-pve", mounts=POOL, out_of_tree={"zfs": "PO"})
    (check,) = zfs_check(inventory, offer())
    assert check.status is CheckStatus.WARN
    lists = KernelModules("x", frozenset({"zfs"}), frozenset(), None, "/lib/modules/x")
    (check,) = zfs_check(inventory, offer()._replace(modules=lists))
    assert check.status is CheckStatus.OK


def test_zfs_without_a_target_tells_its_maximum() -> None:
    inventory = machine(T94, dkms=(DkmsModule("zfs", "2.3", max_kernel="6.14"),), mounts=POOL)
    (check,) = zfs_check(inventory, None)
    assert check.message == "OpenZFS 2.3 supports kernels up to 6.14"


@pytest.mark.parametrize(
    ("free", "status"),
    [(30 << 20, CheckStatus.BLOCK), (150 << 20, CheckStatus.WARN), (GB, CheckStatus.OK)],
)
def test_room_in_boot_is_checked(free: int, status: CheckStatus, knowledge: KnowledgeBase) -> None:
    spaces = (Space("/", 20 * GB, 60 * GB), Space("/boot", free, 2 * GB))
    assert checks(machine(T94, spaces=spaces), knowledge)["space-boot"].status is status


def test_boot_on_the_root_filesystem_is_checked_once(knowledge: KnowledgeBase) -> None:
    spaces = (Space("/", 5 * GB, 60 * GB), Space("/boot", 5 * GB, 60 * GB))
    found = checks(machine(T94, spaces=spaces), knowledge)
    assert "space-boot" not in found
    assert found["space-root"].status is CheckStatus.OK


def test_room_that_was_not_read_is_unknown(knowledge: KnowledgeBase) -> None:
    assert checks(machine(T94, spaces=()), knowledge)["space-boot"].status is CheckStatus.UNKNOWN


@pytest.mark.parametrize(
    ("secure_boot", "foreign", "status"),
    [
        ("on", {"nvidia": "POE"}, CheckStatus.WARN),
        ("on", {}, CheckStatus.OK),
        ("off", {"nvidia": "POE"}, CheckStatus.OK),
        ("", {}, CheckStatus.UNKNOWN),
    ],
)
def test_secure_boot_is_checked_with_foreign_modules(
    secure_boot: str, foreign: dict[str, str], status: CheckStatus, knowledge: KnowledgeBase
) -> None:
    inventory = machine(T94, secure_boot=secure_boot, out_of_tree=foreign)
    assert checks(inventory, knowledge)["secure-boot"].status is status


def test_foreign_module_that_dkms_builds_is_told_once(knowledge: KnowledgeBase) -> None:
    inventory = machine(
        T94,
        out_of_tree={"zfs": "POE", "spl": "OE", "vendor": "OE"},
        dkms=(DkmsModule("zfs", "2.3"),),
    )
    assert checks(inventory, knowledge)["out-of-tree"].message.startswith("vendor does not come")


def test_reboot_that_is_pending_for_something_else_is_told(knowledge: KnowledgeBase) -> None:
    inventory = machine(T94)
    waiting = inventory._replace(
        packages=inventory.packages._replace(reboot_required="/run/reboot-required: dbus")
    )
    check = checks(waiting, knowledge)["reboot"]
    assert (check.status, check.reading) == (CheckStatus.WARN, "/run/reboot-required: dbus")


def test_route_is_followed_through_a_bridge_to_the_card() -> None:
    found = carrying(machine(T94, devices=(BRIDGE, PORT)))
    assert [(device.id, interface.name) for device, interface in found] == [
        ("pci:0000:00:1f.6", "eno1")
    ]


def test_modem_that_carries_the_route_is_never_given_up(knowledge: KnowledgeBase) -> None:
    modem = C574._replace(kind=DeviceKind.OTHER, name="modem")
    inventory = machine(
        "6.12.117+deb13-amd64",
        build=dated("6.12.117-1"),
        package_version="6.12.117-1",
        devices=(modem,),
        offers=(S734,),
    )
    assert "access" in checks(inventory, knowledge)
    weigher = Weigher(inventory, knowledge)
    advice = advise(
        inventory, assess(inventory, knowledge, weigher), knowledge, weigher, now_days=TODAY
    )
    assert advice.decision.action is Action.HOLD


def test_names_that_another_series_may_change_are_told(knowledge: KnowledgeBase) -> None:
    card = E1000E._replace(driver="i40e", module="i40e", modules=("i40e",))
    two = E1000E._replace(
        id="pci:0000:00:1f.7", interfaces=(Interface("eth1"),), modalias="pci:v00008086d00001533sv"
    )
    risky = machine(
        "6.16.12+deb14-amd64", devices=(card,), build=dated("6.16.12-1"), offers=(S734,)
    )
    assert (
        "newer drivers tell udev the port's name"
        in checks(risky, knowledge)["interface-names"].message
    )
    plain = E1000E._replace(interfaces=(Interface("eth0", default_route=True),))
    named = machine(
        "6.16.12+deb14-amd64", devices=(plain, two), build=dated("6.16.12-1"), offers=(S734,)
    )
    assert "another series may swap them" in checks(named, knowledge)["interface-names"].message


def test_same_release_in_a_newer_build_replaces_the_running_one(knowledge: KnowledgeBase) -> None:
    inventory = machine(
        "6.1.0-37-amd64",
        build=dated("6.1.140-1"),
        package_version="6.1.148-1",
    )
    # What runs is 6.1.140-1, what is installed under the same name is newer.
    identity = inventory.kernel.identity._replace(
        upstream=parse_version("6.1.140"), package_version="6.1.140-1"
    )
    inventory = inventory._replace(
        kernel=inventory.kernel._replace(identity=identity),
        packages=inventory.packages._replace(installed=(installed("6.1.0-37-amd64", "6.1.148-1"),)),
    )
    (found,) = find_offers(inventory)
    assert found.same_build
    assert found.origin is Origin.INSTALLED
    assert str(found.upstream) == "6.1.148"
    check = checks(inventory, knowledge)["fallback"]
    assert check.status is CheckStatus.WARN
    assert "replaces the running one" in check.message


def test_offers_keep_the_newest_of_each_series_and_no_other_flavour() -> None:
    others = tuple(
        S94._replace(release=f"6.12.{n}+deb13-amd64", package_version=f"6.12.{n}-1")
        for n in range(95, 99)
    )
    cloud = S117._replace(release="6.12.117+deb13-cloud-amd64", package="linux-image-cloud")
    found = find_offers(
        machine(
            T94,
            build=dated("6.12.94-1"),
            package_version="6.12.94-1",
            offers=(*others, S94, S117, S734, cloud),
        )
    )
    assert [one.release for one in found] == [
        "6.12.97+deb13-amd64", "6.12.98+deb13-amd64", "6.12.117+deb13-amd64", "7.3.4+deb14-amd64",
    ]  # fmt: skip
