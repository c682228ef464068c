"""Record answers for the renderers' tests: ``python -m tests.render.record NAME=SOURCE...``.

A source is a capture, or ``@`` and the id of a situation of ``tests/advise``. The answers are made
with the knowledge base of the day, then thinned, so that a reviewer can read what changes. The
captures themselves are not needed to run the tests.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from advisor.advise import advise
from advisor.assess import Weigher, assess, tally
from advisor.knowledge.location import find_database
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Answer, Candidate
from advisor.model.finding import Finding, Tally, Weighed
from advisor.model.inventory import Autoload, Inventory, Modules
from advisor.model.packages import OfferedKernel
from advisor.pipeline import knowledge_facts
from advisor.probe import probe
from advisor.render.overview import closes
from advisor.system.recorded import load
from tests.advise.situations import debian, elsewhere, hardware
from tests.render.recorded import MACHINES, dumps

NOW = 1_795_344_000
KEEP_EVERY = 12
OFFERS = {
    "6.12.94": (
        OfferedKernel(
            "6.12.117+deb13-amd64",
            "linux-image-6.12.117+deb13-amd64",
            "6.12.117-1",
            "trixie-security",
            1,
            "linux-image-amd64",
            "6.12.117",
            "/var/lib/apt/lists",
        ),
        OfferedKernel(
            "7.3.4+deb13-amd64",
            "linux-image-7.3.4+deb13-amd64",
            "7.3.4-1~bpo13+1",
            "trixie-backports",
            1,
            "linux-image-amd64",
            "7.3.4",
            "/var/lib/apt/lists",
        ),
    )
}


def main(arguments: Iterable[str]) -> None:
    """Write one file a machine."""
    knowledge = KnowledgeBase(find_database(None, {}))
    for argument in arguments:
        name, _, source = argument.partition("=")
        inventory = _inventory(source)
        host = inventory.host._replace(name=name)
        whole = answer(inventory._replace(host=host), knowledge)
        (MACHINES / f"{name}.json").write_text(dumps(thinned(whole, knowledge)), "utf-8")


def _inventory(source: str) -> Inventory:
    if not source.startswith("@"):
        return probe(load(source), now=NOW)
    situations = (*debian.SITUATIONS, *elsewhere.SITUATIONS, *hardware.SITUATIONS)
    return next(one.inventory for one in situations if f"@{one.id}" == source)


def answer(inventory: Inventory, knowledge: KnowledgeBase) -> Answer:
    """The whole answer, with the kernels that Debian offered."""
    offered = OFFERS.get(str(inventory.kernel.identity.upstream), ())
    if inventory.packages.offered:
        offered = ()
    packages = inventory.packages._replace(
        manager="apt", offered=(*inventory.packages.offered, *offered), list_age_days=1
    )
    inventory = inventory._replace(packages=packages)
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher)
    advice = advise(inventory, assessment, knowledge, weigher, now_days=NOW // 86400)
    series = inventory.kernel.identity.series
    facts = knowledge.series(series) if series else None
    return Answer(
        generated="2026-11-22T10:40:00Z",
        advisor="0.1.0",
        knowledge=knowledge_facts(knowledge, now=NOW),
        inventory=inventory,
        assessment=assessment,
        regressions=advice.regressions,
        candidates=advice.candidates,
        preflight=advice.preflight,
        decision=advice.decision,
        unknowns=(*inventory.unknowns, *advice.unknowns),
        series_eol=facts.eol if facts else "",
    )


def thinned(whole: Answer, knowledge: KnowledgeBase) -> Answer:
    """The same answer with one open fix of twelve, all counts made to fit."""
    assessment = whole.assessment
    kept = {
        n: one for at, (n, one) in enumerate(sorted(assessment.open.items())) if not at % KEEP_EVERY
    }
    ids = frozenset(knowledge.ids(kept).values())
    findings = tuple(finding for finding in assessment.findings if finding.id in ids)
    by_id = {cve: kept[n] for n, cve in knowledge.ids(kept).items()}
    return whole._replace(
        assessment=assessment._replace(open=kept, findings=findings, tally=tally(kept)),
        candidates=tuple(_candidate(one, findings, by_id) for one in whole.candidates),
        inventory=_bare(whole.inventory),
    )


def _candidate(
    candidate: Candidate, findings: tuple[Finding, ...], open_fixes: Mapping[str, Weighed]
) -> Candidate:
    """A candidate whose counts fit what was kept."""
    if candidate.closes is None or candidate.opens is None:
        return candidate
    closed = {one.id for one in findings if closes(candidate, one)}
    gone = {n: one for n, (cve, one) in enumerate(open_fixes.items()) if cve in closed}
    stay = {n: one for n, (cve, one) in enumerate(open_fixes.items()) if cve not in closed}
    opened = Tally(0, {}, {})
    return candidate._replace(closes=tally(gone), opens=opened, remaining=tally(stay))


def _bare(inventory: Inventory) -> Inventory:
    """The inventory without the long lists that no renderer looks at."""
    empty = frozenset[str]()
    return inventory._replace(
        kernel=inventory.kernel._replace(config=None),
        modules=Modules({}, empty, empty, empty, {}),
        autoload=Autoload({}),
        kernel_modules={},
        mounts=(),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
