"""The man page: what stands in ``docs/man/advisor.1``, with the commands and options put in.

The prose is kept by hand; what the program itself knows about its options is not written twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from advisor import __version__
from advisor.cli_tree import Command, Option

HERE = '.\\" @COMMANDS@\n'


def manual(source: Path, program: Command, epoch: int) -> str:
    """Return the page in roff.

    Args:
        source: The page as kept by hand, with the mark where commands belong.
        program: The command line.
        epoch: The day it is made, in seconds since 1970.
    """
    day = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d")
    text = source.read_text(encoding="utf-8")
    if text.count(HERE) != 1:
        raise SystemExit(f"{source} has to hold the line {HERE.strip()} once")
    text = text.replace("@DATE@", day).replace("@VERSION@", __version__)
    return text.replace(HERE, _commands(program))


def _commands(program: Command) -> str:
    parts = [".SH COMMANDS\n"]
    parts += [_command(one) for one in program.walk() if one.path and not one.children]
    parts.append(".SH OPTIONS WITHOUT A COMMAND\n")
    parts += [_option(option) for option in program.options]
    return "".join(parts)


def _command(command: Command) -> str:
    arguments = "".join(
        f" \\fI{roff(one.metavar)}\\fR{'...' if one.many else ''}"
        if one.required
        else f" [\\fI{roff(one.metavar)}\\fR{'...' if one.many else ''}]"
        for one in command.arguments
    )
    options = [option for option in command.options if option.name != "help"]
    called = f"advisor {' '.join(command.path)}"
    lines = [f".SS {roff(called)}{' [options]' if options else ''}{arguments}\n"]
    lines += [f"{paragraph}\n.PP\n" for paragraph in _paragraphs(command.help)]
    lines += [
        f".TP\n\\fI{roff(one.metavar)}\\fR\n{roff(one.help)}\n"
        for one in command.arguments
        if one.help
    ]
    lines += [_option(option) for option in options]
    return "".join(lines)


def _paragraphs(text: str) -> list[str]:
    return [roff(" ".join(part.split())) for part in text.split("\n\n") if part.strip()]


def _option(option: Option) -> str:
    value = roff("|".join(option.choices) or option.metavar)
    names = ", ".join(f"\\fB{roff(flag)}\\fR" for flag in option.flags)
    if option.kind != "flag":
        names += f" \\fB{value}\\fR" if option.choices else f" \\fI{value}\\fR"
    told = [roff(option.help)]
    if option.default:
        told.append(f"Without it: {roff(option.default)}.")
    if option.many:
        told.append("May be repeated.")
    return f".TP\n{names}\n{' '.join(told)}\n"


def roff(text: str) -> str:
    """Return text that roff prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti")
    return f"\\&{text}" if text.startswith((".", "'")) else text
