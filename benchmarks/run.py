"""`make bench`: what a scan costs beside the floor of starting Python. Writes docs/benchmarks.md."""

from __future__ import annotations

import compileall
import subprocess
from pathlib import Path

from measure import PYTHON, Cost, cost

ROOT = Path(__file__).parents[1]
IMPORTS = "import sqlite3, json, re, enum, typing, pathlib, datetime"
TYPER = "import typer"
OPEN = (
    "import time; from pathlib import Path; from advisor.knowledge.store import KnowledgeBase\n"
    "from advisor.model.version import parse_version; t = time.process_time()\n"
    "kb = KnowledgeBase(Path('advisor/knowledge/kernel.sqlite'))\n"
    "found = kb.open_in(parse_version('6.12.94')); kb.sites({f.sites for f in found.values()})\n"
    "print((time.process_time() - t) * 1000)"
)


def main() -> None:
    """Measure, print and write the table."""
    compileall.compile_dir(ROOT / "advisor", quiet=1)  # an interpreter may be told to write none
    advisor = [PYTHON, "-m", "advisor"]
    rows = [
        ("python -c pass", cost([PYTHON, "-c", "pass"])),
        (f"python -c '{IMPORTS}'", cost([PYTHON, "-c", IMPORTS])),
        (f"python -c '{TYPER}'", cost([PYTHON, "-c", TYPER])),
        ("advisor --version", cost([*advisor, "--version"])),
        ("advisor scan --format json", cost([*advisor, "scan", "--format", "json"])),
        ("advisor scan", cost([*advisor, "scan"])),
        (
            "advisor kb affected 6.12.94",
            cost([*advisor, "kb", "affected", "6.12.94", "--format", "json"]),
        ),
    ]
    lines = ["| command | CPU ms | of the floor | wall ms | MB |", "|---|---|---|---|---|"]
    lines += [_row(name, found, rows[0][1]) for name, found in rows]
    asked = min(float(_output([PYTHON, "-c", OPEN])) for _ in range(7))
    lines += ["", f"Opening the database, 1,653 open bugs and their places: {asked:.1f} ms CPU."]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    head = (ROOT / "benchmarks/head.md").read_text("utf-8")
    (ROOT / "docs/benchmarks.md").write_text(f"{head}\n{text}", "utf-8")


def _row(name: str, found: Cost, floor: Cost) -> str:
    ratio = found.cpu_ms / floor.cpu_ms
    return f"| `{name}` | {found.cpu_ms:.0f} | {ratio:.1f} | {found.wall_ms:.0f} | {found.rss_mb:.0f} |"


def _output(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True, cwd=ROOT).stdout


if __name__ == "__main__":
    main()
