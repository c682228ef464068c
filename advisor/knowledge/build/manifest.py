"""What an update says about itself: which file, of when, and until when to believe it."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import NamedTuple, cast

from advisor.errors import AdvisorError, ExitStatus

SCHEMA = "advisor.update/1"
NAME = "manifest.json"
SIGNATURE = "manifest.json.sig"
MOST_BYTES = 1 << 16
MOST_BLOB = 64 << 20
"""The largest file that an update may bring; the database of 2026 has 5 MB, packed 3."""

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_FILE = re.compile(r"[a-z0-9][a-z0-9.-]{0,80}\.sqlite(?:\.xz)?\Z")
_LARGEST_SERIAL = 10**12
_CLOCK_SKEW = dt.timedelta(days=1)


class Manifest(NamedTuple):
    """The signed part of an update.

    Attributes:
        serial: Grows with every update; the database inside has the same.
        file: Beside the manifest: the database, as it is or packed with xz.
        sha256: Of that file, in hex.
        created: When it was made.
        expires: When to stop believing it.
    """

    serial: int
    file: str
    sha256: str
    created: dt.datetime
    expires: dt.datetime

    def to_bytes(self) -> bytes:
        """Return the manifest as it is signed; the same manifest gives the same bytes."""
        value = {
            "schema": SCHEMA,
            "serial": self.serial,
            "file": self.file,
            "sha256": self.sha256,
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat(),
        }
        return (json.dumps(value, indent=1) + "\n").encode("ascii")


def parse_manifest(body: bytes) -> Manifest:
    """Return the manifest that :meth:`Manifest.to_bytes` wrote.

    Raises:
        AdvisorError: It is damaged; what is wrong with it is told.
    """
    try:
        value: object = json.loads(body[:MOST_BYTES])
        if not isinstance(value, dict):
            raise ValueError("not an object")  # noqa: TRY301, TRY004 - one error for every damage
        return _manifest(cast("dict[str, object]", value))
    except (ValueError, RecursionError) as error:
        raise AdvisorError(
            f"damaged update, {NAME}: {error}",
            hint="fetch it again; what is installed stays",
            status=ExitStatus.BAD_DATA,
        ) from error


def _manifest(value: dict[str, object]) -> Manifest:
    serial, file, digest = value.get("serial"), value.get("file"), value.get("sha256")
    if value.get("schema") != SCHEMA:
        raise ValueError(f"schema is not {SCHEMA}")
    if not isinstance(serial, int) or isinstance(serial, bool):
        raise ValueError("serial is not a number")  # noqa: TRY004 - one error for every damage
    if not 0 < serial < _LARGEST_SERIAL:
        raise ValueError("serial is out of range")
    if not isinstance(file, str) or not _FILE.match(file):
        raise ValueError("file is not the name of a database")
    if not isinstance(digest, str) or not _DIGEST.match(digest):
        raise ValueError("sha256 is not 64 hex digits")
    return Manifest(serial, file, digest, _time(value, "created"), _time(value, "expires"))


def _time(value: dict[str, object], key: str) -> dt.datetime:
    text = value.get(key)
    if not isinstance(text, str):
        raise ValueError(f"{key} is not a time")  # noqa: TRY004 - one error for every damage
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{key} names no time zone")
    return time


def check_time(manifest: Manifest, now: int) -> None:
    """Refuse an update that has expired, or that was made in the future.

    Args:
        manifest: What the update says about itself.
        now: Seconds since 1970.

    Raises:
        AdvisorError: It is not to be believed now.
    """
    today = dt.datetime.fromtimestamp(now, tz=dt.UTC)
    if today >= manifest.expires:
        raise AdvisorError(
            f"the update has expired, {manifest.expires.date()}",
            hint="fetch a newer one; what is installed stays",
            status=ExitStatus.BAD_DATA,
        )
    if manifest.created > today + _CLOCK_SKEW:
        raise AdvisorError(
            f"the update was made in the future, {manifest.created.date()}",
            hint="look at this machine's clock; what is installed stays",
            status=ExitStatus.BAD_DATA,
        )


def check_serial(serial: int, installed: int) -> bool:
    """Return whether an update is newer than what is installed; False where it is the same.

    Raises:
        AdvisorError: It is older: somebody plays back an old update.
    """
    if serial < installed:
        raise AdvisorError(
            f"the update is older than what is installed, serial {serial} after {installed}",
            hint="fetch a newer one; what is installed stays",
            status=ExitStatus.BAD_DATA,
        )
    return serial > installed
