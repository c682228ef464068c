"""The proof: every finding that weighs, by how near it is and by module, and what was ruled out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from advisor.model.advice import Answer
from advisor.model.finding import WEIGHING, Finding, Reach, Weighed
from advisor.model.version import Series, parse_version
from advisor.render.html_text import link, short, slug
from advisor.render.overview import closed_findings

CORE = "vmlinux"
_FEW = 2  # versions that a row shows beside the series' own
_MOST_RULED = 6
_VERSION = 14  # characters: a version is written on one line
_NAMES = {
    CORE: "the kernel's core",
    "several": "headers that many modules include",
    "": "no module named",
}

NEARNESS = {
    Reach.ACTIVE: (
        "Runs now",
        "It drives a device that is here, serves something in use, or is core code of every boot.",
    ),
    Reach.LOADED: ("Loaded, idle", "It is in memory, and nothing here uses it now."),
    Reach.ON_DEMAND: (
        "Loadable on demand",
        "Not in memory, but a user without rights, or a device put into a port, can load it.",
    ),
    Reach.UNKNOWN: ("Not told", "What was read does not tell whether the code can run here."),
}
RULED_OUT = {
    Reach.UNKNOWN: "not ruled out, not counted either: what was read does not tell",
    Reach.DORMANT: "on disk, and only root or hardware that is not here loads it",
    Reach.ABSENT: "not part of this kernel, or for other machines",
}
NO_FILE_WHY = "not told either: changelogs alone know them, and name no source file"


class Line(NamedTuple):
    """One finding as a row.

    Attributes:
        url: Where its record is, ``""`` where there is no safe address.
        where: The file, where it says more than the module; else ``""``.
        reading: Why its code is near, where that is not the group's; else ``""``.
        since: The upstream version that brought it, ``""`` where that is not on record.
        fixed: Upstream versions that carry the fix, the running series' own first.
        commit: The commit in the first of them.
        closed: Whether the advised kernel has the fix; None where none is advised.
    """

    id: str
    url: str
    what: str
    shown_by: str
    severity: str
    score: str
    estimated: bool
    where: str
    reading: str
    since: str
    fixed: str
    commit: str
    closed: bool | None
    exploited: str
    repairs: str


class Group(NamedTuple):
    """The findings in one module, with the reading that says how near it is."""

    id: str
    module: str
    reading: str
    lines: tuple[Line, ...]
    stay: int


class Near(NamedTuple):
    """All groups that are equally near.

    Attributes:
        example: One reading of them.
        brief: Whether the ids alone are listed: nothing tells that the code can run here.
    """

    reach: Reach
    title: str
    meaning: str
    total: int
    groups: tuple[Group, ...]
    example: str
    brief: bool


class Ruled(NamedTuple):
    """What was ruled out for one reason: how many, and the modules with most of them."""

    total: int
    why: str
    modules: tuple[tuple[str, int], ...]
    more: int


def proof(answer: Answer, identity: str) -> tuple[Near, ...]:
    """Return every finding that weighs or whose reach is not told, in groups, nearest first."""
    closed = closed_findings(answer)
    version = answer.assessment.version
    series = version.series if version else None
    parts: list[Near] = []
    for reach, (title, meaning) in NEARNESS.items():
        found = [f for f in answer.assessment.findings if f.reached.reach is reach]
        if found:
            groups = _groups(found, f"{identity}-{slug(reach)}", series, closed)
            brief = reach not in WEIGHING
            example = found[0].reached.how
            parts.append(Near(reach, title, meaning, len(found), groups, example, brief))
    return tuple(parts)


def _groups(
    findings: Sequence[Finding], identity: str, series: Series | None, closed: frozenset[str] | None
) -> tuple[Group, ...]:
    by_module: dict[str, list[Finding]] = {}
    for finding in findings:
        by_module.setdefault(finding.reached.module, []).append(finding)
    ordered = sorted(by_module.items(), key=_core_last)
    return tuple(
        _group(module, found, f"{identity}-{number}", series, closed)
        for number, (module, found) in enumerate(ordered, 1)
    )


def _core_last(item: tuple[str, list[Finding]]) -> tuple[bool, int, int, str]:
    module, found = item
    return module in {CORE, ""}, -max(f.score for f in found), -len(found), module


def _group(
    module: str,
    findings: Sequence[Finding],
    identity: str,
    series: Series | None,
    closed: frozenset[str] | None,
) -> Group:
    readings = {finding.reached.how for finding in findings}
    common = next(iter(readings)) if len(readings) == 1 else ""
    name = _NAMES.get(module, module)
    return Group(
        id=identity,
        module=name,
        reading=common,
        lines=tuple(line_of(f, series, closed, common) for f in findings),
        stay=sum(f.id not in closed for f in findings) if closed is not None else 0,
    )


def line_of(
    finding: Finding, series: Series | None, closed: frozenset[str] | None, common: str = ""
) -> Line:
    """Return one finding as a row; ``common`` is the reading that its group already shows."""
    fixed = own_first(finding.fixed_in, series)
    reading = finding.reached.how if finding.reached.how != common else ""
    where = finding.files[0] if finding.files else ""
    return Line(
        id=short(finding.id, 48),
        url=link(finding.urls[0]) if finding.urls else "",
        what=finding.bug.replace("-", " ") if finding.bug != "unknown" else "bug",
        shown_by=finding.proof.replace("-", " ") if finding.proof != "none-stated" else "",
        severity=finding.severity,
        score=f"{finding.score / 10:.1f}",
        estimated=finding.estimated,
        where="" if where and where in reading else where,
        reading=reading,
        since=short(since(finding.introduced_in, series), _VERSION),
        fixed=", ".join(short(version, _VERSION) for version in fixed[: _FEW + 1]),
        commit=next((finding.commits[v] for v in fixed if v in finding.commits), "")[:12],
        closed=None if closed is None else finding.id in closed,
        exploited=short(finding.exploited, _VERSION),
        repairs=", ".join(finding.repairs[:3]),
    )


def own_first(versions: Iterable[str], series: Series | None) -> list[str]:
    """Return versions: the given series' own first, then the rest from the newest down."""
    own: list[str] = []
    rest: list[str] = []
    for text in versions:
        version = parse_version(text)
        same = version is not None and series is not None and version.series == series
        (own if same else rest).append(text)
    return own + rest[::-1]


