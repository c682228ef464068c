"""The answer on one terminal screen: verdict, why, what to type, what reaches each device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from advisor.model.advice import Action, Answer, Candidate, Check, CheckStatus, Origin, Urgency
from advisor.model.finding import WEIGHING, Assessment, Finding, Reach, Tally
from advisor.model.fix import Severity
from advisor.model.inventory import Device
from advisor.render.candidate import beyond
from advisor.render.text import Options, Style, clean, columns, cut, fold, number, pad, plural

_USUAL = 80
_WIDEST = 110  # longer lines are hard to read
_STALE_DAYS = 45
_FEW = 6
_MOST_DEVICES = 8
_GRAVE = frozenset({Severity.CRITICAL})
_ACTION_WORDS = {
    Action.STAY: "STAY",
    Action.REBOOT: "REBOOT",
    Action.UPGRADE: "UPGRADE",
    Action.SWITCH_SERIES: "SWITCH SERIES",
    Action.HOLD: "HOLD",
    Action.UNKNOWN: "CANNOT TELL",
}
_URGENCY_WORDS = {
    Urgency.NOW: " NOW",
    Urgency.SOON: " SOON",
    Urgency.ROUTINE: " WHEN IT SUITS",
    Urgency.NONE: "",
}
_REACH_WORDS = {
    Reach.ACTIVE: "run now",
    Reach.LOADED: "loaded, idle",
    Reach.ON_DEMAND: "loadable by a user or a plug",
    Reach.UNKNOWN: "not told by what was read",
    Reach.DORMANT: "on disk, need root or other hardware",
    Reach.ABSENT: "not in this kernel",
}


def render_terminal(answer: Answer, options: Options) -> str:
    """Return the screen; with ``options.all`` also every finding, check and unknown."""
    return "\n".join(_Screen(answer, options).lines()) + "\n"


class _Group(NamedTuple):
    """Devices that one module drives, with what reaches them."""

    module: str
    devices: tuple[Device, ...]
    findings: tuple[Finding, ...]


class _Screen:
    def __init__(self, answer: Answer, options: Options) -> None:
        self.answer = answer
        self.all = options.all
        self.style = Style(options.colour)
        self.width = max(40, min(options.width, _WIDEST))
        self.names = 28 if self.width > _USUAL else 23  # columns for a kernel's release

    def lines(self) -> Iterator[str]:
        yield from self._verdict()
        yield from self._steps()
        yield from self._candidates()
        yield from self._reach()
        yield from self._devices()
        if self.all:
            yield from self._findings()
        yield from self._checks()
        yield from self._unknowns()
        yield from self._age()

    def _verdict(self) -> Iterator[str]:
        answer, style = self.answer, self.style
        inventory = answer.inventory
        kernel = inventory.kernel.identity
        where = clean(inventory.host.name) or "this machine"
        upstream = f" = upstream {kernel.upstream}" if kernel.upstream else ""
        distro = clean(inventory.host.distro.name)
        title = f"{where} · {distro} · kernel {clean(kernel.release)}{upstream}"
        yield from map(style.quiet, fold(title, self.width))
        decision = answer.decision
        yield ""
        action = _ACTION_WORDS[decision.action]
        when = _URGENCY_WORDS[decision.urgency] if decision.target else ""
        headline = f"{action}{when}: {clean(decision.headline)}"
        paint = {Urgency.NOW: style.bad, Urgency.SOON: style.warn}.get(decision.urgency, style.good)
        if decision.action in {Action.UNKNOWN, Action.HOLD}:
            paint = style.warn
        for line in fold(headline, self.width):
            yield paint(line)
        for reason in decision.reasons if self.all else decision.reasons[:4]:
            yield from fold(clean(reason), self.width, "    ", "  - ")
        for risk in decision.risks if self.all else decision.risks[:3]:
            first, *rest = fold(clean(risk), self.width, "    ", "  ! ")
            yield style.warn(first)
            yield from rest

    def _heading(self, title: str, note: str = "") -> Iterator[str]:
        """Yield an empty line, the heading, and its note beside it where there is room, else below."""
        yield ""
        if columns(title) + columns(note) + 1 <= self.width:
            yield self.style.strong(title) + self.style.quiet(f" {note}" if note else "")
            return
        yield from map(self.style.strong, fold(title, self.width))
        yield from map(self.style.quiet, fold(note, self.width) if note else ())

    def _steps(self) -> Iterator[str]:
        steps = (*self.answer.decision.steps, *self.answer.decision.mitigations)
        if not steps:
            return
        yield from self._heading("What to do")
        for index, step in enumerate(steps, 1):
            yield from fold(clean(step.text), self.width, "     ", f"  {index}. ")
            if step.command:
                yield f"       {self.style.command(clean(step.command))}"

    def _candidates(self) -> Iterator[str]:
        if not self.answer.candidates:
            return
        head = f"  {pad('Kernel', self.names)} {'closes':>7} {'opens':>7} {'left':>7}  where from"
        yield from self._heading("Kernels this machine could run", "(bugs that reach it)")
        yield self.style.quiet(cut(head, self.width))
        running = self.answer.assessment
        if running.version is not None:
            left = number(running.tally.reaching) + ("+" if running.beyond else "")
            release = clean(self.answer.inventory.kernel.identity.release)
            yield cut(
                f"  {pad(release, self.names)} {'':>7} {'':>7} {left:>7}  running now", self.width
            )
        for candidate in self.answer.candidates:
            yield from self._candidate(candidate)

    def _candidate(self, candidate: Candidate) -> Iterator[str]:
        chosen = candidate.release == self.answer.decision.target
        mark = ">" if chosen else " "
        name = clean(candidate.release or candidate.package_version or candidate.package)
        doubt = beyond(candidate, "known to") if candidate.judged else clean(candidate.why_not)
        more = "+" if doubt and candidate.judged else ""
        closes, opens, left = map(
            _reaching, (candidate.closes, candidate.opens, candidate.remaining)
        )
        counts = f"{closes:>7} {opens + more:>7} {left + more:>7}"
        origin = (
            clean(candidate.suite) if candidate.state is Origin.OFFERED else str(candidate.state)
        )
        note = f"{origin}; {doubt}" if doubt else origin
        line = cut(f"{mark} {pad(name, self.names)} {counts}  {note}", self.width)
        yield self.style.strong(line) if chosen else line
        faults = [f"loses {clean(lost.what)}: {clean(lost.how)}" for lost in candidate.lost]
        faults += [f"known trouble: {clean(found.title)}" for found in candidate.regressions]
        faults += [clean(blocker) for blocker in candidate.blockers]
        for fault in faults if self.all else faults[:3]:
            for text in fold(fault, self.width, "      ", "    ! "):
                yield self.style.warn(text)

    def _reach(self) -> Iterator[str]:
        assessment = self.answer.assessment
        if assessment.version is None:
            yield ""
            why = f"Which fixes are missing is not known: {clean(assessment.evidence)}"
            yield from map(self.style.warn, fold(why, self.width))
            return
        tally = assessment.tally
        title = (
            f"{_doubt(assessment)}{plural(tally.total, 'known bug')} open in {assessment.version}, "
            f"{number(tally.reaching)} can run here"
        )
        words = [
            f"{number(tally.by_severity[severity])} {severity}"
            for severity in Severity
            if tally.by_severity.get(severity)
        ]
        yield from self._heading(title, f"({', '.join(words)})" if words else "")
        yield from _bar(tally, self.width, self.style)
        if tally.unlocated:
            text = (
                f"{number(tally.unlocated)} of those not told are known from changelogs alone, "
                "which name no source file."
            )
            yield from map(self.style.quiet, fold(text, self.width, "    ", "    "))

    def _devices(self) -> Iterator[str]:
        groups = _groups(self.answer)
        if not groups:
            return
        reached = [group for group in groups if group.findings]
        quiet = [group for group in groups if not group.findings]
        shown = reached if self.all else reached[:_MOST_DEVICES]
        yield from self._heading(
            "What reaches each device", "(driver's module, open bugs, the worst)"
        )
        for group in shown:
            yield self._group(group)
        if len(shown) < len(reached):
            names = _names(group for group in reached[len(shown) :])
            yield from self._few(f"and also {names}", 2)
        if quiet:
            yield from self._few(f"nothing known for {_names(quiet)}", 2)

    def _few(self, text: str, most: int) -> Iterator[str]:
        """Yield a quiet paragraph, cut after a few lines unless all was asked for."""
        lines = fold(text, self.width, "    ", "    ")
        if len(lines) > most and not self.all:
            lines = [*lines[: most - 1], cut(lines[most - 1], self.width - 12) + " ... (--all)"]
        for line in lines:
            yield self.style.quiet(line)

    def _group(self, group: _Group) -> str:
        worst = group.findings[0]
        room = max(16, self.width - 61)
        name = clean(group.devices[0].name)
        more = len(group.devices) - 1
        if more:
            name = f"{cut(name, room - 5)} +{more}"
        left = f"  {pad(_label(group.devices[0]), 11)} {pad(name, room)} {pad(clean(group.module), 15)}"
        severity = f"{worst.severity}{'~' if worst.estimated else ''}"
        paint = self.style.bad if worst.severity in _GRAVE else self.style.warn
        return f"{left} {paint(f'{len(group.findings):>4}')}  {worst.id} {severity}"

    def _findings(self) -> Iterator[str]:
        for title, findings in (
            ("Known trouble in the running kernel", self.answer.regressions),
            ("Every open bug that can run here, or that may", self.answer.assessment.findings),
        ):
            if findings:
                yield from self._heading(title)
            for finding in findings:
                severity = f"{finding.severity}{'~' if finding.estimated else ''}"
                text = f"{pad(finding.id, 17)} {pad(severity, 9)} {pad(finding.reached.reach, 10)}"
                yield cut(f"  {text} {clean(finding.title)}", self.width)

    def _checks(self) -> Iterator[str]:
        shown = [
            check
            for check in self.answer.preflight
            if self.all or check.status in {CheckStatus.WARN, CheckStatus.BLOCK}
        ]
        if not shown:
            return
        yield from self._heading("Before you reboot")
        for check in shown:
            yield from self._check(check)

    def _check(self, check: Check) -> Iterator[str]:
        paint = {
            CheckStatus.BLOCK: self.style.bad,
            CheckStatus.WARN: self.style.warn,
            CheckStatus.OK: self.style.good,
        }.get(check.status, self.style.quiet)
        lines = fold(clean(check.message), self.width, " " * 10, " " * 10)
        yield f"  {paint(pad(check.status, 8))}{lines[0][10:]}"
        yield from lines[1:]

    def _unknowns(self) -> Iterator[str]:
        unknowns = self.answer.unknowns
        if not unknowns:
            return
        yield from self._heading("Not known,", "and so not claimed")
        for unknown in unknowns if self.all else unknowns[:_FEW]:
            text = f"{clean(unknown.what)}: {clean(unknown.why)} ({clean(unknown.source)})"
            yield from fold(text, self.width, "    ", "  ? ")
        if not self.all and len(unknowns) > _FEW:
            yield self.style.quiet(f"    and {len(unknowns) - _FEW} more: --all")

    def _age(self) -> Iterator[str]:
        facts = self.answer.knowledge
        newest = dict(facts.sources).get("changelogs", "")
        changelogs = f", changelogs to {newest}" if newest else ""
        yield ""
        text = (
            f"Knowledge of {facts.snapshot} ({plural(facts.age_days, 'day')} old{changelogs}): "
            f"{number(facts.records)} CVE records, {number(facts.curated)} written by hand. "
            "It cannot speak about anything later."
        )
        for line in fold(text, self.width):
            yield self.style.warn(line) if facts.age_days > _STALE_DAYS else self.style.quiet(line)
        if not self.all:
            yield self.style.quiet(
                cut(
                    "All of it: advisor scan --all. One fix or device: advisor explain ID.",
                    self.width,
                )
            )


def _reaching(tally: Tally | None) -> str:
    return "?" if tally is None else number(tally.reaching)


def _doubt(assessment: Assessment) -> str:
    """Return on which side of the truth a count may lie, ``""`` where it is exact."""
    if assessment.certain:
        return "At least " if assessment.beyond else ""
    return "" if assessment.beyond else "At most "


def _groups(answer: Answer) -> list[_Group]:
    """Return the devices by driving module, the one with most bugs that run now first."""
    near: dict[str, list[Finding]] = {}
    for finding in answer.assessment.findings:
        for name in finding.reached.devices:
            near.setdefault(name, []).append(finding)
    grouped: dict[tuple[str, str], list[Device]] = {}
    for device in answer.inventory.devices:
        module = device.module or device.driver or "no driver bound"
        grouped.setdefault((device.kind, module), []).append(device)
    groups = [
        _Group(module, tuple(devices), tuple(near.get(devices[0].id, ())))
        for (_, module), devices in grouped.items()
    ]
    return sorted(groups, key=lambda group: -len(group.findings))


def _label(device: Device) -> str:
    return clean(device.interfaces[0].name) if device.interfaces else str(device.kind)


def _names(groups: Iterable[_Group]) -> str:
    names = [
        _label(device) if device.interfaces else clean(device.name)
        for group in groups
        for device in group.devices
    ]
    return ", ".join(dict.fromkeys(names))


def _bar(tally: Tally, width: int, style: Style) -> Iterator[str]:
    """Yield one line a reach: a bar as long as its share, the count, the words."""
    room = min(28, width // 4)
    most = max(tally.by_reach.values(), default=1)
    for reach, words in _REACH_WORDS.items():
        count = tally.by_reach.get(reach, 0)
        if count:
            bar = "█" * max(1, round(room * count / most))
            paint = (
                style.bad
                if reach is Reach.ACTIVE
                else style.warn
                if reach in WEIGHING
                else style.quiet
            )
            yield f"  {paint(pad(bar, room))} {number(count):>6}  {cut(words, width - room - 11)}"
