"""Colours can be read: every text against every ground it stands on, by WCAG 2.2's formula."""

from __future__ import annotations

import re
from itertools import product

import pytest

from advisor.render import ReportOptions
from advisor.render.html_report import render_html
from tests.render.page import Page
from tests.render.recorded import recorded

ENOUGH = 4.5  # success criterion 1.4.3, text of ordinary size
INKS = ("ink", "quiet", "now", "soon", "routine", "calm", "doubt")
TONES = ("now", "soon", "routine", "calm", "doubt")


def palettes() -> dict[str, dict[str, str]]:
    style = Page(render_html([recorded("laptop")], ReportOptions())).style
    light, dark, printed = (
        dict(re.findall(r"--([a-z]+):(#[0-9a-f]{3,6})", block))
        for block in re.findall(r":root\{([^}]*--paper[^}]*)\}", style)
    )
    return {"light": light, "dark": dark, "print": printed}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_every_ink_can_be_read_on_every_ground(scheme: str) -> None:
    colours = palettes()[scheme]
    for ink, ground in product(INKS, ("paper", "wash")):
        assert contrast(colours[ink], colours[ground]) >= ENOUGH, (ink, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_verdict_on_its_colour_can_be_read(scheme: str) -> None:
    colours = palettes()[scheme]
    for tone in TONES:
        assert contrast(colours["paper"], colours[tone]) >= ENOUGH, tone


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_bars_stand_out_from_the_page(scheme: str) -> None:
    colours = palettes()[scheme]
    for bar in ("bar", *TONES):
        assert contrast(colours[bar], colours["paper"]) >= 2.4, bar
