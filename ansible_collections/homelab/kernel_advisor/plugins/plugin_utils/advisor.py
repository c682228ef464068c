# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The advisor on the controller: where it is, and what it says about a capture."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "kernel-advisor"
SCHEMA = "advisor.scan/1"
SECONDS = 300


class AdvisorProblem(Exception):
    """The advisor is missing, or could not answer. The text is for the person who runs the play."""


def find_advisor(executable=None):
    """Return the words that start the advisor.

    The order: the executable that the task names, the package that this Python can import, the
    executable on the search path.

    Raises:
        AdvisorProblem: There is none; the text holds the command that installs it.
    """
    if executable:
        found = shutil.which(os.path.expanduser(executable))
        if found is None:
            raise AdvisorProblem(
                f"advisor_executable is {executable!r}, and no such program can be run on the controller."
            )
        return [found]
    if importable():
        return [sys.executable, "-P", "-m", "advisor"]
    found = shutil.which("advisor")
    if found is None:
        raise AdvisorProblem(
            f"The advisor is not on the controller: {sys.executable} cannot import it and no 'advisor' is on "
            f"the PATH. Nothing was done on the hosts. Install it with: {install_command(sys.prefix)}"
        )
    return [found]


def importable():
    """Return whether this Python has the advisor, and not merely something of that name."""
    if sys.version_info < (3, 11):
        return False
    try:
        return importlib.util.find_spec("advisor.pipeline") is not None
    except (ImportError, ValueError):
        return False


def install_command(prefix, version=sys.version_info):
    """Return the command that puts the advisor beside the Ansible that lives at a prefix."""
    above, name = os.path.split(os.path.normpath(prefix))
    if version < (3, 11) or os.path.normpath(prefix) == "/usr":
        return f"pipx install {PACKAGE}"
    if above.endswith(os.path.join("pipx", "venvs")):
        return f"pipx inject {name} {PACKAGE}"
    if above.endswith(os.path.join("uv", "tools")):
        return f"uv tool install {name} --with {PACKAGE}"
    return f"{os.path.join(prefix, 'bin', 'python')} -m pip install {PACKAGE}"


def scan(command, capture, candidates=()):
    """Return the document about a capture: ``advisor scan --from CAPTURE --format json``.

    Args:
        command: What :func:`find_advisor` returned.
        capture: The capture's file.
        candidates: Packages or folders of kernels to judge besides those that the host offers.
    """
    options = [word for path in candidates for word in ("--candidate", os.path.expanduser(path))]
    document = answer(command, ["scan", "--from", str(capture), "--format", "json", *options])
    if document.get("schema") != SCHEMA:
        raise AdvisorProblem(
            f"{' '.join(command)} answers in the form {document.get('schema')!r}, and this collection reads "
            f"{SCHEMA!r}: bring both to the same version."
        )
    return document


def redacted(command, capture, place):
    """Return a capture's bytes without what names the host, its networks and its people."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        whole, safe = Path(folder) / "whole.tar.gz", Path(folder) / "safe.tar.gz"
        write_file(whole, capture)
        run(command, ["capture", "--redact", "--from", str(whole), "-o", str(safe)])
        return safe.read_bytes()


def answer(command, arguments, statuses=(0,)):
    """Return the JSON document that the advisor prints.

    Args:
        statuses: How it may end. Every other end is an AdvisorProblem.
    """
    text = run(command, arguments, statuses)
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise AdvisorProblem(f"{' '.join(command)} {arguments[0]} printed no JSON document.")
    return document


def run(command, arguments, statuses=(0,)):
    """Return what the advisor prints, AdvisorProblem with its own words where it fails."""
    try:
        done = subprocess.run(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        raise AdvisorProblem(f"{' '.join(command)} gave no answer within {SECONDS} seconds.") from slow
    except OSError as error:
        raise AdvisorProblem(f"{' '.join(command)} cannot be run: {error.strerror}.") from error
    if done.returncode not in statuses:
        raise AdvisorProblem(said(command, done.returncode, done.stderr.decode("utf-8", "replace")))
    return done.stdout.decode("utf-8", "replace")


def said(command, status, complaint):
    """Return the advisor's complaint in one line."""
    words = [line.split(": ", 2) for line in complaint.splitlines() if line.startswith("advisor: ")]
    told = [f"{part[2]}" for part in words if len(part) == 3]
    lines = complaint.strip().splitlines()
    return "; ".join(told) or f"{' '.join(command)} ended with status {status}: {lines[-1] if lines else ''}"


def run_folder(constants, name):
    """Return a folder on the controller that lasts as long as this run of Ansible.

    Args:
        constants: ``ansible.constants``, which knows the run's own temporary folder.
        name: The folder's name in it.
    """
    folder = Path(constants.DEFAULT_LOCAL_TMP) / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def file_name(host):
    """Return an inventory name as a file name, for every name a different one."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in host)
    if kept == host and not host.startswith(".") and len(host) < 200:
        return host
    return f"host-{kept[:60].strip('.')}-{host.encode('utf-8', 'surrogateescape').hex()[:80]}"


def write_file(path, content, mode=0o600):
    """Put a file in its place whole or not at all; return whether it is another than before."""
    path = Path(path)
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(fresh, path)
        except OSError:
            os.unlink(fresh)
            raise
    except OSError as error:
        raise AdvisorProblem(f"{path} cannot be written on the controller: {error.strerror}.") from error
    return True
