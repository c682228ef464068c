"""Runs in a guest: reads commands from a serial line, answers with what they printed.

A command is one line of JSON; an answer is one line of JSON and, packed, the bytes it announces.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import resource
import subprocess
import sys
import termios
import time
import tty
import zlib
from collections.abc import Iterator, Mapping
from typing import TypedDict

_TRIES = 600
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Command(TypedDict):
    """A command."""

    argv: list[str]


class Asked(Command, total=False):
    """What the host sends: a command, who runs it, what it reads, how long it may take."""

    user: str
    stdin: str
    timeout: float


def open_line(name: str) -> int:
    """Open the line: the virtio port of that name, or the serial port."""
    paths = (pathlib.Path("/dev/virtio-ports", name), pathlib.Path("/dev", name))
    for _ in range(_TRIES):
        for path in paths:
            if path.exists():
                line = os.open(path, os.O_RDWR)
                if os.isatty(line):
                    tty.setraw(line, termios.TCSANOW)
                return line
        time.sleep(0.1)
    raise SystemExit(f"no line {name}")


def run(asked: Asked) -> tuple[Mapping[str, object], bytes]:
    """Run one command and return its answer and its output, packed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    user = asked.get("user")
    home = f"/home/{user}" if user else "/root"
    try:
        done = subprocess.run(
            asked["argv"],
            input=base64.b64decode(asked.get("stdin", "")),
            capture_output=True,
            timeout=asked.get("timeout", 120),
            env={"PATH": _PATH, "HOME": home, "LANG": "C.UTF-8"},
            cwd="/tmp",
            check=False,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
        status, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        status, out, err = -1, late.stdout or b"", b"timed out"
    except OSError as error:
        status, out, err = 127, b"", str(error).encode()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    packed = zlib.compress(out, 1)
    answer = {
        "status": status,
        "err": err.decode(errors="replace"),
        "seconds": time.perf_counter() - start,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "length": len(packed),
    }
    return answer, packed


def commands(line: int) -> Iterator[bytes]:
    """Yield what the host asks, for ever."""
    waiting: bytes = b""
    while True:
        part: bytes = os.read(line, 4096)
        if not part:
            time.sleep(0.05)
        waiting += part
        *whole, waiting = waiting.split(b"\n")
        yield from (text for text in whole if text.startswith(b"{"))


def main() -> None:
    """Say that it is there, then answer for ever."""
    line = open_line(sys.argv[1])
    os.write(line, b"ready\n")
    for text in commands(line):
        answer, packed = run(json.loads(text))
        data = json.dumps(answer).encode() + b"\n" + packed
        while data:
            data = data[os.write(line, data) :]


if __name__ == "__main__":
    main()
