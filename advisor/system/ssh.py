"""Machines at the other end of a wire, read through the user's own ssh.

The capture agent goes in on standard input and a capture comes back; nothing is left there.
"""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Final, NamedTuple

from advisor.errors import AdvisorError, ExitStatus
from advisor.system.agent.unpack import text
from advisor.system.capture_agent import source
from advisor.system.recorded import RecordedSystem
from advisor.system.tarball import MOST_BYTES

_SECONDS: Final = 180
_AT_ONCE: Final = 8
_GZIP: Final = b"\x1f\x8b\x08"
_MOST_NOISE: Final = 65536
_MOST_LINES: Final = 15  # blocks of 4 kB of what ssh says
_OPTIONS: Final = ("-T", "-o", "ConnectTimeout=15")
_UNATTENDED: Final = ("-o", "BatchMode=yes")
_SSH_FAILED: Final = 255
_NOT_FOUND: Final = 127

Progress = Callable[[str, str], None]
"""Is told a host and what became of it: ``reading``, ``done``, ``failed``."""


def capture_hosts(
    hosts: Sequence[str], *, ssh: str = "ssh", progress: Progress | None = None
) -> Iterator[RecordedSystem | AdvisorError]:
    """Yield every host's capture, or why there is none, in the order of the hosts.

    Several are read at once. One alone may ask for a passphrase on the terminal; several may not,
    since nobody could tell which of them asks.

    Args:
        hosts: What ssh is told: ``root@nas``, a name of the user's own ssh configuration.
        ssh: The program.
        progress: Is called as hosts are begun and ended, from several threads.
    """
    if len(hosts) == 1:
        yield _told(hosts[0], ssh, (), progress)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - 18 ms, for several hosts only

    agent = source().encode()

    def told(host: str) -> RecordedSystem | AdvisorError:
        return _told(host, ssh, _UNATTENDED, progress, agent)

    with ThreadPoolExecutor(min(_AT_ONCE, len(hosts) or 1)) as pool:
        yield from pool.map(told, hosts)


def _told(
    host: str,
    ssh: str,
    options: tuple[str, ...],
    progress: Progress | None,
    agent: bytes | None = None,
) -> RecordedSystem | AdvisorError:
    """Return a host's capture or its error, and tell of it."""
    if progress is not None:
        progress(host, "reading")
    found: RecordedSystem | AdvisorError
    try:
        found = capture_host(host, ssh=ssh, options=options, agent=agent)
    except AdvisorError as error:
        found = error
    if progress is not None:
        progress(host, "failed" if isinstance(found, AdvisorError) else "done")
    return found


def capture_host(
    host: str, *, ssh: str = "ssh", options: tuple[str, ...] = (), agent: bytes | None = None
) -> RecordedSystem:
    """Return what a host says of itself.

    Raises:
        AdvisorError: It cannot be reached, has no Python, or does not send a capture.
    """
    if not host or host.startswith("-") or any(c.isspace() or not c.isprintable() for c in host):
        raise AdvisorError(f"this is no host: {host!r}", status=ExitStatus.USAGE)
    argv = (ssh, *_OPTIONS, *options, "--", host, "python3 -")
    try:
        done = _asked(argv, source().encode() if agent is None else agent)
    except FileNotFoundError:
        raise AdvisorError(
            f"there is no program {ssh} here",
            hint="install an ssh client: apt install openssh-client",
            status=ExitStatus.IO,
        ) from None
    if done.late:
        raise _failed(host, f"it did not answer within {_SECONDS} s", "")
    if len(done.sent) > MOST_BYTES:
        raise _failed(host, f"it sent more than {MOST_BYTES >> 20} MiB", "")
    if done.status:
        raise _failed(host, *_reason(done.status, text(done.said)))
    start = done.sent[:_MOST_NOISE].find(_GZIP)
    if start < 0:
        raise _failed(host, "what it sent is no capture", "its shell may print something at log-in")
    return RecordedSystem(io.BytesIO(done.sent[start:]), host)


class _Done(NamedTuple):
    """How a call of ssh ended: its status, what came back, what it said besides, whether in time."""

    status: int
    sent: bytes
    said: bytes
    late: bool


def _asked(argv: Sequence[str], agent: bytes) -> _Done:
    """Run ssh; what a host sends without an end is cut off, in size and in time."""
    import threading  # noqa: PLC0415 - only where a host is asked

    late: list[bool] = []
    said: list[bytes] = []
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:

        def stop() -> None:
            late.append(True)
            process.kill()

        clock = threading.Timer(_SECONDS, stop)
        threads = (
            threading.Thread(target=_feed, args=(process.stdin, agent), daemon=True),
            threading.Thread(target=_drain, args=(process.stderr, said), daemon=True),
        )
        for thread in (clock, *threads):
            thread.start()
        try:
            sent = _at_most(process.stdout, MOST_BYTES + 1)
            if len(sent) > MOST_BYTES:
                process.kill()
            status = process.wait()
        finally:
            clock.cancel()
            process.kill()
        for thread in threads:
            thread.join(timeout=5)
    return _Done(status, sent, b"".join(said), bool(late))


def _at_most(source: IO[bytes] | None, most: int) -> bytes:
    parts: list[bytes] = []
    while (
        source is not None and most > 0 and (part := os.read(source.fileno(), min(most, 1 << 16)))
    ):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _drain(source: IO[bytes] | None, said: list[bytes]) -> None:
    """Keep the end of what a stream says, however much that is."""
    while source is not None and (part := source.read(1 << 12)):
        said[:] = [*said[-_MOST_LINES:], part]


def _feed(target: IO[bytes] | None, agent: bytes) -> None:
    if target is not None:
        with suppress(OSError), target:
            target.write(agent)


def _reason(status: int, said: str) -> tuple[str, str]:
    """Return what went wrong and what to do, from how ssh ended and what it said."""
    last = (said.strip().splitlines() or ["no reason given"])[-1][:300]
    if status == _SSH_FAILED:
        return last, "see that 'ssh HOST true' works"
    if status == _NOT_FOUND:
        return "it has no python3", "run the capture agent there with any Python from 3.8 on"
    if "SyntaxError" in said:
        return "its python3 is older than 3.8", "run the capture agent there with a newer Python"
    return f"the capture agent ended with status {status}: {last}", ""


def _failed(host: str, what: str, hint: str) -> AdvisorError:
    return AdvisorError(f"{host} could not be read: {what}", hint=hint, status=ExitStatus.IO)
