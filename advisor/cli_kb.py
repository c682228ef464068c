"""`advisor kb`: ask the knowledge base."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional

import typer

from advisor.cli_kb_make import Format, add_making

if TYPE_CHECKING:
    from advisor.knowledge.store import KnowledgeBase

_LONGEST_LINE = 4096

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_FORMAT = typer.Option(Format.TEXT.value, "--format", help="How to write the answer.")
_DATABASE = typer.Option(None, "--database", metavar="FILE", help="Use this knowledge base.")
_CNA_ONLY = typer.Option(False, "--cna-only", help="By the CNA's records and rule alone.")
_MODULE = typer.Option("", "--module", metavar="NAME", help="Only what touches this module.")


class LineFormat(StrEnum):
    """How an answer to each line is written."""

    JSON = "json"
    TEXT = "text"


_LINES = typer.Option(LineFormat.JSON.value, "--format", help="How to write each answer.")


@app.command()
def info(output_format: Format = _FORMAT, database: Optional[Path] = _DATABASE) -> None:
    """Say what the knowledge base is made of, and how old it is."""
    from advisor.knowledge import answers

    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = int(fixed) if fixed.isdecimal() and len(fixed) <= 11 else int(time.time())  # noqa: PLR2004
    document = answers.about(_knowledge(database), now)
    _answer(document, output_format, answers.about_words(document))


@app.command()
def affected(
    version: str = typer.Argument(..., help="An upstream version: 6.12.94."),
    cna_only: bool = _CNA_ONLY,
    module: str = _MODULE,
    output_format: Format = _FORMAT,
    database: Optional[Path] = _DATABASE,
) -> None:
    """Name the CVEs that are open in an upstream version."""
    from advisor.knowledge import answers

    found = answers.affected(
        _knowledge(database), answers.version_of(version), cna_only=cna_only, module=module
    )
    head = f"{found['count']} open in {found['version']}"
    _answer(found, output_format, (head, *answers.ids_of(found, "ids")))


@app.command()
def diff(
    low: str = typer.Argument(..., metavar="V1", help="The upstream version to go from."),
    high: str = typer.Argument(..., metavar="V2", help="The upstream version to go to."),
    cna_only: bool = _CNA_ONLY,
    module: str = _MODULE,
    output_format: Format = _FORMAT,
    database: Optional[Path] = _DATABASE,
) -> None:
    """Name the CVEs that a change of version closes and opens."""
    from advisor.knowledge import answers

    found = answers.difference(
        _knowledge(database),
        answers.version_of(low),
        answers.version_of(high),
        cna_only=cna_only,
        module=module,
    )
    _answer(found, output_format, answers.difference_words(found))


@app.command()
def show(
    name: str = typer.Argument(..., metavar="ID", help="A CVE or a curated entry."),
    output_format: Format = _FORMAT,
    database: Optional[Path] = _DATABASE,
) -> None:
    """Show all that is known about a CVE or a curated entry."""
    from advisor.errors import AdvisorError, ExitStatus
    from advisor.knowledge import answers

    found = answers.shown(_knowledge(database), name)
    if found is None:
        raise AdvisorError(
            f"the knowledge base has nothing called {name}",
            hint="give a CVE id such as CVE-2026-23352, or the id of an entry of data/fixes.json",
            status=ExitStatus.USAGE,
        )
    _answer(found, output_format, answers.shown_words(found))


@app.command()
def path(
    files: Optional[List[str]] = typer.Argument(
        None, metavar="[FILE]...", help="Kernel source files; lines of stdin where none is given."
    ),
    release: str = typer.Option(
        "", "--release", metavar="SERIES", help="In this tree; the newest that has the file else."
    ),
    arch: str = typer.Option(
        "x86",
        "--arch",
        metavar="ARCH",
        help="On this architecture, as arch/ calls it; `all` for every one.",
    ),
    output_format: LineFormat = _LINES,
    database: Optional[Path] = _DATABASE,
) -> None:
    """Tell to which module and options a kernel source file belongs."""
    from advisor.knowledge import answers

    knowledge = _knowledge(database)
    where = "" if arch == "all" else arch
    for name in files or _lines():
        found = answers.source_file(name, knowledge.path(name), release=release, arch=where)
        _answer_line(found, output_format, answers.source_file_words(found))


@app.command()
def identify(output_format: LineFormat = _LINES) -> None:
    """Tell from which upstream version a kernel is built.

    Standard input has a line of JSON for each: `{"release": ..., "version": ..., "distro": ...}`.
    """
    from advisor.cli_kb_identify import identity_document, identity_words

    for line in _lines():
        found = identity_document(line)
        _answer_line(found, output_format, identity_words(found))


def _knowledge(database: Path | None) -> KnowledgeBase:
    from advisor.knowledge.location import find_database
    from advisor.knowledge.store import KnowledgeBase

    return KnowledgeBase(find_database(database, os.environ))


def _lines() -> Iterator[str]:
    """Yield the lines of stdin that say something."""
    for line in sys.stdin:
        text = line.strip()
        if text:
            yield text[:_LONGEST_LINE]


def _answer(document: object, output_format: Format, words: Iterable[str]) -> None:
    import json

    if output_format is Format.JSON:
        typer.echo(json.dumps(document, indent=1))
    else:
        _echo_words(words)


def _answer_line(document: object, output_format: LineFormat, words: Iterable[str]) -> None:
    import json

    if output_format is LineFormat.JSON:
        typer.echo(json.dumps(document))
    else:
        _echo_words(words)


def _echo_words(words: Iterable[str]) -> None:
    from advisor.render.text import clean

    typer.echo("\n".join(clean(line) for line in words))


add_making(app)
