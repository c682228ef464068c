"""Knowledge bases of a few records, made in a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from advisor.knowledge.build.changelog_facts import Release
from advisor.knowledge.build.database import Parts, compile_database
from advisor.knowledge.build.record import Record, parse_pair
from advisor.knowledge.facts import Counts
from advisor.knowledge.sites import Unit
from advisor.knowledge.store import KnowledgeBase
from advisor.model.version import KernelVersion, parse_version

UNITS: Mapping[str, tuple[Unit, ...]] = {
    "drivers/net/one.c": (Unit("one", "ONE", ("NET",)),),
    "drivers/net/two.c": (Unit("two", "TWO", (), "x86"), Unit("three", "THREE", (), "arm64")),
    "kernel/core.c": (Unit("vmlinux"),),
    "fs/smb/client/connect.c": (Unit("cifs", "CIFS"),),
    "Documentation/index.rst": (),
}
META = {
    "snapshot": "2026-08-21",
    "newest": "2026-08-21",
    "serial": "20260821",
    "changelogs": '[["6.12.100-1", "trixie-security", "2026-08-30"]]',
    "trees": "6.1 6.12",
}


def version(text: str) -> KernelVersion:
    found = parse_version(text)
    assert found is not None, text
    return found


def record(
    cve: str,
    *pairs: str,
    files: Sequence[str] = ("drivers/net/one.c",),
    score: int = 55,
    cvss: str = "",
    bug: str = "leak",
) -> Record:
    """A record with ranges such as ``6.1:6.12.5``, whose commits are made up."""
    return Record(
        id=cve,
        files=tuple(files),
        pairs=tuple(parse_pair(_dyad(pair)) for pair in pairs),
        cvss=cvss,
        score=score,
        bug=bug,
        evidence="none-stated",
    )


def _dyad(pair: str) -> str:
    parts = pair.split(":")
    if len(parts) == 4:
        return pair
    introduced, fixed = parts
    return ":".join((introduced, _commit(introduced), fixed, _commit(fixed)))


def _commit(text: str) -> str:
    return "0" if text == "0" else text.encode().hex().ljust(12, "0")[:12]


def release(
    text: str, *cves: str, fixes: int = 9, modules: Mapping[str, Counts] | None = None
) -> Release:
    return Release(
        version=version(text),
        day="2026-08-30",
        fixes=fixes,
        named=len(cves),
        cves=cves,
        modules=modules or {},
    )


def parts(*records: Record, releases: Sequence[Release] = (), serial: int = 20260821) -> Parts:
    return Parts(
        records=records,
        units=UNITS,
        meta={**META, "serial": str(serial)},
        moved={"fs/cifs/": "fs/smb/client/"},
        releases=releases,
    )


def knowledge_of(path: Path, *records: Record, releases: Sequence[Release] = ()) -> KnowledgeBase:
    compile_database(path, parts(*records, releases=releases))
    return KnowledgeBase(path)


def open_ids(knowledge: KnowledgeBase, text: str, *, cna_only: bool = False) -> set[str]:
    return set(knowledge.ids(knowledge.open_in(version(text), cna_only=cna_only)).values())
