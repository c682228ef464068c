"""Guests that are ready: each machine booted once with each kernel, and its state saved."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path

from tests.lab.cache import digest_of, made
from tests.lab.emulator import busybox, compiled_acpi, emulator
from tests.lab.guest import Guest, GuestError
from tests.lab.initrd import write_initrd
from tests.lab.kernels import BY_NAME, Installed, initrd_modules, installed
from tests.lab.machines import Machine
from tests.lab.payload import PAYLOAD_MB
from tests.lab.roots import root_disk

FILES = Path(__file__).parent / "guest"
MEMORY_MB = 384

_BOOTED = ("init", "start", "agent.py")
_CMDLINE = "console=ttyS0 quiet panic=-1 mitigations=off nokaslr"
_BOOTS = 3
_BOOT_CPU, _BOOT_SECONDS = 90, 600
_KHZ = 2_500_000
_NOT_SAVED = {"name", "about", "kernels", "plugged", "vsock"}
_FOUND = r"""
for disk in /sys/block/[svh]d*; do [ "$(cat $disk/size)" = %d ] && break; done
blockdev --flushbufs /dev/${disk##*/} && mkdir -p /opt/lab && tar -xf /dev/${disk##*/} -C /opt/lab
"""


def ready_guest(machine: Machine, kernel_name: str, payload: Path) -> Guest:
    """Return a machine that runs a kernel, its hardware prepared and the advisor in ``/opt/lab``.

    Args:
        machine: Which cards it has.
        kernel_name: A name of :data:`tests.lab.kernels.KERNELS`.
        payload: The disk made by :func:`tests.lab.payload.payload_disk`.

    Raises:
        UnavailableError: Something it needs cannot be had here.
        GuestError: It does not boot, or does not come back from its saved state.
    """
    kernel = installed(BY_NAME[kernel_name])
    state = made(
        f"states/{kernel_name}-{machine.name}",
        _recipe(machine, kernel),
        lambda folder: _save(folder, machine, kernel, payload),
    )
    guest = _start(state, machine, kernel, payload, cold=False)
    try:
        guest.restore(state / "state")
        guest.run("date", "--utc", f"--set=@{int(time.time())}")
        guest.shell(_FOUND % (PAYLOAD_MB << 11))
    except GuestError:
        guest.close()
        raise
    return guest


def _recipe(machine: Machine, kernel: Installed) -> list[object]:
    """Return all that a saved state depends on."""
    stamps = (root_disk(kernel.kernel.root), emulator(other_ids=machine.other_ids).program)
    return [
        {key: value for key, value in machine._asdict().items() if key not in _NOT_SAVED},
        kernel.version,
        digest_of(*(FILES / name for name in (*_BOOTED, *machine.files))),
        digest_of(*(_stamp(path) for path in stamps)),
        [MEMORY_MB, PAYLOAD_MB, _CMDLINE],
    ]


def _stamp(path: Path) -> Path:
    """Return the recipe of the cached thing that a file belongs to."""
    return next(folder / ".recipe" for folder in path.parents if (folder / ".recipe").exists())


def _save(state: Path, machine: Machine, kernel: Installed, payload: Path) -> None:
    files = [FILES / name for name in _BOOTED]
    options = f"LAYERS=2\nCHANNEL={machine.channel}\n"
    modules = initrd_modules(kernel, machine.modules)
    box = busybox(kernel.kernel.root.architecture)
    write_initrd(state / "initrd", box, modules, files, options)
    if machine.acpi:
        compiled_acpi(FILES / machine.acpi, state / "acpi.aml")
    with _booted(state, machine, kernel, payload) as guest:
        for name in machine.files:
            guest.run("sh", "-c", f"cat >/run/lab/{name}", stdin=(FILES / name).read_bytes())
        for line in machine.prepare:
            guest.shell(line, timeout=300)
        guest.shell("udevadm settle --timeout=120; sync; fstrim -a 2>/dev/null; true")
        guest.save(state / "state")
    (state / "initrd").unlink()


def _booted(
    state: Path, machine: Machine, kernel: Installed, payload: Path, tries: int = _BOOTS
) -> Guest:
    """Boot a machine cold; on a busy host, one without a second clock may not find how fast time goes."""
    with (state / "memory").open("wb") as memory:
        memory.truncate(MEMORY_MB << 20)
    guest = _start(state, machine, kernel, payload, cold=True)
    try:
        guest.wait_until_booted(_BOOT_CPU, _BOOT_SECONDS)
    except GuestError:
        guest.close()
        if tries == 1:
            raise
        return _booted(state, machine, kernel, payload, tries - 1)
    return guest


def _start(state: Path, machine: Machine, kernel: Installed, payload: Path, *, cold: bool) -> Guest:
    folder = Path(tempfile.mkdtemp(prefix="lab-"))
    disks = [root_disk(kernel.kernel.root), kernel.disk, payload]
    arguments = [
        *("-machine", f"{machine.type},accel=tcg,memory-backend=ram"),
        *("-cpu", "qemu64,-svm", "-smp", "1", "-m", str(MEMORY_MB)),
        "-object",
        f"memory-backend-file,id=ram,size={MEMORY_MB}M,mem-path={state / 'memory'},"
        f"share={'on' if cold else 'off'}",
        *("-nodefaults", "-no-user-config", "-display", "none", "-vga", "none", "-serial", "stdio"),
        *("-qmp", f"unix:{folder}/monitor,server=on,wait=off"),
        *("-chardev", f"socket,id=line,path={folder}/line,server=on,wait=off"),
        *_disks(machine, disks),
        *(word for device in machine.devices for word in device.split()),
        *(("-acpitable", f"file={state / 'acpi.aml'}") if machine.acpi else ()),
        *("-kernel", str(kernel.image)),
    ]
    if cold:
        told = f"{_CMDLINE} {machine.boot.format(khz=_host_khz())}".rstrip()
        arguments += ["-initrd", str(state / "initrd"), "-append", told]
    else:
        arguments += ["-incoming", "defer"]
    qemu = emulator(other_ids=machine.other_ids)
    return Guest(qemu.command(*arguments), folder)


def _host_khz() -> int:
    """Return how fast the counter of this machine's processor runs, which is that of a guest too."""
    about = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^cpu MHz\s*: (\d+)", about, re.MULTILINE)
    return int(found[1]) * 1000 if found else _KHZ


def _disks(machine: Machine, disks: list[Path]) -> list[str]:
    """Return the drives; a hard disk on ATA cannot be read-only, so what is written goes nowhere."""
    how = "snapshot=on" if "ide" in machine.disk else "readonly=on"
    arguments: list[str] = []
    for number, disk in enumerate(disks):
        drive = f"if=none,id=disk{number},file={disk},format=raw,file.locking=off,{how}"
        arguments += [
            "-drive",
            drive,
            "-device",
            machine.disk.format(n=number, bus=number // 2, unit=number % 2),
        ]
    return arguments
