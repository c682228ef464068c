# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hold a host against what it was before the reboot."""

from __future__ import annotations

import json
from pathlib import Path

from ansible import constants

from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils import advisor
from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils.capturing import (
    CAPTURES,
    CapturingAction,
    before_file,
)


RETURNED = ("before", "after", "worst", "checks", "closed", "opened")


class ActionModule(CapturingAction):
    """kernel_advisor_verify"""

    SPEC = {
        **CapturingAction.SPEC,
        "before": {"type": "path"},
        "fail_on_loss": {"type": "bool", "default": True},
    }

    def answer(self, command, options, task_vars):
        """Return what became of the host."""
        host = task_vars["inventory_hostname"]
        before = self.before(command, options, host)
        capture = self.captured(command, options, task_vars)
        found = advisor.answer(
            command, ["verify", str(before), "--from", str(capture), "--format", "json"], statuses=(0, 1)
        )
        lost = [check["message"] for check in found["checks"] if check["status"] == "block"]
        result = {"changed": False, "verified": not lost}
        result.update((key, self.unsafe(found[key])) for key in RETURNED)
        if lost and options["fail_on_loss"]:
            result.update(failed=True, msg=f"Something is worse than before: {'; '.join(lost)}")
        return result

    def before(self, command, options, host):
        """Return the file with the scan from before; a capture is evaluated first."""
        named = options["before"]
        path = Path(named) if named else before_file(host)
        if not path.is_file():
            raise advisor.AdvisorProblem(
                f"There is no scan of {host} from before: {path} is missing. Run "
                "homelab.kernel_advisor.kernel_advisor_facts before the reboot, or name a file in before."
                if not named
                else f"The scan from before is not there: {path}"
            )
        if not path.name.endswith(".tar.gz"):
            return path
        document = advisor.scan(command, path)
        made = advisor.run_folder(constants, CAPTURES) / f"{advisor.file_name(host)}.named.json"
        advisor.write_file(made, json.dumps(document).encode())
        return made
