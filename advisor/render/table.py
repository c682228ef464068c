"""Several machines in one table: a line each, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.model.advice import Answer, Urgency
from advisor.render.overview import left_after, name_of, rank_of, reaching, verdict
from advisor.render.text import Options, Style, clean, cut, number, pad

_NAME, _VERDICT = 18, 16


def render_table(answers: Iterable[Answer], options: Options) -> str:
    """Return one line a machine: what to do, how many bugs reach it now and afterwards.

    No answer is kept once its line is made, so a thousand machines need no more room than one.
    """
    style = Style(options.colour)
    width = max(60, options.width)
    head = (
        f"{pad('machine', _NAME)} {pad('advice', _VERDICT)} {'now':>6} {'after':>6}  kernel to run"
    )
    lines = sorted((rank_of(answer), _line(answer, style, width)) for answer in answers)
    return "\n".join((style.strong(head), *(line for _, line in lines))) + "\n"


def _line(answer: Answer, style: Style, width: int) -> str:
    decision = answer.decision
    target = decision.target or f"{answer.inventory.kernel.identity.release} (as now)"
    counts = f"{_count(reaching(answer)):>6} {_count(left_after(answer)):>6}"
    name = pad(clean(name_of(answer)), _NAME)
    line = f"{name} {pad(verdict(answer), _VERDICT)} {counts}  {clean(target)}"
    paint = {Urgency.NOW: style.bad, Urgency.SOON: style.warn}.get(decision.urgency, str)
    return paint(cut(line, width))


def _count(value: int | None) -> str:
    return "?" if value is None else number(value)
