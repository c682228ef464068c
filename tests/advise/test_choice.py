"""What the policy's tables get to see of a machine and its judged kernels."""

from __future__ import annotations

import pytest

from advisor.advise.case import Case
from advisor.advise.judge import Judged
from advisor.advise.offers import Offer
from advisor.advise.situation import Choice, choose
from advisor.advise.values import Target
from advisor.assess import Weigher, tally
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Candidate, Lost, Origin
from advisor.model.finding import Assessment, Finding, Reach, Reached, Status
from advisor.model.fix import Severity
from advisor.model.inventory import Inventory
from advisor.model.version import parse_version
from tests.advise.machine import TODAY, dated, debian, machine

RELEASE = "6.12.40+deb13-amd64"
REMOTE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
GONE = Lost("pci:1", "a card", "card", "gone", certain=True)


def finding(
    severity: Severity = Severity.MEDIUM,
    reach: Reach = Reach.ACTIVE,
    *,
    kind: str = "fix",
    cvss: str = "",
    exploited: str = "",
    estimated: bool = False,
) -> Finding:
    return Finding(
        "CVE-2026-1000", kind, "it", Status.AFFECTED, "", Reached(reach, "one", "so"), "", "", 1, severity,
        estimated, cvss=cvss, exploited=exploited,
    )  # fmt: skip


OUTAGE = finding(Severity.HIGH, kind="regression")
NUISANCE = finding(kind="regression")


def kernel(
    upstream: str = "6.12.60",
    closed: tuple[Finding, ...] = (finding(),),
    *,
    release: str = "",
    origin: Origin = Origin.OFFERED,
    older: bool = False,
    opt_in: bool = False,
    same_build: bool = False,
    cures: tuple[Finding, ...] = (),
    lost: tuple[Lost, ...] = (),
    counted: bool = True,
    left: int | None = 9,
    thin: bool = False,
    horizon: str = "99.9",
    eol: str = "",
) -> Judged:
    version = parse_version(upstream)
    name = release or f"{upstream}-new"
    offer = Offer(
        name, "", "", version, backports=False, why="", origin=origin, source="", older=older,
        opt_in=opt_in, same_build=same_build,
    )  # fmt: skip
    candidate = Candidate(
        name, "", "", version, origin, "", counted, cures=cures, lost=lost, eol=eol,
        horizon=parse_version(horizon),
    )  # fmt: skip
    return Judged(offer, candidate, closed, left, thin=thin)


def chosen(
    knowledge: KnowledgeBase,
    *kernels: Judged,
    inventory: Inventory | None = None,
    trouble: tuple[Finding, ...] = (),
    findings: tuple[Finding, ...] = (),
) -> Choice:
    inventory = inventory or machine(RELEASE, build=dated("6.12.40-1"))
    version = inventory.kernel.identity.upstream
    assessment = Assessment(version, version, True, {}, findings, tally({}), "")
    case = Case(inventory, assessment, knowledge, Weigher(inventory, knowledge), TODAY)
    return choose(case, kernels, trouble)


def name(target: Target | None) -> str:
    return target.release if target is not None else ""


@pytest.mark.parametrize(
    ("one", "counts"),
    [
        pytest.param(finding(Severity.HIGH), (0, 0, 1), id="high and active"),
        pytest.param(finding(Severity.CRITICAL), (0, 0, 1), id="critical and active"),
        pytest.param(finding(Severity.MEDIUM), (0, 0, 0), id="medium"),
        pytest.param(finding(Severity.HIGH, estimated=True), (0, 0, 0), id="high by our estimate"),
        pytest.param(finding(Severity.HIGH, Reach.LOADED), (0, 0, 0), id="high and only loaded"),
        pytest.param(finding(exploited="2026-01-01"), (1, 0, 0), id="exploited and active"),
        pytest.param(
            finding(Severity.LOW, Reach.LOADED, exploited="x"), (1, 0, 0), id="and loaded"
        ),
        pytest.param(
            finding(Severity.LOW, Reach.ON_DEMAND, exploited="x"), (0, 0, 0), id="on demand"
        ),
        pytest.param(
            finding(Severity.CRITICAL, cvss=REMOTE), (0, 1, 1), id="critical, by the network"
        ),
        pytest.param(finding(Severity.HIGH, cvss=REMOTE), (0, 0, 1), id="high, by the network"),
        pytest.param(
            finding(Severity.CRITICAL, Reach.LOADED, cvss=REMOTE), (0, 0, 0), id="not in use"
        ),
        pytest.param(
            finding(Severity.CRITICAL, cvss=REMOTE.replace("AV:N", "AV:L")), (0, 0, 1), id="local"
        ),
        pytest.param(
            finding(Severity.CRITICAL, cvss=REMOTE.replace("PR:N", "PR:L")),
            (0, 0, 1),
            id="by users",
        ),
    ],
)
def test_what_a_kernel_closes_is_counted_by_what_makes_it_urgent(
    one: Finding, counts: tuple[int, int, int], knowledge: KnowledgeBase
) -> None:
    choice = chosen(knowledge, kernel(closed=(one, one, finding())), findings=(one,))
    target = choice.situation.same_line
    assert target is not None
    doubled = (target.exploited, target.remote_critical, target.high_active)
    assert doubled == tuple(2 * count for count in counts)
    assert target.closes == 3
    assert choice.situation.exposed is bool(counts[0] or counts[1])


