"""Which guests the tests visit: each once in a run, a few at a time while the tests before them go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, TypeVarTuple, cast

import pytest
from _pytest.mark import ParameterSet

from tests.lab.cache import UnavailableError
from tests.lab.machines import MACHINES, Machine
from tests.lab.results import keep_skip, keep_visit
from tests.lab.visit import Visit, visit

# The machines that are scanned by root as well, captured and measured: with them, each kernel is.
THOROUGH = ("full", "isa")
# Where a user without rights tries what they can have loaded: hardly anything is loaded there.
ASKED = ("mmio",)
ASKED_KERNELS = ("6.1", "6.12-security", "7-backports")
Made = TypeVar("Made")
Given = TypeVarTuple("Given")
_BEGUN: dict[object, Future[object]] = {}
_POOL = ThreadPoolExecutor(int(os.environ.get("ADVISOR_LAB_JOBS") or 2))


def guests_of(*names: str, kernels: Collection[str] = ()) -> list[ParameterSet]:
    """Return the guests of some machines, as parameters of the fixture ``seen``.

    Args:
        names: The machines.
        kernels: The kernels that they run; all of them if none is named.
    """
    return [
        pytest.param((machine, kernel), id=f"{machine.name}-{kernel}")
        for machine in MACHINES
        for kernel in machine.kernels
        if machine.name in names and (not kernels or kernel in kernels)
    ]


GUESTS = guests_of(*(machine.name for machine in MACHINES))


def begun(work: Callable[[*Given], Made], *given: *Given) -> Future[Made]:
    """Have something done in the background, once."""
    key = (work, *given)
    if key not in _BEGUN:
        _BEGUN[key] = _POOL.submit(work, *given)
    return cast("Future[Made]", _BEGUN[key])


def end() -> None:
    """Begin nothing more, as when a run was interrupted."""
    _POOL.shutdown(wait=False, cancel_futures=True)


def visited(machine: Machine, kernel: str, payload: Path) -> Visit:
    """Return what a guest shows.

    Raises:
        UnavailableError: It cannot be had, which is noted for the page.
        GuestError: It does not do what the lab needs.
    """
    try:
        found = visit(
            machine,
            kernel,
            payload,
            thorough=machine.name in THOROUGH,
            asks=machine.name in ASKED and kernel in ASKED_KERNELS,
        )
    except UnavailableError as error:
        keep_skip(machine.name, kernel, str(error))
        raise
    keep_visit(found)
    return found
