"""What every test may use: the compiled knowledge base, and no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.knowledge.store import KnowledgeBase

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The knowledge base of this checkout; made once where `make` has not."""
    made = ROOT / "advisor/knowledge/kernel.sqlite"
    if made.exists():
        return made
    from advisor.knowledge.build.compile import compile_data  # noqa: PLC0415 - rarely needed

    path = tmp_path_factory.getbasetemp() / "kernel.sqlite"
    compile_data(ROOT / "data", path)
    return path


@pytest.fixture(scope="session")
def knowledge(database: Path) -> KnowledgeBase:
    return KnowledgeBase(database)
