"""Derive everything anew, and compare it with what is there."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from advisor.knowledge.build.check import check_database
from advisor.knowledge.build.compile import compile_data
from advisor.knowledge.build.derive import FACTS, FILES, RECORDS, Sources, derive


class State(StrEnum):
    """How one thing compares."""

    SAME = "same"
    DIFFERENT = "different"
    MISSING = "missing"
    """It is not there, and ought to be."""
    UNEXPECTED = "unexpected"
    """It is there, and no source gives it."""


class Compared(NamedTuple):
    """One file of the data, or one table of the database, held against its derivation."""

    what: str
    state: State


def verify_database(database: Path) -> None:
    """Read every part of a database.

    Raises:
        AdvisorError: Something in it is damaged.
    """
    check_database(database)


def compare_database(database: Path, data: Path) -> list[Compared]:
    """Compile the data anew and return how each table of the database compares.

    Raises:
        AdvisorError: The data or the database are damaged.
    """
    with tempfile.TemporaryDirectory(prefix="advisor-verify-") as name:
        anew = Path(name) / "kernel.sqlite"
        compile_data(data, anew)
        if anew.read_bytes() == database.read_bytes():
            return [Compared("database", State.SAME)]
        return list(_tables(database, anew))


def _tables(old: Path, new: Path) -> Iterator[Compared]:
    """Yield how tables compare; another SQLite may lay out the same rows in other pages."""
    with closing(_opened(old)) as first, closing(_opened(new)) as second:
        names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        for (name,) in second.execute(names).fetchall():
            # The names are those of schema.sql.
            query = f'SELECT * FROM "{name}"'  # noqa: S608
            same = first.execute(query).fetchall() == second.execute(query).fetchall()
            yield Compared(f"database table {name}", State.SAME if same else State.DIFFERENT)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)


def compare_data(sources: Sources, data: Path) -> list[Compared]:
    """Derive the text form anew from its sources and return how each file compares.

    Args:
        sources: What to read; the folders of what is not given are not compared.
        data: The text form that is there.

    Raises:
        AdvisorError: A source is damaged.
    """
    folders = [FILES] if sources.trees else []
    folders += [RECORDS] if sources.cna is not None else []
    folders += [FACTS] if sources.changelogs else []
    with tempfile.TemporaryDirectory(prefix="advisor-verify-") as name:
        anew = Path(name)
        if FILES not in folders:
            (anew / FILES).symlink_to((data / FILES).absolute())
        derive(sources, anew)
        return [one for folder in folders for one in _files(data / folder, anew / folder)]


def _files(old: Path, new: Path) -> Iterator[Compared]:
    there = {path.name for path in old.iterdir()} if old.is_dir() else set[str]()
    derived = {path.name for path in new.iterdir()} if new.is_dir() else set[str]()
    for name in sorted(there | derived):
        what = f"{old.name}/{name}"
        if name not in there:
            yield Compared(what, State.MISSING)
        elif name not in derived:
            yield Compared(what, State.UNEXPECTED)
        else:
            same = (old / name).read_bytes() == (new / name).read_bytes()
            yield Compared(what, State.SAME if same else State.DIFFERENT)
