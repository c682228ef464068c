"""The small curated tables: they hold, and what is wrong with one is said all at once."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.reference import load_drivers, load_exploited, load_series

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
LOADERS: dict[str, Callable[[str], object]] = {
    "series": load_series,
    "drivers": load_drivers,
    "exploited": load_exploited,
}

each_file = pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in LOADERS])


class Validator(Protocol):
    """As much of a JSON Schema validator as is needed here."""

    def validate(self, instance: object) -> None:
        """Raise where the value does not fit."""
        ...


class Cutter(Protocol):
    """What spoils one place of a file."""

    def __call__(self, whole: dict[str, object]) -> None: ...


def text(name: str) -> str:
    return (ROOT / "data" / f"{name}.json").read_text("utf-8")


def whole(name: str) -> dict[str, object]:
    return cast("dict[str, object]", json.loads(text(name)))


def refused(name: str, spoilt: object) -> str:
    with pytest.raises(AdvisorError) as caught:
        LOADERS[name](spoilt if isinstance(spoilt, str) else json.dumps(spoilt))
    assert caught.value.status is ExitStatus.BAD_DATA
    assert f"data/schema/{name}.schema.json" in caught.value.hint
    return caught.value.what


def rows(spoilt: dict[str, object], name: str) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", spoilt[name])


@each_file
def test_file_has_the_published_form(name: str) -> None:
    schema = cast(
        "dict[str, object]",
        json.loads((ROOT / "data" / "schema" / f"{name}.schema.json").read_text("utf-8")),
    )
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = cast("Validator", jsonschema.Draft202012Validator(schema))
    validator.validate(whole(name))


@each_file
def test_file_is_ascii_and_ends_with_a_line(name: str) -> None:
    assert text(name).isascii()
    assert text(name).endswith("\n")


@each_file
@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        pytest.param("", "not JSON", id="empty"),
        pytest.param("{", "not JSON", id="cut"),
        pytest.param("[]", "not an object", id="list"),
        pytest.param("[" * 100_000, "not JSON", id="deep"),
        pytest.param('{"schema": 1, "schema": 2}', "written twice: schema", id="twice"),
        pytest.param('{"schema": NaN}', "NaN is not JSON", id="nan"),
        pytest.param(" " * (9 << 20), "larger than", id="large"),
        pytest.param("{}", "as_of: missing", id="bare"),
        pytest.param('{"schema": "advisor.other/1"}', "schema: not advisor.", id="other"),
        pytest.param('{"\\u001b[31m": 1}', "\\x1b[31m: unknown key", id="control"),
    ],
)
def test_load_what_is_not_the_file_is_refused(name: str, spoilt: str, said: str) -> None:
    assert said in refused(name, spoilt)


@each_file
@pytest.mark.parametrize("value", [None, 7, "x", [], [1], {}], ids=str)
def test_load_any_member_of_the_wrong_kind_is_refused_not_a_crash(name: str, value: object) -> None:
    before = whole(name)
    before[name] = rows(before, name)[:2]
    for key in before:
        spoilt = dict(before)
        spoilt[key] = value
        if (key, value) not in ((name, []), ("sources", {}), ("note", "x")):
            refused(name, spoilt)
    first = rows(before, name)[0]
    for key in first:
        spoilt = copy.deepcopy(before)
        rows(spoilt, name)[0][key] = value
        if spoilt != before and (key, value) not in OPTIONAL:
            assert f"{name}[0]" in refused(name, spoilt)


# Members that may be empty: another value of the same form is not wrong.
OPTIONAL: list[tuple[str, object]] = [
    *(("note", "x"), ("advice", "x"), ("hardware", "x")),
    *(("last_release", None), ("first_release", None), ("longterm", None)),
    *((key, []) for key in ("bus", "kconfig", "modules", "aliases", "replacement", "restored_in")),
    ("debian_amd64", {}),
]


@each_file
def test_load_says_every_fault_at_once_with_its_path(name: str) -> None:
    spoilt = whole(name)
    spoilt["as_of"] = "soon"
    for number in (1, 3):
        rows(spoilt, name)[number]["extra"] = 1
    said = refused(name, spoilt)
    assert said.startswith(f"3 faults in data/{name}.json:\n")
    assert "as_of: not a day: 'soon'" in said
    assert f"{name}[1].extra: unknown key" in said
    assert f"{name}[3].extra: unknown key" in said


@each_file
def test_load_endless_faults_are_cut(name: str) -> None:
    spoilt = whole(name)
    spoilt[name] = [{str(n): n} for n in range(2000)]
    assert refused(name, spoilt).count("\n") <= 202


@each_file
@settings(deadline=None)
@given(junk=st.recursive(st.none() | st.text(max_size=9) | st.integers(), st.lists, max_leaves=9))
def test_load_any_json_gives_a_refusal(name: str, junk: object) -> None:
    refused(name, {"schema": junk, "as_of": junk, "sources": junk, name: [junk, {"id": junk}]})
