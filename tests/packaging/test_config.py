"""The configuration file: what it may set, which file counts more, and how a slip is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest

from advisor import cli, config
from advisor.config import config_files, default_map
from advisor.errors import AdvisorError, ExitStatus


class Files:
    """A system's and a user's file, and what a run would take from them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.system = folder / "etc/config.toml"
        self.user = folder / "home/.config/advisor/config.toml"
        self.environ = {"HOME": str(folder / "home")}
        monkeypatch.setattr(config, "SYSTEM_FILE", self.system)
        for file in (self.system, self.user):
            file.parent.mkdir(parents=True)

    def defaults(self, **environ: str) -> dict[str, object]:
        return default_map({**self.environ, **environ}, cli.build())

    def fault(self, text: str) -> AdvisorError:
        self.user.write_text(text, encoding="utf-8")
        with pytest.raises(AdvisorError) as caught:
            self.defaults()
        return caught.value


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    return Files(tmp_path, monkeypatch)


def at(defaults: dict[str, object], *path: str) -> object:
    *groups, name = path
    for word in groups:
        defaults = cast("dict[str, object]", defaults[word])
    return defaults[name]


def test_config_without_files_says_nothing(files: Files) -> None:
    assert files.defaults() == {}


def test_config_at_the_top_holds_for_every_command_that_has_the_option(files: Files) -> None:
    files.user.write_text('color = "never"\n')
    defaults = files.defaults()
    assert at(defaults, "scan", "colour") == "never"
    assert at(defaults, "explain", "colour") == "never"
    assert "doctor" not in defaults


def test_config_of_a_command_counts_more_than_the_top_wherever_it_stands(files: Files) -> None:
    files.user.write_text('color = "never"\n[explain]\ncolor = "always"\n')
    assert at(files.defaults(), "explain", "colour") == "always"
    assert at(files.defaults(), "scan", "colour") == "never"


def test_config_of_a_command_within_a_group_is_found(files: Files) -> None:
    files.user.write_text("[kb.affected]\ncna-only = true\n")
    assert at(files.defaults(), "kb", "affected", "cna_only") is True


def test_config_of_the_user_counts_more_than_the_systems(files: Files) -> None:
    files.system.write_text('[scan]\nformat = "json"\nall = true\n')
    files.user.write_text('[scan]\nformat = "text"\n')
    assert files.defaults()["scan"] == {"output_format": "text", "everything": True}


def test_config_named_by_the_environment_is_the_only_one(files: Files, tmp_path: Path) -> None:
    files.user.write_text('[scan]\nformat = "json"\n')
    other = tmp_path / "other.toml"
    other.write_text("[scan]\nall = true\n")
    assert files.defaults(ADVISOR_CONFIG=str(other)) == {"scan": {"everything": True}}
    assert files.defaults(ADVISOR_CONFIG="") == {}


def test_config_named_by_the_environment_has_to_exist(files: Files) -> None:
    with pytest.raises(AdvisorError, match="no such file or directory"):
        files.defaults(ADVISOR_CONFIG="/nowhere/config.toml")


def test_config_is_looked_for_where_the_environment_says(files: Files, tmp_path: Path) -> None:
    moved = tmp_path / "moved/advisor/config.toml"
    moved.parent.mkdir(parents=True)
    for file in (files.system, files.user, moved):
        file.touch()
    home = files.environ["HOME"]
    assert config_files({"HOME": home}) == (files.system, files.user)
    assert config_files({"HOME": home, "XDG_CONFIG_HOME": str(tmp_path / "moved")})[1] == moved
    assert config_files({"HOME": home, "XDG_CONFIG_HOME": "moved"})[1] == files.user
    assert config_files({"HOME": "relative"}) == (files.system,)


def test_config_where_one_cannot_look_is_none(files: Files) -> None:
    assert config_files({"HOME": "/" + "a" * 300}) == ()
    assert config_files({"HOME": f"{files.user.parent}\0"}) == ()


