"""One fix held against every candidate kernel, for those who want to see the proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.assess.status import judge
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Candidate, Origin
from advisor.model.elsewhere import InKernel
from advisor.model.inventory import Inventory
from advisor.model.packages import GivenKernel
from advisor.probe.identity import identify


def in_candidates(
    cve: str,
    candidates: Iterable[Candidate],
    inventory: Inventory,
    knowledge: KnowledgeBase,
    given: Iterable[GivenKernel] = (),
) -> Iterator[InKernel]:
    """Yield, for each candidate, whether it has a fix: by changelog or advisory, else by number.

    Args:
        cve: The fix.
        candidates: The kernels that were judged.
        inventory: The machine.
        knowledge: The knowledge base.
        given: Kernels that the user named.
    """
    record = knowledge.record(cve)
    if record is None:
        return
    packages = inventory.packages
    told_by = {k.release: k.cves_source for k in packages.installed if cve in k.cves}
    told_by |= {k.release: k.cves_source for k in packages.offered if cve in k.cves}
    told_by |= {k.kernel.release: k.kernel.cves_source for k in given if cve in k.kernel.cves}
    distro = inventory.host.distro
    for candidate in candidates:
        told = told_by.get(candidate.release, "")
        identity = identify(
            release=candidate.release,
            distro=distro.name or distro.id,
            package_version=candidate.package_version,
        )
        judged = judge(
            identity._replace(upstream=candidate.upstream), record.pairs, told, record.noted
        )
        unread = candidate.state is Origin.OFFERED and not told and identity.early_fixes
        note = "; its own changelog comes with the package" if unread else ""
        yield InKernel(candidate.release, str(judged.status), judged.evidence + note)
