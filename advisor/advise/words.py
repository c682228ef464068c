"""The decision in plain words: headline, reasons and risks."""

from __future__ import annotations

from typing import Final

from advisor.advise.case import Case
from advisor.advise.days import is_over
from advisor.advise.judge import Judged, doubt_of_series
from advisor.advise.situation import Choice
from advisor.advise.text import count, sentence
from advisor.advise.trouble import is_outage
from advisor.advise.values import Situation
from advisor.advise.verdict import Verdict
from advisor.model.advice import Action, Frontier, Origin
from advisor.model.finding import Assessment, Finding, Reach
from advisor.model.inventory import Inventory
from advisor.model.version import parse_version

_FEW: Final = 3


def headline(inventory: Inventory, assessment: Assessment, verdict: Verdict, choice: Choice) -> str:
    """Return the verdict in one sentence."""
    target, situation = verdict.target, choice.situation
    if target is None:
        return _without_target(inventory, assessment, verdict, choice)
    identity = inventory.kernel.identity
    gain = _gain(choice.by_target[target], situation)
    match verdict.action:
        case Action.REBOOT if verdict.row.id == "way-back":
            start = f"go back to {target.release}"
        case Action.REBOOT:
            start = f"{target.release} is installed and not running; reboot into it"
        case Action.SWITCH_SERIES if situation.ended:
            start = f"the {identity.series} series gets no more fixes; move to {target.release}"
        case Action.SWITCH_SERIES:
            start = f"move to {target.release}"
        case _:
            start = f"install {target.release}"
    return f"{start}: {gain}." if gain else f"{start}."


def _without_target(
    inventory: Inventory, assessment: Assessment, verdict: Verdict, choice: Choice
) -> str:
    release = inventory.kernel.identity.release
    reaching = choice.situation.reaching
    bugs = f"; {count(reaching, 'known bug')} can run in it" if reaching else ""
    refused = choice.refused[0].offer.release if choice.refused else "what is offered"
    lines = {
        "from-outside": f"{release} comes from outside this system, so nothing here can change it{bugs}.",
        "from-outside-clean": f"{release} comes from outside this system; no known open bug can run here.",
        "breaks-here": f"stay on {release}: {refused} would break what this machine uses.",
        "vendors-newest": f"{release} is the newest build that its vendor offers here.",
        "number-cannot-tell": f"which fixes {release} has cannot be told from its number.",
        "beyond-knowledge": f"{release} is too new for the knowledge to say how safe it is{bugs}.",
        "offers-not-read": f"which kernels are offered here instead of {release} was not read{bugs}.",
        "series-ended-alone": f"the series of {release} gets no more fixes, and no other is offered here.",
    }
    if verdict.row.id in lines:
        return lines[verdict.row.id]
    if assessment.version is not None and not reaching:
        return f"no bug that is known to be open can run on {release} here."
    return f"nothing that is on offer is better for this machine than {release}."


def _gain(judged: Judged, situation: Situation) -> str:
    candidate = judged.candidate
    parts: list[str] = []
    outages = [one for one in candidate.cures if is_outage(one)]
    if outages:
        parts.append(f"ends known trouble here ({outages[0].title})")
    if judged.closed:
        parts.append(f"closes {count(len(judged.closed), 'known bug')} that can run here")
    opens = candidate.opens.reaching if candidate.opens is not None else 0
    if opens and parts:
        parts.append(f"brings {opens:,}")
    if not parts and not situation.ended:
        return "a newer build of the same line, whose number does not tell what it fixes"
    together = " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
    return f"it {together}" if together else ""


def reasons(
    case: Case, verdict: Verdict, choice: Choice, picture: Frontier | None
) -> tuple[str, ...]:
    """Return why, the most telling first."""
    inventory, assessment = case.inventory, case.assessment
    target = verdict.target
    judged = choice.behind(target)
    found: list[str] = []
    if assessment.version is None:
        found.append(sentence(inventory.kernel.identity.why))
    if verdict.row.id == "from-outside":
        found.append(_outside(inventory))
    if judged is not None:
        found += _about(judged, assessment)
    else:
        for one in choice.refused[:_FEW]:
            found += [sentence(f"{one.offer.release}: {why}") for why in whys(one)]
    found += _kept_up(case, verdict)
    found += _edge(case, verdict)
    found += _not_taken(verdict, choice, picture)
    found.append(verdict.row.why)
    found += _upstream(choice, verdict)
    if assessment.version is not None and not assessment.certain:
        why = inventory.kernel.identity.why
        found.append(f"How many of these bugs the vendor has mended already is not known: {why}.")
    return tuple(dict.fromkeys(found))


def _kept_up(case: Case, verdict: Verdict) -> list[str]:
    """Return what is offered of an older series, where the running one has ended and nothing newer is."""
    if verdict.row.id != "series-ended-alone":
        return []
    for kernel in reversed(case.inventory.packages.offered):
        version = parse_version(kernel.upstream)
        facts = case.knowledge.series(version.series) if version is not None else None
        if facts is not None and facts.longterm and not is_over(facts.eol, case.now_days):
            suite = f" ({kernel.suite})" if kernel.suite else ""
            return [
                f"{kernel.release}{suite} is offered here: of an older series, which is still kept up "
                f"until {facts.eol}. Going back to it is the smaller step, if it has what you need."
            ]
    return []


