"""The systemd units, as far as systemd can judge them without running them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ansible.harness import COLLECTION, ROOT

_FOLDER = ROOT / "packaging/systemd"
_SERVICES = sorted(_FOLDER.glob("*.service"))
_LOCAL = [path for path in _SERVICES if "update" not in path.name]


def _directives(text: str) -> set[str]:
    return {line for line in text.splitlines() if "=" in line and not line.startswith("#")}


@pytest.mark.parametrize("unit", _SERVICES, ids=lambda path: path.stem)
def test_service_is_hardened(unit: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    words = ("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit))
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stdout[-500:]
    assert float(found.group(1)) <= 2.0


@pytest.mark.parametrize("unit", _SERVICES, ids=lambda path: path.stem)
def test_service_has_a_timer(unit: Path) -> None:
    timer = unit.with_suffix(".timer").read_text()
    assert "Persistent=yes" in timer
    assert "RandomizedDelaySec=" in timer


@pytest.mark.parametrize("unit", _LOCAL, ids=lambda path: path.stem)
def test_service_that_scans_can_see_modules_kernel_and_network_cards(unit: Path) -> None:
    hidden = {"ProtectKernelModules=yes", "ProcSubset=pid", "PrivateNetwork=yes"}
    assert not hidden & _directives(unit.read_text())


@pytest.mark.parametrize("unit", _LOCAL, ids=lambda path: path.stem)
def test_service_gives_its_file_the_name_only_after_success(unit: Path) -> None:
    text = unit.read_text()
    # `truncate:` would empty the file again for ExecStartPost, and an empty one get the name.
    written = re.search(r"^StandardOutput=file:(\S+)/(\.\S+)$", text, re.MULTILINE)
    assert written
    assert f"ExecStartPre=+/bin/rm -f {written[1]}/{written[2]}\n" in text
    assert f"ExecStartPost=+/bin/mv -T {written[1]}/{written[2]} {written[1]}/" in text


def test_unit_of_the_role_is_that_of_the_package() -> None:
    template = COLLECTION / "roles/local_facts/templates/kernel-advisor-facts.service.j2"
    text = (
        template.read_text()
        .replace("{{ local_facts_advisor }}", "advisor")
        .replace("/local/lib", "/lib")
    )
    packaged = _directives((_FOLDER / "kernel-advisor-facts.service").read_text())
    assert {line for line in packaged if not line.startswith("Documentation=")} == _directives(text)
