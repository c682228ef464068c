"""`advisor doctor`: what it says of this machine, whoever asks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

import pytest

from advisor import __version__, cli
from advisor.cli_doctor import State, diagnose
from advisor.errors import ExitStatus
from advisor.system import live


def states(environ: dict[str, str], database: Path | None) -> dict[str, State]:
    return {check.id: check.state for check in diagnose(environ, database).checks}


def test_doctor_names_every_piece_with_its_state(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor", "--database", str(database)]) == ExitStatus.OK
    shown = capsys.readouterr().out
    for piece in ("Knowledge base", "Program", "Configuration", "ssh-keygen", "This machine"):
        assert piece in shown
    assert f"advisor {__version__}, Python 3." in shown
    assert shown.isascii()


def test_doctor_as_json_has_the_same_pieces(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor", "--format", "json", "--database", str(database)]) == ExitStatus.OK
    document = cast("dict[str, object]", json.loads(capsys.readouterr().out))
    assert document["schema"] == "advisor.doctor/1"
    checks = cast("list[dict[str, str]]", document["checks"])
    assert {check["id"] for check in checks} >= {"knowledge", "program", "machine", "ssh", "output"}
    assert {check["state"] for check in checks} <= set(State)
    readings = cast("dict[str, int]", document["readings"])
    assert readings["read"] > 20


def test_doctor_without_a_knowledge_base_says_so_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.sqlite"
    assert cli.main(["doctor", "--database", str(missing)]) == ExitStatus.NO_DATABASE
    assert "broken   Knowledge base" in capsys.readouterr().out


def test_doctor_without_ssh_says_what_it_is_for(database: Path, tmp_path: Path) -> None:
    found = {check.id: check for check in diagnose({"PATH": str(tmp_path)}, database).checks}
    assert found["ssh"].state is State.MISSING
    assert "--host" in found["ssh"].says
    assert "openssh" in found["ssh"].hint


def test_doctor_tells_a_configuration_that_cannot_be_read(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[")
    assert states({"ADVISOR_CONFIG": str(file)}, database)["configuration"] is State.BROKEN
    file.write_text("[scan]\nall = true\n")
    assert states({"ADVISOR_CONFIG": str(file)}, database)["configuration"] is State.OK


def test_doctor_tells_what_root_would_add(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = "/proc/net/ip_tables_names"
    real = live.LiveSystem.read

    def read(system: live.LiveSystem, path: str) -> str | None:
        return None if path == closed else real(system, path)

    def reason(_system: live.LiveSystem, path: str) -> str:
        return "permission denied" if path == closed else "no such file or directory"

    monkeypatch.setattr(live.LiveSystem, "read", read)
    monkeypatch.setattr(live.LiveSystem, "reason", reason)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cli.main(["doctor", "--database", str(database)]) == ExitStatus.OK
    shown = capsys.readouterr().out
    assert "You are user 1000." in shown
    assert f"  {closed} (permission denied)" in shown.partition("Root would add:")[2]


def test_doctor_of_a_user_who_may_read_everything_says_so(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def reason(_system: live.LiveSystem, _path: str) -> str:
        return "no such file or directory"

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(live.LiveSystem, "reason", reason)
    assert cli.main(["doctor", "--database", str(database)]) == ExitStatus.OK
    assert "Root would add nothing." in capsys.readouterr().out
