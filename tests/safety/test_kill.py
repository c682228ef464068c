"""Kill -9 at every step of every write: old or new, never half, and nothing is left for ever."""

# ruff: noqa: E501 - tables and inputs, a line each
from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from advisor.errors import AdvisorError
from advisor.knowledge.build.check import check_database
from advisor.knowledge.build.database import compile_database
from advisor.knowledge.build.publish import publish
from advisor.system.recorded import load
from tests.knowledge.small import parts, record
from tests.knowledge.test_update import make_key
from tests.safety.process import ROOT, SMALL, advisor, environment, needs, run

# Every step of every write; without it the first and the last steps of most.
LONG: Final = bool(os.environ.get("ADVISOR_SAFETY_LONG"))
_CALLS: Final = (
    "openat,write,pwrite64,fsync,fdatasync,chmod,fchmod,fchmodat,rename,renameat,renameat2,unlink"
)
_LINE: Final = re.compile(r"(\w+)\((.*)")
_SERIAL: Final = 20_991_231
_DONE: Final = range(4)  # Nagios wants 0 to 3


class Writer(NamedTuple):
    """A way to write a file.

    Attributes:
        words: The command; ``{}`` stands for the folder.
        target: What it writes, below the folder.
        is_whole: Whether a file's bytes are what such a run writes.
        thorough: Whether it is killed at every step, not only at those around the rename.
    """

    words: tuple[str, ...]
    target: str
    is_whole: Callable[[bytes], bool]
    thorough: bool = False


def long_ago() -> float:
    """Return a time at which nobody is writing any more: more than an hour back."""
    return time.time() - 4000


