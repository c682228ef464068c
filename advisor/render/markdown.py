"""The answer as Markdown, for a wiki page or an issue: GitHub's flavour, no HTML in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from advisor.model.advice import Answer, CheckStatus, Step, Urgency
from advisor.model.finding import REACH_ORDER, Finding
from advisor.model.version import Series
from advisor.render import ReportOptions
from advisor.render.html_machine import Choice, Machine, machine, sentence
from advisor.render.html_proof import NEARNESS, RULED_OUT, line_of
from advisor.render.html_text import shown
from advisor.render.overview import (
    left_after,
    name_of,
    one_kernel_for_all,
    reaching,
    verdict,
    worst_first,
)
from advisor.render.text import number, plural

_WORST = 25
_CLEAR = 40
_ROWS = 60
_LONGEST = 400
_MEANS = re.compile(r"([\\`*_\[\]<>|~&$!^{}])")
_BEGINS = re.compile(r"^(\d*)([-+=#.)])(?=\s|$|#|[-=])")
_LINKS = re.compile(r"(?i)(www(?=\.)|://|(?:xmpp|mailto)(?=:)|[@#](?=\w))")
_CHECKS = {
    CheckStatus.OK: "ok",
    CheckStatus.WARN: "**mind**",
    CheckStatus.BLOCK: "**stop**",
    CheckStatus.UNKNOWN: "not known",
}


def render_markdown(answers: Sequence[Answer], options: ReportOptions) -> str:  # noqa: ARG001 - every renderer takes them
    """Return a document: an overview where there are several machines, then each of them."""
    ordered = worst_first(answers)
    if len(ordered) == 1:
        return "\n".join(_machine(ordered[0], 1, 1)) + "\n"
    lines = list(_overview(ordered))
    for place, answer in enumerate(ordered, 1):
        lines += ["", *_machine(answer, place, 2)]
    return "\n".join(lines) + "\n"


def plain(text: str, longest: int = _LONGEST) -> str:
    """Return text that Markdown shows as it is: nothing in it links, mentions or marks up."""
    escaped = _MEANS.sub(r"\\\1", shown(" ".join(text.split(" ")).strip(), longest))
    escaped = _BEGINS.sub(r"\1\\\2", escaped)
    return _LINKS.sub(lambda match: f"{match[0]}\u200b", escaped)


def code(text: str, longest: int = _LONGEST) -> str:
    """Return text as a code span, whatever it holds; in a table its bars stay bars."""
    text = shown(text, longest).strip()
    if not text:
        return ""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    gap = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{gap}{text}{gap}{fence}"


def _cell(text: str) -> str:
    """Return a code span for a table's cell; a bar would end it, and parsers differ on an escaped one."""
    return code(text.replace("|", "\u00a6"), 80)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _overview(answers: Sequence[Answer]) -> Iterator[str]:
    urgent = sum(_is_urgent(answer) for answer in answers)
    yield f"# Kernel report: {plural(len(answers), 'machine')}, {urgent} with something to do soon"
    yield ""
    yield from _table(
        ("Machine", "Kernel", "Do", "Bugs now", "After", "Advice"),
        (
            (
                _cell(name_of(answer)),
                _cell(answer.inventory.kernel.identity.release),
                f"**{verdict(answer)}**",
                _told(reaching(answer)),
                _told(left_after(answer)),
                plain(sentence(answer.decision.headline), 200),
            )
            for answer in answers
        ),
    )
    yield ""
    yield "## One kernel for all?"
    yield ""
    for shared in one_kernel_for_all(answers):
        suits = f"{len(shared.suits)} of {len(shared.machines)}"
        release = code(shared.release, 80) or "none"
        left = f", {plural(shared.left, 'known bug')} left over all" if shared.release else ""
        yield f"- {plain(shared.kind, 120)}: {release} suits {suits}{left}"
        for why, held in shared.others[:_CLEAR]:
            listed = ", ".join(code(name, 60) for name in held[:_CLEAR])
            yield f"  - not {listed}: {plain(why, 160)}"


def _is_urgent(answer: Answer) -> bool:
    """Say whether something is to be done soon or now."""
    return answer.decision.urgency in {Urgency.NOW, Urgency.SOON}


def _told(count: int | None) -> str:
    return "?" if count is None else number(count)


def _machine(answer: Answer, place: int, level: int) -> Iterator[str]:
    view = machine(answer, place, alone=level == 1)
    head = "#" * level
    yield f"{head} {code(view.name, 80)}: {view.verdict}"
    yield ""
    yield f"**{plain(view.headline)}**"
    yield ""
    for word, value in view.facts:
        yield f"- {word}: {code(value)}"
    for figure in view.figures:
        yield f"- {figure.value} {plain(figure.label)}"
    if view.untold:
        yield f"- Which fixes are missing is not known: {plain(view.untold)}"
    yield f"- {plain(view.age.text)}"
    yield from _advice(view, f"{head}#")
    yield from _choices(view.choices, f"{head}#")
    yield from _reach(answer, f"{head}#")
    yield from _devices(view, f"{head}#")
    yield from _trouble(view, f"{head}#")
    yield from _checks(view, f"{head}#")
    yield from _findings(answer, f"{head}#")


