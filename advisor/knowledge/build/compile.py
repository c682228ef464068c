"""Compile everything under ``data/`` into one database; ``setup.py`` and ``make database`` call this."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge import curated, reference
from advisor.knowledge.build import kbuild_map, text
from advisor.knowledge.build.changelog_facts import read_facts
from advisor.knowledge.build.database import Curated, Parts, compile_database
from advisor.knowledge.sites import Unit


def compile_data(data: Path, target: Path) -> None:
    """Write the database of a checkout's data; the same data give the same bytes.

    Args:
        data: The folder ``data`` of a checkout or a source package.
        target: The SQLite file.

    Raises:
        AdvisorError: Something in the data is damaged, or the file cannot be written; what was
            there stays.
    """
    compile_database(target, read_parts(data))


def read_parts(data: Path) -> Parts:
    """Return everything under ``data/``, read and checked.

    Raises:
        AdvisorError: Something in it is damaged.
    """
    records = list(text.read_records(data / "kernel-cves"))
    return Parts(
        records=records,
        units=_read_units(data / "kernel-files"),
        meta=_meta(len(records)),
        releases=list(read_facts(data / "changelog-facts")),
        curated=_read_curated(data / "fixes.json"),
        series=reference.load_series(_read(data / "series.json")),
        drivers=reference.load_drivers(_read(data / "drivers.json")),
        exploited=reference.load_exploited(_read(data / "exploited.json")),
    )


def _meta(records: int) -> dict[str, str]:
    return {"records": str(records), "snapshot": "2026-08-21"}


def _read_units(folder: Path) -> Mapping[str, tuple[Unit, ...]]:
    shared: dict[object, tuple[Unit, ...]] = {}
    found: dict[str, tuple[Unit, ...]] = {}
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8") as lines:
            for file in kbuild_map.read_map(lines):
                units = shared.get(file.units)
                if units is None:
                    units = shared[file.units] = tuple(Unit(*unit) for unit in file.units)
                found[file.path] = units
    return found


def _read_curated(path: Path) -> tuple[Curated, ...]:
    whole = _read(path)
    entries = curated.load(whole)
    bodies = cast("dict[str, list[dict[str, object]]]", json.loads(whole))["fixes"]
    return tuple(Curated(*pair) for pair in zip(entries, bodies, strict=True))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AdvisorError(
            f"cannot read the data, {path}: {error}",
            hint="restore the file from git",
            status=ExitStatus.IO,
        ) from error


def main(arguments: Sequence[str]) -> int:
    """Compile the data folder and write the file that the arguments name; return the status."""
    if len(arguments) != 2:  # noqa: PLR2004 - as the message says
        sys.stderr.write("advisor: error: give the folder data and the file to write\n")
        return ExitStatus.USAGE
    try:
        compile_data(Path(arguments[0]), Path(arguments[1]))
    except AdvisorError as error:
        sys.stderr.write(f"advisor: error: {error.what}\nadvisor: hint: {error.hint}\n")
        return error.status
    return ExitStatus.OK


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
