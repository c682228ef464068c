"""The pages, looked at once by a real browser for all tests."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from advisor.render import RENDERERS, ReportFormat, ReportOptions
from tests.browser.tools import HERE, OUT, chromium, missing, node
from tests.render.hostile import ATTACKS, with_text
from tests.render.recorded import recorded

Seen = Mapping[str, object]

SEVERAL = ("closet", "laptop", "workbench")


def pages() -> dict[str, str]:
    """Name and HTML of every page that is looked at."""
    html = RENDERERS[ReportFormat.HTML]
    every = [text for key, text in ATTACKS.items() if key != "empty"]
    turn = iter(range(10**9))
    hostile = with_text(recorded("workbench"), lambda _: every[next(turn) % len(every)])
    return {
        "one": html([recorded("workbench")], ReportOptions()),
        "hold": html([recorded("laptop")], ReportOptions()),
        "several": html([recorded(name) for name in SEVERAL], ReportOptions()),
        "hostile": html([hostile], ReportOptions()),
    }


@pytest.fixture(scope="session")
def folder() -> Path:
    """Where the pages, screenshots and PDFs are; skips where the tools are not there."""
    if missing():
        pytest.skip(missing())
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    for name, text in pages().items():
        (OUT / f"{name}.html").write_text(text, "utf-8")
    return OUT


@pytest.fixture(scope="session")
def seen(folder: Path) -> dict[str, Seen]:
    """What the browser saw, by page."""
    command = [node(), str(HERE / "look.mjs"), str(folder), chromium()]
    command += [str(folder / f"{name}.html") for name in pages()]
    subprocess.run(command, check=True, timeout=900)
    return cast("dict[str, Seen]", json.loads((folder / "seen.json").read_text("utf-8")))
