"""Which fixes the running kernel lacks: what is counted, what is told, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.assess import Weigher
from advisor.assess.findings import assess, explain
from advisor.knowledge.build.database import compile_database
from advisor.knowledge.reference import Exploited
from advisor.knowledge.store import KnowledgeBase
from advisor.model.finding import Assessment, Finding, Reach, Status
from advisor.model.fix import Severity
from advisor.model.inventory import Inventory
from tests.advise.machine import dated, machine
from tests.knowledge.small import parts, record, release

CORE, LOADED, DISK, NO_TREE, PAPER, EXPLOITED, CHANGELOG = (
    f"CVE-2026-{1000 + n}" for n in range(7)
)
RANGE = "6.1:6.12.50"
RECORDS = (
    record(CORE, RANGE, files=["kernel/core.c"], score=98),
    record(LOADED, RANGE, score=55, bug="use-after-free"),
    record(DISK, RANGE, files=["fs/smb/client/connect.c"], score=71),
    record(NO_TREE, RANGE, files=["gone.c"], score=75, bug="unknown"),
    record(PAPER, RANGE, files=["Documentation/index.rst"], score=91),
    record(EXPLOITED, RANGE, score=42),
)
DEBIAN = "6.12.40+deb13-amd64"


@pytest.fixture
def small(tmp_path: Path) -> KnowledgeBase:
    whole = parts(*RECORDS, releases=[release("6.12.60", CHANGELOG)])
    known = Exploited(EXPLOITED, "2026-05-01")
    compile_database(tmp_path / "kb", whole._replace(exploited=(known,)))
    return KnowledgeBase(tmp_path / "kb")


def host(text: str = DEBIAN, *, changelog: tuple[str, ...] = ()) -> Inventory:
    build = dated("6.12.40-1") if text == DEBIAN else ""
    distro = "debian" if text == DEBIAN else "amzn"
    made = machine(text, build=build, distro=distro, loaded=("one",), changelog=changelog)
    return made._replace(autoload=made.autoload._replace(dependents={}))


def assessed(
    inventory: Inventory, knowledge: KnowledgeBase, *, doubtful: bool = False
) -> Assessment:
    return assess(inventory, knowledge, Weigher(inventory, knowledge), doubtful=doubtful)


def explained(cve: str, inventory: Inventory, knowledge: KnowledgeBase) -> Finding:
    found = explain(cve, inventory, knowledge, Weigher(inventory, knowledge))
    assert found is not None
    return found


def test_open_fixes_are_counted_by_how_near_and_how_bad(small: KnowledgeBase) -> None:
    tally = assessed(host(), small).tally
    assert tally.total == 7
    assert tally.by_reach == {
        Reach.ACTIVE: 1,
        Reach.LOADED: 2,
        Reach.UNKNOWN: 2,
        Reach.DORMANT: 1,
        Reach.ABSENT: 1,
    }
    assert tally.by_severity == {Severity.CRITICAL: 1, Severity.MEDIUM: 2}
    assert tally.reaching == 3
    assert tally.unlocated == 1


def test_findings_are_those_that_can_run_here_the_exploited_first(small: KnowledgeBase) -> None:
    found = assessed(host(), small).findings
    assert [one.id for one in found] == [EXPLOITED, CORE, LOADED]
    assert {one.status for one in found} == {Status.AFFECTED}
    assert [one.exploited for one in found] == ["2026-05-01", "", ""]
    assert [one.title for one in found] == [
        "leak in one (drivers/net/one.c)",
        "leak in kernel/core.c",
        "use after free in one (drivers/net/one.c)",
    ]


def test_findings_in_doubt_are_told_where_they_are_asked_for(small: KnowledgeBase) -> None:
    found = assessed(host(), small, doubtful=True).findings
    assert [one.id for one in found] == [EXPLOITED, CORE, LOADED, NO_TREE, CHANGELOG]
    assert [one.reached.reach for one in found[3:]] == [Reach.UNKNOWN, Reach.UNKNOWN]
    assert [one.title for one in found[3:]] == ["bug in gone.c", "bug in the kernel"]


def test_what_the_packages_changelog_names_is_not_open(small: KnowledgeBase) -> None:
    plain, told = (
        assessed(host(changelog=names), small) for names in ((), (CORE, "CVE-1999-0001"))
    )
    assert plain.evidence == "upstream 6.12.40, told by uname -v"
    assert told.evidence == (
        f"{plain.evidence}; 1 more are fixed by the package's changelog (changelog.Debian.gz)"
    )
    assert [one.id for one in told.findings] == [EXPLOITED, LOADED]
    assert told.tally.total == plain.tally.total - 1


def test_number_of_a_vendor_that_backports_proves_nothing_open(small: KnowledgeBase) -> None:
    inventory = host("6.12.40-1.amzn2023.x86_64")
    found = assessed(inventory, small)
    assert {one.status for one in found.findings} == {Status.UNKNOWN}
    assert not found.certain
    assert found.evidence.endswith(f"; {inventory.kernel.identity.why}")
    assert assessed(host(), small).certain


def test_kernel_whose_number_tells_nothing_has_no_open_fixes_and_no_certainty(
    small: KnowledgeBase,
) -> None:
    inventory = host("5.14.0-503.23.2.el9_5.x86_64")
    found = assessed(inventory, small)
    assert (found.version, found.horizon, found.certain) == (None, None, False)
    assert (found.findings, found.tally.total) == ((), 0)
    assert found.evidence == inventory.kernel.identity.why
    assert explained(CORE, inventory, small).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("cve", "status", "reach"),
    [
        (CORE, Status.AFFECTED, Reach.ACTIVE),
        (LOADED, Status.FIXED, Reach.LOADED),
        (DISK, Status.AFFECTED, Reach.DORMANT),
        (CHANGELOG, Status.UNKNOWN, Reach.UNKNOWN),
    ],
)
def test_one_fix_is_explained_by_the_changelog_or_by_the_ranges(
    cve: str, status: Status, reach: Reach, small: KnowledgeBase
) -> None:
    found = explained(cve, host(changelog=(LOADED,)), small)
    assert (found.status, found.reached.reach) == (status, reach)
    assert ("changelog.Debian.gz" in found.evidence) is (cve == LOADED)


def test_fix_that_is_not_on_record_is_not_explained(small: KnowledgeBase) -> None:
    inventory = host()
    assert explain("CVE-1999-0001", inventory, small, Weigher(inventory, small)) is None
