"""The same machine gets the same advice, byte for byte."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.knowledge.store import KnowledgeBase
from tests.advise.situation import Situation
from tests.advise.test_situations import SITUATIONS, get_advice

SCRIPT = """
import sys
from pathlib import Path
from advisor.knowledge.store import KnowledgeBase
from tests.advise.test_situations import SITUATIONS, get_advice
knowledge = KnowledgeBase(Path(sys.argv[1]))
print(*[get_advice(one, knowledge)._replace(regressions=()) for one in SITUATIONS[:12:3]], sep="\\n")
"""


def test_advice_does_not_depend_on_the_hash_seed(database: Path) -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(database)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert told != {b""}


@pytest.mark.parametrize("situation", SITUATIONS[::5], ids=lambda one: one.id)
def test_advice_does_not_depend_on_the_order_of_lists(
    situation: Situation, knowledge: KnowledgeBase
) -> None:
    inventory = situation.inventory
    packages = inventory.packages
    offered, devices = list(packages.offered), list(inventory.devices)
    shuffler = random.Random(7)  # noqa: S311 - a test's order, no secret
    shuffler.shuffle(offered)
    shuffler.shuffle(devices)
    mixed = situation._replace(
        inventory=inventory._replace(
            devices=tuple(devices), packages=packages._replace(offered=tuple(offered))
        )
    )
    assert get_advice(mixed, knowledge).decision == get_advice(situation, knowledge).decision
