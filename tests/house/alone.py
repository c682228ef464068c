"""Scan captures as if each were the only one: ``python -m tests.house.alone DATABASE CAPTURE...``.

Each is scanned by a process of its own, forked off this one. This one imports the program and never
scans, so that nothing that was learned from one capture can be known to the next.
"""

from __future__ import annotations

import os
import sys

from advisor import cli, cli_plain, cli_scan, cli_sources, config, pipeline
from advisor.knowledge import location, store
from advisor.render import document, text
from advisor.system import recorded

IMPORTED = (
    cli, cli_plain, cli_scan, cli_sources, config, pipeline, location, store, document, text, recorded
)  # fmt: skip


def main(database: str, *captures: str) -> None:
    """Write a line a capture."""
    for capture in captures:
        child = os.fork()
        if not child:
            argv = ["scan", "--format", "jsonl", "--database", database]
            os._exit(cli.main([*argv, "--from", capture]))
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit(f"{capture}: status {status}")


if __name__ == "__main__":
    main(*sys.argv[1:])
