"""What is found out on the machine itself: facts, and the output of commands."""

# Runs on any Python from 3.8 on, with the standard library only (see capture_agent.py).
# ruff: noqa: PLC0415, PTH110, PTH123
from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from advisor.system.agent.keep import kept
from advisor.system.agent.manifest import COMMAND_SECONDS, COMMANDS, MIB, Rule
from advisor.system.agent.netlink import fact_links, fact_wireless
from advisor.system.agent.reading import Reader, why
from advisor.system.agent.unpack import text


def fact_uname(reader: Reader) -> str:
    """Return the kernel's name for itself: system, host, release, version and machine, a line each."""
    names = os.uname()
    fields = (names.sysname, names.nodename, reader.release, names.version, names.machine)
    return "".join(field + "\n" for field in fields)


def fact_space(reader: Reader) -> str:
    """Return free and total MiB of the filesystems that a kernel needs: ``/boot 412 975``."""
    lines: list[str] = []
    for path in ("/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var"):
        try:
            space = os.statvfs(reader.root + path)
        except OSError:
            continue
        free, total = (n * space.f_frsize // MIB for n in (space.f_bavail, space.f_blocks))
        lines.append(f"{path} {free} {total}\n")
    return "".join(lines)


def fact_session(reader: Reader) -> str:
    """Return how this session came and what it may do: ``ssh eth0`` or ``local``, and ``euid 0``."""
    client = "" if reader.root else ssh_client()
    name = route_to(reader, client) if client else ""
    return (f"ssh {name}\n" if client else "local\n") + f"euid {os.geteuid()}\n"


def ssh_client() -> str:
    """Return the address from which this session came by ssh, ``""`` where it did not.

    ``sudo`` and ``su`` drop the variable, so the parents are asked as well.
    """
    found = os.environ.get("SSH_CONNECTION", "")
    process = os.getppid()
    for _ in range(16):
        if found or process <= 1:
            break
        try:
            with open(f"/proc/{process}/environ", "rb") as file:
                variables = file.read(MIB).split(b"\0")
            with open(f"/proc/{process}/stat", "rb") as file:
                process = int(file.read(4096).rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
        found = next((text(v[15:]) for v in variables if v.startswith(b"SSH_CONNECTION=")), "")
    return found.split(" ")[0].split("%")[0]


def route_to(reader: Reader, address: str) -> str:
    """Return the interface of the longest route to an address, ``""`` where none is found."""
    import socket

    if address.startswith("::ffff:") and "." in address:
        address = address[7:]
    if address.startswith("127.") or address == "::1":
        return "lo"
    is_v6 = ":" in address
    path = "/proc/net/ipv6_route" if is_v6 else "/proc/net/route"
    best = (-1, 0, "")
    try:
        table = reader.content(path, Rule(16 * MIB, "")).splitlines()
        packed = socket.inet_pton(socket.AF_INET6 if is_v6 else socket.AF_INET, address)
        wanted = int.from_bytes(packed, "big" if is_v6 else "little")
        for words in (text(line).split() for line in table[0 if is_v6 else 1 :]):
            if is_v6:
                length, shift = int(words[1], 16), 128 - int(words[1], 16)
                if int(words[0], 16) >> shift == wanted >> shift and words[9] != "lo":
                    best = max(best, (length, -int(words[5], 16), words[9]))
            elif wanted & int(words[7], 16) == int(words[1], 16):
                best = max(best, (bin(int(words[7], 16)).count("1"), -int(words[6]), words[0]))  # noqa: FURB161 - 3.8
    except (OSError, ValueError, IndexError):
        return ""
    return best[2]


KMSG = "/dev/kmsg"

JOURNAL = (
    "journalctl",
    "-k",
    "-b",
    "-q",
    "--no-pager",
    "-o",
    "json",
    "--output-fields=PRIORITY,MESSAGE",
)

MOST_RECORDS = 65536

MOST_ERRORS = 200

LONGEST_LINE = 200

WORST_LEVELS = (b"0", b"1", b"2", b"3")


def log_records(reader: Reader) -> Iterator[bytes]:
    """Yield the records of the kernel's ring buffer, oldest first.

    Source:
        Documentation/ABI/testing/dev-kmsg: one read gives one record, EAGAIN comes at the end, EPIPE
        where records were overwritten meanwhile.
    """
    handle = os.open(reader.root + KMSG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        for _ in range(MOST_RECORDS):
            try:
                record = os.read(handle, 8192)
            except BlockingIOError:
                return
            except BrokenPipeError:
                continue
            if not record:
                return
            yield record
    finally:
        os.close(handle)


def kernel_errors(records: Iterable[bytes]) -> Iterator[str]:
    """Yield the messages of the kernel itself that are errors or worse."""
    for record in records:
        head, _, message = record.partition(b";")
        level = head.split(b",", 1)[0]
        if level in WORST_LEVELS:  # a facility would add 8 and more
            yield text(message.split(b"\n", 1)[0])


def journal_errors(content: bytes) -> Iterator[str]:
    """Yield the same from what journalctl prints; OSError where it shows this user nothing."""
    import json

    lines = content.split(b"\n", MOST_RECORDS)[:MOST_RECORDS]
    is_empty = True
    for line in lines:
        if not line.startswith(b"{"):
            continue
        try:
            said: object = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(said, dict):
            continue
        is_empty = False
        fields = cast("dict[str, object]", said)
        level, message = fields.get("PRIORITY"), fields.get("MESSAGE")
        if isinstance(message, str) and level in ("0", "1", "2", "3"):
            yield message
    if is_empty:
        raise OSError(errno.EACCES, "permission denied")


def told_errors(errors: Iterable[str]) -> Iterator[str]:
    """Yield errors as lines, each once, short, without control characters and addresses."""
    import re

    address = re.compile(
        r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b|\b(?:\d{1,3}\.){3}\d{1,3}\b"
        r"|\b(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{1,4}\b(?!\.)"
        r"|\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"
    )
    pci = re.compile(r"\b[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b")
    seen: set[str] = set()
    for error in errors:
        parts = pci.split(error[: 4 * LONGEST_LINE])
        names = [*pci.findall(error[: 4 * LONGEST_LINE]), ""]
        line = "".join(address.sub("ADDRESS", p) + name for p, name in zip(parts, names))  # noqa: B905 - 3.8
        line = "".join(c if c.isprintable() else " " for c in line).strip()[:LONGEST_LINE]
        if line and line not in seen:
            seen.add(line)
            yield line
            if len(seen) >= MOST_ERRORS:
                return


def fact_log(reader: Reader) -> str:
    """Return the errors in the kernel's log, a line each, below one that says where they were read."""
    try:
        errors = list(told_errors(kernel_errors(log_records(reader))))
        source = KMSG
    except PermissionError as error:
        try:
            said = output_of(reader, "/usr/bin/journalctl", JOURNAL)
            errors = list(told_errors(journal_errors(said)))
        except OSError:
            raise error from None
        source = "journalctl -k -b"
    return "".join(line + "\n" for line in (f"source {source}", *errors))


FACTS: dict[str, Callable[[Reader], str]] = {
    "uname": fact_uname,
    "space": fact_space,
    "session": fact_session,
    "links": fact_links,
    "wireless": fact_wireless,
    "log": fact_log,
}


def output_of(reader: Reader, needs: str, argv: tuple[str, ...]) -> bytes:
    """Return what a command printed, OSError where it failed, took long or printed much."""
    if reader.root or not os.path.exists(needs):
        raise OSError(errno.ENOENT, "not installed")
    import subprocess

    environment = dict(os.environ, LC_ALL="C.UTF-8", PATH="/usr/sbin:/usr/bin:/sbin:/bin")
    argv = tuple(part.replace("{release}", reader.release) for part in argv)
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise OSError(errno.ETIMEDOUT, f"took longer than {COMMAND_SECONDS} s") from None
    if done.returncode:
        raise OSError(errno.EIO, f"ended with status {done.returncode}")
    return done.stdout


def run(reader: Reader, name: str) -> str | None:
    """Return what a fact or a command of the manifest says, None where it says nothing."""
    try:
        if name in FACTS:
            return FACTS[name](reader)
        for known, needs, argv, keep in COMMANDS:
            if known == name:
                return text(kept(output_of(reader, needs, argv), Rule(64 * MIB, keep)))
    except (OSError, ValueError, struct.error) as error:
        reader.reasons[name] = why(error)
        return None
    raise LookupError(f"{name} is not in the manifest")
