"""``python -m advisor`` and the ``advisor`` command."""

from __future__ import annotations

import gc
import sys

# A scan makes some 100,000 objects that live to its end: looking through them all again and again
# cost a tenth of it. Those of a thousand captures are still collected.
gc.set_threshold(100_000)

from advisor.cli import main  # noqa: E402 - the imports are what is spared


def run() -> None:
    """Run the command line and end the process with its status."""
    sys.exit(main())


if __name__ == "__main__":
    run()
