"""``python -m tests.safety.fuzz``: run many cases on every core, print the table, keep the crashes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.safety.fuzz.table import Row, print_rows, write_page
from tests.safety.fuzz.target import Crash, Result, bind_memory, run_cases, run_data
from tests.safety.fuzz.targets import TARGETS
from tests.safety.fuzz.targets_system import in_memory

_CHUNK = 500


def main(argv: Sequence[str]) -> int:
    """Run what the arguments ask for; the status is 1 where anything crashed."""
    asked = _arguments(argv)
    if asked.replay:
        return _replay(asked.parser[0], Path(asked.replay))
    names = asked.parser or list(TARGETS)
    rows: list[Row] = []
    folder = Path(asked.crashes)
    with (
        TemporaryDirectory(prefix="advisor-fuzz-", dir=in_memory()) as scratch,
        ProcessPoolExecutor(asked.jobs, initializer=_begin, initargs=(scratch,)) as pool,
    ):
        for name in names:
            target = TARGETS[name]
            count = max(1, asked.cases // target.share)
            starts = range(asked.first, asked.first + count, _CHUNK)
            ends = [min(start + _CHUNK, asked.first + count) for start in starts]
            chunks = zip([name] * len(ends), [asked.seed] * len(ends), starts, ends, strict=True)
            row = _row(name, pool.map(_chunk, *zip(*chunks, strict=True)), folder)
            rows.append(row)
            print_rows([row], header=len(rows) == 1)
            if asked.write:
                write_page(Path(asked.write), rows, asked.cases, asked.seed, TARGETS)
    return 1 if any(row.crashes for row in rows) else 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.safety.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="of each cheap parser")
    parser.add_argument("--parser", action="append", choices=list(TARGETS), help="only this one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--crashes", default="/tmp/advisor-crashes", help="where inputs are kept")
    parser.add_argument("--replay", help="run one kept input of the one --parser")
    parser.add_argument("--write", help="the page whose table to write anew")
    return parser.parse_args(argv)


def _begin(scratch: str) -> None:
    """Make a process ready to run cases."""
    os.environ["ADVISOR_FUZZ_FOLDER"] = scratch
    bind_memory()


def _chunk(name: str, seed: int, start: int, end: int) -> Result:
    return run_cases(TARGETS[name], seed, range(start, end))


def _row(name: str, results: Iterable[Result], folder: Path) -> Row:
    """Return the row of a parser; one input of each kind of crash is kept."""
    target = TARGETS[name]
    row = Row(name, target.reads, 0, 0, 0, 0.0, 0)
    kinds: dict[str, int] = {}
    for result in results:
        slower = result.slowest > row.slowest
        row = row._replace(
            cases=row.cases + result.cases,
            refused=row.refused + result.refused,
            crashes=row.crashes + len(result.crashes),
            slowest=result.slowest if slower else row.slowest,
            slowest_case=result.slowest_case if slower else row.slowest_case,
        )
        for crash in result.crashes:
            place = _place(crash)
            kinds[place] = kinds.get(place, 0) + 1
            if kinds[place] == 1:
                folder.mkdir(parents=True, exist_ok=True)
                kept = folder / f"{name}-{crash.number}"
                kept.write_bytes(crash.data)
                print(f"{crash.what}\n  {place}\n  kept: {kept}")
    for place, count in kinds.items():
        if count > 1:
            print(f"  {count} times {place}")
    return row


def _place(crash: Crash) -> str:
    """Return where in the product it happened, and what: one kind of crash."""
    frames = [line for line in crash.trace.splitlines() if line.startswith("  File ")]
    product = [line for line in frames if "/advisor/" in line and "/tests/" not in line]
    return f"{(product or frames or [''])[-1].strip()}, {crash.what.split(':')[0]}"


def _replay(name: str, path: Path) -> int:
    seconds, refused, crash = run_data(TARGETS[name], path.read_bytes())
    print(f"{name}: {seconds:.3f} s, {'refused' if refused else 'answered'}")
    if crash is not None:
        print(crash.trace)
    return int(crash is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
