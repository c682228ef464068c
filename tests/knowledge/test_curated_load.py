"""The loader of data/fixes.json: every fault at once, each with its path, and nothing else raised."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Protocol, cast

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.curated import SCHEMA, load
from advisor.knowledge.curated_entry import CLASSES, KEYS, OPTIONAL
from advisor.model.condition import ARCHES, GROUPS, TESTS
from advisor.model.curated import Confidence, Kind, SeveritySource
from advisor.model.features import FEATURES
from advisor.model.fix import BugClass, Evidence, Severity

SCHEMA_FILE = Path(__file__).parents[2] / "data" / "schema" / "fixes.schema.json"

Json = dict[str, object]


class Validator(Protocol):
    """As much of a JSON Schema validator as is needed here."""

    def is_valid(self, instance: object) -> bool:
        """Return whether the value fits."""
        ...


def validator() -> Validator:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    return cast("Validator", jsonschema.Draft202012Validator(schema))


VALIDATOR = validator()


def entry(**changes: object) -> Json:
    """Return a faultless entry with some members changed; a member of None is left out."""
    made: Json = {
        "id": "example-fix",
        "kind": "regression",
        "title": "A driver forgets its queue",
        "summary": "The driver forgot a queue.",
        "user_sees": "",
        "concerns": {"text": "Owners of the card", "when": {"module": "example"}},
        "cves": ["CVE-2026-12345"],
        "class": "logic",
        "evidence": "user-report",
        "severity": "high",
        "severity_source": "cvss",
        "cvss": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
        "introduced": {"mainline": "6.13-rc1", "6.12": "6.12.4"},
        "fixed": {"mainline": "6.14", "6.12": "6.12.9"},
        "unfixed": ["6.13"],
        "commits": {"introduced": {}, "fixed": {"6.12": "0123456789ab"}},
        "files": ["drivers/net/example.c"],
        "modules": ["example"],
        "kconfig": ["EXAMPLE"],
        "repairs": [],
        "workaround": "",
        "sources": [{"url": "https://www.kernel.org/", "what": "the kernel"}],
        "confidence": "high",
        "checked": {"date": "2026-11-22", "how": "read"},
        "correction": None,
    }
    made.update(changes)
    return made


def without(key: str) -> Json:
    made = entry()
    del made[key]
    return made


def text_of(*entries: Json) -> str:
    return json.dumps({"schema": SCHEMA, "fixes": list(entries)})


def faults_of(text: str) -> list[str]:
    """Return the faults that the loader reports, without its first line."""
    with pytest.raises(AdvisorError) as caught:
        load(text)
    assert caught.value.status is ExitStatus.BAD_DATA
    assert "docs/adding-a-fix.md" in caught.value.hint
    return caught.value.what.splitlines()[1:]


def test_load_entry_without_faults_returns_it() -> None:
    (fix,) = load(text_of(entry()))

    assert fix.id == "example-fix"
    assert fix.kind is Kind.REGRESSION
    assert fix.fault is BugClass.LOGIC
    assert fix.concerns.when.value == "example"
    assert [(item.branch, str(item.version)) for item in fix.introduced] == [
        ("mainline", "6.13-rc1"),
        ("6.12", "6.12.4"),
    ]
    assert fix.unfixed == ("6.13",)
    assert fix.commits.fixed[0].commit == "0123456789ab"
    assert fix.correction is None
    assert fix.introduced_note == ""


def test_load_no_entries_returns_none() -> None:
    assert load(text_of()) == ()


def test_load_optional_members_are_kept() -> None:
    (fix,) = load(
        text_of(
            entry(
                introduced_note="Long ago.",
                distributions=[{"distro": "debian", "version": "6.12.4-1", "status": "affected"}],
                correction={"press": "It is fast.", "truth": "It is not."},
                upstream_title="example: do not forget",
                cvss=None,
                severity_source="estimated",
            )
        )
    )

    assert fix.introduced_note == "Long ago."
    assert fix.distributions[0].status == "affected"
    assert fix.correction is not None
    assert fix.correction.truth == "It is not."
    assert fix.cvss == ""


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param(entry(id="Ex"), "fixes[0].id: not a slug", id="id-upper-case"),
        pytest.param(entry(id=""), "fixes[0].id: empty", id="id-empty"),
        pytest.param(entry(id="0123456789ab"), "could be taken for a commit", id="id-hex"),
        pytest.param(entry(kind="bug"), "fixes[0].kind: not one of fix, regression", id="kind"),
        pytest.param(
            entry(**{"class": "unknown"}), "fixes[0].class: not one of use-after", id="class"
        ),
        pytest.param(entry(title="x" * 91), "fixes[0].title: longer than 90", id="title-long"),
        pytest.param(entry(title=" x"), "fixes[0].title: has a control", id="title-blank"),
        pytest.param(entry(summary="a\x1b[31mb"), "fixes[0].summary: has a control", id="escape"),
        pytest.param(entry(summary=1), "fixes[0].summary: not a text", id="summary-number"),
        pytest.param(without("summary"), "fixes[0].summary: missing", id="summary-missing"),
        pytest.param(entry(fix_in="x"), "fixes[0].fix_in: unknown key", id="unknown-key"),
        pytest.param(entry(cves=["CVE-26-1"]), "fixes[0].cves[0]: not a CVE id", id="cve-form"),
        pytest.param(
            entry(cves=["CVE-2026-1234"] * 2), "fixes[0].cves[1]: named twice", id="cve-twice"
        ),
        pytest.param(entry(cves="CVE-2026-1"), "fixes[0].cves: not a list", id="cves-text"),
        pytest.param(entry(cvss="AV:N"), "fixes[0].cvss: not a CVSS vector", id="cvss-form"),
        pytest.param(entry(cvss=None), "cvss if and only if there is a vector", id="cvss-null"),
        pytest.param(
            entry(fixed={"6.12": "6.12.x"}), "fixes[0].fixed.6.12: not a version", id="version"
        ),
        pytest.param(
            entry(fixed={"6.12": "6.6.9"}), "6.6.9 is no release of 6.12", id="wrong-branch"
        ),
        pytest.param(
            entry(fixed={"mainline": "6.12.9"}), "no release of mainline", id="not-mainline"
        ),
        pytest.param(entry(fixed={"6.12": 6}), "fixes[0].fixed.6.12: not a version", id="number"),
        pytest.param(entry(fixed={"next": "6.12"}), "fixes[0].fixed.next: not a branch", id="next"),
        pytest.param(entry(fixed=[]), "fixes[0].fixed: not an object", id="fixed-list"),
        pytest.param(
            entry(fixed={"6.12": "6.12.4"}), "6.12.4 is not after 6.12.4", id="ends-at-begin"
        ),
        pytest.param(
            entry(fixed={"mainline": "6.12"}), "fixes[0].fixed.mainline: 6.12 is not", id="before"
        ),
        pytest.param(
            entry(fixed={"6.6": "6.6.9"}, commits={"introduced": {}, "fixed": {}}),
            "fixes[0].fixed.6.6: it never came into this branch",
            id="never-came",
        ),
        pytest.param(
            entry(unfixed=["6.1"]), "fixes[0].unfixed.6.1: it never came", id="unfixed-never-came"
        ),
        pytest.param(entry(unfixed=["6.12"]), "fixes[0].unfixed.6.12: also in", id="both"),
        pytest.param(entry(unfixed=["lts"]), "fixes[0].unfixed[0]: not mainline", id="unfixed"),
        pytest.param(
            entry(introduced={}, fixed={}, unfixed=[], repairs=["0123456789ab"]),
            "no version at all",
            id="no-version",
        ),
        pytest.param(
            entry(introduced={}, unfixed=[]), "a regression needs a beginning", id="no-beginning"
        ),
        pytest.param(
            entry(commits={"introduced": {}, "fixed": {"6.12": "xyz"}}),
            "fixes[0].commits.fixed.6.12: not a commit",
            id="commit-form",
        ),
        pytest.param(
            entry(commits={"introduced": {}, "fixed": {"6.6": "0123456789ab"}}),
            "fixes[0].commits.fixed.6.6: no version under fixed",
            id="commit-without-version",
        ),
        pytest.param(
            entry(commits={"introduced": {}, "fixed": {"old": "0123456789ab"}}),
            "fixes[0].commits.fixed.old: not a branch",
            id="commit-branch",
        ),
        pytest.param(
            entry(commits={"fixed": {}}), "commits.introduced: missing", id="commits-half"
        ),
        pytest.param(entry(files=["/etc/passwd"]), "fixes[0].files[0]: not a path", id="path"),
        pytest.param(entry(files=["a/../../b"]), "fixes[0].files[0]: not a path", id="path-up"),
        pytest.param(entry(modules=["a-b"]), "fixes[0].modules[0]: not a module", id="module"),
        pytest.param(
            entry(kconfig=["CONFIG_X"]), "fixes[0].kconfig[0]: not an option", id="kconfig"
        ),
        pytest.param(
            entry(sources=[]), "sources: a regression without a source is no entry", id="no-source"
        ),
        pytest.param(
            entry(kind="fix", sources=[]), "sources: at least one is needed", id="fix-no-source"
        ),
        pytest.param(
            entry(sources=[{"url": "http://a.b/", "what": "x"}]),
            "fixes[0].sources[0].url: not an https address",
            id="http",
        ),
        pytest.param(entry(sources=["x"]), "fixes[0].sources[0]: not an object", id="source-text"),
        pytest.param(
            entry(checked={"date": "2026-02-30", "how": "x"}), "no such day: 2026-02-30", id="day"
        ),
        pytest.param(entry(checked=None), "fixes[0].checked: not an object", id="checked-null"),
        pytest.param(
            entry(correction={"press": "x"}), "fixes[0].correction.truth: missing", id="correction"
        ),
        pytest.param(
            entry(correction="x"), "fixes[0].correction: not an object", id="correction-text"
        ),
        pytest.param(
            entry(distributions=[{"distro": "debian", "version": "1", "status": "maybe"}]),
            "fixes[0].distributions[0].status: not one of fixed, affected",
            id="distribution",
        ),
        pytest.param(entry(concerns=1), "fixes[0].concerns: not an object", id="concerns"),
        pytest.param(
            entry(concerns={"text": "x", "when": {"feature": "warp"}}),
            "fixes[0].concerns.when.feature: not a feature",
            id="feature",
        ),
        pytest.param(
            entry(concerns={"text": "x", "when": {"any_of": [{"module": "a"}, {"colour": "red"}]}}),
            "fixes[0].concerns.when.any_of[1].colour: not one of all_of, any_of",
            id="condition-word",
        ),
        pytest.param(
            entry(repairs=["no-such-entry"]), "fixes[0].repairs: no such entry", id="repairs"
        ),
        pytest.param(entry(repairs=["example-fix"]), "repairs: names itself", id="repairs-itself"),
        pytest.param(entry(members=["a-b-c"]), "only a topic has members", id="members"),
        pytest.param(entry(kind="topic"), "a topic has no versions", id="topic-versions"),
        pytest.param(entry(kind="topic"), "at least two entries", id="topic-members"),
    ],
)
def test_load_fault_is_reported_with_its_path(changed: Json, fault: str) -> None:
    faults = faults_of(text_of(changed))

    assert [line for line in faults if fault in line], faults
    assert all(line.startswith("fixes[0].") for line in faults)


def test_load_several_faults_are_all_reported() -> None:
    faults = faults_of(text_of(entry(title="", kconfig=["a b"]), entry(id="zz-top", cves=[1])))

    assert [fault.partition(": ")[0] for fault in faults] == [
        "fixes[0].title",
        "fixes[0].kconfig[0]",
        "fixes[1].cves[0]",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("", "fixes.json: not JSON", id="empty"),
        pytest.param("[" * 100_000, "fixes.json: not JSON", id="deep"),
        pytest.param("[]", "fixes.json: not an object", id="list"),
        pytest.param("null", "fixes.json: not an object", id="null"),
        pytest.param('{"schema": NaN}', "NaN is not JSON", id="nan"),
        pytest.param("{}", "schema: missing", id="nothing"),
        pytest.param('{"schema": "x/2", "fixes": [1]}', "schema: not advisor.fixes/1", id="schema"),
        pytest.param(
            f'{{"schema": "{SCHEMA}", "fixes": 3}}', "fixes: not a list", id="fixes-number"
        ),
        pytest.param(
            f'{{"schema": "{SCHEMA}", "fixes": [], "more": 1}}', "more: unknown key", id="more"
        ),
        pytest.param(
            f'{{"schema": "{SCHEMA}", "fixes": [], "fixes": []}}',
            "a key is written twice: fixes",
            id="key-twice",
        ),
    ],
)
def test_load_wrong_file_is_refused(text: str, fault: str) -> None:
    assert [line for line in faults_of(text) if fault in line]


def test_load_huge_file_is_refused_unread() -> None:
    assert faults_of(" " * (17 << 20)) == ["fixes.json: larger than 16777216 characters"]


def test_load_endless_faults_are_cut() -> None:
    faults = faults_of(json.dumps({"schema": SCHEMA, "fixes": [1] * 1000}))

    assert len(faults) == 201
    assert faults[-1] == "... and 800 more"


def test_load_hostile_key_is_shown_without_control_characters() -> None:
    faults = faults_of(text_of(entry(**{"\x1b]0;owned\x07": 1})))

    assert faults == ["fixes[0].\\x1b]0;owned\\x07: unknown key"]


@pytest.mark.parametrize(
    ("ids", "fault"),
    [
        pytest.param(("b-b", "a-a"), "fixes[1].id: a-a must stand before b-b", id="unsorted"),
        pytest.param(("a-a", "a-a"), "fixes[1].id: used twice: a-a", id="twice"),
    ],
)
def test_load_ids_out_of_order_are_refused(ids: tuple[str, ...], fault: str) -> None:
    faults = faults_of(text_of(*(entry(id=name, cves=[]) for name in ids)))

    assert faults == [fault]


def test_load_cve_of_two_entries_is_refused() -> None:
    faults = faults_of(text_of(entry(id="a-a"), entry(id="b-b")))

    assert faults == ["fixes[1].cves: CVE-2026-12345 is described by a-a already"]


def test_load_repair_that_does_not_know_of_it_is_refused() -> None:
    faults = faults_of(text_of(entry(id="a-a", repaired_by=["b-b"]), entry(id="b-b", cves=[])))

    assert faults == ["fixes[0].repaired_by: b-b does not name it under repairs"]


def test_load_topic_with_members_is_kept_and_may_share_a_cve() -> None:
    topic = entry(
        id="topic",
        kind="topic",
        introduced={},
        fixed={},
        unfixed=[],
        commits={"introduced": {}, "fixed": {}},
        members=["a-a", "b-b"],
    )
    fixes = load(text_of(entry(id="a-a"), entry(id="b-b", cves=[]), topic))

    assert fixes[2].members == ("a-a", "b-b")


def test_load_topic_with_unknown_member_is_refused() -> None:
    topic = entry(kind="topic", introduced={}, fixed={}, unfixed=[], members=["a-a", "b-b"])
    topic["commits"] = {"introduced": {}, "fixed": {}}

    assert faults_of(text_of(topic)) == [
        "fixes[0].members: no such entry: a-a",
        "fixes[0].members: no such entry: b-b",
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


def refusal(text: str) -> AdvisorError | None:
    """Return the documented error, None where there are entries; let anything else out."""
    try:
        load(text)
    except AdvisorError as error:
        return error
    return None


def entries_or_refusal(text: str) -> None:
    """Load, and accept entries that fit the schema, or the documented error."""
    error = refusal(text)
    if error is None:
        assert VALIDATOR.is_valid(json.loads(text))
        assert all(fix.sources for fix in load(text))
    else:
        assert error.status is ExitStatus.BAD_DATA
        assert error.what.replace("\n", " ").isprintable()


@given(json_values)
@settings(deadline=None, max_examples=150)
def test_load_any_json_gives_entries_or_one_error(value: object) -> None:
    entries_or_refusal(json.dumps(value))
    entries_or_refusal(json.dumps({"schema": SCHEMA, "fixes": value}))


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=60)
def test_load_any_text_gives_entries_or_one_error(text: str) -> None:
    entries_or_refusal(text)


@given(st.sampled_from(KEYS), json_values)
@settings(deadline=None, max_examples=250)
def test_load_any_member_gives_an_entry_or_one_error(key: str, value: object) -> None:
    entries_or_refusal(text_of(entry(**{key: value})))


def branches(key: str) -> st.SearchStrategy[Json]:
    names = st.sampled_from(["mainline", "6.1", "6.12", "6.13", "2.6.32", "next"])
    versions = st.sampled_from(["6.1", "6.1.9", "6.12.4", "6.13-rc1", "6.14", "2.6.32.5", "x"])
    return st.dictionaries(names, versions, max_size=3).map(lambda value: {key: value})


@given(branches("introduced"), branches("fixed"))
@settings(deadline=None, max_examples=250)
def test_load_any_ranges_end_after_they_begin(introduced: Json, fixed: Json) -> None:
    made = entry(**introduced, **fixed, unfixed=[], commits={"introduced": {}, "fixed": {}})
    try:
        (fix,) = load(text_of(made))
    except AdvisorError:
        return
    begins = {item.branch: item.version for item in fix.introduced}
    assert all(
        item.version > begins.get(item.branch, item.version._replace(rc=0)) for item in fix.fixed
    )


def test_schema_file_names_the_words_of_the_code() -> None:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    defined = schema["$defs"]
    members = defined["entry"]["properties"]
    kinds = {"kind": Kind, "class": CLASSES, "evidence": Evidence, "severity": Severity}
    words = kinds | {"severity_source": SeveritySource, "confidence": Confidence}

    assert tuple(members) == KEYS
    assert set(defined["entry"]["required"]) == set(KEYS) - OPTIONAL
    assert {key: members[key]["enum"] for key in words} == {
        key: [word.value for word in enum] for key, enum in words.items()
    }
    assert {
        item["const"]: item["description"] for item in defined["feature_word"]["oneOf"]
    } == FEATURES
    assert defined["arch"]["properties"]["arch"]["enum"] == list(ARCHES)
    operators = [ref["$ref"].rpartition("/")[2] for ref in defined["condition"]["oneOf"]]
    assert sorted(operators) == sorted((*GROUPS, *TESTS))


def test_schema_file_accepts_the_example_and_refuses_an_unknown_key() -> None:
    good = cast("Json", json.loads(text_of(entry())))
    bad = copy.deepcopy(good)
    cast("list[Json]", bad["fixes"])[0]["more"] = 1

    assert VALIDATOR.is_valid(good)
    assert not VALIDATOR.is_valid(bad)
