"""The curated fixes: ``data/fixes.json`` read whole, with every fault of it reported at once."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NoReturn, cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.curated_entry import parse_entry
from advisor.knowledge.curated_fields import COMMIT, Fields
from advisor.model.curated import Kind

if TYPE_CHECKING:
    from advisor.model.curated import CuratedFix

SCHEMA: Final = "advisor.fixes/1"
"""The value of the file's ``schema`` member."""

MAX_BYTES: Final = 16 << 20
MAX_FAULTS: Final = 200
_HINT: Final = "docs/adding-a-fix.md describes every field"


def load(text: str) -> tuple[CuratedFix, ...]:
    """Return the entries, in the order of their ids.

    Args:
        text: All of ``data/fixes.json``.

    Raises:
        AdvisorError: Something is wrong with it. The message lists every fault with its path, one
            a line: ``fixes[12].fixed.6.12: not a version: '6.12.x'``.
    """
    faults: list[str] = []
    entries = _entries(text, faults)
    _check_file(entries, faults)
    if faults:
        _refuse(faults)
    return entries


def _entries(text: str, faults: list[str]) -> tuple[CuratedFix, ...]:
    """Return the entries of the file, right or not."""
    if len(text) > MAX_BYTES:
        faults.append(f"fixes.json: larger than {MAX_BYTES} characters")
        return ()
    whole = _json(text, faults)
    if not isinstance(whole, dict):
        if not faults:
            faults.append("fixes.json: not an object")
        return ()
    top = Fields(cast("dict[str, object]", whole), "", faults)
    top.check_keys(("schema", "fixes"))
    if top.members.get("schema", SCHEMA) != SCHEMA:
        top.fault("schema", f"not {SCHEMA}")
        return ()
    return top.objects("fixes", parse_entry)


def _json(text: str, faults: list[str]) -> object:
    """Return the JSON value; a key written twice, which JSON would drop, is a fault."""

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = sorted({key for key in keys if keys.count(key) > 1})
            faults.append(f"fixes.json: a key is written twice: {', '.join(twice)[:120]}")
        return made

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not JSON")

    try:
        return cast("object", json.loads(text, object_pairs_hook=members, parse_constant=constant))
    except (ValueError, RecursionError) as error:
        faults.append(f"fixes.json: not JSON: {str(error)[:200]}")
        return None


def _check_file(entries: tuple[CuratedFix, ...], faults: list[str]) -> None:
    """Note what only shows when all entries are seen together."""
    _check_order(entries, faults)
    _check_references(entries, faults)
    owners: dict[str, str] = {}
    for index, entry in enumerate(entries):
        for cve in () if entry.kind is Kind.TOPIC else entry.cves:
            owner = owners.setdefault(cve, entry.id)
            if owner != entry.id:
                faults.append(f"fixes[{index}].cves: {cve} is described by {owner} already")


def _check_order(entries: tuple[CuratedFix, ...], faults: list[str]) -> None:
    """Note ids that are used twice or stand in the wrong place."""
    before = ""
    for index, entry in enumerate(entries):
        if entry.id and entry.id == before:
            faults.append(f"fixes[{index}].id: used twice: {entry.id}")
        elif entry.id and entry.id < before:
            faults.append(f"fixes[{index}].id: {entry.id} must stand before {before}")
        before = max(entry.id, before)


def _check_references(entries: tuple[CuratedFix, ...], faults: list[str]) -> None:
    """Note references to entries that do not exist, and those that are not answered."""
    known = {entry.id: entry for entry in entries}
    for index, entry in enumerate(entries):
        keys = (("repairs", entry.repairs), ("repaired_by", entry.repaired_by))
        for key, names in (*keys, ("members", entry.members)):
            for name in names:
                path = f"fixes[{index}].{key}"
                if name == entry.id:
                    faults.append(f"{path}: names itself")
                elif name not in known and (key == "members" or not re.fullmatch(COMMIT, name)):
                    faults.append(f"{path}: no such entry: {name}")
                elif key == "repaired_by" and name in known and not _answers(known[name], entry):
                    faults.append(f"{path}: {name} does not name it under repairs")


def _answers(repair: CuratedFix, entry: CuratedFix) -> bool:
    """Return whether the repair itself says that it repairs the entry."""
    return entry.id in repair.repairs


def _refuse(faults: list[str]) -> NoReturn:
    """Raise the error that lists the faults, cut where hostile data would make it endless."""
    shown = faults[:MAX_FAULTS]
    if len(faults) > MAX_FAULTS:
        shown.append(f"... and {len(faults) - MAX_FAULTS} more")
    head = f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in the curated fixes"
    raise AdvisorError(
        "\n".join((f"{head}:", *(_visible(line) for line in shown))),
        hint=_HINT,
        status=ExitStatus.BAD_DATA,
    )


def _visible(line: str) -> str:
    """Return the line with what is not printable written out: it may come from outside."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)
