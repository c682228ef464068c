"""The two pictures: which kernel leaves what open, and what of all bugs reaches this machine."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.model.advice import Answer, Candidate, Origin
from advisor.model.finding import Reach, Tally
from advisor.render.candidate import beyond
from advisor.render.html_text import short
from advisor.render.overview import chosen
from advisor.render.svg_bars import Chart, Row, lay_out, ticks
from advisor.render.text import number

_NAME = 34  # characters of a kernel's name that fit a phone
_MANY = 12
_NEAR = (
    (Reach.ACTIVE, "run now", "full"),
    (Reach.LOADED, "loaded, idle", "half"),
    (Reach.ON_DEMAND, "loadable on demand", "hatch"),
    (Reach.UNKNOWN, "not told", "open"),
)


def frontier(answer: Answer, identity: str) -> Chart | None:
    """Return the kernels this machine could run, each with what it closes, opens and leaves.

    None where the running kernel's bugs were not counted, or no candidate's were.
    """
    assessment = answer.assessment
    judged = [candidate for candidate in answer.candidates if candidate.judged][:_MANY]
    if assessment.version is None or not judged:
        return None
    now = assessment.tally.reaching
    most = max([now, *(now + _reaching(candidate.opens) for candidate in judged), 1])
    target = chosen(answer)
    release = answer.inventory.kernel.identity.release
    rows = [Row(short(release, _NAME), _left(now), lay_out([(now, "kept")], most), "running now")]
    rows += [_candidate_row(candidate, now, most, mark=candidate is target) for candidate in judged]
    return Chart(
        id=f"{identity}-frontier",
        title="Known bugs that reach this machine, kernel by kernel",
        desc=" ".join(_sentence(row) for row in rows),
        rows=tuple(rows),
        ticks=ticks(most),
    )


def _candidate_row(candidate: Candidate, now: int, most: int, *, mark: bool) -> Row:
    closed, opened = _reaching(candidate.closes), _reaching(candidate.opens)
    pieces = [(now - closed, "full" if mark else "kept"), (opened, "opens"), (closed, "closes")]
    note = f"closes {number(closed)}, opens {number(opened)}; {where_from(candidate)}"
    name = short(candidate.release or candidate.package or "unnamed", _NAME)
    least = "≥ " if beyond(candidate) else ""
    left = least + _left(_reaching(candidate.remaining))
    return Row(name, left, lay_out(pieces, most), note, mark)


def where_from(candidate: Candidate) -> str:
    """Return where a candidate would come from, in two or three words."""
    match candidate.state:
        case Origin.OFFERED:
            return short(candidate.suite, 40) or "on offer"
        case Origin.INSTALLED:
            return "installed already"
        case Origin.GIVEN:
            return "given by you"
        case Origin.UPSTREAM:
            return "kernel.org only"


def _sentence(row: Row) -> str:
    value = row.value.replace("≥", "at least")
    return f"{row.label}{' (advised)' if row.mark else ''}: {value}; {row.note}."


def _left(count: int) -> str:
    return f"{number(count)} open"


def _reaching(tally: Tally | None) -> int:
    return 0 if tally is None else tally.reaching


def funnel(answer: Answer, identity: str) -> Chart | None:
    """Return how all open bugs shrink to those that reach this machine, None where not counted."""
    assessment = answer.assessment
    if assessment.version is None or not assessment.tally.total:
        return None
    tally = assessment.tally
    near = tally.by_reach
    absent, dormant = near.get(Reach.ABSENT, 0), near.get(Reach.DORMANT, 0)
    doubt = near.get(Reach.UNKNOWN, 0)
    rows = [
        Row(
            f"known bugs open in {assessment.version}",
            number(tally.total),
            lay_out([(tally.total, "kept")], tally.total),
        ),
        Row(
            "in code that this kernel has",
            _doubtful(tally.total - absent - doubt, doubt),
            lay_out([(tally.total - absent - doubt, "kept"), (doubt, "open")], tally.total),
            f"{number(absent)} are in code that was not built" if absent else "",
        ),
        Row(
            "can run on this machine",
            _reach_value(near),
            lay_out([(near.get(reach, 0), look) for reach, _, look in _NEAR], tally.total),
            f"{number(dormant)} need root, or hardware that is not here" if dormant else "",
        ),
    ]
    target = chosen(answer)
    if target is not None and target.remaining is not None:
        left = target.remaining.by_reach
        closed, opened = _reaching(target.closes), _reaching(target.opens)
        rows.append(
            Row(
                "left with the advised kernel",
                _reach_value(left),
                lay_out([(left.get(reach, 0), look) for reach, _, look in _NEAR], tally.total),
                f"{short(target.release, _NAME)}: {number(closed)} closed, {number(opened)} new",
                mark=True,
            )
        )
    words = ", ".join(f"{number(near.get(r, 0))} {word}" for r, word, _ in _NEAR if near.get(r))
    return Chart(
        id=f"{identity}-funnel",
        title="From every open bug to those that reach this machine",
        desc=" ".join(f"{row.value} {row.label}{_more(row.note)}." for row in rows)
        + f" Of those that reach it: {words or 'none'}.",
        rows=tuple(rows),
        funnel=True,
    )


def _more(note: str) -> str:
    return f"; {note}" if note else ""


def _reach_value(near: Mapping[Reach, int]) -> str:
    count = sum(near.get(reach, 0) for reach in (Reach.ACTIVE, Reach.LOADED, Reach.ON_DEMAND))
    return _doubtful(count, near.get(Reach.UNKNOWN, 0))


def _doubtful(count: int, doubt: int) -> str:
    return f"{number(count)} (+{number(doubt)} not told)" if doubt else number(count)