def test_ended_trouble_is_counted_apart_by_how_bad_it_is(knowledge: KnowledgeBase) -> None:
    target = chosen(knowledge, kernel(closed=(), cures=(OUTAGE, NUISANCE, NUISANCE)))
    found = target.situation.same_line
    assert found is not None
    assert (found.cures_high, found.cures) == (1, 2)


def test_kernel_that_helps_most_and_is_known_is_the_best(knowledge: KnowledgeBase) -> None:
    good, better = kernel("6.12.60", left=9), kernel("6.12.61", left=5)
    unknown, thin = kernel("6.12.62", left=None), kernel("6.12.63", left=0, thin=True)
    useless = kernel("6.12.64", closed=(), left=0)
    choice = chosen(knowledge, unknown, good, thin, better, useless)
    assert name(choice.situation.same_line) == "6.12.61-new"
    installed = kernel("6.12.59", left=5, origin=Origin.INSTALLED)
    assert name(chosen(knowledge, better, installed).situation.same_line) == "6.12.59-new"
    cure = kernel("6.12.58", left=99, cures=(OUTAGE,))
    assert name(chosen(knowledge, better, cure).situation.same_line) == "6.12.58-new"
    asked = kernel("6.12.57", left=5, opt_in=True)
    assert name(chosen(knowledge, asked, better).situation.same_line) == "6.12.61-new"


def test_kernel_beyond_the_knowledge_was_not_judged(knowledge: KnowledgeBase) -> None:
    for one, counted in (
        (kernel(), True),
        (kernel(thin=True), False),
        (kernel("6.12.61", horizon="6.12.60"), False),
        (kernel("6.12.60", horizon="6.12.60"), True),
        (kernel(horizon="none"), False),
        (kernel(counted=False), False),
    ):
        target = chosen(knowledge, one).situation.same_line
        assert target is not None
        assert target.judged is counted


def test_another_series_is_taken_longterm_first_and_not_after_its_end(
    knowledge: KnowledgeBase,
) -> None:
    short, long = kernel("7.1.8", left=1), kernel("6.18.44", left=5)
    assert name(chosen(knowledge, short, long).situation.other_line) == "6.18.44-new"
    assert name(chosen(knowledge, short).situation.other_line) == "7.1.8-new"
    ended = kernel("6.18.44", eol="2026-01-01")
    assert chosen(knowledge, ended).situation.other_line is None
    same = kernel("6.12.60", left=1), kernel("6.12.61", left=5)
    assert name(chosen(knowledge, *same).situation.same_line) == "6.12.60-new"


def test_kernel_that_breaks_something_is_refused_where_it_would_tempt(
    knowledge: KnowledgeBase,
) -> None:
    bad = kernel(lost=(GONE,))
    choice = chosen(knowledge, bad)
    assert (choice.situation.same_line, name(choice.situation.refused)) == (None, "6.12.60-new")
    newer = chosen(knowledge, kernel(closed=(), thin=True, lost=(GONE,)))
    assert name(newer.situation.refused) == "6.12.60-new"
    assert chosen(knowledge, kernel(closed=(), lost=(GONE,))).situation.refused is None
    spare = kernel(lost=(GONE._replace(serious=False),))
    assert name(chosen(knowledge, spare).situation.same_line) == "6.12.60-new"


def test_way_back_is_an_older_kernel_that_ends_an_outage_and_breaks_nothing(
    knowledge: KnowledgeBase,
) -> None:
    back = kernel("6.12.30", older=True, cures=(OUTAGE, NUISANCE))
    idle = kernel("6.12.31", older=True)
    broken = kernel("6.12.32", older=True, cures=(OUTAGE,), lost=(GONE,))
    found = chosen(knowledge, broken, idle, back, trouble=(OUTAGE,)).situation
    assert name(found.way_back) == "6.12.30-new"
    assert found.same_line is None
    assert chosen(knowledge, idle, broken, trouble=(OUTAGE,)).situation.way_back is None
    assert chosen(knowledge, back, trouble=(NUISANCE,)).situation.way_back is None


