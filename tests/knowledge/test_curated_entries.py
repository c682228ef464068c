"""Every entry of data/fixes.json against what else is known: the CNA, the kernels, the pull."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

import jsonschema
import pytest
from cvss import CVSS3  # pyright: ignore[reportMissingTypeStubs] - it has none

from advisor.knowledge.curated import load
from advisor.knowledge.curated_format import canonical
from advisor.model.condition import GROUPS, Condition
from advisor.model.curated import BranchVersion, CuratedFix, Kind
from advisor.model.version import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
FIXES = ROOT / "data" / "fixes.json"
SCHEMA = ROOT / "data" / "schema" / "fixes.schema.json"
HOW = "python -m advisor.knowledge.curated_format data/fixes.json"
HEX = 12

TEXT = FIXES.read_text("utf-8")
ENTRIES = load(TEXT)

each_entry = pytest.mark.parametrize(
    "entry", [pytest.param(entry, id=entry.id) for entry in ENTRIES]
)


class Validator(Protocol):
    """As much of a JSON Schema validator as is needed here."""

    def validate(self, instance: object) -> None:
        """Raise where the value does not fit."""
        ...


class Pair(NamedTuple):
    """One line of the CNA's record: where a fault came in, and where it was ended."""

    introduced: str
    introduced_commit: str
    fixed: str
    fixed_commit: str


class CnaRecord(NamedTuple):
    """What the CNA says of one CVE; no pairs where the CVE is newer than the data."""

    cve: str
    cvss: str | None
    pairs: tuple[Pair, ...] | None