def _advice(view: Machine, head: str) -> Iterator[str]:
    for title, texts in (
        ("Why", (*view.reasons, *view.more_reasons)),
        ("What could go wrong", view.risks),
    ):
        if texts:
            yield from ("", f"{head} {title}", "")
            for text in texts:
                yield f"- {plain(text)}"
    for title, steps in (
        ("What to type, and the way back", view.steps),
        ("Until then", view.mitigations),
    ):
        if steps:
            yield from ("", f"{head} {title}", "")
            for step in steps:
                yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    yield f"- [ ] {plain(step.text)}"
    if step.command:
        command = shown(step.command)
        fence = "`" * max(3, max(map(len, re.findall("`+", command)), default=0) + 1)
        yield from ("", f"  {fence}sh", f"  {command}", f"  {fence}", "")


def _choices(choices: Sequence[Choice], head: str) -> Iterator[str]:
    if not choices:
        return
    yield from ("", f"{head} Kernels this machine could run", "")
    yield from _table(
        ("Kernel", "From", "Closes", "Opens", "Left", "What else"),
        (
            (
                f"**{_cell(c.release)}**, advised" if c.mark else _cell(c.release),
                plain(c.where, 60),
                c.closes,
                c.opens,
                c.left,
                "; ".join(plain(text, 160) for text in (*c.doubts, *c.losses)),
            )
            for c in choices[:_ROWS]
        ),
    )


def _reach(answer: Answer, head: str) -> Iterator[str]:
    assessment = answer.assessment
    if assessment.version is None:
        return
    words = {reach: title.lower() for reach, (title, _) in NEARNESS.items()}
    yield from ("", f"{head} What of it reaches this machine", "")
    yield from _table(
        ("Bugs", "How near"),
        (
            (number(assessment.tally.by_reach[reach]), words.get(reach) or RULED_OUT[reach])
            for reach in REACH_ORDER
            if assessment.tally.by_reach.get(reach)
        ),
    )


def _devices(view: Machine, head: str) -> Iterator[str]:
    cards = (*view.devices.reached, *view.devices.clear)
    if not cards:
        return
    yield from ("", f"{head} Devices", "")
    yield from _table(
        ("Device", "Kind", "Driver", "Module", "Open bugs", "With the advised kernel"),
        (
            (
                _cell(card.name),
                card.kind,
                _cell(card.driver) or "none bound",
                _cell(card.module),
                ", ".join(f"{n} {severity}" for severity, n in card.counts) or "none known",
                plain(f"lost: {card.lost}" if card.lost else card.change, 120),
            )
            for card in cards[:_ROWS]
        ),
    )
    if len(cards) > _ROWS:
        yield from ("", f"{len(cards) - _ROWS} more are not shown.")


def _trouble(view: Machine, head: str) -> Iterator[str]:
    if not view.trouble:
        return
    yield from ("", f"{head} Known trouble in the running kernel", "")
    for trouble in view.trouble[:_ROWS]:
        ends = f" Ends with {code(trouble.ends, 60)}." if trouble.ends else ""
        yield f"- **{plain(trouble.title, 200)}** ({code(trouble.id, 60)}).{ends}"
        if trouble.workaround:
            yield f"  Meanwhile: {plain(trouble.workaround)}"


def _checks(view: Machine, head: str) -> Iterator[str]:
    if view.checks:
        yield from ("", f"{head} Before you reboot", "")
        yield from _table(
            ("Check", "What it found", "Read from"),
            (
                (_CHECKS[c.status], plain(c.message, 240), _cell(c.reading))
                for c in view.checks[:_ROWS]
            ),
        )
    if view.unknowns:
        yield from ("", f"{head} Not known, and so not claimed", "")
        for unknown in view.unknowns[:_ROWS]:
            yield f"- {plain(unknown.what, 160)}: {plain(unknown.why, 160)} ({code(unknown.source, 120)})"


def _findings(answer: Answer, head: str) -> Iterator[str]:
    findings = answer.assessment.findings
    if not findings:
        return
    series = answer.assessment.version.series if answer.assessment.version else None
    yield from ("", f"{head} The worst that reach this machine", "")
    yield from _table(
        ("Record", "What", "Severity", "Reach", "Why", "Fixed in"),
        (_finding_row(finding, series) for finding in findings[:_WORST]),
    )
    if len(findings) > _WORST:
        rest = plural(len(findings) - _WORST, "finding")
        yield from ("", f"{rest} more: `advisor report --format html` has all of them.")


def _finding_row(finding: Finding, series: Series | None) -> tuple[str, ...]:
    line = line_of(finding, series, None)
    record = (
        f"[{plain(line.id, 60)}]({line.url})"
        if line.url and "(" not in line.url
        else _cell(line.id)
    )
    estimated = " est." if line.estimated else ""
    return (
        record,
        plain(f"{line.what} {line.where}", 120),
        f"{line.severity} {line.score}{estimated}",
        finding.reached.reach,
        plain(finding.reached.how, 160),
        plain(line.fixed, 80) or "nowhere yet",
    )
