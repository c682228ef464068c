"""What the tool exists for, end to end: told before the upgrade, found after it, on the same hardware."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from tests.lab.kernels import BY_NAME, installed
from tests.lab.story import AFTER, BEFORE, DROPPED, NEXT, SECURITY, Story, reaching
from tests.lab.visit import Document

each_upgrade = pytest.mark.parametrize("kernel", AFTER)


def needs_older(kernel: str) -> None:
    if installed(BY_NAME[kernel]).version == installed(BY_NAME[BEFORE]).version:
        pytest.skip(f"the archive has the same kernel as {kernel} and as {BEFORE}")


def needs_dropped(story: Story) -> None:
    if not story.dropped:
        pytest.skip(f"modinfo does not say that {DROPPED} is in {BEFORE} and not in {NEXT}")


@each_upgrade
def test_bugs_closed_and_opened_are_as_many_as_were_promised(story: Story, kernel: str) -> None:
    needs_older(kernel)
    promised, found = story.candidate(kernel), story.after[kernel].verified
    assert promised["judged"]
    closed = cast("list[object]", found["closed"])
    opened = cast("list[object]", found["opened"])
    assert closed
    assert (len(closed), len(opened)) == (
        reaching(promised["closes"]),
        reaching(promised["opens"]),
    )


@each_upgrade
def test_devices_that_lose_their_driver_are_those_announced(story: Story, kernel: str) -> None:
    lost = cast("list[Document]", story.candidate(kernel)["lost_devices"])
    announced = {str(one["id"]) for one in lost}
    assert {str(one["reading"]) for one in story.checks(kernel, "driver")} == announced
    assert story.checks(kernel, "device") == []


def test_upgrade_within_the_series_loses_nothing(story: Story) -> None:
    assert story.candidate(SECURITY)["lost_devices"] == []
    (kept,) = story.checks(SECURITY, "devices")
    assert kept["status"] == "ok"


def test_card_whose_driver_the_next_series_dropped_was_announced_everywhere(story: Story) -> None:
    needs_dropped(story)
    before = story.before
    assert DROPPED in json.dumps(story.candidate(NEXT)["lost_devices"])
    assert DROPPED in before.terminal
    assert before.page.lstrip().lower().startswith("<!doctype html")
    assert DROPPED in before.page


def test_kernel_that_drops_a_card_in_use_is_not_the_one_advised(story: Story) -> None:
    needs_dropped(story)
    advice = cast("Document", story.before.scan["advice"])
    assert advice["target"] == installed(BY_NAME[SECURITY]).release


def test_card_whose_driver_was_dropped_blocks_the_verification(story: Story) -> None:
    needs_dropped(story)
    assert story.after[NEXT].verified["worst"] == "block"
    assert f"it was {DROPPED}" in story.after[NEXT].terminal


def test_capture_of_the_machine_promises_what_the_machine_itself_does(
    story: Story, tmp_path: Path, database: Path
) -> None:
    capture = tmp_path / "before.tar.gz"
    capture.write_bytes(story.before.capture)
    argv = [sys.executable, "-m", "advisor", "scan", "--format", "json", "--from", str(capture)]
    done = subprocess.run([*argv, "--database", str(database)], capture_output=True, check=True)
    there = cast("Document", json.loads(done.stdout))
    assert there["candidates"] == story.before.scan["candidates"]
    assert there["advice"] == story.before.scan["advice"]
