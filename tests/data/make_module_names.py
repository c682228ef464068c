"""Write ``module-names.txt``: every module that one of the recorded Debian kernels has.

``python tests/data/make_module_names.py FOLDER``, where FOLDER holds recordings with a
``modules.order`` and a ``modules.builtin`` each. Modules of kernels that were not recorded stand in
``module-names-elsewhere.txt``, written by hand with a reason.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent


def names(path: Path) -> set[str]:
    """Return the modules that a list of paths names, with ``_``."""
    found: set[str] = set()
    for line in path.read_text("utf-8").splitlines():
        name = line.strip().rpartition("/")[2].partition(".ko")[0]
        if name:
            found.add(name.replace("-", "_"))
    return found


def main(folder: Path) -> None:
    """Write the list."""
    found: set[str] = set()
    for kind in ("modules.order", "modules.builtin"):
        for path in sorted(folder.rglob(kind)):
            found |= names(path)
    (HERE / "module-names.txt").write_text("\n".join(sorted(found)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
