"""Bare roots, and the packages that go into them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.roots.bare_root import CHECKOUT, SUITES, Root, make_base, make_root


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where roots and packages are kept."""
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        pytest.fail("the tests in bare roots need root and mmdebstrap")
    folder = Path(os.environ["ADVISOR_ROOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def packages(cache: Path) -> Iterator[Path]:
    """The folder with a wheel, a .deb and a zipapp of this checkout."""
    folder = cache / f"dist-{os.getpid()}"
    build = str(CHECKOUT / "packaging/build.py")
    command = [sys.executable, build, "wheel", "deb", "zipapp", str(folder)]
    subprocess.run(command, check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    """A release of Debian; `-k bookworm` and `-k trixie` may run side by side."""
    return str(request.param)


def unpacked(cache: Path, suite: str, name: str) -> Iterator[Root]:
    folder = cache / "roots" / f"{suite}-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    yield make_root(make_base(suite, cache), folder, suite)
    shutil.rmtree(folder)


@pytest.fixture
def bare(cache: Path, suite: str, request: pytest.FixtureRequest) -> Iterator[Root]:
    """A root for one test."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    yield from unpacked(cache, suite, name)


@pytest.fixture(scope="module")
def installed(cache: Path, packages: Path, suite: str) -> Iterator[Root]:
    """A root with the .deb, for all tests that leave it as it is."""
    for root in unpacked(cache, suite, "installed"):
        root.put(*packages.glob("*.deb"))
        root.run("apt-get install --no-install-recommends ./*.deb")
        yield root
