"""Where the lab keeps what it made: each thing once, made anew when its recipe changes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

_ROOM = 8 << 30
_LEAST = 256 << 20
_FAILED: dict[str, str] = {}


class UnavailableError(Exception):
    """Something that the lab needs cannot be had here; its text is the reason a test is skipped."""


def cache_folder() -> Path:
    """Return the folder outside the tree that holds roots, kernels, states and results.

    Raises:
        UnavailableError: The filesystem has no room for it.
    """
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(os.environ.get("ADVISOR_LAB_CACHE") or f"{base}/advisor-lab")
    folder.mkdir(parents=True, exist_ok=True)
    room = shutil.disk_usage(folder).free
    if room < _ROOM and not (folder / "states").exists():
        raise UnavailableError(
            f"{folder} has {room >> 30} GiB free, the lab fills up to {_ROOM >> 30}"
        )
    return folder


def made(name: str, recipe: object, make: Callable[[Path], None]) -> Path:
    """Return the folder of a thing, made if it is not there or its recipe has changed.

    A reason why it could not be made is kept for this run, so that it is looked for only once.

    Args:
        name: Its place in the cache: ``kernels/6.12``.
        recipe: Everything it depends on, in JSON types.
        make: Fills an empty folder; what it leaves there is the thing.

    Raises:
        UnavailableError: It cannot be made here.
    """
    folder = cache_folder() / name
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()
    with locked(folder):
        stamp = folder / ".recipe"
        if stamp.exists() and stamp.read_text() == digest:
            return folder
        if name in _FAILED:
            raise UnavailableError(_FAILED[name])
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            _fill(folder, make)
        except UnavailableError as error:
            _FAILED[name] = str(error)
            raise
        stamp.write_text(digest)
    return folder


def _fill(folder: Path, make: Callable[[Path], None]) -> None:
    """Make a thing; whatever fails on a full disk does so for want of room."""
    try:
        make(folder)
    except Exception as error:
        room = shutil.disk_usage(folder).free
        if room > _LEAST:
            raise
        raise UnavailableError(f"{folder} has only {room >> 20} MiB free") from error


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Keep the other test processes away from one thing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest_of(*paths: Path) -> str:
    """Return what tells one content of some files from another."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()
