# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Capture a host, evaluate the capture on the controller, return the answer as facts."""

from __future__ import annotations

import json

from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils import advisor
from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils.capturing import (
    CapturingAction,
    before_file,
)
from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils.facts import DETAILS, facts_of


class ActionModule(CapturingAction):
    """kernel_advisor_facts"""

    SPEC = {**CapturingAction.SPEC, "detail": {"type": "str", "default": "summary", "choices": list(DETAILS)}}

    def answer(self, command, options, task_vars):
        """Return the facts of the host."""
        capture = self.captured(command, options, task_vars)
        document = advisor.scan(command, capture, options["candidates"])
        before = before_file(task_vars["inventory_hostname"])
        if not before.exists():
            advisor.write_file(before, json.dumps(document).encode())
        facts = facts_of(document, options["detail"])
        return {"changed": False, "ansible_facts": {"kernel_advisor": self.unsafe(facts)}}
