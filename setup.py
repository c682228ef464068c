"""Compile the knowledge base into what is built; all else stands in pyproject.toml."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildWithDatabase(build_py):
    """Copy the modules, then write ``advisor/knowledge/kernel.sqlite`` beside them."""

    def run(self) -> None:
        """Build; an editable install keeps the database that ``make database`` made."""
        super().run()
        if self.editable_mode:
            return
        sys.path.insert(0, str(ROOT))
        from advisor.knowledge.build.compile import compile_data  # noqa: PLC0415 - found by the line above

        compile_data(ROOT / "data", Path(self.build_lib) / "advisor/knowledge/kernel.sqlite")


setup(cmdclass={"build_py": BuildWithDatabase})
