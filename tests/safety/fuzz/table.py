"""The table of what was fuzzed, for people and for ``docs/fuzzing.md``."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

START: Final = "<!-- fuzz: written by python -m tests.safety.fuzz --write -->"
END: Final = "<!-- fuzz: end -->"


class Row(NamedTuple):
    """What all cases of one parser gave."""

    name: str
    reads: str
    cases: int
    refused: int
    crashes: int
    slowest: float
    slowest_case: int


def print_rows(rows: Iterable[Row], *, header: bool = True) -> None:
    """Print rows of the table for a terminal."""
    if header:
        print(f"{'parser':<18}{'cases':>9}{'refused':>9}{'crashes':>8}{'slowest':>9}  case")
    for row in rows:
        text = f"{row.name:<18}{row.cases:>9,}{row.refused:>9,}{row.crashes:>8}"
        print(f"{text}{row.slowest:>8.3f}s  {row.slowest_case}", flush=True)


def write_page(
    path: Path, rows: Sequence[Row], cases: int, seed: int, order: Iterable[str]
) -> None:
    """Write rows into the table between its marks on a page; rows of other parsers stay."""
    head, _, rest = path.read_text("utf-8").partition(START)
    old, _, tail = rest.partition(END)
    known = {row.name: row for row in read_rows(old)} | {row.name: row for row in rows}
    whole = [known[name] for name in order if name in known]
    path.write_text(f"{head}{START}\n{table(whole, cases, seed)}{END}{tail}", "utf-8")


def read_rows(text: str) -> list[Row]:
    """Return the rows of a table that :func:`table` wrote."""
    found: list[Row] = []
    for line in text.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.replace("\\|", "\0").split("|")[1:-1]]
            cases, refused, crashes = (int(cell.replace(",", "")) for cell in cells[2:5])
            slowest = int(cells[5].split()[0]) / 1000
            found.append(Row(cells[0].strip("`"), cells[1], cases, refused, crashes, slowest, 0))
    return found


def table(rows: Sequence[Row], cases: int, seed: int) -> str:
    """Return the table as Markdown, with the command that makes it."""
    lines = [
        "",
        f"`python -m tests.safety.fuzz --cases {cases} --seed {seed}`, "
        f"Python {platform.python_version()}:",
        "",
        "| parser | reads | cases | refused | crashes | slowest case |",
        "|---|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| `{row.name}` | {row.reads} | {row.cases:,} | {row.refused:,} | {row.crashes} "
        f"| {row.slowest * 1000:.0f} ms |"
        for row in rows
    ]
    total = sum(row.cases for row in rows)
    crashes = sum(row.crashes for row in rows)
    lines += ["", f"{total:,} cases in all, {crashes} crashes.", ""]
    return "\n".join(lines) + "\n"
