"""Derive the text form under ``data/`` from public sources."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from lzma import LZMAError
from pathlib import Path
from typing import IO, NamedTuple, cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build import cna, kbuild, kbuild_map, subjects
from advisor.knowledge.build.changelog import parse_changelog
from advisor.knowledge.build.changelog_facts import Source, gather, write_facts
from advisor.knowledge.build.severity import with_estimates
from advisor.knowledge.build.text import read_units, write_records, write_text

RECORDS = "kernel-cves"
FACTS = "changelog-facts"
FILES = "kernel-files"
SNAPSHOT = "snapshot.json"

_CHANGELOG = re.compile(r"(?:\./)?usr/share/doc/[^/]+/changelog(?:\.Debian)?\.gz\Z")
_MOST_TEXT = 64 << 20  # of a changelog, unpacked; the largest of 2026 has 4.3 MB
_DEB_HEAD = 60
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")


class Sources(NamedTuple):
    """Where to read from; what is not given stays as ``data/`` has it.

    Attributes:
        cna: The kernel CNA's records: a folder, a tar or a git clone.
        changelogs: Changelogs of Debian kernel packages: text, gzip, or the package itself.
        trees: Release -> the folder of its kernel source, oldest first.
        snapshot: The day of the CNA's records, where they do not tell it themselves.
    """

    cna: Path | None = None
    changelogs: Sequence[Path] = ()
    trees: Mapping[str, Path] = {}
    snapshot: str = ""


def derive(sources: Sources, data: Path) -> None:
    """Write what the sources say into the folder ``data``; the same sources give the same bytes.

    Raises:
        AdvisorError: A source cannot be read or is damaged, or a file cannot be written.
    """
    if sources.changelogs and sources.cna is None:
        raise AdvisorError(
            "changelogs alone cannot be read",
            hint="give the CNA's records too: their titles tell which words mean which module",
            status=ExitStatus.USAGE,
        )
    if sources.trees:
        _derive_files(sources.trees, data / FILES)
    if sources.cna is not None:
        titled = _derive_records(sources.cna, sources.snapshot, data / RECORDS)
        if sources.changelogs:
            _derive_facts(sources.changelogs, titled, data)


def _derive_files(trees: Mapping[str, Path], folder: Path) -> None:
    maps = {release: list(kbuild.read_tree(root)) for release, root in trees.items()}
    kbuild_map.save_maps(kbuild_map.merge(maps), tuple(trees), folder)


def _derive_records(source: Path, snapshot: str, folder: Path) -> list[cna.Titled]:
    found = cna.read_records(source)
    write_records(folder, with_estimates(titled.record for titled in found.records))
    about = {"records": len(found.records), "snapshot": snapshot or found.snapshot}
    write_text(folder / SNAPSHOT, json.dumps(about) + "\n")
    return found.records


def _derive_facts(changelogs: Sequence[Path], titled: Iterable[cna.Titled], data: Path) -> None:
    told = ((one.title, one.record.files) for one in titled)
    known = subjects.learn(told, read_units(data / FILES))
    read = [list(parse_changelog(read_changelog(path))) for path in changelogs]
    for path, uploads in zip(changelogs, read, strict=True):
        if not uploads:
            raise AdvisorError(
                f"not the changelog of a Debian kernel package, {path}",
                hint="linux-libc-dev has it: /usr/share/doc/linux-libc-dev/changelog.Debian.gz",
                status=ExitStatus.BAD_DATA,
            )
    tops = (Source(uploads[0].version, uploads[0].suite, uploads[0].day) for uploads in read)
    write_facts(data / FACTS, gather(read, known), tops)


def read_snapshot(folder: Path) -> str:
    """Return the day of the CNA's records.

    Raises:
        AdvisorError: The file that says so is missing or damaged.
    """
    path = folder / SNAPSHOT
    try:
        about: object = json.loads(path.read_text(encoding="utf-8"))
        day = cast("dict[str, object]", about)["snapshot"] if isinstance(about, dict) else None
        if not isinstance(day, str) or not _DAY.match(day):
            raise ValueError("it names no day")  # noqa: TRY301 - one error for every damage
    except (OSError, ValueError, KeyError, RecursionError) as error:
        raise AdvisorError(
            f"damaged data, {path}: {error}",
            hint="restore the file from git",
            status=ExitStatus.BAD_DATA,
        ) from error
    return day


def read_changelog(path: Path) -> Iterator[str]:
    """Yield the lines of a changelog: a text, a gzip, or a ``.deb`` that holds it.

    Raises:
        AdvisorError: It cannot be read, or there is none in it.
    """
    try:
        with path.open("rb") as file:
            body = _text_of(file, path)
    except (OSError, EOFError, tarfile.TarError, ValueError, zlib.error, LZMAError) as error:
        raise AdvisorError(
            f"cannot read the changelog, {path}: {error}", status=ExitStatus.IO
        ) from error
    yield from io.StringIO(body.decode("utf-8", "replace"))


def _text_of(file: IO[bytes], path: Path) -> bytes:
    start = file.read(8)
    file.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return _unzipped(file)
    if start == b"!<arch>\n":
        return _from_deb(file, path)
    return file.read(_MOST_TEXT)


def _unzipped(file: IO[bytes]) -> bytes:
    with gzip.open(file) as unpacked:
        return unpacked.read(_MOST_TEXT)


def _from_deb(file: IO[bytes], path: Path) -> bytes:
    """Return the changelog of a Debian package: an ``ar`` archive with a tar in it."""
    whole = path.stat().st_size
    file.seek(8)
    while len(head := file.read(_DEB_HEAD)) == _DEB_HEAD:
        name, size = head[:16].rstrip(b" /"), min(max(0, int(head[48:58])), whole)
        if name.startswith(b"data.tar"):
            inner = io.BytesIO(file.read(size))
            with closing(tarfile.open(fileobj=inner, mode="r:*")) as archive:
                for member in archive:
                    found = archive.extractfile(member) if _CHANGELOG.match(member.name) else None
                    if found is not None:
                        return _unzipped(found)
            break
        file.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError(f"no changelog in the package {path.name}")
