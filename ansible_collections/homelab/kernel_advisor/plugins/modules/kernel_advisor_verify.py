#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of an action plugin."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kernel_advisor_verify
short_description: Hold a host against what it was before the reboot
version_added: 0.1.0
description:
  - Reads the host again and compares it with a scan from before. Which devices and interfaces vanished, which
    drivers no longer bind, what was closed and what was opened.
  - Nothing changes on the host.
extends_documentation_fragment:
  - homelab.kernel_advisor.advisor
  - homelab.kernel_advisor.advisor.capturing
options:
  before:
    description:
      - The scan from before on the controller. A JSON document of C(advisor scan), or a capture (C(.tar.gz)).
      - Without it, the first answer of M(homelab.kernel_advisor.kernel_advisor_facts) for the host in this run.
    type: path
  fail_on_loss:
    description:
      - Fail where something that worked before does not work now.
      - Where it is false, look at RV(verified).
    type: bool
    default: true
seealso:
  - module: homelab.kernel_advisor.kernel_advisor_facts
"""

EXAMPLES = r"""
- name: Ask before
  homelab.kernel_advisor.kernel_advisor_facts:

- name: Start the installed kernel
  ansible.builtin.reboot:

- name: See that all is there and the promised bugs are gone
  homelab.kernel_advisor.kernel_advisor_verify:

- name: Compare with a capture from last week
  homelab.kernel_advisor.kernel_advisor_verify:
    before: "captures/{{ inventory_hostname }}.tar.gz"
    fail_on_loss: false
  register: verified
"""

RETURN = r"""
verified:
  description: Whether everything that worked before works now.
  returned: success
  type: bool
  sample: true
worst:
  description: The worst status of all checks, one of V(ok), V(unknown), V(warn), V(block).
  returned: success
  type: str
  sample: ok
checks:
  description: What was looked at, the worst first. V(block) is a loss, V(warn) a promise that was not kept.
  returned: success
  type: list
  elements: dict
  sample:
    - id: kernel
      status: ok
      message: 6.12.117+deb13-amd64 runs
      reading: 6.12.94+deb13-amd64 -> 6.12.117+deb13-amd64
before:
  description: When the host was scanned before, and the kernel that ran then.
  returned: success
  type: dict
  sample: {generated: "2026-11-22T10:40:00Z", release: 6.12.94+deb13-amd64}
after:
  description: When it was scanned now, and the kernel that runs now.
  returned: success
  type: dict
  sample: {generated: "2026-11-22T10:52:00Z", release: 6.12.117+deb13-amd64}
closed:
  description: The bugs that could run on this host before and are closed now.
  returned: success
  type: list
  elements: dict
opened:
  description: The bugs that can run on this host now and were not open before.
  returned: success
  type: list
  elements: dict
"""
