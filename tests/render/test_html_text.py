"""Text, links, ids and CSS strings of a page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.render.html_text import LONGEST, css_string, link, short, shown, slug

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


@given(ANY_TEXT)
def test_shown_text_is_printable_whatever_it_was(text: str) -> None:
    result = shown(text)
    assert result.isprintable()
    result.encode("utf-8")


def test_shown_text_that_is_too_long_says_how_much_is_gone() -> None:
    assert shown("a" * (LONGEST + 1234)) == "a" * LONGEST + "… (1,234 more)"


def test_shown_text_keeps_two_marks_on_a_letter_and_no_more() -> None:
    assert shown("e\u0301\u0302\u0303\u0304x") == "e\u0301\u0302x"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("igc", "igc", id="short"),
        pytest.param("abcdefghij", "abcdefghij", id="just-fits"),
        pytest.param("abcdefghijk", "abcdefghi…", id="too-long"),
    ],
)
def test_short_text_ends_in_an_ellipsis_where_it_was_cut(text: str, wanted: str) -> None:
    assert short(text, 10) == wanted


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("javascript:alert(1)", id="script"),
        pytest.param("http://example.org/", id="not-encrypted"),
        pytest.param("HTTPS://example.org/", id="capitals"),
        pytest.param("https://example.org/a b", id="blank"),
        pytest.param('https://example.org/"x', id="quote"),
        pytest.param("https://example.org/<x>", id="markup"),
        pytest.param("https://example.org/\u202e", id="bidi"),
        pytest.param("https://example.org/" + "a" * 500, id="endless"),
        pytest.param("data:text/html,x", id="data"),
        pytest.param("//example.org", id="no-scheme"),
        pytest.param("", id="empty"),
    ],
)
def test_link_to_anything_but_a_plain_address_is_not_followed(url: str) -> None:
    assert link(url) == ""


def test_link_to_a_record_is_followed() -> None:
    url = "https://www.cve.org/CVERecord?id=CVE-2026-46306"
    assert link(url) == url


@given(ANY_TEXT)
def test_css_string_holds_one_string_and_nothing_else(text: str) -> None:
    assert re.fullmatch(r'"([A-Za-z0-9 .,-]|\\[0-9a-f]{6})*"', css_string(text))


@given(ANY_TEXT)
def test_slug_can_stand_in_an_id(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_]{0,40}", slug(text))
