# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The advisor on the controller."""

from __future__ import annotations

import json
import os
import sys

import pytest

from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils import advisor


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A controller without an advisor; returns its folder for programs."""
    monkeypatch.setattr(advisor, "importable", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_advisor_named_by_the_task_is_taken_before_all_others(nowhere):
    named = program(nowhere / "mine", "true")
    program(nowhere / "advisor", "true")
    assert advisor.find_advisor(named) == [named]


def test_advisor_that_can_be_imported_is_taken_before_the_one_on_the_path(nowhere, monkeypatch):
    program(nowhere / "advisor", "true")
    monkeypatch.setattr(advisor, "importable", lambda: True)
    assert advisor.find_advisor() == [sys.executable, "-P", "-m", "advisor"]


def test_advisor_on_the_path_is_found(nowhere):
    there = program(nowhere / "advisor", "true")
    assert advisor.find_advisor() == [there]


def test_missing_advisor_is_said_with_the_command_that_installs_it(nowhere):
    with pytest.raises(advisor.AdvisorProblem, match="Install it with: .*kernel-advisor"):
        advisor.find_advisor()


def test_advisor_named_but_not_there_is_said_by_name(nowhere):
    with pytest.raises(advisor.AdvisorProblem, match="'/nowhere/advisor'"):
        advisor.find_advisor("/nowhere/advisor")


@pytest.mark.parametrize(
    ("prefix", "version", "command"),
    [
        pytest.param("/usr", (3, 13), "pipx install kernel-advisor", id="distribution"),
        pytest.param("/opt/old", (3, 10), "pipx install kernel-advisor", id="python-too-old"),
        pytest.param(
            "/home/me/.local/share/pipx/venvs/ansible-core", (3, 12), "pipx inject ansible-core kernel-advisor", id="pipx"
        ),
        pytest.param(
            "/home/me/.local/share/uv/tools/ansible",
            (3, 12),
            "uv tool install ansible --with kernel-advisor",
            id="uv",
        ),
        pytest.param("/srv/venv", (3, 12), "/srv/venv/bin/python -m pip install kernel-advisor", id="venv"),
    ],
)
def test_install_command_fits_where_ansible_lives(prefix, version, command):
    assert advisor.install_command(prefix, version) == command


def test_complaint_of_the_advisor_is_passed_on_with_its_hint(nowhere):
    bad = program(
        nowhere / "bad", "echo 'advisor: error: it ends early, x' >&2; echo 'advisor: hint: make it anew' >&2; exit 65"
    )
    with pytest.raises(advisor.AdvisorProblem, match="^it ends early, x; make it anew$"):
        advisor.scan([bad], "x.tar.gz")


def test_other_complaint_is_passed_on_with_the_status(nowhere):
    bad = program(nowhere / "bad", "echo 'Segmentation fault' >&2; exit 139")
    with pytest.raises(advisor.AdvisorProblem, match="status 139: Segmentation fault"):
        advisor.scan([bad], "x.tar.gz")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("echo hello", "printed no JSON document", id="no-json"),
        pytest.param("echo '[1]'", "printed no JSON document", id="a-list"),
        pytest.param('echo \'{"schema": "advisor.scan/9"}\'', "advisor.scan/9", id="other-schema"),
    ],
)
def test_strange_answer_is_a_problem(nowhere, text, why):
    with pytest.raises(advisor.AdvisorProblem, match=why):
        advisor.scan([program(nowhere / "odd", text)], "x.tar.gz")


def test_slow_advisor_is_a_problem(nowhere, monkeypatch):
    monkeypatch.setattr(advisor, "SECONDS", 0.2)
    with pytest.raises(advisor.AdvisorProblem, match="gave no answer"):
        advisor.scan([program(nowhere / "slow", "exec /bin/sleep 5")], "x.tar.gz")


def test_scan_hands_over_the_capture_and_the_candidates(nowhere):
    echo = program(nowhere / "echo", 'printf \'{"schema": "advisor.scan/1", "words": "%s"}\' "$*"')
    words = advisor.scan([echo], "box.tar.gz", ["a.deb", "b"])["words"]
    assert words == "scan --from box.tar.gz --format json --candidate a.deb --candidate b"


def test_file_names_of_hosts_are_different_and_stay_in_their_folder():
    hosts = ["nas", "nas/..", "nas_..", "../nas", "..", ".", "[::1]", "n\u00e4s", "x" * 300, "nas:22"]
    names = [advisor.file_name(host) for host in hosts]
    assert len(set(names)) == len(hosts)
    assert all("/" not in name and not name.startswith(".") and len(name) < 250 for name in names)
    assert names[0] == "nas"


def test_file_written_twice_is_changed_once(tmp_path):
    place = tmp_path / "a" / "b"
    assert advisor.write_file(place, b"1") is True
    assert advisor.write_file(place, b"1") is False
    assert place.read_bytes() == b"1"
    assert os.stat(place).st_mode & 0o777 == 0o600
    assert os.listdir(place.parent) == ["b"]


def test_file_that_cannot_be_written_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(advisor.AdvisorProblem, match="cannot be written on the controller"):
        advisor.write_file(tmp_path / "file" / "below", b"1")


def test_json_document_survives(nowhere):
    document = {"schema": "advisor.scan/1", "text": "\u00e4\u2026"}
    (nowhere / "doc").write_text(json.dumps(document), encoding="utf-8")
    assert advisor.scan([program(nowhere / "cat", f"exec /bin/cat {nowhere}/doc")], "x") == document
