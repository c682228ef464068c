"""What the real program asks of the kernel: no connection, no other program, no writing, no module."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.safety.process import CAPTURE, advisor, environment, needs, run

_TRACE: Final = (
    "trace=network,execve,openat,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,"
    "symlink,symlinkat,chmod,fchmodat,chown,fchownat,truncate,mount,umount2,init_module,finit_module,"
    "delete_module,kexec_load,reboot,bpf,ptrace,setuid,kill,sethostname,settimeofday,io_uring_setup"
)
_LOCAL: Final = frozenset({"AF_NETLINK", "AF_UNIX"})
_CHANGING: Final = re.compile(
    r"\b(creat|mkdir|mkdirat|unlink|unlinkat|rename\w*|link\w*|symlink\w*|chmod|fchmodat|chown|fchownat|truncate"
    r"|mount|umount2|init_module|finit_module|delete_module|kexec_load|reboot|bpf|ptrace|kill|sethostname"
    r"|settimeofday|io_uring_setup)\("
)
# What a scan may run: rpm where a machine has it, journalctl where a user may not read /dev/kmsg.
_PROGRAMS: Final = ("rpm", "journalctl")


def commands(database: Path, saved: Path) -> dict[str, list[str]]:
    """Return every command that only reads, on this machine and on a capture."""
    given = ["--database", str(database)]
    return {
        "scan": advisor("scan", *given),
        "scan-json": advisor("scan", "--format", "json", *given),
        "scan-from": advisor("scan", "--from", str(CAPTURE), *given),
        "report": advisor("report", *given),
        "report-markdown": advisor(
            "report", "--from", str(CAPTURE), "--format", "markdown", *given
        ),
        "explain": advisor("explain", "CVE-2024-26581", *given),
        "verify": advisor("verify", str(saved), *given),
        "diff": advisor("diff", str(saved), str(saved)),
        "capture": advisor("capture"),
        "doctor": advisor("doctor", *given),
        "kb-info": advisor("kb", "info", *given),
        "kb-affected": advisor("kb", "affected", "6.12.94", *given),
        "kb-show": advisor("kb", "show", "CVE-2024-26581", *given),
    }


NAMES: Final = tuple(commands(Path("x"), Path("x")))


@pytest.fixture(scope="module")
def saved(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "scan.json"
    done = run(advisor("scan", "--format", "json", "--database", str(database)))
    path.write_text(done.stdout)
    return path


def traced(words: Sequence[str], log: Path) -> list[str]:
    """Run a command to its end and return the system calls that it and its children made."""
    watch = ["strace", "-f", "-qq", "-s", "200", "-o", str(log), "-e", _TRACE]
    done = run(words, before=watch, env=environment(HOME="/nonexistent"))
    assert done.returncode == 0, done.stderr
    return [line.split(None, 1)[1] for line in log.read_text(errors="replace").splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_command_opens_no_connection_runs_no_program_and_writes_nothing(
    name: str, database: Path, saved: Path, tmp_path: Path
) -> None:
    needs("strace")
    calls = traced(commands(database, saved)[name], tmp_path / "log")
    sockets = {match[1] for call in calls if (match := re.match(r"socket\((\w+)", call))}
    assert sockets <= _LOCAL
    assert not [call for call in calls if call.startswith("connect(") and "AF_UNIX" not in call]
    assert not [
        call for call in calls if call.startswith(("bind(", "listen(")) and "NETLINK" not in call
    ]
    programs = [match[1] for call in calls if (match := re.match(r'execve\("([^"]*)"', call))]
    assert all(Path(path).name in _PROGRAMS for path in programs[1:]), programs
    writing = [call for call in calls if re.match(r"openat\(.*O_(WRONLY|RDWR|CREAT)", call)]
    assert not [call for call in writing if "/dev/null" not in call and "/dev/tty" not in call]
    assert not [call for call in calls if _CHANGING.match(call)]


@pytest.mark.parametrize("name", ["scan", "report", "explain", "verify", "diff", "capture"])
def test_command_without_a_network_says_the_same(name: str, database: Path, saved: Path) -> None:
    needs("unshare", root=True)
    if run(["unshare", "-n", "true"]).returncode:
        pytest.skip("this place allows no network namespace")
    words = commands(database, saved)[name]
    done = run(words, before=["unshare", "-n"])
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


AUDIT: Final = """
import sys, json
seen = []
ALLOWED = {1, 16}  # AF_UNIX, AF_NETLINK
def hook(event, args):
    if event == "socket.__new__" and args[1] not in ALLOWED:
        seen.append(event)
    elif event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request",
                   "http.client.connect", "ftplib.connect", "smtplib.connect"):
        seen.append(event)
    elif event in ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "os.fork", "pty.spawn"):
        if event != "subprocess.Popen" or list(args[1])[:1] not in (["rpm"], ["journalctl"]):
            seen.append(event + repr(args[1:2]))
    elif event in ("pickle.find_class", "marshal.loads", "code.__new__", "webbrowser.open"):
        seen.append(event)
from advisor.cli import main
import io
if sys.argv[2] != "stay":
    sys.stdout = io.TextIOWrapper(io.BytesIO())
sys.addaudithook(hook)
status = main(json.loads(sys.argv[1]))
sys.stdout = sys.__stdout__
print(json.dumps([status, sorted(set(seen))]))
"""


@pytest.mark.parametrize("name", NAMES)
def test_python_sees_no_connection_no_program_and_no_pickle(
    name: str, database: Path, saved: Path
) -> None:
    """The same, seen by Python's own audit events: it needs no strace."""
    words = commands(database, saved)[name][3:]
    code = [commands(database, saved)[name][0], "-c", AUDIT, json.dumps(words), "hide"]
    done = run(
        code,
        env={**environment(), "PYTHONDONTWRITEBYTECODE": "", "HOME": os.environ.get("HOME", "/")},
    )
    assert done.returncode == 0, done.stderr
    status, seen = json.loads(done.stdout.splitlines()[-1])
    assert status == 0
    allowed = {"marshal.loads"}  # how Python reads its own compiled modules
    assert set(seen) <= allowed
