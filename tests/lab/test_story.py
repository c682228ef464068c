"""What the tool exists for, end to end: told before the upgrade, found after it, on the same hardware."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from tests.lab.cache import UnavailableError
from tests.lab.guest import Guest
from tests.lab.kernels import BY_NAME, installed
from tests.lab.machines import PCIID
from tests.lab.results import Told, keep_told
from tests.lab.states import ready_guest
from tests.lab.visit import ADVISOR

pytestmark = pytest.mark.xdist_group("story")

BEFORE, SECURITY, NEXT = "6.12.94", "6.12.117", "7.3"
DROPPED = "xircom_cb"
_SAVED = "/tmp/before.json"
_LAID_OVER = """
mkdir -p /run/lab/{0}; mount -t squashfs -o ro /dev/disk/by-id/virtio-{0} /run/lab/{0}
cd /run/lab/{0}; cat var/lib/dpkg/status.* >>/var/lib/dpkg/status
for d in usr/lib/modules/*; do mkdir -p /$d; mount --bind $d /$d; done; cp -a boot/. /boot/
"""

Document = Mapping[str, object]


class Story(NamedTuple):
    """What was said on the way: the scan before, and the verification with each kernel after it."""

    before: Document
    report: str
    after: Mapping[str, Document]


@pytest.fixture(scope="module")
def story(payload: Path) -> Story:
    try:
        return _told(payload)
    except UnavailableError as error:
        pytest.skip(str(error))


def _told(payload: Path) -> Story:
    with ready_guest(PCIID, BEFORE, payload) as guest:
        for kernel in (SECURITY, NEXT):
            _install(guest, kernel)
        saved = guest.run(ADVISOR, "scan", "--format", "json", user="lab", timeout=300).out
        report = guest.run(ADVISOR, "scan", user="lab", timeout=300).text
    after: dict[str, Document] = {}
    for kernel in (SECURITY, NEXT):
        with ready_guest(PCIID, kernel, payload) as guest:
            guest.run("sh", "-c", f"cat >{_SAVED}", stdin=saved)
            argv = (ADVISOR, "verify", _SAVED, "--format", "json")
            after[kernel] = cast("Document", json.loads(guest.run(*argv, timeout=300).out))
    return Story(cast("Document", json.loads(saved)), report, after)


def _install(guest: Guest, kernel: str) -> None:
    """Put another kernel's packages onto a running guest: their files, and dpkg's word for them."""
    serial = f"kernel{kernel.replace('.', '')}"
    disk = str(installed(BY_NAME[kernel]).disk)
    guest.plug_disk(disk, serial)
    guest.shell(f"udevadm settle; {_LAID_OVER.format(serial)}")


def _candidate(story: Story, kernel: str) -> Document:
    release = installed(BY_NAME[kernel]).release
    found = cast("list[Document]", story.before["candidates"])
    return next(one for one in found if one["release"] == release)


def _counted(counts: object) -> int:
    """Return the bugs that weigh: those that run, are loaded, or can be loaded."""
    return sum(
        cast("Mapping[str, int]", counts).get(reach, 0)
        for reach in ("active", "loaded", "on-demand")
    )


def test_upgrade_within_the_series_closes_and_opens_what_was_promised(story: Story) -> None:
    promised, found = _candidate(story, SECURITY), story.after[SECURITY]
    closes, opens = _counted(promised["closes"]), _counted(promised["opens"])
    closed = cast("list[Document]", found["closed"])
    opened = cast("list[Document]", found["opened"])
    keep_told(Told(1, f"{BEFORE} to {SECURITY}: bugs closed", str(closes), str(len(closed))))
    keep_told(Told(2, f"{BEFORE} to {SECURITY}: bugs opened", str(opens), str(len(opened))))
    assert (len(closed), len(opened)) == (closes, opens)


def test_upgrade_within_the_series_keeps_every_device(story: Story) -> None:
    checks = cast("list[Document]", story.after[SECURITY]["checks"])
    lost = [one["message"] for one in checks if one["id"] in {"device", "driver", "interface"}]
    keep_told(Told(3, f"{BEFORE} to {SECURITY}: devices lost", "0", str(len(lost))))
    assert lost == []
    assert _candidate(story, SECURITY)["lost_devices"] == []


def test_card_whose_driver_the_next_series_dropped_was_announced(story: Story) -> None:
    lost = json.dumps(_candidate(story, NEXT)["lost_devices"])
    assert DROPPED in lost
    assert DROPPED in story.report


def test_card_whose_driver_was_dropped_is_found_without_one(story: Story) -> None:
    checks = cast("list[Document]", story.after[NEXT]["checks"])
    lost = [str(one["message"]) for one in checks if one["status"] == "block"]
    keep_told(Told(4, f"{BEFORE} to {NEXT}: devices lost", DROPPED, "; ".join(lost)))
    assert [text for text in lost if DROPPED in text]
