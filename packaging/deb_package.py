"""The Debian package: the wheel's files where Debian wants them, and what goes with them.

It is put together by dpkg-deb alone, so that it can be built wherever that is. The same source and
SOURCE_DATE_EPOCH give the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from advisor import __version__

from from_source import ROOT, epoch, unpack
from texts import MAN_PAGE, texts

NAME = "kernel-advisor"
MODULES = Path("usr/lib/python3/dist-packages")
DOCS = Path("usr/share/doc") / NAME
UNITS = Path("usr/lib/systemd/system")
# What makes a local fact for Ansible of a scan; a unit runs it.
FACTS = Path("usr/lib") / NAME / "facts.py"
FACTS_SOURCE = "ansible_collections/homelab/kernel_advisor/plugins/plugin_utils/facts.py"
PROGRAM = """\
#!/usr/bin/python3 -I
from advisor.__main__ import run

run()
"""


def build_deb(wheel: Path, folder: Path) -> Path:
    """Build the package and return it."""
    target = folder / f"{NAME}_{__version__}_all.deb"
    with TemporaryDirectory() as place:
        stage = Path(place) / "stage"
        _modules(wheel, stage)
        _program(stage)
        _documentation(stage)
        units = _units(stage)
        _control(stage, units)
        _settle(stage)
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(stage), str(target)]
        environ = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch())}
        subprocess.run(command, check=True, env=environ, stdout=subprocess.DEVNULL)
    return target


def _modules(wheel: Path, stage: Path) -> None:
    unpack(wheel, stage / MODULES)
    (about,) = (stage / MODULES).glob("*.dist-info")
    # dpkg knows the files, and the licence stands with Debian's; pip must not remove any of it.
    (about / "RECORD").unlink()
    shutil.rmtree(about / "licenses", ignore_errors=True)
    (about / "INSTALLER").write_text("dpkg\n", encoding="ascii")


def _program(stage: Path) -> None:
    _write(stage / "usr/bin/advisor", PROGRAM)
    for place, text in texts().items():
        if place == MAN_PAGE:
            _write_gz(stage / f"usr/share/{place}.gz", text)
        else:
            _write(stage / "usr/share" / place, text)


def _documentation(stage: Path) -> None:
    docs = stage / DOCS
    _write(docs / "copyright", (ROOT / "packaging/deb/copyright").read_text(encoding="utf-8"))
    _write_gz(docs / "changelog.gz", _changelog((ROOT / "CHANGELOG.md").read_text("utf-8")))
    beside = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "data/SOURCES.md"]
    for path in [*beside, *sorted((ROOT / "docs").rglob("*"))]:
        if path.suffix in {".md", ".json", ".svg", ".png"}:
            copy = docs / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def _changelog(markdown: str) -> str:
    """Return the release's entries in the form of Debian's changelogs."""
    lines = [f"{NAME} ({__version__}) unstable; urgency=medium", ""]
    section = markdown.partition("\n## ")[2].partition("\n## ")[0]
    for entry in section.split("\n- ")[1:]:
        whole = " ".join(entry.partition("\n#")[0].split())
        lines += textwrap.wrap(whole, 76, initial_indent="  * ", subsequent_indent="    ")
    control = (ROOT / "packaging/deb/control").read_text(encoding="utf-8")
    maintainer = control.partition("\nMaintainer: ")[2].partition("\n")[0]
    day = datetime.fromtimestamp(epoch(), UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return "\n".join([*lines, "", f" -- {maintainer}  {day}", ""])


def _units(stage: Path) -> list[str]:
    """Put in the units of systemd; none of them is switched on."""
    names: list[str] = []
    for path in sorted((ROOT / "packaging/systemd").glob("*.*")):
        if path.suffix in {".service", ".timer"}:
            _write(stage / UNITS / path.name, path.read_text(encoding="utf-8"))
            names.append(path.name)
    _write(stage / FACTS, (ROOT / FACTS_SOURCE).read_text(encoding="utf-8"))
    return names


def _control(stage: Path, units: list[str]) -> None:
    timers = " ".join(name for name in units if name.endswith(".timer"))
    files = sorted(path for path in stage.rglob("*") if path.is_file())
    said = {
        "@VERSION@": __version__,
        "@TIMERS@": timers,
        "@SIZE@": str(_size(stage)),
    }
    for name in ("control", "postinst", "prerm", "postrm"):
        text = (ROOT / "packaging/deb" / name).read_text(encoding="utf-8")
        for mark, value in said.items():
            text = text.replace(mark, value)
        _write(stage / "DEBIAN" / name, text)
    sums = [f"{_md5(path)}  {path.relative_to(stage)}\n" for path in files]
    _write(stage / "DEBIAN/md5sums", "".join(sums))


def _size(stage: Path) -> int:
    """Return what it takes on disk in KiB, as Debian counts: files rounded up, 1 for all else."""
    return sum(
        -(-path.stat().st_size // 1024) if path.is_file() else 1 for path in stage.rglob("*")
    )


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _settle(stage: Path) -> None:
    """Give everything the mode and the day it is to have."""
    runs = {stage / "usr/bin/advisor", *(stage / "DEBIAN").glob("p*")}
    for path in _bottom_up(stage):
        path.chmod(0o755 if path.is_dir() or path in runs else 0o644)
        os.utime(path, (epoch(), epoch()))


def _bottom_up(stage: Path) -> Iterator[Path]:
    yield from sorted(stage.rglob("*"), reverse=True)
    yield stage


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_gz(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
