"""`make bench`: what the advisor costs beside the programs one could ask instead.

    python benchmarks/run.py [--records FILE] [--cache FOLDER] [--captures N] [--quick]

Writes docs/benchmarks.md. With ``--records`` (the kernel CNA's records, a folder or a tar) the tools
that read records are set up below the cache and fed the same ones. ``--quick`` only prints.
"""

from __future__ import annotations

import argparse
import compileall
import csv
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from measure import PYTHON, Cost, cost, least
from peers import VERSION, Peer, machine_peers, record_peers

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/benchmarks.md"
RECORDINGS = sorted((ROOT / "tests/machines").glob("*.tar.gz"))
ADVISOR = (PYTHON, "-m", "advisor")
ONE = RECORDINGS[1]
HEAD = "| command | CPU ms | of the floor | wall ms | MB |\n|---|---|---|---|---|"
FLOOR = (
    ("python -c pass", "pass"),
    ("python -c 'import sqlite3, json, re, enum, typing, pathlib, datetime'", ""),
    ("python -c 'import typer'", ""),
)
OWN = (
    ("advisor --version", ("--version",)),
    ("advisor scan", ("scan",)),
    ("advisor scan --format json", ("scan", "--format", "json")),
    (f"advisor scan --from {ONE.name}", ("scan", "--from", str(ONE))),
    (f"advisor report --from {ONE.name}", ("report", "--from", str(ONE), "-o", os.devnull)),
)
ASKED = (f"advisor kb affected {VERSION}", ("kb", "affected", VERSION, "--format", "json"))


