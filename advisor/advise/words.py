"""The decision in plain words: headline, reasons and risks."""

from __future__ import annotations

from advisor.advise.judge import Judged
from advisor.advise.policy import Situation, Verdict
from advisor.advise.situation import Choice
from advisor.model.advice import Action, Candidate
from advisor.model.finding import Assessment, Finding, Reach, Tally
from advisor.model.fix import Severity
from advisor.model.inventory import Inventory

_FEW = 3


def count(number: int, what: str) -> str:
    """Return a number with its noun: ``1 bug``, ``1,204 bugs``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def headline(inventory: Inventory, assessment: Assessment, verdict: Verdict, choice: Choice) -> str:
    """Return the verdict in one sentence."""
    release = inventory.kernel.identity.release
    target = verdict.target
    name = target.release if target is not None else ""
    situation = choice.situation
    if target is None:
        return _without_target(release, assessment, verdict, choice)
    gain = _gain(choice.by_target.get(target), situation)
    match verdict.action:
        case Action.REBOOT:
            start = f"{name} is installed and not running; reboot into it"
        case Action.SWITCH_SERIES if situation.ended:
            start = (
                f"the {inventory.kernel.identity.series} series gets no more fixes; move to {name}"
            )
        case Action.SWITCH_SERIES:
            start = f"move to {name}"
        case _:
            start = f"install {name}"
    return f"{start}: {gain}." if gain else f"{start}."


def _without_target(release: str, assessment: Assessment, verdict: Verdict, choice: Choice) -> str:
    reaching = choice.situation.reaching
    match verdict.row.id:
        case "from-outside":
            bugs = f"; {count(reaching, 'known bug')} can run in it" if reaching else ""
            return f"{release} comes from outside this system, so nothing here can change it{bugs}."
        case "from-outside-clean":
            return f"{release} comes from outside this system, and no known open bug can run here."
        case "breaks-here":
            worst = choice.refused[0] if choice.refused else None
            name = worst.candidate.release if worst else "what is offered"
            return f"stay on {release}: {name} would break what this machine uses."
        case "number-cannot-tell":
            return f"which fixes {release} has cannot be told from its number."
        case "beyond-knowledge":
            return f"{release} is newer than the knowledge, so nothing can be said about it."
        case "series-ended-alone":
            return (
                f"the series of {release} gets no more fixes, and no other kernel is offered here."
            )
        case _:
            if assessment.version is not None and not reaching:
                return f"nothing known to be open can run on {release} here."
            return f"nothing that is on offer is better for this machine than {release}."


def _gain(judged: Judged | None, situation: Situation) -> str:
    if judged is None:
        return ""
    candidate = judged.candidate
    parts: list[str] = []
    if candidate.cures:
        parts.append(f"it ends known trouble ({candidate.cures[0].title})")
    if judged.closed:
        parts.append(f"it closes {_bugs(candidate.closes)}")
    opens = candidate.opens.reaching if candidate.opens is not None else 0
    if opens and parts:
        parts.append(f"brings {opens:,}")
    if not parts and not situation.ended:
        return "what it fixes cannot be told from its number"
    return " and ".join(parts)


def _bugs(tally: Tally | None) -> str:
    if tally is None:
        return "bugs"
    high = tally.by_severity.get(Severity.CRITICAL, 0) + tally.by_severity.get(Severity.HIGH, 0)
    serious = f", {high:,} of them high or critical" if high else ""
    return f"{count(tally.reaching, 'known bug')} that can run here{serious}"


def reasons(
    inventory: Inventory, assessment: Assessment, verdict: Verdict, choice: Choice
) -> tuple[str, ...]:
    """Return why, the most telling first."""
    target = verdict.target
    judged = choice.by_target.get(target) if target is not None else None
    found = list(_about(judged, assessment)) if judged is not None else []
    found.append(verdict.row.why)
    if verdict.row.id == "from-outside":
        found.insert(0, _outside(inventory))
    if assessment.version is None:
        found.insert(0, assessment.evidence)
    elif not assessment.certain:
        found.append(
            f"How many of these the vendor has mended already is not known: {assessment.evidence}"
        )
    return tuple(dict.fromkeys(found))


def _outside(inventory: Inventory) -> str:
    if inventory.host.container:
        return f"This is a container ({inventory.host.container}); it runs its host's kernel. Scan the host."
    release = inventory.kernel.identity.release
    return (
        f"No kernel is installed in this system and /lib/modules/{release} is not there: whoever starts "
        "this machine supplies its kernel, and has to supply the next one."
    )


def _about(judged: Judged, assessment: Assessment) -> list[str]:
    found = [f"Ends known trouble: {cure.title}" for cure in judged.candidate.cures]
    exploited = [one for one in judged.closed if one.exploited]
    found += [f"{one.id} is known to be exploited: {one.title}" for one in exploited[:_FEW]]
    running = [one for one in judged.closed if one.reached.reach is Reach.ACTIVE]
    worst = sorted(running, key=lambda one: (-one.score, one.id))[:_FEW]
    found += [_worst(one) for one in worst if one not in exploited]
    candidate = judged.candidate
    if candidate.remaining is not None:
        before, after = assessment.tally.reaching, candidate.remaining.reaching
        found.append(
            f"Open bugs that can run here: {before:,} now, {after:,} with {candidate.release}."
        )
    return found


def _worst(finding: Finding) -> str:
    devices = f" ({', '.join(finding.reached.devices[:2])})" if finding.reached.devices else ""
    return f"{finding.id}, {finding.severity}: {finding.title}{devices}"


def risks(verdict: Verdict, choice: Choice) -> tuple[str, ...]:
    """Return what may go wrong and what is taken away, also by the kernels that were refused."""
    target = verdict.target
    judged = choice.by_target.get(target) if target is not None else None
    found = list(_risks_of(judged.candidate)) if judged is not None else []
    for refused in choice.refused[:_FEW]:
        found += [
            f"{refused.candidate.release} is refused: {why}" for why in whys(refused.candidate)
        ]
    return tuple(dict.fromkeys(found))


def whys(candidate: Candidate) -> list[str]:
    """Return why a kernel may not be taken."""
    found = [f"it would lose {lost.what} ({lost.how})" for lost in candidate.lost]
    found += [f"known trouble: {one.title}" for one in candidate.regressions]
    return found + list(candidate.blockers)


def _risks_of(candidate: Candidate) -> list[str]:
    found = [f"Known trouble in it: {one.title}" for one in candidate.regressions]
    found += [f"It no longer serves {lost.what}: {lost.how}" for lost in candidate.lost]
    upstream, horizon = candidate.upstream, candidate.horizon
    if upstream is not None and horizon is not None and upstream > horizon:
        found.append(
            f"The knowledge ends at {horizon}: what {candidate.release} brings beyond it is not known."
        )
    opens = candidate.opens
    if opens is not None and opens.reaching:
        worst = candidate.opens_findings[0] if candidate.opens_findings else None
        example = f", such as {_worst(worst)}" if worst is not None else ""
        found.append(f"It brings {count(opens.reaching, 'known bug')} that can run here{example}.")
    return found
