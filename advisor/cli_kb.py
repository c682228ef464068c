"""`advisor kb`: ask the knowledge base."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

import typer

from advisor.cli_options import Format

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def affected(
    version: str = typer.Argument(..., help="An upstream version: 6.12.94."),
    cna_only: bool = typer.Option(False, "--cna-only", help="By the CNA's records and rule alone."),
    output_format: Format = typer.Option(Format.TEXT.value, "--format", help="How to write the answer."),
    database: Optional[Path] = typer.Option(None, "--database", metavar="FILE", help="Use this one."),
) -> None:
    """Name the CVEs that are open in an upstream version."""
    import json

    from advisor.errors import AdvisorError, ExitStatus
    from advisor.knowledge.location import find_database
    from advisor.knowledge.store import KnowledgeBase
    from advisor.model.version import parse_version

    parsed = parse_version(version)
    if parsed is None:
        raise AdvisorError(
            f"not an upstream version, {version}",
            hint="give it as kernel.org does: 6.12.94",
            status=ExitStatus.USAGE,
        )
    knowledge = KnowledgeBase(find_database(database, os.environ))
    found = knowledge.ids(knowledge.open_in(parsed, cna_only=cna_only).keys())
    ids = sorted(found.values(), key=lambda cve: [int(part) for part in cve.split("-")[1:]])
    if output_format is Format.JSON:
        typer.echo(json.dumps({"version": str(parsed), "count": len(ids), "ids": ids}))
    else:
        typer.echo("\n".join((f"{len(ids)} open in {parsed}", *ids)))
