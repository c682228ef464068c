"""No link of a page leads nowhere, no file that a page names is missing, no page is out of reach."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, codes, links, name_of

# The first folder of a path of this checkout, as pages name it in code.
_TOP = tuple(
    f"{path.name}/"
    for path in ROOT.iterdir()
    if path.is_dir() and (not path.name.startswith(".") or path.name == ".ci")
)
# Folders that a build makes.
_MADE = ("dist/", "build/")
# What a capture holds, not this checkout.
_ELSEWHERE = {"advisor/capture.json"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_the_web_are_https(page: Path) -> None:
    for link in links(page):
        assert not link.startswith("http:"), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_named_in_code_are_there(page: Path) -> None:
    for code in codes(page):
        if code.language != "inline" or "://" in code.text:
            continue
        for word in code.text.split():
            path = word.rstrip(".,;:")
            if path.startswith(_TOP) and not path.startswith(_MADE):
                assert found(path), f"{word} of `{code.text}`"


@cache
def found(path: str) -> bool:
    """Return whether a path, or a pattern with ``*``, ``{a,b}``, SERIES or YEAR, names a file here."""
    path, _, test = path.partition("::")
    if test:
        return f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")
    if (ROOT / path).exists() or path in _ELSEWHERE:
        return True
    if path.endswith(".sqlite"):
        return True
    pattern = re.sub(r"\{[^}]*\}|<[^>]*>|\b[A-Z]{2,}\b", "*", path)
    return "*" in pattern and any(True for _ in ROOT.glob(pattern))


def test_every_page_is_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.exists() and target not in reached:
                reached.add(target)
                ahead.append(target)
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs")}
    assert {name_of(page) for page in pages - reached} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_targets_scripts_and_modules_named_in_code_are_there(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    for code in codes(page):
        for target in re.findall(r"(?:^|\$ |`)make ((?:[a-z-]+ ?)+)", code.text, re.MULTILINE):
            assert set(target.split()) <= targets, code.text
        for module in re.findall(r"python3? -m ((?:advisor|tests)[\w.]*)", code.text):
            path = ROOT / module.replace(".", "/")
            assert path.is_dir() or path.with_suffix(".py").exists(), module
        for script in re.findall(r"(?:python3?|sh|pytest) ((?:\w+/)[\w/.-]+)", code.text):
            assert (ROOT / script).exists(), script
