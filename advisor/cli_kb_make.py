"""`advisor kb build`, `verify`, `update` and `publish`: make the knowledge base anew."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional

import typer

from advisor.errors import AdvisorError, ExitStatus

if TYPE_CHECKING:
    from advisor.knowledge.build.derive import Sources


class Format(StrEnum):
    """How an answer is written."""

    TEXT = "text"
    JSON = "json"


_FORMAT = typer.Option(Format.TEXT.value, "--format", help="How to write the answer.")
_DATABASE = typer.Option(None, "--database", metavar="FILE", help="Use this knowledge base.")
_CNA = typer.Option(
    None, "--cna", metavar="PATH", help="The kernel CNA's records: a folder, a tar, a git clone."
)
_CHANGELOGS = typer.Option(
    None, "--changelog", metavar="FILE", help="A changelog of Debian's kernel: text, gzip or .deb."
)
_TREES = typer.Option(
    None, "--tree", metavar="SERIES=DIR", help="A kernel source tree, the oldest first."
)
_SNAPSHOT = typer.Option(
    "", "--snapshot", metavar="DAY", help="The day of the CNA's records, if they do not tell."
)
_DATA = typer.Option(None, "--data", metavar="DIR", help="The text form; a checkout's own else.")


def add_making(app: typer.Typer) -> None:
    """Give an app the commands that make the knowledge base."""
    for command in (build, verify, update, publish):
        app.command()(command)


def build(
    cna: Optional[Path] = _CNA,
    changelog: Optional[List[Path]] = _CHANGELOGS,
    tree: Optional[List[str]] = _TREES,
    snapshot: str = _SNAPSHOT,
    data: Optional[Path] = _DATA,
    output: Optional[Path] = typer.Option(
        None, "--output", metavar="FILE", help="The database to write."
    ),
    output_format: Format = _FORMAT,
) -> None:
    """Make the text form from its sources, and the database from it."""
    from advisor.knowledge.build.compile import compile_data
    from advisor.knowledge.build.derive import derive
    from advisor.knowledge.location import PACKAGED

    folder = _data(data)
    derive(_sources(cna, changelog, tree, snapshot), folder)
    target = output or PACKAGED
    compile_data(folder, target)
    document = {"data": str(folder), "database": str(target), "bytes": target.stat().st_size}
    _answer(document, output_format, f"compiled {folder} into {target}")


def verify(
    cna: Optional[Path] = _CNA,
    changelog: Optional[List[Path]] = _CHANGELOGS,
    tree: Optional[List[str]] = _TREES,
    snapshot: str = _SNAPSHOT,
    data: Optional[Path] = _DATA,
    output_format: Format = _FORMAT,
    database: Optional[Path] = _DATABASE,
) -> None:
    """Read all of the database, derive it anew, and compare."""
    from advisor.knowledge.build.verify import (
        State,
        compare_data,
        compare_database,
        verify_database,
    )
    from advisor.knowledge.location import find_database

    path = find_database(database, os.environ)
    verify_database(path)
    sources = _sources(cna, changelog, tree, snapshot)
    folder = data or _checkout()
    found = compare_database(path, folder) if folder is not None else []
    if sources.cna is not None or sources.trees:
        found += compare_data(sources, _data(data))
    differ = [one for one in found if one.state is not State.SAME]
    document = {
        "database": str(path),
        "whole": True,
        "compared": len(found),
        "differences": [{"what": one.what, "state": one.state.value} for one in differ],
    }
    lines = [f"{path} is whole; {len(found)} parts compared, {len(differ)} differ"]
    lines += [f"  {one.what}: {one.state}" for one in differ]
    _answer(document, output_format, "\n".join(lines))
    if differ:
        raise typer.Exit(ExitStatus.BAD_DATA)


def update(
    source: str = typer.Option(
        ..., "--from", metavar="SOURCE", help="A folder, a tar, an https address or a git clone."
    ),
    trust_unsigned: bool = typer.Option(
        False, "--trust-unsigned", help="Take CVE records that nobody signed: your own clone."
    ),
    signers: Optional[Path] = typer.Option(
        None, "--signers", metavar="FILE", help="Believe these keys; the pinned ones else."
    ),
    into: Optional[Path] = typer.Option(
        None, "--into", metavar="DIR", help="Keep it here; where runs look for it else."
    ),
    output_format: Format = _FORMAT,
) -> None:
    """Replace the knowledge base by a newer one, checked whole first."""
    from advisor.knowledge.build.signature import SIGNERS
    from advisor.knowledge.build.update import Request
    from advisor.knowledge.build.update import update as run
    from advisor.knowledge.location import PACKAGED, find_database

    base = find_database(None, os.environ)
    done = run(
        Request(
            source=source,
            folder=into or _updates(os.environ),
            installed=(PACKAGED, base),
            base=base,
            now=_now(),
            signers=signers or SIGNERS,
            trust_unsigned=trust_unsigned,
        )
    )
    document = {"database": str(done.path), "serial": done.serial, "changed": done.changed}
    text = f"serial {done.serial} is in {done.path}" if done.changed else "nothing newer"
    _answer({**document, "signed": done.signed}, output_format, text)


def publish(
    folder: Path = typer.Argument(..., metavar="DIR", help="Where to write the signed update."),
    key: Path = typer.Option(..., "--key", metavar="FILE", help="The private key of ssh."),
    days: int = typer.Option(
        90, "--days", min=1, max=3660, metavar="N", help="How long it is to be believed."
    ),
    output_format: Format = _FORMAT,
    database: Optional[Path] = _DATABASE,
) -> None:
    """Make a signed update, for `kb update` on other machines."""
    from advisor.knowledge.build.publish import publish as run
    from advisor.knowledge.location import find_database

    told = run(find_database(database, os.environ), folder, key, now=_now(), days=days)
    document = {"folder": str(folder), "serial": told.serial, "sha256": told.sha256}
    document["expires"] = told.expires.isoformat()
    _answer(document, output_format, f"serial {told.serial} is in {folder}")


def _sources(
    cna: Path | None, changelog: list[Path] | None, tree: list[str] | None, snapshot: str
) -> Sources:
    from advisor.knowledge.build.derive import Sources

    trees: dict[str, Path] = {}
    for text in tree or ():
        release, equals, folder = text.partition("=")
        if not equals or not Path(folder).is_dir():
            raise AdvisorError(
                f"not a kernel source tree, {text}",
                hint="give it as 6.12=/usr/src/linux-source-6.12",
                status=ExitStatus.USAGE,
            )
        trees[release] = Path(folder)
    return Sources(cna, tuple(changelog or ()), trees, snapshot)


def _data(data: Path | None) -> Path:
    folder = data or _checkout()
    if folder is None:
        raise AdvisorError(
            "the text form of the knowledge base is not here, it is part of a checkout",
            hint="name it with --data; `kb update` needs none",
            status=ExitStatus.USAGE,
        )
    return folder


def _checkout() -> Path | None:
    folder = Path(__file__).parents[1] / "data"
    return folder if (folder / "kernel-cves").is_dir() else None


def _updates(environ: Mapping[str, str]) -> Path:
    """Return where updates are kept: for all users if root asks, else for this one."""
    from advisor.knowledge.location import SYSTEM_FOLDER, user_folder

    folder = SYSTEM_FOLDER if os.geteuid() == 0 else user_folder(environ)
    if folder is None:
        raise AdvisorError(
            "this user has no home to keep an update in",
            hint="name a folder with --into",
            status=ExitStatus.USAGE,
        )
    return folder


def _now() -> int:
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(fixed) if fixed.isdecimal() and len(fixed) <= 11 else int(time.time())  # noqa: PLR2004


def _answer(document: object, output_format: Format, text: str) -> None:
    import json

    from advisor.render.text import clean

    if output_format is Format.JSON:
        typer.echo(json.dumps(document, indent=1))
    else:
        typer.echo("\n".join(clean(line) for line in text.splitlines()))
