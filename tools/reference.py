"""Make the pages that say what the program knows about itself: its commands and its exit statuses.

``python tools/reference.py`` writes them; ``--check`` ends with 1 where a page is not up to date.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from advisor import cli  # noqa: E402 - it is found only now
from advisor.cli_tree import Command, Option, tree  # noqa: E402 - as above
from advisor.errors import ExitStatus  # noqa: E402 - as above

COMMANDS = ROOT / "docs/commands.md"
STATUSES = ROOT / "docs/exit-status.md"
HEAD = """\
# Commands

<!-- Made by tools/reference.py from the command line itself. -->

The manual page `advisor(1)` says the same. Every option can have another default in a
[configuration file](configuration.md); how a run ends is told in [exit-status.md](exit-status.md).
"""


def commands(program: Command) -> str:
    """Return the page of all commands, in the order of the help."""
    return "\n".join([HEAD, *(_section(one) for one in program.walk() if not one.children)])


def _section(command: Command) -> str:
    words = ["advisor", *command.path, "[OPTIONS]"]
    for one in command.arguments:
        name = re.sub(r"\W*(\w[\w.]*)\W*", r"\1", one.metavar) + ("..." if one.many else "")
        words.append(name if one.required else f"[{name}]")
    lines = [f"## advisor {' '.join(command.path)}", ""]
    lines += [f"{' '.join(part.split())}\n" for part in command.help.split("\n\n") if part.strip()]
    lines += [f"    {' '.join(words)}", ""]
    rows = [
        f"| `{re.sub(r'[^A-Za-z0-9.]', '', one.metavar)}` | {one.help} | |"
        for one in command.arguments
        if one.help
    ]
    rows += [_row(option) for option in command.options if option.name != "help"]
    return "\n".join([*lines, "| option | | else |", "|---|---|---|", *rows, ""])


def _row(option: Option) -> str:
    value = "\\|".join(option.choices) or option.metavar.strip("<>")
    called = ", ".join(option.flags)
    if option.kind != "flag":
        called += f" {value}"
    told = f"{option.help} May be repeated." if option.many else option.help
    return f"| `{called}` | {told} | {option.default and f'`{option.default}`'} |"


def statuses(page: str) -> str:
    """Return the page of exit statuses with the table in its place."""
    told = dict(_meanings())
    rows = "".join(f"| {one.value} | {one.name} | {told[one.name]} |\n" for one in ExitStatus)
    table = f"| status | name | meaning |\n|---|---|---|\n{rows}"
    return re.sub(r"(?:^\|.*\n)+", lambda _: table, page, count=1, flags=re.MULTILINE)


def _meanings() -> Iterator[tuple[str, str]]:
    """Yield each status and the line below it, which Python does not keep."""
    (whole,) = (
        node
        for node in ast.parse((ROOT / "advisor/errors.py").read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == "ExitStatus"
    )
    for status, meaning in zip(whole.body[1::2], whole.body[2::2], strict=True):
        if isinstance(status, ast.Assign) and isinstance(meaning, ast.Expr):
            yield ast.unparse(status.targets[0]), str(ast.literal_eval(meaning.value))


def main(arguments: list[str]) -> int:
    """Write or check the pages, and return the status."""
    made = {
        COMMANDS: commands(tree(cli.build())),
        STATUSES: statuses(STATUSES.read_text(encoding="utf-8")),
    }
    stale = [
        path
        for path, text in made.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        if arguments == ["--check"]:
            print(f"{path.relative_to(ROOT)} is not up to date: run tools/reference.py")
        else:
            path.write_text(made[path], encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: written")
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
