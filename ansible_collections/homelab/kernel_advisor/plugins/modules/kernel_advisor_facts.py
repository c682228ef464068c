#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of an action plugin."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kernel_advisor_facts
short_description: Which kernel bugs reach a host, and what to do about it
version_added: 0.1.0
description:
  - Reads a host, evaluates it on the controller, and returns the answer as facts in
    C(ansible_facts.kernel_advisor).
  - Nothing is installed on the host and nothing changes there. The database of fixes stays on the controller.
  - The facts say what C(advisor scan --format json) says of the same capture.
extends_documentation_fragment:
  - homelab.kernel_advisor.advisor
  - homelab.kernel_advisor.advisor.capturing
options:
  detail:
    description:
      - How much of the answer becomes facts.
      - V(summary) stays below 16 kB for every host. Where a host has too many devices for that, C(omitted) counts
        what was left out.
      - V(findings) adds every bug that could run on the host, and whole devices and candidates.
      - V(full) is the whole document of C(advisor scan --format json), which may take some hundred kB.
    type: str
    default: summary
    choices: [summary, findings, full]
notes:
  - Use C(ansible_facts.kernel_advisor). Facts as variables of their own are deprecated in ansible-core 2.20.
  - The first answer for a host in a run is kept until the run ends, and so is the newest capture, so that
    M(homelab.kernel_advisor.kernel_advisor_verify) and M(homelab.kernel_advisor.kernel_advisor_report) need no files.
seealso:
  - module: homelab.kernel_advisor.kernel_advisor_report
  - module: homelab.kernel_advisor.kernel_advisor_verify
"""

EXAMPLES = r"""
- name: Ask which fixes reach this host
  homelab.kernel_advisor.kernel_advisor_facts:

- name: Say it
  ansible.builtin.debug:
    msg: "{{ ansible_facts.kernel_advisor.advice.headline }}"

- name: Group the hosts by how urgent it is
  ansible.builtin.group_by:
    key: "kernel_{{ ansible_facts.kernel_advisor.advice.urgency }}"

- name: Ask a router that has no Python
  homelab.kernel_advisor.kernel_advisor_facts:
    method: raw

- name: Ask what a kernel would do that no repository offers yet
  homelab.kernel_advisor.kernel_advisor_facts:
    candidates:
      - "{{ playbook_dir }}/linux-image-6.12.117-amd64.deb"
"""

RETURN = r"""
ansible_facts:
  description: Facts about the host.
  returned: success
  type: dict
  contains:
    kernel_advisor:
      description: The answer. With O(detail=full) it has more keys, described in the advisor's C(docs/scan.schema.json).
      returned: success
      type: dict
      contains:
        schema:
          description: The form of the answer. Fields may be added to it, and none changes.
          type: str
          sample: advisor.scan/1
        generated:
          description: When the controller evaluated the host, in UTC.
          type: str
          sample: "2026-11-22T10:40:00Z"
        advisor:
          description: The version of the advisor.
          type: str
          sample: 0.1.0
        knowledge:
          description: How much the advisor knew, and of which day. It cannot speak about anything later.
          type: dict
          sample: {snapshot: "2026-08-21", age_days: 93, records: 14626, curated: 128}
        host:
          description: The host's own name, distribution, architecture and virtualization.
          type: dict
          sample: {name: nas, machine: x86_64, arch: x86_64, virtualization: null}
        kernel:
          description: The running kernel, the upstream version that it is built from, and how that is known.
          type: dict
          sample: {release: 6.12.94+deb13-amd64, upstream: 6.12.94, series: "6.12", vendor: debian}
        summary:
          description:
            - How many known bugs are open in the running kernel, and how many can run on this host, by reach and
              severity.
            - C(certain) is false where the count is an upper bound.
          type: dict
          sample: {open: 1653, reaching: 312, certain: true}
        advice:
          description: What to do.
          type: dict
          contains:
            action:
              description: One of V(stay), V(reboot), V(upgrade), V(switch-series), V(hold), V(unknown).
              type: str
              sample: upgrade
            urgency:
              description: One of V(now), V(soon), V(routine), V(none).
              type: str
              sample: soon
            target:
              description: The release to run afterwards. Null where that is the running one.
              type: str
              sample: 6.12.117+deb13-amd64
            headline:
              description: The advice in one sentence.
              type: str
              sample: Upgrade soon to 6.12.117+deb13-amd64.
            reasons:
              description: Why, the most telling first.
              type: list
              elements: str
            risks:
              description: What may go wrong, and what is taken away.
              type: list
              elements: str
            steps:
              description: What to do in order, each with the command for this distribution or null.
              type: list
              elements: dict
              sample: [{text: Install it, command: sudo apt install linux-image-6.12.117+deb13-amd64}]
            mitigations:
              description: What helps without another kernel, each with its cost.
              type: list
              elements: dict
            rule:
              description: The row of the policy that decided.
              type: str
              sample: same-series/many-high
        devices:
          description:
            - The host's network, Bluetooth, InfiniBand and virtio devices, and how many open bugs reach each.
            - With O(detail=summary) some fields of each.
          type: list
          elements: dict
          sample:
            - id: 0000:00:1f.6
              kind: ethernet
              name: Intel Ethernet Connection I219-LM
              driver: e1000e
              module: e1000e
              interface: enp0s31f6
              default_route: true
              findings: {active: 3, loaded: 0, on-demand: 0}
        candidates:
          description:
            - The kernels that the host could run. With O(detail=summary), C(closes), C(opens) and C(remaining) are
              numbers of bugs that can run on this host, null where they could not be counted.
          type: list
          elements: dict
          sample:
            - release: 6.12.117+deb13-amd64
              package: linux-image-6.12.117+deb13-amd64
              state: offered
              closes: 290
              opens: 4
              remaining: 22
              lost_devices: []
              blockers: []
        regressions:
          description: Known regressions that live in the running kernel and touch this host.
          type: list
          elements: dict
        preflight:
          description: The checks before an upgrade. With O(detail=summary) those that are not in order.
          type: list
          elements: dict
          sample:
            - id: boot-space
              status: warn
              message: 80 MiB are free in /boot
              reading: statvfs /boot
        unknowns:
          description: What could not be read, and so is not claimed.
          type: list
          elements: dict
          sample:
            - what: which modules are built in
              why: no such file or directory
              source: /lib/modules/6.18.44/modules.builtin
        omitted:
          description: With O(detail=summary), how many rows of each list were left out to stay small. Mostly none.
          type: dict
          sample: {devices: 0, regressions: 0, unknowns: 0, preflight: 0, candidates: 0}
        findings:
          description: With O(detail=findings), every bug that can run on the host.
          type: list
          elements: dict
          sample:
            - id: CVE-2026-12345
              title: a use after free in mlx5
              status: affected
              reach: active
              modules: [mlx5_core]
              severity: high
              fixed_in: [6.12.101]
        features:
          description: With O(detail=findings), the kernel's features in use, with evidence.
          type: list
          elements: dict
"""
