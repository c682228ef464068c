"""What ``advisor kb`` answers, as JSON documents; their shapes are a contract (docs/knowledge-base.md)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.columns import cve_number
from advisor.knowledge.facts import Record
from advisor.knowledge.sites import Unit
from advisor.knowledge.store import KnowledgeBase
from advisor.model.fix import severity_of
from advisor.model.version import KernelVersion, parse_version

Document = dict[str, object]

_SECONDS_A_DAY = 86400
_CVE_ADDRESS = "https://www.cve.org/CVERecord?id="


def version_of(text: str) -> KernelVersion:
    """Return the upstream version that a person typed.

    Raises:
        AdvisorError: It is none.
    """
    version = parse_version(text.removeprefix("v"))
    if version is None:
        raise AdvisorError(
            f"not an upstream version, {text}",
            hint="give it as kernel.org does: 6.12.94",
            status=ExitStatus.USAGE,
        )
    return version


def affected(
    knowledge: KnowledgeBase, version: KernelVersion, *, cna_only: bool = False, module: str = ""
) -> Document:
    """Return the CVEs that are open in a version: ``{"version", "count", "ids"}``.

    Args:
        knowledge: The knowledge base.
        version: An upstream version.
        cna_only: Take nothing but the CNA's records, by the letter of its rule.
        module: Only those that touch this module; ``""`` for all.
    """
    ids = _in_order(_open(knowledge, version, cna_only=cna_only, module=module))
    return {"version": str(version), "count": len(ids), "ids": ids}


def difference(
    knowledge: KnowledgeBase,
    low: KernelVersion,
    high: KernelVersion,
    *,
    cna_only: bool = False,
    module: str = "",
) -> Document:
    """Return what going from one version to another closes and opens.

    What only a changelog of the first one's series knows can be neither closed nor open in another
    series: it stands under ``unknown``.
    """
    before = knowledge.open_in(low, cna_only=cna_only)
    silent = knowledge.silent_about(before, high.series)
    old = _open(knowledge, low, cna_only=cna_only, module=module)
    new = _open(knowledge, high, cna_only=cna_only, module=module)
    unknown = set(knowledge.ids(silent).values()) & old - new
    closes, opens = _in_order(old - new - unknown), _in_order(new - old)
    return {
        "from": str(low),
        "to": str(high),
        "closes": closes,
        "opens": opens,
        "unknown": _in_order(unknown),
        "counts": {"closes": len(closes), "opens": len(opens), "unknown": len(unknown)},
    }


def _open(
    knowledge: KnowledgeBase, version: KernelVersion, *, cna_only: bool, module: str
) -> set[str]:
    found = knowledge.open_in(version, cna_only=cna_only)
    if not module:
        return set(knowledge.ids(found).values())
    wanted = module.replace("-", "_")
    places = knowledge.sites({fix.sites for fix in found.values()})
    touching = {
        number
        for number, sites in places.items()
        if any(unit.module == wanted for site in sites for unit in site.units)
    }
    numbers = [n for n, fix in found.items() if fix.sites in touching]
    return set(knowledge.ids(numbers).values())


def _in_order(ids: Iterable[str]) -> list[str]:
    return sorted(ids, key=lambda cve: cve_number(cve) or 0)


def source_file(
    path: str, units: tuple[Unit, ...] | None, *, release: str = "", arch: str = ""
) -> Document:
    """Return what a source file is compiled into: ``{"path", "modules", "kconfig", "known"}``.

    Args:
        path: As it was asked for.
        units: What the file is compiled into; None where no kernel tree has it.
        release: Only what this tree does with it, ``6.12``; ``""`` for the newest that has it.
        arch: Only what is built on this architecture, as the kernel's ``arch/`` calls it, unless the
            file is for others only; ``""`` for all.
    """
    chosen = list(units or ())
    if arch:
        here = [unit for unit in chosen if not unit.arch or arch in unit.arch.split(",")]
        chosen = here or chosen
    chosen = _of_release(chosen, release)
    return {
        "path": path,
        "modules": sorted({unit.module for unit in chosen}),
        "kconfig": sorted({symbol for unit in chosen for symbol in unit.symbols}),
        "known": units is not None,
    }


def _of_release(units: Collection[Unit], release: str) -> list[Unit]:
    if release:
        return [unit for unit in units if not unit.releases or release in unit.releases]
    always = [unit for unit in units if not unit.releases]
    if always:
        newest = max((unit.releases[-1] for unit in units if unit.releases), key=_age, default="")
        return always + [unit for unit in units if newest and newest in unit.releases]
    newest = max((unit.releases[-1] for unit in units), key=_age, default="")
    return [unit for unit in units if newest in unit.releases]


def _age(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdigit())


def shown(knowledge: KnowledgeBase, name: str) -> Document | None:
    """Return all that is known about a CVE or a curated entry, None where there is none."""
    record = knowledge.record(name.upper())
    if record is not None:
        return _record(knowledge, record)
    entry = knowledge.curated(name.lower())
    if entry is None:
        named = knowledge.curated_for([name.upper()]).get(name.upper(), ())
        entry = knowledge.curated(named[0]) if named else None
    return entry


def _record(knowledge: KnowledgeBase, record: Record) -> Document:
    curated = knowledge.curated_for([record.id]).get(record.id, ())
    return {
        "id": record.id,
        "class": record.bug,
        "evidence": record.evidence,
        "severity": severity_of(record.score).value,
        "severity_source": "cvss" if record.cvss else "estimated",
        "score": record.score / 10,
        "cvss": record.cvss,
        "exploited": record.exploited,
        "source": "cna" if record.recorded else "changelog",
        "files": [
            source_file(site.path, site.units if site.known else None) for site in record.sites
        ],
        "ranges": [
            {
                "introduced": pair.introduced.version,
                "introduced_commit": pair.introduced.commit,
                "fixed": pair.fixed.version,
                "fixed_commit": pair.fixed.commit,
            }
            for pair in record.pairs
        ],
        "noted_in": list(record.noted),
        "repairs": list(knowledge.repairs([record.n]).get(record.n, ())),
        "curated": list(curated),
        "url": f"{_CVE_ADDRESS}{record.id}",
    }


def about(knowledge: KnowledgeBase, now: int) -> Document:
    """Return what the knowledge base is made of, how much it is and how old.

    Args:
        knowledge: The knowledge base.
        now: Seconds since 1970.
    """
    meta = knowledge.meta()
    changelogs = cast("list[list[str]]", json.loads(meta.get("changelogs", "[]")))
    days = {"kernel-cna": meta.get("snapshot", "")}
    days.update({f"debian-changelog {version} {suite}": day for version, suite, day in changelogs})
    days.update(
        {name: meta.get(f"{name}_as_of", "") for name in ("series", "drivers", "exploited")}
    )
    today = now // _SECONDS_A_DAY
    numbers = ("records", "only_changelog", "curated", "files")
    return {
        "path": str(knowledge.location),
        "serial": int(meta.get("serial", "0")),
        "snapshot": meta.get("snapshot", ""),
        "age_days": _age_in_days(meta.get("snapshot", ""), today),
        "sources": [
            {"name": name, "day": day, "age_days": _age_in_days(day, today)}
            for name, day in days.items()
        ],
        "trees": meta.get("trees", "").split(),
        "counts": {
            **{name: int(meta.get(name, "0")) for name in numbers},
            **knowledge.sizes(),
        },
        "changelog": json.loads(meta.get("agreement", "{}")),
    }


def _age_in_days(day: str, today: int) -> int | None:
    import datetime as dt  # noqa: PLC0415 - only here

    try:
        told = dt.date.fromisoformat(day)
    except ValueError:
        return None
    return today - (told - dt.date(1970, 1, 1)).days


def ids_of(document: Document, key: str) -> list[str]:
    """Return a list of ids in a document."""
    return cast("list[str]", document[key])


def difference_words(found: Document) -> list[str]:
    """Return what :func:`difference` found, in words."""
    lines: list[str] = []
    for key, what in (
        ("closes", "closed by it"),
        ("opens", "opened by it"),
        ("unknown", "not known there"),
    ):
        ids = ids_of(found, key)
        lines += [f"{len(ids)} {what}", *(f"  {cve}" for cve in ids)]
    return [f"from {found['from']} to {found['to']}:", *lines]


def source_file_words(found: Document) -> list[str]:
    """Return what :func:`source_file` found, in words."""
    if not found["known"]:
        return [f"{found['path']}: in no kernel tree that was read"]
    modules = ", ".join(ids_of(found, "modules")) or "compiled into no kernel"
    symbols = ", ".join(ids_of(found, "kconfig"))
    return [f"{found['path']}: {modules}" + (f" (CONFIG: {symbols})" if symbols else "")]


def shown_words(found: Document) -> list[str]:
    """Return what :func:`shown` found, in words: a line for each thing that is known."""
    lines: list[str] = []
    for key, value in found.items():
        if isinstance(value, list):
            parts = cast("list[object]", value)
            if parts:
                lines += [f"{key}:", *(f"  {_words(part)}" for part in parts)]
        elif value is not None and value != "":
            lines.append(f"{key}: {_words(value)}")
    return lines


def _words(value: object) -> str:
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return ", ".join(f"{key} {_words(part)}" for key, part in members.items() if part)
    if isinstance(value, list):
        return " ".join(_words(part) for part in cast("list[object]", value))
    return str(value)


def about_words(found: Document) -> list[str]:
    """Return what :func:`about` found, in words."""
    sources = cast("list[Document]", found["sources"])
    counts = cast("dict[str, int]", found["counts"])
    changelog = cast("dict[str, int]", found["changelog"])
    return [
        f"knowledge base {found['path']}, serial {found['serial']}",
        f"made of kernel trees {_words(found['trees'])}, and of",
        *(f"  {one['name']}: {one['day']}, {one['age_days']} days old" for one in sources),
        "holds",
        *(f"  {name}: {count:,}" for name, count in counts.items()),
        "what changelogs say of a CVE in a series, next to the CNA",
        *(f"  {name}: {count:,}" for name, count in changelog.items()),
    ]
