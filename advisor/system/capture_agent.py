"""The capture agent as one file that needs nothing but Python 3.8: the parts of ``agent`` in a row.

``python -m advisor.system.capture_agent > capture_agent.py`` writes it; it goes through ssh or Ansible to
machines where nothing is installed: ``ssh box python3 - < capture_agent.py > box.tar.gz``.
"""

from __future__ import annotations

import ast
import sys
from pkgutil import get_data
from typing import Final

from advisor.errors import AdvisorError, ExitStatus

PARTS: Final = (
    "manifest",
    "unpack",
    "repositories",
    "keep",
    "reading",
    "names",
    "devices",
    "netlink",
    "facts",
    "capture",
)
"""The parts, each after those that it needs."""

_HEAD: Final = '''"""The advisor's capture agent: writes down what an advisor may know of this machine.

python3 capture_agent.py -o box.tar.gz

It changes nothing, needs no root, and reads what the tables at the top name and nothing else.
"""

from __future__ import annotations
'''
_FOOT: Final = """

if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
"""


def source() -> str:
    """Return the agent's source: all parts, without what they import from each other."""
    return _HEAD + "".join(_body(part) for part in PARTS) + _FOOT


def _body(part: str) -> str:
    """Return a part's source without its docstring and its imports from other parts."""
    text = get_data("advisor.system.agent", f"{part}.py")
    if text is None:
        raise AdvisorError(
            f"the capture agent's source is not here, advisor/system/agent/{part}.py",
            hint="install the advisor with its .py files",
            status=ExitStatus.IO,
        )
    lines = text.decode().splitlines()
    tree = ast.parse(text)
    for node in tree.body:
        own = isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("advisor.", "__future__")
        )
        if own or isinstance(node, ast.Expr):
            last = node.end_lineno or node.lineno
            lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    return "\n".join(line for line in lines if not line.startswith("# ")).strip("\n") + "\n"


if __name__ == "__main__":
    sys.stdout.write(source())
