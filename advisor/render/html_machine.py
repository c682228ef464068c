"""One machine as its pages show it: all words and numbers, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.model.advice import Action, Answer, Candidate, Check, CheckStatus, Step, Urgency
from advisor.model.finding import Finding, Tally
from advisor.model.fix import Severity
from advisor.model.reading import Unknown
from advisor.render.candidate import beyond
from advisor.render.html_device import Cards, cards
from advisor.render.html_proof import Near, Ruled, proof, ruled_out
from advisor.render.html_text import link, short
from advisor.render.overview import chosen, left_after, name_of, reaching, verdict
from advisor.render.svg_bars import Chart
from advisor.render.svg_pictures import frontier, funnel, where_from
from advisor.render.text import number, plural

REASONS = 3
_STALE_DAYS = 45
_MOST = 400  # rows of one list; what a capture claims has no end
_TONES = {
    Urgency.NOW: "now",
    Urgency.SOON: "soon",
    Urgency.ROUTINE: "routine",
    Urgency.NONE: "calm",
}
_CHECK_ORDER = (CheckStatus.BLOCK, CheckStatus.WARN, CheckStatus.UNKNOWN, CheckStatus.OK)


class Figure(NamedTuple):
    """A number that carries the verdict, and what it counts."""

    value: str
    label: str


class Choice(NamedTuple):
    """A kernel as a row of the table of candidates."""

    release: str
    package: str
    where: str
    mark: bool
    closes: str
    opens: str
    left: str
    ends: str
    doubts: tuple[str, ...]
    losses: tuple[str, ...]


class Trouble(NamedTuple):
    """A known regression that touches this machine."""

    id: str
    title: str
    severity: str
    summary: str
    reading: str
    workaround: str
    fixed: str
    ends: str
    urls: tuple[tuple[str, str], ...]


class Age(NamedTuple):
    """How far the knowledge goes."""

    text: str
    stale: bool
    sources: tuple[tuple[str, str], ...]


class Machine(NamedTuple):
    """Everything the pages about one machine say.

    Attributes:
        id: Unique on the page: ``m1``.
        level: Of its headline, 1 where the page is about it alone.
        tone: ``now``, ``soon``, ``routine``, ``calm`` or ``doubt``: the meaning of the colour.
        facts: Word and reading, for the small print on the first page.
    """

    id: str
    level: int
    name: str
    tone: str
    verdict: str
    headline: str
    system: str
    facts: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    untold: str
    reasons: tuple[str, ...]
    more_reasons: tuple[str, ...]
    steps: tuple[Step, ...]
    risks: tuple[str, ...]
    mitigations: tuple[Step, ...]
    age: Age
    frontier: Chart | None
    choices: tuple[Choice, ...]
    funnel: Chart | None
    ruled: tuple[Ruled, ...]
    devices: Cards
    trouble: tuple[Trouble, ...]
    proof: tuple[Near, ...]
    checks: tuple[Check, ...]
    unknowns: tuple[Unknown, ...]
    unshown: int
    evidence: str
    rule: str
    generated: str


def machine(answer: Answer, number_: int, *, alone: bool) -> Machine:
    """Return what the pages about one machine say."""
    identity = f"m{number_}"
    decision = answer.decision
    return Machine(
        id=identity,
        level=1 if alone else 2,
        name=name_of(answer),
        tone=tone(answer),
        verdict=verdict(answer),
        headline=sentence(decision.headline),
        system=_system(answer),
        facts=_facts(answer),
        figures=_figures(answer),
        untold="" if answer.assessment.version else answer.assessment.evidence,
        reasons=decision.reasons[:REASONS],
        more_reasons=decision.reasons[REASONS:],
        steps=decision.steps,
        risks=decision.risks,
        mitigations=decision.mitigations,
        age=age(answer),
        frontier=frontier(answer, identity),
        choices=tuple(_choice(c, answer) for c in answer.candidates[:_MOST]),
        funnel=funnel(answer, identity),
        ruled=ruled_out(answer),
        devices=cards(answer),
        trouble=tuple(_trouble(found, answer) for found in _worst_first(answer.regressions)),
        proof=proof(answer, identity),
        checks=tuple(sorted(answer.preflight, key=lambda c: _CHECK_ORDER.index(c.status)))[:_MOST],
        unknowns=answer.unknowns[:_MOST],
        unshown=max(0, len(answer.unknowns) - _MOST),
        evidence=answer.assessment.evidence,
        rule=decision.rule,
        generated=answer.generated,
    )


def tone(answer: Answer) -> str:
    """Return the meaning that a machine's colour carries."""
    decision = answer.decision
    if decision.action in {Action.HOLD, Action.UNKNOWN} and decision.urgency is Urgency.NONE:
        return "doubt"
    return _TONES[decision.urgency]


