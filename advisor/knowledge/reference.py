"""The small curated tables: series, removed drivers, exploited CVEs; each with all its faults.

``data/series.json``, ``data/drivers.json`` and ``data/exploited.json`` are read when the database is
built; ``data/schema/`` describes their form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NamedTuple, NoReturn, cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge import curated_fields as form
from advisor.knowledge.curated_fields import Fields
from advisor.knowledge.facts import SeriesFacts
from advisor.knowledge.reference_drivers import DriverFacts, check_drivers, parse_driver
from advisor.knowledge.reference_series import check_series, parse_series

MAX_CHARACTERS: Final = 8 << 20
MAX_FAULTS: Final = 200

_PRODUCTS: Final = ("Linux Kernel", "Android Kernel")


class Exploited(NamedTuple):
    """A CVE that is known to be exploited.

    Attributes:
        cve: ``CVE-2022-0847``.
        since: The day it was listed, ISO.
    """

    cve: str
    since: str


def load_series(text: str) -> tuple[SeriesFacts, ...]:
    """Return what is known about each series, the oldest first.

    Args:
        text: All of ``data/series.json``.

    Raises:
        AdvisorError: Something is wrong with it; the message lists every fault with its path, one
            a line: ``series[12].eol: not a day: '2026'``.
    """
    top = _open(text, "series", "advisor.series/1", ("as_of", "sources", "series"))
    sources = _sources(top)
    rows = top.objects("series", lambda fields: parse_series(fields, sources))
    check_series(rows, top)
    _refuse(top, "series")
    return rows


def load_drivers(text: str) -> tuple[DriverFacts, ...]:
    """Return the drivers that were removed, came back, or were only said to be removed.

    Args:
        text: All of ``data/drivers.json``.

    Raises:
        AdvisorError: As for :func:`load_series`.
    """
    top = _open(text, "drivers", "advisor.drivers/1", ("as_of", "sources", "drivers"))
    sources = _source_texts(top)
    rows = top.objects("drivers", lambda fields: parse_driver(fields, sources))
    check_drivers(rows, top)
    _refuse(top, "drivers")
    return rows


def load_exploited(text: str) -> tuple[Exploited, ...]:
    """Return the CVEs that are known to be exploited, in the order of their numbers.

    Args:
        text: All of ``data/exploited.json``.

    Raises:
        AdvisorError: As for :func:`load_series`.
    """
    top = _open(text, "exploited", "advisor.exploited/1", ("as_of", "source", "note", "exploited"))
    _source(top.inner("source"), dated=False)
    top.text("note", longest=900)
    rows = top.objects("exploited", _parse_exploited)
    numbers = [_cve_number(row.cve) for row in rows]
    for index in range(1, len(numbers)):
        if numbers[index] <= numbers[index - 1]:
            top.fault(f"exploited[{index}].cve", "out of order, or named twice")
    _refuse(top, "exploited")
    return rows


def _parse_exploited(fields: Fields) -> Exploited:
    fields.check_keys(("cve", "date_added", "product"))
    if fields.text("product", longest=40) not in _PRODUCTS:
        fields.fault("product", f"not one of {', '.join(_PRODUCTS)}")
    return Exploited(
        fields.matching("cve", form.CVE, "a CVE id"),
        fields.matching("date_added", form.DATE, "a day"),
    )


def _cve_number(cve: str) -> tuple[int, int]:
    _, year, number = cve.split("-") if cve else ("", "0", "0")
    return int(year), int(number)


def _sources(top: Fields) -> frozenset[str]:
    """Return the names of the sources, each of which must say what it is, where and of when."""
    names = top.inner("sources")
    if names is None:
        return frozenset()
    for name in sorted(names.members):
        _source(names.inner(name), dated=True)
    return frozenset(names.members)


def _source_texts(top: Fields) -> frozenset[str]:
    """Return the names of the sources, each of which has a text."""
    names = top.inner("sources")
    if names is None:
        return frozenset()
    for name in sorted(names.members):
        names.text(name, longest=400)
    return frozenset(names.members)


def _source(fields: Fields | None, *, dated: bool) -> None:
    if fields is None:
        return
    fields.check_keys(("what", "url", "date") if dated else ("what", "url"))
    fields.text("what", longest=300)
    fields.matching("url", form.URL, "an https address")
    if dated:
        fields.matching("date", r"20\d\d(?:-\d\d){0,2}", "a year, a month or a day")


def _open(text: str, name: str, schema: str, keys: tuple[str, ...]) -> Fields:
    """Return the whole file as fields to read; a file that cannot be read has one fault."""
    faults: list[str] = []
    whole: object = None
    if len(text) > MAX_CHARACTERS:
        faults.append(f"{name}.json: larger than {MAX_CHARACTERS} characters")
    else:
        whole = _json(text, name, faults)
        if not faults and not isinstance(whole, dict):
            faults.append(f"{name}.json: not an object")
    members = cast("dict[str, object]", whole) if isinstance(whole, dict) else {}
    top = Fields(members, "", faults)
    if not faults:
        top.check_keys(("schema", *keys))
        top.matching("as_of", form.DATE, "a day")
        if members.get("schema", schema) != schema:
            top.fault("schema", f"not {schema}")
    return top


def _json(text: str, name: str, faults: list[str]) -> object:
    """Return the JSON value; a key written twice, which JSON would drop, is a fault."""

    def members(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
        made = dict(pairs)
        if len(made) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = sorted({key for key in keys if keys.count(key) > 1})
            faults.append(f"{name}.json: a key is written twice: {', '.join(twice)[:120]}")
        return made

    def constant(word: str) -> NoReturn:
        raise ValueError(f"{word} is not JSON")

    try:
        return cast("object", json.loads(text, object_pairs_hook=members, parse_constant=constant))
    except (ValueError, RecursionError) as error:
        faults.append(f"{name}.json: not JSON: {str(error)[:200]}")
        return None


def _refuse(top: Fields, name: str) -> None:
    """Raise the error that lists the faults, cut where hostile data would make it endless."""
    faults = top.faults
    if not faults:
        return
    shown = faults[:MAX_FAULTS]
    if len(faults) > MAX_FAULTS:
        shown.append(f"... and {len(faults) - MAX_FAULTS} more")
    head = f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in data/{name}.json:"
    lines = ("".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in s) for s in shown)
    raise AdvisorError(
        "\n".join((head, *lines)),
        hint=f"data/schema/{name}.schema.json describes every field",
        status=ExitStatus.BAD_DATA,
    )
