"""The printable report: one self-contained page of HTML for one machine or many."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from advisor.model.advice import Action, Answer, Urgency
from advisor.model.finding import WEIGHING, Finding
from advisor.render import ReportOptions
from advisor.render.html_machine import machine, sentence, tone
from advisor.render.html_proof import Line, line_of
from advisor.render.html_text import css_string, short, shown
from advisor.render.overview import (
    Shared,
    left_after,
    name_of,
    one_kernel_for_all,
    reaching,
    verdict,
    worst_first,
)
from advisor.render.svg_bars import Part, lay_out
from advisor.render.text import number, plural

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_VERDICTS = 6


class Summary(NamedTuple):
    """One row of the overview."""

    id: str
    name: str
    system: str
    release: str
    tone: str
    verdict: str
    advice: str
    now: str
    left: str
    bar: tuple[Part, ...]


class Common(NamedTuple):
    """A finding that reaches one or more of several machines."""

    line: Line
    machines: str


class Module(NamedTuple):
    """The findings in one module, over all machines."""

    name: str
    rows: tuple[Common, ...]


class Fleet(NamedTuple):
    """What the first page about several machines says."""

    headline: str
    counts: tuple[tuple[str, int, str], ...]
    rows: tuple[Summary, ...]
    shared: tuple[Shared, ...]
    single: tuple[str, ...]
    modules: tuple[Module, ...]
    total: int


def render_html(answers: Sequence[Answer], options: ReportOptions) -> str:  # noqa: ARG001 - every renderer takes them
    """Return a whole page: an overview where there are several machines, then a report for each.

    Args:
        answers: One scan a machine, in any order.
        options: Not used: a page is the same for everybody.
    """
    ordered = worst_first(answers)
    alone = len(ordered) == 1
    machines = [machine(answer, n, alone=alone) for n, answer in enumerate(ordered, 1)]
    style = _template("report.css.j2").render(machines=machines).strip()
    page = _template("report.html.j2").render(
        title=_title(ordered),
        machines=machines,
        fleet=None if alone else _fleet(ordered),
        style=_markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        advisor=ordered[0].advisor if ordered else "",
        day=ordered[0].generated[:10] if ordered else "",
    )
    return f"{page}\n"


def _title(answers: Sequence[Answer]) -> str:
    if len(answers) == 1:
        return f"Kernel report: {short(name_of(answers[0]), 50)}"
    return f"Kernel report: {plural(len(answers), 'machine')}"


def _fleet(answers: Sequence[Answer]) -> Fleet:
    most = max((reaching(answer) or 0 for answer in answers), default=0)
    words = Counter(verdict(answer) for answer in answers)
    worst = {verdict(answer): tone(answer) for answer in answers[::-1]}
    modules = _modules(answers)
    shared = one_kernel_for_all(answers)
    return Fleet(
        headline=_headline(answers),
        counts=tuple((word, n, worst[word]) for word, n in words.most_common(_VERDICTS)),
        rows=tuple(_summary(answer, n, most) for n, answer in enumerate(answers, 1)),
        shared=shared,
        single=tuple(one.machines[0] for one in shared if len(one.machines) == 1),
        modules=modules,
        total=sum(len(module.rows) for module in modules),
    )


def _headline(answers: Sequence[Answer]) -> str:
    doubtful = {Action.HOLD, Action.UNKNOWN}
    sure = [answer.decision.urgency for answer in answers if answer.decision.action not in doubtful]
    now, soon = sure.count(Urgency.NOW), sure.count(Urgency.SOON)
    doubt = len(answers) - len(sure)
    if not now + soon:
        text = f"None of {len(answers)} machines needs a new kernel in a hurry"
    else:
        verb = "needs" if now + soon == 1 else "need"
        text = f"{now + soon} of {len(answers)} machines {verb} a new kernel soon"
        text += f", {number(now)} of them now" if now else ""
    return (
        f"{text}; {doubt} {'needs' if doubt == 1 else 'need'} a closer look."
        if doubt
        else f"{text}."
    )


def _summary(answer: Answer, place: int, most: int) -> Summary:
    now, left = reaching(answer), left_after(answer)
    distro = answer.inventory.host.distro
    return Summary(
        id=f"m{place}",
        name=short(name_of(answer), 48),
        system=short(distro.name or distro.id, 48),
        release=short(answer.inventory.kernel.identity.release, 48),
        tone=tone(answer),
        verdict=verdict(answer),
        advice=sentence(short(answer.decision.headline, 200)),
        now="?" if now is None else number(now),
        left="?" if left is None else number(left),
        bar=lay_out([(left or 0, "full"), (max(0, (now or 0) - (left or 0)), "closes")], most),
    )


def _modules(answers: Sequence[Answer]) -> tuple[Module, ...]:
    """Return every finding of all machines once, by module, with the machines it reaches."""
    found: dict[str, Finding] = {}
    places: dict[str, list[int]] = {}
    for place, answer in enumerate(answers, 1):
        for finding in filter(_weighs, answer.assessment.findings):
            found.setdefault(finding.id, finding)
            places.setdefault(finding.id, []).append(place)
    by_module: dict[str, list[Finding]] = {}
    for finding in found.values():
        by_module.setdefault(finding.reached.module or "no module named", []).append(finding)
    return tuple(
        Module(
            name,
            tuple(
                Common(line_of(f, None, None, f.reached.how), _places(places[f.id]))
                for f in sorted(group, key=lambda f: (-f.score, f.id))
            ),
        )
        for name, group in sorted(by_module.items())
    )


def _weighs(finding: Finding) -> bool:
    return finding.reached.reach in WEIGHING


def _places(numbers: Sequence[int]) -> str:
    """Return machine numbers with runs joined: ``1-4, 7``."""
    runs: list[list[int]] = []
    for place in numbers:
        if runs and runs[-1][-1] == place - 1:
            runs[-1] = [runs[-1][0], place]
        else:
            runs.append([place])
    return ", ".join("-".join(map(str, run)) for run in runs)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - 60 ms
    from markupsafe import Markup  # noqa: PLC0415

    def show(value: object) -> object:
        """Make every value that a template writes harmless, whoever wrote the template."""
        return value if isinstance(value, (Markup, int, float)) else shown(str(value))

    environment = Environment(
        loader=PackageLoader("advisor.render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=show,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = cast("dict[str, object]", environment.filters)  # pyright: ignore[reportUnknownMemberType] - jinja2 leaves it open
    filters.update(short=short, plural=plural, thousands=number, css=_css)
    return environment


def _css(text: str) -> object:
    return _markup(css_string(text))


def _markup(css: str) -> object:
    """Return text that stands as it is: a style sheet, whose values went through css_string."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup(css)  # noqa: S704 - holds nothing from outside but numbered escapes


def _template(name: str) -> Template:
    return _environment().get_template(name)