def main() -> None:
    """Measure all of it, print it, and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=Path)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/advisor-bench")
    parser.add_argument("--captures", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="the advisor alone; writes nothing")
    options = parser.parse_args()
    compileall.compile_dir(ROOT / "advisor", quiet=1)  # an interpreter may be told to write none
    options.cache.mkdir(parents=True, exist_ok=True)
    records = options.records and options.records.resolve()
    peers = [] if options.quick else machine_peers()
    readers = [] if options.quick else record_peers(options.cache.resolve(), records)
    os.chdir(ROOT)
    lines: list[str] = []
    for line in _page(peers, readers, options.cache, options.captures):
        print(line, flush=True)
        lines.append(line)
    if not options.quick:
        PAGE.write_text("\n".join(lines) + "\n", "utf-8")


def _page(peers: list[Peer], readers: list[Peer], cache: Path, captures: int) -> Iterator[str]:
    yield (ROOT / "benchmarks/head.md").read_text("utf-8")
    yield f"{_machine()}; {datetime.now(UTC):%Y-%m-%d}.\n"
    runs = [("python -c pass", (PYTHON, "-c", "pass"))]
    runs += [(shown, (PYTHON, "-c", shown.split("'")[1])) for shown, _ in FLOOR[1:]]
    runs += [(shown, (*ADVISOR, *argv)) for shown, argv in (*OWN, ASKED)]
    own = dict(zip([shown for shown, _ in runs], least([argv for _, argv in runs]), strict=True))
    floor = own["python -c pass"]
    yield f"## A scan of this machine\n\n{HEAD}"
    yield from (_row(shown, found, floor) for shown, found in own.items() if shown != ASKED[0])
    yield from _beside(peers, own["advisor scan"], floor)
    yield f"\n## Which bugs are open in {VERSION}\n\n{HEAD}"
    yield _row(ASKED[0], own[ASKED[0]], floor)
    yield from _beside(readers, own[ASKED[0]], floor)
    yield from _answers(cache)
    yield from _house(captures, floor)
    yield from _stages()
    yield from _how()


def _beside(peers: Sequence[Peer], own: Cost, floor: Cost) -> Iterator[str]:
    ratios: list[str] = []
    for peer in peers:
        if peer.missing:
            yield f"| `{peer.shown}` | {peer.missing} | | | |"
            continue
        found = cost(
            peer.argv, runs=peer.runs, env={**os.environ, **dict(peer.env)}, most=peer.most
        )
        yield _row(peer.shown, found, floor)
        ratios.append(f"{found.cpu_ms / own.cpu_ms:.1f} times for `{peer.argv[0].split('/')[-1]}`")
    if ratios:
        yield f"\nCPU time in times of the advisor's: {', '.join(ratios)}."


def _answers(cache: Path) -> Iterator[str]:
    """Say what each of those that read records answers."""
    bill, ranges = cache / "sbom.csv", cache / "cve-bin.csv"
    if not (bill.exists() and ranges.exists()):
        return
    letter = _counted("--cna-only")
    with bill.open(encoding="utf-8") as rows:
        affected = sum(row["status"] == "affected" for row in csv.DictReader(rows))
    with ranges.open(encoding="utf-8") as rows:
        found = sum(1 for _ in csv.DictReader(rows))
    for left in ROOT.glob("output.cve-bin-tool.*"):  # it writes over nothing, but beside it
        left.unlink()
    yield (
        f"\nTheir answers, from the same records: {letter:,} open by the CNA's rule "
        f"(`--cna-only`), {_counted():,} with what Debian's changelogs and corrections add; "
        f"sbom-cve-check {affected:,}, which takes the overlapping CPE ranges too; "
        f"cve-bin-tool {found:,}."
    )


def _counted(*more: str) -> int:
    argv = [*ADVISOR, "kb", "affected", VERSION, *more]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return sum(line.startswith("CVE-") for line in done.stdout.splitlines())


def _house(captures: int, floor: Cost) -> Iterator[str]:
    """Scan the recorded machines over and over, as if they were a house of many."""
    yield f"\n## A house of {captures:,} machines\n"
    yield (
        f"`advisor scan --from FOLDER` with {len(RECORDINGS)} recorded machines again and again, "
        "each read, judged and written.\n"
    )
    yield "| captures | as | CPU ms each | of the floor | wall s | MB |\n|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        for number in (captures // 10, captures):
            for n in range(number):
                link = Path(folder) / f"{n:05}.tar.gz"
                if not link.exists():
                    link.symlink_to(RECORDINGS[n % len(RECORDINGS)])
            for shown, form in (("a table", "text"), ("JSON lines", "jsonl")):
                found = cost((*ADVISOR, "scan", "--from", folder, "--format", form), runs=2)
                each = found.cpu_ms / number
                yield (
                    f"| {number:,} | {shown} | {each:.1f} | {each / floor.cpu_ms:.2f} "
                    f"| {found.wall_ms / 1000:.1f} | {found.rss_mb:.0f} |"
                )


def _stages() -> Iterator[str]:
    yield "\n## Where the time of a scan goes\n"
    yield f"CPU ms, the least of ten runs each (`benchmarks/stages.py`): here, and of {ONE.name}.\n"
    yield "| stage | here | recorded |\n|---|---|---|"
    here, there = _staged(), _staged(str(ONE))
    yield from (f"| {name} | {here[name]:.1f} | {there[name]:.1f} |" for name in here)
    yield f"| sum | {sum(here.values()):.1f} | {sum(there.values()):.1f} |"


def _staged(*capture: str) -> dict[str, float]:
    """Return the least that each stage of a scan took."""
    found: dict[str, float] = {}
    for _ in range(10):
        argv = [PYTHON, ROOT / "benchmarks/stages.py", *capture]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            name, _, spent = line.partition("\t")
            found[name] = min(found.get(name, float("inf")), float(spent))
    return found


def _how() -> Iterator[str]:
    yield "\n## How to measure it again\n"
    names = "lshw inxi hw-probe needrestart spectre-meltdown-checker"
    yield f"    apt install {names}\n    make bench ARGS='--records cna-records.tar.xz'\n"
    yield (
        "Not here: strak, the CNA's own tool, is Rust and needs a clone of the kernel (0.4 to 0.7 s "
        "where it was measured); debsecan fetches its data at every run and cannot be asked offline."
    )


def _machine() -> str:
    model = ""
    for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
        if line.startswith("model name"):
            model = line.partition(": ")[2]
            break
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _row(shown: str, found: Cost, floor: Cost) -> str:
    ratio = found.cpu_ms / floor.cpu_ms
    return (
        f"| `{shown}` | {found.cpu_ms:.0f} | {ratio:.1f} | {found.wall_ms:.0f} "
        f"| {found.rss_mb:.0f} |"
    )


if __name__ == "__main__":
    if shutil.which("git") is None:
        sys.exit("benchmarks/run.py needs git for sbom-cve-check's database")
    main()
