"""Which knowledge base file a run uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from advisor.errors import AdvisorError
from advisor.knowledge.connection import Connection

PACKAGED = Path(__file__).with_name("kernel.sqlite")
"""The database that was installed with the program; in a checkout, what ``make database`` writes."""

FILE_NAME = "kernel.sqlite"
SYSTEM_FOLDER = Path("/var/lib/advisor")


def find_database(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the knowledge base to use; it need not exist.

    The order: the one named on the command line, the one that ``ADVISOR_DATABASE`` names, the
    newest usable one that ``advisor kb update`` fetched for this user or for the system if it is
    newer than the packaged one, and the packaged one.

    Args:
        explicit: The value of ``--database``.
        environ: The environment.
    """
    if explicit is not None:
        return explicit
    named = environ.get("ADVISOR_DATABASE")
    if named:
        return Path(named)
    serials = {path: serial_of(path) for path in (*_updated(environ), PACKAGED)}
    return max(serials, key=lambda path: serials[path]) if any(serials.values()) else PACKAGED


def user_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where an update for this user is kept, None where the user has no home."""
    base = environ.get("XDG_DATA_HOME", "")
    if base.startswith("/"):
        return Path(base) / "advisor"
    home = environ.get("HOME", "")
    return Path(home) / ".local/share/advisor" if home.startswith("/") else None


def _updated(environ: Mapping[str, str]) -> Iterator[Path]:
    folder = user_folder(environ)
    if folder is not None:
        yield folder / FILE_NAME
    yield SYSTEM_FOLDER / FILE_NAME


def serial_of(path: Path) -> int:
    """Return the serial of a usable knowledge base, 0 where it is none."""
    try:
        if not path.is_file():
            return 0
        connection = Connection(path)
        row = connection.one("SELECT value FROM meta WHERE key = 'serial'")
        connection.close()
        return int(row[0]) if row else 1
    except (AdvisorError, OSError, TypeError, ValueError):
        return 0
