"""A scan in a poor place: no home, no locale, no /sys, no /proc, nobody's rights, a clock in 1970."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Sockets a scan may open: netlink asks the kernel about links, a local datagram socket names them.
AUDIT = """
import sys
seen = []
def hook(event, args):
    if event == "socket.connect" or event == "socket.sendto" or event == "socket.getaddrinfo":
        seen.append((event, repr(args[-1])[:80]))
    if event == "socket.__new__" and args[1] in (2, 10):
        seen.append((event, args[1]))
    if event in ("urllib.Request", "ftplib.connect", "smtplib.connect", "http.client.connect"):
        seen.append((event, ""))
sys.addaudithook(hook)
from advisor.cli import main
status = main(["scan", "--format", "json", "--database", sys.argv[1]])
for one in seen:
    print(*one, file=sys.stderr)
sys.exit(status)
"""


def scan(
    database: Path, *, env: dict[str, str] | None = None, before: list[str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "advisor",
        "scan",
        "--format",
        "json",
        "--database",
        str(database),
    ]
    return subprocess.run(
        [*(before or []), *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | (env or {}),
        timeout=60,
    )


def in_namespace(setup: str) -> list[str]:
    """A prefix that runs a command after changes that only its own mounts see."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root and unshare")
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("this place allows no mount namespace")
    return ["unshare", "-m", "sh", "-c", f'{setup} && exec "$@"', "sh"]


def test_scan_opens_no_connection(database: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, str(database)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize(
    "env",
    [
        pytest.param({}, id="nothing but a path"),
        pytest.param(
            {"HOME": "/nonexistent", "LC_ALL": "C", "TERM": "dumb"}, id="no home, no locale"
        ),
        pytest.param({"SOURCE_DATE_EPOCH": "0"}, id="the clock in 1970"),
        pytest.param({"COLUMNS": "0", "LINES": "x"}, id="a screen of no size"),
        pytest.param({"XDG_CONFIG_HOME": "relative", "XDG_DATA_HOME": ""}, id="odd folders"),
    ],
)
def test_scan_with_an_odd_environment_answers(database: Path, env: dict[str, str]) -> None:
    done = scan(database, env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kernel"]["release"] == os.uname().release


@pytest.mark.parametrize(
    "setup",
    [
        pytest.param("mount -t tmpfs none /sys", id="no sys"),
        pytest.param("mount -t tmpfs none /etc", id="no etc"),
        pytest.param("mount -t tmpfs none /boot && mount -t tmpfs none /var", id="no boot, no var"),
        pytest.param("mount -o remount,hidepid=2 /proc || true", id="hidepid"),
    ],
)
def test_scan_without_a_part_of_the_system_says_so(database: Path, setup: str) -> None:
    done = scan(database, before=in_namespace(setup))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    if "/sys" in setup:
        assert found["devices"] == []
        assert any("device" in unknown["what"] for unknown in found["unknowns"])


def test_scan_with_unreadable_and_empty_files_claims_nothing_from_them(database: Path) -> None:
    empty = "mount --bind /dev/null /etc/os-release && mount --bind /dev/null /proc/cmdline"
    done = scan(database, before=in_namespace(empty))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["host"]["distro"]["id"] in {"", "debian"}


def test_scan_as_nobody_answers(database: Path) -> None:
    python = shutil.which("python3", path="/usr/bin")
    if os.geteuid() != 0 or shutil.which("setpriv") is None or python is None:
        pytest.skip("needs root, setpriv and the system's own Python")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        shutil.copytree(ROOT / "advisor", place / "advisor")
        shutil.copy(database, place / "kernel.sqlite")
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python, "-B", "-m"]
        words += ["advisor", "scan", "--format", "json", "--database", str(place / "kernel.sqlite")]
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            check=False,
            cwd=place,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        )
    if "SyntaxError" in done.stderr:
        pytest.skip("the system's own Python is older than 3.11")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kernel"]["release"] == os.uname().release
