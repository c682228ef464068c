"""One CVE record as the knowledge base keeps it: facts only, no upstream prose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple, cast

from advisor.knowledge.columns import cve_number
from advisor.model.version import KernelVersion, parse_version

_version = cache(parse_version)  # 2,600 versions stand in 160,000 places
_COMMIT = re.compile(r"[0-9a-f]{12,40}\Z")
_COMMIT_LENGTH = 12
_FILE = re.compile(r"[\w+,@~#=.-][\w+,@~#=./-]{0,250}\Z", re.ASCII)


class Pair(NamedTuple):
    """Where a bug came in and where it was mended, on one branch.

    ``None`` for a version means that the kernel CNA gives ``0``: since ever, or not mended.
    """

    introduced: KernelVersion | None
    introduced_commit: str
    fixed: KernelVersion | None
    fixed_commit: str

    def __str__(self) -> str:
        """Return the pair as a line of a ``.dyad`` file, commits cut to 12 digits."""
        return ":".join(
            (
                str(self.introduced or 0),
                self.introduced_commit[:_COMMIT_LENGTH] or "0",
                str(self.fixed or 0),
                self.fixed_commit[:_COMMIT_LENGTH] or "0",
            )
        )


def parse_pair(line: str) -> Pair:
    """Return the pair that one line of a ``.dyad`` file states.

    Args:
        line: ``6.6:1d65b771bc08:6.6.58:17396e32f975``; versions and commits may be ``0``.

    Raises:
        ValueError: It is not of that form.

    Source:
        The kernel CNA's vulns repository, ``cve/published/*/*.dyad``.
    """
    parts = line.strip().split(":")
    if len(parts) != 4:  # noqa: PLR2004 - the four fields above
        raise ValueError(f"not introduced:commit:fixed:commit: {line.strip()!r}")
    versions = [_version(part) for part in (parts[0], parts[2])]
    for text, version in zip((parts[0], parts[2]), versions, strict=True):
        if version is None and text != "0":
            raise ValueError(f"not a kernel version: {text!r}")
    for text in (parts[1], parts[3]):
        if text != "0" and not _COMMIT.match(text):
            raise ValueError(f"not a commit: {text!r}")
    commits = ["" if text == "0" else text[:_COMMIT_LENGTH] for text in (parts[1], parts[3])]
    return Pair(versions[0], commits[0], versions[1], commits[1])


class Record(NamedTuple):
    """A kernel CVE: id, source files, ranges, and what was derived from its text.

    Attributes:
        files: Source files below the kernel's top folder, sorted.
        pairs: As the ``.dyad`` file lists them.
        cvss: The CVSS 3.1 vector without its prefix, or ``""``.
        score: CVSS base score in tenths: 78 for 7.8; estimated where there is no vector.
        bug: A word of :class:`advisor.model.fix.BugClass`.
        evidence: A word of :class:`advisor.model.fix.Evidence`.
    """

    id: str
    files: tuple[str, ...]
    pairs: tuple[Pair, ...]
    cvss: str
    score: int
    bug: str
    evidence: str

    def to_line(self) -> str:
        """Return the record as one line of the published text form."""
        value: dict[str, object] = {"id": self.id, "class": self.bug, "evidence": self.evidence}
        value["score"] = self.score
        if self.cvss:
            value["cvss"] = self.cvss
        value["files"] = self.files
        value["pairs"] = [str(pair) for pair in self.pairs]
        return json.dumps(value, separators=(",", ":"))

    @property
    def sort_key(self) -> tuple[int, int]:
        """Year and number, so that CVE-2024-9 stands before CVE-2024-10."""
        _, year, number = self.id.split("-")
        return int(year), int(number)


def cve_key(cve: str) -> int:
    """Return a CVE id as a number that sorts by year and number.

    Raises:
        ValueError: It is no such id.
    """
    number = cve_number(cve)
    if number is None:
        raise ValueError(f"not a CVE id: {cve!r}")
    return number


def parse_line(line: str) -> Record:
    """Return the record that a line of the published text form holds.

    Raises:
        ValueError: It is damaged (``json.JSONDecodeError`` is one).
    """
    value: object = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for every damage
    fields = cast("dict[str, object]", value)
    name, files = _text(fields, "id"), _texts(fields, "files")
    cve_key(name)
    return Record(
        id=name,
        files=check_files(files),
        pairs=tuple(parse_pair(text) for text in _texts(fields, "pairs")),
        cvss=_text(fields, "cvss") if "cvss" in fields else "",
        score=_score(fields),
        bug=_text(fields, "class"),
        evidence=_text(fields, "evidence"),
    )


def check_files(files: Iterable[str]) -> tuple[str, ...]:
    """Return the files as they are.

    Raises:
        ValueError: One is not a path inside a source tree.
    """
    paths = tuple(files)
    for path in paths:
        if not _FILE.match(path) or ".." in path.split("/"):
            raise ValueError(f"not a path of a source file: {path[:80]!r}")
    return paths


def _score(fields: dict[str, object]) -> int:
    value = fields.get("score")
    if not isinstance(value, int) or not 0 <= value <= 100:  # noqa: PLR2004 - tenths of 10.0
        raise ValueError("score is not a number of tenths from 0 to 100")
    return value


def _text(fields: dict[str, object], key: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} is not text")  # noqa: TRY004 - one error for every damage
    return value


def _texts(fields: dict[str, object], key: str) -> tuple[str, ...]:
    value = fields.get(key)
    if not isinstance(value, list) or not all(
        isinstance(item, str) for item in cast("list[object]", value)
    ):
        raise ValueError(f"{key} is not a list of texts")
    return tuple(cast("list[str]", value))
