"""One entry of ``data/fixes.json``: from loose JSON to a value, with every fault noted."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from advisor.knowledge import curated_fields as form
from advisor.model.condition import Condition, parse_condition
from advisor.model.curated import (
    BranchCommit,
    BranchVersion,
    Checked,
    Commits,
    Concerns,
    Confidence,
    Correction,
    CuratedFix,
    Kind,
    PackagedFix,
    SeveritySource,
    Source,
)
from advisor.model.fix import BugClass, Evidence, Severity
from advisor.model.version import parse_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from advisor.knowledge.curated_fields import Fields
    from advisor.model.version import KernelVersion

KEYS: Final = (
    "id",
    "kind",
    "title",
    "summary",
    "user_sees",
    "concerns",
    "cves",
    "class",
    "evidence",
    "severity",
    "severity_source",
    "cvss",
    "introduced",
    "introduced_note",
    "fixed",
    "unfixed",
    "commits",
    "files",
    "modules",
    "kconfig",
    "repairs",
    "repaired_by",
    "workaround",
    "distributions",
    "sources",
    "confidence",
    "checked",
    "correction",
    "upstream_title",
    "members",
)
"""The keys of an entry in their fixed order."""

OPTIONAL: Final = frozenset(
    {"introduced_note", "repaired_by", "distributions", "upstream_title", "members"}
)
"""The keys that an entry need not have."""

CLASSES: Final = tuple(word for word in BugClass if word is not BugClass.UNKNOWN)
"""The classes an entry may have: whoever writes one by hand knows what it was."""

MAINLINE: Final = "mainline"
_NOTHING: Final = Condition("all_of")
_STATUSES: Final = ("fixed", "affected")


def parse_entry(fields: Fields) -> CuratedFix:
    """Return the entry; where a member is wrong, a stand-in and a fault."""
    fields.check_keys([key for key in KEYS if key not in OPTIONAL], sorted(OPTIONAL))
    entry = CuratedFix(
        id=fields.matching("id", form.SLUG, "a slug of 3 to 60 of a-z, 0-9 and -"),
        kind=fields.word("kind", tuple(Kind)),
        title=fields.text("title", longest=90),
        summary=fields.text("summary", longest=900),
        user_sees=fields.text("user_sees", longest=500, empty=True),
        concerns=_parse_concerns(fields),
        cves=fields.texts("cves", form.CVE, "a CVE id"),
        fault=fields.word("class", CLASSES),
        evidence=fields.word("evidence", tuple(Evidence)),
        severity=fields.word("severity", tuple(Severity)),
        severity_source=fields.word("severity_source", tuple(SeveritySource)),
        cvss=_parse_cvss(fields),
        introduced=_parse_versions(fields, "introduced"),
        introduced_note=fields.text("introduced_note", longest=400),
        fixed=_parse_versions(fields, "fixed"),
        unfixed=fields.texts("unfixed", form.BRANCH, "mainline or a series"),
        commits=_parse_commits(fields),
        files=fields.texts("files", form.TREE_PATH, "a path in the kernel's tree"),
        modules=fields.texts("modules", form.MODULE, "a module's name with _"),
        kconfig=fields.texts("kconfig", form.OPTION, "an option without CONFIG_"),
        repairs=fields.texts("repairs", form.SLUG, "one of our ids or a commit"),
        repaired_by=fields.texts("repaired_by", form.SLUG, "one of our ids or a commit"),
        workaround=fields.text("workaround", longest=500, empty=True),
        distributions=fields.objects("distributions", _parse_packaged),
        sources=fields.objects("sources", _parse_source),
        confidence=fields.word("confidence", tuple(Confidence)),
        checked=_parse_checked(fields),
        correction=_parse_correction(fields),
        upstream_title=fields.text("upstream_title", longest=200),
        members=fields.texts("members", form.SLUG, "one of our ids"),
    )
    _check_entry(entry, fields)
    return entry


def _parse_concerns(fields: Fields) -> Concerns:
    """Return who is concerned."""
    inner = fields.inner("concerns")
    if inner is None:
        return Concerns("", _NOTHING)
    inner.check_keys(("text", "when"))
    when: Condition | None = None
    if "when" in inner.members:
        when = parse_condition(inner.members["when"], f"{inner.path}.when", inner.faults)
    return Concerns(inner.text("text", longest=400), when or _NOTHING)


def _parse_cvss(fields: Fields) -> str:
    """Return the vector, ``""`` for null."""
    if fields.members.get("cvss", "") is None:
        return ""
    return fields.matching("cvss", form.CVSS, "a CVSS vector or null")


def _parse_versions(fields: Fields, key: str) -> tuple[BranchVersion, ...]:
    """Return a version per branch, each of which must belong to its branch."""
    inner = fields.inner(key)
    if inner is None:
        return ()
    found: list[BranchVersion] = []
    for branch, text in inner.members.items():
        wrong = _wrong_branch(branch)
        if wrong:
            inner.fault(branch[:40], wrong)
            continue
        version = parse_version(text) if isinstance(text, str) else None
        if version is None:
            inner.fault(branch, f"not a version: {str(text)[:40]!r}")
            continue
        if not _belongs(version, branch):
            inner.fault(branch, f"{version} is no release of {branch}")
        found.append(BranchVersion(branch, version))
    return tuple(found)


def _wrong_branch(branch: str) -> str:
    """Return what is wrong with a branch's name, ``""`` where nothing is."""
    good = re.fullmatch(form.BRANCH, branch) is not None
    return "" if good else "not a branch: mainline or a series such as 6.12"


