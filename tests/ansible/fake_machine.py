"""A Debian root that believes to be a machine: recorded hardware, kernels as packages, a reboot.

``/proc`` and ``/sys`` are plain folders with what a capture holds, ``uname`` is answered by a preloaded
library from ``/etc/running``, and ``shutdown -r`` starts the newest kernel that is installed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

OLD = ("6.12.94+deb13-amd64", "6.12.94-1", "2026-07-19")
NEW = ("6.12.117+deb13-amd64", "6.12.117-1", "2026-11-12")

_UNAME = r"""
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
int uname(struct utsname *u)
{
    int done = syscall(SYS_uname, u);
    FILE *file = fopen("/etc/running", "r");
    if (file) {
        if (fgets(u->release, sizeof u->release, file)) u->release[strcspn(u->release, "\n")] = 0;
        if (fgets(u->version, sizeof u->version, file)) u->version[strcspn(u->version, "\n")] = 0;
        fclose(file);
    }
    strcpy(u->nodename, "box");
    return done;
}
"""
_SHUTDOWN = r"""#!/bin/sh
# Start the newest kernel: what a boot loader and a kernel would do between them.
release=$(ls -v /boot | sed -n 's/^vmlinuz-//p' | tail -n 1)
cp "/boot/running-$release" /etc/running
{ read -r release; read -r words; } </etc/running
echo "Linux version $release (debian-kernel@lists.debian.org) $words" >/proc/version
date +%s.%N >/proc/sys/kernel/random/boot_id
"""
_SOURCES = "deb [trusted=yes] file:/srv/repo ./\n"


def build_root(place: Path) -> None:
    """Make a minimal Debian 12 root with Python and apt's Python library, where there is none yet."""
    if (place / "made").exists():
        return
    shutil.rmtree(place, ignore_errors=True)
    exclude = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
    words = [
        "mmdebstrap",
        "--variant=minbase",
        "--include=python3-apt",
        *exclude,
        "bookworm",
        str(place),
    ]
    subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    (place / "made").touch()


def make_machine(root: Path, capture: Path) -> None:
    """Turn a minimal root into a machine that runs :data:`OLD` and is offered :data:`NEW`.

    Args:
        root: A copy of what :func:`build_root` made.
        capture: Recorded hardware; it ran :data:`NEW`.
    """
    _hardware(root, capture)
    _uname(root)
    (root / "etc/apt/sources.list").write_text(_SOURCES)
    for path in (root / "var/lib/apt/lists").glob("*_*"):
        path.unlink()
    repo = root / "srv/repo"
    repo.mkdir(parents=True)
    packages = [_kernel(root, *OLD), _kernel(root, *NEW), _meta(root, NEW)]
    stanzas = [stanza for _, stanza in packages[1:]]
    (repo / "Packages").write_text("\n".join(stanzas))
    _chroot(root, "dpkg", "-i", str(Path("/") / packages[0][0].relative_to(root)))
    _chroot(root, "apt-get", "-q", "update")
    _chroot(root, "/sbin/shutdown", "-r", "now")


def running(root: Path) -> str:
    """Return the release that the machine believes to run."""
    return (root / "etc/running").read_text().split("\n", 1)[0]


def _hardware(root: Path, capture: Path) -> None:
    with tarfile.open(capture) as archive:
        for entry in archive:
            if entry.name.startswith(("proc/", "sys/", "run/")):
                archive.extract(entry, root, filter="tar")
            elif entry.name.startswith("lib/modules/") and entry.isfile():
                target = root / "srv/modules" / entry.name.split("/", 3)[3]
                target.parent.mkdir(parents=True, exist_ok=True)
                stream = archive.extractfile(entry)
                target.write_bytes(stream.read() if stream else b"")
            elif entry.name == "etc/os-release":
                (root / "etc/os-release").unlink(missing_ok=True)
                archive.extract(entry, root, filter="tar")
    for path in (root / "sys").glob("bus/*/drivers"):
        path.mkdir(exist_ok=True)
    _index(root)
    boot_id = root / "proc/sys/kernel/random/boot_id"
    boot_id.parent.mkdir(parents=True, exist_ok=True)
    boot_id.write_text("first\n")
    (root / "proc/sys/kernel/tainted").write_text("0\n")
    (root / "proc/uptime").write_text("86400.00 86400.00\n")


def _index(root: Path) -> None:
    """Make the links by which the kernel lists devices; a capture has those of each device only."""
    for link in list((root / "sys/devices").rglob("subsystem")):
        device = link.parent
        kind, _, name = str(link.readlink()).rpartition("/")
        folder = root / "sys" / kind.rpartition("/")[2] / name
        folder = folder / "devices" if kind.endswith("bus") else folder
        folder.mkdir(parents=True, exist_ok=True)
        entry = folder / device.name
        if not entry.is_symlink():
            up = "../" * (len(folder.relative_to(root / "sys").parts))
            entry.symlink_to(f"{up}{device.relative_to(root / 'sys')}")


def _uname(root: Path) -> None:
    library = root / "usr/lib/uname.so"
    words = ["gcc", "-shared", "-fPIC", "-O1", "-x", "c", "-", "-o", str(library)]
    subprocess.run(words, input=_UNAME.encode(), check=True)
    (root / "etc/ld.so.preload").write_text("/usr/lib/uname.so\n")
    shutdown = root / "sbin/shutdown"
    shutdown.unlink(missing_ok=True)
    shutdown.write_text(_SHUTDOWN)
    shutdown.chmod(0o755)


def _kernel(root: Path, release: str, version: str, day: str) -> tuple[Path, str]:
    """Return a kernel's package and its stanza: an image's name, a version's words, and module lists."""
    files = {
        f"boot/vmlinuz-{release}": b"no real kernel\n",
        f"boot/running-{release}": (
            f"{release}\n#1 SMP PREEMPT_DYNAMIC Debian {version} ({day})\n".encode()
        ),
    }
    for path in (root / "srv/modules").rglob("*"):
        if path.is_file():
            files[f"lib/modules/{release}/{path.relative_to(root / 'srv/modules')}"] = (
                path.read_bytes()
            )
    return _package(root, f"linux-image-{release}", version, files, "")


def _meta(root: Path, kernel: tuple[str, str, str]) -> tuple[Path, str]:
    depends = f"Depends: linux-image-{kernel[0]} (= {kernel[1]})\n"
    return _package(root, "linux-image-amd64", kernel[1], {}, depends)


def _package(
    root: Path, name: str, version: str, files: dict[str, bytes], fields: str
) -> tuple[Path, str]:
    """Return a package as a file in the machine's repository, and its stanza there."""
    tree = root / "srv/tree"
    shutil.rmtree(tree, ignore_errors=True)
    for path, content in files.items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    control = (
        f"Package: {name}\nSource: linux-signed-amd64\nVersion: {version}\nArchitecture: amd64\n{fields}"
        "Maintainer: Nobody <nobody@example.org>\nSection: kernel\nDescription: a kernel\n"
    )
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(control)
    out = root / "srv/repo" / f"{name}_{version}_amd64.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(tree), str(out)],
        check=True,
        stdout=subprocess.PIPE,
    )
    content = out.read_bytes()
    stanza = (
        f"{control}Filename: ./{out.name}\nSize: {len(content)}\n"
        f"SHA256: {hashlib.sha256(content).hexdigest()}\n"
    )
    return out, stanza


def _chroot(root: Path, *words: str) -> None:
    done = subprocess.run(
        ["chroot", str(root), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
        },
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout[-1500:]}")
