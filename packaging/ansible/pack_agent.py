"""Write the capture agent into the Ansible collection, or say whether the one there is this one.

``python packaging/ansible/pack_agent.py`` writes it, with ``--check`` it only compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from advisor.system.capture_agent import source

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "ansible_collections/homelab/kernel_advisor/plugins/module_utils/capture_agent.py"
HEAD = """\
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Made by packaging/ansible/pack_agent.py from advisor/system/agent: change it there.
# It runs without Ansible too, and in the advisor's own style:
# pylint: disable=ansible-bad-function,disallowed-name,unnecessary-ellipsis
"""


def packed() -> str:
    """Return what has to stand in the collection: the agent, spaced as Ansible's own tests ask for."""
    lines: list[str] = []
    for line in source().splitlines():
        blank = _blank(lines)
        if line and not line[0].isspace() and not line.startswith(")") and lines:
            after_block = len(lines) > blank and lines[-1 - blank].startswith(" ")
            wanted = 2 if blank > 2 or (after_block and blank < 2) else blank  # noqa: PLR2004 - PEP 8
            lines[len(lines) - blank :] = [""] * wanted
        lines.append(line)
    return HEAD + "\n".join(lines) + "\n"


def _blank(lines: list[str]) -> int:
    """Return how many blank lines there are at the end."""
    return next((n for n, line in enumerate(reversed(lines)) if line), len(lines))


def main(argv: list[str]) -> int:
    """Write or compare; the status is 1 where they differ."""
    if argv == ["--check"]:
        same = PLACE.is_file() and PLACE.read_text(encoding="utf-8") == packed()
        sys.stderr.write("" if same else f"{PLACE} is old: python {sys.argv[0]}\n")
        return 0 if same else 1
    PLACE.write_text(packed(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
