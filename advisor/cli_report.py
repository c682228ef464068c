"""`advisor report`: the answer as a page to print, or in the words of another system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, List, NamedTuple, Optional

import typer

from advisor.errors import AdvisorError
from advisor.render import RENDERERS, ReportFormat, ReportOptions

if TYPE_CHECKING:
    from advisor.knowledge.store import KnowledgeBase
    from advisor.model.advice import Answer

Write = Callable[[str], None]

STDOUT = "-"
_SUFFIXES = {
    ".html": ReportFormat.HTML,
    ".htm": ReportFormat.HTML,
    ".md": ReportFormat.MARKDOWN,
    ".markdown": ReportFormat.MARKDOWN,
    ".prom": ReportFormat.PROMETHEUS,
    ".json": ReportFormat.OPENVEX,
}
_READABLE_BY_ALL = 0o644  # node_exporter runs as a user of its own
_ALL_NUMBERS = range(1, 1_000_000)


class Request(NamedTuple):
    """What one call of `advisor report` asks for; ``output`` is a file's name or ``-``."""

    captures: tuple[Path, ...]
    hosts: tuple[str, ...]
    output: str
    format: ReportFormat
    now: int


def add_report(
    app: typer.Typer,
    *,
    knowledge: Callable[[Optional[Path]], KnowledgeBase],
    now: Callable[[], int],
    write: Write,
) -> None:
    """Give an app the command ``report``.

    Args:
        app: The command line.
        knowledge: Opens the knowledge base that an option names, or the usual one.
        now: Tells the time in seconds.
        write: Writes to standard output.
    """

    @app.command()
    def report(
        source: Optional[List[Path]] = typer.Option(
            None, "--from", metavar="FILE", help="Read captures, or folders of them."
        ),
        host: Optional[List[str]] = typer.Option(
            None, "--host", metavar="USER@MACHINE", help="Read a machine through your own ssh."
        ),
        output: str = typer.Option(
            STDOUT, "--output", "-o", metavar="FILE", help="Write here in one step; - is stdout."
        ),
        output_format: Optional[ReportFormat] = typer.Option(
            None, "--format", help="How to write it; else the file's name tells, else html."
        ),
        database: Optional[Path] = typer.Option(
            None, "--database", metavar="FILE", help="Use this knowledge base."
        ),
    ) -> None:
        """Write the answer as a page to print, or for other programs.

        HTML is one file that any browser shows and prints. With --format nagios it ends with the
        status that Nagios expects: 0, 1, 2 or 3.
        """
        request = Request(
            captures=tuple(source or ()),
            hosts=tuple(host or ()),
            output=output,
            format=output_format or told_by(output),
            now=now(),
        )
        status = run_report(request, knowledge(database), write)
        if status:
            raise typer.Exit(status)

    _ = report


def told_by(output: str) -> ReportFormat:
    """Return the format that a file's name tells: ``x.md`` is Markdown; HTML where it tells none."""
    return _SUFFIXES.get(Path(output).suffix.lower(), ReportFormat.HTML)


def run_report(request: Request, knowledge: KnowledgeBase, write: Write) -> int:
    """Write one report about every machine asked about, and return the exit status.

    Raises:
        AdvisorError: No machine could be read, or the report cannot be written; or some machines
            could not be read, after the report about the others was written.
    """
    answers, faults = _answers(request, knowledge)
    ids = knowledge.ids(_ALL_NUMBERS) if request.format is ReportFormat.OPENVEX else {}
    text = RENDERERS[request.format](answers, ReportOptions(ids=ids))
    if request.output == STDOUT:
        write(text)
    else:
        from advisor.system.files import write_text

        mode = _READABLE_BY_ALL if request.format is ReportFormat.PROMETHEUS else None
        write_text(Path(request.output), text, mode=mode)
    if faults:
        raise _joined(faults)
    return _status(answers) if request.format is ReportFormat.NAGIOS else 0


def _answers(request: Request, knowledge: KnowledgeBase) -> tuple[list[Answer], list[AdvisorError]]:
    from advisor.cli_sources import captures_in, systems
    from advisor.pipeline import scan

    answers: list[Answer] = []
    faults: list[AdvisorError] = []
    for found in systems(captures_in(request.captures), request.hosts):
        if isinstance(found, AdvisorError):
            faults.append(found)
        else:
            answers.append(scan(found, knowledge, now=request.now))
    if not answers:
        raise _joined(faults)
    return answers, faults


def _joined(faults: Sequence[AdvisorError]) -> AdvisorError:
    what = "\n".join(fault.what for fault in faults)
    return AdvisorError(what, hint=faults[0].hint, status=faults[0].status)


def _status(answers: Sequence[Answer]) -> int:
    from advisor.render.nagios import nagios_state

    return nagios_state(answers)
