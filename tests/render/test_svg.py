"""The numbers behind the pictures."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.finding import Reach
from advisor.render.overview import chosen
from advisor.render.svg_bars import lay_out, ticks
from advisor.render.svg_pictures import frontier, funnel
from tests.render.recorded import names, recorded


@given(st.lists(st.integers(0, 10_000), max_size=6), st.integers(0, 20_000))
def test_parts_of_a_bar_follow_each_other_within_the_picture(counts: list[int], more: int) -> None:
    parts = lay_out([(count, "kept") for count in counts], sum(counts) + more)
    assert len(parts) == sum(count > 0 for count in counts)
    for before, after in pairwise(parts):
        assert after.x == pytest.approx(before.x + before.width, abs=0.02)
    for part in parts:
        assert part.width >= 0
        assert part.x + part.width <= 100.02


def test_part_of_one_among_thousands_can_still_be_seen() -> None:
    assert lay_out([(5000, "kept"), (1, "opens")], 5001)[1].width > 0


@given(st.integers(0, 10**7))
def test_ticks_are_few_and_within_the_picture(most: int) -> None:
    found = ticks(most)
    assert len(found) <= 5
    assert all(0 <= tick.x <= 100 for tick in found)


@pytest.mark.parametrize("name", names())
def test_frontier_tells_every_judged_kernel_and_marks_the_advised_one(name: str) -> None:
    answer = recorded(name)
    picture = frontier(answer, "m1")
    judged = [one for one in answer.candidates if one.judged]
    if answer.assessment.version is None or not judged:
        assert picture is None
        return
    assert picture is not None
    assert len(picture.rows) == 1 + min(len(judged), 12)
    assert sum(row.mark for row in picture.rows) == (chosen(answer) in judged)
    for candidate in judged[:12]:
        assert candidate.release[:30] in picture.desc


@pytest.mark.parametrize("name", names())
def test_funnel_shrinks_from_open_to_reaching(name: str) -> None:
    answer = recorded(name)
    picture = funnel(answer, "m1")
    if picture is None:
        assert answer.assessment.version is None or not answer.assessment.tally.total
        return
    ends = [row.parts[-1].x + row.parts[-1].width if row.parts else 0 for row in picture.rows]
    assert ends[0] == pytest.approx(100)
    assert all(after <= before + 0.05 for before, after in pairwise(ends[:3]))
    near = answer.assessment.tally.by_reach
    reaching = sum(near.get(r, 0) for r in (Reach.ACTIVE, Reach.LOADED, Reach.ON_DEMAND))
    assert picture.rows[2].value.split(" ")[0] == f"{reaching:,}"
