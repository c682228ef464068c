"""After a reboot: what was lost, and whether the promise was kept."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from advisor.advise import advise
from advisor.advise.compare import Comparison, comparison_document, diff, verify
from advisor.assess import Weigher, assess
from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Answer, CheckStatus, KnowledgeFacts
from advisor.model.inventory import Device, DeviceKind, Interface, Inventory
from advisor.render.document import scan_document
from tests.advise.machine import C574, E1000E, TODAY, dated, feature, machine
from tests.advise.situations.debian import S94, S117, S734

CARD = Device(
    "pci:0000:03:00.0", DeviceKind.ETHERNET, "pci", "Intel I210",
    vendor_id="8086", device_id="1533", driver="igb", module="igb", modules=("igb",),
    interfaces=(Interface("enp3s0"),),
)  # fmt: skip
Document = dict[str, Any]  # loose JSON is what these tests are about


def scan(inventory: Inventory, knowledge: KnowledgeBase) -> Document:
    """Return what ``advisor scan --format json`` writes for a machine."""
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher)
    advice = advise(inventory, assessment, knowledge, weigher, now_days=TODAY)
    answer = Answer(
        generated="2026-11-22T10:00:00Z",
        advisor="0",
        knowledge=KnowledgeFacts("2026-08-21", 1, 1, 93),
        inventory=inventory,
        assessment=assessment,
        regressions=advice.regressions,
        candidates=advice.candidates,
        preflight=advice.preflight,
        decision=advice.decision,
        unknowns=advice.unknowns,
    )
    document: Document = json.loads(json.dumps(scan_document(answer)))
    return document


@pytest.fixture(scope="module")
def before(knowledge: KnowledgeBase) -> Document:
    return scan(
        machine(
            "6.12.94+deb13-amd64",
            build=dated("6.12.94-1"),
            package_version="6.12.94-1",
            devices=(E1000E, CARD),
            offers=(S94, S117, S734),
            features=(feature("wireguard"),),
        ),
        knowledge,
    )


@pytest.fixture(scope="module")
def after(knowledge: KnowledgeBase) -> Document:
    return scan(
        machine(
            "6.12.117+deb13-amd64",
            build=dated("6.12.117-1"),
            package_version="6.12.117-1",
            devices=(E1000E, CARD),
            offers=(S117, S734),
            features=(feature("wireguard"),),
        ),
        knowledge,
    )


def told(comparison: Comparison) -> dict[str, tuple[CheckStatus, str]]:
    return {check.id: (check.status, check.message) for check in comparison.checks}


def test_verify_of_the_advised_kernel_finds_the_promise_kept(
    before: Document, after: Document
) -> None:
    compared = verify(before, after)
    checks = told(compared)
    assert checks["kernel"] == (CheckStatus.OK, "6.12.117+deb13-amd64 runs")
    assert checks["findings"][0] is CheckStatus.OK
    promised = next(
        one["closes"]["reaching"]
        for one in before["candidates"]
        if one["release"] == before["advice"]["target"]
    )
    assert len(compared.closed) == promised > 0
    assert checks["devices"] == (CheckStatus.OK, "2 devices kept driver and interface")
    assert compared.worst is CheckStatus.UNKNOWN  # the kernel's log is in no scan yet


def test_verify_of_the_old_kernel_says_that_the_advised_one_does_not_run(before: Document) -> None:
    checks = told(verify(before, before))
    assert checks["kernel"][0] is CheckStatus.WARN
    assert "6.12.117+deb13-amd64 was advised and is not running" in checks["kernel"][1]


def test_verify_names_a_device_that_vanished(before: Document, after: Document) -> None:
    after = copy.deepcopy(after)
    after["devices"] = [one for one in after["devices"] if one["driver"] != "igb"]
    compared = verify(before, after)
    assert compared.worst is CheckStatus.BLOCK
    assert told(compared)["device"] == (CheckStatus.BLOCK, "Intel I210 (enp3s0) is gone")


def test_verify_names_a_device_that_lost_its_driver(before: Document, after: Document) -> None:
    after = copy.deepcopy(after)
    device = next(one for one in after["devices"] if one["driver"] == "igb")
    device["driver"], device["interfaces"] = None, []
    checks = told(verify(before, after))
    assert checks["driver"] == (
        CheckStatus.BLOCK,
        "Intel I210 (enp3s0) has no driver any more: it was igb",
    )
    assert checks["interface"][0] is CheckStatus.BLOCK


def test_verify_names_a_device_that_has_another_driver(before: Document, after: Document) -> None:
    after = copy.deepcopy(after)
    next(one for one in after["devices"] if one["driver"] == "igb")["driver"] = "igbx"
    assert told(verify(before, after))["driver"] == (
        CheckStatus.WARN,
        "Intel I210 (enp3s0) is driven by igbx, before by igb",
    )


def test_verify_does_not_believe_a_log_that_is_no_list(before: Document, after: Document) -> None:
    after = {**after, "kernel": {**after["kernel"], "log_errors": 5}}
    assert told(verify(before, after))["log"][0] is CheckStatus.UNKNOWN


def test_verify_names_an_interface_that_has_another_name(before: Document, after: Document) -> None:
    after = copy.deepcopy(after)
    for device in after["devices"]:
        for interface in device["interfaces"]:
            interface["name"] += "np0"
    found = [
        (one.status, one.message) for one in verify(before, after).checks if one.id == "interface"
    ]
    assert found == [
        (CheckStatus.BLOCK, "eno1 is called eno1np0 now; it carried the default route"),
        (CheckStatus.WARN, "enp3s0 is called enp3s0np0 now"),
    ]


def test_verify_knows_a_card_at_another_address(before: Document, after: Document) -> None:
    after = copy.deepcopy(after)
    device = next(one for one in after["devices"] if one["driver"] == "igb")
    device["id"] = "pci:0000:04:00.0"
    assert "device" not in told(verify(before, after))


def test_verify_says_that_a_feature_is_not_in_use_any_more(
    before: Document, after: Document
) -> None:
    after = {**after, "features": []}
    assert told(verify(before, after))["feature"] == (
        CheckStatus.WARN,
        "wireguard was in use and is not any more",
    )


def test_verify_says_that_fewer_bugs_closed_than_promised(
    before: Document, after: Document
) -> None:
    after = copy.deepcopy(after)
    after["findings"] = before["findings"][:50] + after["findings"]
    status, text = told(verify(before, after))["findings"]
    assert status is CheckStatus.WARN
    assert "were to be closed" in text


def test_verify_with_newer_knowledge_does_not_check_the_promise(
    before: Document, after: Document
) -> None:
    after = {**after, "knowledge": {**after["knowledge"], "snapshot": "2026-11-20"}}
    after["findings"] = before["findings"]
    status, text = told(verify(before, after))["findings"]
    assert status is CheckStatus.OK
    assert "the knowledge changed in between" in text


def test_verify_reads_new_errors_in_the_kernels_log(before: Document, after: Document) -> None:
    old = {**before, "kernel": {**before["kernel"], "log_errors": ["ACPI BIOS Error"]}}
    lines = ["ACPI BIOS Error", *(f"igb: error {n}" for n in range(7))]
    now = {**after, "kernel": {**after["kernel"], "log_errors": lines}}
    found = [one.message for one in verify(old, now).checks if one.id == "log"]
    assert found[0] == "the kernel's log has a new error: igb: error 0"
    assert found[-1] == "the kernel's log has 2 new errors more"
    quiet = {**after, "kernel": {**after["kernel"], "log_errors": ["ACPI BIOS Error"]}}
    assert told(verify(old, quiet))["log"][0] is CheckStatus.OK


def test_verify_knows_an_error_again_whose_numbers_differ(
    before: Document, after: Document
) -> None:
    old = ["usb 1-4: device not accepting address at 0x7f3a", "ACPI: 123456 us too long"]
    new = ["usb 1-4: device not accepting address at 0x11", "ACPI: 654321 us too long"]
    first = {**before, "kernel": {**before["kernel"], "log_errors": old}}
    then = {**after, "kernel": {**after["kernel"], "log_errors": new}}
    assert told(verify(first, then))["log"][0] is CheckStatus.OK
    other = {**after, "kernel": {**after["kernel"], "log_errors": ["usb 1-5: device lost"]}}
    assert told(verify(first, other))["log"][0] is CheckStatus.WARN


def test_verify_does_not_call_errors_new_where_the_log_was_not_read_before(
    before: Document, after: Document
) -> None:
    then = {**after, "kernel": {**after["kernel"], "log_errors": ["igb: reset"]}}
    status, text = told(verify(before, then))["log"]
    assert status is CheckStatus.UNKNOWN
    assert "igb: reset" in text


def test_verify_misses_a_module_that_does_not_come_with_the_kernel(
    before: Document, after: Document
) -> None:
    first = {**before, "kernel": {**before["kernel"], "out_of_tree": {"nvidia": "POE"}}}
    status, text = told(verify(first, after))["module"]
    assert status is CheckStatus.WARN
    assert text.startswith("nvidia was loaded and is not any more")
    assert "module" not in told(verify(first, {**after, "kernel": first["kernel"]}))


def test_verify_tells_of_modules_that_are_not_loaded_now(before: Document, after: Document) -> None:
    first = {**before, "kernel": {**before["kernel"], "loaded": ["a", "kvm", "x"]}}
    then = {**after, "kernel": {**after["kernel"], "loaded": ["a"]}}
    assert told(verify(first, then))["modules"] == (
        CheckStatus.OK,
        "loaded before and not now, which may come with use: kvm, x",
    )
    then["kernel"]["loaded"] = None
    assert "modules" not in told(verify(first, then))


def test_verify_of_two_machines_says_so(before: Document, after: Document) -> None:
    after = {**after, "host": {**after["host"], "name": "other"}}
    assert told(verify(before, after))["host"][0] is CheckStatus.WARN


def test_diff_judges_nothing(before: Document, knowledge: KnowledgeBase) -> None:
    other = scan(
        machine("6.12.90+deb13-amd64", build=dated("6.12.90-1"), devices=(C574,)), knowledge
    )
    compared = diff(before, other)
    assert {check.status for check in compared.checks} == {CheckStatus.OK}
    assert "Intel I210 (enp3s0) is gone" in {check.message for check in compared.checks}
    assert compared.opened


def test_comparison_is_written_as_json(before: Document, after: Document) -> None:
    document = json.loads(json.dumps(comparison_document(verify(before, after))))
    assert document["schema"] == "advisor.compare/1"
    assert document["before"]["release"] == "6.12.94+deb13-amd64"
    assert document["closed"][0]["id"].startswith("CVE-")


@pytest.mark.parametrize(
    "wrong", [None, [], {}, {"schema": 7}, {"schema": "advisor.scan"}, "advisor.scan/1"], ids=repr
)
def test_what_is_not_a_scan_is_refused(wrong: object, before: Document) -> None:
    with pytest.raises(AdvisorError) as caught:
        verify(before, wrong)
    assert caught.value.status is ExitStatus.BAD_DATA


@pytest.mark.parametrize(
    "junk", [None, 7, "x", [], {}, [None, 3], [{"id": 5}], {"a": [1]}], ids=repr
)
def test_hostile_scan_gives_a_comparison_all_the_same(junk: object, before: Document) -> None:
    for key in before:
        if key != "schema":
            verify({**before, key: junk}, before)
            diff(before, {**before, key: junk})