@cache
def cna_records() -> dict[str, CnaRecord]:
    made: dict[str, CnaRecord] = {}
    for line in (DATA / "cna-extract.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        pairs = None if row["pairs"] is None else tuple(Pair(*pair) for pair in row["pairs"])
        made[row["cve"]] = CnaRecord(row["cve"], row["cvss"], pairs)
    return made


@cache
def module_names() -> frozenset[str]:
    found = set((DATA / "module-names.txt").read_text("utf-8").split())
    for line in (DATA / "module-names-elsewhere.txt").read_text("utf-8").splitlines():
        name, _, reason = line.partition("  ")
        if not line.startswith("#") and reason:
            found.add(name)
    return frozenset(found | {"vmlinux"})


def pairs_of(entry: CuratedFix) -> list[Pair]:
    records = [cna_records()[cve] for cve in entry.cves]
    return [pair for record in records for pair in record.pairs or ()]


def branch_of(version: str) -> str:
    parsed = parse_version(version)
    assert parsed is not None
    return "mainline" if parsed.is_mainline else str(parsed.series)


def by_branch(versions: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for version in versions:
        if version != "0":
            found.setdefault(branch_of(version), set()).add(version)
    return found


def disagreements(ours: Sequence[BranchVersion], theirs: dict[str, set[str]]) -> list[str]:
    """Return the branches of which both speak with a different result.

    The CNA names the release that a candidate became, we name the candidate where it is known.
    """
    return [
        f"{item.branch}: {item.version}, the CNA says {sorted(theirs[item.branch])}"
        for item in ours
        if item.branch in theirs
        and not {str(item.version), str(item.version).partition("-")[0]} & theirs[item.branch]
    ]


def single_tests(condition: Condition) -> Iterator[Condition]:
    if condition.op not in GROUPS:
        yield condition
    for part in condition.parts:
        yield from single_tests(part)


def test_file_is_in_the_one_layout() -> None:
    assert canonical(TEXT) == TEXT, f"run: {HOW}"


def test_file_fits_the_published_schema() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    validator = cast("Validator", jsonschema.Draft202012Validator(schema))
    validator.validate(json.loads(TEXT))


def test_every_cve_stands_in_the_extract() -> None:
    named = {cve for entry in ENTRIES for cve in entry.cves}

    assert named == set(cna_records()), "run: python tests/data/make_cna_extract.py FOLDER"


@pytest.mark.parametrize(
    ("commit", "title"),
    [
        pytest.param(*line.split("  ", 1), id=line[:HEX])
        for line in (DATA / "net-7.1-rc5-commits.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ],
)
def test_change_of_the_pull_is_described(commit: str, title: str) -> None:
    found = [
        entry
        for entry in ENTRIES
        for item in entry.commits.fixed
        if item.branch == "mainline" and item.commit.startswith(commit)
    ]

    assert [entry.upstream_title for entry in found] == [title]


@each_entry
def test_entry_agrees_with_the_cna_where_both_speak(entry: CuratedFix) -> None:
    pairs = pairs_of(entry)
    introduced = by_branch(pair.introduced for pair in pairs)
    fixed = by_branch(pair.fixed for pair in pairs)

    assert disagreements(entry.introduced, introduced) == []
    assert disagreements(entry.fixed, fixed) == []
    assert [branch for branch in entry.unfixed if branch in fixed] == []


@each_entry
def test_entry_names_the_cnas_commits(entry: CuratedFix) -> None:
    pairs = pairs_of(entry)
    ours = (entry.commits.introduced, entry.commits.fixed)
    theirs = (
        {(branch_of(p.introduced), p.introduced_commit) for p in pairs if p.introduced != "0"},
        {(branch_of(p.fixed), p.fixed_commit) for p in pairs if p.fixed != "0"},
    )

    for mine, known in zip(ours, theirs, strict=True):
        branches = {branch for branch, _ in known}
        assert [
            item
            for item in mine
            if item.branch in branches and (item.branch, item.commit[:HEX]) not in known
        ] == []


@each_entry
def test_entry_leaves_out_no_repair_that_the_cna_knows(entry: CuratedFix) -> None:
    if entry.kind is Kind.TOPIC:
        return
    introduced = by_branch(pair.introduced for pair in pairs_of(entry))
    fixed = by_branch(pair.fixed for pair in pairs_of(entry))
    in_all = [
        set(by_branch(pair.fixed for pair in cna_records()[cve].pairs or ())) for cve in entry.cves
    ]
    never = {branch for branch in fixed if introduced.get(branch) == fixed[branch]}
    ours = {item.branch for item in entry.fixed}

    assert sorted(set(fixed).intersection(*in_all) - ours - never) == []


@each_entry
def test_entry_has_the_cnas_score_and_its_band(entry: CuratedFix) -> None:
    records = [cna_records()[cve] for cve in entry.cves]
    if len(records) == 1 and records[0].pairs is not None and entry.kind is not Kind.TOPIC:
        assert entry.cvss == (records[0].cvss or "")
    if entry.cvss.startswith("CVSS:3"):
        bands = cast("tuple[str, ...]", CVSS3(entry.cvss).severities())
        assert entry.severity.value == bands[0].lower()


@each_entry
def test_entry_names_modules_that_some_kernel_has(entry: CuratedFix) -> None:
    conditions = [test.value for test in single_tests(entry.concerns.when) if test.op == "module"]

    assert sorted({*entry.modules, *conditions} - module_names()) == []


@each_entry
def test_entry_says_something_a_person_can_use(entry: CuratedFix) -> None:
    sentences = entry.summary.count(". ") + entry.summary.count(": ") + 1

    assert entry.summary.endswith((".", ")"))
    assert sentences <= 8
    assert entry.title[0].isalnum()
    assert not entry.title.endswith(".")
    assert entry.summary not in (entry.title, entry.user_sees)
    assert entry.upstream_title not in (entry.title, entry.summary)


def test_named_topics_of_the_article_carry_their_correction() -> None:
    wrong = {
        "btmtk-short-wmt-event",
        "topic-bluetooth-7-1",
        "vsock-relax-limit",
        "ipoib-rx-mode-warning",
        "tcp-stale-isn",
        "udp-gso-partial-length",
        "mlx5-xsk-icosq-race",
        "3c509-removed-and-restored",
        "topic-dirty-frag",
        "topic-sashiko",
    }

    assert wrong <= {entry.id for entry in ENTRIES if entry.correction is not None}


@pytest.mark.parametrize(
    ("entry_id", "branch", "introduced", "fixed"),
    [
        pytest.param("btmtk-short-wmt-event", "6.12", "6.12.88", "6.12.91", id="btmtk-6.12"),
        pytest.param("btmtk-short-wmt-event", "6.18", "6.18.30", "6.18.33", id="btmtk-6.18"),
        pytest.param("btmtk-short-wmt-event", "7.0", "7.0.7", "7.0.10", id="btmtk-7.0"),
        pytest.param("udp-gso-partial-length", "mainline", "7.0", "7.1-rc5", id="udp"),
        pytest.param("vsock-small-packets-reset", "6.12", "6.12.94", "6.12.101", id="vsock"),
    ],
)
def test_regression_window_is_the_one_on_record(
    entry_id: str, branch: str, introduced: str, fixed: str
) -> None:
    entry = next(entry for entry in ENTRIES if entry.id == entry_id)

    assert entry.kind is Kind.REGRESSION
    assert {item.branch: str(item.version) for item in entry.introduced}[branch] == introduced
    assert {item.branch: str(item.version) for item in entry.fixed}[branch] == fixed


def test_sources_name_no_package_index() -> None:
    hosts = {source.url.split("/")[2] for entry in ENTRIES for source in entry.sources}

    assert not [
        host for host in hosts if host.startswith(("pypi.", "files.pythonhosted", "registry."))
    ]


def test_texts_hold_no_mail_address() -> None:
    entries = cast("list[dict[str, object]]", json.loads(TEXT)["fixes"])

    assert [entry["id"] for entry in entries if "@" in json.dumps(entry)] == []
