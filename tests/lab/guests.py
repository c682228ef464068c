"""Which guests the tests visit, each of them once in a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.lab.cache import UnavailableError
from tests.lab.machines import MACHINES, Machine
from tests.lab.results import keep_skip, keep_visit
from tests.lab.visit import Visit, visit

# The machine that is scanned by root as well, captured and measured.
_THOROUGH = "full"


def guests_of(*names: str) -> list[ParameterSet]:
    """Return the guests of some machines; all tests of one guest run in one process."""
    return [
        pytest.param(
            (machine, kernel),
            id=f"{machine.name}-{kernel}",
            marks=pytest.mark.xdist_group(f"{machine.name}-{kernel}"),
        )
        for machine in MACHINES
        for kernel in machine.kernels
        if machine.name in names
    ]


GUESTS = guests_of(*(machine.name for machine in MACHINES))


def visited(machine: Machine, kernel: str, payload: Path) -> Visit:
    """Return what a guest shows, or skip the test with the reason why it cannot be had."""
    found = _visited(machine, kernel, payload)
    if isinstance(found, str):
        pytest.skip(found)
    return found


@cache
def _visited(machine: Machine, kernel: str, payload: Path) -> Visit | str:
    try:
        found = visit(machine, kernel, payload, thorough=machine.name == _THOROUGH)
    except UnavailableError as error:
        keep_skip(machine.name, kernel, str(error))
        return str(error)
    keep_visit(found)
    return found
