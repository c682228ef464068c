#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of an action plugin."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kernel_advisor_report
short_description: Write one report about all hosts of the play
version_added: 0.1.0
description:
  - Writes a page that can be printed, or a JSON document, about every host whose facts
    M(homelab.kernel_advisor.kernel_advisor_facts) gathered in this run.
  - It runs on the controller, once for all hosts. No host is asked anything.
extends_documentation_fragment:
  - homelab.kernel_advisor.advisor
options:
  dest:
    description:
      - The file to write on the controller. A relative path starts at the playbook's folder.
    type: path
    required: true
  format:
    description:
      - V(html) is one self-contained page, an overview and a report for each host.
      - V(json) is one document with the whole scan of each host.
      - V(markdown) is for a wiki or an issue.
    type: str
    default: html
    choices: [html, json, markdown]
  hosts:
    description:
      - The hosts to report on. Without it, all hosts of the play, those that failed included.
    type: list
    elements: str
  capture_dir:
    description:
      - A folder on the controller with captures, for hosts that were not asked in this run.
    type: path
attributes:
  check_mode:
    support: full
    description: Says whether the report would change, and writes nothing.
  diff_mode:
    support: none
    description: Shows no difference.
  async:
    support: none
    description: Supports being used with C(async).
  bypass_host_loop:
    support: full
    description: Runs once for all hosts, and cannot be used with the strategy C(free).
  platform:
    support: full
    platforms: posix
    description: Which systems the controller may have.
seealso:
  - module: homelab.kernel_advisor.kernel_advisor_facts
"""

EXAMPLES = r"""
- name: Ask every host
  homelab.kernel_advisor.kernel_advisor_facts:

- name: Write one page about all of them
  homelab.kernel_advisor.kernel_advisor_report:
    dest: kernels.html

- name: Write the same for a program
  homelab.kernel_advisor.kernel_advisor_report:
    dest: kernels.json
    format: json
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
  sample: /home/me/house/kernels.html
hosts:
  description: The hosts that the report is about.
  returned: success
  type: list
  elements: str
  sample: [nas, router]
missing:
  description: The hosts of the play that are not in the report, each with the reason. They are warned of, too.
  returned: success
  type: dict
  sample: {printer: It could not be reached.}
"""
