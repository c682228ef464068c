"""Read the records of the kernel CNA: from a folder, a tar, or a git clone of its repository."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from cvss import CVSS3

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build import classify
from advisor.knowledge.build.record import Record, parse_pair

_NAME = re.compile(r"(?:.*/)?(?:cve/)?published/(\d{4})/(CVE-\d{4}-\d{4,7})\.(json|dyad)\Z")
_MEMBER_LIMIT = 4 << 20  # the largest record of 2026 is 180 kB


def read_records(source: Path) -> list[Record]:
    """Return every published record, by year and number.

    Args:
        source: A folder that holds ``cve/published/YEAR/CVE-*.json`` and ``.dyad``, a bare or
            checked-out git clone of it, or a tar of it in any compression.

    Raises:
        AdvisorError: It cannot be read, or a record is damaged; the record is named.
    """
    texts: dict[str, dict[str, str]] = {}
    for name, text in _members(source):
        match = _NAME.match(name)
        if match is not None:
            texts.setdefault(match[2], {})[match[3]] = text
    records = [_record(cve, parts) for cve, parts in texts.items() if len(parts) == 2]  # noqa: PLR2004
    if not records:
        raise AdvisorError(
            f"no CVE record in {source}",
            hint="give a folder, tar or clone that holds cve/published/YEAR/CVE-*.json and .dyad",
            status=ExitStatus.BAD_DATA,
        )
    return sorted(records, key=lambda record: record.sort_key)


def _members(source: Path) -> Iterator[tuple[str, str]]:
    try:
        if source.is_dir():
            yield from _folder_members(source)
        else:
            yield from _tar_members(source)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise AdvisorError(
            f"cannot read the CVE records, {source}: {error}", status=ExitStatus.IO
        ) from error


def _folder_members(source: Path) -> Iterator[tuple[str, str]]:
    published = next(
        (path for path in (source / "cve/published", source / "published") if path.is_dir()), None
    )
    if published is not None:
        for path in published.glob("*/CVE-*"):
            if path.suffix in {".json", ".dyad"}:
                yield path.as_posix(), path.read_text("utf-8", "replace")
    elif (source / "HEAD").exists() or (source / ".git").exists():
        yield from _git_members(source)


def _git_members(source: Path) -> Iterator[tuple[str, str]]:
    argv = ["git", "-C", str(source), "archive", "--format=tar", "HEAD", "cve/published"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        if process.stdout is None:  # pragma: no cover - PIPE was asked for
            return
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            yield from _texts(archive)


def _tar_members(source: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(source, "r|*") as archive:
        yield from _texts(archive)


def _texts(archive: Iterable[tarfile.TarInfo]) -> Iterator[tuple[str, str]]:
    tar = cast("tarfile.TarFile", archive)
    for member in archive:
        if member.isreg() and member.size <= _MEMBER_LIMIT and _NAME.match(member.name):
            file = tar.extractfile(member)
            if file is not None:
                yield member.name, file.read().decode("utf-8", "replace")


def _record(cve: str, parts: dict[str, str]) -> Record:
    try:
        return _parse(cve, parts["json"], parts["dyad"])
    except (ValueError, KeyError, TypeError) as error:
        raise AdvisorError(
            f"damaged CVE record, {cve}: {error}",
            hint="fetch the records again",
            status=ExitStatus.BAD_DATA,
        ) from error


def _parse(cve: str, json_text: str, dyad: str) -> Record:
    cna = _dict(_dict(_dict(json.loads(json_text))["containers"])["cna"])
    files: set[str] = set()
    for product in _list(cna.get("affected")):
        files.update(str(path) for path in _list(_dict(product).get("programFiles")))
    title = str(cna.get("title", ""))
    text = "\n".join(str(_dict(part).get("value", "")) for part in _list(cna.get("descriptions")))
    lines = (line for line in dyad.splitlines() if line.strip() and not line.startswith("#"))
    cvss, score = _cvss(cna)
    return Record(
        id=cve,
        files=tuple(sorted(files)),
        pairs=tuple(parse_pair(line) for line in lines),
        cvss=cvss,
        score=score,
        bug=classify.bug_class(title, text),
        evidence=classify.evidence(title, text),
    )


def _cvss(cna: dict[str, object]) -> tuple[str, int]:
    for metric in _list(cna.get("metrics")):
        found = _dict(metric).get("cvssV3_1")
        if found is not None:
            vector = str(_dict(found)["vectorString"])
            return vector.removeprefix("CVSS:3.1/"), round(CVSS3(vector).base_score * 10)
    return "", 0


def _dict(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError("an object is missing")  # noqa: TRY004 - one error for every damage
    return cast("dict[str, object]", value)


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("a list is missing")  # noqa: TRY004 - one error for every damage
    return cast("list[object]", value)
