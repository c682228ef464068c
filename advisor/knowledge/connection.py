"""One SQLite file, opened read-only, every failure of which is told in one way."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from pathlib import Path
from types import FunctionType
from typing import Any, cast
from urllib.parse import quote

from advisor.errors import AdvisorError, ExitStatus

SCHEMA_VERSION = 3
# A damaged name ends up in SQLite's message, and the message is then no text.
_BROKEN = (sqlite3.Error, UnicodeError)
_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
# Tables and indexes only: a view or a computed column is a program that a stranger wrote.
_PROGRAMS = """
    SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')
      OR sql LIKE '%virtual%' OR sql LIKE '%as%(%'"""
_CHUNK = 900  # values in one query; every SQLite takes 999
_STEPS = 5_000_000
_MOST_STEPS = 80  # of so many instructions, for one query; reading all of 2026's takes 3
# What becomes of a value that is not of the kind that the schema says.
_ODD_VALUES = (
    *(TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError),
    *(RecursionError, struct.error),
)

# SQLite's rows hold whatever the query selects; schema.sql says what that is.
Row = tuple[Any, ...]


class Connection:
    """A knowledge base's file.

    Args:
        path: What :mod:`advisor.knowledge.build.database` wrote.

    Raises:
        AdvisorError: There is no such file, or it is not a usable knowledge base.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise AdvisorError(
                f"no knowledge base, {path}",
                hint="build it with `advisor kb build`, or `make database` in a checkout",
                status=ExitStatus.NO_DATABASE,
            )
        try:
            uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
            self._sqlite = sqlite3.connect(uri, uri=True)
            self._steps = _bounded(self._sqlite)
            self._sqlite.execute("PRAGMA trusted_schema = OFF")
            programs = self._sqlite.execute(_PROGRAMS).fetchone()[0]
            found = self._sqlite.execute("PRAGMA user_version").fetchone()[0]
            whole = self._sqlite.execute(_SIZE).fetchone()[0]
        except _BROKEN as error:
            raise self.damaged(error) from error
        if path.stat().st_size != whole:
            raise self.damaged(ValueError(f"it is not {whole} bytes long"))
        if programs:
            raise self.damaged(ValueError("it holds more than tables"))
        if found != SCHEMA_VERSION:
            raise AdvisorError(
                f"the knowledge base has form {found}, this advisor reads {SCHEMA_VERSION}, {path}",
                hint="build it again with `advisor kb build`, or install the matching release",
                status=ExitStatus.NO_DATABASE,
            )

    def close(self) -> None:
        """Close the file; asking anything after that is a bug."""
        self._sqlite.close()

    def __del__(self) -> None:
        # Python 3.13 warns of a connection that goes unclosed; one that was never made is not there.
        if opened := getattr(self, "_sqlite", None):
            opened.close()

    def all(self, query: str, values: Mapping[str, object] | tuple[object, ...] = ()) -> list[Row]:
        """Return every row of a query.

        Raises:
            AdvisorError: The file is damaged.
        """
        self._steps[0] = 0
        try:
            return self._sqlite.execute(query, values).fetchall()
        except _BROKEN as error:
            raise self.damaged(error) from error

    def one(self, query: str, *values: object) -> Row | None:
        """Return the first row of a query, None where there is none.

        Raises:
            AdvisorError: The file is damaged.
        """
        rows = self.all(query, values)
        return rows[0] if rows else None

    def any_of(self, query: str, values: Collection[int] | Collection[str]) -> list[Row]:
        """Return the rows of a query with ``IN ({})`` over any number of values.

        Raises:
            AdvisorError: The file is damaged.
        """
        wanted = list(values)
        rows: list[Row] = []
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            rows += self.all(query.replace("{}", ",".join("?" * len(part))), tuple(part))
        return rows

    def damaged(self, error: Exception) -> AdvisorError:
        """Return the error that says the file is not what it should be."""
        return AdvisorError(
            f"the knowledge base is damaged, {self.path}: {error}",
            hint="build it again with `advisor kb build`, or reinstall",
            status=ExitStatus.NO_DATABASE,
        )


def _bounded(connection: sqlite3.Connection) -> list[int]:
    """Have every query end in seconds; the count of steps is to be set to 0 before each."""
    steps = [0]

    def is_too_long() -> bool:
        steps[0] += 1
        return steps[0] > _MOST_STEPS

    connection.set_progress_handler(is_too_long, _STEPS)
    return steps


class Guarded:
    """Look-ups all of which say that the file is damaged where it holds values of the wrong kind."""

    def __init_subclass__(cls) -> None:
        for name, method in list(vars(cls).items()):
            if isinstance(method, FunctionType) and name[0] != "_" and name != "damaged":
                setattr(cls, name, _guarded(method))

    def damaged(self, error: Exception) -> AdvisorError:
        """Return the error that says the file is not what it should be."""
        raise NotImplementedError


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of :class:`Guarded` that turns what odd values cause into its one error."""

    @wraps(method)
    def asked(self: Guarded, *args: object, **options: object) -> object:
        try:
            return cast("object", method(self, *args, **options))
        except _ODD_VALUES as error:
            raise self.damaged(error) from error

    return asked
