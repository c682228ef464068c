"""Replace the installed knowledge base by a newer one: checked whole first, and in one step."""

from __future__ import annotations

import hashlib
import lzma
import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build import cna, fetch
from advisor.knowledge.build.check import check_database
from advisor.knowledge.build.database import compile_database
from advisor.knowledge.build.decompile import parts_of
from advisor.knowledge.build.manifest import (
    MOST_BYTES,
    NAME,
    SIGNATURE,
    Manifest,
    check_serial,
    check_time,
    parse_manifest,
)
from advisor.knowledge.build.severity import with_estimates
from advisor.knowledge.build.signature import SIGNERS, check_signature
from advisor.knowledge.location import FILE_NAME, serial_of
from advisor.system.files import beside

_MOST_UNPACKED = 256 << 20
_CHUNK = 1 << 20


class Request(NamedTuple):
    """What to update, from where, and whom to believe.

    Attributes:
        source: A folder, a tar, a git clone, an https address, or one of a git repository.
        folder: Where the database is kept that is replaced.
        installed: The databases that a run may use now; none may be newer than the update.
        base: The database that gives what CVE records do not: modules, curated entries.
        now: Seconds since 1970.
        signers: The keys to believe.
        trust_unsigned: Take CVE records from a local source that nobody signed.
    """

    source: str
    folder: Path
    installed: Sequence[Path]
    base: Path
    now: int
    signers: Path = SIGNERS
    trust_unsigned: bool = False


class Updated(NamedTuple):
    """What an update did.

    Attributes:
        changed: False where what is installed is the same already.
        signed: Whether a pinned key vouches for it.
    """

    path: Path
    serial: int
    changed: bool
    signed: bool


def update(request: Request, opener: fetch.Opener | None = None) -> Updated:
    """Bring in a newer knowledge base.

    Args:
        request: What, from where, whom to believe.
        opener: Opens an https address; a test's own.

    Raises:
        AdvisorError: It cannot be had, is damaged, not signed, expired, or older than what is
            installed. What was installed stays.
    """
    with tempfile.TemporaryDirectory(prefix="advisor-update-") as name:
        folder = Path(name)
        source = fetch.bring(request.source, folder, opener)
        if fetch.is_update(source):
            return _take_update(request, fetch.unpack_update(source, folder))
        return _take_records(request, source)


def _take_update(request: Request, folder: Path) -> Updated:
    body, signature = _read(folder / NAME), _read(folder / SIGNATURE)
    check_signature(body, signature, request.signers)
    told = parse_manifest(body)
    check_time(told, request.now)
    target = request.folder / FILE_NAME
    if not check_serial(told.serial, _installed(request)):
        return Updated(target, told.serial, changed=False, signed=True)
    with _beside(target) as (file, temporary):
        _unpack(folder / told.file, told, file)
        _check(temporary, told.serial)
        temporary.chmod(0o644)
        temporary.replace(target)
    _settle(target.parent)
    return Updated(target, told.serial, changed=True, signed=True)


def _take_records(request: Request, source: Path) -> Updated:
    """Compile a database of new CVE records and what the present one knows besides."""
    if not request.trust_unsigned:
        raise AdvisorError(
            f"nobody has signed this source, {request.source}",
            hint="if it is your own clone of the CNA's records, say --trust-unsigned",
            status=ExitStatus.BAD_DATA,
        )
    if fetch.is_address(request.source) and not request.source.startswith("https://"):
        raise AdvisorError("only https is fetched", status=ExitStatus.USAGE)
    found = cna.read_records(source)
    parts = parts_of(request.base)
    newest = max(parts.meta.get("newest", ""), found.snapshot)
    serial = int(newest.replace("-", ""))
    target = request.folder / FILE_NAME
    if found.snapshot < parts.meta.get("snapshot", ""):
        raise AdvisorError(
            f"the records are older than what is installed, {found.snapshot}",
            hint="run git pull in the clone; what is installed stays",
            status=ExitStatus.BAD_DATA,
        )
    check_serial(serial, _installed(request))
    meta = {**parts.meta, "snapshot": found.snapshot, "newest": newest, "serial": str(serial)}
    records = with_estimates(titled.record for titled in found.records)
    with _beside(target) as (_, temporary):
        compile_database(temporary, parts._replace(records=records, meta=meta))
        _check(temporary, serial)
        changed = not (target.is_file() and target.read_bytes() == temporary.read_bytes())
        temporary.replace(target)
    _settle(target.parent)
    return Updated(target, serial, changed=changed, signed=False)


def _installed(request: Request) -> int:
    return max(map(serial_of, (*request.installed, request.folder / FILE_NAME)), default=0)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise AdvisorError(
            f"the update is not whole, {path.name}: {error.strerror}",
            hint="what is installed stays",
            status=ExitStatus.BAD_DATA,
        ) from error


def _unpack(path: Path, told: Manifest, target: IO[bytes]) -> None:
    """Write the database of an update, if its file is the one that was signed."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        if digest.hexdigest() != told.sha256:
            raise AdvisorError(
                f"the update is not the file that was signed, {told.file}",
                hint="fetch it again; what is installed stays",
                status=ExitStatus.BAD_DATA,
            )
        with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as unpacked:
            fetch.copy_bounded(unpacked.read, target, _MOST_UNPACKED, told.file)
        target.flush()
        os.fsync(target.fileno())
    except (OSError, lzma.LZMAError, EOFError) as error:
        raise AdvisorError(
            f"cannot unpack the update, {told.file}: {error}",
            hint="fetch it again; what is installed stays",
            status=ExitStatus.BAD_DATA,
        ) from error


def _check(path: Path, serial: int) -> None:
    meta = check_database(path)
    if meta.get("serial") != str(serial):
        raise AdvisorError(
            f"the update is not what it says, serial {meta.get('serial')} instead of {serial}",
            hint="what is installed stays",
            status=ExitStatus.BAD_DATA,
        )


@contextmanager
def _beside(target: Path) -> Generator[tuple[IO[bytes], Path]]:
    """Give a new file beside the target; it is gone at the end unless it took the target's place."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with beside(target) as (temporary, file):
            yield file, temporary
    except PermissionError as error:
        raise AdvisorError(
            f"not allowed to write, {target.parent}",
            hint="run it as root for all users, or as a user for yourself",
            status=ExitStatus.PERMISSION,
        ) from error
    except OSError as error:
        raise AdvisorError(f"cannot write {target}: {error}", status=ExitStatus.IO) from error


def _settle(folder: Path) -> None:
    """Have the folder itself on disk, so that a power cut keeps the old file or the new."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
