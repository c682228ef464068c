"""Writing a machine down as one file."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
# ruff: noqa: PLC0415, PTH105, PTH108, PTH110, PTH116, PTH118, PTH123
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from advisor.system.agent.devices import devices, udev_id
from advisor.system.agent.facts import FACTS, run
from advisor.system.agent.manifest import (
    AGENT,
    BUSES,
    COMMANDS,
    LINKS,
    LISTS,
    MOST_NAMES,
    READS,
    UDEV,
    UEVENT,
    Raw,
    star,
)
from advisor.system.agent.reading import Reader, why


class Member(NamedTuple):
    """A file of a capture, or a link where ``target`` says where to; times are seconds since 1970."""

    path: str
    content: bytes = b""
    target: str = ""
    modified: int = 0


def found_paths(reader: Reader, pattern: str) -> list[str]:
    """Return the paths that fit a pattern, in order."""
    paths = [""]
    for name in pattern.replace("{release}", reader.release).split("/")[1:]:
        if "*" in name:
            paths = [
                f"{path}/{n}" for path in paths for n in names_in(reader, path) if star(name, n)
            ]
        else:
            paths = [f"{path}/{name}" for path in paths]
    return paths[:MOST_NAMES]


def names_in(reader: Reader, path: str) -> list[str]:
    """Return the names in a folder, sorted, [] where it cannot be listed."""
    try:
        return sorted(reader.folder(reader.root + path))
    except OSError as error:
        reader.reasons[path] = why(error)
        return []


def device_members(raws: list[Raw]) -> Iterator[Member]:
    """Yield what a capture holds of devices, shaped as sysfs and udev's database are."""
    for raw in raws:
        up = "../" * raw.path.count("/")
        folder = f"/sys{raw.path}/"
        kind = "bus" if raw.subsystem in BUSES else "class"
        yield Member(folder + "subsystem", target=f"{up}{kind}/{raw.subsystem}")
        uevent = "".join(f"{k}={v}\n" for k, v in raw.properties.items() if k in UEVENT)
        yield Member(folder + "uevent", uevent.encode())
        if raw.driver:
            place = f"bus/{raw.subsystem}/drivers/{raw.driver}"
            yield Member(folder + "driver", target=up + place)
            if raw.module:
                yield Member(f"/sys/{place}/module", target=f"../../../../module/{raw.module}")
        names = "".join(f"E:{k}={v}\n" for k, v in raw.properties.items() if k in UDEV)
        if names:
            yield Member(
                f"/run/udev/data/{udev_id(raw.subsystem, raw.path, raw.properties)}", names.encode()
            )
        for name, value in raw.attributes.items():
            if name in {"master", "phy80211"}:
                yield Member(folder + name, target=f"../{value}")
            elif name == "lower":
                for lower in value.split():
                    yield Member(f"{folder}lower_{lower}", target=f"../{lower}")
            else:
                yield Member(folder + name, value.encode())


def file_members(reader: Reader, now: int) -> Iterator[Member]:
    """Yield the files and links that the manifest names."""
    for pattern, _, _ in READS:
        for path in found_paths(reader, pattern):
            content = reader.read(path)
            if content is not None:
                yield Member(path, content, modified=reader.modified(path) or now)
    for pattern in LINKS:
        for path in found_paths(reader, pattern):
            target = reader.readlink(path)
            if target is not None:
                yield Member(path, target=target)


def said_members(reader: Reader) -> Iterator[Member]:
    """Yield what the machine's facts and commands say."""
    for name in [*FACTS, *(command[0] for command in COMMANDS)]:
        said = run(reader, name)
        if said is not None:
            yield Member(f"/commands/{name}", said.encode())


def collect(reader: Reader, now: int) -> list[Member]:
    """Return everything that the manifest names of a machine, by path."""
    found = [
        *device_members(devices(reader.root)),
        *file_members(reader, now),
        *said_members(reader),
    ]
    members = {member.path: member for member in found}
    folders = (path for pattern, _ in LISTS for path in found_paths(reader, pattern))
    listed = {path: reader.names(path) for path in folders}
    told = {path: names for path, names in listed.items() if names is not None}
    return [about(reader, now, told), *(members[path] for path in sorted(members))]


ABOUT = "/advisor/capture.json"


def about(reader: Reader, now: int, listed: dict[str, tuple[str, ...]]) -> Member:
    """Return the member that tells of the capture itself: who read, what could not be read, why."""
    import json

    missing = "no such file or directory"
    said = {
        "schema": "advisor.capture/1",
        "agent": AGENT,
        "time": now,
        "root": os.geteuid() == 0,
        "unread": {path: said for path, said in reader.reasons.items() if said != missing},
        "listed": listed,
    }
    return Member(ABOUT, (json.dumps(said, sort_keys=True) + "\n").encode())


def pack(members: list[Member], now: int) -> bytes:
    """Return members as a ``tar.gz`` that is shaped like a root directory."""
    import gzip
    import io
    import tarfile

    plain, packed = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            entry = tarfile.TarInfo(member.path[1:])
            entry.mtime = member.modified or now
            if member.target:
                entry.type, entry.linkname = tarfile.SYMTYPE, member.target
            else:
                entry.size = len(member.content)
            archive.addfile(entry, io.BytesIO(member.content))
    with gzip.GzipFile("", "wb", 6, packed, now) as stream:
        stream.write(plain.getbuffer())
    return packed.getvalue()


def denied(reader: Reader) -> list[str]:
    """Return what root could have read besides, by path."""
    return sorted(path for path, said in reader.reasons.items() if said == "permission denied")


def put(path: str, packed: bytes) -> None:
    """Write a capture in one step; what is no plain file is written to."""
    import stat

    path = os.path.realpath(path)
    if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        with open(path, "wb") as file:
            file.write(packed)
        return
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:100]}.{os.urandom(6).hex()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(packed)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def main(argv: list[str]) -> int:
    """Write a capture of this machine to standard output or to ``-o FILE``; return the exit status."""
    import sys
    import time

    if argv and argv[:-1] != ["-o"]:
        sys.stderr.write("usage: python3 capture_agent.py [-o FILE]\n")
        return 2
    if not argv and sys.stdout.isatty():
        sys.stderr.write("advisor: error: a capture is no text: name a file with -o, or redirect\n")
        return 2
    reader = Reader()
    now = int(time.time())
    packed = pack(collect(reader, now), now)
    try:
        if argv:
            put(argv[1], packed)
        else:
            sys.stdout.buffer.write(packed)
            sys.stdout.buffer.flush()
    except OSError as error:
        sys.stderr.write(f"advisor: error: the capture cannot be written, {why(error)}\n")
        return 74
    for path in denied(reader):
        sys.stderr.write(f"advisor: not read, root could: {path}\n")
    return 0
