"""The printable report: what its pages say, what they cost, and what they never do."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Sequence

import pytest

from advisor.model.advice import Action, Answer, Candidate, Urgency
from advisor.model.finding import WEIGHING, Finding, Reach
from advisor.render import ReportOptions
from advisor.render.html_report import render_html
from advisor.render.overview import chosen
from tests.render.page import Page
from tests.render.recorded import names, recorded


def page_of(*answers: Answer) -> Page:
    return Page(render_html(answers, ReportOptions()))


def many(answer: Answer, count: int) -> Answer:
    """The answer with so many findings, in as many modules as a workstation shows."""
    found: list[Finding] = []
    base = [one for one in answer.assessment.findings if one.reached.reach in WEIGHING]
    while len(found) < count:
        for one in base:
            found.append(one._replace(id=f"CVE-2031-{10000 + len(found)}"))
    assessment = answer.assessment._replace(findings=tuple(found[:count]))
    return answer._replace(assessment=assessment)


@pytest.mark.parametrize("name", names())
def test_page_says_verdict_reasons_steps_risks_and_age(name: str) -> None:
    answer = recorded(name)
    text = page_of(answer).text
    decision = answer.decision
    assert decision.headline[1:100] in text
    for said in (*decision.reasons, *decision.risks):
        assert said in text
    for step in (*decision.steps, *decision.mitigations):
        assert step.text in text
        assert step.command in text
    assert f"Knowledge of {answer.knowledge.snapshot}" in text
    assert answer.inventory.kernel.identity.release in text


@pytest.mark.parametrize("name", names())
def test_page_proves_every_finding_that_weighs(name: str) -> None:
    answer = recorded(name)
    page = page_of(answer)
    addresses = set(page.values("href"))
    for finding in answer.assessment.findings:
        assert finding.id in page.text
        if finding.reached.reach in WEIGHING:
            assert finding.urls[0] in addresses
            assert finding.reached.how in page.text


@pytest.mark.parametrize("name", names())
def test_page_tells_every_check_unknown_candidate_and_device(name: str) -> None:
    answer = recorded(name)
    text = page_of(answer).text
    for check in answer.preflight:
        assert check.message in text
        assert check.reading in text
    for unknown in answer.unknowns:
        assert unknown.what in text
        assert unknown.why in text
    for candidate in answer.candidates:
        assert candidate.release in text
    for device in answer.inventory.devices:
        assert device.name[:80] in text


@pytest.mark.parametrize("name", names())
def test_page_allows_its_own_style_and_nothing_else(name: str) -> None:
    page = page_of(recorded(name))
    policy = next(value for value in page.values("content") if "default-src" in value)
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not {"script", "link", "img"} & set(page.tags)


@pytest.mark.parametrize("name", names())
def test_ids_are_unique_and_every_inner_link_leads_somewhere(name: str) -> None:
    for page in (page_of(recorded(name)), page_of(*map(recorded, names()))):
        ids = page.values("id")
        assert len(ids) == len(set(ids))
        inner = {value[1:] for value in page.values("href") if value.startswith("#")}
        named = {one for value in page.values("aria-labelledby") for one in value.split()}
        assert inner | named | set(page.values("for")) <= set(ids)


def test_pictures_have_a_title_and_a_description() -> None:
    page = page_of(recorded("workbench"))
    pictures = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "role")]
    assert pictures == ["img", "img"]
    assert page.tags.count("desc") == 2


def test_page_of_a_kernel_whose_version_is_not_told_counts_nothing() -> None:
    answer = recorded("workbench")
    assessment = answer.assessment._replace(
        version=None, evidence="the vendor backports", findings=()
    )
    text = page_of(answer._replace(assessment=assessment, candidates=())).text
    assert "Which fixes are missing is not known: the vendor backports." in text
    assert "known bugs open in" not in text


def test_finding_that_the_advised_kernel_lacks_is_marked() -> None:
    answer = recorded("workbench")
    text = page_of(answer).text
    target = chosen(answer)
    assert target is not None
    assert target.remaining is not None
    assert text.count(" stays ") >= target.remaining.reaching


def test_estimated_severity_is_marked_and_a_given_one_is_not() -> None:
    base = recorded("workbench")
    given, estimated = base.assessment.findings[:2]
    findings = (given._replace(estimated=False), estimated._replace(estimated=True))
    answer = base._replace(assessment=base.assessment._replace(findings=findings), regressions=())
    bare = answer._replace(inventory=answer.inventory._replace(devices=()))
    assert page_of(bare).text.count("est.") == 2  # the row, and the sentence that explains it


def test_kernel_beyond_the_knowledge_is_counted_with_at_least() -> None:
    answer = recorded("workbench")
    changed = tuple(c._replace(horizon=None) for c in answer.candidates)
    text = page_of(answer._replace(candidates=changed)).text
    assert "at least" in text
    assert "Newer than the knowledge." in text


def test_exploited_bug_says_since_when() -> None:
    answer = recorded("workbench")
    first, *rest = answer.assessment.findings
    findings = (first._replace(exploited="2026-05-04"), *rest)
    text = page_of(answer._replace(assessment=answer.assessment._replace(findings=findings))).text
    assert "exploited since 2026-05-04" in text


def test_several_machines_begin_with_an_overview_worst_first() -> None:
    page = page_of(*map(recorded, names()))
    text = page.text
    text = text[text.index("6 machines") :]
    places = [text.index(f" {name} ") for name in ("workbench", "laptop", "newest")]
    assert page.title == f"Kernel report: {len(names())} machines"
    assert text.index("a new kernel") < places[0]
    assert places[0] < min(places[1:])
    assert "One kernel for all?" in text


def test_bug_of_several_machines_is_proved_once_with_their_numbers() -> None:
    answers = [renamed(recorded("workbench"), f"box-{n}") for n in range(1, 6)]
    page = page_of(*answers)
    finding = next(f for f in answers[0].assessment.findings if f.reached.reach is Reach.ACTIVE)
    rows = [value for value in page.values("href") if value == finding.urls[0]]
    in_cards = 5
    assert 1 <= len(rows) <= 1 + in_cards
    assert "1-5" in page.text


def renamed(answer: Answer, name: str) -> Answer:
    inventory = answer.inventory
    return answer._replace(inventory=inventory._replace(host=inventory.host._replace(name=name)))


def test_fleet_of_fifty_stays_small() -> None:
    names_ = names()
    answers = [renamed(recorded(names_[n % len(names_)]), f"box-{n}") for n in range(50)]
    text = render_html(answers, ReportOptions())
    assert len(text.encode()) < 2_000_000
    page = Page(text)
    rows = [value for tag, name, value in page.attributes if (tag, name) == ("article", "id")]
    assert len(rows) == 50


def test_full_report_is_small_and_cheap() -> None:
    answer = many(recorded("workbench"), 700)
    render_html([recorded("laptop")], ReportOptions())  # the templates are compiled once
    begin = time.process_time()
    text = render_html([answer], ReportOptions())
    assert time.process_time() - begin < 0.5
    assert len(text.encode()) < 500_000
    assert text.count("CVE-2031-") >= 700


@pytest.mark.parametrize(
    ("action", "urgency", "tone"),
    [
        pytest.param(Action.UPGRADE, Urgency.NOW, "now", id="now"),
        pytest.param(Action.UPGRADE, Urgency.SOON, "soon", id="soon"),
        pytest.param(Action.REBOOT, Urgency.ROUTINE, "routine", id="routine"),
        pytest.param(Action.STAY, Urgency.NONE, "calm", id="nothing"),
        pytest.param(Action.HOLD, Urgency.NONE, "doubt", id="hold"),
        pytest.param(Action.UNKNOWN, Urgency.SOON, "soon", id="unknown-and-exposed"),
    ],
)
def test_colour_means_urgency(action: Action, urgency: Urgency, tone: str) -> None:
    answer = recorded("workbench")
    answer = answer._replace(decision=answer.decision._replace(action=action, urgency=urgency))
    page = page_of(answer)
    assert [v for tag, name, v in page.attributes if (tag, name) == ("article", "class")] == [tone]


def test_same_answers_in_any_order_give_the_same_bytes() -> None:
    answers = [recorded(name) for name in names()]
    pages = {render_html(order, ReportOptions()) for order in (answers, answers[::-1])}
    assert len(pages) == 1


def test_candidates_that_break_something_say_what() -> None:
    text = page_of(recorded("laptop")).text
    for candidate in recorded("laptop").candidates:
        for fault in faults(candidate):
            assert fault in text


def faults(candidate: Candidate) -> Sequence[str]:
    return [*(lost.how for lost in candidate.lost), *(f.title for f in candidate.regressions)]


def test_page_has_no_space_before_a_full_stop() -> None:
    for name in names():
        assert not re.search(r"[a-z] \.(?:\s|$)", page_of(recorded(name)).text)


def test_known_trouble_that_the_advised_kernel_ends_is_not_said_to_stay() -> None:
    answer = recorded("workbench")
    target = chosen(answer)
    assert target is not None
    ended = [found for found in answer.regressions if found.id in {one.id for one in target.cures}]
    assert ended
    text = page_of(answer).text
    assert f"Ends with {target.release}" in text
    for found in ended:
        assert not re.search(rf"{found.id} [a-z ]+, [a-z]+ [0-9.]+ (?:est\.)?, stays", text)
