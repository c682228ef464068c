"""Machines at the other end of a wire: a real sshd on this one, and what can go wrong."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.errors import AdvisorError, ExitStatus
from advisor.probe import probe
from advisor.system import ssh as module
from advisor.system.live import LiveSystem
from advisor.system.recorded import RecordedSystem
from advisor.system.ssh import capture_host, capture_hosts
from tests.machines.made import NOW
from tests.system.test_recorded import still


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A client program of one's own that knows a host ``box``, where a real sshd listens."""
    sshd = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(sshd).exists() or shutil.which("ssh") is None or os.geteuid() != 0:
        pytest.skip("needs openssh-server, an ssh client, and root to start it")
    folder = tmp_path_factory.mktemp("ssh")
    folder.chmod(0o700)
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
        )
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port = probe_socket.getsockname()[1]
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
        f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\nPidFile none\n"
    )
    (folder / "ssh_config").write_text(
        f"Host *\n HostName 127.0.0.1\n Port {port}\n User root\n IdentityFile {folder}/user\n"
        f" StrictHostKeyChecking no\n UserKnownHostsFile {folder}/known\n LogLevel ERROR\n"
        "Host dead\n Port 1\n"
    )
    # The first value counts: what is said of one host has to come before what is said of all.
    text = (folder / "ssh_config").read_text()
    (folder / "ssh_config").write_text("Host dead\n Port 1\n" + text)
    client = folder / "ssh"
    client.write_text(f'#!/bin/sh\nexec ssh -F {folder}/ssh_config "$@"\n')
    client.chmod(0o755)
    Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen(
        [sshd, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield str(client)
    finally:
        server.terminate()
        server.wait(10)


def fake_ssh(folder: Path, script: str) -> str:
    """Return an ssh that does what a script says."""
    path = folder / "ssh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_host_is_read_as_this_machine_is(wire: str) -> None:
    found = probe(capture_host("box", ssh=wire), now=NOW)
    assert found.capture == "box"
    assert still(found) == still(probe(LiveSystem(), now=NOW))


def test_several_hosts_come_in_their_order_and_one_dead_spoils_none(wire: str) -> None:
    told: list[tuple[str, str]] = []
    hosts = ["box", "dead", "other"]

    def progress(host: str, word: str) -> None:
        told.append((host, word))

    found = list(capture_hosts(hosts, ssh=wire, progress=progress))
    assert [isinstance(one, RecordedSystem) for one in found] == [True, False, True]
    assert isinstance(found[1], AdvisorError)
    assert "Connection refused" in found[1].what
    assert found[1].hint
    assert {("box", "done"), ("dead", "failed"), ("other", "done")} <= set(told)


def test_log_in_that_prints_something_does_not_matter(tmp_path: Path) -> None:
    client = fake_ssh(tmp_path, 'echo "Welcome to box!"; exec python3 -')
    assert capture_host("box", ssh=client).run("uname")


@pytest.mark.parametrize("host", ["", "-oProxyCommand=evil", "a b", "a\nb", "a\x1bb"])
def test_host_that_is_no_name_is_never_given_to_ssh(tmp_path: Path, host: str) -> None:
    client = fake_ssh(tmp_path, f"touch {tmp_path}/called")
    with pytest.raises(AdvisorError) as caught:
        capture_host(host, ssh=client)
    assert caught.value.status is ExitStatus.USAGE
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("script", "said", "hint"),
    [
        ("echo ssh: no route to host >&2; exit 255", "no route to host", "ssh HOST true"),
        ("exit 127", "no python3", "any Python"),
        ("echo SyntaxError: invalid syntax >&2; exit 1", "older than 3.8", "newer Python"),
        ("exit 3", "status 3: no reason given", ""),
        ("echo hello", "what it sent is no capture", "log-in"),
        ("printf '\\037\\213\\010garbage'", "not a usable capture", "capture"),
    ],
)
def test_host_that_cannot_be_read_says_why(
    tmp_path: Path, script: str, said: str, hint: str
) -> None:
    client = fake_ssh(tmp_path, f"cat >/dev/null; {script}")
    found = next(iter(capture_hosts(["box"], ssh=client)))
    assert isinstance(found, AdvisorError)
    assert said in found.what
    assert "box" in found.what
    assert hint in found.hint


def test_host_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.2)
    with pytest.raises(AdvisorError, match="did not answer"):
        capture_host("box", ssh=fake_ssh(tmp_path, "exec sleep 30"))


def test_missing_ssh_client_is_said(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError, match="no program") as caught:
        capture_host("box", ssh=str(tmp_path / "missing"))
    assert "openssh-client" in caught.value.hint
