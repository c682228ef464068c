"""The command line: argv to options to the pipeline to an exit status.

The only place that reads the clock and the environment, writes, and decides how the process ends;
the commands stand in ``cli_*.py`` and are handed those as :class:`advisor.cli_tools.Tools`. A
command's module is imported when it is asked for, since every import is a part of every start.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from advisor import __version__
from advisor.cli_options import ColourWhen
from advisor.cli_tools import Tools
from advisor.errors import AdvisorError, ExitStatus

if TYPE_CHECKING:
    import typer

    from advisor.knowledge.store import KnowledgeBase
    from advisor.render.text import Options

_HELP = "Which kernel fixes reach this machine, what to install, and what that breaks."
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_USUAL_WIDTH = 80
# What an encoding without these letters gets in their place.
_PLAIN = {0x2588: "#", 0xB7: "-", 0x2192: "->", 0x2026: "...", 0xD7: "x", 0x2014: "-", 0x2013: "-"}


_FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO})


class _InterruptedError(BaseException):
    """The user pressed Ctrl-C; not an Exception, so that nothing on the way takes it for its own."""


def _add_scan(app: typer.Typer) -> None:
    from advisor.cli_scan import add_scan

    add_scan(app, TOOLS)


def _add_explain(app: typer.Typer) -> None:
    from advisor.cli_explain import add_explain

    add_explain(app, TOOLS)


def _add_report(app: typer.Typer) -> None:
    from advisor.cli_report import add_report

    add_report(app, knowledge=TOOLS.knowledge, now=TOOLS.now, write=TOOLS.write)


def _add_capture(app: typer.Typer) -> None:
    from advisor.cli_capture import add_capture

    add_capture(app, TOOLS)


def _add_verify(app: typer.Typer) -> None:
    from advisor.cli_compare import add_verify

    add_verify(app, TOOLS)


def _add_diff(app: typer.Typer) -> None:
    from advisor.cli_compare import add_diff

    add_diff(app, TOOLS)


def _add_doctor(app: typer.Typer) -> None:
    from advisor.cli_doctor import doctor

    app.command()(doctor)


def _add_kb(app: typer.Typer) -> None:
    from advisor.cli_kb import app as kb_app

    app.add_typer(kb_app, name="kb", help="Ask the knowledge base, or make it anew.")


COMMANDS: Mapping[str, Callable[[typer.Typer], None]] = {
    "scan": _add_scan,
    "explain": _add_explain,
    "report": _add_report,
    "capture": _add_capture,
    "verify": _add_verify,
    "diff": _add_diff,
    "doctor": _add_doctor,
    "kb": _add_kb,
}
"""One row a command, in the order of the help."""


def build(arguments: Sequence[str] = ()) -> typer.Typer:
    """Return the command line: the one command that the arguments name, else all of them."""
    import typer

    app = typer.Typer(
        name="advisor",
        help=_HELP,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings=_SETTINGS,
    )

    @app.callback(invoke_without_command=True)
    def top(
        version: bool = typer.Option(
            False,
            "--version",
            is_eager=True,
            help="Show the version and the date of the knowledge.",
        ),
    ) -> None:
        if version:
            _write(f"advisor {__version__}, {_knowledge_words()}\n")
            raise typer.Exit

    _ = top
    named = arguments[0] if arguments else ""
    for name in [named] if named in COMMANDS else COMMANDS:
        COMMANDS[name](app)
    return app


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
        return _run(arguments)
    except AdvisorError as error:
        _complain(error)
        return error.status
    except _InterruptedError:
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        return _closed_pipe()
    except OSError as error:
        return (
            _full_output(error) if error.errno in _FULL and not error.filename else _bug(arguments)
        )
    except Exception:  # noqa: BLE001 - the one place that turns a bug into status 70
        return _bug(arguments)
    finally:
        signal.signal(signal.SIGINT, previous)


def _run(arguments: list[str]) -> int:
    from advisor.config import config_files

    completing = "_ADVISOR_COMPLETE" in os.environ
    configured = any(path.exists() for path in config_files(os.environ))
    if arguments[:1] == ["scan"] and not configured and not completing:
        from advisor.cli_plain import plain_scan
        from advisor.cli_scan import scan_as_asked

        asked = plain_scan(arguments[1:])
        if asked is not None:
            return scan_as_asked(asked, TOOLS)
    return _run_typer(arguments, completing=completing)


def _run_typer(arguments: list[str], *, completing: bool) -> int:
    from advisor.config import default_map

    app = build(() if completing else arguments)
    defaults = default_map(os.environ, app)
    try:
        app(arguments, prog_name="advisor", default_map=defaults)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitStatus.OK
    return ExitStatus.OK


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise _InterruptedError


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
    return int(fixed) if fixed.isdecimal() and len(fixed) <= 11 else int(time.time())  # noqa: PLR2004


def _saved() -> Path:
    """Return where `scan --save` keeps the last scan."""
    state = os.environ.get("XDG_STATE_HOME", "")
    home = (
        Path(state)
        if state.startswith("/")
        else Path(os.environ.get("HOME") or "/") / ".local/state"
    )
    return home / "advisor/last-scan.json"


def _options(when: ColourWhen, everything: bool) -> Options:
    from advisor.render.text import Options

    colour = when.allows(os.environ, sys.stdout.isatty())
    return Options(colour=colour, width=_width(), all=everything)


def _width() -> int:
    """Return the columns to fill: COLUMNS, the terminal's, or 80; shutil would cost 10 ms."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and 0 < len(told) <= 4:  # noqa: PLR2004 - no screen has 10,000 columns
        return int(told) or _USUAL_WIDTH
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _USUAL_WIDTH
    except (OSError, ValueError):
        return _USUAL_WIDTH


