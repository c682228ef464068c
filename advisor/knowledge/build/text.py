"""The knowledge base as text: what stands in git and is compiled for a scan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build import kbuild_map
from advisor.knowledge.build.record import Record, parse_line
from advisor.knowledge.sites import Unit
from advisor.system import files


def write_records(folder: Path, records: Iterable[Record]) -> None:
    """Write one file a year, one record a line, by number; the same records give the same bytes.

    Raises:
        AdvisorError: A file cannot be written; what was there stays.
    """
    years: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        years[record.id.split("-")[1]].append(record)
    for year, found in years.items():
        lines = (record.to_line() for record in sorted(found, key=lambda record: record.sort_key))
        write_text(folder / f"{year}.jsonl", "".join(f"{line}\n" for line in lines))


def read_records(folder: Path) -> Iterator[Record]:
    """Yield the records that :func:`write_records` wrote, by year and number.

    Raises:
        AdvisorError: A line is damaged; file and line are named.
    """
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(_lines(path), 1):
            try:
                yield parse_line(line)
            except (ValueError, RecursionError) as error:
                raise AdvisorError(
                    f"damaged record, {path}:{number}: {error}",
                    hint="restore the file from git",
                    status=ExitStatus.BAD_DATA,
                ) from error


def _lines(path: Path) -> Iterator[str]:
    """Yield a file's lines; the error names a file that is no text or cannot be read."""
    try:
        with path.open(encoding="utf-8") as lines:
            yield from lines
    except (OSError, UnicodeDecodeError) as error:
        raise AdvisorError(
            f"damaged data, {path}: {error}",
            hint="restore the file from git",
            status=ExitStatus.BAD_DATA,
        ) from error


def read_units(folder: Path) -> Mapping[str, tuple[Unit, ...]]:
    """Return what every file of every kernel tree that was read is compiled into.

    Args:
        folder: What :func:`advisor.knowledge.build.kbuild_map.save_maps` wrote.

    Raises:
        AdvisorError: There is none, or it is damaged.
    """
    shared: dict[object, tuple[Unit, ...]] = {}
    found: dict[str, tuple[Unit, ...]] = {}
    for file in kbuild_map.load_maps(folder):
        units = shared.get(file.units)
        if units is None:
            units = shared[file.units] = tuple(Unit(*unit) for unit in file.units)
        found[file.path] = units
    return found


def read_moved(path: Path) -> dict[str, str]:
    """Return where files went that no kernel tree has any more: path or folder -> path or folder.

    Raises:
        AdvisorError: A line is damaged; it is named.
    """
    moved: dict[str, str] = {}
    for number, line in enumerate(_lines(path), 1):
        old, tab, new = line.rstrip("\n").partition("\t")
        if line.startswith("#"):
            continue
        if not tab or old.endswith("/") != new.endswith("/") or old in moved:
            raise AdvisorError(
                f"damaged list of moved files, {path}:{number}",
                hint="restore the file from git",
                status=ExitStatus.BAD_DATA,
            )
        moved[old] = new
    return moved


def read_trees(folder: Path) -> str:
    """Return the releases whose trees the map of files was made of: ``6.1 6.12 7.3``."""
    for path in sorted(folder.glob("*.tsv")):
        return " ".join(next(_lines(path), "").split()[1:])
    return ""


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step: whoever reads it sees the old text or the new, never half.

    Raises:
        AdvisorError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdvisorError(
            f"cannot write {path}: {error.strerror}", status=ExitStatus.IO
        ) from error
    files.write_text(path, text, mode=0o644)
