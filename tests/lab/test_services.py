"""The timers' services do under a real systemd, behind all of their walls, what the commands do without."""

from __future__ import annotations

from advisor.knowledge.store import KnowledgeBase
from tests.lab.services import Served

_OF_THE_RUN = frozenset({"generated", "kernel", "unknowns"})


def test_local_fact_is_what_the_command_prints(left: Served) -> None:
    fact, plain = left.fact
    assert fact["devices"]
    assert {key: fact[key] for key in fact.keys() - _OF_THE_RUN} == {
        key: plain[key] for key in plain.keys() - _OF_THE_RUN
    }


def test_metrics_are_what_the_command_prints(left: Served) -> None:
    written, plain = (
        [line for line in text.splitlines() if "timestamp" not in line] for text in left.metrics
    )
    assert written == plain
    assert any(line.startswith("advisor_") for line in written)


def test_only_whole_files_are_left_and_under_their_own_names(left: Served) -> None:
    assert left.files == ("kernel_advisor.fact", "advisor.prom")


def test_signed_update_becomes_the_systems_knowledge(
    left: Served, knowledge: KnowledgeBase
) -> None:
    assert left.serial == int(knowledge.meta()["serial"]) + 1


def test_update_that_another_key_signed_is_refused(left: Served) -> None:
    assert left.refused != 0
