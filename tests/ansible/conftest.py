"""Which controllers a test runs on, and whether it runs at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ansible.harness import ADVISOR, Controller, House, controllers

_NOT_ASKED = "make ansible runs it"
CORES = ("oldest", "debian", "newest", "preview")


@pytest.fixture(scope="session")
def environments() -> dict[str, Controller | str]:
    """The environments by name; made where they are not there yet."""
    if not os.environ.get("ADVISOR_ANSIBLE"):
        pytest.skip(_NOT_ASKED)
    return controllers((*CORES, "lint"))


def environment_of(environments: dict[str, Controller | str], name: str) -> Controller:
    """Return an environment, or skip the test with the reason why there is none."""
    found = environments[name]
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest, environments: dict[str, Controller | str]) -> Controller:
    """Each ansible-core in turn."""
    return environment_of(environments, str(request.param))


@pytest.fixture
def newest(environments: dict[str, Controller | str]) -> Controller:
    """The newest ansible-core that is here."""
    names = [
        name
        for name in ("newest", "debian", "oldest")
        if isinstance(environments[name], Controller)
    ]
    return environment_of(environments, names[0] if names else "oldest")


@pytest.fixture
def lint(environments: dict[str, Controller | str]) -> Controller:
    """The environment of the linters."""
    return environment_of(environments, "lint")


@pytest.fixture
def house(tmp_path: Path, environments: dict[str, Controller | str]) -> Iterator[House]:
    """Hosts behind a real sshd on the loopback address, all of them this machine."""
    _ = environments
    if os.geteuid() or not shutil.which("sshd", path="/usr/sbin"):
        pytest.skip("needs root and openssh-server")
    folder = tmp_path / "house"
    folder.mkdir()
    with House(folder) as open_house:
        yield open_house


@pytest.fixture
def advisor() -> Path:
    """The advisor of this checkout."""
    if not ADVISOR.exists():
        pytest.skip(f"no {ADVISOR}")
    return ADVISOR
