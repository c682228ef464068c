"""Curated entries made for the purpose, each held against a machine: what one word decides."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from advisor.assess import Weigher
from advisor.assess.curated import CuratedWeigher, Held, annotate, facts_of
from advisor.assess.findings import explain
from advisor.knowledge.store import CuratedRow, KnowledgeBase
from advisor.model.condition import Seen
from advisor.model.finding import Finding, Reach
from advisor.model.fix import Severity
from advisor.model.inventory import Feature, Hardware, Inventory, Modules, Mount
from advisor.model.version import KernelVersion, parse_version
from tests.advise.machine import E1000E, MT7922, feature, machine

RELEASE = "6.12.94+deb13-amd64"
HERE: Mapping[str, object] = {"module": "e1000e"}
NOT_HERE: Mapping[str, object] = {"module": "absent"}
OPEN: Mapping[str, object] = {"unread": "something nobody can read"}
MAINLINE: Mapping[str, object] = {"introduced": {"mainline": "6.1"}, "severity": "high"}


class Told(KnowledgeBase):
    """A knowledge base with one curated entry, that lives in every kernel."""

    row = CuratedRow(1, "made-up", "regression", "{}")
    body: Mapping[str, object] = MAINLINE

    def curated_open_in(self, version: KernelVersion) -> tuple[CuratedRow, ...]:
        del version
        return (self.row,)

    def curated_bodies(self, numbers: Collection[int]) -> dict[int, dict[str, object]]:
        return {n: dict(self.body) for n in numbers}


def hold(
    database: Path,
    inventory: Inventory,
    *,
    kind: str = "regression",
    when: Mapping[str, object] = HERE,
    body: Mapping[str, object] | None = None,
    version: str = "6.12.94",
    vendor: str = "",
    package: str = "",
) -> Held:
    knowledge = Told(database)
    knowledge.row = CuratedRow(1, "made-up", kind, json.dumps(when))
    knowledge.body = {**MAINLINE, **(body or {})}
    parsed = parse_version(version)
    assert parsed is not None
    weigher = CuratedWeigher(inventory, knowledge, Weigher(inventory, knowledge))
    return weigher.hold(parsed, vendor=vendor, package_version=package)


def verdict(held: Held) -> str:
    found = ["lives" for _ in held.findings] + ["undecided" for _ in held.undecided]
    return " ".join(found) or "nothing"


def only(held: Held) -> Finding:
    (finding,) = held.findings
    return finding


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        pytest.param("regression", {}, "lives", id="a regression"),
        pytest.param("regression", {"cves": ["CVE-2026-1"]}, "lives", id="one with a CVE, too"),
        pytest.param("fix", {}, "lives", id="a fix without a CVE"),
        pytest.param("fix", {"cves": ["CVE-2026-1"]}, "nothing", id="a fix that counts as a CVE"),
        pytest.param("topic", {}, "nothing", id="a name for several"),
        pytest.param("regression", {"introduced": {}}, "undecided", id="its beginning is unknown"),
        pytest.param("behaviour", {"introduced": {}}, "lives", id="no regression: since ever"),
    ],
)
def test_entry_is_told_by_its_kind(
    kind: str, body: Mapping[str, object], expected: str, database: Path
) -> None:
    assert verdict(hold(database, machine(RELEASE), kind=kind, body=body)) == expected


@pytest.mark.parametrize(
    ("body", "version", "expected"),
    [
        pytest.param({"introduced": {"6.12": "6.12.9"}}, "6.12.94", "lives", id="its branch"),
        pytest.param({"introduced": {"6.12": "6.12.9"}}, "6.6.9", "nothing", id="another branch"),
        pytest.param({"fixed": {"6.12": "6.12.99"}}, "6.6.9", "lives", id="begun in mainline"),
        pytest.param(
            {"introduced": {"6.1": "6.1.9"}, "fixed": {"mainline": "7.1"}}, "6.12.94", "lives",
            id="mended in mainline",
        ),
        pytest.param(
            {"introduced": {"6.1": "6.1.9"}, "unfixed": ["6.12"]}, "6.12.94", "lives",
            id="named as not mended",
        ),
        pytest.param(
            {"introduced": {}, "fixed": {"6.12": "6.12.99"}}, "6.12.94", "undecided",
            id="only its end is known",
        ),
        pytest.param(
            {"introduced": {}, "fixed": {"6.1": "6.1.9"}}, "6.12.94", "nothing",
            id="the end in another branch",
        ),
        pytest.param({"introduced": {}}, "6.12.94", "undecided", id="nothing is known"),
    ],
)  # fmt: skip
def test_entry_speaks_about_the_branches_it_names(
    body: Mapping[str, object], version: str, expected: str, database: Path
) -> None:
    assert verdict(hold(database, machine(RELEASE), body=body, version=version)) == expected


@pytest.mark.parametrize(
    ("when", "expected"), [(HERE, "lives"), (NOT_HERE, "nothing"), (OPEN, "undecided"), ({}, "undecided")]
)  # fmt: skip
def test_entry_concerns_a_machine_as_its_condition_says(
    when: Mapping[str, object], expected: str, database: Path
) -> None:
    assert verdict(hold(database, machine(RELEASE), when=when)) == expected


@pytest.mark.parametrize(
    ("config", "kconfig", "when", "expected"),
    [
        pytest.param({"A": "n"}, ["A", "B"], OPEN, "nothing", id="all of it off"),
        pytest.param({"A": "n", "B": "m"}, ["A", "B"], OPEN, "undecided", id="one is a module"),
        pytest.param({"A": "y"}, ["A"], OPEN, "undecided", id="it is on"),
        pytest.param({"A": "n"}, [], OPEN, "undecided", id="no option is named"),
        pytest.param(None, ["A"], OPEN, "undecided", id="options were not read"),
        pytest.param({"A": "n"}, ["A"], HERE, "lives", id="it is here all the same"),
    ],
)
def test_open_question_about_code_that_was_not_built_is_none(
    config: Mapping[str, str] | None,
    kconfig: list[str],
    when: Mapping[str, object],
    expected: str,
    database: Path,
) -> None:
    inventory = machine(RELEASE, config=config)
    assert verdict(hold(database, inventory, when=when, body={"kconfig": kconfig})) == expected


@pytest.mark.parametrize(
    ("vendor", "package", "known", "expected"),
    [
        pytest.param("debian", "6.12.90-1", {}, "nothing", id="its package has the cure"),
        pytest.param("debian", "6.12.90-2", {}, "nothing", id="a later one has it, too"),
        pytest.param("debian", "6.12.89-1", {}, "lives", id="an earlier one has not"),
        pytest.param("debian", "", {}, "lives", id="its package is not known"),
        pytest.param("", "6.12.90-1", {"distro": ""}, "lives", id="its vendor is not known"),
        pytest.param("arch", "6.12.90-1", {}, "lives", id="another vendor's"),
        pytest.param("debian", "6.12.90-1", {"status": "affected"}, "lives", id="affected"),
        pytest.param("debian", "7.1.2-1", {"version": "7.0.9-1"}, "lives", id="another series'"),
    ],
)
def test_package_that_has_the_cure_early_is_free_of_the_trouble(
    vendor: str, package: str, known: Mapping[str, str], expected: str, database: Path
) -> None:
    mended = {"distro": "debian", "version": "6.12.90-1", "status": "fixed", **known}
    body = {"distributions": [mended]}
    held = hold(database, machine(RELEASE), body=body, vendor=vendor, package=package)
    assert verdict(held) == expected


def test_trouble_is_active_where_what_it_names_is_in_use(database: Path) -> None:
    here = machine(
        RELEASE, devices=(E1000E, MT7922._replace(modalias="")), loaded=("dummy",),
        mounts=(Mount("/", "ext4", "/dev/a", mounted=True), Mount("/srv", "xfs", "/dev/b", mounted=True)),
        features=(feature("kvm-host"), feature("af-xdp"), feature("io-uring")._replace(state="idle")),
    )  # fmt: skip
    tests: dict[str, tuple[Mapping[str, object], Reach, str]] = {
        "a device": ({"device": "pci:v00008086d000015B8*"}, Reach.ACTIVE, "pci:0000:00:1f.6 is one"),
        "a filesystem": ({"filesystem": "xfs"}, Reach.ACTIVE, "/srv is of type xfs"),
        "a feature": ({"feature": "af-xdp"}, Reach.ACTIVE, "af-xdp is in use"),
        "a module": ({"module": "dummy"}, Reach.LOADED, "dummy is loaded"),
        "an idle feature": ({"feature": "io-uring"}, Reach.LOADED, "dummy is loaded"),
        "a filesystem by the name of a module": ({"module": "xfs"}, Reach.LOADED, "dummy is loaded"),
    }  # fmt: skip
    for name, (test, reach, how) in tests.items():
        when = {"any_of": [test, {"module": "dummy"}]}
        finding = only(hold(database, here, when=when, body={"modules": ["dummy"]}))
        assert finding.reached.reach is reach, name
        assert finding.reached.how.startswith(how), name
    used = only(hold(database, here, when={"feature": "af-xdp"}, body={"modules": ["dummy"]}))
    assert used.reached.features == ("af-xdp",)


def test_trouble_without_a_module_is_the_kernels_own(database: Path) -> None:
    finding = only(hold(database, machine(RELEASE), body={"files": ["mm/mremap.c"]}))
    assert (finding.reached.reach, finding.reached.module) == (Reach.ACTIVE, "vmlinux")
    assert "mm/mremap.c" in finding.reached.how
    assert "the kernel is core code" in only(hold(database, machine(RELEASE))).reached.how


@pytest.mark.parametrize(
    ("kconfig", "expected"),
    [
        pytest.param(["A", "B"], Reach.UNKNOWN, id="an option for each module"),
        pytest.param(["C"], Reach.UNKNOWN, id="one option for two modules decides over none"),
        pytest.param(["C", "D"], Reach.ABSENT, id="both are off"),
    ],
)
def test_options_of_trouble_decide_over_the_modules_they_stand_for(
    kconfig: list[str], expected: Reach, database: Path
) -> None:
    here = machine(RELEASE, config={"A": "m", "C": "n", "D": "n"})
    lists = here.modules._replace(loaded=None, available=None, builtin=None)
    body = {"modules": ["one", "two"], "kconfig": kconfig}
    found = hold(
        database, here._replace(modules=lists), when={"arch": "x86_64"}, kind="fix", body=body
    )
    if expected is Reach.ABSENT:
        assert only(found).reached.reach is Reach.ABSENT
    else:
        assert only(found).reached.reach is not Reach.ABSENT


@pytest.mark.parametrize(
    ("severity", "score"),
    [("critical", 95), ("high", 80), ("medium", 55), ("low", 25), ("none", 0), ("odd", 0)],
)
def test_severity_of_an_entry_is_its_word(severity: str, score: int, database: Path) -> None:
    finding = only(hold(database, machine(RELEASE), body={"severity": severity}))
    assert finding.score == score
    assert finding.severity is (Severity.NONE if severity == "odd" else Severity(severity))
    assert finding.estimated
    scored = only(hold(database, machine(RELEASE), body={"severity_source": "cvss"}))
    assert not scored.estimated


READ = Modules(
    loaded={"lo_aded": True},
    builtin=frozenset({"built_in", "driver"}),
    available=frozenset(),
    bound=frozenset({"bo_und"}),
    needs={},
    builtin_drivers=frozenset({"driver"}),
)


def test_modules_that_are_here_are_those_at_work_and_not_every_driver_in_the_image() -> None:
    inventory = machine(RELEASE, devices=(MT7922,))._replace(modules=READ)
    assert facts_of(inventory).modules.values == {"lo_aded", "built_in", "bo_und", "btusb", "btmtk"}


@pytest.mark.parametrize(
    ("modules", "complete"),
    [
        pytest.param(READ, True, id="both lists were read"),
        pytest.param(READ._replace(loaded=None), False, id="the loaded were not"),
        pytest.param(READ._replace(builtin=None), False, id="the built-in were not"),
    ],
)
def test_module_that_no_list_names_is_missing_only_where_both_were_read(
    modules: Modules, complete: bool, database: Path
) -> None:
    inventory = machine(RELEASE)._replace(modules=modules)
    assert facts_of(inventory).modules.complete is complete
    held = hold(database, inventory, when={"module": "not_here"})
    assert verdict(held) == ("nothing" if complete else "undecided")


def test_devices_and_disks_that_are_here_are_all_where_the_buses_were_read() -> None:
    inventory = machine(RELEASE, devices=(E1000E, MT7922._replace(modalias="")))
    unread = facts_of(inventory)
    assert unread.devices == Seen(frozenset({E1000E.modalias}), complete=False)
    assert unread.disks == Seen(frozenset(), complete=False)
    hardware = Hardware(frozenset({"pci:one"}), ())
    facts = facts_of(inventory._replace(hardware=hardware))
    assert facts.devices == Seen(frozenset({"pci:one", E1000E.modalias}), complete=True)
    assert facts.disks == Seen(frozenset(), complete=True)
    with_disk = facts_of(inventory._replace(hardware=hardware._replace(disks=("WDC",))))
    assert with_disk.disks.values == {"WDC"}


def test_features_are_in_use_configured_open_or_not() -> None:
    states = {"in-use": True, "configured": True, "open": True, "idle": False}
    features = tuple(Feature(state, state, (), "", state) for state in states)
    inventory = machine(RELEASE, features=features)
    inventory = inventory._replace(features_read=frozenset({*states, "kvm-host"}))
    assert facts_of(inventory).features == {**states, "kvm-host": False}


def test_cve_takes_the_words_of_the_entry_that_is_about_the_fewest(database: Path) -> None:
    class Speaking(KnowledgeBase):
        def curated_for(self, cves: Collection[str]) -> dict[str, tuple[str, ...]]:
            return dict.fromkeys(cves, ("broad", "narrow"))

        def curated(self, name: str) -> dict[str, object] | None:
            cves = ["CVE-2023-2", "CVE-2023-1"] if name == "broad" else self.narrow
            return {"title": f"{name} title", "summary": f"{name} summary", "cves": cves}

        narrow: tuple[str, ...] | list[str] = ()

    knowledge, inventory = Speaking(database), machine(RELEASE)
    plain = explain("CVE-2023-52340", inventory, knowledge, Weigher(inventory, knowledge))
    assert plain is not None
    knowledge.narrow = ["CVE-2023-52340"]
    (told,) = annotate([plain], knowledge)
    assert (told.title, told.summary) == ("narrow title", "narrow summary")
    knowledge.narrow = ["CVE-2023-2", "CVE-2023-3", "CVE-2023-4"]
    (told,) = annotate([plain], knowledge)
    assert (told.title, told.summary) == (plain.title, "broad summary")
