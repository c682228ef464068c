"""Whatever a device, a host or a package calls itself, it stays text and keeps its place."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache

import pytest
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from advisor.model.advice import Answer
from advisor.render import RENDERERS, ReportFormat, ReportOptions
from tests.render.hostile import ATTACKS, with_text
from tests.render.page import Page
from tests.render.recorded import recorded

INLINE = {"text", "text_special", "code_inline", "strong_open", "strong_close", "softbreak"}
LONGEST = 1_400  # characters between two marks of a page


def render(form: ReportFormat, answers: Sequence[Answer]) -> str:
    ids = {n: f"CVE-2026-{n}" for answer in answers for n in answer.assessment.open}
    return RENDERERS[form](answers, ReportOptions(ids=ids))


@cache
def attacked(attack: str, *, several: bool) -> tuple[Answer, ...]:
    answers = [recorded("workbench"), recorded("laptop")] if several else [recorded("workbench")]
    return tuple(with_text(answer, lambda _: ATTACKS[attack]) for answer in answers)


@cache
def plain(*, several: bool) -> tuple[Answer, ...]:
    answers = [recorded("workbench"), recorded("laptop")][: 1 + several]
    return tuple(with_text(answer, lambda _: "word") for answer in answers)


@cache
def page_of(attack: str, *, several: bool) -> Page:
    answers = attacked(attack, several=several) if attack else plain(several=several)
    return Page(render(ReportFormat.HTML, answers))


@pytest.fixture(params=[False, True], ids=["one", "several"])
def several(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_page_with_hostile_text_runs_nothing_and_loads_nothing(attack: str, several: bool) -> None:
    page = page_of(attack, several=several)
    assert not {"script", "iframe", "object", "embed", "img", "link", "base", "form"} & set(
        page.tags
    )
    assert not page.comments
    names = {name for _, name, _ in page.attributes}
    assert not [name for name in names if name.startswith("on")]
    assert "style" not in names
    assert "src" not in names
    for address in page.values("href"):
        assert address.startswith(("#", "https://git.kernel.org/stable/c/", "https://www.cve.org/"))


@pytest.mark.parametrize("attack", sorted(set(ATTACKS) - {"empty"}))
def test_page_with_hostile_text_has_the_elements_of_a_plain_one(attack: str, several: bool) -> None:
    wanted = page_of("", several=several)
    page = page_of(attack, several=several)
    assert page.tags == wanted.tags


@pytest.mark.parametrize("form", [ReportFormat.HTML, ReportFormat.MARKDOWN, ReportFormat.NAGIOS])
@pytest.mark.parametrize("attack", ["bidi", "control", "surrogate", "marks"])
def test_nothing_invisible_is_written(attack: str, form: ReportFormat, several: bool) -> None:
    text = render(form, attacked(attack, several=several))
    text.encode("utf-8")  # no lone surrogate
    hidden = {char for char in text if not char.isprintable()} - {"\n"}
    # A zero-width space keeps Markdown from linking what it stands in.
    assert hidden <= ({"\u200b"} if form is ReportFormat.MARKDOWN else set())
    assert not re.search("[\u0300-\u036f]{3}", text)


@pytest.mark.parametrize("form", list(ReportFormat))
@pytest.mark.parametrize("attack", ["long", "words"])
def test_endless_text_is_cut(attack: str, form: ReportFormat, several: bool) -> None:
    text = render(form, attacked(attack, several=several))
    longest = max(map(len, re.findall(r"[^<>\n]+", text)), default=0)
    assert longest < LONGEST
    assert "x" * LONGEST not in text


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_style_holds_no_hostile_text(attack: str, several: bool) -> None:
    page = page_of(attack, several=several)
    assert page.style.count("{") == page.style.count("}")
    assert "url(" not in page.style
    assert "@import" not in page.style
    wanted = page_of("", several=several)
    assert page.style.count("{") == wanted.style.count("{")


@pytest.mark.parametrize("attack", sorted(set(ATTACKS) - {"empty"}))
def test_markdown_with_hostile_text_has_the_blocks_of_a_plain_one(
    attack: str, several: bool
) -> None:
    parser = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
    wanted = parser.parse(render(ReportFormat.MARKDOWN, plain(several=several)))
    found = parser.parse(render(ReportFormat.MARKDOWN, attacked(attack, several=several)))
    assert [token.type for token in found] == [token.type for token in wanted]
    for token in found:
        for inner in token.children or ():
            assert inner.type in INLINE


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_metrics_with_hostile_text_are_the_same_series(attack: str) -> None:
    plain = render(ReportFormat.PROMETHEUS, [recorded("workbench")])
    text = render(ReportFormat.PROMETHEUS, attacked(attack, several=False))
    wanted = [(f.name, len(f.samples)) for f in text_string_to_metric_families(plain)]
    assert [(f.name, len(f.samples)) for f in text_string_to_metric_families(text)] == wanted


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_nagios_line_with_hostile_text_is_one_line_with_one_bar(attack: str, several: bool) -> None:
    text = render(ReportFormat.NAGIOS, attacked(attack, several=several))
    assert text.count("\n") == 1
    assert text.count("|") == 1


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_vex_with_hostile_text_names_no_other_package(attack: str, several: bool) -> None:
    text = render(ReportFormat.OPENVEX, attacked(attack, several=several))
    document = json.loads(text)
    products = {one["@id"] for found in document["statements"] for one in found["products"]}
    assert products
    for product in products:
        assert re.fullmatch(
            r"pkg:[a-z]+(/[A-Za-z0-9.%~_-]+)+@[A-Za-z0-9.%~_-]+(\?[a-z]+=[A-Za-z0-9.%~_&=-]+)?",
            product,
        )
