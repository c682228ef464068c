"""Conditions on a machine: what was not read never becomes a no."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.condition import (
    ARCHES,
    GROUPS,
    MAX_DEPTH,
    MAX_PARTS,
    Condition,
    Facts,
    Seen,
    arch_of,
    condition_json,
    evaluate,
    parse_condition,
)

MEDIATEK = "usb:v0E8DpE025d0100dcEFdsc02dp01icE0isc01ip01in00"


def condition(raw: object) -> Condition:
    faults: list[str] = []
    made = parse_condition(raw, "when", faults)
    assert faults == []
    assert made is not None
    return made


def seen(*names: str, complete: bool = True) -> Seen:
    return Seen(frozenset(names), complete)


@pytest.mark.parametrize(
    ("raw", "facts", "answer"),
    [
        pytest.param(
            {"device": "usb:v0E8Dp*icE0isc01ip01*"},
            Facts(devices=seen(MEDIATEK)),
            True,
            id="device",
        ),
        pytest.param(
            {"device": "usb:v0e8dp*"}, Facts(devices=seen(MEDIATEK)), False, id="device-case"
        ),
        pytest.param(
            {"device": "usb:v0E8Dp[A-F]?25*"}, Facts(devices=seen(MEDIATEK)), True, id="device-set"
        ),
        pytest.param({"device": "usb:v0E8Dp*"}, Facts(), None, id="devices-unread"),
        pytest.param(
            {"device": "usb:v0E8Dp*"},
            Facts(devices=seen(MEDIATEK, complete=False)),
            True,
            id="device-in-part",
        ),
        pytest.param({"module": "tun"}, Facts(modules=seen("tun")), True, id="module"),
        pytest.param({"module": "tun"}, Facts(modules=seen("tap")), False, id="module-not"),
        pytest.param(
            {"module": "tun"}, Facts(modules=seen("tap", complete=False)), None, id="module-in-part"
        ),
        pytest.param({"feature": "vsock"}, Facts(features={"vsock": True}), True, id="feature"),
        pytest.param(
            {"feature": "vsock"}, Facts(features={"vsock": False}), False, id="feature-no"
        ),
        pytest.param(
            {"feature": "vsock"}, Facts(features={"bridge": True}), None, id="feature-open"
        ),
        pytest.param({"config": "EL3"}, Facts(config={"EL3": "m"}), True, id="config"),
        pytest.param({"config": "EL3"}, Facts(config={"EL3": "n"}), False, id="config-off"),
        pytest.param({"config": "EL3"}, Facts(config={}), False, id="config-not-there"),
        pytest.param({"config": "EL3"}, Facts(), None, id="config-unread"),
        pytest.param(
            {"filesystem": "nfs4"}, Facts(filesystems=seen("nfs4")), True, id="filesystem"
        ),
        pytest.param({"filesystem": "nfs4"}, Facts(filesystems=seen()), False, id="filesystem-not"),
        pytest.param({"arch": "x86_64"}, Facts(arch="x86_64"), True, id="arch"),
        pytest.param({"arch": "x86_64"}, Facts(arch="arm"), False, id="arch-other"),
        pytest.param({"arch": "x86_64"}, Facts(), None, id="arch-unread"),
        pytest.param({"distro": "debian"}, Facts(distro="debian"), True, id="distro"),
        pytest.param({"distro": "debian"}, Facts(distro="ubuntu"), False, id="distro-other"),
        pytest.param({"distro": "debian"}, Facts(), None, id="distro-unread"),
        pytest.param({"all_of": []}, Facts(), True, id="every-machine"),
        pytest.param(
            {"all_of": [{"module": "tun"}, {"feature": "xdp"}]},
            Facts(modules=seen("tap")),
            False,
            id="all-of-decided-by-a-no",
        ),
        pytest.param(
            {"all_of": [{"module": "tun"}, {"feature": "xdp"}]},
            Facts(modules=seen("tun")),
            None,
            id="all-of-open",
        ),
        pytest.param(
            {"any_of": [{"feature": "xdp"}, {"module": "tun"}]},
            Facts(modules=seen("tun")),
            True,
            id="any-of-decided-by-a-yes",
        ),
        pytest.param(
            {"any_of": [{"feature": "xdp"}, {"module": "tun"}]},
            Facts(modules=seen("tap")),
            None,
            id="any-of-open",
        ),
    ],
)
def test_evaluate_condition_answers_from_what_was_read(
    raw: object, facts: Facts, answer: bool | None
) -> None:
    assert evaluate(condition(raw), facts) is answer


def test_evaluate_word_of_a_newer_database_stays_open() -> None:
    assert evaluate(Condition("moon_phase", "full"), Facts()) is None


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        pytest.param(3, "when: not an object with one key", id="number"),
        pytest.param({}, "when: not an object with one key", id="empty"),
        pytest.param({"module": "a", "arch": "arm"}, "when: not an object with one", id="two-keys"),
        pytest.param({"colour": "red"}, "when.colour: not one of all_of", id="unknown"),
        pytest.param({"any_of": []}, "when.any_of: empty", id="any-of-nothing"),
        pytest.param({"all_of": {}}, "when.all_of: not a list", id="not-a-list"),
        pytest.param({"all_of": [1]}, "when.all_of[0]: not an object", id="part"),
        pytest.param({"module": ""}, "when.module: not a text", id="empty-text"),
        pytest.param({"module": 4}, "when.module: not a text", id="number-value"),
        pytest.param({"module": "a-b"}, "when.module: not a module's name", id="module"),
        pytest.param({"module": "a\nb"}, "when.module: not a text", id="newline"),
        pytest.param({"device": "0E8D:E025"}, "when.device: not a modalias", id="device"),
        pytest.param({"config": "CONFIG_X"}, "when.config: not an option", id="config"),
        pytest.param({"arch": "amd64"}, "when.arch: not one of aarch64", id="arch"),
        pytest.param({"distro": "Debian"}, "when.distro: not a lower-case", id="distro"),
        pytest.param({"feature": "warp"}, "when.feature: not a feature", id="feature"),
        pytest.param(
            {"all_of": [{"module": "a"}] * (MAX_PARTS + 1)}, "when.all_of: more than", id="too-many"
        ),
    ],
)
def test_parse_condition_wrong_is_a_fault_with_its_path(raw: object, fault: str) -> None:
    faults: list[str] = []

    assert parse_condition(raw, "when", faults) is None
    assert len(faults) == 1
    assert faults[0].startswith(fault)


def test_parse_condition_too_deep_is_a_fault() -> None:
    raw: object = {"module": "a"}
    for _ in range(MAX_DEPTH + 1):
        raw = {"all_of": [raw]}
    faults: list[str] = []

    assert parse_condition(raw, "when", faults) is None
    assert faults[0].endswith(f"nested deeper than {MAX_DEPTH}")


conditions = st.recursive(
    st.sampled_from(
        [
            Condition("module", "tun"),
            Condition("feature", "vsock"),
            Condition("arch", "arm"),
            Condition("config", "EL3"),
        ]
    ),
    lambda inner: st.builds(
        Condition,
        st.sampled_from(GROUPS),
        st.just(""),
        st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=6,
)

whole = st.builds(
    Facts,
    modules=st.builds(Seen, st.frozensets(st.just("tun")), st.just(value=True)),
    features=st.fixed_dictionaries({"vsock": st.booleans()}),
    config=st.dictionaries(st.just("EL3"), st.sampled_from(["y", "n"])),
    arch=st.sampled_from(ARCHES),
)

PARTS = ("modules", "features", "config", "arch")


@settings(deadline=None)
@given(conditions, whole, st.sets(st.sampled_from(PARTS)))
def test_evaluate_with_less_read_never_says_the_opposite(
    tree: Condition, facts: Facts, unread: set[str]
) -> None:
    less = facts._replace(**{name: getattr(Facts(), name) for name in unread})
    answer = evaluate(tree, less)

    assert evaluate(tree, facts) is not None
    assert answer in (None, evaluate(tree, facts))


@settings(deadline=None)
@given(conditions)
def test_condition_json_reads_back_the_same(tree: Condition) -> None:
    faults: list[str] = []
    read = parse_condition(condition_json(tree), "when", faults)

    assert read == tree or "nested deeper" in faults[0]


@pytest.mark.parametrize(
    ("machine", "arch"),
    [
        pytest.param("x86_64", "x86_64", id="x86_64"),
        pytest.param("i686", "i386", id="i686"),
        pytest.param("armv7l", "arm", id="armv7l"),
        pytest.param("armv6l", "arm", id="armv6l"),
        pytest.param("aarch64", "aarch64", id="aarch64"),
        pytest.param("mips64", "mips", id="mips64"),
        pytest.param("vax", "", id="vax"),
        pytest.param("", "", id="unread"),
    ],
)
def test_arch_of_machine_is_our_word(machine: str, arch: str) -> None:
    assert arch_of(machine) == arch


def test_import_of_conditions_is_light() -> None:
    code = "import sys, advisor.model.condition; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"json", "dataclasses", "advisor.model.curated", "advisor.knowledge.curated"}

    assert not heavy.intersection(out.stdout.split())
