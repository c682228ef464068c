"""Twenty hosts over loopback ssh: what the facts cost beside `ansible.builtin.setup`.

``python -m tests.ansible.measure`` prints a table for docs/ansible.md.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.ansible.harness import ADVISOR, Controller, House, controllers

HOSTS = 20
FORKS = 10
_PLAYS = {
    "setup": "ansible.builtin.setup:",
    "raw true": "ansible.builtin.raw: 'true'",
    "facts": "homelab.kernel_advisor.kernel_advisor_facts:\n        advisor_executable: {advisor}",
}
_PLAYS["facts raw"] = _PLAYS["facts"] + "\n        method: raw"


class Measured(NamedTuple):
    """Seconds of wall time for one kind of play, the best of some runs."""

    play: str
    pipelining: bool
    seconds: float


def measure(
    controller: Controller, house: House, *, plays: tuple[str, ...], pipelining: bool, runs: int
) -> dict[str, Measured]:
    """Run plays in turn over all hosts of a house, and return the best of some runs of each."""
    inventory = house.inventory({f"host{n:02}": "" for n in range(HOSTS)})
    best: dict[str, Measured] = {}
    for _ in range(runs):
        for play in plays:
            took = _once(controller, house.folder, inventory, play, pipelining=pipelining)
            if play not in best or took < best[play].seconds:
                best[play] = Measured(play, pipelining, took)
    return best


def _once(
    controller: Controller, folder: Path, inventory: Path, play: str, *, pipelining: bool
) -> float:
    book = folder / "play.yml"
    task = _PLAYS[play].format(advisor=ADVISOR)
    book.write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n    - {task}\n")
    started = time.monotonic()
    done = controller.run(
        "ansible-playbook",
        "-i",
        str(inventory),
        "-f",
        str(FORKS),
        str(book),
        ANSIBLE_PIPELINING=str(pipelining),
        ANSIBLE_HOST_KEY_CHECKING="false",
    )
    took = time.monotonic() - started
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:])
    return took


def main() -> int:
    """Print the table."""
    for name, found in controllers(("oldest", "debian", "newest")).items():
        if isinstance(found, str):
            sys.stdout.write(f"{name}: {found}\n")
            continue
        with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
            for pipelining in (True, False):
                rows = measure(
                    found,
                    house,
                    plays=tuple(_PLAYS),
                    pipelining=pipelining,
                    runs=3 if pipelining else 1,
                )
                words = " | ".join(f"{row.seconds:.1f}" for row in rows.values())
                version = ".".join(map(str, found.version))
                sys.stdout.write(f"| {version} | {'yes' if pipelining else 'no'} | {words} |\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
