"""The services of the package under the systemd of a guest, with all of their walls up."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, cast

from tests.lab.guest import Guest
from tests.lab.machines import MMIO
from tests.lab.states import ready_guest
from tests.lab.visit import ADVISOR, Document

ROOT = Path(__file__).parents[2]
_UNITS = ROOT / "packaging/systemd"
_FACTS = ROOT / "ansible_collections/homelab/kernel_advisor/plugins/plugin_utils/facts.py"
# Its root has a systemd: that of trixie, 257.
_KERNEL = "6.12-security"
_FACTS_FOLDER = "/etc/ansible/facts.d"
_METRICS_FOLDER = "/var/lib/prometheus/node-exporter"
_PLACES = ("run", "srv", "usr")
_INSTALL = f"""
mkdir -p {_FACTS_FOLDER} {_METRICS_FOLDER} /usr/lib/kernel-advisor /run/systemd/system
ln -s {ADVISOR} /usr/bin/advisor
cd / && tar -xf -
mount -t cgroup2 cgroup /sys/fs/cgroup
setsid unshare --pid --fork --mount --mount-proc --propagation unchanged env -i container=lab \\
    PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=lab.target \\
    --log-target=console --show-status=0 >/dev/null 2>&1 </dev/null &
for _ in $(seq 60); do [ -e /run/systemd/private ] && break; sleep 0.5; done
rm /run/systemd/container
"""
_TARGET = "[Unit]\nDescription=lab\nDefaultDependencies=no\nAllowIsolate=yes\n"
_SOURCE = """\
[Service]
Environment=ADVISOR_UPDATE_SOURCE=/srv/update ADVISOR_UPDATE_SIGNERS=/srv/signers
"""
_START = """
s=$(pgrep -xo systemd)
nsenter -t "$s" -m -p systemctl start --job-mode=ignore-dependencies kernel-advisor-"$1".service
"""


class Served(NamedTuple):
    """What the services left behind.

    Attributes:
        fact: What Ansible would read as a local fact, and what the same pipe prints without walls.
        metrics: What the node exporter would read, and what the command prints without walls.
        files: What lies beside the fact and the metrics, hidden files too.
        serial: Of the knowledge base that the update wrote.
        refused: The status of an update that nobody believed had signed.
    """

    fact: tuple[Document, Document]
    metrics: tuple[str, str]
    files: tuple[str, ...]
    serial: int
    refused: int


def served(payload: Path, database: Path) -> Served:
    """Return what the services do in a guest.

    Raises:
        UnavailableError: It cannot be had here.
        GuestError: A service failed.
    """
    with ready_guest(MMIO, _KERNEL, payload) as guest:
        guest.run("sh", "-c", _INSTALL, stdin=_files(database))
        plain = guest.shell("advisor scan --format json | python3 /usr/lib/kernel-advisor/facts.py")
        shown = guest.shell("advisor report --format prometheus")
        for service in ("facts", "metrics", "update"):
            _start(guest, service)
        guest.shell("ssh-keygen -q -t ed25519 -N '' -f /root/other")
        guest.shell("sed -i \"s|ssh-ed25519.*|$(cut -d' ' -f1-2 /root/other.pub)|\" /srv/signers")
        refused = _start(guest, "update", check=False)
        info = _document(guest.shell("advisor kb info --format json").text)
        listed = guest.shell(f"ls -A {_FACTS_FOLDER} {_METRICS_FOLDER}").text
        return Served(
            fact=(
                _document(guest.run("cat", f"{_FACTS_FOLDER}/kernel_advisor.fact").text),
                _document(plain.text),
            ),
            metrics=(guest.run("cat", f"{_METRICS_FOLDER}/advisor.prom").text, shown.text),
            files=tuple(line for line in listed.splitlines() if line and not line.endswith(":")),
            serial=cast("int", info["serial"]),
            refused=refused,
        )


def _start(guest: Guest, service: str, *, check: bool = True) -> int:
    return guest.run("sh", "-c", _START, "sh", service, timeout=180, check=check).status


def _document(text: str) -> Document:
    return cast("Document", json.loads(text))


def _files(database: Path) -> bytes:
    """Return as a tar what the package would have installed, and a signed update to a later serial."""
    with tempfile.TemporaryDirectory(prefix="lab-") as name:
        tree = Path(name)
        for path, text in _texts().items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        key = tree / "key"
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key), check=True)
        (tree / "srv").mkdir()
        public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
        (tree / "srv/signers").write_text(
            f'advisor-update namespaces="advisor-knowledge" {public}\n'
        )
        later = tree / "later.sqlite"
        shutil.copy(database, later)
        with closing(sqlite3.connect(later)) as opened, opened:
            opened.execute("UPDATE meta SET value = value + 1 WHERE key = 'serial'")
        words = ("kb", "publish", str(tree / "srv/update"), "--key", str(key))
        subprocess.run(
            (sys.executable, "-m", "advisor", *words, "--database", str(later)),
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        argv = ("tar", "-C", name, "--owner=0", "--group=0", "-cf", "-", *_PLACES)
        return subprocess.run(argv, check=True, capture_output=True).stdout


def _texts() -> dict[str, str]:
    units = {f"usr/lib/systemd/system/{path.name}": path for path in _UNITS.glob("*.service")}
    texts = {place: path.read_text() for place, path in units.items()}
    texts["usr/lib/kernel-advisor/facts.py"] = _FACTS.read_text()
    texts["run/systemd/system/lab.target"] = _TARGET
    texts["run/systemd/system/kernel-advisor-update.service.d/source.conf"] = _SOURCE
    return texts
