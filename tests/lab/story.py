"""One machine, upgraded twice: what was told before each upgrade, and what was there after it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, cast

from tests.lab.cache import UnavailableError
from tests.lab.guest import Guest
from tests.lab.kernels import BY_NAME, installed
from tests.lab.machines import PCIID
from tests.lab.results import STORY, Told
from tests.lab.states import ready_guest
from tests.lab.visit import ADVISOR, Document

MACHINE = PCIID
OLDER, BEFORE, SECURITY, NEXT = "6.1", "6.12", "6.12-security", "7-backports"
UPGRADES = ((OLDER, BEFORE), (BEFORE, SECURITY), (BEFORE, NEXT))
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
    """What was told on the old kernels, and for each upgrade what was found after it.

    Attributes:
        dropped: Whether modinfo says that 6.12 has the driver and the last kernel has not.
    """

    before: Mapping[str, Before]
    after: Mapping[tuple[str, str], After]
    dropped: bool

    def candidate(self, old: str, new: str) -> Document:
        """Return what the scan on the old kernel promised of the new one."""
        release = installed(BY_NAME[new]).release
        found = cast("list[Document]", self.before[old].scan["candidates"])
        return next(one for one in found if one["release"] == release)

    def checks(self, old: str, new: str, *wanted: str) -> list[Document]:
        """Return what was found after an upgrade, of some kinds."""
        found = cast("list[Document]", self.after[old, new].verified["checks"])
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
    before: dict[str, Before] = {}
    dropped = False
    for old in dict.fromkeys(old for old, _ in UPGRADES):
        with _guest(old, payload) as guest:
            for kernel in _newer(old):
                guest.shell(_LAID_OVER.format(_serial(kernel)))
            before[old] = _before(guest)
            if old == BEFORE:
                dropped = _has(guest, old) and not _has(guest, NEXT)
    after = {(old, new): _after(old, new, before[old], payload) for old, new in UPGRADES}
    return Story(before, after, dropped)


def _newer(old: str) -> list[str]:
    return [new for kernel, new in UPGRADES if kernel == old]


def _before(guest: Guest) -> Before:
    saved = _said(guest, "scan", "--format", "json")
    _said(guest, "report", "-o", f"{_PLACE}.html")
    return Before(
        cast("Document", json.loads(saved)),
        _said(guest, "scan").decode(),
        guest.run("cat", f"{_PLACE}.html").text,
        _said(guest, "capture", "-o", "-"),
    )


def _after(old: str, new: str, before: Before, payload: Path) -> After:
    with _guest(new, payload, old) as guest:
        guest.run("sh", "-c", f"cat >{_PLACE}.json", stdin=json.dumps(before.scan).encode())
        found = _said(guest, "verify", f"{_PLACE}.json", "--format", "json")
        text = _said(guest, "verify", f"{_PLACE}.json").decode()
    return After(cast("Document", json.loads(found)), text)


def _guest(kernel: str, payload: Path, old: str = "") -> Guest:
    """Return the machine: the same name and the same disks, whatever it runs.

    The packages of the newer kernels come on disks, which stay in it.
    """
    guest = ready_guest(MACHINE, kernel, payload)
    guest.shell(f"echo {MACHINE.name} >/proc/sys/kernel/hostname")
    for new in _newer(old or kernel):
        guest.plug_disk(str(installed(BY_NAME[new]).disk), _serial(new))
    guest.shell("sleep 1; udevadm settle")
    return guest


def _serial(kernel: str) -> str:
    return f"kernel{kernel.replace('.', '')}"


def _has(guest: Guest, kernel: str) -> bool:
    release = installed(BY_NAME[kernel]).release
    return guest.run("modinfo", "-k", release, DROPPED, check=False).status == 0


def _said(guest: Guest, *words: str) -> bytes:
    return guest.run(ADVISOR, *words, user="lab", timeout=300).out


def _lines(story: Story) -> Iterator[Told]:
    """Yield what the page says of it."""
    for old, new in UPGRADES:
        promised, found = story.candidate(old, new), story.after[old, new].verified
        way = f"{installed(BY_NAME[old]).upstream} to {installed(BY_NAME[new]).upstream}"
        for what, now in (("closes", "closed"), ("opens", "opened")):
            count = len(cast("list[object]", found[now]))
            yield Told(f"{way}: {what}", f"{reaching(promised[what]):,}", f"{count:,}")
        lost = [str(one["what"]) for one in cast("list[Document]", promised["lost_devices"])]
        gone = [str(one["message"]) for one in story.checks(old, new, "device", "driver")]
        yield Told(f"{way}: no longer served", "; ".join(lost) or "-", "; ".join(gone) or "-")
