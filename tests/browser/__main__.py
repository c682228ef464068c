"""Install what the browser tests need from npm: ``python -m tests.browser``."""

from __future__ import annotations

import subprocess
import sys

from tests.browser.tools import HERE, MODULES, npm


def main() -> int:
    """Install the packages of package.json once, without scripts and without a lock file."""
    if (MODULES / "axe-core").exists():
        return 0
    command = npm()
    if not command:
        sys.stderr.write("no npm: install Debian's npm, or pyright[nodejs] with pip\n")
        return 1
    quiet = ("--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    return subprocess.run([*command, "install", *quiet], cwd=HERE, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