def _belongs(version: KernelVersion, branch: str) -> bool:
    """Return whether the version was released on the branch."""
    if branch == MAINLINE:
        return version.is_mainline
    return str(version.series) == branch and not version.is_mainline


def _parse_commits(fields: Fields) -> Commits:
    """Return the commits per branch."""
    inner = fields.inner("commits")
    if inner is None:
        return Commits()
    inner.check_keys(("introduced", "fixed"))
    return Commits(_parse_commit_map(inner, "introduced"), _parse_commit_map(inner, "fixed"))


def _parse_commit_map(fields: Fields, key: str) -> tuple[BranchCommit, ...]:
    """Return a commit per branch."""
    inner = fields.inner(key)
    if inner is None:
        return ()
    found: list[BranchCommit] = []
    for branch in inner.members:
        wrong = _wrong_branch(branch)
        if wrong:
            inner.fault(branch[:40], wrong)
            continue
        commit = inner.matching(branch, form.COMMIT, "a commit of 12 to 40 hex digits")
        if commit:
            found.append(BranchCommit(branch, commit))
    return tuple(found)


def _parse_packaged(fields: Fields) -> PackagedFix:
    """Return what a distribution's package did."""
    fields.check_keys(("distro", "version", "status"), ("note",))
    status = fields.text("status", longest=20)
    if status and status not in _STATUSES:
        fields.fault("status", f"not one of {', '.join(_STATUSES)}")
    return PackagedFix(
        fields.matching("distro", form.DISTRO, "an ID of os-release"),
        fields.matching("version", form.PACKAGE_VERSION, "a package's version"),
        status,
        fields.text("note", longest=300, empty=True),
    )


def _parse_source(fields: Fields) -> Source:
    """Return where a fact was read."""
    fields.check_keys(("url", "what"))
    url = fields.matching("url", form.URL, "an https address")
    return Source(url, fields.text("what", longest=200))


def _parse_checked(fields: Fields) -> Checked:
    """Return when and how the entry was checked."""
    inner = fields.inner("checked")
    if inner is None:
        return Checked("", "")
    inner.check_keys(("date", "how"))
    date = inner.matching("date", form.DATE, "a day such as 2026-11-22")
    if date:
        try:
            dt.date.fromisoformat(date)
        except ValueError:
            inner.fault("date", f"no such day: {date}")
    return Checked(date, inner.text("how", longest=300))


def _parse_correction(fields: Fields) -> Correction | None:
    """Return the correction of the press, None for null."""
    if fields.members.get("correction", "") is None:
        return None
    inner = fields.inner("correction")
    if inner is None:
        return None
    inner.check_keys(("press", "truth"))
    return Correction(inner.text("press", longest=400), inner.text("truth", longest=600))


def _check_entry(entry: CuratedFix, fields: Fields) -> None:
    """Note where members that are right by themselves contradict each other."""
    if re.fullmatch(form.COMMIT, entry.id):
        fields.fault("id", "could be taken for a commit")
    if (entry.severity_source is SeveritySource.CVSS) != bool(entry.cvss):
        fields.fault("severity_source", "cvss if and only if there is a vector")
    if not entry.sources:
        what = "a regression without a source is no entry" if entry.kind is Kind.REGRESSION else ""
        fields.fault("sources", what or "at least one is needed")
    if entry.kind is Kind.REGRESSION and not (entry.repairs or entry.introduced):
        fields.fault("introduced", "a regression needs a beginning, or the change that caused it")
    has_versions = bool(entry.introduced or entry.fixed or entry.unfixed)
    if entry.kind is Kind.TOPIC:
        if has_versions:
            fields.fault("introduced", "a topic has no versions; its members have")
        if len(entry.members) <= 1:
            fields.fault("members", "a topic is a name for at least two entries")
    elif entry.members:
        fields.fault("members", "only a topic has members")
    elif not has_versions:
        fields.fault("introduced", "no version at all: nothing could be said about any kernel")
    _check_ranges(entry, fields)
    _check_commits(fields, "introduced", entry.introduced, entry.commits.introduced)
    _check_commits(fields, "fixed", entry.fixed, entry.commits.fixed)


def _check_ranges(entry: CuratedFix, fields: Fields) -> None:
    """Note ranges that end before they begin, and branches that are two things at once."""
    begins = {item.branch: item.version for item in entry.introduced}
    for branch, end in entry.fixed:
        if branch in entry.unfixed:
            fields.fault(f"unfixed.{branch}", "also in fixed")
        begin = begins.get(branch)
        if begin is not None and end <= begin:
            fields.fault(f"fixed.{branch}", f"{end} is not after {begin}, where it came in")
        if begin is None and begins and not _began_before(branch, end, begins):
            fields.fault(f"fixed.{branch}", "it never came into this branch")
    for branch in entry.unfixed:
        if branch != MAINLINE and begins and branch not in begins:
            series = parse_version(branch)
            if series is not None and not _began_before(branch, series, begins):
                fields.fault(f"unfixed.{branch}", "it never came into this branch")


def _began_before(branch: str, end: KernelVersion, begins: Mapping[str, KernelVersion]) -> bool:
    """Return whether the branch forked from a mainline that had it."""
    mainline = begins.get(MAINLINE)
    if mainline is None:
        return False
    return branch == MAINLINE or mainline.series.code <= end.series.code


def _check_commits(
    fields: Fields,
    key: str,
    versions: Sequence[BranchVersion],
    commits: Sequence[BranchCommit],
) -> None:
    """Note commits on branches that have no version."""
    known = {item.branch for item in versions}
    for item in commits:
        if item.branch not in known:
            fields.fault(f"commits.{key}.{item.branch}", f"no version under {key}")
