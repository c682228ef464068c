"""The roles on a root that believes to be a machine with a kernel of July and a newer one on offer."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ansible.fake_machine import NEW, OLD, build_root, make_machine, running
from tests.ansible.harness import ROOT, Controller, House, cache, document

_CAPTURE = ROOT / "tests/machines/debian-13-soft.tar.gz"
_BOOK = """\
- hosts: all
  gather_facts: false
  serial: 1
  any_errors_fatal: true
  roles:
    - role: homelab.kernel_advisor.ROLE
"""


@pytest.fixture(scope="module")
def root(
    tmp_path_factory: pytest.TempPathFactory, environments: dict[str, Controller | str]
) -> Iterator[Path]:
    """A machine of its own, from here on changed by one test after the other."""
    _ = environments
    missing = [
        name for name in ("mmdebstrap", "gcc", "dpkg-deb", "chroot") if not shutil.which(name)
    ]
    if missing or os.geteuid():
        pytest.skip(f"needs root and {' '.join(missing) or 'nothing else'}")
    base = cache() / "roots/bookworm"
    base.parent.mkdir(parents=True, exist_ok=True)
    build_root(base)
    place = cache() / "roots" / tmp_path_factory.getbasetemp().name
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(place)], check=True)
    make_machine(place, _CAPTURE)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def box(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The sshd of that machine."""
    with House(tmp_path_factory.mktemp("box"), root) as house:
        yield house


def _run(
    core: Controller, box: House, role: str, *words: str, **variables: object
) -> subprocess.CompletedProcess[str]:
    book = box.folder / "book.yml"
    book.write_text(_BOOK.replace("ROLE", role))
    extra = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    inventory = str(box.inventory({"box": ""}))
    return core.run(
        "ansible-playbook", "-i", inventory, str(book), *extra, *words, ANSIBLE_PIPELINING="true"
    )


def _installed(root: Path) -> set[str]:
    return {path.name.removeprefix("vmlinuz-") for path in (root / "boot").glob("vmlinuz-*")}


def test_check_mode_changes_nothing(
    core: Controller, box: House, root: Path, advisor: Path
) -> None:
    done = _run(
        core, box, "upgrade", "--check", upgrade_advisor_executable=advisor, upgrade_reboot=True
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "upgrade, " in done.stdout
    assert _installed(root) == {OLD[0]}
    assert running(root) == OLD[0]


def test_kernel_that_is_not_urgent_enough_is_not_taken(
    newest: Controller, box: House, root: Path, advisor: Path
) -> None:
    done = _run(
        newest,
        box,
        "upgrade",
        "-e",
        '{"upgrade_urgencies": ["routine"]}',
        upgrade_advisor_executable=advisor,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert _installed(root) == {OLD[0]}


def test_kernel_is_installed_and_nothing_rebooted_unless_told(
    newest: Controller, box: House, root: Path, advisor: Path
) -> None:
    done = _run(newest, box, "upgrade", upgrade_advisor_executable=advisor)
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{NEW[0]} is installed and does not run yet" in done.stdout
    assert _installed(root) == {OLD[0], NEW[0]}
    assert running(root) == OLD[0]


def test_second_run_changes_nothing(newest: Controller, box: House, advisor: Path) -> None:
    done = _run(newest, box, "upgrade", upgrade_advisor_executable=advisor)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "changed=0" in done.stdout
    assert "reboot, " in done.stdout


def test_told_to_reboot_it_starts_the_kernel_verifies_and_reports(
    newest: Controller, box: House, root: Path, advisor: Path
) -> None:
    report = box.folder / "after.html"
    done = _run(
        newest,
        box,
        "upgrade",
        upgrade_advisor_executable=advisor,
        upgrade_reboot=True,
        upgrade_report=report,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert running(root) == NEW[0]
    assert "See that nothing was lost" in done.stdout
    assert NEW[0] in report.read_text()


def test_local_fact_is_small_static_and_told_by_setup(
    newest: Controller, box: House, root: Path, advisor: Path
) -> None:
    scan = subprocess.run(
        [str(advisor), "scan", "--from", str(_CAPTURE), "--format", "json"],
        stdout=subprocess.PIPE,
        check=True,
    )
    (root / "srv/scan.json").write_bytes(scan.stdout)
    program = root / "usr/local/bin/advisor"
    program.write_text("#!/bin/sh\nexec cat /srv/scan.json\n")
    program.chmod(0o755)
    done = _run(newest, box, "local_facts", local_facts_enable=False)
    assert done.returncode == 0, done.stdout[-3000:]
    unit = (root / "etc/systemd/system/kernel-advisor-facts.service").read_text()
    command = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    shell = command.partition("'")[2].rpartition("'")[0]
    fact = root / "etc/ansible/facts.d/kernel_advisor.fact"
    made = subprocess.run(
        ["chroot", str(root), "sh", "-c", shell], stdout=subprocess.PIPE, check=True
    )
    fact.write_bytes(made.stdout)
    assert len(made.stdout) < 16_000
    words = (
        "-m",
        "ansible.builtin.setup",
        "-a",
        "filter=ansible_local",
        "-i",
        str(box.inventory({"box": ""})),
        "all",
    )
    told = newest.run("ansible", *words)
    said = document(told.stdout[told.stdout.index("{") :])
    assert '"schema": "advisor.scan/1"' in told.stdout, said


def test_second_run_of_local_facts_changes_nothing(
    newest: Controller, box: House, root: Path
) -> None:
    assert (root / "usr/local/bin/advisor").exists()
    done = _run(newest, box, "local_facts", local_facts_enable=False)
    assert "changed=0" in done.stdout, done.stdout[-2000:]


def test_missing_advisor_on_the_host_is_said(newest: Controller, box: House) -> None:
    done = _run(newest, box, "local_facts", local_facts_advisor="/nowhere/advisor")
    assert done.returncode != 0
    assert "apt install ./kernel-advisor" in done.stdout
