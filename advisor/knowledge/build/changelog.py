"""Read a Debian kernel package's changelog: what it says each upstream stable release fixed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from advisor.model.version import KernelVersion, parse_version

_HEADER = re.compile(r"linux(?:-2\.6)? \(([^)\s]{1,80})\) ([a-z0-9 -]{1,80});")
_TRAILER = re.compile(r" -- .{0,200}  ([A-Z][a-z]{2}, .{5,40})\Z")
_RELEASE = re.compile(r" {4,6}\S{0,80}/ChangeLog-([0-9.]{3,20})\Z")
_BULLET = re.compile(r"  (?:\*|\[)(?: |\Z)")
_ITEM = re.compile(r"    - (.*)\Z")
_MORE = re.compile(r"      \S")
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b")
_NOTE = re.compile(r"\(([^()]*)\)")
_LONGEST_LINE = 400
_MOST_LINES = 20  # of one item


class Listed(NamedTuple):
    """One fix that a changelog lists under an upstream stable release.

    Attributes:
        version: The stable release.
        subject: The fix's subject line, with what Debian put before and behind it.
        cves: The ids it names.
    """

    version: KernelVersion
    subject: str
    cves: tuple[str, ...]


class Upload(NamedTuple):
    """One version of the package.

    Attributes:
        version: ``6.12.117-1``.
        suite: ``trixie-security``.
        day: When it was made, as an ISO day; ``""`` where that cannot be read.
        fixes: What it lists under upstream stable releases, in its order.
    """

    version: str
    suite: str
    day: str
    fixes: tuple[Listed, ...]


def parse_changelog(lines: Iterable[str]) -> Iterator[Upload]:
    """Yield the uploads of a changelog, the newest first, as it lists them.

    Only what stands under an upstream stable release is taken; Debian's own changes, and what is
    not of the form of a changelog, are passed over.

    Args:
        lines: ``/usr/share/doc/linux-libc-dev/changelog.Debian`` of any kernel package.

    Source:
        Debian policy 4.4 for the form; the kernel team's ``New upstream stable update`` entries.
    """
    reader = _Reader()
    for line in lines:
        yield from reader.read(line.rstrip("\n")[:_LONGEST_LINE])
    yield from reader.end()


class _Reader:
    """Takes a changelog line by line; what it gathered is an upload once the next begins."""

    def __init__(self) -> None:
        self._header: tuple[str, str] | None = None
        self._day = ""
        self._release: KernelVersion | None = None
        self._item: list[str] = []
        self._fixes: list[Listed] = []

    def read(self, line: str) -> Iterator[Upload]:
        header = _HEADER.match(line)
        if header is not None:
            yield from self.end()
            self._header = (header[1], header[2].strip())
            return
        self._read_body(line)

    def _read_body(self, line: str) -> None:
        item, release = _ITEM.match(line), _RELEASE.match(line)
        trailer = _TRAILER.match(line)
        if release is not None:
            self._end_item()
            self._release = parse_version(release[1])
        elif item is not None:
            self._end_item()
            self._item = [item[1]]
        elif _BULLET.match(line) or trailer is not None:
            self._end_item()
            self._release = None
            if trailer is not None:
                self._day = _day(trailer[1])
        elif self._item and _MORE.match(line) and len(self._item) < _MOST_LINES:
            self._item.append(line.strip())

    def _end_item(self) -> None:
        if self._item and self._release is not None and self._release.patch:
            text = " ".join(self._item)
            found = (cve for note in _NOTE.findall(text) for cve in _CVE.findall(note))
            self._fixes.append(Listed(self._release, text, tuple(dict.fromkeys(found))))
        self._item = []

    def end(self) -> Iterator[Upload]:
        self._end_item()
        if self._header is not None:
            yield Upload(*self._header, self._day, tuple(self._fixes))
        self._header, self._day, self._release, self._fixes = None, "", None, []


def _day(text: str) -> str:
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
