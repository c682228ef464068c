"""`advisor scan` for one machine or many: read, judge, write, one machine at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, List, NamedTuple, Optional

from advisor.cli_options import ColourWhen, FailOn, Format
from advisor.cli_tools import Tools
from advisor.errors import AdvisorError, ExitStatus
from advisor.render.text import Options

if TYPE_CHECKING:
    from typer import Typer

    from advisor.knowledge.store import KnowledgeBase
    from advisor.model.advice import Answer
    from advisor.model.packages import GivenKernel


class Asked(NamedTuple):
    """What one call of `advisor scan` asks for: a field an option, in the order of the help."""

    source: tuple[Path, ...] = ()
    host: tuple[str, ...] = ()
    candidate: tuple[Path, ...] = ()
    output_format: Format = Format.TEXT
    everything: bool = False
    colour: ColourWhen = ColourWhen.AUTO
    fail_on: FailOn = FailOn.NEVER
    database: Path | None = None
    save: bool = False


class Request(NamedTuple):
    """A call with all that it needs of the world."""

    captures: tuple[Path, ...]
    hosts: tuple[str, ...]
    candidates: tuple[Path, ...]
    format: Format
    options: Options
    now: int
    pretty: bool = False
    save: Path | None = None


def add_scan(app: Typer, tools: Tools) -> None:
    """Give an app the command ``scan``."""
    import typer

    @app.command()
    def scan(
        source: Optional[List[Path]] = typer.Option(
            None, "--from", metavar="FILE", help="Read captures, or folders of them."
        ),
        host: Optional[List[str]] = typer.Option(
            None, "--host", metavar="USER@MACHINE", help="Read a machine through your own ssh."
        ),
        candidate: Optional[List[Path]] = typer.Option(
            None, "--candidate", metavar="FILE", help="Judge this too: a .deb, .rpm or folder."
        ),
        output_format: Format = typer.Option(
            Format.TEXT.value, "--format", help="How to write the answer."
        ),
        everything: bool = typer.Option(False, "--all", help="Every finding, check and unknown."),
        colour: ColourWhen = typer.Option(
            ColourWhen.AUTO.value, "--color", help="When to send colours; NO_COLOR is heeded."
        ),
        fail_on: FailOn = typer.Option(
            FailOn.NEVER.value, "--fail-on", help="End with status 1 if it is this urgent."
        ),
        database: Optional[Path] = typer.Option(
            None, "--database", metavar="FILE", help="Use this knowledge base."
        ),
        save: bool = typer.Option(False, "--save", help="Keep it for `advisor verify`."),
    ) -> None:
        """Say which fixes reach this machine, and what to install.

        For each kernel on offer it tells what that closes, and what it opens or breaks.

        Several --from or --host give one line a machine, or with --format jsonl one scan a line.
        """
        asked = Asked(
            source=tuple(source or ()),
            host=tuple(host or ()),
            candidate=tuple(candidate or ()),
            output_format=output_format,
            everything=everything,
            colour=colour,
            fail_on=fail_on,
            database=database,
            save=save,
        )
        raise typer.Exit(scan_as_asked(asked, tools))

    _ = scan


def scan_as_asked(asked: Asked, tools: Tools) -> ExitStatus:
    """Run one call and return how the process ends."""
    request = Request(
        captures=asked.source,
        hosts=asked.host,
        candidates=asked.candidate,
        format=asked.output_format,
        options=tools.options(asked.colour, asked.everything),
        now=tools.now(),
        pretty=sys.stdout.isatty(),
        save=tools.saved() if asked.save else None,
    )
    urgencies = run_scan(request, tools.knowledge(asked.database), tools)
    met = any(asked.fail_on.is_met_by(urgency) for urgency in urgencies)
    return ExitStatus.FINDINGS if met else ExitStatus.OK


def run_scan(request: Request, knowledge: KnowledgeBase, tools: Tools) -> list[str]:
    """Write the answer for every machine asked about, and return their urgencies.

    Raises:
        AdvisorError: No machine could be read, or some could not: after the others were written.
    """
    from advisor.cli_sources import captures_in

    captures = captures_in(request.captures)
    if len(captures) + len(request.hosts) <= 1:
        answer = next(_answers(request, captures, knowledge, [], tools))
        if request.save is not None:
            _save(answer, request.save, tools)
        tools.write(_one(answer, request))
        return [answer.decision.urgency]
    if request.format is Format.JSON:
        raise AdvisorError(
            "one JSON document cannot hold several scans",
            hint="--format jsonl writes one a line",
            status=ExitStatus.USAGE,
        )
    faults: list[AdvisorError] = []
    urgencies = _many(_answers(request, captures, knowledge, faults, tools), request, tools)
    if faults:
        raise AdvisorError(
            "\n".join(fault.what for fault in faults),
            hint=faults[0].hint,
            status=faults[0].status,
        )
    return urgencies


def _answers(
    request: Request,
    captures: list[Path],
    knowledge: KnowledgeBase,
    faults: list[AdvisorError],
    tools: Tools,
) -> Iterator[Answer]:
    """Yield an answer a machine; why one could not be read goes to the faults, or ends a single one."""
    from advisor.cli_sources import systems
    from advisor.pipeline import scan

    given = _given(request.candidates)
    single = len(captures) + len(request.hosts) <= 1
    for found in systems(captures, request.hosts, tools.note):
        if isinstance(found, AdvisorError):
            if single:
                raise found
            faults.append(found)
        else:
            yield scan(
                found,
                knowledge,
                now=request.now,
                given=given,
                doubtful=request.options.all,
                log=request.format is not Format.TEXT or request.save is not None,
            )


def _given(paths: tuple[Path, ...]) -> tuple[GivenKernel, ...]:
    """Return the kernels that --candidate names."""
    if not paths:
        return ()
    from advisor.system.package import read_kernel

    return tuple(read_kernel(path) for path in paths)


def _many(answers: Iterator[Answer], request: Request, tools: Tools) -> list[str]:
    urgencies: list[str] = []

    def passing() -> Iterator[Answer]:
        for answer in answers:
            urgencies.append(answer.decision.urgency)
            yield answer

    if request.format is Format.JSONL:
        for answer in passing():
            tools.write(_line(answer))
        return urgencies
    from advisor.render.table import render_table

    tools.write(render_table(passing(), request.options))
    return urgencies


def _one(answer: Answer, request: Request) -> str:
    if request.format is Format.TEXT:
        from advisor.render.terminal import render_terminal

        return render_terminal(answer, request.options)
    if request.format is Format.JSONL or not request.pretty:
        return _line(answer)
    import json

    from advisor.render.document import scan_document

    return json.dumps(scan_document(answer), indent=1) + "\n"


def _save(answer: Answer, path: Path, tools: Tools) -> None:
    from advisor.system.files import write_text

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdvisorError(
            f"cannot keep the scan: {error.strerror}, {path.parent}", status=ExitStatus.IO
        ) from error
    write_text(path, _line(answer))
    tools.note(f"kept for `advisor verify`: {path}")


def _line(answer: Answer) -> str:
    """Return the document on one line: json's fast encoder knows no indentation."""
    import json

    from advisor.render.document import scan_document

    return json.dumps(scan_document(answer), separators=(",", ":")) + "\n"
