"""Which modules answer to an alias: ``modules.alias`` as modprobe reads it."""

from __future__ import annotations

from typing import Final

_MOST: Final = 500_000


class AliasTable:
    """The aliases of the modules on disk.

    Args:
        text: All of ``modules.alias``, None where it could not be read.
    """

    def __init__(self, text: str | None) -> None:
        self.text = text or ""
        self.known = text is not None

    def modules(self, modalias: str) -> tuple[str, ...]:
        """Return the modules one of whose aliases matches, in the file's order."""
        return () if not self.text else _match(self.text, modalias)


def _match(text: str, modalias: str) -> tuple[str, ...]:
    from fnmatch import fnmatchcase  # noqa: PLC0415 - seldom needed

    start = modalias.partition(":")[0][:2]
    found = []
    for line in ("\n" + text).split("\nalias ", _MOST)[1:]:
        pattern, _, module = line.partition(" ")
        if pattern[:2] == start and fnmatchcase(modalias, pattern):
            found.append(module.strip().replace("-", "_"))
    return tuple(dict.fromkeys(found))