def _edge(case: Case, verdict: Verdict) -> list[str]:
    """Return that the knowledge ends before the running kernel, where that is kept."""
    version, horizon = case.assessment.version, case.assessment.horizon
    if version is None or verdict.target is not None:
        return []
    doubt = doubt_of_series(case.knowledge, version.series)
    if doubt:
        return [sentence(doubt)]
    if horizon is not None and version > horizon:
        return [f"The knowledge ends at {horizon}: what {version} brought after it is not counted."]
    return []


def _not_taken(verdict: Verdict, choice: Choice, picture: Frontier | None) -> list[str]:
    """Return why a kernel that seems to leave less was not chosen."""
    if verdict.action not in {Action.UPGRADE, Action.REBOOT, Action.STAY}:
        return []
    found = [
        f"Not {one.offer.release}: {one.candidate.doubt}."
        for one in choice.elsewhere[-1:]
        if one.thin and one.candidate.closes is not None and one.candidate.closes.reaching
    ]
    if picture is not None and picture.next_step:
        found.append(f"{picture.next_step} That is another series, a bigger step.")
    return found


def _outside(inventory: Inventory) -> str:
    container = inventory.host.container
    if container:
        return f"This is a container ({container}); it runs its host's kernel. The advice is the host's."
    release = inventory.kernel.identity.release
    return (
        f"No kernel is installed in this system and /lib/modules/{release} is not there: whoever starts "
        "this machine supplies its kernel, and has to supply the next one."
    )


def _upstream(choice: Choice, verdict: Verdict) -> list[str]:
    """Return what kernel.org has, where that is not what was chosen."""
    found: list[str] = []
    for one in choice.upstream:
        if verdict.target is not None and one.offer.release == verdict.target.release:
            continue
        gain = (
            f", which closes {count(len(one.closed), 'bug')} that can run here"
            if one.closed
            else ""
        )
        found.append(f"Upstream only: kernel.org has {one.offer.release}{gain}.")
    return found


def _about(judged: Judged, assessment: Assessment) -> list[str]:
    candidate = judged.candidate
    found = [f"Ends known trouble: {one.title}." for one in candidate.cures if is_outage(one)]
    exploited = [one for one in judged.closed if one.exploited]
    found += [f"{one.id} is known to be exploited: {one.title}." for one in exploited[:_FEW]]
    active = (one for one in judged.closed if one.reached.reach is Reach.ACTIVE)
    worst = sorted(active, key=lambda one: (one.estimated, -one.score, one.id))
    told = [one for one in worst if one not in exploited]
    found += [f"Closes {_named(one)}." for one in told[: 1 if exploited else 2]]
    if candidate.remaining is not None and assessment.version is not None:
        before, after = assessment.tally.reaching, candidate.remaining.reaching
        found.append(
            f"Open bugs that can run here: {before:,} now, {after:,} with {candidate.release}."
        )
    else:
        found.append(sentence(candidate.why_not))
    return found


def _named(finding: Finding) -> str:
    devices = f" ({', '.join(finding.reached.devices[:2])})" if finding.reached.devices else ""
    severity = "" if finding.estimated else f", {finding.severity}"
    return f"{finding.id}{severity}: {finding.title}{devices}"


def risks(verdict: Verdict, choice: Choice) -> tuple[str, ...]:
    """Return what may go wrong and what is taken away, also by the kernels that were refused."""
    target = verdict.target
    judged = choice.behind(target)
    found: list[str] = []
    if judged is not None:
        found += _risks_of(judged)
        for refused in choice.refused[:_FEW]:
            found += [f"{refused.offer.release} is refused: {why}" for why in whys(refused)]
    return tuple(dict.fromkeys(found))


def whys(judged: Judged) -> list[str]:
    """Return why a kernel may not be taken."""
    candidate = judged.candidate
    found = [f"it would lose {lost.what}: {lost.how}" for lost in candidate.lost if lost.serious]
    found += [f"it has known trouble: {one.title}" for one in judged.fresh if is_outage(one)]
    return found + list(candidate.blockers)


def _risks_of(judged: Judged) -> list[str]:
    candidate = judged.candidate
    found = [f"It brings known trouble: {one.title}." for one in judged.fresh]
    stays = [one for one in candidate.regressions if one not in judged.fresh and is_outage(one)]
    found += [f"Known trouble stays: {one.title}." for one in stays]
    found += [f"It no longer serves {lost.what}: {lost.how}." for lost in candidate.lost]
    found += [sentence(note) for note in candidate.notes]
    if candidate.doubt and candidate.state is not Origin.UPSTREAM:
        found.append(sentence(candidate.doubt))
    opens = candidate.opens
    if opens is not None and opens.reaching:
        worst = candidate.opens_findings[0] if candidate.opens_findings else None
        example = f", such as {_named(worst)}" if worst is not None else ""
        found.append(f"It brings {count(opens.reaching, 'known bug')} that can run here{example}.")
    return found
