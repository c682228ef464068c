"""Known trouble on both sides of the scale, with entries made for the purpose."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from advisor.advise.case import Case
from advisor.advise.offers import Offer
from advisor.advise.trouble import Sides, Trouble, is_outage
from advisor.assess import Weigher, tally
from advisor.knowledge.store import CuratedRow, KnowledgeBase
from advisor.model.advice import Origin
from advisor.model.finding import Assessment, Finding, Reach, Reached, Status
from advisor.model.fix import Severity
from advisor.model.inventory import Inventory
from advisor.model.packages import DkmsModule
from advisor.model.version import KernelVersion, parse_version
from tests.advise.machine import TODAY, dated, machine

RELEASE = "6.12.40+deb13-amd64"
HERE: Mapping[str, object] = {"arch": "x86_64"}
OPEN: Mapping[str, object] = {"unread": "something nobody can read"}
BODY: Mapping[str, object] = {
    "title": "Trouble",
    "introduced": {"mainline": "6.1"},
    "severity": "high",
    "modules": ["e1000e"],
}


class Told(KnowledgeBase):
    """A knowledge base of one curated entry, that lives in some kernels."""

    row = CuratedRow(1, "made-up", "regression", json.dumps(HERE))
    body: Mapping[str, object] = BODY
    living: tuple[str, ...] = ()

    def curated_open_in(self, version: KernelVersion) -> tuple[CuratedRow, ...]:
        return (self.row,) if str(version) in self.living else ()

    def curated_bodies(self, numbers: Collection[int]) -> dict[int, dict[str, object]]:
        return {n: dict(self.body) for n in numbers}


def trouble(
    database: Path,
    *living: str,
    kind: str = "regression",
    when: Mapping[str, object] = HERE,
    inventory: Inventory | None = None,
    **body: object,
) -> Trouble:
    knowledge = Told(database)
    knowledge.row = CuratedRow(1, "made-up", kind, json.dumps(when))
    knowledge.body, knowledge.living = {**BODY, **body}, living
    inventory = inventory or machine(RELEASE, build=dated("6.12.40-1"))
    assessment = Assessment(None, None, False, {}, (), tally({}), "")
    return Trouble(Case(inventory, assessment, knowledge, Weigher(inventory, knowledge), TODAY))


def sides(found: Trouble, upstream: str = "6.12.60") -> str:
    version = parse_version(upstream)
    offer = Offer("x", "", "", version, backports=False, why="", origin=Origin.OFFERED, source="")
    told: Sides = found.sides(offer)
    names = {"lives": told.lives, "fresh": told.fresh, "cures": told.cures}
    return " ".join(name for name, listed in names.items() if listed)


def test_trouble_is_brought_kept_or_ended(database: Path) -> None:
    assert sides(trouble(database, "6.12.60")) == "lives fresh"
    assert sides(trouble(database, "6.12.40", "6.12.60")) == "lives"
    assert sides(trouble(database, "6.12.40")) == "cures"
    assert sides(trouble(database)) == ""
    assert sides(trouble(database, "6.12.40", "6.12.60"), "") == ""


@pytest.mark.parametrize(
    ("kind", "severity", "module", "notable"),
    [
        ("regression", "critical", "e1000e", True),
        ("regression", "high", "e1000e", True),
        ("regression", "medium", "e1000e", True),
        ("regression", "low", "e1000e", False),
        ("regression", "high", "dummy", False),
        ("behaviour", "medium", "e1000e", True),
        ("fix", "critical", "e1000e", True),
        ("fix", "high", "e1000e", True),
        ("fix", "medium", "e1000e", False),
    ],
)
def test_trouble_is_told_where_it_is_bad_and_in_use(
    kind: str, severity: str, module: str, notable: bool, database: Path
) -> None:
    there = trouble(database, "6.12.60", kind=kind, severity=severity, modules=[module])
    here = trouble(database, "6.12.40", kind=kind, severity=severity, modules=[module])
    assert (sides(there), sides(here)) == (("lives fresh", "cures") if notable else ("", ""))


@pytest.mark.parametrize(
    ("modules", "foreign", "built", "fresh"),
    [
        pytest.param(["e1000e"], {"e1000e": "O"}, "zfs", False, id="from elsewhere"),
        pytest.param(["e1000e"], {}, "e1000e", False, id="by DKMS"),
        pytest.param(["e1000e"], {}, "zfs", True, id="another by DKMS"),
        pytest.param([], {}, "e1000e", True, id="the kernel's own"),
    ],
)
def test_trouble_of_a_module_that_is_built_apart_is_not_the_kernels_to_bring(
    modules: list[str], foreign: dict[str, str], built: str, fresh: bool, database: Path
) -> None:
    dkms = (DkmsModule(built, "3"), DkmsModule("other", "1"))
    here = machine(RELEASE, build=dated("6.12.40-1"), out_of_tree=foreign, dkms=dkms)
    when: dict[str, object] = {"any_of": [{"module": "e1000e"}, {"filesystem": "ext4"}]}
    found = trouble(database, "6.12.60", inventory=here, when=when, modules=modules)
    assert sides(found) == ("lives fresh" if fresh else "lives")


@pytest.mark.parametrize(
    ("kind", "severity", "told"),
    [
        ("regression", "critical", True),
        ("regression", "high", True),
        ("regression", "medium", False),
        ("fix", "high", False),
    ],
)
def test_trouble_in_doubt_is_told_where_it_is_bad(
    kind: str, severity: str, told: bool, database: Path
) -> None:
    found = trouble(database, "6.12.40", kind=kind, severity=severity, when=OPEN).unknowns()
    assert bool(found) is told


def test_trouble_in_doubt_says_whom_it_concerns_or_what_is_open(database: Path) -> None:
    named = trouble(database, "6.12.40", when=OPEN, concerns={"text": "Boards of X"}).unknowns()
    assert [one.why for one in named] == ["it concerns boards of X"]
    assert named[0].what == "whether this machine is concerned by: Trouble"
    bare = trouble(database, "6.12.40", when=OPEN).unknowns()
    assert [one.why for one in bare] == ["not read"]
    since = trouble(database, "6.12.40", introduced={}).unknowns()
    assert [one.why for one in since] == ["since which release it lives is not known"]
    assert trouble(database, "6.12.60", when=OPEN).unknowns() == ()


def outage(**change: object) -> bool:
    one = Finding(
        "x", "regression", "it", Status.AFFECTED, "", Reached(Reach.ACTIVE, "one", "so"), "", "", 80,
        Severity.HIGH, estimated=True,
    )  # fmt: skip
    values: dict[str, object] = {**one._asdict(), **change}
    return is_outage(Finding._make(values.values()))


def test_outage_is_a_bad_regression_in_use_that_is_not_counted_as_a_cve() -> None:
    assert outage()
    assert outage(severity=Severity.CRITICAL)
    assert outage(kind="removal")
    assert not outage(severity=Severity.MEDIUM)
    assert not outage(kind="fix")
    assert not outage(cves=("CVE-2026-1",))
    assert not outage(reached=Reached(Reach.LOADED, "one", "so"))
