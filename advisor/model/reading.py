"""What was read, and what was not: never ``None``, ``""`` or ``-1`` in place of a reading."""

from __future__ import annotations

from typing import NamedTuple


class Unknown(NamedTuple):
    """Something that could not be read, and so may not be claimed.

    Attributes:
        what: The thing in the reader's words: ``the list of loadable modules``.
        why: What stood in the way: ``no such directory``.
        source: Where it would have been: ``/lib/modules/6.18.44``.
    """

    what: str
    why: str
    source: str
