"""A full disk, a read-only one, no /proc, no /sys, files that are empty or forbidden, a chroot, a sandbox.

The answer is an answer or a clear error with a documented status, never a traceback.
"""

# ruff: noqa: E501 - tables and inputs, a line each
from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from advisor.errors import ExitStatus
from advisor.system.agent.capture import ABOUT, Member, pack
from tests.safety.fuzz.files import FILES, LINKS, LISTED
from tests.safety.process import CAPTURE, SMALL, advisor, environment, is_told, needs, run

_STATUSES: Final = frozenset(int(status) for status in ExitStatus) - {ExitStatus.BUG}
_PYTHON: Final = shutil.which("python3", path="/usr/bin") or ""


def is_documented(done: subprocess.CompletedProcess[str]) -> bool:
    """Return whether a run ended in a documented way."""
    silent = "Traceback" not in done.stderr and "Traceback" not in done.stdout
    return silent and done.returncode in _STATUSES and (done.returncode < 2 or is_told(done))


@cache
def unshares(*flags: str) -> bool:
    return run(["unshare", *flags, "true"]).returncode == 0


def mounted(script: str, *flags: str) -> list[str]:
    """Return what runs a command after a script, with mounts of its own."""
    needs("unshare", root=True)
    if not unshares("-m", *flags):
        pytest.skip("this place allows no such namespace")
    return ["unshare", "-m", *flags, "sh", "-c", f'{script} && exec "$@"', "sh"]


# Full and read-only.

# {} stands for the folder, {kb} for the knowledge base.
WRITING: Final = {
    "report": ("report", "--from", str(SMALL), "-o", "{}/r.html", "--database", "{kb}"),
    "capture": ("capture", "-o", "{}/box.tar.gz"),
    "redact": ("capture", "--redact", "--from", str(CAPTURE), "-o", "{}/x.tar.gz"),
    "save": ("scan", "--from", str(SMALL), "--save", "--database", "{kb}"),
}


def writing(name: str, place: Path, database: Path) -> list[str]:
    """Return a command that writes into a folder."""
    words = (
        word.replace("{kb}", str(database)).replace("{}", str(place)) for word in WRITING[name]
    )
    return advisor(*words)


@pytest.mark.parametrize("name", WRITING)
def test_full_disk_is_told_and_leaves_what_was_there(
    name: str, database: Path, tmp_path: Path
) -> None:
    fill = f"mount -t tmpfs -o size=8k none {tmp_path} && mkdir {tmp_path}/advisor && echo old > {tmp_path}/r.html"
    show = f"; status=$?; ls -A {tmp_path} >&2; cat {tmp_path}/r.html >&2; exit $status"
    before = mounted(fill)
    before[before.index("sh") + 2] = f'{fill} && {{ "$@"{show}; }}'
    done = run(
        writing(name, tmp_path, database),
        before=before,
        env=environment(XDG_STATE_HOME=str(tmp_path)),
    )
    assert done.returncode == ExitStatus.IO, done.stderr
    assert is_told(done)
    assert "No space left on device" in done.stderr
    assert done.stderr.splitlines()[-3:] == ["advisor", "r.html", "old"]


@pytest.mark.parametrize("name", WRITING)
def test_read_only_disk_is_told(name: str, database: Path, tmp_path: Path) -> None:
    (tmp_path / "advisor").mkdir()
    lock = f"mount --bind {tmp_path} {tmp_path} && mount -o remount,bind,ro {tmp_path}"
    done = run(
        writing(name, tmp_path, database),
        before=mounted(lock),
        env=environment(XDG_STATE_HOME=str(tmp_path)),
    )
    assert done.returncode == ExitStatus.IO, done.stderr
    assert is_told(done)
    assert "Read-only file system" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["advisor"]


@pytest.mark.parametrize("name", WRITING)
def test_file_size_limit_is_told_and_leaves_no_part(
    name: str, database: Path, tmp_path: Path
) -> None:
    """As on a full disk, and needs no root: no file may have more than 4 KiB."""
    (tmp_path / "advisor").mkdir()
    done = run(
        writing(name, tmp_path, database),
        before=["sh", "-c", 'ulimit -f 8 && exec "$@"', "sh"],
        env=environment(XDG_STATE_HOME=str(tmp_path)),
    )
    assert done.returncode == ExitStatus.IO, done.stderr
    assert is_told(done)
    assert "File too large" in done.stderr
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == ["advisor"]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("scan", "--format", "json", "--from", str(SMALL)), id="scan"),
        pytest.param(("report", "--from", str(SMALL)), id="report"),
        pytest.param(("explain", "CVE-2024-26581", "--from", str(SMALL)), id="explain"),
        pytest.param(("capture",), id="capture"),
        pytest.param(("doctor",), id="doctor"),
        pytest.param(("kb", "affected", "6.12.94"), id="kb affected"),
        pytest.param(("--version",), id="version"),
    ],
)
def test_full_standard_output_is_told(words: Sequence[str], database: Path) -> None:
    more = [] if words[0] in {"capture", "--version"} else ["--database", str(database)]
    done = run(advisor(*words, *more), before=["sh", "-c", 'exec "$@" > /dev/full', "sh"])
    assert done.returncode == ExitStatus.IO, done.stderr
    assert is_told(done)


