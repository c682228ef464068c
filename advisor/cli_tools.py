"""What every command is given: the way to the knowledge, the clock, stdout and stderr.

Commands ask nothing else of the world, so a test can hand them a world of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from advisor.cli_options import ColourWhen

if TYPE_CHECKING:
    from advisor.knowledge.store import KnowledgeBase
    from advisor.render.text import Options


class Tools(NamedTuple):
    """The world of a command.

    Attributes:
        knowledge: Opens the knowledge base that an option names, or the usual one.
        now: Tells the time in seconds since 1970.
        write: Writes the report to standard output.
        note: Writes a line about progress to standard error, where a person watches.
        options: Tells a renderer what it may do.
        saved: Tells where the last scan is kept for `verify`.
    """

    knowledge: Callable[[Path | None], KnowledgeBase]
    now: Callable[[], int]
    write: Callable[[str], None]
    note: Callable[[str], None]
    options: Callable[[ColourWhen, bool], Options]
    saved: Callable[[], Path]
