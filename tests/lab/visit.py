"""One visit to a guest: the advisor's answers and what the guest's own tools say, taken together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, cast

from tests.lab.guest import BootError, Guest, GuestError
from tests.lab.kernels import BY_NAME, installed
from tests.lab.machines import Machine
from tests.lab.states import FILES, ready_guest

ADVISOR = "/opt/lab/bin/advisor"
_SCAN = ("scan", "--format", "json", "--all")
_FLOOR = ("python3", "-c", "pass")
_TIMES, _SCANS = 3, 2

Document = Mapping[str, object]


class Times(NamedTuple):
    """CPU seconds in a guest, the least of several runs."""

    floor: float
    scan: float


class Visit(NamedTuple):
    """What one guest showed.

    Attributes:
        release: What ``uname -r`` printed.
        version: The version of the kernel's package.
        scan: `advisor scan` as JSON, run by a user without rights.
        root: The same run by root; the user's where it was not asked for.
        capture: What `advisor capture` wrote, run by that user; empty where it was not asked for.
        loaded: Modules that a user without rights had loaded; empty where nobody tried.
        told: Tool -> what it printed.
        errors: What the scan wrote to standard error.
    """

    machine: Machine
    kernel: str
    release: str
    version: str
    scan: Document
    root: Document
    capture: bytes
    loaded: tuple[str, ...]
    told: Mapping[str, str]
    errors: str
    times: Times


def visit(machine: Machine, kernel: str, payload: Path, *, thorough: bool, asks: bool) -> Visit:
    """Return what a guest shows; one that goes silent is visited again.

    Args:
        machine: Which cards it has.
        kernel: A name of :data:`tests.lab.kernels.KERNELS`.
        payload: The disk with the advisor.
        thorough: Whether it is scanned as root, captured and measured too.
        asks: Whether a user without rights then has the kernel load all they can.

    Raises:
        UnavailableError: Something it needs cannot be had here.
        BootError: It does not boot, although that was tried several times.
        GuestError: It went silent twice.
    """
    try:
        return _visit(machine, kernel, payload, thorough=thorough, asks=asks)
    except BootError:
        raise
    except GuestError:
        return _visit(machine, kernel, payload, thorough=thorough, asks=asks)


def _visit(machine: Machine, kernel: str, payload: Path, *, thorough: bool, asks: bool) -> Visit:
    with ready_guest(machine, kernel, payload) as guest:
        if machine.plugged:
            guest.plug(machine.plugged)
        if machine.vsock:
            guest.plug_vsock()
        first = guest.run(ADVISOR, *_SCAN, user="lab", timeout=300)
        scan = cast("Document", json.loads(first.out))
        root, capture, times = scan, b"", Times(0, 0)
        if thorough:
            again = guest.run(ADVISOR, *_SCAN, timeout=300)
            root = cast("Document", json.loads(again.out))
            times = Times(
                min(guest.run(*_FLOOR, user="lab").cpu for _ in range(_TIMES)),
                min(guest.run(ADVISOR, "scan", user="lab").cpu for _ in range(_SCANS)),
            )
        if thorough or asks:
            capture = guest.run(ADVISOR, "capture", "-o", "-", user="lab", timeout=300).out
        told = told_by(guest)
        return Visit(
            machine=machine,
            kernel=kernel,
            release=guest.run("uname", "-r").text.strip(),
            version=installed(BY_NAME[kernel]).version,
            scan=scan,
            root=root,
            capture=capture,
            loaded=loaded_by_a_user(guest) if asks else (),
            told=told,
            errors=first.err,
            times=times,
        )


def told_by(guest: Guest) -> Mapping[str, str]:
    """Return what the guest's own tools print."""
    text = guest.run("sh", "-s", stdin=(FILES / "oracle.sh").read_bytes(), timeout=300).text
    parts = (part.partition("\n") for part in text.split("\n=== ")[1:])
    return {name: body for name, _, body in parts}


def loaded_by_a_user(guest: Guest) -> tuple[str, ...]:
    """Return the modules that a user without rights has the kernel load."""
    asks = (FILES / "asks.py").read_bytes()
    text = guest.run("python3", "-", user="lab", stdin=asks, timeout=600).text
    return tuple(cast("list[str]", json.loads(text)))
