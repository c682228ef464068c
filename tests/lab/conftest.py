"""The lab's own fixtures. `make lab` collects its tests; a plain `pytest tests` never does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest

from tests.lab.cache import UnavailableError, cache_folder, locked
from tests.lab.guests import GUESTS, visited
from tests.lab.machines import Machine
from tests.lab.payload import payload_disk
from tests.lab.report import write_page
from tests.lab.results import clear_results
from tests.lab.visit import Visit

RUN = os.environ.get("ADVISOR_LAB_RUN", "")

collect_ignore_glob = [] if RUN else ["test_*.py"]


@pytest.fixture(scope="session")
def payload(database: Path) -> Path:
    """The advisor of this tree on a disk; the same for all processes of one run."""
    try:
        target = cache_folder() / "payload"
    except UnavailableError as error:
        pytest.skip(str(error))
    stamp = target.with_suffix(".run")
    with locked(target):
        if not (stamp.exists() and stamp.read_text() == RUN):
            payload_disk(target, database)
            stamp.write_text(RUN)
    return target


@pytest.fixture(scope="module", params=GUESTS)
def seen(request: pytest.FixtureRequest, payload: Path) -> Visit:
    """What one guest showed."""
    machine, kernel = cast("tuple[Machine, str]", request.param)
    return visited(machine, kernel, payload)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Forget the results of the run before."""
    if RUN and not hasattr(session.config, "workerinput"):
        clear_results()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page of a run, once all of it is there."""
    if RUN and not hasattr(session.config, "workerinput"):
        write_page(whole=not session.config.option.keyword)
