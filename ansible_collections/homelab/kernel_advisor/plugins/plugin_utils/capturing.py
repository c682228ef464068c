# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an action plugin gets the capture of its host, with Python there or without."""

from __future__ import annotations

import base64
import binascii
import tempfile

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils import advisor, shell_capture

MODULE = "homelab.kernel_advisor.kernel_advisor_capture"
CAPTURES = "kernel_advisor"
NO_PYTHON = (
    "not found",
    "no such file or directory",
    "no python interpreters found",
    "failed to find required executable",
)
OLD_PYTHON = (
    "syntaxerror",
    "future feature annotations",
    "requires a minimum of python",
    "requires python 3",
    "unsupported python",
)


class CapturingAction(ActionBase):
    """An action that runs on the controller and needs the capture of its host."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    SPEC = {
        "advisor_executable": {"type": "path"},
        "candidates": {"type": "list", "elements": "path", "default": []},
        "capture_dir": {"type": "path"},
        "method": {"type": "str", "default": "python", "choices": ["python", "raw", "auto"]},
        "redact": {"type": "bool", "default": False},
    }

    def run(self, tmp=None, task_vars=None):
        """Return the task's result."""
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        del tmp
        options = self.validate_argument_spec(argument_spec=self.SPEC)[1]
        note = why_file(task_vars["inventory_hostname"])
        try:
            command = advisor.find_advisor(options["advisor_executable"])
            result.update(self.answer(command, options, task_vars))
        except advisor.AdvisorProblem as problem:
            advisor.write_file(note, str(problem).encode())
            raise AnsibleActionFail(str(problem)) from problem
        except AnsibleConnectionFailure:
            advisor.write_file(note, b"It could not be reached.")
            raise
        note.unlink(missing_ok=True)
        return result

    def answer(self, command, options, task_vars):
        """Return what the action adds to its result."""
        raise NotImplementedError

    def captured(self, command, options, task_vars):
        """Return the file on the controller that holds a fresh capture of the host."""
        name = f"{advisor.file_name(task_vars['inventory_hostname'])}.tar.gz"
        content = self.capture(options, task_vars)
        if options["redact"]:
            content = advisor.redacted(command, content, constants.DEFAULT_LOCAL_TMP)
        path = advisor.run_folder(constants, CAPTURES) / name
        advisor.write_file(path, content)
        if options["capture_dir"] and not self._task.check_mode:
            advisor.write_file(f"{options['capture_dir']}/{name}", content)
        return path

    def capture(self, options, task_vars):
        """Return a capture of the host, in the way that the task asks for."""
        if options["method"] == "raw":
            return self.captured_by_shell()
        result = self._execute_module(module_name=MODULE, module_args={}, task_vars=task_vars)
        packed = result.get("capture")
        if packed is not None:
            return unpacked(packed)
        if result.get("skipped") or result.get("unreachable"):
            raise advisor.AdvisorProblem(str(result.get("msg", "The host gave no capture.")))
        problem = python_problem(result)
        if problem in {"none", "old"} and options["method"] == "auto":
            return self.captured_by_shell()
        raise advisor.AdvisorProblem(said(problem, result))

    def captured_by_shell(self):
        """Return a capture made by a POSIX shell on the host, which needs no Python."""
        done = self._low_level_execute_command(shell_capture.SCRIPT)
        with tempfile.TemporaryDirectory(dir=constants.DEFAULT_LOCAL_TMP) as folder:
            try:
                return shell_capture.packed(done["stdout"], folder)
            except (ValueError, OSError) as error:
                what = done["stderr"].strip().splitlines()[-1:] or [f"status {done['rc']}"]
                raise advisor.AdvisorProblem(
                    f"The host's shell gave no usable capture: {error} ({what[0]})."
                ) from error

    def unsafe(self, value):
        """Return a value from outside so that no version of Ansible takes a text in it for a template."""
        return wrap_var(value)


def before_file(host):
    """Return where the first scan of a host in this run of Ansible is kept."""
    return advisor.run_folder(constants, CAPTURES) / f"{advisor.file_name(host)}.before.json"


def why_file(host):
    """Return where it is noted why a host gave no answer in this run of Ansible."""
    return advisor.run_folder(constants, CAPTURES) / f"{advisor.file_name(host)}.why"


def unpacked(packed):
    """Return a capture that came as Base64."""
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise advisor.AdvisorProblem("The host's capture did not arrive whole: it is no Base64.") from error


def told(result):
    """Return everything that a failed module left."""
    return "\n".join(str(result.get(key) or "") for key in ("msg", "module_stderr", "module_stdout", "exception"))


def python_problem(result):
    """Return ``none`` where the host has no Python, ``old`` where it is too old, else ``other``."""
    text = told(result).lower()
    if any(word in text for word in OLD_PYTHON):
        return "old"
    if result.get("rc") == 127 or any(word in text for word in NO_PYTHON):
        return "none"
    return "other"


def said(problem, result):
    """Return why the capture module gave nothing, and what to do about it."""
    parts = (str(result.get(key) or "").splitlines() for key in ("msg", "module_stdout", "module_stderr"))
    lines = [line.strip() for part in parts for line in part if line.strip()]
    last = next((line for line in reversed(lines) if not line.startswith("Shared connection to ")), "")
    why = f" (It said: {last})" if last else ""
    if problem == "old":
        return (
            "The host's Python is too old for the capture module, which needs 3.8 or newer, and maybe for this "
            "ansible-core. Point ansible_python_interpreter to a newer one, or set method: raw, which needs "
            f"nothing but a POSIX shell.{why}"
        )
    if problem == "none":
        return (
            "The host has no Python that can be run. Point ansible_python_interpreter to one, or set "
            f"method: raw, which needs nothing but a POSIX shell.{why}"
        )
    return f"The capture module failed on the host: {result.get('msg') or 'it gave no capture'}{why}"
