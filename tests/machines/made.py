"""Machines made up for a test: a few files, devices and answers, read as a capture is."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from advisor.model.inventory import Device, Inventory
from advisor.probe import probe
from advisor.system.agent.capture import ABOUT, Member, device_members, pack
from advisor.system.agent.manifest import Raw
from advisor.system.recorded import RecordedSystem, load

NOW = 1_795_000_000
RELEASE = "6.12.94+deb13-amd64"
FOLDER = Path(__file__).parent


def system(
    files: Mapping[str, str | bytes] | None = None,
    *,
    devices: Iterable[Raw] = (),
    links: Mapping[str, str] | None = None,
    listed: Mapping[str, Iterable[str]] | None = None,
    unread: Mapping[str, str] | None = None,
    release: str = RELEASE,
    machine: str = "x86_64",
) -> RecordedSystem:
    """Return a machine that holds these files and devices and answers ``uname`` as told."""
    uname = f"Linux\nbox\n{release}\n#1 SMP\n{machine}\n"
    about = {
        "schema": "advisor.capture/1",
        "unread": dict(unread or {}),
        "listed": {path: sorted(names) for path, names in (listed or {}).items()},
    }
    members = {member.path: member for member in device_members(list(devices))}
    members["/commands/uname"] = Member("/commands/uname", uname.encode())
    members[ABOUT] = Member(ABOUT, json.dumps(about).encode())
    for path, content in (files or {}).items():
        data = content.encode() if isinstance(content, str) else content
        members[path] = Member(path, data, modified=NOW - 86400)
    for path, target in (links or {}).items():
        members[path] = Member(path, target=target)
    return RecordedSystem(io.BytesIO(pack(list(members.values()), NOW)), "made.tar.gz")


def inventory(
    files: Mapping[str, str | bytes] | None = None,
    *,
    devices: Iterable[Raw] = (),
    links: Mapping[str, str] | None = None,
    listed: Mapping[str, Iterable[str]] | None = None,
    unread: Mapping[str, str] | None = None,
    release: str = RELEASE,
    machine: str = "x86_64",
) -> Inventory:
    """Return what the probe makes of a made-up machine."""
    made = system(
        files,
        devices=devices,
        links=links,
        listed=listed,
        unread=unread,
        release=release,
        machine=machine,
    )
    return probe(made, now=NOW)


def recorded(name: str) -> RecordedSystem:
    """Return a machine of the hardware lab: ``debian-13-soft``."""
    return load(str(FOLDER / f"{name}.tar.gz"))


def by_id(inventory: Inventory) -> dict[str, Device]:
    """Return the devices under their ids."""
    return {device.id: device for device in inventory.devices}
