"""Which machines a command is about: this one, captures, hosts; opened one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import AdvisorError, ExitStatus

if TYPE_CHECKING:
    from advisor.system.machine import System

_SUFFIXES = (".tar.gz", ".tgz")


def captures_in(paths: Sequence[Path]) -> list[Path]:
    """Return the captures that files and folders name, a folder's by name.

    Raises:
        AdvisorError: There is no such file, or a folder holds no capture.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.name.endswith(_SUFFIXES))
            if not inside:
                raise AdvisorError(
                    f"no capture in the folder, {path}",
                    hint="a capture's name ends in .tar.gz; `advisor capture` makes one",
                    status=ExitStatus.IO,
                )
            found += inside
        else:
            found.append(path)
    return found


def _silent(_: str) -> None:
    pass


def one_system(capture: Path | None) -> System:
    """Return this machine, or the one in a capture.

    Raises:
        AdvisorError: The capture cannot be read.
    """
    found = next(systems([capture] if capture else [], []))
    if isinstance(found, AdvisorError):
        raise found
    return found


def systems(
    captures: Sequence[Path], hosts: Sequence[str], note: Callable[[str], None] = _silent
) -> Iterator[System | AdvisorError]:
    """Yield each machine once it can be read, or why it cannot: one does not spoil the others.

    With neither captures nor hosts that is this machine.
    """
    if not captures and not hosts:
        from advisor.system.live import LiveSystem

        yield LiveSystem()
        return
    for path in captures:
        yield _capture(path)
    if hosts:
        from advisor.system.ssh import capture_hosts

        yield from capture_hosts(hosts, progress=lambda host, state: note(f"{host}: {state}"))


def _capture(path: Path) -> System | AdvisorError:
    from advisor.system.recorded import load

    try:
        return load(str(path))
    except AdvisorError as error:
        return error
