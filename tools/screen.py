"""Make the screen that README.md shows, as text and as a picture, from one recorded machine.

``python tools/screen.py`` writes both; ``--check`` ends with 1 where what stands there is not what
the program prints now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
RECORDING = ROOT / "tests/data/nas.tar.gz"
PICTURE = ROOT / "docs/images/scan.svg"
README = ROOT / "README.md"
COLUMNS = 100
NOW = 1_795_341_600  # 22 November 2026, the day of the recording
BLOCK = re.compile(r"(<!-- screen -->\n```console\n).*?(```\n)", re.DOTALL)

WIDE, HIGH = 7.8, 17  # a letter's width at 13 px, a line's height
EDGE, BAR = 16, 30  # around the text; the window's title
# What a number between ESC [ and m switches on.
LOOKS = {"1": "b", "2": "q", "31": "r", "32": "g", "33": "y", "36": "c"}
STYLE = """\
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#1f2328}
.p{fill:#f6f8fa;stroke:#d0d7de}.k{fill:#1f2328}.o{fill:#afb8c1}.b{font-weight:600}.q{fill:#59636e}
.r{fill:#c4121f}.g{fill:#116329}.y{fill:#7d4e00}.c{fill:#0550ae}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.p{fill:#0d1117;stroke:#30363d}.k{fill:#e6edf3}
.o{fill:#484f58}.q{fill:#9198a1}.r{fill:#ff7b72}.g{fill:#56d364}.y{fill:#e3b341}.c{fill:#79c0ff}}
"""


class Run(NamedTuple):
    """Letters of one line that look alike.

    Attributes:
        column: Where they begin.
        looks: The classes of the style sheet.
    """

    column: int
    text: str
    looks: tuple[str, ...]


def screen(*, colour: bool) -> str:
    """Return what `advisor scan` prints for the recording."""
    command = [sys.executable, "-m", "advisor", "scan", "--from", str(RECORDING)]
    environ = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "ADVISOR_CONFIG": "",
        "COLUMNS": str(COLUMNS),
        "SOURCE_DATE_EPOCH": str(NOW),
    }
    if database := os.environ.get("ADVISOR_DATABASE"):
        environ["ADVISOR_DATABASE"] = database
    wanted = ["--color", "always" if colour else "never"]
    done = subprocess.run(
        [*command, *wanted], env=environ, capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def runs(line: str) -> Iterator[Run]:
    """Yield the pieces of a line, where its colours change and between its columns."""
    looks: tuple[str, ...] = ()
    column = 0
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        if piece.startswith("\x1b"):
            numbers = piece[2:-1].split(";")
            looks = () if numbers == ["0"] else tuple(LOOKS[number] for number in numbers)
            continue
        # An SVG has one blank for many, so what stands in columns is placed by itself.
        for part in re.findall(r"█+| {2,}|(?: ?[^ █])+ ?| ", piece):
            yield Run(column, part, looks)
            column += len(part)


def picture(coloured: str) -> str:
    """Return the SVG: each run of letters at its column, bars as rectangles."""
    lines = ["\x1b[2m$\x1b[0m \x1b[1madvisor scan\x1b[0m", *coloured.rstrip("\n").split("\n")]
    drawn = "".join(_line(number, line) for number, line in enumerate(lines))
    width = round(2 * EDGE + COLUMNS * WIDE)
    height = 2 * EDGE + BAR + len(lines) * HIGH
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    verdict = " ".join(plain.split("\n\n")[1].split("\n  - ")[0].split())
    dots = "".join(f'<circle class="o" cx="{24 + 20 * n}" cy="20" r="6"/>' for n in range(3))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}" role="img" aria-labelledby="t d">
<title id="t">What advisor scan prints</title>
<desc id="d">{escape(verdict)} README.md has all of it as text.</desc>
<style>
{STYLE}</style>
<rect class="p" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="10"/>{dots}
{drawn}</svg>
"""


def _line(number: int, line: str) -> str:
    top = BAR + EDGE + number * HIGH
    parts: list[str] = []
    for run in runs(line):
        if not run.text.strip():
            continue
        stripped = run.text.lstrip(" ")
        column = run.column + len(run.text) - len(stripped)
        stripped = stripped.rstrip(" ")
        left, width = _number(EDGE + column * WIDE), _number(len(stripped) * WIDE)
        if stripped.startswith("█"):
            look = " ".join(run.looks) or "k"
            box = f'x="{left}" y="{top - 11}" width="{width}" height="13"'
            parts.append(f'<rect class="{look}" {box}/>')
            continue
        look = f' class="{" ".join(run.looks)}"' if run.looks else ""
        parts.append(f'<tspan x="{left}"{look} textLength="{width}">{escape(stripped)}</tspan>')
    letters = "".join(part for part in parts if part.startswith("<tspan"))
    bars = "".join(part for part in parts if part.startswith("<rect"))
    return (f'<text y="{top}">{letters}</text>' if letters else "") + f"{bars}\n"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def readme(text: str) -> str:
    """Return README.md with the screen in its place."""
    page = README.read_text(encoding="utf-8")
    if len(BLOCK.findall(page)) != 1:
        raise SystemExit("README.md has to hold the line <!-- screen --> once, a block after it")
    return BLOCK.sub(lambda found: f"{found[1]}$ advisor scan\n{text}{found[2]}", page)


def main(arguments: list[str]) -> int:
    """Write or check both, and return the status."""
    made = {README: readme(screen(colour=False)), PICTURE: picture(screen(colour=True))}
    stale = [
        path
        for path, text in made.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if arguments == ["--check"]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what advisor prints: run tools/screen.py")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[path], encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(made[path].encode())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
