#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write down what an advisor may know of this host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kernel_advisor_capture
short_description: Write down what a kernel advisor may know of a host
version_added: 0.1.0
description:
  - Reads the kernel's identity, its modules and configuration, the devices, the features in use and the kernels on
    offer, and returns them as one small C(tar.gz).
  - It changes nothing on the host, needs no root and nothing but the Python standard library, and reads only what is
    listed at the top of C(module_utils/capture_agent.py).
  - M(homelab.kernel_advisor.kernel_advisor_facts) runs it for you. Use it by itself to collect captures that are
    evaluated elsewhere.
notes:
  - The files that root could read besides are returned in RV(unread). On most distributions there are few.
  - The capture holds host and device addresses. C(advisor capture --redact --from FILE) takes them out on the controller.
options: {}
attributes:
  check_mode:
    support: full
    description: It changes nothing.
  diff_mode:
    support: none
    description: It changes nothing.
  platform:
    platforms: linux
    support: full
    description: Where it can run.
seealso:
  - module: homelab.kernel_advisor.kernel_advisor_facts
author:
  - the kernel-advisor project (@homelab)
requirements:
  - Python 3.8 or newer on the host
"""

EXAMPLES = r"""
- name: Write the host down
  homelab.kernel_advisor.kernel_advisor_capture:
  register: captured

- name: Say what root could have read besides
  ansible.builtin.debug:
    var: captured.unread
"""

RETURN = r"""
capture:
  description: The capture, a C(tar.gz) in Base64.
  returned: success
  type: str
  sample: H4sIAAAAAAAC/+3dW3PbyJmw
agent:
  description: The version of the capture's form.
  returned: success
  type: int
  sample: 1
unread:
  description: What root could have read besides.
  returned: success
  type: list
  elements: str
  sample:
    - /sys/kernel/security/lockdown
"""

import base64
import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.kernel_advisor.plugins.module_utils import capture_agent


def capture() -> dict[str, object]:
    """Return what the module says about this host."""
    reader = capture_agent.Reader()
    now = int(time.time())
    packed = capture_agent.pack(capture_agent.collect(reader, now), now)
    return {
        "changed": False,
        "capture": base64.b64encode(packed).decode("ascii"),
        "agent": capture_agent.AGENT,
        "unread": capture_agent.denied(reader),
    }


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    module.exit_json(**capture())


if __name__ == "__main__":
    main()