# Places without what a machine usually has.

_EMPTY: Final = (
    "/proc/modules",
    "/proc/version",
    "/proc/cmdline",
    "/proc/mounts",
    "/etc/os-release",
    "/proc/cpuinfo",
)
PLACES: Final = {
    "no proc": "mount -t tmpfs none /proc",
    "no sys": "mount -t tmpfs none /sys",
    "no run": "mount -t tmpfs none /run",
    "no proc, sys, etc, boot, var, run": " && ".join(
        f"mount -t tmpfs none {path}" for path in ("/proc", "/sys", "/etc", "/boot", "/var", "/run")
    ),
    "files of 0 bytes": " && ".join(f"{{ test ! -f {path} || mount --bind /dev/null {path}; }}" for path in _EMPTY[:1])
    + " && : > {}/0 && "
    + " && ".join(f"{{ test ! -f {path} || mount --bind {{}}/0 {path}; }}" for path in _EMPTY),
    "folders in place of files": " && ".join(
        f"{{ test ! -d {path} || mount -t tmpfs none {path}; }}"
        for path in ("/var/lib/dpkg", "/lib/modules", "/sys/bus", "/sys/class")
    )
    + " && mkdir /var/lib/dpkg/status",
    "a pipe in place of a file": "mount -t tmpfs none /var/lib/dpkg && mkfifo /var/lib/dpkg/status",
    "chroot without proc and sys": "mount --bind / {} && cd {}",
}  # fmt: skip


_COMMANDS: Final = (
    ("scan", "--format", "json"),
    ("report", "--format", "nagios"),
    ("doctor",),
    ("capture",),
)
_WORST: Final = ("no proc, sys, etc, boot, var, run", "chroot without proc and sys")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        pytest.param(place, words, id=f"{place}-{words[0]}")
        for place in PLACES
        for words in (_COMMANDS if place in _WORST else _COMMANDS[:1])
    ],
)
def test_command_in_a_poor_place_answers_or_tells(
    place: str, words: Sequence[str], database: Path, tmp_path: Path
) -> None:
    before = mounted(PLACES[place].replace("{}", str(tmp_path)))
    if place.startswith("chroot"):
        before[before.index("sh") + 2] = f'mount --bind / {tmp_path} && exec chroot {tmp_path} "$@"'
    given = [] if words[0] == "capture" else ["--database", str(database)]
    done = run(
        advisor(*words, *given),
        before=before,
        cwd=Path("/") if place.startswith("chroot") else CAPTURE.parent,
    )
    if words == ("report", "--format", "nagios"):
        assert done.returncode in range(4), done.stderr
        assert done.stdout.startswith("KERNEL "), done.stderr
        return
    assert is_documented(done), done.stderr
    assert done.returncode == 0, done.stderr
    if words[0] == "scan":
        assert json.loads(done.stdout)["kernel"]["release"] == os.uname().release


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A folder that any user may look into; pytest's own are root's alone."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_nobody_with_hidden_processes_and_forbidden_files_gets_an_answer(
    database: Path, everybodys: Path
) -> None:
    needs("setpriv")
    if not _PYTHON or run([_PYTHON, "-c", "import tomllib"]).returncode:
        pytest.skip("needs a system Python from 3.11 on that nobody may run")
    shutil.copytree(
        CAPTURE.parents[2] / "advisor",
        everybodys / "advisor",
        ignore=shutil.ignore_patterns("*.sqlite"),
    )
    shutil.copy(database, everybodys / "kernel.sqlite")
    hide = "mount -t proc -o hidepid=2 proc /proc && mount -t tmpfs none /var/lib/dpkg"
    hide += " && echo secret > /var/lib/dpkg/status && chmod 0 /var/lib/dpkg/status"
    nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
    ]
    words = [
        _PYTHON,
        "-B",
        "-m",
        "advisor",
        "scan",
        "--format",
        "json",
        "--database",
        str(everybodys / "kernel.sqlite"),
    ]
    done = run([*nobody, *words], before=mounted(hide, "-p", "-f"), cwd=everybodys)
    assert done.returncode == 0, done.stderr
    assert "secret" not in done.stdout + done.stderr
    assert json.loads(done.stdout)["kernel"]["release"] == os.uname().release


