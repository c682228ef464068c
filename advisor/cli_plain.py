"""The plain call of `advisor scan`, read without typer.

Importing typer costs as much as four interpreters, and most scans are run by a timer, by Ansible or
with no option at all. What is not plain - a short form, a wrong word, a question for help - is left
to typer, which then says what it always says. A test holds the two to the same options.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from advisor.cli_options import ColourWhen, FailOn, Format
from advisor.cli_scan import Asked

FLAGS = ("--all", "--save")
OPTIONS = ("--from", "--host", "--candidate", "--format", "--color", "--fail-on", "--database")


def plain_scan(arguments: Sequence[str]) -> Asked | None:
    """Return what the arguments after ``scan`` ask for, None where typer has to read them."""
    asked = Asked()
    words = iter(arguments)
    for word in words:
        name, given, value = word.partition("=")
        if name in FLAGS and not given:
            asked = (
                asked._replace(everything=True) if name == "--all" else asked._replace(save=True)
            )
            continue
        text = value if given else next(words, "") if name in OPTIONS else ""
        if not text or text.startswith("-"):
            return None
        try:
            asked = _with(asked, name, text)
        except ValueError:
            return None
    return asked


def _with(asked: Asked, name: str, text: str) -> Asked:
    """Return what was asked for with one option more; ValueError where it is not an option's word."""
    match name:
        case "--from":
            return asked._replace(source=(*asked.source, Path(text)))
        case "--host":
            return asked._replace(host=(*asked.host, text))
        case "--candidate":
            return asked._replace(candidate=(*asked.candidate, Path(text)))
        case "--format":
            return asked._replace(output_format=Format(text))
        case "--color":
            return asked._replace(colour=ColourWhen(text))
        case "--fail-on":
            return asked._replace(fail_on=FailOn(text))
        case "--database":
            return asked._replace(database=Path(text))
        case _:
            raise ValueError(name)
