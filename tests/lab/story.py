"""One machine, upgraded twice: what was told before each upgrade, and what was there after it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, cast

from tests.lab.cache import UnavailableError
from tests.lab.guest import Guest
from tests.lab.kernels import BY_NAME, Installed, installed
from tests.lab.machines import PCIID
from tests.lab.results import STORY, Told
from tests.lab.states import ready_guest
from tests.lab.visit import ADVISOR, Document

MACHINE = PCIID
BEFORE, SECURITY, NEXT = "6.12", "6.12-security", "7-backports"
AFTER = (SECURITY, NEXT)
DROPPED = "xircom_cb"
_PLACE = "/tmp/before"
_LAID_OVER = """
mkdir -p /run/lab/{0}; mount -t squashfs -o ro /dev/disk/by-id/virtio-{0} /run/lab/{0}
cd /run/lab/{0}; cat var/lib/dpkg/status.* >>/var/lib/dpkg/status
for d in usr/lib/modules/*; do mkdir -p /$d; mount --bind $d /$d; done; cp -a boot/. /boot/
"""


class Before(NamedTuple):
    """What the advisor said on the old kernel, the new ones installed: five ways to say one thing."""

    scan: Document
    terminal: str
    page: str
    capture: bytes


class After(NamedTuple):
    """What `advisor verify` said on a new kernel: as JSON, and on a terminal."""

    verified: Document
    terminal: str


class Story(NamedTuple):
    """What was told before, and for each new kernel what was found on it.

    Attributes:
        dropped: Whether modinfo says that the old kernel has the driver and the last one has not.
    """

    before: Before
    after: Mapping[str, After]
    dropped: bool

    def candidate(self, kernel: str) -> Document:
        """Return what the scan before promised of a kernel."""
        release = installed(BY_NAME[kernel]).release
        found = cast("list[Document]", self.before.scan["candidates"])
        return next(one for one in found if one["release"] == release)

    def checks(self, kernel: str, *wanted: str) -> list[Document]:
        """Return what was found of some kinds."""
        found = cast("list[Document]", self.after[kernel].verified["checks"])
        return [one for one in found if one["id"] in wanted]


def reaching(tally: object) -> int:
    """Return how many of the bugs that a candidate's tally counts can run on the machine."""
    return cast("int", cast("Document", tally)["reaching"])


def told(payload: Path) -> Story:
    """Return the story, and keep its lines for the page.

    Raises:
        UnavailableError: A kernel or a guest cannot be had.
    """
    try:
        story = _told(payload)
    except UnavailableError as error:
        STORY.append(Told("not told", str(error), ""))
        raise
    STORY.extend(_lines(story))
    return story


def _told(payload: Path) -> Story:
    with ready_guest(MACHINE, BEFORE, payload) as guest:
        for kernel in AFTER:
            _install(guest, installed(BY_NAME[kernel]))
        has = [
            guest.run("modinfo", "-k", release, DROPPED, check=False).status == 0
            for release in (installed(BY_NAME[name]).release for name in (BEFORE, NEXT))
        ]
        saved = _said(guest, "scan", "--format", "json")
        guest.shell(f"cd /tmp; su lab -c '{ADVISOR} report -o {_PLACE}.html'", timeout=300)
        before = Before(
            cast("Document", json.loads(saved)),
            _said(guest, "scan").decode(),
            guest.run("cat", f"{_PLACE}.html").text,
            _said(guest, "capture", "-o", "-"),
        )
    after = {kernel: _verified(kernel, saved, payload) for kernel in AFTER}
    return Story(before, after, dropped=has == [True, False])


def _verified(kernel: str, saved: bytes, payload: Path) -> After:
    with ready_guest(MACHINE, kernel, payload) as guest:
        guest.run("sh", "-c", f"cat >{_PLACE}.json", stdin=saved)
        found = _said(guest, "verify", f"{_PLACE}.json", "--format", "json")
        text = _said(guest, "verify", f"{_PLACE}.json").decode()
    return After(cast("Document", json.loads(found)), text)


def _said(guest: Guest, *words: str) -> bytes:
    return guest.run(ADVISOR, *words, user="lab", timeout=300).out


def _install(guest: Guest, kernel: Installed) -> None:
    """Put another kernel's packages onto a running guest: their files, and dpkg's word for them."""
    serial = f"kernel{kernel.kernel.name.replace('.', '')}"
    guest.plug_disk(str(kernel.disk), serial)
    guest.shell(f"sleep 1; udevadm settle; {_LAID_OVER.format(serial)}")


def _lines(story: Story) -> Iterator[Told]:
    """Yield what the page says of it."""
    first = installed(BY_NAME[BEFORE]).upstream
    for kernel in AFTER:
        promised, found = story.candidate(kernel), story.after[kernel].verified
        way = f"{first} to {installed(BY_NAME[kernel]).upstream}"
        for what in ("closes", "opens"):
            count = len(cast("list[object]", found[{"closes": "closed", "opens": "opened"}[what]]))
            yield Told(f"{way}: {what}", f"{reaching(promised[what])}", f"{count}")
        lost = [str(one["what"]) for one in cast("list[Document]", promised["lost_devices"])]
        gone = [str(one["message"]) for one in story.checks(kernel, "device", "driver")]
        yield Told(f"{way}: no longer served", "; ".join(lost) or "-", "; ".join(gone) or "-")
