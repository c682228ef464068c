"""A running guest: booted cold once, saved, and from then on ready in a fraction of a second."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, cast

from tests.lab.vsock import serve_vsock

_PLUG_SECONDS = 8  # a PCI Express slot waits five before it takes a card
_SLOW = 30  # what a guest may take beside the command itself
# Leaves the processor to others, and does not outlive a test process that is killed.
_MODEST = ("setpriv", "--pdeathsig", "KILL", "nice", "-n", "10")


class Ran(NamedTuple):
    """What a command in a guest did."""

    status: int
    out: bytes
    err: str
    seconds: float
    cpu: float

    @property
    def text(self) -> str:
        """Return what it printed."""
        return self.out.decode(errors="replace")


class GuestError(Exception):
    """A guest did not do what the lab needs; its text says what and shows the console's end."""


class BootError(GuestError):
    """A guest did not come up."""


class Guest:
    """A machine that runs. Leaving the ``with`` block ends it; nothing it did stays."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        with (folder / "console").open("wb") as console:
            self._process = subprocess.Popen(
                [*_MODEST, *command],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        try:
            self._monitor = self._connected("monitor")
            self._answers = self._open.enter_context(self._monitor.makefile("rb"))
            self._answers.readline()
            self.control("qmp_capabilities")
            self._line = self._connected("line")
        except (GuestError, OSError) as error:
            said = self.console()
            self.close()
            raise GuestError(f"QEMU did not start: {said}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._open.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _connected(self, name: str) -> socket.socket:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self._process.poll() is None:
            line = socket.socket(socket.AF_UNIX)
            try:
                line.connect(str(self._folder / name))
            except OSError:
                line.close()
                time.sleep(0.02)
            else:
                return self._open.enter_context(line)
        raise GuestError("it does not listen")

    def console(self) -> str:
        """Return the end of what the machine wrote to its screen."""
        return (self._folder / "console").read_text(errors="replace")[-2000:]

    def control(self, command: str, **arguments: object) -> dict[str, object]:
        """Tell QEMU something and return its answer."""
        text = json.dumps({"execute": command, "arguments": arguments})
        self._monitor.sendall(text.encode() + b"\n")
        while line := self._answers.readline():
            answer = cast("dict[str, object]", json.loads(line))
            if "error" in answer:
                raise GuestError(f"{command}: {answer['error']}")
            if "return" in answer:
                found = answer["return"]
                return cast("dict[str, object]", found) if isinstance(found, dict) else {}
        raise GuestError(f"{command}: QEMU has gone: {self.console()}")

    def wait_until_booted(self, cpu: float, seconds: float) -> None:
        """Return once the guest says that it takes commands.

        Args:
            cpu: Seconds of processor time after which it is given up: a busy host takes nothing from it.
            seconds: Seconds after which it is given up although it did little.

        Raises:
            BootError: It does not say so in that time.
        """
        self._line.settimeout(1)
        deadline = time.monotonic() + seconds
        said = b""
        while not said.endswith(b"ready\n"):
            try:
                said += self._received()
            except TimeoutError as error:
                if self._cpu() > cpu or time.monotonic() > deadline:
                    raise BootError(f"it did not boot: {self.console()}") from error

    def _cpu(self) -> float:
        """Return the processor time that QEMU has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def run(
        self,
        *argv: str,
        user: str = "",
        stdin: bytes = b"",
        timeout: float = 120,
        check: bool = True,
    ) -> Ran:
        """Run a command and return what it did.

        Args:
            argv: The command; ``shell`` wraps a line of shell.
            user: Who runs it; root where it is empty.
            stdin: What it reads.
            timeout: Seconds after which it is ended.
            check: Whether a status other than 0 is an error.

        Raises:
            GuestError: The guest does not answer, or the command failed.
        """
        asked: dict[str, object] = {"argv": argv, "timeout": timeout}
        asked |= {"user": user} if user else {}
        asked |= {"stdin": base64.b64encode(stdin).decode()} if stdin else {}
        self._line.settimeout(timeout + _SLOW)
        try:
            self._line.sendall(json.dumps(asked).encode() + b"\n")
            head, packed = self._answer()
        except OSError as error:
            raise GuestError(f"no answer to {argv}: {error}: {self.console()}") from error
        ran = Ran(
            int(cast("int", head["status"])),
            zlib.decompress(packed),
            str(head["err"]),
            float(cast("float", head["seconds"])),
            float(cast("float", head["cpu"])),
        )
        if check and ran.status != 0:
            raise GuestError(f"{' '.join(argv)}: status {ran.status}: {ran.err or ran.text[-500:]}")
        return ran

    def shell(self, line: str, timeout: float = 120) -> Ran:
        """Run a line of shell as root."""
        return self.run("sh", "-c", line, timeout=timeout)

    def _answer(self) -> tuple[Mapping[str, object], bytes]:
        data = b""
        while b"\n" not in data:
            data += self._received()
        head, _, packed = data.partition(b"\n")
        about = cast("dict[str, object]", json.loads(head))
        length = int(cast("int", about["length"]))
        while len(packed) < length:
            packed += self._received()
        return about, packed

    def _received(self) -> bytes:
        part = self._line.recv(1 << 16)
        if not part:
            raise GuestError(f"the guest has gone: {self.console()}")
        return part

    def plug(self, device: str) -> None:
        """Plug in a device, given as on QEMU's command line, and wait until the guest has it."""
        model, _, rest = device.partition(",")
        options = dict(part.split("=", 1) for part in rest.split(","))
        self.control("device_add", driver=model, **options)
        self.shell(f"sleep {_PLUG_SECONDS}; udevadm settle --timeout=60")

    def plug_disk(self, path: str, serial: str) -> None:
        """Plug in a disk that udev then names ``/dev/disk/by-id/virtio-SERIAL``."""
        file = {"driver": "file", "filename": path, "locking": "off"}
        options = {"read-only": True, "file": file}
        self.control("blockdev-add", driver="raw", **{"node-name": serial}, **options)
        self.control("device_add", driver="virtio-blk-pci", id=serial, drive=serial, serial=serial)

    def plug_vsock(self) -> None:
        """Plug in a vsock device, which cannot be saved and so is plugged in each time."""
        path = self._folder / "vsock"
        serve_vsock(path)
        address = {"type": "unix", "data": {"path": str(path)}}
        backend = {"type": "socket", "data": {"addr": address, "server": False}}
        self.control("chardev-add", id="vsock", backend=backend)
        self.control("device_add", driver="vhost-user-vsock-pci", id="vsock", chardev="vsock")
        self.shell("udevadm settle --timeout=60")

    def save(self, state: Path) -> None:
        """Write the machine's state beside its memory, which is a file already, and stop it."""
        self.control("stop")
        self._ignore_shared()
        self.control("migrate", uri=f"file:{state}")
        self._wait("completed")

    def restore(self, state: Path) -> None:
        """Take up a saved state."""
        self._ignore_shared()
        self.control("migrate-incoming", uri=f"file:{state}")
        self._wait("completed")
        self.control("cont")

    def _ignore_shared(self) -> None:
        wanted = [{"capability": "x-ignore-shared", "state": True}]
        self.control("migrate-set-capabilities", capabilities=wanted)

    def _wait(self, wanted: str) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            status = self.control("query-migrate").get("status")
            if status == wanted:
                return
            if status == "failed":
                break
            time.sleep(0.02)
        raise GuestError(f"its state cannot be moved: {self.control('query-migrate')}")
