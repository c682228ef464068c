"""The answer on one terminal screen: verdict, why, what to type, what reaches each device."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.model.advice import Action, Answer, Candidate, Check, CheckStatus, Origin, Urgency
from advisor.model.finding import WEIGHING, Finding, Reach, Tally
from advisor.model.fix import Severity
from advisor.model.inventory import Device
from advisor.render.text import Options, Style, clean, cut, fold, number, pad, plural

_WIDEST = 110  # longer lines are hard to read
_STALE_DAYS = 45
_FEW = 6
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


class _Screen:
    def __init__(self, answer: Answer, options: Options) -> None:
        self.answer = answer
        self.all = options.all
        self.style = Style(options.colour)
        self.width = max(40, min(options.width, _WIDEST))

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
        yield style.quiet(
            cut(f"{where} · {distro} · kernel {clean(kernel.release)}{upstream}", self.width)
        )
        decision = answer.decision
        yield ""
        headline = f"{decision.action.upper().replace('-', ' ')}: {clean(decision.headline)}"
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

    def _steps(self) -> Iterator[str]:
        steps = (*self.answer.decision.steps, *self.answer.decision.mitigations)
        if not steps:
            return
        yield ""
        yield self.style.strong("What to do")
        for index, step in enumerate(steps, 1):
            yield from fold(clean(step.text), self.width, "     ", f"  {index}. ")
            if step.command:
                yield f"       {self.style.command(clean(step.command))}"

    def _candidates(self) -> Iterator[str]:
        if not self.answer.candidates:
            return
        yield ""
        head = f"  {pad('Kernel', 28)} {'closes':>7} {'opens':>7} {'left':>7}  where from"
        yield self.style.strong("Kernels this machine could run") + self.style.quiet(
            " (bugs that reach it)"
        )
        yield self.style.quiet(cut(head, self.width))
        running = self.answer.assessment
        if running.version is not None:
            left = number(running.tally.reaching)
            release = clean(self.answer.inventory.kernel.identity.release)
            yield cut(f"  {pad(release, 28)} {'':>7} {'':>7} {left:>7}  running now", self.width)
        for candidate in self.answer.candidates:
            yield from self._candidate(candidate)

    def _candidate(self, candidate: Candidate) -> Iterator[str]:
        chosen = candidate.release == self.answer.decision.target
        mark = ">" if chosen else " "
        name = clean(candidate.release or candidate.package_version or candidate.package)
        counts = " ".join(
            f"{_reaching(tally):>7}"
            for tally in (candidate.closes, candidate.opens, candidate.remaining)
        )
        origin = (
            clean(candidate.suite) if candidate.state is Origin.OFFERED else str(candidate.state)
        )
        note = f"{origin}; {_beyond(candidate)}" if _beyond(candidate) else origin
        line = cut(f"{mark} {pad(name, 28)} {counts}  {note}", self.width)
        yield self.style.strong(line) if chosen else line
        faults = [f"loses {clean(lost.what)}: {clean(lost.how)}" for lost in candidate.lost]
        faults += [f"known trouble: {clean(found.title)}" for found in candidate.regressions]
        faults += [clean(blocker) for blocker in candidate.blockers]
        for fault in faults if self.all else faults[:3]:
            for text in fold(fault, self.width, "      ", "    ! "):
                yield self.style.warn(text)

    def _reach(self) -> Iterator[str]:
        assessment = self.answer.assessment
        yield ""
        if assessment.version is None:
            for line in fold(
                f"Which fixes are missing is not known: {clean(assessment.evidence)}", self.width
            ):
                yield self.style.warn(line)
            return
        tally = assessment.tally
        doubt = "" if assessment.certain else " at most"
        yield self.style.strong(
            f"{plural(tally.total, 'known bug')}{doubt} open in {assessment.version}, "
            f"{number(tally.reaching)} can run here"
        ) + self._severities(tally)
        yield from _bar(tally, self.width, self.style)

    def _severities(self, tally: Tally) -> str:
        words = [
            f"{number(tally.by_severity[severity])} {severity}"
            for severity in Severity
            if tally.by_severity.get(severity)
        ]
        return self.style.quiet(f" ({', '.join(words)})") if words else ""

    def _devices(self) -> Iterator[str]:
        devices = self.answer.inventory.devices
        if not devices:
            return
        near = _by_device(self.answer.assessment.findings)
        yield ""
        yield self.style.strong("What reaches each device")
        for device in devices:
            yield self._device(device, near.get(device.id, []))

    def _device(self, device: Device, findings: list[Finding]) -> str:
        count = plural(len(findings), "open bug") if findings else "none known"
        worst = f", worst {findings[0].id} {findings[0].severity}" if findings else ""
        chain = " → ".join(clean(part) for part in (device.driver, device.module) if part)
        names = ", ".join(interface.name for interface in device.interfaces)
        what = f"{clean(names)} " if names else ""
        label = pad(f"  {what}{device.kind}: {clean(device.name)}", self.width // 2 - 2)
        rest = cut(f"{chain or 'no driver bound'}: {count}{worst}", self.width - len(label) - 1)
        return f"{label} {self.style.warn(rest) if findings else self.style.quiet(rest)}"

    def _findings(self) -> Iterator[str]:
        for title, findings in (
            ("Known trouble in the running kernel", self.answer.regressions),
            ("Every open bug that can run here, or that may", self.answer.assessment.findings),
        ):
            if findings:
                yield ""
                yield self.style.strong(title)
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
        yield ""
        yield self.style.strong("Before you reboot")
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
        yield ""
        yield self.style.strong("Not known") + self.style.quiet(", and so not claimed")
        for unknown in unknowns if self.all else unknowns[:_FEW]:
            text = f"{clean(unknown.what)}: {clean(unknown.why)} ({clean(unknown.source)})"
            yield from fold(text, self.width, "    ", "  ? ")
        if not self.all and len(unknowns) > _FEW:
            yield self.style.quiet(f"    and {len(unknowns) - _FEW} more: --all")

    def _age(self) -> Iterator[str]:
        facts = self.answer.knowledge
        yield ""
        text = (
            f"Knowledge of {facts.snapshot} ({plural(facts.age_days, 'day')} old): "
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


def _beyond(candidate: Candidate) -> str:
    if not candidate.judged:
        return clean(candidate.why_not)
    upstream, horizon = candidate.upstream, candidate.horizon
    if upstream is None or (horizon is not None and upstream <= horizon):
        return ""
    return f"knowledge ends at {horizon}" if horizon else "newer than the knowledge"


def _by_device(findings: tuple[Finding, ...]) -> dict[str, list[Finding]]:
    near: dict[str, list[Finding]] = {}
    for finding in findings:
        for device in finding.reached.devices:
            near.setdefault(device, []).append(finding)
    return near


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
            yield f"  {paint(pad(bar, room))} {number(count):>6}  {words}"