def is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def ends_with(mark: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.endswith(mark)


def is_database(content: bytes) -> bool:
    place = Path(f"/tmp/advisor-kill-{hashlib.sha256(content).hexdigest()[:16]}.sqlite")
    try:
        place.write_bytes(content)
        check_database(place)
    except AdvisorError:
        return False
    finally:
        place.unlink(missing_ok=True)
    return True


def is_capture(content: bytes) -> bool:
    place = Path(f"/tmp/advisor-kill-{hashlib.sha256(content).hexdigest()[:16]}.tar.gz")
    try:
        place.write_bytes(content)
        load(str(place))
    except AdvisorError:
        return False
    finally:
        place.unlink(missing_ok=True)
    return True


def report(
    name: str, is_whole: Callable[[bytes], bool], *more: str, thorough: bool = False
) -> Writer:
    words = advisor(
        "report", "--from", str(SMALL), "-o", f"{{}}/{name}", "--database", "{}/../kb.sqlite", *more
    )
    return Writer(tuple(words), name, is_whole, thorough)


_COMPILE: Final = (
    "import sys; from pathlib import Path; from tests.knowledge.small import parts, record;"
    "from advisor.knowledge.build.database import compile_database;"
    "compile_database(Path(sys.argv[1]), parts(*[record(f'CVE-2026-{n}', '6.1:6.12.5') for n in range(1000, 1400)]))"
)
_AGENT: Final = (
    "import sys; from advisor.system.agent.capture import main; sys.exit(main(['-o', sys.argv[1]]))"
)

WRITERS: Final = {
    "report-html": report("r.html", ends_with(b"</html>\n"), thorough=True),
    "report-markdown": report("r.md", lambda content: content.startswith(b"# ") and content.endswith(b"\n")),
    "report-prometheus": report("r.prom", ends_with(b"\n")),
    "report-nagios": report("r.txt", ends_with(b"\n"), "--format", "nagios"),
    "report-openvex": report("r.json", is_json),
    "capture": Writer(tuple(advisor("capture", "-o", "{}/box.tar.gz")), "box.tar.gz", is_capture),
    "capture-agent": Writer((sys.executable, "-c", _AGENT, "{}/box.tar.gz"), "box.tar.gz", is_capture),
    "scan-save": Writer(
        tuple(advisor("scan", "--from", str(SMALL), "--save", "--database", "{}/../kb.sqlite")),
        "advisor/last-scan.json", is_json),
    "database": Writer((sys.executable, "-c", _COMPILE, "{}/kernel.sqlite"), "kernel.sqlite", is_database, thorough=True),
    "update": Writer(
        tuple(advisor("kb", "update", "--from", "{}/../offered", "--signers", "{}/../signers", "--into", "{}")),
        "kernel.sqlite", is_database, thorough=True),
    "publish": Writer(
        tuple(advisor("kb", "publish", "{}", "--key", "{}/../key", "--database", "{}/../kb.sqlite")),
        "manifest.json", is_json),
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a knowledge base, a key, and an update that it signed."""
    place = tmp_path_factory.mktemp("shop")
    key = make_key(place, "key")
    public = key.with_suffix(".pub").read_text()
    (place / "signers").write_text(f'advisor-update namespaces="advisor-knowledge" {public}')
    compile_database(place / "kb.sqlite", parts(record("CVE-2026-1000", "6.1:6.2"), serial=_SERIAL))
    publish(place / "kb.sqlite", place / "offered", key, now=int(time.time()), days=90)
    return place


def command(writer: Writer, folder: Path) -> list[str]:
    return [word.replace("{}", str(folder)) for word in writer.words]


def scene(folder: Path) -> dict[str, str]:
    """The environment of a run: all that it keeps stands in the folder; an update needs the clock."""
    made = environment(
        XDG_STATE_HOME=str(folder), XDG_DATA_HOME=str(folder), TMPDIR=str(folder.parent)
    )
    made.pop("SOURCE_DATE_EPOCH")
    return made


def steps(writer: Writer, folder: Path, log: Path) -> list[tuple[str, int]]:
    """Return the system calls of a whole run from the first new file on: name, and which of its kind."""
    watch = ["strace", "-qq", "-s", "300", "-o", str(log), "-e", f"trace={_CALLS}"]
    done = run(command(writer, folder), before=watch, env=scene(folder))
    assert done.returncode in _DONE, done.stderr
    counts: Counter[str] = Counter()
    found: list[tuple[str, int]] = []
    for line in log.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        counts[match[1]] += 1
        is_new = "O_CREAT" in line and f"{folder}/" in line
        if found or is_new:
            found.append((match[1], counts[match[1]]))
    last = max(at for at, (name, _) in enumerate(found) if name.startswith("rename"))
    return found[: last + 2]


def chosen(writer: Writer, found: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the steps to be killed at: all, or those at the beginning and around the rename."""
    if LONG:
        return list(found)
    if writer.thorough:
        few = [*found[:2], *found[-3:]]
        return list(dict.fromkeys(few))
    names = ("fsync", "rename", "renameat")
    return [step for step in found if step[0] in names][-2:-1]


@pytest.mark.parametrize("name", WRITERS)
def test_writer_killed_at_any_step_leaves_the_old_or_the_new(name: str, shop: Path) -> None:
    needs("strace", "ssh-keygen")
    writer = WRITERS[name]
    folder = shop / name
    (folder / writer.target).parent.mkdir(parents=True)
    target = folder / writer.target
    found = steps(writer, folder, shop / f"{name}.log")
    assert writer.is_whole(target.read_bytes())
    old = b"the old content, of another time"
    seen: set[str] = set()
    for call, number in chosen(writer, found):
        target.write_bytes(old)
        kill = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
        kill += ["-e", f"inject={call}:signal=KILL:when={number}"]
        done = run(command(writer, folder), before=kill, env=scene(folder))
        assert done.returncode in {-signal.SIGKILL, 128 + signal.SIGKILL}, (
            call,
            number,
            done.stderr,
        )
        content = target.read_bytes()
        assert content == old or writer.is_whole(content), (call, number, content[-200:])
        seen.add("old" if content == old else "new")
    assert "old" in seen
    _is_swept(writer, folder, target)


def _is_swept(writer: Writer, folder: Path, target: Path) -> None:
    """An hour later the next run leaves its own files and nothing else."""
    left = [path for path in target.parent.iterdir() if path.name.startswith(".")]
    for path in left:
        assert re.fullmatch(r"\.{1,2}[a-z.-]+(?:\.[0-9a-f]{12}){1,2}", path.name), path.name
        os.utime(path, (long_ago(), long_ago()))
    target.unlink()
    done = run(command(writer, folder), env=scene(folder))
    assert done.returncode in _DONE, done.stderr
    assert writer.is_whole(target.read_bytes())
    is_agent = "agent" in " ".join(writer.words)
    assert is_agent or not [
        path.name for path in target.parent.iterdir() if path.name.startswith(".")
    ]


SWEEP = """
import os, signal, sys
from pathlib import Path
from advisor.system.files import write_bytes
last = int(sys.argv[2])
def hook(event, args):
    global last
    if event in ("open", "os.rename", "os.chmod", "os.remove", "os.scandir", "os.listdir"):
        last -= 1
        if last == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
write_bytes(Path(sys.argv[1]), b"new" * 100_000)
"""


def test_one_step_write_killed_before_every_call_leaves_old_or_new(tmp_path: Path) -> None:
    target = tmp_path / "x"
    outcomes: list[bytes] = []
    for number in range(1, 12):
        target.write_bytes(b"old")
        done = subprocess.run(
            [sys.executable, "-c", SWEEP, str(target), str(number)],
            env=environment(), cwd=ROOT, check=False, capture_output=True,
        )  # fmt: skip
        outcomes.append(target.read_bytes())
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        assert outcomes[-1] in {b"old", b"new" * 100_000}
    assert outcomes[-1] == b"new" * 100_000
    assert b"old" in outcomes
    assert len(outcomes) > 3


def test_left_over_of_a_killed_writer_goes_after_an_hour(tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    young, other = tmp_path / ".r.html.0123456789ab", tmp_path / ".r.htm.0123456789ab"
    old, user = tmp_path / ".r.html.ba9876543210", tmp_path / ".r.html.notes"
    for path in (young, old, other, user):
        path.write_bytes(b"half")
    for path in (old, other, user):
        os.utime(path, (long_ago(), long_ago()))
    code = "import sys; from pathlib import Path; from advisor.system.files import write_text;"
    code += "write_text(Path(sys.argv[1]), 'x')"
    done = run([sys.executable, "-c", code, str(target)])
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        (young.name, other.name, user.name, "r.html")
    )
