"""Commands that pages show are run, against a recorded machine where they would look at this one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from advisor import cli
from advisor.errors import ExitStatus
from tests.docs.pages import PAGES, ROOT, codes
from tests.docs.test_commands import lines

RECORDING = ROOT / "tests/data/nas.tar.gz"
NOW = "1795341600"
# What needs another machine, a key, sources that are not here, or minutes.
_ELSEWHERE = {"--host", "--signers", "--key", "--cna", "--candidate", "update", "build", "verify"}
_LOOKS_HERE = {"scan", "explain", "report", "verify"}
_MADE_BEFORE = {"before.json", "a.json", "b.json", "scan.json"}
_CAPTURES = {"box.tar.gz", "debian-12-nics.tar.gz", "nas.tar.gz"}


@cache
def examples() -> tuple[tuple[str, ...], ...]:
    """Return the calls that pages show, one of each kind, ready to run."""
    calls = (call for page in PAGES for code in codes(page) for call in lines(code))
    return tuple(sorted({kind(call): tuple(call) for call in calls if is_runnable(call)}.values()))


def kind(call: list[str]) -> tuple[str, ...]:
    """Return what two calls have in common that differ in the names of files only."""
    return tuple(
        f"*{Path(word).suffix}" if "." in word and word[0].isalpha() else word for word in call
    )


def is_runnable(call: list[str]) -> bool:
    if not call or "..." in call or "--install-completion" in call:
        return False
    if call in (["explain"], ["diff"], ["scan", "--from"]):
        return False  # named in passing
    if call[0] == "kb" and (len(call) < 3 or "-" in call[2:] or _ELSEWHERE & set(call)):
        return call == ["kb", "info"]
    if any(re.match(r"[A-Z]{2,}(?![A-Z-])|/", word) for word in call) or _ELSEWHERE & set(call[1:]):
        return False
    waits_for_input = call[:2] in (["kb", "path"], ["kb", "identify"]) and len(call) == 2
    return not waits_for_input and not any("$" in word for word in call)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, database: Path) -> Iterator[Path]:
    """A folder with the files that pages name, and an environment of its own."""
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("HOME", str(folder))
        patch.setenv("ADVISOR_CONFIG", "")
        patch.setenv("ADVISOR_DATABASE", str(database))
        patch.setenv("SOURCE_DATE_EPOCH", NOW)
        for name in _CAPTURES:
            shutil.copyfile(RECORDING, folder / name)
        (folder / "captures").mkdir()
        shutil.copyfile(RECORDING, folder / "captures/one.tar.gz")
        yield folder


@pytest.fixture(scope="module")
def scans(desk: Path) -> None:
    with (desk / "before.json").open("w") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", file)
        assert cli.main(["scan", "--from", str(RECORDING), "--format", "json"]) == ExitStatus.OK
    for name in _MADE_BEFORE - {"before.json"}:
        shutil.copyfile(desk / "before.json", desk / name)
    state = desk / ".local/state/advisor"
    state.mkdir(parents=True)
    shutil.copyfile(desk / "before.json", state / "last-scan.json")


@pytest.mark.usefixtures("scans")
@pytest.mark.parametrize("call", examples(), ids=" ".join)
def test_example_of_a_page_runs(
    call: tuple[str, ...], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    words = list(call)
    if call[0] in _LOOKS_HERE and "--from" not in call:
        words += ["--from", str(RECORDING)]
    if call[0] == "explain" and call[1] == "eth0":
        words[1] = "ens2"  # as the recorded machine calls its card
    status = cli.main(words)
    said = capfdbinary.readouterr()
    expected: set[int] = {ExitStatus.OK}
    if "--fail-on" in call:
        expected |= {ExitStatus.FINDINGS}
    if "nagios" in call:
        expected = {0, 1, 2, 3}
    assert status in expected, said.err.decode()
    assert said.out or "-o" in call


def test_most_commands_are_run() -> None:
    assert {call[0] for call in examples()} >= set(cli.COMMANDS)
    assert len(examples()) > 25
