"""The command line: argv to options to the pipeline to an exit status.

The only module that prints, reads the clock and the environment, and decides how the process ends.
Commands import what they need when they run, so that ``advisor --help`` costs next to nothing more
than typer itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, List, Optional

import typer

from advisor import __version__
from advisor.cli_kb import app as kb_app
from advisor.cli_options import ColourWhen, FailOn, Format
from advisor.errors import AdvisorError, ExitStatus

if TYPE_CHECKING:
    from advisor.knowledge.store import KnowledgeBase
    from advisor.model.advice import Answer
    from advisor.render.text import Options
    from advisor.system.machine import System

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

app = typer.Typer(
    name="advisor",
    help="Which kernel fixes reach this machine, what to install, and what that breaks.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=_HELP,
)
app.add_typer(kb_app, name="kb", help="Ask the knowledge base, or make it anew.")

_DATABASE = typer.Option(None, "--database", metavar="FILE", help="Use this knowledge base.")
_FROM = typer.Option(None, "--from", metavar="FILE", help="Read a capture instead of this machine.")
_COLOUR = typer.Option(
    ColourWhen.AUTO.value, "--color", help="When to send colours; NO_COLOR is heeded."
)
_ALL = typer.Option(False, "--all", help="Every finding, check and unknown.")


class _InterruptedError(BaseException):
    """The user pressed Ctrl-C; not an Exception, so that nothing on the way takes it for its own."""


@app.command()
def scan(
    source: Optional[List[Path]] = typer.Option(
        None, "--from", metavar="FILE", help="Read captures, or folders of them."
    ),
    host: Optional[List[str]] = typer.Option(
        None, "--host", metavar="USER@MACHINE", help="Read a machine through your own ssh."
    ),
    candidate: Optional[List[Path]] = typer.Option(
        None, "--candidate", metavar="FILE", help="Judge this kernel too: a .deb, .rpm or folder."
    ),
    output_format: Format = typer.Option(
        Format.TEXT.value, "--format", help="How to write the answer."
    ),
    everything: bool = _ALL,
    colour: ColourWhen = _COLOUR,
    fail_on: FailOn = typer.Option(
        FailOn.NEVER.value, "--fail-on", help="End with status 1 if it is at least this urgent."
    ),
    database: Optional[Path] = _DATABASE,
) -> None:
    """Say which fixes reach this machine, what to install, and what that opens or breaks.

    Several --from or --host give one line a machine, or with --format jsonl one scan a line.
    """
    from advisor.cli_scan import Request, run_scan

    request = Request(
        captures=tuple(source or ()),
        hosts=tuple(host or ()),
        candidates=tuple(candidate or ()),
        format=output_format,
        options=_options(colour, everything=everything),
        now=_now(),
    )
    urgencies = run_scan(request, _knowledge(database), _write)
    if any(fail_on.is_met_by(urgency) for urgency in urgencies):
        raise typer.Exit(ExitStatus.FINDINGS)


@app.command()
def explain(
    name: str = typer.Argument(..., metavar="ID", help="A CVE, a curated fix, or a device."),
    source: Optional[Path] = _FROM,
    colour: ColourWhen = _COLOUR,
    database: Optional[Path] = _DATABASE,
) -> None:
    """Show one fix or one device: the readings, the ranges, and how they give the verdict."""
    from advisor.assess import Weigher
    from advisor.assess import explain as explain_fix
    from advisor.render.explain import find_device, nothing_called, render_explanation

    knowledge = _knowledge(database)
    answer = _scan(_system(source), knowledge)
    known = {found.id: found for found in answer.regressions}
    explained = (
        find_device(answer, name)
        or known.get(name)
        or explain_fix(name, answer.inventory, knowledge, Weigher(answer.inventory, knowledge))
    )
    if explained is None:
        raise nothing_called(name)
    _write(render_explanation(answer, explained, _options(colour, everything=True)))


@app.callback(invoke_without_command=True)
def top(
    version: bool = typer.Option(
        False, "--version", is_eager=True, help="Show the version and the date of the knowledge."
    ),
) -> None:
    """Which kernel fixes reach this machine, what to install, and what that breaks."""
    if version:
        _write(f"advisor {__version__}, {_knowledge_words()}\n")
        raise typer.Exit


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The arguments after the program's name; the process's own where it is None.

    Returns:
        The exit status, a value of :class:`advisor.errors.ExitStatus`.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    previous = signal.signal(signal.SIGINT, _interrupt)
    try:
        app(arguments, prog_name="advisor")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitStatus.OK
    except AdvisorError as error:
        _complain(error)
        return error.status
    except _InterruptedError:
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        return _closed_pipe()
    except Exception:  # noqa: BLE001 - the one place that turns a bug into status 70
        return _bug(arguments)
    finally:
        signal.signal(signal.SIGINT, previous)
    return ExitStatus.OK


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise _InterruptedError


def _scan(system: System, knowledge: KnowledgeBase) -> Answer:
    from advisor.pipeline import scan as scan_system

    return scan_system(system, knowledge, now=_now())


def _system(source: Path | None) -> System:
    if source is None:
        from advisor.system.live import LiveSystem

        return LiveSystem()
    from advisor.system.recorded import load

    return load(str(source))


def _knowledge(database: Path | None) -> KnowledgeBase:
    from advisor.knowledge.location import find_database
    from advisor.knowledge.store import KnowledgeBase

    return KnowledgeBase(find_database(database, os.environ))


def _knowledge_words() -> str:
    try:
        meta = _knowledge(None).meta()
    except AdvisorError:
        return "no knowledge base"
    return f"knowledge of {meta.get('snapshot', 'an unknown day')}"


def _now() -> int:
    """Return the time in seconds; SOURCE_DATE_EPOCH stands in for it where output must repeat."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(fixed) if fixed.isdecimal() else int(time.time())


def _options(when: ColourWhen, *, everything: bool) -> Options:
    from advisor.render.text import Options

    width = shutil.get_terminal_size((80, 24)).columns
    return Options(colour=when.allows(os.environ, sys.stdout.isatty()), width=width, all=everything)


def _write(text: str) -> None:
    """Write the report to stdout; letters its encoding lacks are replaced, never an error."""
    encoding = sys.stdout.encoding or "utf-8"
    if "utf" not in encoding.lower():
        text = text.translate({0x2588: "#", 0xB7: "-", 0x2192: "->", 0x2026: "...", 0x203A: ">"})
    try:
        sys.stdout.flush()
        data = text.encode(encoding, "backslashreplace")
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None:
            sys.stdout.write(data.decode(encoding))
        else:
            buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AdvisorError(
            f"cannot write the report, standard output: {error.strerror}", status=ExitStatus.IO
        ) from error


def _complain(error: AdvisorError) -> None:
    from advisor.render.text import clean

    lines = [f"advisor: error: {clean(line)}" for line in error.what.splitlines() or [""]]
    lines += [f"advisor: hint: {clean(line)}" for line in error.hint.splitlines()]
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _closed_pipe() -> int:
    """Leave quietly: the reader has seen enough. Python would complain once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitStatus.OK


def _bug(arguments: Sequence[str]) -> int:
    import traceback

    sys.stderr.write(
        f"advisor: error: a bug in advisor {__version__}, running {' '.join(arguments)!r}\n"
        "advisor: hint: report the lines below with the output of `advisor capture --redact`\n"
    )
    traceback.print_exc()
    return ExitStatus.BUG
