"""The collection under the tools that its users and Ansible's own developers run."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ansible.harness import (
    COLLECTION,
    ROOT,
    Controller,
    House,
    cache,
    copy_collection,
    document,
)
from tests.ansible.measure import measure

_FAILED = re.compile(r"^(?:FATAL|ERROR):.*", re.MULTILINE)


def _problems(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a failed run complains about, or its last lines."""
    return "\n".join(_FAILED.findall(done.stdout)) + "\n" + done.stdout[-3000:]


@pytest.mark.parametrize("name", ["oldest", "newest"])
def test_collection_passes_the_sanity_tests(
    name: str, environments: dict[str, Controller | str]
) -> None:
    found = environments[name]
    if isinstance(found, str):
        pytest.skip(found)
    done = found.test("sanity", "--python", found.python, "--requirements")
    assert done.returncode == 0, _problems(done)


def test_module_compiles_and_imports_on_python_3_8(
    environments: dict[str, Controller | str],
) -> None:
    found = environments["debian"]
    if isinstance(found, str):
        pytest.skip(found)
    words = ("--test", "compile", "--test", "import", "--requirements")
    done = found.test("sanity", *words, "--python", "3.8")
    if "python3.8" not in {path.name for path in (cache() / "bin").iterdir()}:
        pytest.skip("no Python 3.8 here")
    assert done.returncode == 0, _problems(done)


def test_collection_passes_its_unit_tests(core: Controller) -> None:
    done = core.test("units", "--python", core.python, "--requirements")
    assert done.returncode == 0, _problems(done)
    assert re.search(r"\d{2,} passed", done.stdout)


@pytest.mark.usefixtures("advisor")
def test_collection_passes_its_integration_tests(core: Controller) -> None:
    done = core.test("integration", "--local", "--python", core.python)
    assert done.returncode == 0, _problems(done)
    targets = [path.name for path in (COLLECTION / "tests/integration/targets").iterdir()]
    for target in targets:
        assert f"Running {target} integration test" in done.stdout


def test_collection_passes_ansible_lint(lint: Controller, tmp_path: Path) -> None:
    place = copy_collection(tmp_path)
    done = lint.run(
        "ansible-lint", "--offline", "--profile", "production", "--strict", folder=place
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_documentation_can_be_built(lint: Controller, tmp_path: Path) -> None:
    place = copy_collection(tmp_path)
    words = ("lint-collection-docs", "--plugin-docs", "--skip-rstcheck", str(place))
    done = lint.run("antsibull-docs", *words, folder=place, ANSIBLE_COLLECTIONS_PATH=str(tmp_path))
    assert done.returncode == 0, done.stdout[-4000:]
    assert "error" not in done.stdout.lower()


def test_changelog_is_in_order(lint: Controller, tmp_path: Path) -> None:
    place = copy_collection(tmp_path)
    done = lint.run("antsibull-changelog", "lint", folder=place)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("module", ["facts", "report", "verify", "capture"])
def test_module_is_documented_where_ansible_looks(core: Controller, module: str) -> None:
    name = f"homelab.kernel_advisor.kernel_advisor_{module}"
    done = core.run("ansible-doc", "-t", "module", "--json", name)
    assert done.returncode == 0, done.stdout
    said = document(done.stdout[done.stdout.index("{") :])
    assert name in said


def test_collection_builds_and_installs_without_a_network(core: Controller, tmp_path: Path) -> None:
    place = copy_collection(tmp_path / "from")
    built = core.run(
        "ansible-galaxy", "collection", "build", "--output-path", str(tmp_path), folder=place
    )
    assert built.returncode == 0, built.stdout
    (tarball,) = tmp_path.glob("homelab-kernel_advisor-*.tar.gz")
    assert tarball.stat().st_size < 250_000
    to = tmp_path / "to"
    words = ("collection", "install", "--offline", str(tarball), "-p", str(to))
    installed = core.run("ansible-galaxy", *words, ANSIBLE_COLLECTIONS_PATH=str(to))
    assert installed.returncode == 0, installed.stdout
    doc = core.run(
        "ansible-doc",
        "homelab.kernel_advisor.kernel_advisor_facts",
        ANSIBLE_COLLECTIONS_PATH=str(to),
    )
    assert doc.returncode == 0, doc.stdout


def test_advisor_that_python_can_import_needs_no_executable(
    environments: dict[str, Controller | str], tmp_path: Path, house: House
) -> None:
    found = environments["debian"]
    if isinstance(found, str):
        pytest.skip(found)
    packages = next((ROOT / ".venv/lib").glob("python3*/site-packages"), None)
    if packages is None or packages.parent.name != f"python{found.python}":
        pytest.skip("the advisor's environment is of another Python than Ansible's")
    (tmp_path / "advisor.py").write_text(
        "raise SystemExit('the wrong advisor: the one in this folder')"
    )
    inventory = house.inventory({"nas": ""})
    words = ("-m", "homelab.kernel_advisor.kernel_advisor_facts", "-i", str(inventory), "all")
    done = found.run("ansible", *words, folder=tmp_path, PYTHONPATH=f"{ROOT}:{packages}")
    assert done.returncode == 0, done.stdout[-2000:]
    assert '"schema": "advisor.scan/1"' in done.stdout


def test_missing_advisor_is_said_before_any_host_is_asked(
    newest: Controller, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.ini"
    inventory.write_text("away ansible_host=127.0.0.1 ansible_port=1\n")
    words = ("-m", "homelab.kernel_advisor.kernel_advisor_facts", "-i", str(inventory), "all")
    done = newest.run("ansible", *words)
    assert "UNREACHABLE" not in done.stdout
    assert "-m pip install kernel-advisor" in done.stdout


@pytest.mark.usefixtures("advisor")
def test_twenty_hosts_cost_at_most_twice_what_setup_costs(newest: Controller, house: House) -> None:
    plays = ("setup", "facts")
    best = measure(newest, house, plays=plays, pipelining=True, runs=2)
    assert best["facts"].seconds <= 2 * best["setup"].seconds


def test_capture_script_is_clean_shell(newest: Controller, tmp_path: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("no shellcheck")
    name = "ansible_collections.homelab.kernel_advisor.plugins.plugin_utils.shell_capture"
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from {name} import script; print(script())"
    )
    made = newest.run("python", "-c", code)
    (tmp_path / "capture.sh").write_text(made.stdout)
    words = (
        "shellcheck",
        "-s",
        "sh",
        "-S",
        "warning",
        "-e",
        "SC2043",
        str(tmp_path / "capture.sh"),
    )
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
