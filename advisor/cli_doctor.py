"""`advisor doctor`: what can be read here, what root would add, and which pieces are missing.

It scans like `advisor scan` does and watches every reading, so that it cannot promise what a scan
would not get.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Optional, TypeVar

import typer

from advisor import __version__
from advisor.config import config_files, read_config
from advisor.errors import AdvisorError, ExitStatus

if TYPE_CHECKING:
    from advisor.model.inventory import Inventory
    from advisor.system.machine import RawDevice, System

_T = TypeVar("_T")
_DENIED = ("permission denied", "operation not permitted")
_INSTALLERS = (
    ("apt-get", "apt install", 0),
    ("dnf", "dnf install", 1),
    ("zypper", "zypper install", 2),
    ("pacman", "pacman -S", 2),
    ("apk", "apk add", 1),
)


class DoctorFormat(StrEnum):
    """How a diagnosis is written."""

    TEXT = "text"
    JSON = "json"


class State(StrEnum):
    """How one piece is; only ``BROKEN`` keeps a scan from answering."""

    OK = "ok"
    LIMITED = "limited"
    MISSING = "missing"
    BROKEN = "broken"


class Check(NamedTuple):
    """One piece that the advisor stands on.

    Attributes:
        id: For programs; stable.
        says: What was found.
        hint: What to do about it, ``""`` where nothing has to be done.
    """

    id: str
    title: str
    state: State
    says: str
    hint: str = ""


class Denied(NamedTuple):
    """A reading that this user may not make; ``tells`` is what is unknown without it, or ``""``."""

    path: str
    why: str
    tells: str


class Diagnosis(NamedTuple):
    """All that a doctor finds.

    Attributes:
        read: How many readings gave something.
        absent: How many things are not on this machine.
        denied: What root would add.
    """

    user: str
    checks: tuple[Check, ...]
    read: int = 0
    absent: int = 0
    denied: tuple[Denied, ...] = ()


def doctor(
    output_format: DoctorFormat = typer.Option(
        DoctorFormat.TEXT.value, "--format", help="How to write the answer."
    ),
    database: Optional[Path] = typer.Option(
        None, "--database", metavar="FILE", help="Use this knowledge base."
    ),
) -> None:
    """Say what can be read here, what root would add, what is missing."""
    found = diagnose(os.environ, database)
    write = _json if output_format is DoctorFormat.JSON else _text
    typer.echo(write(found), nl=False)
    broken = [check for check in found.checks if check.state is State.BROKEN]
    if broken:
        knowledge = any(check.id == "knowledge" for check in broken)
        raise typer.Exit(ExitStatus.NO_DATABASE if knowledge else ExitStatus.IO)


def diagnose(environ: Mapping[str, str], database: Path | None = None) -> Diagnosis:
    """Return what this process can read and use here."""
    euid = os.geteuid()
    watched, inventory = _scanned()
    tells = {one.source: one.what for one in inventory.unknowns}
    reasons = watched.reasons
    return Diagnosis(
        user="root" if euid == 0 else f"user {euid}",
        checks=(
            _knowledge(environ, database),
            _program(),
            _configuration(environ),
            _machine(inventory),
            _names(),
            *_tools(environ),
            _reports(),
            _terminal(),
        ),
        read=sum(not why for why in reasons.values()),
        absent=sum(bool(why) and why not in _DENIED for why in reasons.values()),
        denied=tuple(
            Denied(path, why, tells.get(path, ""))
            for path, why in sorted(reasons.items())
            if why in _DENIED
        ),
    )


class _Watched:
    """A system that keeps account of every reading: ``""``, or why it gave nothing."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.reasons: dict[str, str] = {}

    @property
    def capture(self) -> str:
        return self._system.capture

    def read(self, path: str) -> str | None:
        return self._note(path, self._system.read)

    def read_bytes(self, path: str) -> bytes | None:
        return self._note(path, self._system.read_bytes)

    def list(self, path: str) -> tuple[str, ...] | None:
        return self._note(path, self._system.list)

    def readlink(self, path: str) -> str | None:
        return self._note(path, self._system.readlink)

    def modified(self, path: str) -> int | None:
        return self._system.modified(path)

    def run(self, command: str) -> str | None:
        return self._note(command, self._system.run)

    def devices(self) -> tuple[RawDevice, ...]:
        return self._system.devices()

    def reason(self, path: str) -> str:
        return self._system.reason(path)

    def _note(self, path: str, ask: Callable[[str], _T | None]) -> _T | None:
        found = ask(path)
        self.reasons[path] = "" if found is not None else self._system.reason(path)
        return found


def _scanned() -> tuple[_Watched, Inventory]:
    """Probe this machine as a scan does, and keep account."""
    from advisor.probe import probe
    from advisor.system.live import LiveSystem

    watched = _Watched(LiveSystem())
    return watched, probe(watched, now=int(time.time()))


def _machine(inventory: Inventory) -> Check:
    devices = inventory.devices
    says = (
        f"kernel {inventory.kernel.identity.release}, {len(devices)} devices, "
        f"{sum(bool(device.driver) for device in devices)} with a driver"
    )
    place = inventory.host.container
    if not place:
        return Check("machine", "This machine", State.OK, says)
    hint = "a container sees its host's kernel: scan the host instead"
    return Check("machine", "This machine", State.LIMITED, f"{says}, in {place}", hint)


