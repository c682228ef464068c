# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of the advisor's document becomes facts."""

from __future__ import annotations

import copy
import json

import pytest

from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils import facts


def device(number, name="Intel I219-LM", active=0, route=False):
    return {
        "id": f"0000:00:{number:02x}.0",
        "kind": "ethernet",
        "bus": "pci",
        "name": name,
        "driver": "e1000e",
        "module": "e1000e",
        "modalias": "pci:v00008086d000015BEsv0000sd0000bc02sc00i00",
        "interface": f"eth{number}",
        "default_route": route,
        "findings": {"active": active, "loaded": 0, "on-demand": 0},
    }


def document(devices=2, text="as it is"):
    candidate = {
        "release": "6.12.117-amd64",
        "package": "linux-image-6.12.117-amd64",
        "package_version": "6.12.117-1",
        "state": "offered",
        "suite": "trixie-security",
        "series_eol": None,
        "blockers": [],
        "closes": {"total": 700, "reaching": 290, "by_reach": {}, "by_severity": {}},
        "opens": None,
        "remaining": {"total": 40, "reaching": 9, "by_reach": {}, "by_severity": {}},
        "lost_devices": [{"id": "x", "what": "a serial card", "module": "m", "how": text}],
        "regressions": [],
        "cures": [],
    }
    return {
        "schema": "advisor.scan/1",
        "generated": "2026-11-22T10:40:00Z",
        "advisor": "0.1.0",
        "knowledge": {"snapshot": "2026-08-21", "sources": {}},
        "host": {"name": "nas", "distro": {"id": "debian"}},
        "kernel": {"release": "6.12.94-amd64", "out_of_tree": {}, "tainted": []},
        "devices": [device(n, active=n, route=n == 1) for n in range(devices)],
        "features": [{"id": "kvm", "name": "KVM host", "modules": ["kvm"]}],
        "findings": [
            {"id": f"CVE-2026-{n}", "title": text, "reach": reach, "status": "affected", "modules": ["m"]}
            for n, reach in enumerate(["active", "dormant", "on-demand", "absent"])
        ],
        "regressions": [],
        "summary": {"open": 1653, "reaching": 312},
        "candidates": [candidate],
        "preflight": [
            {"id": "boot", "status": "warn", "message": text, "reading": "statvfs"},
            {"id": "age", "status": "ok", "message": text, "reading": "mtime"},
        ],
        "advice": {"action": "upgrade", "urgency": "soon", "steps": [{"text": text, "command": None}]},
        "unknowns": [{"what": "a", "why": text, "source": "/x"}],
    }


def test_full_facts_are_the_document():
    whole = document()
    assert facts.facts_of(copy.deepcopy(whole), "full") == whole


@pytest.mark.parametrize("detail", ["summary", "findings"])
def test_facts_say_what_the_document_says(detail):
    whole = document()
    said = facts.facts_of(copy.deepcopy(whole), detail)
    for key in facts.WHOLE:
        assert said[key] == whole[key]
    for row, device_row in zip(said["devices"], whole["devices"]):
        assert row.items() <= device_row.items()


def test_findings_are_those_that_can_run_here():
    said = facts.facts_of(document(), "findings")
    assert [row["id"] for row in said["findings"]] == ["CVE-2026-0", "CVE-2026-2"]
    assert said["candidates"] == document()["candidates"]


def test_summary_counts_candidates_by_what_can_run_here():
    row = facts.facts_of(document(), "summary")["candidates"][0]
    assert (row["closes"], row["opens"], row["remaining"]) == (290, None, 9)
    assert row["lost_devices"] == ["a serial card"]


def test_summary_leaves_out_checks_that_are_in_order():
    assert [row["id"] for row in facts.facts_of(document(), "summary")["preflight"]] == ["boot"]


def test_summary_of_a_usual_machine_omits_nothing():
    said = facts.facts_of(document(devices=20), "summary")
    assert set(said["omitted"].values()) == {0}
    assert len(said["devices"]) == 20


def test_summary_of_a_machine_with_hundreds_of_interfaces_stays_small_and_says_what_it_omits():
    said = facts.facts_of(document(devices=600), "summary")
    assert len(json.dumps(said)) < 16_000
    assert said["omitted"]["devices"] + len(said["devices"]) == 600
    assert said["devices"][0]["default_route"] is True
    assert said["devices"][1]["findings"]["active"] == 599


@pytest.mark.parametrize("text", ["x" * 10_000, "\u202e" * 10_000], ids=["long", "escaped"])
def test_summary_with_hostile_texts_stays_small(text):
    whole = document(devices=300, text=text)
    whole["advice"]["reasons"] = [text] * 50
    whole["kernel"]["out_of_tree"] = {f"{n}{text}": text for n in range(50)}
    whole["unknowns"] *= 400
    assert len(json.dumps(facts.facts_of(whole, "summary"))) < 16_000


def test_facts_do_not_change_the_document():
    whole = document(devices=600)
    before = copy.deepcopy(whole)
    facts.facts_of(whole, "summary")
    assert whole == before
