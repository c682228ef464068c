"""Files written in one step."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from advisor.errors import AdvisorError, ExitStatus
from advisor.system.files import write_text


def test_written_file_holds_the_text_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    write_text(tmp_path / "report.html", "ä\n")
    assert (tmp_path / "report.html").read_bytes() == "ä\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_file_that_was_there_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    path.chmod(0o640)
    write_text(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_new_file_heeds_the_umask_unless_a_mode_is_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_text(tmp_path / "private", "x")
        write_text(tmp_path / "public", "x", mode=0o644)
    finally:
        os.umask(before)
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "public").stat().st_mode & 0o777 == 0o644


def test_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_device_is_written_to_and_not_replaced() -> None:
    write_text(Path("/dev/null"), "x")
    assert Path("/dev/null").is_char_device()


def test_letters_without_a_code_are_escaped(tmp_path: Path) -> None:
    write_text(tmp_path / "x", "caf\udce9")
    assert (tmp_path / "x").read_bytes() == b"caf\\udce9"


def test_missing_folder_is_told_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError, match="cannot write") as caught:
        write_text(tmp_path / "no" / "x", "text")
    assert caught.value.status is ExitStatus.IO
    assert caught.value.hint == f"make its folder first: mkdir -p {tmp_path / 'no'}"


def test_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_text("old")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AdvisorError) as caught:
        write_text(path, "new")
    assert caught.value.hint.startswith("make room")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
