"""`advisor capture`: write this machine down, to be scanned elsewhere or later."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Optional

import typer

from advisor.cli_tools import Tools
from advisor.errors import AdvisorError, ExitStatus

_FEW = 5


def add_capture(app: typer.Typer, tools: Tools) -> None:
    """Give an app the command ``capture``."""

    @app.command()
    def capture(
        output: Path = typer.Option(
            Path("-"), "--output", "-o", metavar="FILE", help="Write here; - is stdout."
        ),
        redact: bool = typer.Option(
            False, "--redact", help="Leave out addresses, serials, host and user names."
        ),
        source: Optional[Path] = typer.Option(
            None, "--from", metavar="FILE", help="Redact a capture that was made before."
        ),
    ) -> None:
        """Write this machine down, to scan it elsewhere; it needs no root.

        It is a tar.gz of a few hundred kB, which `advisor scan --from` reads anywhere. Standard
        error says what root would add.
        """
        from advisor.system.captures import capture as capture_machine
        from advisor.system.captures import redact_file

        if str(output) == "-" and sys.stdout.isatty():
            raise AdvisorError(
                "a capture is not for a terminal to show",
                hint="name a file: advisor capture -o box.tar.gz",
                status=ExitStatus.USAGE,
            )
        if source is not None and not redact:
            raise AdvisorError(
                "--from goes with --redact: there is nothing else to do to a capture",
                hint="advisor capture --redact --from box.tar.gz -o shared.tar.gz",
                status=ExitStatus.USAGE,
            )
        now = tools.now()
        made = redact_file(source, now=now) if source else capture_machine(now=now, redact=redact)
        _save(made.packed, output)
        tools.note(f"{made.files} files, {len(made.packed) // 1024} kB")
        if made.denied:
            more = f" and {len(made.denied) - _FEW} more" if len(made.denied) > _FEW else ""
            tools.note(f"root would add {', '.join(made.denied[:_FEW])}{more}")

    _ = capture


def _save(packed: bytes, output: Path) -> None:
    if str(output) == "-":
        sys.stdout.buffer.write(packed)
        sys.stdout.buffer.flush()
        return
    from advisor.system.files import write_bytes

    write_bytes(output, packed)
