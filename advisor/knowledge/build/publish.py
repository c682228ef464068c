"""Make a signed update of a database, for `advisor kb update` on other machines."""

from __future__ import annotations

import datetime as dt
import hashlib
import lzma
import tarfile
from pathlib import Path

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build.check import check_database
from advisor.knowledge.build.manifest import NAME, SIGNATURE, Manifest
from advisor.knowledge.build.signature import sign
from advisor.system.files import write_bytes

FILE = "kernel.sqlite.xz"


def publish(database: Path, folder: Path, key: Path, *, now: int, days: int) -> Manifest:
    """Write the packed database, a manifest and its signature into a folder.

    Args:
        database: A database; its serial becomes the manifest's.
        folder: Served by https, or copied, it is what ``--from`` names.
        key: The private key of ssh.
        now: Seconds since 1970.
        days: For how long the update is to be believed.

    Raises:
        AdvisorError: The database is damaged, the key does not sign, or a file cannot be written.
    """
    serial = int(check_database(database).get("serial", "0"))
    packed = lzma.compress(database.read_bytes())
    created = dt.datetime.fromtimestamp(now, tz=dt.UTC)
    told = Manifest(
        serial=serial,
        file=FILE,
        sha256=hashlib.sha256(packed).hexdigest(),
        created=created,
        expires=created + dt.timedelta(days=days),
    )
    signature = sign(told.to_bytes(), key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdvisorError(
            f"cannot write the update, {folder}: {error.strerror}", status=ExitStatus.IO
        ) from error
    for name, body in ((FILE, packed), (SIGNATURE, signature), (NAME, told.to_bytes())):
        write_bytes(folder / name, body, mode=0o644)
    return told


def pack(folder: Path, target: Path) -> None:
    """Write what :func:`publish` wrote as one tar, the manifest first."""
    with tarfile.open(target, "w") as archive:
        for name in (NAME, SIGNATURE, FILE):
            archive.add(folder / name, arcname=name)
