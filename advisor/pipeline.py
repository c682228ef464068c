"""One scan from a machine to an answer: probe, assess, advise, joined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from advisor import __version__
from advisor.advise import advise
from advisor.assess import Weigher, assess
from advisor.assess.curated import annotate
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Answer, KnowledgeFacts
from advisor.model.inventory import Inventory
from advisor.model.packages import GivenKernel
from advisor.model.reading import Unknown
from advisor.model.version import KernelVersion
from advisor.probe import probe
from advisor.system.machine import System

_DAY = 86400


def scan(
    system: System,
    knowledge: KnowledgeBase,
    *,
    now: int,
    given: tuple[GivenKernel, ...] = (),
    doubtful: bool = False,
    log: bool = False,
) -> Answer:
    """Return everything one machine's scan finds and advises.

    Args:
        system: This machine or a capture.
        knowledge: The knowledge base.
        now: Seconds since 1970 in UTC.
        given: Kernels that the user named, to be judged beside those the machine knows of.
        doubtful: Also detail the fixes whose reach what was read does not tell.
        log: Also read the errors in the kernel's log: what a comparison of two scans needs.
    """
    inventory = probe(system, now=now, log=log)
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher, doubtful=doubtful)
    assessment = assessment._replace(findings=annotate(assessment.findings, knowledge))
    advice = advise(inventory, assessment, knowledge, weigher, now_days=now // _DAY, extra=given)
    series = inventory.kernel.identity.series
    facts = knowledge.series(series) if series else None
    return Answer(
        generated=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        advisor=__version__,
        knowledge=knowledge_facts(knowledge, now=now),
        inventory=inventory,
        assessment=assessment,
        regressions=advice.regressions,
        candidates=advice.candidates,
        preflight=advice.preflight,
        decision=advice.decision,
        unknowns=(
            *_beyond(inventory, assessment.horizon),
            *inventory.unknowns,
            *advice.unknowns,
        ),
        series_eol=facts.eol if facts else "",
    )


def knowledge_facts(knowledge: KnowledgeBase, *, now: int) -> KnowledgeFacts:
    """Return what the knowledge base says about itself, and how old it is."""
    meta = knowledge.meta()
    snapshot = meta.get("snapshot", "")
    try:
        taken = date.fromisoformat(snapshot)
        age = max(0, now // _DAY - (taken - date(1970, 1, 1)).days)
    except ValueError:
        age = 0
    return KnowledgeFacts(
        snapshot=snapshot,
        records=_count(knowledge, meta.get("records", "0")),
        curated=_count(knowledge, meta.get("curated", "0")),
        age_days=age,
        sources=_sources(meta),
        serial=meta.get("serial", ""),
    )


def _count(knowledge: KnowledgeBase, text: str) -> int:
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - no source has a thousand million
        raise knowledge.damaged(ValueError(f"not a count: {text[:20]!r}"))
    return int(text)


def _sources(meta: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the sources with the day each was taken, the CVE records first."""
    named = (
        ("kernel-cna", meta.get("snapshot", "")),
        ("changelogs", meta.get("newest", "")),
        ("series", meta.get("series_as_of", "")),
        ("drivers", meta.get("drivers_as_of", "")),
        ("exploited", meta.get("exploited_as_of", "")),
    )
    return tuple((source, day) for source, day in named if day)


def _beyond(inventory: Inventory, horizon: KernelVersion | None) -> tuple[Unknown, ...]:
    """Return what nobody can know yet about a kernel that is newer than the records."""
    version = inventory.kernel.identity.upstream
    if version is None or (horizon is not None and version <= horizon):
        return ()
    since = f"after {horizon}" if horizon else f"with the {version.series} series"
    return (
        Unknown(
            f"which bugs came in {since}",
            "the CVE records end before this kernel, so it may have more bugs than were counted",
            "the knowledge base",
        ),
    )
