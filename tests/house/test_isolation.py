"""What is kept from one machine of a house to the next never shows in the next one's answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.house.machines import write_machines
from tests.safety.process import ROOT, advisor, environment, run

_SCAN: Final = ("scan", "--format", "jsonl", "--database")


class House(NamedTuple):
    """Captures, and the line that the scan of each gives where no other was scanned before."""

    database: str
    alone: dict[str, str]


@pytest.fixture(scope="module")
def house(database: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    paths = [str(path) for path in write_machines(tmp_path_factory.mktemp("house"))]
    argv = [sys.executable, "-m", "tests.house.alone", str(database), *paths]
    return House(str(database), dict(zip(paths, _lines(argv), strict=True)))


def _lines(argv: Sequence[str]) -> list[str]:
    done = subprocess.run(
        argv, capture_output=True, text=True, check=True, cwd=ROOT, env=environment(), timeout=120
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("backwards", [False, True], ids=["first-to-last", "last-to-first"])
def test_scan_of_a_house_says_of_each_machine_what_its_own_scan_says(
    house: House, backwards: bool
) -> None:
    alone = sorted(house.alone.items(), reverse=backwards)
    named = [word for path, _ in alone for word in ("--from", path)]
    together = _lines(advisor(*_SCAN, house.database, *named))
    assert len(together) == len(alone)
    wrong = [
        Path(path).name for (path, own), said in zip(alone, together, strict=True) if said != own
    ]
    assert not wrong


def test_scan_alone_is_what_a_process_started_for_it_says(house: House) -> None:
    for path in [*house.alone][::20]:
        done = run(advisor(*_SCAN, house.database, "--from", path))
        assert done.stdout.splitlines() == [house.alone[path]]


def test_twins_get_other_answers(house: House) -> None:
    answers = {Path(path).name: _said(line) for path, line in house.alone.items()}
    same = [
        name
        for name, answer in answers.items()
        if "~" in name and answer == answers[name.partition("~")[0] + ".tar.gz"]
    ]
    assert not same


def _said(line: str) -> dict[str, object]:
    """Return an answer without the capture's name."""
    answer: dict[str, object] = json.loads(line)
    return answer | {"host": None}
