"""The README's own commands, in a bare root with what the README says and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packaging.roots.bare_root import CHECKOUT, Root, note

PRINT = ("--headless=new", "--no-sandbox", "--no-pdf-header-footer")


def readme_commands() -> list[str]:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    (block,) = [
        one for one in re.findall(r"```console\n(.*?)```", text, re.DOTALL) if "make scan" in one
    ]
    return [line[2:].removeprefix("sudo ") for line in block.splitlines() if line.startswith("$ ")]


def test_readme_goes_from_nothing_to_green_tests_and_a_printed_report(
    bare: Root, cache: Path, tmp_path: Path
) -> None:
    folder = bare.put_checkout()
    bare.run("rm -rf /var/lib/apt/lists/*")  # as in an image that nobody has used yet
    printed: dict[str, str] = {}
    for command in readme_commands():
        before = bare.megabytes()
        done = bare.run(command, folder=folder, seconds=5400)
        called = command.partition("#")[0].strip()
        note(cache, f"README: {called}", bare, done, bare.megabytes() - before)
        printed[called] = done.out
    assert "Kernels this machine could run" in printed["make scan"]
    assert re.search(r"\d passed.* skipped", printed["make test"])
    assert " failed" not in printed["make test"]
    page = bare.folder / "root/advisor/report.html"
    assert "<!doctype html>" in page.read_text(encoding="utf-8")[:200].lower()
    sheets(shutil.copyfile(page, tmp_path / "report.html"))


def sheets(page: Path) -> None:
    """Print the page as a browser does; skip where there is no browser."""
    if not (chromium := shutil.which("chromium")) or not shutil.which("pdftotext"):
        pytest.skip("no chromium and pdftotext here: the report was made, and not printed")
    paper = page.with_suffix(".pdf")
    command = [chromium, *PRINT, f"--print-to-pdf={paper}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    text = subprocess.run(["pdftotext", paper, "-"], capture_output=True, text=True, check=True)
    assert "What to do" in text.stdout or "Knowledge" in text.stdout
