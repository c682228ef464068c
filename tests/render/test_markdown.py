"""Markdown, read by a parser of the same flavour."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from advisor.render import ReportOptions
from advisor.render.markdown import code, plain, render_markdown
from tests.render.recorded import names, recorded

MOST_OF_AN_ISSUE = 65_536  # characters that GitHub takes


def parse(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


@pytest.mark.parametrize("name", names())
def test_tables_have_as_many_cells_in_every_row(name: str) -> None:
    tokens = parse(render_markdown([recorded(name)], ReportOptions()))
    widths: list[int] = []
    for token in tokens:
        if token.type == "table_open":
            widths = []
        elif token.type == "tr_open":
            widths.append(0)
        elif token.type in {"td_open", "th_open"}:
            widths[-1] += 1
        elif token.type == "table_close":
            assert len(set(widths)) == 1


@pytest.mark.parametrize("name", names())
def test_document_begins_with_machine_and_verdict_and_holds_every_step(name: str) -> None:
    answer = recorded(name)
    tokens = parse(render_markdown([answer], ReportOptions()))
    assert tokens[0].tag == "h1"
    assert name in tokens[1].content
    commands = [token.content.strip() for token in tokens if token.type == "fence"]
    steps = (*answer.decision.steps, *answer.decision.mitigations)
    assert commands == [step.command for step in steps if step.command]


def test_document_fits_an_issue() -> None:
    assert len(render_markdown([recorded("workbench")], ReportOptions())) < MOST_OF_AN_ISSUE


def test_several_machines_have_one_heading_each_under_an_overview() -> None:
    tokens = parse(render_markdown([recorded(name) for name in names()], ReportOptions()))
    heads = [
        tokens[at + 1].content
        for at, token in enumerate(tokens)
        if token.tag == "h2" and token.nesting == 1
    ]
    assert heads[0] == "One kernel for all?"
    assert len(heads) == 1 + len(names())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("6.12.95, 7.2", "6.12.95, 7.2", id="version"),
        pytest.param("1. first", "1\\. first", id="numbered"),
        pytest.param("- item", "\\- item", id="item"),
        pytest.param("# head", "\\# head", id="heading"),
        pytest.param("a_b*c", "a\\_b\\*c", id="emphasis"),
        pytest.param("<b>", "\\<b\\>", id="markup"),
        pytest.param("@all", "@\u200ball", id="mention"),
        pytest.param("see #12", "see #\u200b12", id="reference"),
        pytest.param("https://x.org", "https://\u200bx.org", id="address"),
    ],
)
def test_plain_text_means_nothing_to_markdown(text: str, wanted: str) -> None:
    assert plain(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("igc", "`igc`", id="plain"),
        pytest.param("a`b", "``a`b``", id="tick-inside"),
        pytest.param("`a", "`` `a ``", id="tick-at-the-edge"),
        pytest.param("  ", "", id="blank"),
    ],
)
def test_code_is_fenced_by_more_ticks_than_it_holds(text: str, wanted: str) -> None:
    assert code(text) == wanted
