"""The tables: every row can decide, and the printed page is theirs."""

from __future__ import annotations

import itertools

import pytest

from advisor.advise.policy import ACTIONS, URGENCIES
from advisor.advise.policy_page import policy_markdown
from advisor.advise.values import Situation, Target
from advisor.advise.verdict import decide
from advisor.model.advice import Action, Urgency
from tests.advise.print_policy import PAGE
from tests.advise.test_situations import SITUATIONS

BETTER = Target("6.12.117", closes=3)
BLIND = Target("6.8.0-90", judged=False)


def test_page_in_docs_is_the_tables() -> None:
    assert PAGE.read_text("utf-8") == policy_markdown()


def test_every_row_decides_some_situation() -> None:
    named = {part for one in SITUATIONS for part in one.rule.split("/")}
    decided = {
        decide(situation).rule.split("/")[index]
        for index, situation in itertools.product((0, 1), EXTRA)
    }
    rows = {row.id for row in ACTIONS} | {row.id for row in URGENCIES}
    assert rows <= named | decided


def test_ids_of_rows_are_unique() -> None:
    assert len({row.id for row in ACTIONS}) == len(ACTIONS)
    assert len({row.id for row in URGENCIES}) == len(URGENCIES)


EXTRA = (
    Situation(from_outside=True),
    Situation(same_line=BETTER._replace(high_active=5)),
    Situation(other_line=BETTER._replace(exploited=1)),
    Situation(ended=True),
    Situation(ended=True, other_line=BETTER),
)


@pytest.mark.parametrize(
    ("situation", "action", "urgency", "rule"),
    [
        pytest.param(
            Situation(same_line=BETTER),
            Action.UPGRADE,
            Urgency.ROUTINE,
            "same-series/rest",
            id="a-few-bugs",
        ),
        pytest.param(
            Situation(same_line=BETTER._replace(high_active=5)),
            Action.UPGRADE,
            Urgency.SOON,
            "same-series/many-high",
            id="many-high",
        ),
        pytest.param(
            Situation(same_line=BETTER._replace(high_active=4)),
            Action.UPGRADE,
            Urgency.ROUTINE,
            "same-series/rest",
            id="not-many-high",
        ),
        pytest.param(
            Situation(from_outside=True),
            Action.STAY,
            Urgency.NONE,
            "from-outside-clean/nothing-to-do",
            id="outside-and-clean",
        ),
        pytest.param(
            Situation(other_line=BETTER),
            Action.STAY,
            Urgency.NONE,
            "nothing-better/nothing-to-do",
            id="another-series-is-no-reason",
        ),
        pytest.param(
            Situation(other_line=BETTER._replace(exploited=1)),
            Action.SWITCH_SERIES,
            Urgency.NOW,
            "only-elsewhere/exploited",
            id="exploited-and-closed-only-elsewhere",
        ),
        pytest.param(
            Situation(next_build=BLIND),
            Action.STAY,
            Urgency.NONE,
            "nothing-better/nothing-to-do",
            id="a-blind-build-of-another-series-while-this-one-goes-on",
        ),
        pytest.param(
            Situation(told=False, line_goes_on=False, next_build=BLIND),
            Action.UNKNOWN,
            Urgency.NONE,
            "number-cannot-tell/nothing-to-do",
            id="nothing-told-and-a-blind-build-of-another-series",
        ),
        pytest.param(
            Situation(same_line=BETTER._replace(security=True)),
            Action.UPGRADE,
            Urgency.ROUTINE,
            "same-series/rest",
            id="a-security-suite-whose-worth-was-counted",
        ),
        pytest.param(
            Situation(ended=True, other_line=BETTER),
            Action.SWITCH_SERIES,
            Urgency.SOON,
            "series-ended/end-of-life",
            id="series-ended",
        ),
        pytest.param(
            Situation(ended=True, same_line=BETTER, other_line=BETTER),
            Action.SWITCH_SERIES,
            Urgency.SOON,
            "series-ended/end-of-life",
            id="another-series-before-the-last-release-of-an-ended-one",
        ),
        pytest.param(
            Situation(ended=True, same_line=BETTER),
            Action.UPGRADE,
            Urgency.SOON,
            "same-series/end-of-life",
            id="last-release-of-an-ended-series",
        ),
        pytest.param(
            Situation(same_line=BETTER, refused=Target("7.3", closes=9)),
            Action.UPGRADE,
            Urgency.ROUTINE,
            "same-series/rest",
            id="refused-elsewhere-and-good-here",
        ),
    ],
)
def test_situation_is_decided_by_the_first_row_that_holds(
    situation: Situation, action: Action, urgency: Urgency, rule: str
) -> None:
    verdict = decide(situation)
    assert (verdict.action, verdict.urgency, verdict.rule) == (action, urgency, rule)
