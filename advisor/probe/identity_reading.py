"""What a kernel's own lines say, taken apart before any of it is believed."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from advisor.model.version import KernelVersion, Series, parse_version

LONGEST: Final = 256
"""No reading is looked at past this: uname's fields hold 64 bytes, /proc/version a few hundred."""

_HEAD: Final = re.compile(
    r"([0-9]{1,3})\.([0-9]{1,3})(?![0-9])(?:\.([0-9]{1,3})(?![0-9]))?"
    r"(?:\.([0-9]{1,3})(?![0-9]))?(?:[-.~]rc([0-9]{1,2})(?![0-9]))?"
)
_NAMED: Final = r"([A-Za-z]+) ((?:[0-9]:)?[0-9]{1,3}\.[0-9]{1,3}[0-9A-Za-z.+~-]*) \("
_BUILD_WORD: Final = r"#[^ ]{1,48}-(Ubuntu|NixOS|Alpine)(?: |\Z)"


class Seen(NamedTuple):
    """The readings of one kernel.

    Attributes:
        release: What ``uname -r`` prints.
        series: The series it starts with.
        patch: Its third number (the fourth for 2.6), or None where it has none.
        rc: The N of its ``-rcN``, or None.
        tail: The rest of the release, lower case.
        named: Who ``uname -v`` says built it, lower case, or "".
        package: The package's version, from ``uname -v`` or the package manager, or "".
        package_source: Which of the two.
        signature: ``/proc/version_signature``, or ``uname -v`` where that may hold the same.
        text: ``uname -v``.
        distro: The distribution's id or name, lower case.
    """

    release: str
    series: Series
    patch: int | None
    rc: int | None
    tail: str
    named: str
    package: str
    package_source: str
    signature: str
    text: str
    distro: str

    @property
    def number(self) -> KernelVersion:
        """The number the release starts with, whatever it is worth."""
        version = KernelVersion(self.series, self.patch or 0)
        return version if self.rc is None else version._replace(rc=self.rc)

    @property
    def base(self) -> tuple[int, int, int]:
        """The first three numbers of the release."""
        return (self.series.major, self.series.minor, self.series.sub or self.patch or 0)

    def is_from(self, *words: str) -> bool:
        """Whether the distribution's name holds one of these words."""
        return any(word in self.distro for word in words)


def see(release: str, text: str, signature: str, distro: str, package: str) -> Seen | None:
    """Return the readings taken apart, or None where the release starts with no version."""
    release = release[:LONGEST]
    head = _HEAD.match(release)
    if head is None:
        return None
    major, minor, third, fourth, rc = (int(g) if g else None for g in head.groups())
    series, patch = Series(major or 0, minor or 0), third
    if (major, minor) == (2, 6):
        series, patch = Series(2, 6, third or 0), fourth
    named, named_package = _named(text, series)
    source = "uname -v" if named_package else "package"
    if not named_package and re.fullmatch(r"[0-9A-Za-z.+~:-]{1,64}", package):
        named_package = package
    return Seen(
        release=release,
        series=series,
        patch=patch,
        rc=rc,
        tail=release[head.end() :].lower(),
        named=named,
        package=named_package,
        package_source=source,
        signature=signature[:LONGEST],
        text=text,
        distro=distro[:LONGEST].lower(),
    )


def build_line(banner: str) -> str:
    """Return the part of ``/proc/version`` that ``uname -v`` prints: from ``#1`` on."""
    start = banner.rfind(" #")
    return banner[start + 1 :].rstrip() if start >= 0 else ""


def package_upstream(package: str, series: Series) -> KernelVersion | None:
    """Return the upstream part of a package's version, if it is of this series."""
    text = re.split(r"[-+]", package.split(":", 1)[-1], maxsplit=1)[0]
    version = parse_version(text.replace("~rc", "-rc"))
    return version if version is not None and version.series == series else None


def _named(text: str, series: Series) -> tuple[str, str]:
    """Return who ``uname -v`` names, and the package: ``Debian 6.12.94-1 (2026-06-20)``.

    A version must be followed by the bracket of its date: the kernel cuts the line at 64 bytes,
    and half a number is a wrong number. One of another series is not this kernel's.
    """
    match = re.search(_NAMED, text)
    if match is not None and package_upstream(match[2], series) is not None:
        return match[1].lower(), match[2]
    word = re.match(_BUILD_WORD, text)
    return (word[1].lower(), "") if word else ("", "")
