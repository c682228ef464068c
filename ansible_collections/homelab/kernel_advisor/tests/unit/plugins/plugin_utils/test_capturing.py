# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a failed capture is told."""

from __future__ import annotations

import pytest

from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils import advisor, capturing


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        pytest.param({"rc": 127, "module_stdout": "/bin/sh: 1: /usr/bin/python3: not found"}, "none", id="no-python"),
        pytest.param(
            {"rc": 127, "msg": "The module interpreter '/nowhere/python3' was not found."}, "none", id="no-python-2.19"
        ),
        pytest.param(
            {
                "rc": 1,
                "module_stderr": "    from __future__ import annotations\nSyntaxError: future feature annotations "
                "is not defined",
            },
            "old",
            id="python-3.6",
        ),
        pytest.param(
            {"rc": 1, "msg": "ansible-core requires a minimum of Python version 3.9. Current version: 3.8.18"},
            "old",
            id="python-3.8-for-2.20",
        ),
        pytest.param({"rc": 1, "msg": "MODULE FAILURE", "module_stderr": "MemoryError"}, "other", id="other"),
    ],
)
def test_python_problem_is_told_from_what_the_module_left(result, problem):
    assert capturing.python_problem(result) == problem


@pytest.mark.parametrize("problem", ["none", "old"])
def test_message_names_both_ways_out(problem):
    text = capturing.said(problem, {"module_stderr": "no\nlast words"})
    assert "ansible_python_interpreter" in text
    assert "method: raw" in text
    assert "last words" in text


@pytest.mark.parametrize("packed", ["%%%", "H4sI\u00e9", 5], ids=["no-base64", "no-ascii", "a-number"])
def test_capture_that_did_not_arrive_is_a_problem(packed):
    with pytest.raises(advisor.AdvisorProblem, match="did not arrive whole"):
        capturing.unpacked(packed)
