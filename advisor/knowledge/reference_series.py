"""One row of ``data/series.json``: when a series came out, until when it is kept up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from advisor.knowledge import curated_fields as form
from advisor.knowledge.facts import SeriesFacts
from advisor.model.version import Series, parse_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.knowledge.curated_fields import Fields
    from advisor.model.version import KernelVersion

KEYS: Final = (
    "series",
    "first_release",
    "longterm",
    "eol",
    "eol_kind",
    "last_release",
    "last_release_as_of",
    "note",
    "sources",
)

EOL_KINDS: Final = ("announced", "by", "projected", "unknown")
"""What ``eol`` is: the day its end was announced, a day by which it had ended, the day it is meant
to end, or nothing that anybody has said."""

_NOTHING: Final = Series(0, 0)


def parse_series(fields: Fields, sources: frozenset[str]) -> SeriesFacts:
    """Return the row; where a member is wrong, a stand-in and a fault."""
    fields.check_keys(KEYS)
    version = parse_version(fields.matching("series", form.BRANCH, "a series"))
    series = version.series if version is not None else _NOTHING
    released, eol = _day(fields, "first_release"), _day(fields, "eol")
    kind = fields.text("eol_kind", longest=20)
    if kind not in EOL_KINDS:
        fields.fault("eol_kind", f"not one of {', '.join(EOL_KINDS)}")
    elif bool(eol) == (kind == "unknown"):
        fields.fault("eol", "a day is given exactly where eol_kind is not unknown")
    if released and eol and eol <= released:
        fields.fault("eol", "not after the first release")
    fields.matching("last_release_as_of", r"20\d\d(?:-\d\d){0,2}", "a year, a month or a day")
    fields.text("note", longest=300, empty=True)
    _check_sources(fields, sources)
    return SeriesFacts(
        series=series,
        released=released,
        longterm=_longterm(fields),
        eol=eol,
        last=_last(fields, series),
    )


def check_series(rows: Sequence[SeriesFacts], top: Fields) -> None:
    """Note what only shows when all rows are seen together."""
    for index in range(1, len(rows)):
        before, row = rows[index - 1], rows[index]
        if row.series <= before.series:
            top.fault(f"series[{index}].series", f"{row.series} must stand before {before.series}")
        if row.released and before.released and row.released <= before.released:
            top.fault(f"series[{index}].first_release", f"not after that of {before.series}")


def _day(fields: Fields, key: str) -> str:
    """Return an ISO day, "" for null."""
    if fields.members.get(key, "") is None:
        return ""
    return fields.matching(key, form.DATE, "a day, or null")


def _longterm(fields: Fields) -> bool:
    """Return whether it is kept for years; null says that nobody has said."""
    value = fields.members.get("longterm")
    if value is not None and not isinstance(value, bool):
        fields.fault("longterm", "not true, false or null")
    return value is True


def _last(fields: Fields, series: Series) -> KernelVersion | None:
    """Return the last release that was seen, None for null."""
    if fields.members.get("last_release", "") is None:
        return None
    text = fields.text("last_release", longest=20)
    version = parse_version(text)
    if text and (version is None or version.series != series or version.is_rc):
        fields.fault("last_release", f"not a release of {series}: {text!r}")
    return version


def _check_sources(fields: Fields, sources: frozenset[str]) -> None:
    for index, name in enumerate(fields.texts("sources", r"[a-z0-9.-]{2,40}", "a source's name")):
        if name not in sources:
            fields.fault(f"sources[{index}]", f"not among the file's sources: {name}")
    if not fields.items("sources"):
        fields.fault("sources", "a statement without a source")
