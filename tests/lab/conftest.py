"""The lab's own fixtures. `make lab` collects its tests; a plain `pytest tests` never does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.lab.cache import UnavailableError
from tests.lab.emulator import emulator
from tests.lab.guests import GUESTS, begun, end, visited
from tests.lab.kernels import BY_NAME, installed
from tests.lab.machines import Machine
from tests.lab.payload import payload_disk
from tests.lab.report import write_page
from tests.lab.roots import root_disk
from tests.lab.services import Served, served
from tests.lab.story import Story, told
from tests.lab.visit import Visit

RUN = "ADVISOR_LAB_RUN" in os.environ

collect_ignore_glob = [] if RUN else ["test_*.py"]


@pytest.fixture(scope="session")
def payload(database: Path, request: pytest.FixtureRequest) -> Path:
    """The advisor of this tree on a disk; once it is there, all that the tests will ask for begins."""
    try:
        disk = payload_disk(database)
    except UnavailableError as error:
        pytest.skip(str(error))
    asked = list(_asked(request.session))
    guests = [cast("tuple[Machine, str]", names["seen"]) for names in asked if "seen" in names]
    begun(emulator)
    for kernel in (BY_NAME[name] for name in dict.fromkeys(name for _, name in guests)):
        begun(root_disk, kernel.root)
        begun(installed, kernel)
    if any("story" in names for names in asked):
        begun(told, disk)
    if any("left" in names for names in asked):
        begun(served, disk, database)
    for machine, name in guests:
        begun(visited, machine, name, disk)
    return disk


def _asked(session: pytest.Session) -> Iterator[dict[str, object]]:
    """Yield the fixtures of each test that was chosen, with their parameters."""
    for item in session.items:
        if isinstance(item, pytest.Function):
            chosen = item.callspec.params if hasattr(item, "callspec") else {}
            yield dict.fromkeys(item.fixturenames) | chosen


@pytest.fixture(scope="module", params=GUESTS)
def seen(request: pytest.FixtureRequest, payload: Path) -> Visit:
    """What one guest showed."""
    machine, kernel = cast("tuple[Machine, str]", request.param)
    try:
        return begun(visited, machine, kernel, payload).result()
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def story(payload: Path) -> Story:
    """An upgrade, told before and looked at after."""
    try:
        return begun(told, payload).result()
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def left(payload: Path, database: Path) -> Served:
    """What the services of the package left behind in a guest."""
    try:
        return begun(served, payload, database).result()
    except UnavailableError as error:
        pytest.skip(str(error))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """End, and write the page of a run in which everything was asked for and nothing failed."""
    end()
    chosen = session.config.option
    if RUN and exitstatus == pytest.ExitCode.OK:
        whole = session.config.args == ["tests/lab"] and not chosen.keyword and not chosen.markexpr
        write_page(whole=whole)
