"""`advisor explain`: one fix or one device, with every reading behind the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer

from advisor.cli_options import ColourWhen
from advisor.cli_tools import Tools

if TYPE_CHECKING:
    from advisor.knowledge.store import KnowledgeBase
    from advisor.model.advice import Answer
    from advisor.model.finding import Finding


def add_explain(app: typer.Typer, tools: Tools) -> None:
    """Give an app the command ``explain``."""

    @app.command()
    def explain(
        name: str = typer.Argument(..., metavar="ID", help="A CVE, a curated fix, or a device."),
        source: Optional[Path] = typer.Option(
            None, "--from", metavar="FILE", help="Read a capture instead of this machine."
        ),
        colour: ColourWhen = typer.Option(
            ColourWhen.AUTO.value, "--color", help="When to send colours; NO_COLOR is heeded."
        ),
        database: Optional[Path] = typer.Option(
            None, "--database", metavar="FILE", help="Use this knowledge base."
        ),
    ) -> None:
        """Show every reading behind what is said of a fix or a device."""
        from advisor.advise.elsewhere import in_candidates
        from advisor.cli_sources import one_system
        from advisor.pipeline import scan
        from advisor.render.explain import find_device, nothing_called, render_explanation

        knowledge = tools.knowledge(database)
        answer = scan(one_system(source), knowledge, now=tools.now())
        explained = find_device(answer, name) or _fix(answer, knowledge, name)
        if explained is None:
            raise nothing_called(name)
        elsewhere = in_candidates(explained.id, answer.candidates, answer.inventory, knowledge)
        tools.write(render_explanation(answer, explained, tools.options(colour, True), elsewhere))

    _ = explain


def _fix(answer: Answer, knowledge: KnowledgeBase, name: str) -> Finding | None:
    """Return a fix held against the machine: a curated one that concerns it, or any CVE."""
    for found in answer.regressions:
        if found.id == name:
            return found
    from advisor.assess import Weigher, explain

    return explain(name.upper(), answer.inventory, knowledge, Weigher(answer.inventory, knowledge))
