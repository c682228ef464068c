"""Read the records of the kernel CNA: from a folder, a tar, or a git clone of its repository."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build import classify
from advisor.knowledge.build.record import Record, check_files, parse_pair
from advisor.knowledge.build.vector import base_score

_NAME = re.compile(r"(?:.*/)?(?:cve/)?published/(\d{4})/(CVE-\d{4}-\d{4,7})\.(json|dyad)\Z")
_MEMBER_LIMIT = 4 << 20  # the largest record of 2026 is 180 kB
_VECTOR = "CVSS:3.1/"


class Titled(NamedTuple):
    """A record with the title of its change, which is used and not kept."""

    record: Record
    title: str


class CnaRecords(NamedTuple):
    """All records of one state of the CNA's repository.

    Attributes:
        records: By year and number.
        snapshot: The day of the newest file, or of the clone's last commit.
    """

    records: list[Titled]
    snapshot: str


class _Member(NamedTuple):
    name: str
    text: str
    time: float


def read_records(source: Path) -> CnaRecords:
    """Return every published record.

    Args:
        source: A folder that holds ``cve/published/YEAR/CVE-*.json`` and ``.dyad``, a bare or
            checked-out git clone of it, or a tar of it in any compression.

    Raises:
        AdvisorError: It cannot be read, or a record is damaged; the record is named.
    """
    texts: dict[str, dict[str, str]] = {}
    newest = 0.0
    for member in _members(source):
        match = _NAME.match(member.name)
        if match is not None:
            texts.setdefault(match[2], {})[match[3]] = member.text
            newest = max(newest, member.time)
    records = [_record(cve, parts) for cve, parts in texts.items() if len(parts) == 2]  # noqa: PLR2004
    if not records:
        raise AdvisorError(
            f"no CVE record in {source}",
            hint="give a folder, tar or clone that holds cve/published/YEAR/CVE-*.json and .dyad",
            status=ExitStatus.BAD_DATA,
        )
    day = dt.datetime.fromtimestamp(newest, tz=dt.UTC).date().isoformat()
    return CnaRecords(sorted(records, key=lambda one: one.record.sort_key), day)


def _members(source: Path) -> Iterator[_Member]:
    try:
        if source.is_dir():
            yield from _folder_members(source)
        else:
            with tarfile.open(source, "r|*") as archive:
                yield from _archived(archive)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise AdvisorError(
            f"cannot read the CVE records, {source}: {error}", status=ExitStatus.IO
        ) from error


def _folder_members(source: Path) -> Iterator[_Member]:
    if (source / ".git").exists() or (source / "HEAD").exists():
        yield from _git_members(source)
        return
    places = (source / "cve/published", source / "published")
    published = next((path for path in places if path.is_dir()), None)
    for path in published.glob("*/CVE-*") if published is not None else ():
        if path.suffix in {".json", ".dyad"} and path.stat().st_size <= _MEMBER_LIMIT:
            text = path.read_text("utf-8", "replace")
            yield _Member(path.as_posix(), text, path.stat().st_mtime)


def _git_members(source: Path) -> Iterator[_Member]:
    # A clone's own configuration may name programs: none of them is run, nothing is fetched.
    argv = ["git", "-c", "protocol.allow=never", "-c", "core.fsmonitor=false", "-C", str(source)]
    argv += ["archive", "--format=tar", "HEAD", "cve/published"]
    with (
        subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as archive,
    ):
        yield from _archived(archive)


def _archived(archive: tarfile.TarFile) -> Iterator[_Member]:
    for member in archive:
        if member.isreg() and member.size <= _MEMBER_LIMIT and _NAME.match(member.name):
            file = archive.extractfile(member)
            if file is not None:
                yield _Member(member.name, file.read().decode("utf-8", "replace"), member.mtime)


def _record(cve: str, parts: dict[str, str]) -> Titled:
    try:
        return parse_record(cve, parts["json"], parts["dyad"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise AdvisorError(
            f"damaged CVE record, {cve}: {error}",
            hint="fetch the records again",
            status=ExitStatus.BAD_DATA,
        ) from error


def parse_record(cve: str, json_text: str, dyad: str) -> Titled:
    """Return what one record says; the score of one without a vector is 0.

    Args:
        cve: Its id.
        json_text: All of its ``.json`` file.
        dyad: All of its ``.dyad`` file.

    Raises:
        ValueError: It is damaged. So do ``KeyError`` and ``TypeError`` say.
    """
    cna = _dict(_dict(_dict(json.loads(json_text))["containers"])["cna"])
    files: set[str] = set()
    for product in _list(cna.get("affected")):
        files.update(str(path) for path in _list(_dict(product).get("programFiles")))
    title = str(cna.get("title", ""))
    text = "\n".join(str(_dict(part).get("value", "")) for part in _list(cna.get("descriptions")))
    lines = (line for line in dyad.splitlines() if line.strip() and not line.startswith("#"))
    vector = _vector(_list(cna.get("metrics")))
    record = Record(
        id=cve,
        files=check_files(sorted(files)),
        pairs=tuple(parse_pair(line) for line in lines),
        cvss=vector.removeprefix(_VECTOR),
        score=base_score(vector) if vector else 0,
        bug=classify.bug_class(title, text),
        evidence=classify.evidence(title, text),
    )
    return Titled(record, title)


def _vector(metrics: Iterable[object]) -> str:
    for metric in metrics:
        found = _dict(metric).get("cvssV3_1")
        if found is not None:
            return str(_dict(found)["vectorString"])
    return ""


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
