"""What the tool exists for, end to end: told before the upgrade, found after it, on the same hardware."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from tests.lab.kernels import BY_NAME, installed
from tests.lab.story import BEFORE, DROPPED, NEXT, SECURITY, UPGRADES, Story, reaching
from tests.lab.visit import Document

_NEW_CODE = 1.05

each_upgrade = pytest.mark.parametrize(
    ("old", "new"), UPGRADES, ids=[f"{old}-to-{new}" for old, new in UPGRADES]
)


def needs_newer(old: str, new: str) -> None:
    if installed(BY_NAME[new]).version == installed(BY_NAME[old]).version:
        pytest.skip(f"the archive has the same kernel as {new} and as {old}")


def needs_dropped(story: Story) -> None:
    if not story.dropped:
        pytest.skip(f"modinfo does not say that {DROPPED} is in {BEFORE} and not in {NEXT}")


@each_upgrade
def test_bugs_closed_are_as_many_as_were_promised(story: Story, old: str, new: str) -> None:
    needs_newer(old, new)
    promised, found = story.candidate(old, new), story.after[old, new].verified
    assert promised["judged"]
    assert len(cast("list[object]", found["closed"])) == reaching(promised["closes"]) > 0


@each_upgrade
def test_bugs_opened_are_as_many_as_were_promised(story: Story, old: str, new: str) -> None:
    needs_newer(old, new)
    promised = reaching(story.candidate(old, new)["opens"])
    opened = len(cast("list[object]", story.after[old, new].verified["opened"]))
    # A new series also runs code that the old kernel was not built with, which no scan there can place.
    series = {installed(BY_NAME[name]).series for name in (old, new)}
    assert promised <= opened <= promised * (1 if len(series) == 1 else _NEW_CODE)


@each_upgrade
def test_devices_that_lose_their_driver_are_those_announced(
    story: Story, old: str, new: str
) -> None:
    lost = cast("list[Document]", story.candidate(old, new)["lost_devices"])
    announced = {str(one["id"]) for one in lost}
    assert {str(one["reading"]) for one in story.checks(old, new, "driver")} == announced
    assert story.checks(old, new, "device") == []


def test_upgrade_within_the_series_loses_nothing(story: Story) -> None:
    assert story.candidate(BEFORE, SECURITY)["lost_devices"] == []
    (kept,) = story.checks(BEFORE, SECURITY, "devices")
    assert kept["status"] == "ok"


def test_card_whose_driver_the_next_series_dropped_was_announced_everywhere(story: Story) -> None:
    needs_dropped(story)
    before = story.before[BEFORE]
    assert DROPPED in json.dumps(story.candidate(BEFORE, NEXT)["lost_devices"])
    assert DROPPED in before.terminal
    assert before.page.lstrip().lower().startswith("<!doctype html")
    assert DROPPED in before.page


def test_kernel_that_drops_a_card_in_use_is_not_the_one_advised(story: Story) -> None:
    needs_dropped(story)
    advice = cast("Document", story.before[BEFORE].scan["advice"])
    assert advice["target"] == installed(BY_NAME[SECURITY]).release


def test_card_whose_driver_was_dropped_blocks_the_verification(story: Story) -> None:
    needs_dropped(story)
    assert story.after[BEFORE, NEXT].verified["worst"] == "block"
    assert f"it was {DROPPED}" in " ".join(story.after[BEFORE, NEXT].terminal.split())


def test_capture_of_the_machine_promises_what_the_machine_itself_does(
    story: Story, tmp_path: Path, database: Path
) -> None:
    capture = tmp_path / "before.tar.gz"
    capture.write_bytes(story.before[BEFORE].capture)
    argv = [sys.executable, "-m", "advisor", "scan", "--format", "json", "--from", str(capture)]
    done = subprocess.run([*argv, "--database", str(database)], capture_output=True, check=True)
    there = cast("Document", json.loads(done.stdout))
    assert there["candidates"] == story.before[BEFORE].scan["candidates"]
    assert there["advice"] == story.before[BEFORE].scan["advice"]