def _write(text: str) -> None:
    """Write the report to stdout; letters its encoding lacks are replaced, never an error."""
    encoding = sys.stdout.encoding or "utf-8"
    if "utf" not in encoding.lower():
        text = text.translate(_PLAIN)
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
        _drop_output()
        raise AdvisorError(
            f"cannot write the report, standard output: {error.strerror}", status=ExitStatus.IO
        ) from error


def _note(text: str) -> None:
    """Tell a person what goes on; nobody is told where nobody watches."""
    if sys.stderr.isatty():
        from advisor.render.text import clean

        sys.stderr.write(f"advisor: {clean(text)}\n")
        sys.stderr.flush()


def _complain(error: AdvisorError) -> None:
    from advisor.render.text import clean

    lines = [f"advisor: error: {clean(line)}" for line in error.what.splitlines() or [""]]
    lines += [f"advisor: hint: {clean(line)}" for line in error.hint.splitlines()]
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _closed_pipe() -> int:
    """Leave quietly: the reader has seen enough."""
    _drop_output()
    return ExitStatus.OK


def _full_output(error: OSError) -> int:
    """Tell that standard output takes no more, from whatever wrote to it."""
    _drop_output()
    what = f"cannot write, standard output: {error.strerror}"
    _complain(AdvisorError(what, status=ExitStatus.IO))
    return ExitStatus.IO


def _drop_output() -> None:
    """Forget what could not be written, which Python would try once more at its end, and fail."""
    from contextlib import suppress

    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bug(arguments: Sequence[str]) -> int:
    import traceback

    from advisor.render.text import clean

    sys.stderr.write(
        f"advisor: error: a bug in advisor {__version__}, running {' '.join(arguments)!r}\n"
        "advisor: hint: report the lines below with the output of `advisor capture --redact`\n"
    )
    lines = traceback.format_exc().splitlines()  # an exception may quote what a machine said
    sys.stderr.write("".join(f"{clean(line)}\n" for line in lines))
    return ExitStatus.BUG


TOOLS = Tools(
    knowledge=_knowledge, now=_now, write=_write, note=_note, options=_options, saved=_saved
)
