"""``python -m advisor`` and the ``advisor`` command."""

from __future__ import annotations

import sys

from advisor.cli import main


def run() -> None:
    """Run the command line and end the process with its status."""
    sys.exit(main())


if __name__ == "__main__":
    run()
