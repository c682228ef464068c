"""Days without the calendar's module agree with it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from advisor.advise.days import days_of, is_over


def test_days_agree_with_the_calendar() -> None:
    first = date(1970, 1, 1)
    for days in range(0, 40000, 13):
        assert days_of((first + timedelta(days)).isoformat()) == days


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13-01", "2026-01-32", "soon", "2026-1-x", "20266-1-1", "--"]
)
def test_what_is_no_day_is_none_and_never_comes(text: str) -> None:
    assert days_of(text) is None
    assert not is_over(text, 10**6)


def test_a_day_is_over_once_it_has_come() -> None:
    assert not is_over("1970-01-03", 1)
    assert is_over("1970-01-03", 2)
