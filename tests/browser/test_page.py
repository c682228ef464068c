"""The report in a real browser: readable, reachable, printable, and deaf to hostile names."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest

from tests.browser.conftest import SEVERAL, Seen
from tests.browser.tools import HERE, MODULES, node
from tests.render.recorded import recorded

PAGES = ("one", "hold", "several", "hostile")
WIDTHS = ("360", "1024", "1920")


def view(seen: Mapping[str, Seen], page: str, width: str) -> Mapping[str, object]:
    return cast("Mapping[str, Mapping[str, Mapping[str, object]]]", seen[page])["views"][width]


def pdf_text(folder: Path, page: str, paper: str, *, first: int = 1, last: int = 9999) -> str:
    command = ["pdftotext", "-layout", "-f", str(first), "-l", str(last)]
    path = folder / f"{page}-{paper}.pdf"
    done = subprocess.run([*command, str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout


def joined(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("page", "width"),
    [("one", "360"), ("one", "1024"), ("hold", "360"), ("several", "1024"), ("hostile", "360")],
)
def test_accessibility_checker_finds_nothing(seen: dict[str, Seen], page: str, width: str) -> None:
    assert view(seen, page, width)["violations"] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wider_than_the_window_or_its_place(
    seen: dict[str, Seen], page: str, width: str
) -> None:
    assert view(seen, page, width)["wider"] == 0
    assert view(seen, page, width)["cut"] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_nothing_runs_loads_or_is_refused(seen: dict[str, Seen], page: str, width: str) -> None:
    looked = view(seen, page, width)
    assert looked["dialogs"] == []
    assert looked["console"] == []  # the policy refuses aloud
    assert len(cast("Sequence[str]", looked["requests"])) == 1


def test_style_is_allowed_by_the_page_s_own_policy_and_follows_the_scheme(
    seen: dict[str, Seen],
) -> None:
    assert view(seen, "one", "360")["paper"] == "rgb(253, 252, 249)"
    assert view(seen, "one", "1024")["paper"] == "rgb(23, 22, 20)"


@pytest.mark.parametrize("page", PAGES)
def test_keyboard_alone_reaches_and_opens_everything(seen: dict[str, Seen], page: str) -> None:
    keyboard = cast("Mapping[str, object]", seen[page]["keyboard"])
    stops = cast("Sequence[Mapping[str, object]]", keyboard["stops"])
    assert stops[0]["tag"] == "A"  # past the contents
    assert {"A", "INPUT"} <= {stop["tag"] for stop in stops} or page == "hold"
    for stop in stops:
        assert stop["seen"], stop
        assert stop["outline"] != "none", stop
    assert keyboard["toggles"] is not False


@pytest.mark.parametrize("page", PAGES)
def test_printed_black_on_white_even_in_the_dark(seen: dict[str, Seen], page: str) -> None:
    assert seen[page]["print"] == {"paper": "rgb(255, 255, 255)", "ink": "rgb(0, 0, 0)"}


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_first_page_holds_the_whole_advice(seen: dict[str, Seen], folder: Path, paper: str) -> None:
    assert seen
    first = joined(pdf_text(folder, "one", paper, last=1))
    answer = recorded("workbench")
    decision = answer.decision
    assert "Upgrade now" in first
    for said in (decision.headline[1:], *decision.reasons[:3], *decision.risks):
        assert_shown(said, first)
    for step in decision.steps:
        assert_shown(step.text, first)
        assert_shown(step.command, first)
    assert first.count("initials") == len(decision.steps)
    assert answer.knowledge.snapshot in first
    assert answer.inventory.kernel.identity.release in first


def assert_shown(said: str, text: str) -> None:
    """Every word is there: columns of a printed page come apart when they are read as text."""
    for word in said.split():
        assert word in text or word[:12] in text, word


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("page", PAGES)
def test_print_is_tagged_numbered_and_titled(
    seen: dict[str, Seen], folder: Path, page: str, paper: str
) -> None:
    assert seen
    path = str(folder / f"{page}-{paper}.pdf")
    done = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True)
    assert re.search(r"Tagged: +yes", done.stdout)
    assert "Title: " in done.stdout
    pages = int(re.findall(r"Pages: +(\d+)", done.stdout)[0])
    text = pdf_text(folder, page, paper)
    for number in range(1, pages + 1):
        assert f"page {number} of {pages}" in text
    assert text.count("Kernel report") >= pages


def test_print_opens_everything_that_is_folded(seen: dict[str, Seen], folder: Path) -> None:
    assert seen
    text = pdf_text(folder, "one", "A4")
    for finding in recorded("workbench").assessment.findings:
        assert finding.id in text


def test_print_names_the_machine_on_each_of_its_pages(seen: dict[str, Seen], folder: Path) -> None:
    assert seen
    pages = pdf_text(folder, "several", "A4").split("\f")
    for name in SEVERAL:
        titled = [
            page for page in pages if page.lstrip("\n").split("\n")[0].rstrip().endswith(f" {name}")
        ]
        assert len(titled) >= 2


def test_print_shows_addresses_as_text(seen: dict[str, Seen], folder: Path) -> None:
    assert seen
    text = pdf_text(folder, "one", "A4")
    assert "https://www.cve.org/CVERecord?id=" in text
    assert "https://git.kernel.org/stable/c/" in text


@pytest.mark.parametrize("page", PAGES)
def test_validator_of_html_finds_nothing(folder: Path, page: str) -> None:
    program = MODULES / "html-validate/bin/html-validate.mjs"
    config = HERE / ".htmlvalidate.json"
    command = [node(), str(program), "--config", str(config), str(folder / f"{page}.html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
