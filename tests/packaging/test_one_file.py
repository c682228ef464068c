"""How ``advisor.pyz`` starts: where it unpacks itself, and where it must not."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

MAIN = Path(__file__).parents[2] / "packaging/one_file_main.py"
# What is unpacked says where it lies and what else lies there.
PROGRAM = "import os\ndef run():\n    print(os.path.dirname(os.path.dirname(__file__)))\n"


class OneFile:
    """A file that starts as ``advisor.pyz`` does, and holds next to nothing."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "advisor.pyz"
        self.home = folder / "home"
        self.temporary = folder / "tmp"
        self.home.mkdir()
        self.temporary.mkdir()
        with zipfile.ZipFile(self.path, "w") as packed:
            packed.writestr("__main__.py", MAIN.read_text("utf-8").replace("@CONTENT@", "c0ffee"))
            packed.writestr("advisor/__init__.py", "")
            packed.writestr("advisor/__main__.py", PROGRAM)

    def start(
        self, python: str = sys.executable, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        environ = {"HOME": str(self.home), "TMPDIR": str(self.temporary), **environ}
        return subprocess.run(
            [python, self.path], env=environ, capture_output=True, text=True, check=False
        )

    def place(self, **environ: str) -> Path:
        done = self.start(**environ)
        assert not done.stderr
        return Path(done.stdout.strip())


@pytest.fixture
def one_file(tmp_path: Path) -> OneFile:
    return OneFile(tmp_path)


def test_one_file_stays_unpacked_in_the_users_cache(one_file: OneFile) -> None:
    kept = one_file.home / ".cache/advisor/c0ffee"
    assert one_file.place() == kept
    (kept / "advisor/__main__.py").write_text(PROGRAM.replace("print(", "print('again ' + "))
    assert one_file.start().stdout == f"again {kept}\n"
    assert [path.name for path in kept.parent.iterdir()] == ["c0ffee"]


def test_one_file_heeds_the_cache_that_the_environment_names(
    one_file: OneFile, tmp_path: Path
) -> None:
    (tmp_path / "cache").mkdir()
    assert one_file.place(XDG_CACHE_HOME=f"{tmp_path}/cache") == tmp_path / "cache/advisor/c0ffee"
    assert one_file.place(XDG_CACHE_HOME="cache") == one_file.home / ".cache/advisor/c0ffee"


@pytest.mark.parametrize("home", ["", "relative", "/nonexistent", "/proc"])
def test_one_file_without_a_home_of_its_own_leaves_nothing(one_file: OneFile, home: str) -> None:
    place = one_file.place(HOME=home)
    assert place.parent == one_file.temporary
    assert not list(one_file.temporary.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("given", [".", ".cache", ".cache/advisor", ".cache/advisor/c0ffee"])
def test_one_file_runs_nothing_from_another_users_folder(one_file: OneFile, given: str) -> None:
    path = one_file.home / given
    (path / "theirs").mkdir(parents=True)
    os.chown(path, 65534, 65534)
    assert one_file.place().parent == one_file.temporary
    # What root makes in another's folder, the other can put something else in the place of.
    assert [below.name for below in path.iterdir()] == ["theirs"]


def test_one_file_where_nothing_can_be_written_says_so(one_file: OneFile) -> None:
    done = one_file.start(HOME="/proc", TMPDIR="/proc")
    if done.returncode == 0:
        assert done.stdout.startswith(("/tmp", "/var/tmp", "/usr/tmp"))
    else:
        assert done.returncode == 69
        assert done.stderr.startswith("advisor: error: cannot unpack this file")
    one_file.home.joinpath(".cache").touch()
    assert one_file.place().parent == one_file.temporary


def test_one_file_started_many_times_at_once_is_unpacked_whole(one_file: OneFile) -> None:
    with ThreadPoolExecutor(8) as many:
        places = {start.result() for start in [many.submit(one_file.place) for _ in range(8)]}
    kept = one_file.home / ".cache/advisor/c0ffee"
    assert places == {kept}
    assert [path.name for path in kept.parent.iterdir()] == ["c0ffee"]


def test_one_file_on_an_old_python_says_what_it_needs(one_file: OneFile, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "sitecustomize.py").write_text("import sys\nsys.version_info = (3, 9, 2)\n")
    done = one_file.start(PYTHONPATH=str(old))
    assert done.returncode == 69
    assert done.stderr == (
        "advisor: error: Python 3.9 is too old, the advisor needs 3.11\n"
        "advisor: hint: run this file with a newer one: python3.11 advisor.pyz\n"
    )
