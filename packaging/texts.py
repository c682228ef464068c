"""What is made from the command line itself: the man page, and completion for three shells."""

from __future__ import annotations

from pathlib import Path

from advisor.cli import build
from advisor.cli_tree import tree

import completion
import manual
from from_source import ROOT, epoch

MAN_PAGE = "man/man1/advisor.1"


def texts() -> dict[str, str]:
    """Return each text by where it belongs under ``/usr/share``."""
    program = tree(build())
    found = {place: make(program) for place, make in completion.SHELLS.values()}
    return {MAN_PAGE: manual.manual(ROOT / "docs/man/advisor.1", program, epoch()), **found}


def write_texts(folder: Path) -> None:
    """Write all of them below a folder."""
    for place, text in texts().items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
