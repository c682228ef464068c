"""The man page and the completions: they know what the command line knows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisor import __version__, cli
from advisor.cli_tree import Command, tree
from advisor.errors import ExitStatus

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("share")
    subprocess.run(
        [sys.executable, ROOT / "packaging/build.py", "texts", folder],
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1790000000"},
    )
    return folder


@pytest.fixture(scope="session")
def commands() -> list[Command]:
    return list(tree(cli.build()).walk())


@pytest.fixture(scope="session")
def page(texts: Path) -> str:
    return (texts / "man/man1/advisor.1").read_text(encoding="utf-8")


def test_man_page_names_every_command_and_option(page: str, commands: list[Command]) -> None:
    plain = page.replace("\\-", "-")
    sections = plain.split("\n.SS ")
    for command in commands:
        if command.children:
            continue
        called = f"advisor {' '.join(command.path)}"
        (section,) = [one for one in sections if re.match(rf"{called}( \[| \\f|\n)", one)]
        for option in command.options:
            for flag in option.flags:
                assert option.name == "help" or f"\\fB{flag}\\fR" in section, called


def test_man_page_names_every_exit_status(page: str) -> None:
    told = page.partition(".SH EXIT STATUS")[2].partition(".SH")[0]
    assert re.findall(r"^\.B (\d+)$", told, re.MULTILINE) == [
        str(status.value) for status in ExitStatus
    ]


def test_man_page_names_every_variable_that_the_program_reads(page: str) -> None:
    read: set[str] = set()
    for path in (ROOT / "advisor").glob("*.py"):
        read |= set(re.findall(r"\"(ADVISOR_[A-Z]+|SOURCE_DATE_EPOCH)\"", path.read_text("utf-8")))
    assert {"ADVISOR_CONFIG", "SOURCE_DATE_EPOCH"} <= read
    for variable in read:
        assert variable in page


def test_man_page_tells_day_and_version(page: str) -> None:
    assert page.splitlines()[1].startswith(".TH ADVISOR 1")
    assert f'"2026-09-21" "advisor {__version__}"' in page


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_man_page_is_set_without_a_warning(texts: Path) -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z", texts / "man/man1/advisor.1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr


def complete_in_bash(texts: Path, *words: str) -> set[str]:
    script = texts / "bash-completion/completions/advisor"
    quoted = " ".join(f"'{word}'" for word in words)
    code = (
        f"source {script}; COMP_WORDS=(advisor {quoted}); COMP_CWORD={len(words)}; _advisor;"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert not done.stderr
    return set(done.stdout.split("\n")) - {""}


def test_bash_offers_every_command_and_option(texts: Path, commands: list[Command]) -> None:
    for command in commands:
        offered = complete_in_bash(texts, *command.path, "-")
        assert offered == {flag for option in command.options for flag in option.flags}
        below = {child.path[-1] for child in command.children}
        assert not below or complete_in_bash(texts, *command.path, "") == below | offered


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param(("sc",), {"scan"}, id="a-command"),
        pytest.param(("kb", "aff"), {"affected"}, id="a-command-of-a-group"),
        pytest.param(("scan", "--fail"), {"--fail-on"}, id="an-option"),
        pytest.param(("scan", "--color", "a"), {"auto", "always"}, id="a-value"),
        pytest.param(("scan", "--color", "="), {"auto", "always", "never"}, id="after-equals"),
        pytest.param(("scan", "--color", "=", "n"), {"never"}, id="value-after-equals"),
        pytest.param(("--version", "ex"), {"explain"}, id="a-command-after-an-option"),
        pytest.param(("nonsense", "sc"), {"scan"}, id="after-nonsense"),
    ],
)
def test_bash_completes(texts: Path, words: tuple[str, ...], offered: set[str]) -> None:
    assert complete_in_bash(texts, *words) == offered


def test_bash_completes_files_with_blanks(texts: Path, tmp_path: Path) -> None:
    (tmp_path / "my nas.tar.gz").touch()
    offered = complete_in_bash(texts, "scan", "--from", f"{tmp_path}/my")
    assert offered == {f"{tmp_path}/my nas.tar.gz"}


def test_zsh_and_fish_know_every_command_and_option(texts: Path, commands: list[Command]) -> None:
    zsh = (texts / "zsh/vendor-completions/_advisor").read_text("utf-8")
    fish = (texts / "fish/vendor_completions.d/advisor.fish").read_text("utf-8")
    for command in commands:
        path = " ".join(("", *command.path))
        assert f"\n_advisor{path.replace(' ', '_').replace('-', '_')}() {{" in zsh
        for option in command.options:
            assert f"'__advisor_at{path}' {fish_flags(option.flags)}" in fish
            assert option.flags[-1] in zsh


def fish_flags(flags: tuple[str, ...]) -> str:
    return " ".join(
        f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in flags
    )
