"""One line for Nagios, Icinga, Naemon, Checkmk: status, verdict, performance data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum

from advisor.model.advice import Action, Answer, Urgency
from advisor.model.fix import Severity
from advisor.render import ReportOptions
from advisor.render.html_text import short
from advisor.render.overview import left_after, name_of, reaching, verdict, worst_first

_NAMED = 5  # machines that the line names
_LONGEST = 300


class State(IntEnum):
    """What a plugin reports, and the status its process ends with."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


_BAD_ORDER = (State.OK, State.UNKNOWN, State.WARNING, State.CRITICAL)


def nagios_state(answers: Sequence[Answer]) -> State:
    """Return the worst state over the machines: a known danger is worse than not knowing."""
    return max(map(_state, answers), key=_BAD_ORDER.index, default=State.UNKNOWN)


def _state(answer: Answer) -> State:
    decision = answer.decision
    match decision.urgency:
        case Urgency.NOW:
            return State.CRITICAL
        case Urgency.SOON:
            return State.WARNING
        case Urgency.ROUTINE | Urgency.NONE:
            if decision.action is Action.UNKNOWN:
                return State.UNKNOWN
            return State.WARNING if decision.action is Action.HOLD else State.OK


def render_nagios(answers: Sequence[Answer], options: ReportOptions) -> str:  # noqa: ARG001 - every renderer takes them
    """Return one line, ``KERNEL WARNING - box: upgrade soon: ... | open=1653;;;0 ...``.

    Source:
        The Monitoring Plugins development guidelines, sections 2 and 2.6 (performance data).
    """
    state = nagios_state(answers)
    if not answers:
        return "KERNEL UNKNOWN - no machine was scanned\n"
    text, data = _one(answers[0]) if len(answers) == 1 else _several(answers)
    plain = short(text, _LONGEST).replace("|", "/")
    return f"KERNEL {state.name} - {plain} | {' '.join(data)}\n"


def _one(answer: Answer) -> tuple[str, list[str]]:
    word = verdict(answer)
    text = f"{name_of(answer)[:60]}: {word.lower()}: {answer.decision.headline}"
    tally = answer.assessment.tally
    known = answer.assessment.version is not None
    data = [_datum("open", tally.total if known else None)]
    data.append(_datum("reaching", reaching(answer)))
    data += [
        _datum(severity, tally.by_severity.get(severity, 0) if known else None)
        for severity in (Severity.CRITICAL, Severity.HIGH)
    ]
    data.append(_datum("left", left_after(answer)))
    data.append(f"knowledge_age={max(0, answer.knowledge.age_days) * 86400}s;;;0")
    return text, data


def _several(answers: Sequence[Answer]) -> tuple[str, list[str]]:
    ordered = worst_first(answers)
    urgent = [a for a in ordered if _state(a) is not State.OK]
    named = "; ".join(f"{name_of(a)[:40]} {verdict(a).lower()}" for a in urgent[:_NAMED])
    more = f" and {len(urgent) - _NAMED} more" if len(urgent) > _NAMED else ""
    text = f"{len(urgent)} of {len(answers)} machines need a look"
    urgencies = Counter(answer.decision.urgency for answer in answers)
    data = [_datum("machines", len(answers))]
    data += [_datum(urgency, urgencies[urgency]) for urgency in Urgency]
    data.append(_datum("reaching", sum(reaching(answer) or 0 for answer in answers)))
    return f"{text}: {named}{more}" if named else text, data


def _datum(label: str, value: int | None) -> str:
    return f"{label}={'U' if value is None else value};;;0"
