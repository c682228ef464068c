"""Look at every part of a database before it is trusted."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

from advisor.knowledge.store import KnowledgeBase
from advisor.model.version import Series

_MOST_CURATED = 10_000
_PART = 2000


def check_database(path: Path) -> Mapping[str, str]:
    """Return what a database says about itself, after reading all of it.

    Raises:
        AdvisorError: Something in it is damaged, or it is no knowledge base.
    """
    knowledge = KnowledgeBase(path)
    try:
        knowledge.check()
        _check_fixes(knowledge)
        for facts in knowledge.all_series():
            knowledge.horizon(facts.series)
        knowledge.removed_between(Series(0, 0), Series(99, 0))
        return knowledge.meta()
    except (struct.error, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise knowledge.damaged(error) from error
    finally:
        knowledge.close()


def _check_fixes(knowledge: KnowledgeBase) -> None:
    numbers = range(1, knowledge.fixes() + 1)
    for start in range(0, len(numbers), _PART):
        part = numbers[start : start + _PART]
        found = knowledge.records(part)
        if len(found) != len(part):
            raise knowledge.damaged(ValueError("fixes are missing"))
        knowledge.repairs(part)
    if len(numbers) < int(knowledge.meta().get("records", "0")):
        raise knowledge.damaged(ValueError("there are fewer fixes than it says"))
    for entry in knowledge.curated_bodies(range(1, _MOST_CURATED)).values():
        if not isinstance(entry.get("id"), str):
            raise knowledge.damaged(ValueError("a curated entry has no id"))