def sentence(text: str) -> str:
    """Return text that begins with a capital letter and ends with a full stop."""
    text = text.strip()
    return (
        f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
        if text
        else ""
    )


def _system(answer: Answer) -> str:
    host = answer.inventory.host
    words = [host.distro.name or f"{host.distro.id} {host.distro.version}".strip()]
    words.append(answer.inventory.kernel.machine)
    if host.virtualization:
        words.append(f"virtual machine ({host.virtualization})")
    if host.container:
        words.append(f"container ({host.container})")
    return " · ".join(short(word) for word in words if word)


def _facts(answer: Answer) -> tuple[tuple[str, str], ...]:
    kernel = answer.inventory.kernel
    identity = kernel.identity
    upstream = (
        f"{identity.upstream}, told by {identity.source}" if identity.upstream else "not told"
    )
    rows = (
        ("Kernel", short(identity.release)),
        ("Upstream", short(upstream)),
        ("Series", _series(answer)),
        ("Up for", _uptime(kernel.uptime_s)),
        ("Read from", short(answer.inventory.capture)),
        ("Scanned", answer.generated.replace("T", " ").replace("Z", " UTC")),
    )
    return tuple((word, value) for word, value in rows if value)


def _series(answer: Answer) -> str:
    series = answer.inventory.kernel.identity.series
    if series is None:
        return ""
    return f"{series}, looked after until {answer.series_eol}" if answer.series_eol else str(series)


def _uptime(seconds: int | None) -> str:
    if seconds is None or seconds < 0:
        return ""
    days = seconds // 86400
    return plural(days, "day") if days else "less than a day"


def _figures(answer: Answer) -> tuple[Figure, ...]:
    assessment = answer.assessment
    now = reaching(answer)
    if assessment.version is None or now is None:
        return ()
    most = "" if assessment.certain else "at most "
    figures = [
        Figure(most + number(assessment.tally.total), f"known bugs open in {assessment.version}"),
        Figure(most + number(now), "of them can run on this machine"),
    ]
    left = left_after(answer)
    target = chosen(answer)
    if target is not None and left is not None:
        least = "at least " if beyond(target) else ""
        figures.append(Figure(least + number(left), f"left with {short(target.release, 40)}"))
    return tuple(figures)


def age(answer: Answer) -> Age:
    """Return how far the knowledge goes, in a sentence, and whether that is too long ago."""
    facts = answer.knowledge
    newest = short(dict(facts.sources).get("changelogs", ""), 20)
    changelogs = f" (changelogs to {newest})" if newest else ""
    text = (
        f"Knowledge of {short(facts.snapshot, 20) or 'an unknown day'}{changelogs}, "
        f"{plural(facts.age_days, 'day')} old: "
        f"{number(facts.records)} CVE records and {number(facts.curated)} changes described by "
        "hand. It cannot speak about anything later."
    )
    return Age(text, facts.age_days > _STALE_DAYS, facts.sources)


def _choice(candidate: Candidate, answer: Answer) -> Choice:
    least = "≥ " if candidate.judged and beyond(candidate) else ""
    doubts = [candidate.why_not] if not candidate.judged else [beyond(candidate)]
    losses = [f"Loses {lost.what}: {lost.how}" for lost in candidate.lost]
    losses += [f"Known trouble: {found.title}" for found in candidate.regressions]
    losses += [sentence(blocker) for blocker in candidate.blockers]
    return Choice(
        release=short(candidate.release or candidate.package_version or candidate.package, 60),
        package=short(f"{candidate.package} {candidate.package_version}".strip(), 120),
        where=where_from(candidate),
        mark=candidate is chosen(answer),
        closes=_count(candidate.closes),
        opens=least + _count(candidate.opens),
        left=least + _count(candidate.remaining),
        ends=candidate.eol,
        doubts=tuple(doubt for doubt in doubts if doubt),
        losses=tuple(losses[:12]),
    )


def _count(tally: Tally | None) -> str:
    return "?" if tally is None else number(tally.reaching)


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    order = tuple(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))[:_MOST]


def _trouble(finding: Finding, answer: Answer) -> Trouble:
    target = chosen(answer)
    cured = target is not None and any(cure.id == finding.id for cure in target.cures)
    return Trouble(
        id=finding.id,
        title=finding.title,
        severity=f"{finding.severity}{', estimated' if finding.estimated else ''}",
        summary=finding.summary,
        reading=finding.reached.how,
        workaround=finding.workaround,
        fixed=", ".join(finding.fixed_in[:6]),
        ends=target.release if target and cured else "",
        urls=_links(finding.urls),
    )


def _links(urls: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return address and text of each link; the address is empty where it must not be followed."""
    return tuple((link(url), short(url, 160)) for url in urls[:6])
