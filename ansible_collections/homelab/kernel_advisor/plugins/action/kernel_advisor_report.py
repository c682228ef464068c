# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One report about all hosts of the play, written on the controller."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils import advisor
from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils.capturing import CAPTURES, why_file

SCHEMA = "homelab.kernel_advisor.report/1"
MODE = 0o644


class ActionModule(ActionBase):
    """kernel_advisor_report"""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    # One report is for all hosts: with run_once or without, it is written once.
    BYPASS_HOST_LOOP = True

    SPEC = {
        "dest": {"type": "path", "required": True},
        "format": {"type": "str", "default": "html", "choices": ["html", "json", "markdown"]},
        "hosts": {"type": "list", "elements": "str"},
        "capture_dir": {"type": "path"},
        "advisor_executable": {"type": "path"},
    }

    def run(self, tmp=None, task_vars=None):
        """Return the task's result."""
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        del tmp
        options = self.validate_argument_spec(argument_spec=self.SPEC)[1]
        try:
            command = advisor.find_advisor(options["advisor_executable"])
            result.update(self.answer(command, options, task_vars))
        except advisor.AdvisorProblem as problem:
            raise AnsibleActionFail(str(problem)) from problem
        return result

    def answer(self, command, options, task_vars):
        """Write the report and return what the task says."""
        wanted = options["hosts"] or task_vars.get("ansible_play_hosts_all") or []
        captures = {host: kept_capture(host, options["capture_dir"]) for host in wanted}
        found = {host: path for host, path in captures.items() if path}
        missing = {host: self.why(host, task_vars) for host, path in captures.items() if not path}
        if not found:
            raise advisor.AdvisorProblem(
                "There is no capture of any host: run homelab.kernel_advisor.kernel_advisor_facts before, in the "
                "same run of ansible-playbook, or name a capture_dir that holds captures."
            )
        content = written(command, options["format"], found, missing)
        dest = self.place(options)
        changed = not dest.is_file() or dest.read_bytes() != content
        if not self._task.check_mode:
            advisor.write_file(dest, content, MODE)
        warnings = [f"{host} is not in the report: {why}" for host, why in missing.items()]
        return {
            "changed": changed,
            "dest": str(dest),
            "hosts": sorted(found),
            "missing": missing,
            **({"warnings": warnings} if warnings else {}),
        }

    def place(self, options):
        """Return where the report goes; a relative path starts at the playbook, as for other modules."""
        dest = Path(os.path.expanduser(options["dest"]))
        if dest.is_dir():
            raise advisor.AdvisorProblem(f"dest is a folder, name a file: {dest}")
        return dest if dest.is_absolute() else Path(self._loader.get_basedir()) / dest

    def why(self, host, task_vars):
        """Return why there is no capture of a host."""
        note = why_file(host)
        if note.is_file():
            return note.read_text(encoding="utf-8", errors="replace")
        if host not in (task_vars.get("ansible_play_hosts") or []):
            return "It failed or could not be reached."
        return "kernel_advisor_facts did not run for it."


def kept_capture(host, folder):
    """Return the newest capture of a host that is at hand, None where there is none."""
    name = f"{advisor.file_name(host)}.tar.gz"
    for place in (advisor.run_folder(constants, CAPTURES), *([Path(folder)] if folder else [])):
        if (place / name).is_file():
            return place / name
    return None


def written(command, form, captures, missing):
    """Return the report's bytes."""
    files = [word for path in captures.values() for word in ("--from", str(path))]
    if form == "json":
        lines = advisor.run(command, ["scan", *files, "--format", "jsonl"]).splitlines()
        documents = [json.loads(line) for line in lines]
        by_file = {document["host"]["capture"]: document for document in documents}
        hosts = {host: by_file[path.name] for host, path in sorted(captures.items())}
        report = {"schema": SCHEMA, "hosts": hosts, "missing": missing}
        return (json.dumps(report, indent=1) + "\n").encode()
    with tempfile.TemporaryDirectory(dir=constants.DEFAULT_LOCAL_TMP) as folder:
        out = Path(folder) / "report"
        advisor.run(command, ["report", *files, "--format", form, "-o", str(out)])
        return out.read_bytes()