def test_user_namespace_without_network_is_as_a_container(database: Path) -> None:
    needs("unshare")
    flags = ("-U", "-r", "-p", "-f", "-n", "-i", "-u", "--mount-proc")
    if not unshares(*flags):
        pytest.skip("this place allows no user namespace")
    done = run(
        advisor("scan", "--format", "json", "--database", str(database)), before=["unshare", *flags]
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kernel"]["release"] == os.uname().release


def test_bubblewrap_sandbox_gets_an_answer(database: Path) -> None:
    needs("bwrap")
    box = [
        "bwrap",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--unshare-all",
        "--die-with-parent",
    ]
    if run([*box, "true"]).returncode:
        pytest.skip("this place allows no sandbox")
    done = run(advisor("scan", "--format", "json", "--database", str(database)), before=box)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "call",
    ["socket", "statfs", "readlink", "sysinfo", "prlimit64", "ioctl", "setitimer", "getppid"],
)
def test_call_that_a_sandbox_forbids_is_no_traceback(call: str, database: Path) -> None:
    """As under a unit's SystemCallFilter with SystemCallErrorNumber=EPERM."""
    needs("strace")
    inject = f"inject={call}:error=EPERM"
    before = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject]
    done = run(
        advisor("scan", "--format", "json", "--from", str(SMALL), "--database", str(database)),
        before=before,
    )
    live = run(advisor("scan", "--format", "json", "--database", str(database)), before=before)
    for one in (done, live):
        assert one.returncode == 0, one.stderr


# Clock, locale, home.


def test_clock_in_1970_gives_an_age_of_nothing(database: Path) -> None:
    done = run(
        advisor("scan", "--format", "json", "--from", str(SMALL), "--database", str(database)),
        env=environment(SOURCE_DATE_EPOCH="0"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["generated"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "when", ["1970-01-01 00:00:01", "2038-01-19 03:14:08", "2106-02-07 06:28:16"]
)
def test_clock_that_is_wrong_gives_an_answer(when: str, database: Path) -> None:
    needs("faketime")
    env = environment()
    env.pop("SOURCE_DATE_EPOCH")
    words = advisor("scan", "--format", "json", "--database", str(database))
    done = run(words, before=["faketime", when], env=env)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("epoch", ["0", "-1", "99999999999", "999999999999999", "x", "\u0663", ""])
def test_clock_of_any_kind_gives_an_answer(epoch: str, database: Path) -> None:
    words = advisor("scan", "--format", "json", "--from", str(SMALL), "--database", str(database))
    done = run(words, env=environment(SOURCE_DATE_EPOCH=epoch))
    assert done.returncode == 0, done.stderr


def _foreign(path: Path) -> Path:
    """Write a capture whose names are of many scripts."""
    files = {name: (text if isinstance(text, str) else text[0]) for name, text in FILES.items()}
    files["/etc/os-release"] = 'ID=debian\nPRETTY_NAME="Дебиан — ドン\u202e ä"\n'
    files["/commands/uname"] = "Linux\nЯщик-箱\n6.12.94+deb13-amd64\n#1 SMP\nx86_64\n"
    members = [
        Member(name, text.encode("utf-8", "surrogateescape")) for name, text in files.items()
    ]
    members += [Member(name, target=target) for name, target in LINKS.items()]
    about = {"schema": "advisor.capture/1", "unread": {}, "listed": LISTED}
    path.write_bytes(pack([Member(ABOUT, json.dumps(about).encode()), *members], 1_795_000_000))
    return path


@pytest.mark.parametrize(
    "words",
    [("scan",), ("scan", "--all"), ("scan", "--format", "json"), ("report", "--format", "html"),
     ("report", "--format", "markdown"), ("report", "--format", "prometheus"), ("explain", "pci:0000:00:1f.6")],
    ids=" ".join,
)  # fmt: skip
def test_names_beyond_ascii_without_a_locale_are_written_plain(
    words: Sequence[str], database: Path, tmp_path: Path
) -> None:
    poor = environment(LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    given = ("--from", str(_foreign(tmp_path / "Ящик-ä.tar.gz")), "--database", str(database))
    done = run(advisor(*words, *given), env=poor)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    written = tmp_path / "r.out"
    if words[0] == "report":
        done = run(advisor(*words, *given, "-o", str(written)), env=poor)
        assert done.returncode == 0, done.stderr
        written.read_text("utf-8")


def test_no_home_and_nothing_else_keeps_no_scan_from_being_saved_or_told(
    database: Path, tmp_path: Path
) -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": environment()["PYTHONPATH"]}
    done = run(advisor("verify", "--database", str(database)), env=env, cwd=CAPTURE.parents[2])
    assert is_documented(done), done.stderr
    env["XDG_STATE_HOME"] = str(tmp_path / "state")
    done = run(
        advisor("scan", "--from", str(SMALL), "--save", "--database", str(database)),
        env=env,
        cwd=CAPTURE.parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "state/advisor/last-scan.json").is_file()
