"""The README's own commands, in a bare root with what the README says and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from tests.packaging.roots.bare_root import CHECKOUT, Root, note


def readme_commands() -> list[str]:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    (block,) = [
        one for one in re.findall(r"```console\n(.*?)```", text, re.DOTALL) if "make scan" in one
    ]
    return [line[2:].removeprefix("sudo ") for line in block.splitlines() if line.startswith("$ ")]


def test_readme_goes_from_nothing_to_an_answer_and_to_green_tests(bare: Root, cache: Path) -> None:
    folder = bare.put_checkout()
    for command in readme_commands():
        before = bare.megabytes()
        done = bare.run(command, folder=folder, seconds=5400)
        note(
            cache,
            f"README: {command.partition('#')[0].strip()}",
            bare,
            done,
            bare.megabytes() - before,
        )
        if command.startswith("make scan"):
            assert "Kernels this machine could run" in done.out
        if command.startswith("make test"):
            assert " passed" in done.out
