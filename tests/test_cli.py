"""The command line: exit statuses, what goes to stdout, and what a wrong word gets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from advisor.cli import build, main
from advisor.cli_options import ColourWhen, FailOn
from advisor.cli_plain import FLAGS, OPTIONS, plain_scan
from advisor.cli_scan import Asked
from advisor.cli_tree import tree
from advisor.errors import ExitStatus

ROOT = Path(__file__).parents[1]


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    clean = {
        k: v
        for k, v in os.environ.items()
        if k not in {"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"}
    }
    return subprocess.run(
        [sys.executable, "-m", "advisor", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=clean | (env or {}),
    )


def database_argument(database: Path) -> tuple[str, str]:
    return "--database", str(database)


def test_scan_on_this_machine_answers_with_status_0(database: Path) -> None:
    done = run("scan", *database_argument(database))
    assert done.returncode == ExitStatus.OK, done.stderr
    assert os.uname().release in done.stdout
    assert "Knowledge of 20" in done.stdout
    assert done.stderr == ""


def test_scan_as_json_has_the_documented_top_level(database: Path) -> None:
    done = run("scan", "--format", "json", *database_argument(database))
    found = json.loads(done.stdout)
    assert found["schema"] == "advisor.scan/1"
    assert list(found) == [
        "schema", "generated", "advisor", "knowledge", "host", "kernel", "devices", "features",
        "findings", "regressions", "summary", "candidates", "preflight", "advice", "unknowns",
    ]  # fmt: skip
    assert found["kernel"]["release"] == os.uname().release


def test_scan_twice_at_one_moment_gives_the_same_bytes(database: Path) -> None:
    moment = {"SOURCE_DATE_EPOCH": "1795341600"}
    arguments = ("scan", "--format", "json", "--all", *database_argument(database))
    first, second = (run(*arguments, env=moment | {"PYTHONHASHSEED": seed}) for seed in ("1", "2"))
    drop = '"uptime_s"'
    assert [
        line for line in first.stdout.splitlines() if drop not in line and "free" not in line
    ] == [line for line in second.stdout.splitlines() if drop not in line and "free" not in line]


def test_unknown_option_is_a_usage_error() -> None:
    done = run("scan", "--no-such-option")
    assert done.returncode == ExitStatus.USAGE
    assert done.stdout == ""


def test_missing_database_is_said_with_a_hint(tmp_path: Path) -> None:
    done = run("scan", "--database", str(tmp_path / "none.sqlite"))
    assert done.returncode == ExitStatus.NO_DATABASE
    assert done.stdout == ""
    assert done.stderr.startswith("advisor: error: ")
    assert "advisor: hint: " in done.stderr


def test_damaged_database_is_said_without_a_traceback(tmp_path: Path) -> None:
    for content in (b"", b"not a database at all", b"SQLite format 3\0" + b"\0" * 2000):
        path = tmp_path / "damaged.sqlite"
        path.write_bytes(content)
        done = run("scan", "--database", str(path))
        assert done.returncode == ExitStatus.NO_DATABASE, content[:10]
        assert "Traceback" not in done.stderr


def test_truncated_database_is_said_without_a_traceback(database: Path, tmp_path: Path) -> None:
    whole = database.read_bytes()
    path = tmp_path / "short.sqlite"
    path.write_bytes(whole[: len(whole) // 3])
    done = run("scan", "--database", str(path))
    assert done.returncode == ExitStatus.NO_DATABASE
    assert "Traceback" not in done.stderr


def test_damaged_capture_is_bad_data(tmp_path: Path, database: Path) -> None:
    capture = tmp_path / "box.tar.gz"
    capture.write_bytes(b"\x1f\x8b\x08 this is no capture")
    done = run("scan", "--from", str(capture), *database_argument(database))
    assert done.returncode == ExitStatus.BAD_DATA
    assert "box.tar.gz" in done.stderr


def test_missing_capture_is_an_input_error(tmp_path: Path, database: Path) -> None:
    done = run("scan", "--from", str(tmp_path / "none.tar.gz"), *database_argument(database))
    assert done.returncode in {ExitStatus.IO, ExitStatus.BAD_DATA}
    assert "none.tar.gz" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_full_disk_is_an_output_error(database: Path) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "advisor", "scan", *database_argument(database)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=ROOT,
        )
    assert done.returncode == ExitStatus.IO
    assert "standard output" in done.stderr


def test_reader_that_leaves_early_is_no_error(database: Path) -> None:
    scan = f"{sys.executable} -m advisor scan --all --database {database}"
    command = f"{scan} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_unreadable_database_names_permission_or_database(database: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    path = tmp_path / "locked.sqlite"
    path.write_bytes(database.read_bytes())
    path.chmod(0)
    assert run("scan", "--database", str(path)).returncode in {
        ExitStatus.PERMISSION,
        ExitStatus.NO_DATABASE,
    }


def test_bug_ends_with_70_and_asks_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("advisor.cli_scan.run_scan", broken)
    assert main(["scan"]) == ExitStatus.BUG
    said = capsys.readouterr()
    assert said.out == ""
    assert "a bug in advisor" in said.err
    assert "ZeroDivisionError" in said.err


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)

    monkeypatch.setattr("advisor.cli_scan.run_scan", interrupted)
    assert main(["scan"]) == ExitStatus.INTERRUPTED


@pytest.mark.parametrize(
    ("fail_on", "urgency", "met"),
    [
        (FailOn.NEVER, "now", False),
        (FailOn.NOW, "now", True),
        (FailOn.NOW, "soon", False),
        (FailOn.SOON, "now", True),
        (FailOn.ROUTINE, "routine", True),
        (FailOn.ROUTINE, "none", False),
    ],
)
def test_fail_on_compares_urgencies(fail_on: FailOn, urgency: str, *, met: bool) -> None:
    assert fail_on.is_met_by(urgency) is met


@pytest.mark.parametrize(
    ("when", "environ", "terminal", "colours"),
    [
        (ColourWhen.AUTO, {}, True, True),
        (ColourWhen.AUTO, {}, False, False),
        (ColourWhen.AUTO, {"NO_COLOR": "1"}, True, False),
        (ColourWhen.AUTO, {"NO_COLOR": ""}, True, True),
        (ColourWhen.AUTO, {"TERM": "dumb"}, True, False),
        (ColourWhen.AUTO, {"FORCE_COLOR": "1"}, False, True),
        (ColourWhen.AUTO, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        (ColourWhen.ALWAYS, {"NO_COLOR": "1"}, False, True),
        (ColourWhen.NEVER, {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_follows_option_then_environment_then_terminal(
    when: ColourWhen, environ: dict[str, str], *, terminal: bool, colours: bool
) -> None:
    assert when.allows(environ, terminal) is colours


@pytest.mark.parametrize("width", [40, 80, 100])
def test_scan_fits_the_width_of_the_terminal(database: Path, width: int) -> None:
    done = run("scan", *database_argument(database), env={"COLUMNS": str(width), "PYTHONUTF8": "1"})
    commands = "       "
    assert [
        x for x in done.stdout.splitlines() if len(x) > width and not x.startswith(commands)
    ] == []


def test_scan_without_a_locale_writes_ascii(database: Path) -> None:
    done = run(
        "scan",
        *database_argument(database),
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    assert done.returncode == ExitStatus.OK, done.stderr
    assert done.stdout.isascii()


def test_explain_of_an_unknown_name_says_what_would_do(database: Path) -> None:
    done = run("explain", "CVE-1999-0001", *database_argument(database))
    assert done.returncode == ExitStatus.USAGE
    assert "CVE-1999-0001" in done.stderr


def test_explain_of_a_fixed_bug_shows_the_commit(database: Path) -> None:
    done = run("explain", "CVE-2024-50066", *database_argument(database))
    assert done.returncode == ExitStatus.OK
    assert "6fa1066fc5d0" in done.stdout
    assert "mm/mremap.c" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--all"],
        ["--format", "json"],
        ["--format=jsonl", "--from", "a.tar.gz", "--from=b.tar.gz"],
        ["--host", "root@nas", "--host", "pi", "--color", "never"],
        ["--fail-on", "soon", "--database", "kb.sqlite", "--candidate", "x.deb"],
    ],
)
def test_plain_call_is_read_as_typer_reads_it(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Asked] = []

    def keep(asked: Asked, _: object) -> ExitStatus:
        read.append(asked)
        return ExitStatus.OK

    monkeypatch.setattr("advisor.cli_scan.scan_as_asked", keep)
    with pytest.raises(SystemExit):
        build(["scan"])(["scan", *arguments])
    assert read == [plain_scan(arguments)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-h"],
        ["--help"],
        ["--format"],
        ["--format", "xml"],
        ["--nope"],
        ["x"],
        ["--from", "--all"],
        ["--all=1"],
    ],
)
def test_call_that_is_not_plain_is_left_to_typer(arguments: list[str]) -> None:
    assert plain_scan(arguments) is None


def test_plain_call_knows_every_option_of_scan() -> None:
    command = next(one for one in tree(build(["scan"])).walk() if one.path == ("scan",))
    flags = {option.flags[-1] for option in command.options} - {"--help"}
    assert flags == {*FLAGS, *OPTIONS}
