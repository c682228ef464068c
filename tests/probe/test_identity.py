"""Whose kernel it is, and what its number proves: real releases, hostile ones, any text.

Run this file to print the table of docs/kernel-identity.md.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.version import KernelVersion
from advisor.probe.identity import VENDORS, identify
from advisor.probe.identity_rules import RULES, Rule

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


UPSTREAM = {
    "release": "`uname -r`",
    "patched": "`uname -r`; where its third number is 0 or missing, `uname -v` or the package",
    "signature": "`/proc/version_signature`",
    "code": "`uname -r`, whose six digits must agree",
    "candidate": "`uname -r`, with its `rc`",
    "none": "not derivable",
}
ON_TOP = {"nothing": "", "single": "single fixes, early", "later": "later fixes: `backports`"}


def _row(rule: Rule) -> str:
    why = rule.why.replace("{n}", "N")
    cells = [rule.vendor, f"`{rule.example}`", UPSTREAM[rule.number], ON_TOP[rule.extra], why]
    return "| " + " | ".join(cells) + " |"


def _table() -> str:
    head = ["| vendor | such as | upstream version from | on top | why |", "|---|---|---|---|---|"]
    return "\n".join(head + [_row(rule) for rule in RULES]) + "\n"


class Case(NamedTuple):
    readings: dict[str, str]
    expect: dict[str, object]


def _cases(name: str) -> list[object]:
    cases: list[object] = []
    for number, line in enumerate((DATA / name).read_text().splitlines(), 1):
        row = cast("dict[str, object]", json.loads(line))
        expect = cast("dict[str, object]", row.pop("expect"))
        readings = {key: str(value) for key, value in row.items()}
        release = readings["release"].encode("ascii", "backslashreplace").decode()
        cases.append(pytest.param(Case(readings, expect), id=f"{number}-{release}"))
    return cases


@pytest.mark.parametrize("case", _cases("releases.jsonl") + _cases("releases-more.jsonl"))
def test_identify_recorded_release_gives_what_its_vendor_means(case: Case) -> None:
    identity = identify(**case.readings)
    found: dict[str, object] = dict(identity._asdict())
    for key in ("upstream", "series"):
        found[key] = None if found[key] is None else str(found[key])
    assert {key: found[key] for key in case.expect} == case.expect
    assert identity.vendor in VENDORS
    assert identity.why


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.example) for rule in RULES])
def test_rule_example_is_read_by_that_rule(rule: Rule) -> None:
    identity = identify(release=rule.example)
    assert identity.vendor == rule.vendor
    assert identity.backports == (rule.extra == "later")
    assert identity.early_fixes == (rule.extra == "single")
    if rule.number in ("none", "signature"):
        assert identity.upstream is None
    if rule.number in ("release", "code", "candidate"):
        assert identity.upstream is not None


def test_docs_page_shows_the_rules_as_they_are() -> None:
    assert _table() in (ROOT / "docs" / "kernel-identity.md").read_text()


@pytest.mark.parametrize(
    ("release", "words"),
    [
        pytest.param("6.8.0-52-generic", "/proc/version_signature", id="ubuntu"),
        pytest.param("6.1.0-37-amd64", "vendor's own count", id="debian"),
        pytest.param("5.14.0-503.el9.x86_64", "number 5.14", id="rhel"),
        pytest.param("6.12.94+deb13-amd64", "kernel.org's 6.12.94", id="known"),
    ],
)
def test_why_says_in_a_sentence_what_told_or_what_could_not(release: str, words: str) -> None:
    assert words in identify(release=release).why


def test_why_never_repeats_hostile_text() -> None:
    identity = identify(release="6.1.5-\x1b]0;owned\x07", version="#1 \x1b[31m", distro="\x1b")
    assert identity.why.isprintable()
    assert identity.flavour.isprintable()


def test_package_version_from_outside_must_look_like_one() -> None:
    identity = identify(release="6.1.0-37-amd64", package_version="6.1.1\n-1")
    assert identity.upstream is None
    assert not identity.package_version


def _twisted(rule: Rule, text: str) -> str:
    return rule.example[:20] + text


READINGS: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=400),
    st.from_regex(r"[0-9]{1,4}(\.[0-9]{0,4}){0,4}[-+_.~]?[a-z0-9.+_~-]{0,80}", fullmatch=True),
    st.builds(_twisted, st.sampled_from(RULES), st.text(max_size=300)),
)


@settings(deadline=None)
@given(release=READINGS, version=READINGS, distro=st.text(max_size=99), other=READINGS)
def test_identify_any_text_gives_an_identity(
    release: str, version: str, distro: str, other: str
) -> None:
    identity = identify(
        release=release,
        version=version,
        distro=distro,
        version_signature=other,
        proc_version="Linux version " + other,
        package_version=other,
    )
    assert identity.vendor in VENDORS
    if identity.upstream is not None:
        assert identity.upstream.series == identity.series


@settings(deadline=None)
@given(
    patch=st.integers(1, 400),
    series=st.sampled_from(["5.10", "5.15", "6.1", "6.6", "6.12", "6.18", "7.3"]),
    suffix=st.sampled_from(["", "-arch1-1", "-200.fc44.x86_64", "+deb13-amd64", "_1", "-0-lts"]),
)
def test_identify_release_of_a_vendor_that_follows_stable_keeps_the_number(
    patch: int, series: str, suffix: str
) -> None:
    identity = identify(release=f"{series}.{patch}{suffix}")
    assert isinstance(identity.upstream, KernelVersion)
    assert str(identity.upstream) == f"{series}.{patch}"
    assert not identity.backports


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param("+a" * 100_000, id="plus"),
        pytest.param("-1.1" * 100_000, id="dots"),
        pytest.param("-rpi1" * 100_000, id="rpi"),
        pytest.param("-" + "g" * 400_000, id="letters"),
        pytest.param("0" * 400_000, id="digits"),
        pytest.param("-060800" + "daily" * 90_000, id="daily"),
    ],
)
def test_identify_huge_hostile_release_takes_bounded_time(tail: str) -> None:
    start = time.process_time()
    identify(release="6.1.5" + tail, version="#1" + tail, version_signature="Ubuntu 6" + tail)
    assert time.process_time() - start < 0.25


if __name__ == "__main__":
    print(_table(), end="")