def test_kernel_org_is_told_apart_from_what_is_offered_here(knowledge: KnowledgeBase) -> None:
    same, other = (kernel(text, origin=Origin.UPSTREAM) for text in ("6.12.60", "7.1.8"))
    choice = chosen(knowledge, same, other, kernel("6.12.50"))
    found = choice.situation
    assert (name(found.upstream), name(found.next_series)) == ("6.12.60-new", "7.1.8-new")
    assert name(found.same_line) == "6.12.50-new"
    assert [one.offer.release for one in choice.upstream] == ["6.12.60-new", "7.1.8-new"]
    broken = (kernel(text, origin=Origin.UPSTREAM, lost=(GONE,)) for text in ("6.12.60", "7.1.8"))
    found = chosen(knowledge, *broken).situation
    assert (found.upstream, found.next_series) == (None, None)


def test_newest_of_the_kernels_that_cannot_be_counted_is_the_vendors_build(
    knowledge: KnowledgeBase,
) -> None:
    blind = [kernel("", release=f"6.12.0-{n}-x", counted=False) for n in (9, 52, 10)]
    assert name(chosen(knowledge, *blind).situation.vendor_build) == "6.12.0-52-x"
    known = kernel("6.12.41", counted=False)
    assert name(chosen(knowledge, known, *blind).situation.vendor_build) == "6.12.41-new"
    assert chosen(knowledge, kernel()).situation.vendor_build is None
    twice = [
        kernel("", release="6.12.0-9-x", counted=False, origin=origin)
        for origin in (Origin.OFFERED, Origin.INSTALLED)
    ]
    found = chosen(knowledge, *twice).situation.vendor_build
    assert found is not None
    assert found.installed


def test_next_build_is_none_that_must_be_asked_for(knowledge: KnowledgeBase) -> None:
    asked, plain = (
        kernel("", release=release, counted=False, opt_in=opt_in)
        for release, opt_in in (("7.1.0-9-x", True), ("7.0.0-9-x", False))
    )
    assert name(chosen(knowledge, asked, plain).situation.next_build) == "7.0.0-9-x"
    assert chosen(knowledge, asked).situation.next_build is None


@pytest.mark.parametrize("release", ["x", "6", "6.x", "x.12", "6.999999999"])
def test_name_that_is_no_version_is_of_no_series(release: str, knowledge: KnowledgeBase) -> None:
    one = kernel("", release=release, counted=False)
    assert chosen(knowledge, one).situation.vendor_build is None
    same = kernel("", release=release, counted=False, same_build=True)
    assert name(chosen(knowledge, same).situation.vendor_build) == release


def test_newest_build_runs_where_the_lists_name_it_and_no_newer_one(
    knowledge: KnowledgeBase,
) -> None:
    mine, asked, newer = debian(RELEASE, "6.12.40-1"), kernel(opt_in=True), kernel()
    here = machine(RELEASE, build=dated("6.12.40-1"), offers=(mine,))
    assert chosen(knowledge, inventory=here).situation.newest_runs
    assert chosen(knowledge, asked, inventory=here).situation.newest_runs
    assert not chosen(knowledge, newer, inventory=here).situation.newest_runs
    other = machine(RELEASE, offers=(debian("6.12.39+deb13-amd64", "6.12.39-1"),))
    assert not chosen(knowledge, inventory=other).situation.newest_runs
    unread = machine(RELEASE, offers=(mine,), lists_unread=("one list",))
    assert not chosen(knowledge, inventory=unread).situation.newest_runs


def test_line_goes_on_unless_the_lists_name_others_alone(knowledge: KnowledgeBase) -> None:
    for offers, goes_on in (
        ((), True),
        ((debian("6.12.60+deb13-amd64", "6.12.60-1"),), True),
        ((debian("6.18.1+deb14-amd64", "6.18.1-1"),), False),
        ((debian("6.1.60+deb12-amd64", "6.1.60-1"),), False),
    ):
        found = chosen(knowledge, inventory=machine(RELEASE, offers=offers)).situation
        assert found.line_goes_on is goes_on
    nameless = machine("custom", offers=(debian("6.18.1+deb14-amd64", "6.18.1-1"),))
    assert chosen(knowledge, inventory=nameless).situation.line_goes_on
