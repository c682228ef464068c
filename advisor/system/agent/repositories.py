"""What is kept of dnf's and zypper's caches: the kernels that repositories hold, and what they mend."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
# ruff: noqa: PLC0415, PLR2004
from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from advisor.system.agent.manifest import MIB
from advisor.system.agent.unpack import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

# A kernel's own image: kernel-core, kernel-rt-core, kernel-default; no -devel, no -modules, no -tools.
KERNEL_RPM = (
    rb"kernel(?:[0-9]{1,3}\.[0-9]{1,3})?(?:-(?:rt|64k|16k|lt|ml|uek|automotive|longterm|default|azure"
    rb"|pae|preempt|kvmsmall|64kb|lpae|vanilla|desktop))?(?:-core)?"
)

VALUE = rb"[0-9A-Za-z.+~^_-]{1,64}"

# A list is unpacked to so many times its packed limit: primary.xml packs to a tenth.
UNPACKED = 32

LONGEST_ADVISORY = 16 * MIB


def keep_rpms(content: bytes, limit: int) -> bytes:
    """Return name, architecture and version of the kernels in a repository's ``primary.xml``.

    Source:
        https://createrepo.baseurl.org: ``<name>``, ``<arch>`` and ``<version ver= rel=>`` stand in a row.
    """
    import re

    form = re.compile(
        rb"<name>(" + KERNEL_RPM + rb")</name>\s*<arch>(\w{1,16})</arch>\s*<version "
        rb'(?:epoch="\d*" )?ver="(' + VALUE + rb')" rel="(' + VALUE + rb')"'
    )
    found: set[tuple[bytes, ...]] = set()
    tail = b""
    for chunk in xml(content, limit):
        piece = tail + chunk
        at = piece.find(b"<name>kernel")
        if at >= 0:
            found.update(match.groups() for match in form.finditer(piece, at))
        tail = piece[-1024:]
    line = b'<name>%s</name><arch>%s</arch><version ver="%s" rel="%s"/>\n'
    return b"".join(line % row for row in sorted(found))


def keep_advisories(content: bytes, limit: int) -> bytes:
    """Return the CVE ids of ``updateinfo.xml`` beside the kernels whose updates mend them."""
    import re

    form = re.compile(
        rb'<package (?=[^>]*\bname="(' + KERNEL_RPM + rb')")(?=[^>]*\bversion="(' + VALUE + rb')")'
        rb'(?=[^>]*\brelease="(' + VALUE + rb')")(?=[^>]*\barch="(\w{1,16})")'
    )
    line = b'<package name="%s" version="%s" release="%s" arch="%s"/>'
    rows: set[bytes] = set()
    for text in advisories(content, limit):
        packages = sorted(set(form.findall(text)))
        cves = sorted(set(re.findall(rb'"(CVE-[0-9]{4}-[0-9]{4,7})"', text)))
        if packages and cves:
            names = b"".join(b'<reference id="%s"/>' % cve for cve in cves)
            rows.add(b"<update>" + names + b"".join(line % row for row in packages) + b"</update>")
    return b"".join(row + b"\n" for row in sorted(rows))


def advisories(content: bytes, limit: int) -> Iterator[bytes]:
    """Yield the advisories that name a kernel."""
    tail = b""
    for chunk in xml(content, limit):
        *whole, tail = (tail + chunk).split(b"</update>")
        if len(tail) > LONGEST_ADVISORY:
            raise OSError(errno.EINVAL, "not a list of advisories")
        for text in whole:
            if b'name="kernel' in text:
                yield text


def xml(content: bytes, limit: int) -> Iterator[bytes]:
    """Yield an XML file's text in pieces, unpacked if it is packed."""
    is_first = True
    for chunk in unpacked(content, UNPACKED * limit):
        if is_first and chunk[:1] != b"<":
            raise OSError(errno.EINVAL, "not XML")
        is_first = False
        yield chunk


def keep_cves_by_kernel(content: bytes, _limit: int) -> bytes:
    """Return the CVE ids that the changelog of each installed kernel names, a kernel a line."""
    import re

    lines: set[bytes] = set()
    for part in (b"\n" + content).split(b"\nkernel-package ")[1:]:
        head = part.partition(b"\n")[0].split()
        if len(head) < 3:  # its version, release and architecture
            continue
        cves = sorted(set(re.findall(rb"CVE-[0-9]{4}-[0-9]{4,7}", part)))
        lines.add(b" ".join([b"kernel-package", *head[:3], *cves]) + b"\n")
    return b"".join(sorted(lines))


def keep_repositories(content: bytes, _limit: int) -> bytes:
    """Return which repositories a ``.repo`` file names and whether they are on, without addresses."""
    lines = (line.strip() for line in content.splitlines())
    named = (b"[", b"enabled=", b"enabled =")
    return b"".join(line + b"\n" for line in lines if line.startswith(named))