def since(introduced: Sequence[str], series: Series | None) -> str:
    """Return the version that brought a bug into a series: mainline's, else the series' own."""
    parsed = [(text, parse_version(text)) for text in introduced]
    for text, version in parsed:
        if version and version.is_mainline and (series is None or version.series <= series):
            return text
    for text, version in parsed:
        if version and version.series == series:
            return text
    return introduced[0] if introduced else ""


def ruled_out(answer: Answer) -> tuple[Ruled, ...]:
    """Return what was ruled out and why, with the modules that hold most of it."""
    open_fixes = answer.assessment.open.values()
    found = [_ruled(reach, why, open_fixes, answer) for reach, why in RULED_OUT.items()]
    unlocated = answer.assessment.tally.unlocated
    return tuple(ruled for ruled in (*found, Ruled(unlocated, NO_FILE_WHY, (), 0)) if ruled.total)


def _ruled(reach: Reach, why: str, open_fixes: Iterable[Weighed], answer: Answer) -> Ruled:
    modules = Counter(
        one.reached.module
        for one in open_fixes
        if one.reached.reach is reach and one.reached.module
    )
    total = answer.assessment.tally.by_reach.get(reach, 0)
    most = sorted(modules.items(), key=lambda item: (-item[1], item[0]))
    return Ruled(
        total=total - (answer.assessment.tally.unlocated if reach is Reach.UNKNOWN else 0),
        why=why,
        modules=tuple(most[:_MOST_RULED]),
        more=max(0, len(most) - _MOST_RULED),
    )
