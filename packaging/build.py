"""``python packaging/build.py KIND... FOLDER``: build packages of the checkout this file is in.

A kind is ``wheel``, ``deb`` or ``zipapp``, all made from one wheel, or ``texts``: the man page and
the files for completion, for those who package it elsewhere. See docs/install.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from from_source import build_wheel

KINDS = ("wheel", "deb", "zipapp", "texts")


def main(arguments: list[str]) -> int:
    """Build what the arguments name, and tell file, size and time; return the status."""
    kinds, folder = arguments[:-1], Path(arguments[-1] if arguments else "")
    if not kinds or not set(kinds) <= set(KINDS):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    if "texts" in kinds:
        from texts import write_texts  # noqa: PLC0415 - it needs typer; a wheel does not

        write_texts(folder)
    if set(kinds) == {"texts"}:
        return 0
    wheel = _timed(lambda: build_wheel(folder))
    if "deb" in kinds:
        from deb_package import build_deb  # noqa: PLC0415 - as above

        _timed(lambda: build_deb(wheel, folder))
    if "zipapp" in kinds:
        from one_file import build_zipapp  # noqa: PLC0415 - only a zipapp needs it

        _timed(lambda: build_zipapp(wheel, folder))
    return 0


def _timed(make: Callable[[], Path]) -> Path:
    start = time.monotonic()
    made = make()
    size = made.stat().st_size / 1_000_000
    print(f"{made}  {size:.1f} MB, {time.monotonic() - start:.1f} s")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
