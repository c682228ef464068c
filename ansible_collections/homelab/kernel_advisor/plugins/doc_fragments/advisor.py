# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the documentation of several plugins has in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that name the advisor, and those that say how to capture a host."""

    DOCUMENTATION = r"""
options:
  advisor_executable:
    description:
      - The advisor on the controller.
      - Without it, the package C(advisor) is used where the Python that runs Ansible can import it, else the
        executable C(advisor) on the C(PATH). Where there is neither, the task fails and says which command
        installs it.
    type: path
requirements:
  - the advisor (C(kernel-advisor)) on the controller
author:
  - the kernel-advisor project (@homelab)
"""

    CAPTURING = r"""
options:
  method:
    description:
      - How the host is read.
      - V(python) runs M(homelab.kernel_advisor.kernel_advisor_capture), which needs Python 3.8 or newer on the host.
      - V(raw) runs a POSIX shell script over the connection, for routers, appliances and minimal systems without
        Python. It learns nearly as much. What it cannot read is listed under the unknowns.
      - V(auto) takes V(raw) where V(python) finds no Python, or one that is too old.
    type: str
    default: python
    choices: [python, raw, auto]
  redact:
    description:
      - Take hardware addresses, network addresses, serial numbers and host and user names out of the capture on the
        controller, before it is evaluated or kept.
      - The advice stays the same.
    type: bool
    default: false
  candidates:
    description:
      - Kernels to judge besides those that the host itself is offered. Files (C(.deb), C(.rpm)) or folders on the
        controller.
    type: list
    elements: path
    default: []
  capture_dir:
    description:
      - A folder on the controller where the capture is kept, as the inventory's name of the host with C(.tar.gz).
      - Without it the capture lasts as long as the run of Ansible. Nothing is kept in check mode.
    type: path
attributes:
  check_mode:
    support: full
    description: Can run in check mode without changing the host, and gives the same answer.
  diff_mode:
    support: none
    description: Changes nothing, so there is no difference to show.
  async:
    support: none
    description: Supports being used with C(async).
  platform:
    support: full
    platforms: linux
    description: Which systems the host may have.
"""
