"""Compile everything under ``data/`` into one database; ``setup.py`` and ``make database`` call this."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge import curated, reference
from advisor.knowledge.build import text
from advisor.knowledge.build.changelog_facts import read_facts, read_sources
from advisor.knowledge.build.database import Curated, Parts, compile_database
from advisor.knowledge.build.derive import FACTS, FILES, RECORDS, read_snapshot

_AS_OF = re.compile(r'"as_of": "(\d{4}-\d\d-\d\d)"')


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
    texts = {name: _read(data / f"{name}.json") for name in ("series", "drivers", "exploited")}
    sources = read_sources(data / FACTS)
    meta = {
        "snapshot": read_snapshot(data / RECORDS),
        "changelogs": json.dumps(sources),
        "trees": text.read_trees(data / FILES),
        **{f"{name}_as_of": _as_of(body) for name, body in texts.items()},
    }
    days = [day for name, day in meta.items() if name == "snapshot" or name.endswith("_as_of")]
    meta["newest"] = max(*days, *(source.day for source in sources))
    meta["serial"] = meta["newest"].replace("-", "")
    return Parts(
        records=list(text.read_records(data / RECORDS)),
        units=text.read_units(data / FILES),
        meta=meta,
        moved=text.read_moved(data / "moved-files.tsv"),
        releases=list(read_facts(data / FACTS)),
        curated=_read_curated(data / "fixes.json"),
        series=reference.load_series(texts["series"]),
        drivers=reference.load_drivers(texts["drivers"]),
        exploited=reference.load_exploited(texts["exploited"]),
    )


def _as_of(body: str) -> str:
    """Return the day that a reference file states; its loader tells what is wrong with the file."""
    found = _AS_OF.search(body)
    return found[1] if found else ""


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
