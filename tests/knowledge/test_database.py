"""The database file: the same bytes each time, whole or not there, and damage is told."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build.check import check_database
from advisor.knowledge.build.database import compile_database
from advisor.knowledge.build.decompile import parts_of
from advisor.knowledge.facts import Counts
from advisor.knowledge.location import PACKAGED, find_database, user_folder
from advisor.knowledge.sites import Unit
from advisor.knowledge.store import KnowledgeBase
from advisor.model.version import Series
from tests.knowledge.small import knowledge_of, open_ids, parts, record, release, version

RECORDS = (
    record("CVE-2026-1000", "6.1:aaaaaaaaaaaa:6.12.5:bbbbbbbbbbbb", "6.1:7.0"),
    record("CVE-2026-1001", "6.12.5:bbbbbbbbbbbb:6.12.9:cccccccccccc", files=["kernel/core.c"]),
    record("CVE-2026-1002", "6.1:0", files=["fs/cifs/connect.c", "gone.c"], score=98),
)
RELEASES = (
    release("6.12.10", "CVE-2026-1002", modules={"one": Counts(3, 1)}),
    release("6.12.11", fixes=4, modules={"one": Counts(2, 0)}),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    compile_database(tmp_path / "kb.sqlite", parts(*RECORDS, releases=RELEASES))
    return tmp_path / "kb.sqlite"


def test_same_parts_give_the_same_bytes(tmp_path: Path, path: Path) -> None:
    compile_database(tmp_path / "again", parts(*RECORDS, releases=RELEASES))
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_database_taken_apart_compiles_to_the_same_bytes(tmp_path: Path, path: Path) -> None:
    apart = parts_of(path)._replace(records=RECORDS)
    compile_database(tmp_path / "again", apart)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_record_tells_ranges_places_and_what_it_repairs(path: Path) -> None:
    knowledge = KnowledgeBase(path)
    first, second, third = (knowledge.record(f"CVE-2026-100{n}") for n in range(3))
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.fixed_in == ("6.12.5", "7.0")
    assert first.commits["6.12.5"] == "bbbbbbbbbbbb"
    assert second.introduced_in == ("6.12.5",)
    assert knowledge.repairs([first.n, second.n]) == {second.n: ("CVE-2026-1000",)}
    assert third.noted == ("6.12.10",)
    assert [(site.path, site.known) for site in third.sites] == [
        ("fs/cifs/connect.c", True),
        ("gone.c", False),
    ]
    assert third.sites[0].units[0].module == "cifs"
    assert knowledge.record("CVE-2026-9999") is None
    assert knowledge.record("nonsense") is None


def test_path_is_known_or_not_and_old_paths_resolve(path: Path) -> None:
    knowledge = KnowledgeBase(path)
    found = knowledge.path("drivers/net/one.c")
    assert found is not None
    assert found[0].module == "one"
    assert knowledge.path("fs/cifs/connect.c") == knowledge.path("fs/smb/client/connect.c")
    assert knowledge.path("Documentation/index.rst") == ()
    assert knowledge.path("drivers/net/none.c") is None
    assert knowledge.path("fs/cifs/none.c") is None
    assert knowledge.path("") is None


def test_files_of_one_name_are_told_apart_by_their_folder(tmp_path: Path) -> None:
    units = {f"drivers/net/{name}/main.c": (Unit(name),) for name in ("first", "second")}
    compile_database(tmp_path / "kb", parts(*RECORDS)._replace(units=units))
    knowledge = KnowledgeBase(tmp_path / "kb")
    for name in ("first", "second"):
        assert knowledge.path(f"drivers/net/{name}/main.c") == (Unit(name),)


def test_counts_are_those_after_one_release_up_to_another(path: Path) -> None:
    knowledge, series = KnowledgeBase(path), Series(6, 12)
    assert knowledge.counts("one", series, 9, 11) == Counts(5, 1)
    assert knowledge.counts("one", series, 10, 11) == Counts(2, 0)
    assert knowledge.counts("", series, 9, 11) == Counts(13, 1)
    assert knowledge.counts("other", series, 9, 11) == Counts(0, 0)
    assert knowledge.counts("one", series, 9, 12) is None
    assert knowledge.counts("one", Series(6, 6), 0, 1) is None


def test_checked_database_says_what_it_is(path: Path) -> None:
    assert check_database(path)["records"] == "3"


def test_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError, match="no knowledge base") as caught:
        KnowledgeBase(tmp_path / "none")
    assert caught.value.status is ExitStatus.NO_DATABASE


@pytest.mark.parametrize("body", [b"", b"not a database" * 100, b"SQLite format 3\0" + b"x" * 500])
def test_file_that_is_no_database_is_told(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "kb"
    path.write_bytes(body)
    with pytest.raises(AdvisorError, match=r"damaged|form 0") as caught:
        check_database(path)
    assert caught.value.status is ExitStatus.NO_DATABASE


def test_database_of_another_form_is_told(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(AdvisorError, match="form 99"):
        KnowledgeBase(path)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_truncated_database_is_never_taken_for_whole(path: Path, part: float) -> None:
    body = path.read_bytes()
    path.write_bytes(body[: int(len(body) * part)])
    with pytest.raises(AdvisorError) as caught:
        check_database(path)
    assert caught.value.status is ExitStatus.NO_DATABASE


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM column",
        "UPDATE column SET body = x'01'",
        "UPDATE column SET body = x'01020304' WHERE name = 'started'",
        "UPDATE column SET body = x'' WHERE name = 'versions'",
        "UPDATE line SET fixes = x'0102030405'",
        "UPDATE fix SET trace = x'ff'",
        "UPDATE fix SET bug = 99",
        "DELETE FROM fix WHERE n = 1",
        "UPDATE sites SET text = 'one' || char(9) || 'a:b:c:d:e:f:g'",
        "UPDATE sites SET text = 'a path without units'",
        "DELETE FROM sites",
        "DROP TABLE repair",
    ],
)
def test_damage_inside_is_told_and_never_a_bug(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    with pytest.raises(AdvisorError, match="damaged") as caught:
        check_database(path)
    assert caught.value.status is ExitStatus.NO_DATABASE


def test_any_flipped_byte_is_told_or_harmless(path: Path) -> None:
    body = path.read_bytes()
    step = max(1, len(body) // 60)
    for at in range(0, len(body), step):
        path.write_bytes(body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :])
        with suppress(AdvisorError):
            check_database(path)


def test_write_that_fails_leaves_the_old_database(tmp_path: Path, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(AdvisorError, match="cannot write"):
        compile_database(path / "below-a-file", parts())
    assert path.read_bytes() == before
    assert [child.name for child in tmp_path.iterdir()] == [path.name]


def test_killed_writer_leaves_the_old_database(path: Path) -> None:
    before = path.read_bytes()
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.knowledge.small import parts, record\n"
        "from advisor.knowledge.build.database import compile_database\n"
        "records = [record(f'CVE-2026-{n}', '6.1:6.12.5', '6.1:7.0') for n in range(1000, 9000)]\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    compile_database(Path(sys.argv[1]), parts(*records))\n"
    )
    root = Path(__file__).parents[2]
    for pause in (0.05, 0.3):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, cwd=root
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(pause)
            writer.send_signal(signal.SIGKILL)
        assert path.read_bytes() == before or check_database(path)["records"] == "8000"


def test_named_database_comes_first(tmp_path: Path) -> None:
    named = tmp_path / "named"
    assert find_database(named, {"ADVISOR_DATABASE": "/elsewhere"}) == named
    assert find_database(None, {"ADVISOR_DATABASE": "/elsewhere"}) == Path("/elsewhere")


def test_updated_database_is_used_only_if_it_is_newer_and_whole(tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": str(tmp_path)}
    updated = tmp_path / "advisor/kernel.sqlite"
    compile_database(updated, parts(*RECORDS, serial=10**11))
    assert find_database(None, environ) == updated
    compile_database(updated, parts(*RECORDS, serial=1))
    assert find_database(None, environ) in {PACKAGED, updated}
    updated.write_bytes(b"damaged")
    assert find_database(None, environ) == PACKAGED


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_DATA_HOME": "/data", "HOME": "/home/a"}, Path("/data/advisor")),
        ({"XDG_DATA_HOME": "relative", "HOME": "/home/a"}, Path("/home/a/.local/share/advisor")),
        ({"HOME": "nowhere"}, None),
        ({}, None),
    ],
)
def test_user_keeps_updates_where_xdg_says(environ: dict[str, str], folder: Path | None) -> None:
    assert user_folder(environ) == folder


def test_file_name_with_odd_letters_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "a b?c#d%41"
    folder.mkdir()
    knowledge = knowledge_of(folder / "kb", *RECORDS)
    assert open_ids(knowledge, "6.12.4") == {"CVE-2026-1000", "CVE-2026-1002"}


def test_database_is_readable_by_all_and_opened_without_writing(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o644
    os.chmod(path, 0o444)  # noqa: PTH101 - as root would find it
    knowledge = KnowledgeBase(path)
    assert knowledge.open_in(version("6.12"))
    assert [child.name for child in path.parent.iterdir()] == [path.name]
