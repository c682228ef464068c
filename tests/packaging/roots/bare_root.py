"""A bare Debian root that a test may fill as it likes, and the commands that a page promises."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[3]
SUITES = ("bookworm", "trixie")
# What a root inherits of this machine, so that it reaches the same mirror and index: names only.
APT_SETTINGS = re.compile(
    r"(?i)^Acquire::(https?::(Proxy|CAInfo)|Check-(Valid-Until|Date)|Retries)"
)
VARIABLES = re.compile(r"(?i)^(PIP|UV|NPM)_|^(https?|no)_proxy$")
CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
ENTER = """\
set -e
mount --make-rprivate /
mount -t proc proc "$ROOT/proc"
mount --rbind /sys "$ROOT/sys"
mount --rbind /dev "$ROOT/dev"
exec chroot --userspec="$USERSPEC" "$ROOT" /usr/bin/env -i - $(cat "$ROOT/.environ") \\
    bash -euo pipefail -c 'cd "$1"; shift; exec "$@"' - "$FOLDER" bash -euo pipefail -c "$COMMAND"
"""


class Done(NamedTuple):
    """What a command in a root did."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def fetched_kb(self) -> int:
        """What apt said that it had to get."""
        told = r"(?:Need to get|Download size:) (?:[\d.,]+ [kM]?B ?/ ?)?([\d.,]+) ([kM]?)B"
        asked = re.findall(told, self.out)
        sizes = [(float(size.replace(",", "")), unit) for size, unit in asked]
        return round(sum(size * {"": 0.001, "k": 1, "M": 1000}[unit] for size, unit in sizes))


class Root:
    """A Debian root in a folder.

    Args:
        folder: Where it lies.
        suite: What Debian it is.
    """

    def __init__(self, folder: Path, suite: str) -> None:
        self.folder = folder
        self.suite = suite

    def run(
        self,
        command: str,
        *,
        folder: str = "/root",
        user: str = "root:root",
        seconds: int = 1800,
        check: bool = True,
    ) -> Done:
        """Run a command of bash in the root; it sees this machine's kernel and nothing else of it."""
        start = time.monotonic()
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", ENTER],
            env={
                "PATH": os.environ["PATH"],
                "ROOT": str(self.folder),
                "USERSPEC": user,
                "FOLDER": folder,
                "COMMAND": command,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
        found = Done(done.returncode, done.stdout, done.stderr, time.monotonic() - start)
        assert not check or found.status == 0, (
            f"{command}: {found.status}\n{found.out[-3000:]}\n{found.err[-3000:]}"
        )
        return found

    def put(self, *paths: Path) -> None:
        """Copy files into root's home, as if they had been downloaded."""
        for path in paths:
            shutil.copyfile(path, self.folder / "root" / path.name)

    def put_checkout(self) -> str:
        """Copy the checkout's files into root's home, as a clone would, and return the folder."""
        listed = subprocess.run(
            ["git", "-C", CHECKOUT, "ls-files", "-z", "-co", "--exclude-standard"],
            capture_output=True,
            check=True,
        )
        target = self.folder / "root/advisor"
        for name in listed.stdout.decode().rstrip("\0").split("\0"):
            if (CHECKOUT / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CHECKOUT / name, target / name)
        return "/root/advisor"

    def megabytes(self) -> int:
        """Return how much the root takes on disk, apt's own caches not counted."""
        counted = ["du", "-sxm", "--exclude=./var/cache", "."]
        done = subprocess.run(counted, cwd=self.folder, capture_output=True, check=True)
        return int(done.stdout.split()[0])


def make_base(suite: str, cache: Path) -> Path:
    """Return a packed minimal root of a suite, with package lists; it is made where there is none."""
    base = cache / f"{suite}.tar"
    if base.is_file() and time.time() - base.stat().st_mtime < 7 * 86400:
        return base
    part = base.with_suffix(".part.tar")
    options = [f"--aptopt={setting}" for setting in _apt_settings()]
    options.append('--aptopt=APT::Get::Assume-Yes "true"')
    options += ["--variant=minbase", "--skip=cleanup/apt/lists"]
    command = ["mmdebstrap", *options, suite, str(part)]
    subprocess.run(command, check=True, capture_output=True, timeout=1800)
    part.rename(base)
    return base


def make_root(base: Path, folder: Path, suite: str) -> Root:
    """Unpack a root."""
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-C", folder, "-xf", base], check=True)
    shutil.copyfile("/etc/resolv.conf", folder / "etc/resolv.conf")
    (folder / ".environ").write_text(_environment(folder), encoding="utf-8")
    # A root that is thrown away need not survive a power cut; Debian's own images do the same.
    (folder / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n", encoding="utf-8")
    return Root(folder, suite)


def _apt_settings() -> list[str]:
    dumped = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True)
    lines = [line.rstrip(";") for line in dumped.stdout.splitlines() if APT_SETTINGS.match(line)]
    return [line for line in lines if not line.endswith('""')]


def _environment(folder: Path) -> str:
    """Return the variables of a root: a plain login's, and what this machine needs for the network."""
    found = {
        "HOME": "/root",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    found |= {
        name: value
        for name, value in os.environ.items()
        if VARIABLES.match(name) and name != "PIP_FIND_LINKS"
    }
    for name in CERTIFICATES:
        file = Path(os.environ.get(name, ""))
        if file.is_file():
            shutil.copyfile(file, folder / "etc/network-certificates.pem")
            found[name] = "/etc/network-certificates.pem"
    return "\n".join(
        f"{name}={value}" for name, value in found.items() if not re.search(r"\s", value)
    )


def commands(page: str, name: str) -> str:
    """Return the commands of a marked block of a page in ``docs/``, without sudo."""
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    block = text.partition(f"<!-- run: {name} -->\n```console\n")[2].partition("```")[0]
    lines = [line[2:].removeprefix("sudo ") for line in block.splitlines() if line.startswith("$ ")]
    assert lines, f"{page} has no block {name}"
    return "\n".join(lines)


def note(cache: Path, what: str, root: Root, done: Done, grown_mb: int) -> None:
    """Write down what a way of getting it cost; docs/install.md has these numbers."""
    line = {
        "what": what,
        "suite": root.suite,
        "seconds": round(done.seconds, 1),
        "apt_kb": done.fetched_kb,
        "disk_mb": grown_mb,
    }
    with (cache / "measured.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
