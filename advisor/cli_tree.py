"""What the command line accepts, as values: for the configuration file, the man page and completion.

typer brings its own click from 0.26 on and uses Debian's before that; only what is alike in both is
read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol, cast

import typer
import typer.main

# typer's own options: where completion files are installed, they serve nothing.
_TYPERS_OWN = {"install_completion", "show_completion"}
_KINDS = {
    "boolean": "flag",
    "choice": "choice",
    "integer": "integer",
    "integer range": "integer",
    "path": "path",
    "filename": "path",
}


class Option(NamedTuple):
    """One option of a command.

    Attributes:
        name: Its name in Python, which is its key in a map of defaults: ``output_format``.
        flags: As it is typed, the longest name last: ``("-h", "--help")``.
        kind: ``flag``, ``choice``, ``integer``, ``path`` or ``text``.
        choices: The words that a choice may be.
        most: The largest integer that it may be, None where there is no limit; as is ``least``.
        many: Whether it may be given more than once.
        at_once: Whether it answers and ends the run before any command: ``--help``.
        metavar: What stands for its value: ``FILE``; ``""`` for a flag.
        default: What it is where it is not given, ``""`` where that is nothing.
    """

    name: str
    flags: tuple[str, ...]
    kind: str
    help: str = ""
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    many: bool = False
    at_once: bool = False
    metavar: str = ""
    default: str = ""

    @property
    def key(self) -> str:
        """Its name as typed, without dashes: ``fail-on``."""
        return self.flags[-1].lstrip("-")


class Argument(NamedTuple):
    """One argument that is not an option.

    Attributes:
        metavar: What stands for it: ``ID``.
        kind: As of an option.
    """

    metavar: str
    kind: str
    help: str = ""
    required: bool = True
    many: bool = False


class Command(NamedTuple):
    """A command, or a group of them.

    Attributes:
        path: The words that call it: ``("kb", "affected")``; nothing for the program itself.
        summary: One sentence.
        help: All that its help says.
    """

    path: tuple[str, ...]
    summary: str
    help: str
    options: tuple[Option, ...]
    arguments: tuple[Argument, ...]
    children: tuple[Command, ...]

    def walk(self) -> Iterator[Command]:
        """Yield this command and all below it, each before its own."""
        yield self
        for child in self.children:
            yield from child.walk()


def tree(app: typer.Typer) -> Command:
    """Return the commands of an app, as they are registered now."""
    return _command(cast("_Command", typer.main.get_command(app)), ())


class _Type(Protocol):
    name: str


class _Parameter(Protocol):
    name: str | None
    opts: list[str]
    param_type_name: str
    type: _Type
    nargs: int
    required: bool
    metavar: str | None
    is_eager: bool
    default: object


class _Command(Protocol):
    help: str | None
    params: list[_Parameter]
    hidden: bool


_HELP = Option("help", ("-h", "--help"), "flag", "Show this message and exit.", at_once=True)


def _command(command: _Command, path: tuple[str, ...]) -> Command:
    text = (command.help or "").strip()
    shown = [
        one
        for one in command.params
        if one.name not in _TYPERS_OWN and not getattr(one, "hidden", False)
    ]
    below = cast("Mapping[str, _Command]", getattr(command, "commands", {}))
    options = [_option(one) for one in shown if one.param_type_name == "option"]
    return Command(
        path=path,
        summary=" ".join(text.partition("\n\n")[0].split()),
        help=text,
        options=(*(one for one in options if one.name != "help"), _HELP),
        arguments=tuple(_argument(one) for one in shown if one.param_type_name == "argument"),
        children=tuple(
            _command(child, (*path, name)) for name, child in below.items() if not child.hidden
        ),
    )


def _option(parameter: _Parameter) -> Option:
    kind = "flag" if getattr(parameter, "is_flag", False) else _kind(parameter)
    default = parameter.default
    if kind == "flag" or callable(default) or default is None:
        default = ""
    return Option(
        name=parameter.name or "",
        flags=tuple(sorted(parameter.opts, key=len)),
        kind=kind,
        help=_help(parameter),
        choices=tuple(cast("tuple[str, ...]", getattr(parameter.type, "choices", ()))),
        least=_limit(parameter, "min"),
        most=_limit(parameter, "max"),
        many=bool(getattr(parameter, "multiple", False)),
        at_once=parameter.is_eager,
        metavar="" if kind == "flag" else parameter.metavar or parameter.type.name.upper(),
        default=str(default),
    )


def _argument(parameter: _Parameter) -> Argument:
    return Argument(
        metavar=parameter.metavar or (parameter.name or "").upper(),
        kind=_kind(parameter),
        help=_help(parameter),
        required=parameter.required,
        many=parameter.nargs == -1,
    )


def _kind(parameter: _Parameter) -> str:
    return _KINDS.get(parameter.type.name, "text")


def _help(parameter: _Parameter) -> str:
    return " ".join(str(getattr(parameter, "help", "") or "").split())


def _limit(parameter: _Parameter, end: str) -> int | None:
    found = getattr(parameter.type, end, None)
    return found if isinstance(found, int) else None
