"""Curated entries held against a machine."""

from __future__ import annotations

import pytest

from advisor.assess import Weigher
from advisor.assess.curated import CuratedWeigher, Held, annotate, facts_of
from advisor.assess.findings import assess
from advisor.knowledge.store import KnowledgeBase
from advisor.model.finding import Reach, Status
from advisor.model.inventory import Inventory, Mount
from advisor.model.version import parse_version
from tests.advise.machine import E1000E, MT7922, R8169, SERVER, VIRTIO_NET, VSOCK, feature, machine

BTMTK = "btmtk-short-wmt-event"
LAPTOP = machine("6.12.89+deb13-amd64", devices=(R8169, MT7922), loaded=(*SERVER, "bluetooth"))


def hold(
    inventory: Inventory,
    knowledge: KnowledgeBase,
    version: str,
    vendor: str = "",
    package: str = "",
) -> Held:
    parsed = parse_version(version)
    assert parsed is not None
    weigher = CuratedWeigher(inventory, knowledge, Weigher(inventory, knowledge))
    return weigher.hold(parsed, vendor=vendor, package_version=package)


@pytest.mark.parametrize(
    ("version", "vendor", "package", "lives"),
    [
        ("6.12.87", "", "", False),
        ("6.12.88", "", "", True),
        ("6.12.90", "arch", "6.12.90-1", True),
        ("6.12.90", "debian", "6.12.90-1", False),
        ("6.12.90", "debian", "6.12.90-1~exp1", False),
        ("6.12.89", "debian", "6.12.89-1", True),
        ("6.12.91", "", "", False),
        ("6.18.30", "", "", True),
        ("6.18.33", "", "", False),
        ("7.0.9", "debian", "7.0.9-1", True),
        ("7.1-rc3", "", "", True),
        ("7.1", "", "", False),
    ],
)
def test_regression_lives_where_its_ranges_and_the_vendor_say(
    version: str, vendor: str, package: str, lives: bool, knowledge: KnowledgeBase
) -> None:
    found = {one.id for one in hold(LAPTOP, knowledge, version, vendor, package).findings}
    assert (BTMTK in found) is lives


def test_finding_names_the_device_it_is_about(knowledge: KnowledgeBase) -> None:
    finding = next(one for one in hold(LAPTOP, knowledge, "6.12.89").findings if one.id == BTMTK)
    assert finding.reached.reach is Reach.ACTIVE
    assert finding.reached.devices[0] == "usb:1-4:1.0"
    assert finding.kind == "regression"
    assert finding.status is Status.AFFECTED
    assert finding.curated == (BTMTK,)
    assert finding.workaround
    assert finding.urls
    assert "6.12.91" in finding.fixed_in


def test_machine_without_the_device_is_not_concerned(knowledge: KnowledgeBase) -> None:
    inventory = machine("6.12.89+deb13-amd64", devices=(R8169,))
    inventory = inventory._replace(
        hardware=inventory.hardware._replace(modaliases=frozenset({R8169.modalias}))
    )
    held = hold(inventory, knowledge, "6.12.89")
    assert BTMTK not in {one.id for one in held.findings}
    assert BTMTK not in {one.id for one in held.undecided}


def test_machine_whose_devices_were_not_read_may_be_concerned(knowledge: KnowledgeBase) -> None:
    held = hold(machine("6.12.89+deb13-amd64", devices=()), knowledge, "6.12.89")
    assert BTMTK in {one.id for one in held.undecided}
    assert next(one for one in held.undecided if one.id == BTMTK).began


def test_regression_of_one_stable_branch_says_nothing_about_another(
    knowledge: KnowledgeBase,
) -> None:
    inventory = machine(
        "6.12.20+deb13-amd64", devices=(E1000E._replace(module="ixgbe", driver="ixgbe"),)
    )
    for version in ("6.12.20", "7.1.2"):
        held = hold(inventory, knowledge, version)
        names = {one.id for one in held.findings} | {one.id for one in held.undecided}
        assert "ixgbe-an37-no-link" not in names
    held = hold(inventory, knowledge, "6.1.20")
    (entry,) = [one for one in held.undecided if one.id == "ixgbe-an37-no-link"]
    assert not entry.began


def test_filesystem_that_is_mounted_makes_its_entry_active(knowledge: KnowledgeBase) -> None:
    inventory = machine("6.1.64", mounts=(Mount("/srv", "ext4", "/dev/sdb", mounted=True),))
    finding = next(
        one
        for one in hold(inventory, knowledge, "6.1.64").findings
        if one.id == "ext4-direct-io-corruption"
    )
    assert finding.reached.reach is Reach.ACTIVE
    assert "/srv is of type ext4" in finding.reached.how


def test_feature_in_use_makes_its_entry_active(knowledge: KnowledgeBase) -> None:
    inventory = machine(
        "6.12.50",
        loaded=(*SERVER, "dm_mod"),
        features=(feature("io-uring"), feature("device-mapper")),
    )
    held = hold(inventory, knowledge, "6.12.50")
    named = {one.id for one in held.undecided} | {one.id for one in held.findings}
    assert "io-uring-lvm-snapshot-error" in named


def test_guest_with_vsock_is_concerned_by_its_regression(knowledge: KnowledgeBase) -> None:
    inventory = machine("6.12.94+deb13-amd64", devices=(VIRTIO_NET, VSOCK))
    found = {one.id: one for one in hold(inventory, knowledge, "6.12.94").findings}
    assert found["vsock-small-packets-reset"].reached.reach is Reach.ACTIVE


def test_code_that_was_not_built_is_no_open_question(knowledge: KnowledgeBase) -> None:
    inventory = machine("6.12.89+deb13-amd64", config={"NET": "y"})
    unread = inventory._replace(modules=inventory.modules._replace(builtin=None))
    asked = {one.id for one in hold(unread, knowledge, "6.12.89").undecided}
    nothing = inventory._replace(
        modules=inventory.modules._replace(builtin=None),
        kernel=inventory.kernel._replace(config=None),
    )
    assert asked < {one.id for one in hold(nothing, knowledge, "6.12.89").undecided}


def test_facts_of_a_machine_that_was_not_read_claim_nothing() -> None:
    inventory = machine("6.12.89+deb13-amd64", devices=(), mounts=())
    bare = inventory._replace(
        modules=inventory.modules._replace(loaded=None, builtin=None), features_read=frozenset()
    )
    facts = facts_of(bare)
    assert not facts.devices.complete
    assert not facts.modules.complete
    assert not facts.filesystems.complete
    assert facts.features == {}


def test_cve_that_an_entry_speaks_about_takes_its_words(knowledge: KnowledgeBase) -> None:
    inventory = machine("6.12.90+deb13-amd64", build="#1 SMP Debian 6.12.90-1 (2026-05-20)")
    weigher = Weigher(inventory, knowledge)
    found = annotate(assess(inventory, knowledge, weigher).findings, knowledge)
    told = [one for one in found if one.curated]
    assert told
    assert all(one.summary for one in told)
    untold = [one for one in found if not one.curated]
    assert all(not one.workaround for one in untold)
