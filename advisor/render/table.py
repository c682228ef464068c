"""Several machines in one table: a line each, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.advice import Answer, Urgency
from advisor.render.overview import left_after, name_of, reaching, verdict, worst_first
from advisor.render.text import Options, Style, clean, cut, number, pad

_NAME, _VERDICT = 18, 16


def render_table(answers: Sequence[Answer], options: Options) -> str:
    """Return one line a machine: what to do, how many bugs reach it now and afterwards."""
    style = Style(options.colour)
    width = max(60, options.width)
    head = (
        f"{pad('machine', _NAME)} {pad('advice', _VERDICT)} {'now':>6} {'after':>6}  kernel to run"
    )
    lines = [style.strong(head)]
    for answer in worst_first(answers):
        decision = answer.decision
        target = decision.target or f"{answer.inventory.kernel.identity.release} (as now)"
        counts = f"{_count(reaching(answer)):>6} {_count(left_after(answer)):>6}"
        name = pad(clean(name_of(answer)), _NAME)
        line = f"{name} {pad(verdict(answer), _VERDICT)} {counts}  {clean(target)}"
        paint = {Urgency.NOW: style.bad, Urgency.SOON: style.warn}.get(decision.urgency, str)
        lines.append(paint(cut(line, width)))
    return "\n".join(lines) + "\n"


def _count(value: int | None) -> str:
    return "?" if value is None else number(value)
