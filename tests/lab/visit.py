"""One visit to a guest: the advisor's answers and what the guest's own tools say, taken together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, cast

from tests.lab.guest import Guest
from tests.lab.machines import Machine
from tests.lab.states import FILES, ready_guest

ADVISOR = "/opt/lab/bin/advisor"
_SCAN = ("scan", "--format", "json", "--all")
_FLOOR = ("python3", "-c", "pass")
_TIMES = 3

Document = Mapping[str, object]


class Times(NamedTuple):
    """CPU seconds in a guest, the least of several runs."""

    floor: float
    scan: float


class Visit(NamedTuple):
    """What one guest showed.

    Attributes:
        scan: `advisor scan` as JSON, run by a user without rights.
        root: The same run by root; the user's where it was not asked for.
        capture: What `advisor capture` wrote, run by that user; empty where it was not asked for.
        told: Tool -> what it printed.
        errors: What the scan wrote to standard error.
    """

    machine: Machine
    kernel: str
    release: str
    scan: Document
    root: Document
    capture: bytes
    told: Mapping[str, str]
    errors: str
    times: Times


def visit(machine: Machine, kernel: str, payload: Path, *, thorough: bool) -> Visit:
    """Return what a guest shows; a thorough visit also scans as root, captures and measures."""
    with ready_guest(machine, kernel, payload) as guest:
        if machine.plugged:
            guest.plug(machine.plugged)
        if machine.vsock:
            guest.plug_vsock()
        first = guest.run(ADVISOR, *_SCAN, user="lab", timeout=300)
        scan = cast("Document", json.loads(first.out))
        root, capture, times = scan, b"", Times(0, first.cpu)
        if thorough:
            again = guest.run(ADVISOR, *_SCAN, timeout=300)
            root = cast("Document", json.loads(again.out))
            capture = guest.run(ADVISOR, "capture", "-o", "-", user="lab", timeout=300).out
            floor = min(guest.run(*_FLOOR).cpu for _ in range(_TIMES))
            times = Times(floor, min(first.cpu, again.cpu))
        return Visit(
            machine=machine,
            kernel=kernel,
            release=guest.run("uname", "-r").text.strip(),
            scan=scan,
            root=root,
            capture=capture,
            told=told_by(guest),
            errors=first.err,
            times=times,
        )


def told_by(guest: Guest) -> Mapping[str, str]:
    """Return what the guest's own tools print."""
    text = guest.run("sh", "-s", stdin=(FILES / "oracle.sh").read_bytes(), timeout=300).text
    parts = (part.partition("\n") for part in text.split("\n=== ")[1:])
    return {name: body for name, _, body in parts}
