"""Metrics for node_exporter's textfile collector.

The same series in every run, so that a graph has no gaps: what is not known is ``NaN``. No label
holds a CVE or a device: their number would have no end.
"""

from __future__ import annotations

import calendar
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from advisor.model.advice import Action, Answer, CheckStatus, Urgency
from advisor.model.finding import REACH_ORDER
from advisor.model.fix import Severity
from advisor.render import ReportOptions
from advisor.render.html_text import short
from advisor.render.overview import left_after, name_of

_UNKNOWN = "NaN"
_URGENCIES = (Urgency.NONE, Urgency.ROUTINE, Urgency.SOON, Urgency.NOW)


class Sample(NamedTuple):
    """One value with its labels."""

    value: str
    labels: tuple[tuple[str, str], ...] = ()


class Family(NamedTuple):
    """One metric: all are gauges."""

    name: str
    help: str
    samples: tuple[Sample, ...]


def render_prometheus(answers: Sequence[Answer], options: ReportOptions) -> str:  # noqa: ARG001 - every renderer takes them
    """Return the metrics of one machine, or of several with a label ``host`` on each series.

    Source:
        The text format of prometheus.io, version 0.0.4; node_exporter's rules for text files.
    """
    several = len(answers) > 1
    merged: dict[str, Family] = {}
    for answer in answers:
        host = (("host", short(name_of(answer))),) if several else ()
        for family in _families(answer):
            samples = tuple(s._replace(labels=(*host, *s.labels)) for s in family.samples)
            known = merged.get(family.name, family._replace(samples=()))
            merged[family.name] = known._replace(samples=(*known.samples, *samples))
    return "".join(line for family in merged.values() for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} gauge\n"
    for sample in family.samples:
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels)
        yield (
            f"{family.name}{{{labels}}} {sample.value}\n"
            if labels
            else (f"{family.name} {sample.value}\n")
        )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _families(answer: Answer) -> Iterator[Family]:
    yield _kernel(answer)
    yield _one("advisor_scan_timestamp_seconds", "When the scan ran.", _moment(answer.generated))
    yield _one(
        "advisor_knowledge_timestamp_seconds",
        "The day of the newest source of the knowledge base.",
        _moment(answer.knowledge.snapshot),
    )
    yield _one(
        "advisor_knowledge_records", "CVE records known.", str(int(answer.knowledge.records))
    )
    yield from _bugs(answer)
    yield from _advice(answer)
    checks = Counter(check.status for check in answer.preflight)
    yield Family(
        "advisor_checks",
        "Checks before the upgrade, by what they found.",
        tuple(Sample(str(checks[status]), (("status", status),)) for status in CheckStatus),
    )
    yield _one("advisor_unknowns", "Things that could not be read.", str(len(answer.unknowns)))


def _kernel(answer: Answer) -> Family:
    identity = answer.inventory.kernel.identity
    labels = (
        ("release", short(identity.release)),
        ("upstream", str(identity.upstream or "")),
        ("series", str(identity.series or "")),
        ("vendor", short(identity.vendor)),
        ("target", short(answer.decision.target)),
        ("version", short(answer.advisor)),
    )
    return Family(
        "advisor_kernel_info",
        "The running kernel, the one that is advised, and the advisor's version.",
        (Sample("1", labels),),
    )


def _bugs(answer: Answer) -> Iterator[Family]:
    tally = answer.assessment.tally if answer.assessment.version else None
    yield Family(
        "advisor_bugs_open",
        "Known bugs open in the running kernel, by how near their code is to running here.",
        tuple(
            Sample(_count(tally.by_reach.get(reach, 0) if tally else None), (("reach", reach),))
            for reach in REACH_ORDER
        ),
    )
    yield Family(
        "advisor_bugs_reaching",
        "Known bugs open in the running kernel that can run here, by severity.",
        tuple(
            Sample(
                _count(tally.by_severity.get(severity, 0) if tally else None),
                (("severity", severity),),
            )
            for severity in Severity
        ),
    )
    yield _one(
        "advisor_bugs_left",
        "Known bugs that will be able to run here once the advice is taken.",
        _count(left_after(answer)),
    )
    yield _one(
        "advisor_regressions",
        "Known regressions of the running kernel that touch this machine.",
        str(len(answer.regressions)),
    )


def _advice(answer: Answer) -> Iterator[Family]:
    decision = answer.decision
    yield Family(
        "advisor_action",
        "What is advised: 1 for the action that is.",
        tuple(Sample(_flag(decision.action is action), (("action", action),)) for action in Action),
    )
    yield _one(
        "advisor_urgency",
        "How urgent it is: 0 none, 1 routine, 2 soon, 3 now.",
        str(_URGENCIES.index(decision.urgency)),
    )
    yield _one(
        "advisor_reboot_recommended",
        "Whether a reboot alone brings a better kernel.",
        _flag(decision.action is Action.REBOOT),
    )


def _one(name: str, words: str, value: str) -> Family:
    return Family(name, words, (Sample(value),))


def _flag(yes: bool) -> str:  # noqa: FBT001 - it is what it turns into text
    return "1" if yes else "0"


def _count(count: int | None) -> str:
    return _UNKNOWN if count is None else str(count)


def _moment(text: str) -> str:
    """Return an ISO day or moment in UTC as seconds since 1970."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        try:
            return str(calendar.timegm(time.strptime(text, form)))
        except (ValueError, OverflowError):
            continue
    return _UNKNOWN
