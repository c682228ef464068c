"""What is kept of a file: what the advisor asks for, and not what is private."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
# ruff: noqa: PLC0415, PLR2004
from __future__ import annotations

from collections.abc import Callable

from advisor.system.agent.manifest import MOST_NAMES, Rule
from advisor.system.agent.repositories import (
    keep_advisories,
    keep_cves_by_kernel,
    keep_repositories,
    keep_rpms,
)
from advisor.system.agent.unpack import keep_stanzas, unpacked


def keep_head(content: bytes, limit: int) -> bytes:
    """Return the first bytes."""
    return content[:limit]


def keep_first(content: bytes, _limit: int) -> bytes:
    """Return the first word of every line: what is there, not whose it is."""
    return b"".join(line.split()[0] + b"\n" for line in content.splitlines() if line.strip())


def keep_last(content: bytes, _limit: int) -> bytes:
    """Return the last word of every line."""
    return b"".join(line.split()[-1] + b"\n" for line in content.splitlines() if line.strip())


def keep_modules(content: bytes, _limit: int) -> bytes:
    """Return ``/proc/modules`` without the addresses, which are the kernel's secret."""
    lines = [line.split(b" ") for line in content.splitlines()[:MOST_NAMES]]
    kept = [words[:5] + [word for word in words[5:] if word[:1] == b"("] for words in lines]
    return b"".join(b" ".join(words) + b"\n" for words in kept)


NEW_CVES = 3 << 19
NO_KERNELS = (b"-headers", b"-docs", b"-firmware", b"-api-headers", b"-tools")
MOUNT_OPTIONS = (b"user", b"users", b"owner", b"group", b"noauto", b"auto", b"ro", b"rw")


def keep_mounts(content: bytes, _limit: int) -> bytes:
    """Return a table of mounts with harmless options only: others may hold passwords."""
    rows: list[bytes] = []
    for line in content.splitlines():
        words = line.split()
        if len(words) > 3 and words[0][:1] != b"#":
            options = b",".join(o for o in words[3].split(b",") if o in MOUNT_OPTIONS)
            rows.append(b" ".join([*words[:3], options or b"-"]) + b"\n")
    return b"".join(rows)


def keep_routes(content: bytes, _limit: int) -> bytes:
    """Return the default routes of ``/proc/net/route`` without addresses."""
    rows = [line.split() for line in content.splitlines()]
    default = [r for r in rows[1:] if len(r) > 7 and r[1] == r[7] == b"00000000"]
    lines = rows[:1] + [[*row[:2], b"00000000", *row[3:]] for row in default]
    return b"".join(b"\t".join(words) + b"\n" for words in lines)


def keep_routes6(content: bytes, _limit: int) -> bytes:
    """Return the default routes of ``/proc/net/ipv6_route`` without addresses."""
    rows = [line.split() for line in content.splitlines()]
    default = [r for r in rows if len(r) == 10 and r[1] == b"00" and not r[0].strip(b"0")]
    return b"".join(b" ".join([*row[:4], b"0" * 32, *row[5:]]) + b"\n" for row in default)


def keep_cves(content: bytes, limit: int) -> bytes:
    """Return the CVE ids that a changelog names, packed or not."""
    import re

    found: set[bytes] = set()
    tail = b""
    for chunk in unpacked(content, limit):
        found.update(re.findall(rb"CVE-[0-9]{4}-[0-9]{4,7}", tail + chunk))
        tail = chunk[-16:]
    return b"".join(cve + b"\n" for cve in sorted(found))


def keep_new_cves(content: bytes, limit: int) -> bytes:
    """Return the CVE ids in the newest entries of a changelog, unpacked no further than needed.

    Debian's lists every change of every upstream release. What is asked of it are fixes that went
    in ahead of upstream, and of those the last thirty releases tell.
    """
    import re
    import zlib

    if content[:2] == b"\x1f\x8b":
        try:
            content = zlib.decompressobj(31).decompress(content, NEW_CVES)
        except zlib.error as error:
            raise OSError("damaged") from error
    found = set(re.findall(rb"CVE-[0-9]{4}-[0-9]{4,7}", content[: min(limit, NEW_CVES)]))
    return b"".join(cve + b"\n" for cve in sorted(found))


def keep_desc(content: bytes, limit: int) -> bytes:
    """Return name and version of the kernels in pacman's files: ``%NAME%``, ``%VERSION%``."""
    import re

    found: dict[bytes, bytes] = {}
    tail = b""
    for chunk in unpacked(content, limit):
        piece = tail + chunk
        found.update(
            re.findall(rb"%NAME%\n(linux[^\n]{0,64})\n\n%VERSION%\n([^\n]{1,64})\n", piece)
        )
        tail = piece[-4096:]
    rows = [pair for pair in sorted(found.items()) if not pair[0].endswith(NO_KERNELS)]
    return b"".join(b"%%NAME%%\n%s\n\n%%VERSION%%\n%s\n\n" % pair for pair in rows)


def keep_apk(content: bytes, limit: int) -> bytes:
    """Return name and version of the kernels in apk's files: ``P:linux-lts``, ``V:6.12.30-r0``."""
    import re

    found: set[tuple[bytes, bytes]] = set()
    tail = b""
    for chunk in unpacked(content, limit):
        piece = tail + chunk
        found.update(re.findall(rb"(?m)^P:(linux-[a-z0-9]{1,32})\nV:([^\n]{1,64})$", piece))
        tail = piece[-256:]
    return b"".join(b"P:%s\nV:%s\n\n" % pair for pair in sorted(found))


def keep_apk_world(content: bytes, _limit: int) -> bytes:
    """Return the kernels that ``/etc/apk/world`` asks for."""
    return b"".join(w + b"\n" for w in content.split() if w.startswith(b"linux-"))


def keep_ignored(content: bytes, _limit: int) -> bytes:
    """Return the lines of a package manager's configuration that keep packages back."""
    names = (b"IgnorePkg", b"IgnoreGroup", b"exclude", b"excludepkgs")
    lines = (line.strip() for line in content.splitlines())
    return b"".join(line + b"\n" for line in lines if line.startswith(names))


TRANSFORMS: dict[str, Callable[[bytes, int], bytes]] = {
    "head": keep_head,
    "first": keep_first,
    "last": keep_last,
    "modules": keep_modules,
    "mounts": keep_mounts,
    "routes": keep_routes,
    "routes6": keep_routes6,
    "cves": keep_cves,
    "new-cves": keep_new_cves,
    "desc": keep_desc,
    "apk": keep_apk,
    "apk-world": keep_apk_world,
    "ignored": keep_ignored,
    "rpms": keep_rpms,
    "cves-by-kernel": keep_cves_by_kernel,
    "advisories": keep_advisories,
    "repositories": keep_repositories,
    "stanzas": keep_stanzas,
}


def kept(content: bytes, rule: Rule) -> bytes:
    """Return what a rule keeps of a file's content; doing it twice changes nothing."""
    return TRANSFORMS[rule.keep](content, rule.limit) if rule.keep else content