def test_config_database_gives_way_to_the_environment(files: Files) -> None:
    files.user.write_text('database = "~/kernel.sqlite"\n')
    assert at(files.defaults(), "scan", "database") == f"{files.environ['HOME']}/kernel.sqlite"
    assert files.defaults(ADVISOR_DATABASE="/other") == {}


def test_config_does_not_stand_in_the_way_of_completion(files: Files) -> None:
    files.user.write_text("nonsense")
    assert files.defaults(_ADVISOR_COMPLETE="complete_bash") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('colour = "never"', "is color meant?", id="unknown-option"),
        pytest.param('[scan]\nfromat = "json"', "scan.fromat: there is no such option", id="slip"),
        pytest.param("[scna]", "[scna]: there is no such command; is scan meant?", id="command"),
        pytest.param("[kb.x]", "[kb.x]: there is no such command", id="command-of-a-group"),
        pytest.param('[scan]\nformat = "xml"', "one of text, json", id="unknown-word"),
        pytest.param("[scan]\nformat = 3", "one of text, json", id="number-for-a-word"),
        pytest.param('[scan]\nall = "yes"', "true or false", id="text-for-a-flag"),
        pytest.param("[scan]\ndatabase = 1", "text in quotes", id="number-for-a-path"),
        pytest.param('[scan]\ndatabase = "a"', "whole path", id="relative-path"),
        pytest.param('[scan]\ndatabase = "/a\\u0000"', "text in quotes", id="zero-in-a-path"),
        pytest.param('[scan]\nfrom = "/a"', "has to be a list", id="one-for-many"),
        pytest.param("version = true", "no such option", id="version-is-no-default"),
        pytest.param("help = true", "no such option", id="help-is-no-default"),
        pytest.param("[scan", "not TOML", id="not-toml"),
        pytest.param("a = " + "[" * 30000, "not TOML", id="deeper-than-the-stack"),
        pytest.param("#" * 70000, "more than 65536 bytes", id="too-large"),
    ],
)
def test_config_slip_is_told_with_its_place(files: Files, text: str, said: str) -> None:
    fault = files.fault(text)
    assert said in fault.what
    assert str(files.user) in fault.what
    assert fault.status is ExitStatus.BAD_DATA


def test_config_tells_all_slips_at_once(files: Files) -> None:
    fault = files.fault('colour = 1\n[scan]\nall = 1\nformat = "x"\n[nope]\n')
    assert len(fault.what.splitlines()) == 4


def test_config_that_is_not_utf_8_is_told(files: Files) -> None:
    files.user.write_bytes(b"color = '\xff'")
    with pytest.raises(AdvisorError, match="not TOML"):
        files.defaults()


def test_config_that_is_a_folder_is_told(files: Files) -> None:
    files.user.mkdir()
    with pytest.raises(AdvisorError, match="is a directory"):
        files.defaults()


def test_config_that_is_a_pipe_does_not_block(files: Files) -> None:
    os.mkfifo(files.user)
    assert files.defaults() == {}


def test_config_reaches_the_command_and_gives_way_to_the_command_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    database: Path,
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'database = "{database}"\n[kb.affected]\nformat = "json"\n')
    monkeypatch.setenv("ADVISOR_CONFIG", str(file))
    monkeypatch.delenv("ADVISOR_DATABASE", raising=False)
    assert cli.main(["kb", "affected", "6.12.94"]) == 0
    assert capsys.readouterr().out.startswith("{")
    assert cli.main(["kb", "affected", "6.12.94", "--format", "text"]) == 0
    assert not capsys.readouterr().out.startswith("{")


def test_config_slip_ends_the_run_before_it_scans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[scan]\nfromat = 1\n")
    monkeypatch.setenv("ADVISOR_CONFIG", str(file))
    assert cli.main(["scan"]) == ExitStatus.BAD_DATA
    shown = capsys.readouterr()
    assert not shown.out
    assert "advisor: error: the configuration is wrong" in shown.err
    assert "advisor: hint:" in shown.err
