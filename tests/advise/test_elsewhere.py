"""One fix held against the kernels that could be had: what has it, and who says so."""

from __future__ import annotations

from advisor.advise import advise
from advisor.advise.elsewhere import in_candidates
from advisor.assess import Weigher, assess
from advisor.knowledge.store import KnowledgeBase
from advisor.model.inventory import Inventory
from tests.advise.machine import TODAY, dated, debian, installed, machine, offered

CVE = "CVE-2025-21756"
NEXT = "5.14.0-570.12.1.el9_6"


def told(cve: str, inventory: Inventory, knowledge: KnowledgeBase) -> dict[str, tuple[str, str]]:
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher)
    advice = advise(inventory, assessment, knowledge, weigher, now_days=TODAY)
    found = in_candidates(cve, advice.candidates, inventory, knowledge)
    return {one.release: (one.status, one.evidence) for one in found}


def test_fix_that_an_advisory_names_is_in_the_offered_kernel(knowledge: KnowledgeBase) -> None:
    offer = offered(f"{NEXT}.x86_64", NEXT, "kernel-core", "baseos", cves=(CVE,))
    rocky = machine("5.14.0-503.11.1.el9_5.x86_64", distro="rocky", manager="dnf", offers=(offer,))
    status, evidence = told(CVE, rocky, knowledge)[f"{NEXT}.x86_64"]
    assert status == "fixed"
    assert "the advisories of baseos" in evidence
    assert told("CVE-2025-38352", rocky, knowledge)[f"{NEXT}.x86_64"][0] == "unknown"


def test_fix_that_an_installed_kernels_changelog_names_is_in_it(knowledge: KnowledgeBase) -> None:
    other = "6.12.95+deb13-amd64"
    box = machine(
        "6.12.94+deb13-amd64",
        build=dated("6.12.94-1"),
        package_version="6.12.94-1",
        others=(installed(other, "6.12.95-1", "image", ("CVE-2026-72493",)),),
    )
    assert told("CVE-2026-72493", box, knowledge)[other] == (
        "fixed",
        "the package's own changelog names it (image changelog)",
    )


def test_offered_kernel_goes_by_number_and_that_is_said(knowledge: KnowledgeBase) -> None:
    offer = debian("6.12.95+deb13-amd64", "6.12.95-1", "trixie-security")
    box = machine(
        "6.12.94+deb13-amd64",
        build=dated("6.12.94-1"),
        package_version="6.12.94-1",
        offers=(offer,),
    )
    status, evidence = told("CVE-2026-53362", box, knowledge)[offer.release]
    assert status == "fixed"
    assert "its own changelog comes with the package" in evidence


def test_what_is_not_on_record_is_told_of_no_kernel(knowledge: KnowledgeBase) -> None:
    box = machine("6.12.94+deb13-amd64", build=dated("6.12.94-1"), package_version="6.12.94-1")
    assert told("CVE-1999-0001", box, knowledge) == {}
