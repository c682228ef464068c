"""Controllers, a house of hosts behind one sshd, and the collection where ansible-test wants it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self, cast

ROOT = Path(__file__).parents[2]
COLLECTION = ROOT / "ansible_collections/homelab/kernel_advisor"
SETUP = Path(__file__).with_name("setup.sh")
ADVISOR = Path(os.environ.get("ADVISOR_UNDER_TEST") or Path(sys.executable).with_name("advisor"))
SHIM = Path(__file__).with_name("get_pip.py")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


def cache() -> Path:
    """Return the folder outside the tree in which environments are kept between runs."""
    named = os.environ.get("ADVISOR_ANSIBLE_CACHE")
    return Path(named) if named else Path.home() / ".cache/kernel-advisor-tests/ansible"


class Controller(NamedTuple):
    """One ansible-core in an environment of its own."""

    name: str
    place: Path

    @property
    def python(self) -> str:
        """The Python version as ansible-test calls it: ``3.11``."""
        return next(self.place.glob("lib/python3*")).name.removeprefix("python")

    @property
    def version(self) -> tuple[int, ...]:
        """The version of ansible-core: ``(2, 21, 5)``."""
        found = next(self.place.glob("lib/python3*/site-packages/ansible_core-*.dist-info"))
        words = found.name.removeprefix("ansible_core-").removesuffix(".dist-info").split(".")
        return tuple(int(word) for word in words if word.isdigit())

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a run: this controller first on the path, nothing of the user's."""
        home = cache() / "home"
        return {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PATH": f"{self.place}/bin:{cache()}/bin:{_SYSTEM_PATH}",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            **more,
        }

    def run(
        self, *words: str, folder: Path | None = None, seconds: int = 900, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment; its standard error is part of the output."""
        return subprocess.run(
            [str(self.place / "bin" / words[0]), *words[1:]],
            cwd=folder,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )

    def test(self, *words: str, seconds: int = 1500) -> subprocess.CompletedProcess[str]:
        """Run ansible-test on a fresh copy of the collection."""
        prepare_ansible_test(self)
        place = copy_collection(cache() / "work" / self.name)
        config = place / "tests/integration/integration_config.yml"
        config.write_text(f"advisor: {ADVISOR}\n")
        return self.run("ansible-test", *words, "--color", "no", folder=place, seconds=seconds)


def copy_collection(place: Path) -> Path:
    """Copy the collection below a folder, in the layout that Ansible's tools insist on."""
    target = place / "ansible_collections/homelab/kernel_advisor"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(COLLECTION, target, ignore=shutil.ignore_patterns("__pycache__", "output"))
    return target


def prepare_ansible_test(controller: Controller) -> None:
    """Give ansible-test real interpreters, and what it would else download to make environments."""
    folder = cache() / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for version in PYTHONS:
        link = folder / f"python{version}"
        found = _interpreter(version)
        if found and not link.exists():
            link.symlink_to(found)
    downloads = cache() / "home/.ansible/test/cache"
    downloads.mkdir(parents=True, exist_ok=True)
    source = next(controller.place.glob("lib/python3*/site-packages/ansible_test"))
    text = (source / "_internal/python_requirements.py").read_text()
    for line in text.splitlines():
        name, _, version = line.strip().rstrip(",").partition("=")
        if name == "pip":
            shutil.copy(SHIM, downloads / f"get_pip_{version.strip(chr(39)).replace('.', '_')}.py")


def _interpreter(version: str) -> Path | None:
    places = [Path("/usr/bin"), Path("/usr/local/bin")]
    places += sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin"))
    return next((p / f"python{version}" for p in places if (p / f"python{version}").exists()), None)


def controllers(names: Sequence[str]) -> dict[str, Controller | str]:
    """Return the environments of some names, or why one is not here."""
    done = subprocess.run(
        ["sh", str(SETUP), str(cache()), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return dict.fromkeys(names, f"setup.sh failed: {done.stderr[-500:]}")
    found: dict[str, Controller | str] = {}
    for line in done.stdout.splitlines():
        name, place, why = line.split("\t")
        found[name] = why if place == "-" else Controller(name, Path(place))
    return found


class House:
    """Hosts behind one sshd on the loopback address, which ends with the block.

    Args:
        folder: An empty folder for keys, configuration and log.
        root: A Debian root that sshd changes into, None for this machine's own.
    """

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        self.folder = folder
        self.root = root
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        Path("/run/sshd").mkdir(parents=True, exist_ok=True)
        for name in ("key", "host"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)],
                check=True,
            )
        config = self.folder / "sshd_config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\nUsePAM no\n"
            f"AuthorizedKeysFile {self.folder}/key.pub\nStrictModes no\nPidFile none\n"
            f"MaxStartups 200\nMaxSessions 200\nSubsystem sftp internal-sftp\n"
            + (f"ChrootDirectory {self.root}\n" if self.root else "")
        )
        sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin") or "sshd"
        self._process = subprocess.Popen(
            [sshd, "-D", "-f", str(config), "-E", str(self.folder / "log")]
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(10)

    def inventory(self, hosts: Mapping[str, str], **variables: str) -> Path:
        """Write an inventory and return its file.

        Args:
            hosts: A host's name -> its variables as in an INI inventory.
            variables: Those of all hosts.
        """
        options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        everywhere = {
            "ansible_host": "127.0.0.1",
            "ansible_port": str(self.port),
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.folder / "key"),
            "ansible_ssh_common_args": f"{options} -o ControlPath={self.folder}/%h-%r-%p",
            "ansible_python_interpreter": "/usr/bin/python3",
            **variables,
        }
        path = self.folder / "inventory.ini"
        path.write_text(
            "".join(f"{name} {words}\n" for name, words in hosts.items())
            + "[all:vars]\n"
            + "".join(f"{name}={value}\n" for name, value in everywhere.items())
        )
        return path


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return cast("int", door.getsockname()[1])


def document(text: str) -> dict[str, object]:
    """Return a JSON object."""
    loose: object = json.loads(text)
    assert isinstance(loose, dict)
    return cast("dict[str, object]", loose)
