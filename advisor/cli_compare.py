"""`advisor verify` and `advisor diff`: two scans held against each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import typer

from advisor.cli_options import ColourWhen, Format
from advisor.cli_tools import Tools
from advisor.errors import AdvisorError, ExitStatus

if TYPE_CHECKING:
    from advisor.advise.compare import Comparison
    from advisor.advise.scan_document import SavedFinding

_MOST_BYTES = 256 << 20


class FailOnCheck(StrEnum):
    """From which check on a verification ends with status 1."""

    NEVER = "never"
    WARN = "warn"
    BLOCK = "block"

    def is_met_by(self, worst: str) -> bool:
        """Return whether the worst check is at least this bad."""
        return self is not FailOnCheck.NEVER and worst in {"block", self.value}


_FORMAT = typer.Option(Format.TEXT.value, "--format", help="How to write the answer.")
_ALL = typer.Option(False, "--all", help="Every check and every change.")
_COLOUR = typer.Option(
    ColourWhen.AUTO.value, "--color", help="When to send colours; NO_COLOR is heeded."
)


def add_verify(app: typer.Typer, tools: Tools) -> None:
    """Give an app the command ``verify``."""

    @app.command()
    def verify(
        before: Optional[Path] = typer.Argument(
            None, metavar="BEFORE", help="A scan's JSON; else what `scan --save` kept."
        ),
        source: Optional[Path] = typer.Option(
            None, "--from", metavar="FILE", help="Read a capture instead of this machine."
        ),
        output_format: Format = _FORMAT,
        everything: bool = _ALL,
        colour: ColourWhen = _COLOUR,
        fail_on: FailOnCheck = typer.Option(
            FailOnCheck.NEVER.value, "--fail-on", help="End with status 1 if a check is this bad."
        ),
        database: Optional[Path] = typer.Option(
            None, "--database", metavar="FILE", help="Use this knowledge base."
        ),
    ) -> None:
        """After a reboot, hold what is there against what was promised.

        Is all hardware still served, and are the bugs closed that were to be?
        """
        from advisor.advise.compare import verify as compare
        from advisor.cli_sources import one_system
        from advisor.pipeline import scan
        from advisor.render.document import scan_document

        saved = read_json(before if before is not None else tools.saved())
        answer = scan(one_system(source), tools.knowledge(database), now=tools.now(), log=True)
        found = compare(saved, scan_document(answer))
        _show(found, "Since then", output_format, tools, colour, everything)
        if fail_on.is_met_by(found.worst):
            raise typer.Exit(ExitStatus.FINDINGS)

    _ = verify


def add_diff(app: typer.Typer, tools: Tools) -> None:
    """Give an app the command ``diff``."""

    @app.command()
    def diff(
        first: Path = typer.Argument(..., metavar="A.json", help="A scan's JSON."),
        second: Path = typer.Argument(..., metavar="B.json", help="Another scan's JSON."),
        output_format: Format = _FORMAT,
        everything: bool = _ALL,
        colour: ColourWhen = _COLOUR,
    ) -> None:
        """Tell what differs between two saved scans."""
        from advisor.advise.compare import diff as compare

        found = compare(read_json(first), read_json(second))
        _show(found, "Between the two", output_format, tools, colour, everything)

    _ = diff


def read_json(path: Path) -> object:
    """Return what a JSON file holds.

    Raises:
        AdvisorError: It cannot be read, is too large, or is no JSON.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise AdvisorError(f"too large for a saved scan, {path}", status=ExitStatus.BAD_DATA)
        return json.loads(path.read_bytes())
    except OSError as error:
        raise AdvisorError(
            f"cannot read the saved scan: {error.strerror}, {path}",
            hint="advisor scan --format json > before.json, or advisor scan --save",
            status=ExitStatus.IO,
        ) from error
    except (ValueError, RecursionError) as error:
        raise AdvisorError(
            f"not JSON, {path}: {error}",
            hint="give what `advisor scan --format json` wrote",
            status=ExitStatus.BAD_DATA,
        ) from error


def _show(
    found: Comparison,
    what: str,
    output_format: Format,
    tools: Tools,
    colour: ColourWhen,
    everything: bool,
) -> None:
    if output_format is not Format.TEXT:
        from advisor.advise.compare import comparison_document

        tools.write(json.dumps(comparison_document(found)) + "\n")
        return
    from advisor.render.comparison import Compared, render_comparison

    title = f"{what}: {found.before.release} -> {found.after.release}"
    compared = Compared(title, found.checks, _changes(found.closed), _changes(found.opened))
    tools.write(render_comparison(compared, tools.options(colour, everything)))


def _changes(findings: Sequence[SavedFinding]) -> list[tuple[str, str, str]]:
    return [(found.id, found.severity, found.title) for found in findings]
