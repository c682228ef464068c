"""The example playbooks, over ssh, on a house of hosts."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.ansible.harness import COLLECTION, ROOT, Controller, House, document

_PLAYBOOKS = sorted(path.stem for path in (COLLECTION / "playbooks").glob("*.yml"))


def _play(
    core: Controller, house: House, book: str, **variables: object
) -> subprocess.CompletedProcess[str]:
    inventory = house.inventory({"router": "", "nas": "", "away": "ansible_port=1"})
    extra = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    return core.run(
        "ansible-playbook",
        "-i",
        str(inventory),
        f"homelab.kernel_advisor.{book}",
        *extra,
        ANSIBLE_PIPELINING="true",
    )


@pytest.mark.parametrize("book", _PLAYBOOKS)
def test_playbook_is_understood(core: Controller, house: House, book: str) -> None:
    inventory = house.inventory({"router": ""})
    done = core.run(
        "ansible-playbook", "-i", str(inventory), "--syntax-check", f"homelab.kernel_advisor.{book}"
    )
    assert done.returncode == 0, done.stdout


def test_show_says_the_advice_of_each_host(newest: Controller, house: House, advisor: Path) -> None:
    done = _play(newest, house, "show", kernel_advisor_executable=advisor, target="router,nas")
    assert done.returncode == 0, done.stdout[-2000:]
    assert done.stdout.count('"msg": [') == 2


def test_report_names_the_host_that_is_away(
    newest: Controller, house: House, advisor: Path, tmp_path: Path
) -> None:
    dest = tmp_path / "kernels.json"
    done = _play(newest, house, "report", kernel_advisor_executable=advisor, dest=dest)
    said = document(dest.read_text())
    assert set(said["hosts"]) == {"router", "nas"}, done.stdout[-2000:]  # type: ignore[call-overload]  # it is a dict
    assert said["missing"] == {"away": "It could not be reached."}


def test_report_is_one_page(
    newest: Controller, house: House, advisor: Path, tmp_path: Path
) -> None:
    dest = tmp_path / "kernels.html"
    _play(newest, house, "report", kernel_advisor_executable=advisor, dest=dest)
    assert dest.read_text().count("</html>") == 1


def test_groups_follow_the_urgency(newest: Controller, house: House, advisor: Path) -> None:
    done = _play(newest, house, "groups", kernel_advisor_executable=advisor, target="router")
    assert done.returncode == 0, done.stdout[-2000:]


def test_refuse_lets_hosts_pass_that_lose_nothing(
    newest: Controller, house: House, advisor: Path
) -> None:
    done = _play(newest, house, "refuse", kernel_advisor_executable=advisor, target="nas")
    assert done.returncode == 0, done.stdout[-2000:]


def test_upgrade_touches_nobody_who_does_not_need_it_now(
    newest: Controller, house: House, tmp_path: Path
) -> None:
    calm = tmp_path / "advisor"
    answer: dict[str, object] = {
        "action": "stay",
        "urgency": "none",
        "target": None,
        "headline": "All is well.",
        "reasons": [],
    }
    _say(calm, advice=answer)
    done = _play(newest, house, "upgrade", kernel_advisor_executable=calm, target="router,nas")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Take the recommended kernel" not in done.stdout


def test_inventory_groups_hosts_by_cached_facts_as_the_page_says(
    core: Controller, house: House, tmp_path: Path
) -> None:
    page = (ROOT / "docs/ansible.md").read_text(encoding="utf-8")
    block = page[page.index("plugin: ansible.builtin.constructed") :].partition("```")[0]
    (tmp_path / "groups.yml").write_text(block)
    urgent = tmp_path / "advisor"
    _say(urgent, advice={"action": "upgrade", "urgency": "now", "target": "6.12.117"})
    inventory = house.inventory({"router": ""})
    plugin, place = "ansible.builtin.jsonfile", str(tmp_path / "cache")
    words = (
        "-m",
        "homelab.kernel_advisor.kernel_advisor_facts",
        "-a",
        f"advisor_executable={urgent}",
    )
    asked = core.run(
        "ansible",
        *words,
        "-i",
        str(inventory),
        "all",
        ANSIBLE_CACHE_PLUGIN=plugin,
        ANSIBLE_CACHE_PLUGIN_CONNECTION=place,
    )
    assert asked.returncode == 0, asked.stdout[-2000:]
    sources = ("-i", str(inventory), "-i", str(tmp_path / "groups.yml"))
    graph = core.run(
        "ansible-inventory",
        *sources,
        "--graph",
        ANSIBLE_CACHE_PLUGIN=plugin,
        ANSIBLE_CACHE_PLUGIN_CONNECTION=place,
    ).stdout
    assert "@kernel_now:\n  |  |--router" in graph
    assert "@kernel_do_upgrade:\n  |  |--router" in graph


def _say(program: Path, **parts: object) -> None:
    """Write an advisor that always gives one answer."""
    empty = (
        "devices",
        "features",
        "findings",
        "regressions",
        "candidates",
        "preflight",
        "unknowns",
    )
    whole: dict[str, object] = {
        "schema": "advisor.scan/1",
        "generated": "",
        "advisor": "",
        "knowledge": {},
        "host": {},
        "kernel": {"release": "6.12.94"},
        "summary": {},
        **{name: [] for name in empty},
        **parts,
    }
    text = json.dumps(whole)
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    program.chmod(0o755)
