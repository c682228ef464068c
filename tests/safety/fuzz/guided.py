"""``python -m tests.safety.fuzz.guided PARSER [libFuzzer's options]``: guided by coverage, with atheris.

atheris is no dependency: ``pip install atheris`` first. The seeds are what the parser's own maker gives.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from random import Random
from typing import Protocol, cast

_SEEDS = 200


class _Atheris(Protocol):
    """What is used of atheris, which has no types of its own."""

    def instrument_imports(self, include: list[str]) -> AbstractContextManager[None]:
        """Count the coverage of the modules that are imported inside."""
        ...

    def Setup(self, arguments: list[str], ask: Callable[[bytes], None]) -> None:  # noqa: N802 - its name
        """Take libFuzzer's options."""
        ...

    def Fuzz(self) -> None:  # noqa: N802 - its name
        """Run until something crashes, or the options say stop."""
        ...


def main(argv: Sequence[str]) -> None:
    """Fuzz one parser until it crashes or the options end it; never returns."""
    atheris = cast("_Atheris", importlib.import_module("atheris"))
    with atheris.instrument_imports(include=["advisor"]):
        targets = importlib.import_module("tests.safety.fuzz.targets")
    from tests.safety.fuzz.target import Target  # noqa: PLC0415 - after the instrumentation

    target = cast("dict[str, Target]", targets.TARGETS)[argv[0]]

    def ask(data: bytes) -> None:
        with suppress(*target.errors):
            target.run(data)

    with tempfile.TemporaryDirectory() as folder:
        for number in range(_SEEDS):
            seed = target.make(Random(number))  # noqa: S311 - it has to repeat
            (Path(folder) / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], folder, "-timeout=10", "-rss_limit_mb=2048", *argv[1:]], ask)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
