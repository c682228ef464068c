"""Both sides of a candidate, counted over a knowledge base of a few records."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from advisor.advise.case import Case
from advisor.advise.judge import Judge, Judged, doubt_of_series, weight_of
from advisor.advise.offers import Offer
from advisor.assess import Weigher, assess
from advisor.knowledge.build.database import compile_database
from advisor.knowledge.facts import SeriesFacts
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Origin
from advisor.model.finding import Finding, Reach, Status, Tally
from advisor.model.inventory import Inventory
from advisor.model.version import Series, parse_version
from tests.advise.machine import TODAY, dated, installed, machine
from tests.knowledge.small import parts, record, release

CORE, IDLE, DISK, LATER, NEWER, NOTED = (f"CVE-2026-{1000 + n}" for n in range(6))
RECORDS = (
    record(CORE, "6.1:6.12.50", "6.1:7.0", files=["kernel/core.c"], score=98),
    record(IDLE, "6.1:6.12.60", "6.1:7.0", score=55),
    record(DISK, "6.1:6.12.50", "6.1:7.0", files=["fs/smb/client/connect.c"], score=71),
    record(LATER, "6.12.55:6.12.70", "6.18:7.0", files=["kernel/core.c"], score=75),
    record(NEWER, "7.0:7.1.5", "7.0:7.2", files=["kernel/core.c"], score=25),
)
DEBIAN = "6.12.40+deb13-amd64"
OTHER_CODE = "code that only this series has, or is built with, is not counted"


def knowledge_of(path: Path, *, released: str = "2026-05-01") -> KnowledgeBase:
    series = (
        SeriesFacts(Series(6, 12), "2024-11-17", True, "2028-12", None),
        SeriesFacts(Series(7, 1), released, False, "", None),
    )
    whole = parts(*RECORDS, releases=[release("6.12.60", NOTED)])
    compile_database(path / "kb", whole._replace(series=series))
    return KnowledgeBase(path / "kb")


@pytest.fixture
def small(tmp_path: Path) -> KnowledgeBase:
    return knowledge_of(tmp_path)


def host(text: str = DEBIAN, *, changelog: tuple[str, ...] = ()) -> Inventory:
    build = dated("6.12.40-1") if text == DEBIAN else ""
    distro = "debian" if text == DEBIAN else "rocky"
    made = machine(text, build=build, distro=distro, loaded=("one",), changelog=changelog)
    return made._replace(autoload=made.autoload._replace(dependents={}))


def judge(
    knowledge: KnowledgeBase,
    upstream: str,
    *,
    inventory: Inventory | None = None,
    cves: Collection[str] = (),
    backports: bool = False,
    older: bool = False,
) -> Judged:
    inventory = inventory or host()
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher)
    offer = Offer(
        f"{upstream or 'x'}-new", "", "", parse_version(upstream), backports=backports, why="its own way",
        origin=Origin.OFFERED, source="", older=older, cves=frozenset(cves), cves_source="its list",
    )  # fmt: skip
    return Judge(Case(inventory, assessment, knowledge, weigher, TODAY)).judge(offer)


def ids(findings: tuple[Finding, ...]) -> list[str]:
    return [one.id for one in findings]


def total(tally: Tally | None) -> tuple[int, int]:
    assert tally is not None
    return (tally.total, tally.reaching)


def test_update_of_a_series_closes_what_it_mends_and_opens_what_came_with_it(
    small: KnowledgeBase,
) -> None:
    judged = judge(small, "6.12.60")
    candidate = judged.candidate
    assert candidate.judged
    assert ids(candidate.closes_findings) == ids(judged.closed) == [CORE, IDLE]
    assert ids(candidate.opens_findings) == [LATER]
    assert candidate.opens_findings[0].status is Status.AFFECTED
    assert candidate.opens_findings[0].evidence == "open in upstream 6.12.60"
    assert (total(candidate.closes), total(candidate.opens)) == ((4, 2), (1, 1))
    assert total(candidate.remaining) == (1, 1)
    assert judged.left == 10 * 4
    assert (candidate.doubt, judged.thin, str(candidate.horizon)) == ("", False, "6.12.70")


def test_part_of_an_update_leaves_the_rest_open(small: KnowledgeBase) -> None:
    judged = judge(small, "6.12.50")
    assert ids(judged.closed) == [CORE]
    assert (total(judged.candidate.closes), total(judged.candidate.opens)) == ((2, 1), (0, 0))
    assert total(judged.candidate.remaining) == (2, 1)
    assert judged.left == 3 * 2


def test_another_series_closes_nothing_of_which_no_source_speaks_there(
    small: KnowledgeBase,
) -> None:
    judged = judge(small, "7.1")
    candidate = judged.candidate
    assert ids(judged.closed) == [CORE, IDLE]
    assert (total(candidate.closes), total(candidate.opens)) == ((3, 2), (1, 1))
    assert ids(candidate.opens_findings) == [NEWER]
    assert judged.left == 1 * 4
    assert candidate.doubt == OTHER_CODE


def test_end_of_the_knowledge_is_a_doubt(small: KnowledgeBase) -> None:
    assert judge(small, "6.12.70").candidate.doubt == ""
    beyond = judge(small, "6.12.71")
    assert beyond.candidate.doubt.startswith("the knowledge ends at 6.12.70")
    assert not beyond.thin
    assert judge(small, "7.1.6").candidate.doubt.startswith("the knowledge ends at 7.1.5")
    nothing = judge(small, "7.9")
    assert nothing.candidate.doubt.startswith("no record speaks about the 7.9 series")
    assert nothing.thin


@pytest.mark.parametrize(
    ("released", "doubt"),
    [
        ("2026-06-22", ""),
        ("2026-06-23", "the 7.1 series was 59 days old when the knowledge was taken"),
        ("2026-08-21", "the 7.1 series was 0 days old when the knowledge was taken"),
        ("2026-08-22", "the 7.1 series came out after the knowledge was taken"),
        ("one day", "the 7.1 series is too new for the knowledge"),
    ],
)
def test_young_series_is_doubted(released: str, doubt: str, tmp_path: Path) -> None:
    knowledge = knowledge_of(tmp_path, released=released)
    assert doubt_of_series(knowledge, Series(7, 1)).partition(": ")[0] == doubt
    assert judge(knowledge, "7.1.9").thin is bool(doubt)
    assert doubt_of_series(knowledge, Series(7, 0)).startswith("the 7.0 series is too new")


def test_candidates_own_changelog_mends_what_its_number_does_not(small: KnowledgeBase) -> None:
    judged = judge(small, "6.12.50", cves=(IDLE,))
    assert ids(judged.closed) == [CORE, IDLE]
    assert total(judged.candidate.remaining) == (1, 0)


def test_what_the_running_kernel_got_early_its_next_update_has_too(small: KnowledgeBase) -> None:
    early = host(changelog=(IDLE,))
    same = judge(small, "6.12.50", inventory=early)
    assert (total(same.candidate.opens), total(same.candidate.remaining)) == ((0, 0), (1, 0))
    for text, older in (("6.6.9", False), ("6.12.30", True)):
        other = judge(small, text, inventory=early, older=older)
        assert ids(other.candidate.opens_findings) == [IDLE], text


def test_changelog_of_the_running_package_counts_and_of_another_does_not(
    small: KnowledgeBase,
) -> None:
    plain = host()
    for name, left in ((DEBIAN, 0), ("6.12.39+deb13-amd64", 1)):
        packages = plain.packages._replace(installed=(installed(name, cves=(IDLE,)),))
        judged = judge(small, "6.12.50", inventory=plain._replace(packages=packages))
        assert total(judged.candidate.remaining) == (1 + left, left), name


def test_same_version_on_a_backporters_shelf_is_counted_from_changelogs_alone(
    small: KnowledgeBase,
) -> None:
    for backports, older in ((True, False), (False, True)):
        told = judge(small, "6.12.40", backports=backports, older=older, cves=(CORE, LATER))
        assert not told.candidate.judged
        assert ids(told.closed) == [CORE]
        assert told.closed[0].status is Status.UNKNOWN
        assert total(told.candidate.closes) == (1, 1)
        assert told.closed[0].evidence.startswith("named for it by its list, and not for the runn")
        silent = judge(small, "6.12.40", backports=backports, older=older)
        assert (silent.candidate.judged, silent.candidate.closes) == (False, None)
        assert silent.candidate.why_not.startswith("it is built from 6.12.40 like the running one")
    plain = judge(small, "6.12.40").candidate
    assert (plain.judged, total(plain.closes), total(plain.opens)) == (True, (0, 0), (0, 0))
    newer = judge(small, "6.12.60", backports=True).candidate
    assert newer.judged


def test_kernel_without_a_number_is_counted_from_what_both_changelogs_name(
    small: KnowledgeBase,
) -> None:
    rocky = "5.14.0-503.23.2.el9_5.x86_64"
    blind = judge(small, "", inventory=host(rocky), cves=(CORE,))
    assert (blind.candidate.closes, blind.candidate.why_not) == (None, "its own way")
    told = judge(small, "", inventory=host(rocky, changelog=(IDLE,)), cves=(CORE, IDLE))
    assert ids(told.closed) == [CORE]
    assert "changelog.Debian.gz" in told.closed[0].evidence
    nothing = judge(small, "", inventory=host(rocky, changelog=(CORE,)), cves=(CORE,))
    assert (nothing.closed, nothing.candidate.closes) == ((), None)
    open_here = judge(small, "", cves=(CORE, LATER))
    assert ids(open_here.closed) == [CORE]
    assert open_here.closed[0].evidence.endswith("not for the running kernel by its changelog")


@pytest.mark.parametrize(
    ("source", "own", "closed"),
    [
        pytest.param("changelog", (), [CORE], id="its changelog names none"),
        pytest.param("", (IDLE,), [CORE], id="its package's changelog was read"),
        pytest.param("changelog", (CORE,), [], id="both were"),
        pytest.param("", (), [], id="nothing was read"),
    ],
)
def test_two_changelogs_are_compared_only_where_both_were_read(
    source: str, own: tuple[str, ...], closed: list[str], small: KnowledgeBase
) -> None:
    rocky = host("5.14.0-503.23.2.el9_5.x86_64")
    release = rocky.kernel.identity.release
    kernels = (installed(release, cves=own),)
    packages = rocky.packages._replace(changelog_source=source, installed=kernels)
    judged = judge(small, "", inventory=rocky._replace(packages=packages), cves=(CORE,))
    assert ids(judged.closed) == closed


def test_end_of_life_of_a_series_is_told(small: KnowledgeBase) -> None:
    assert judge(small, "6.12.50").candidate.eol == "2028-12"
    assert judge(small, "7.0").candidate.eol == ""


def test_nothing_is_set_against_a_running_kernel_that_is_not_known(small: KnowledgeBase) -> None:
    alone = judge(small, "6.12.50", inventory=host("5.14.0-503.23.2.el9_5.x86_64"))
    assert (alone.candidate.judged, alone.closed, alone.left) == (False, (), None)
    assert total(alone.candidate.remaining) == (2, 1)
    assert alone.candidate.why_not.startswith("what the running kernel lacks is not known")


@pytest.mark.parametrize(
    ("score", "reach", "weight"),
    [
        (90, Reach.ACTIVE, 160),
        (89, Reach.ACTIVE, 40),
        (70, Reach.LOADED, 20),
        (69, Reach.LOADED, 6),
        (40, Reach.ON_DEMAND, 3),
        (39, Reach.ON_DEMAND, 1),
        (0, Reach.ACTIVE, 4),
        (98, Reach.UNKNOWN, 0),
        (98, Reach.DORMANT, 0),
        (98, Reach.ABSENT, 0),
    ],
)
def test_missing_fix_weighs_by_severity_and_nearness(score: int, reach: Reach, weight: int) -> None:
    assert weight_of(score, reach) == weight
