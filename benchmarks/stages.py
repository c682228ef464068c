"""Where the CPU time of one scan goes: prints a line a stage, in milliseconds.

Run anew for every measurement, since only the first import of a module costs anything.

    python benchmarks/stages.py [CAPTURE]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator


def main() -> None:
    """Scan once and print what each stage took."""
    last = 0.0
    for stage in _stages(sys.argv[1] if len(sys.argv) > 1 else ""):
        spent = time.process_time()
        name, _, twice = stage.partition(" -")
        print(f"{name}\t{(spent - last) * 1000 - float(twice or 0):.2f}")
        last = spent


def _stages(capture: str) -> Iterator[str]:
    """Do a scan as `advisor scan` does, and yield the name of each stage once it is over."""
    yield "the interpreter"
    import json
    import re
    import sqlite3
    from datetime import UTC
    from pathlib import Path

    _ = json, re, sqlite3, UTC
    yield "imports of the standard library"
    from advisor import advise, assess, pipeline, probe
    from advisor.assess import curated
    from advisor.knowledge.location import PACKAGED
    from advisor.knowledge.store import KnowledgeBase
    from advisor.render import terminal
    from advisor.render.text import Options
    from advisor.system import live, recorded

    yield "imports of its own modules"
    now = int(time.time())
    system = recorded.load(Path(capture)) if capture else live.LiveSystem()
    inventory = probe.probe(system, now=now)
    yield "reading the machine"
    knowledge = KnowledgeBase(PACKAGED)
    weigher = assess.Weigher(inventory, knowledge)
    found = assess.assess(inventory, knowledge, weigher)
    curated.annotate(found.findings, knowledge)
    yield "holding the records against it"
    advise.advise(inventory, found, knowledge, weigher, now_days=now // 86400)
    yield "weighing the candidates"
    before = time.process_time()
    answer = pipeline.scan(system, knowledge, now=now)
    again = time.process_time() - before
    terminal.render_terminal(answer, Options())
    yield f"writing the answer -{again * 1000:.2f}"


if __name__ == "__main__":
    main()