def _knowledge(environ: Mapping[str, str], database: Path | None) -> Check:
    from advisor.knowledge.location import find_database
    from advisor.knowledge.store import KnowledgeBase

    try:
        path = find_database(database, environ)
        meta = KnowledgeBase(path).meta()
    except AdvisorError as error:
        return Check("knowledge", "Knowledge base", State.BROKEN, error.what, error.hint)
    told = meta.get("records", "")
    records = f"{int(told):,}" if told.isdecimal() and len(told) <= 9 else "unknown number of"  # noqa: PLR2004 - no source has more
    says = f"of {meta.get('snapshot', 'an unknown day')}, {records} CVE records, {path}"
    return Check("knowledge", "Knowledge base", State.OK, says)


def _program() -> Check:
    says = f"advisor {__version__}, Python {platform.python_version()}, typer {typer.__version__}"
    return Check("program", "Program", State.OK, says)


def _configuration(environ: Mapping[str, str]) -> Check:
    try:
        read = [str(path) for path in config_files(environ) if read_config(path)]
    except AdvisorError as error:
        return Check("configuration", "Configuration", State.BROKEN, error.what, error.hint)
    says = ", ".join(read) or "none, the defaults hold"
    return Check("configuration", "Configuration", State.OK, says)


def _names() -> Check:
    """Where the names of devices come from."""
    from advisor.system.agent.names import HWDB, IDS

    if Path("/run/udev/data").is_dir():
        return Check("names", "Names of devices", State.OK, "udev's database")
    files = [*HWDB, *(path.format("pci") for path in IDS)]
    found = next((path for path in files if Path(path).is_file()), "")
    if found:
        return Check("names", "Names of devices", State.OK, found)
    says = "no udev and no list of ids: devices are shown by number"
    hint = _install("pci.ids", "hwdata", "hwdata")
    return Check("names", "Names of devices", State.LIMITED, says, hint)


def _tools(environ: Mapping[str, str]) -> list[Check]:
    path = environ.get("PATH", os.defpath)
    checks: list[Check] = []
    for tool, serves in (
        ("ssh", "scan --host reads other machines through it"),
        ("ssh-keygen", "kb update checks signatures with it"),
    ):
        found = shutil.which(tool, path=path)
        if found:
            checks.append(Check(tool, tool, State.OK, found))
        else:
            hint = _install("openssh-client", "openssh-clients", "openssh")
            checks.append(Check(tool, tool, State.MISSING, serves, hint))
    return checks


def _reports() -> Check:
    if importlib.util.find_spec("jinja2"):
        return Check("jinja2", "Jinja2", State.OK, "report writes pages with it")
    hint = _install("python3-jinja2", "python3-jinja2", "python-jinja")
    return Check("jinja2", "Jinja2", State.MISSING, "report needs it to write pages", hint)


def _terminal() -> Check:
    encoding = sys.stdout.encoding or "no encoding"
    width = shutil.get_terminal_size((80, 24)).columns
    kind = "a terminal" if sys.stdout.isatty() else "no terminal"
    says = f"{kind}, {encoding}, {width} columns"
    if "utf" in encoding.lower():
        return Check("output", "Output", State.OK, says)
    return Check("output", "Output", State.LIMITED, says, "letters beyond ASCII are replaced")


def _install(*packages: str) -> str:
    """Return the command that installs a package, named as Debian, Red Hat and the others do."""
    for manager, command, index in _INSTALLERS:
        if shutil.which(manager):
            return f"{command} {packages[index]}"
    return f"install {packages[0]}"


def _text(found: Diagnosis) -> str:
    from advisor.render.text import clean

    lines: list[str] = []
    for check in found.checks:
        lines.append(f"{check.state:<8} {check.title:<17} {clean(check.says)}")
        if check.hint and check.state is not State.OK:
            lines.append(f"{'':<26} -> {clean(check.hint)}")
    lines += ["", *_readings(found)]
    for one in found.denied:
        tells = f": {one.tells}" if one.tells else ""
        lines.append(f"  {clean(one.path)} ({clean(one.why)}){clean(tells)}")
    return "\n".join(lines) + "\n"


def _readings(found: Diagnosis) -> Sequence[str]:
    counted = f"Of what a scan asks for, {found.read} could be read and {found.absent} is not here."
    if found.user == "root":
        return (f"You are root. {counted}",)
    if not found.denied:
        return (f"You are {found.user}. {counted}", "Root would add nothing.")
    return (f"You are {found.user}. {counted}", "Root would add:")


def _json(found: Diagnosis) -> str:
    import json

    document = {
        "schema": "advisor.doctor/1",
        "advisor": __version__,
        "user": found.user,
        "checks": [check._asdict() for check in found.checks],
        "readings": {
            "read": found.read,
            "absent": found.absent,
            "denied": [one._asdict() for one in found.denied],
        },
    }
    return json.dumps(document, indent=1) + "\n"
