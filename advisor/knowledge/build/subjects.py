"""Tell the module from the first words of a fix's subject line, as far as past fixes agree.

``drm/amd/display: ...`` is amdgpu: at least three CVE records with that beginning say so and at least
95 of 100 of them touch that module. Where too few records know the beginning, its last word counts if
it is a module's name, unless records that have it contradict.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from advisor.knowledge.sites import SEVERAL, Unit

_TAGS = re.compile(r"(?:\[[^\]]{0,40}\] )+")
_NOTES = re.compile(r"(?: \([^()]*\))+\Z")
_REVERT = re.compile(r'Revert "(.*)"\Z')
_BEGINNING = re.compile(r"[^:\"]{1,40}:\s+")
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_MOST_WORDS = 6
_ENOUGH = 3
_SHORTEST_NAME = 3
_AGREED = 0.95
_CODE = (".c", ".rs", ".S")

Beginning = tuple[str, ...]


class Subjects(NamedTuple):
    """What past fixes tell about subject lines.

    Attributes:
        modules: Beginning -> the module that fixes with it touch.
        names: Modules whose name, as the last word of a beginning, is to be trusted.
    """

    modules: Mapping[Beginning, str]
    names: frozenset[str]

    def module(self, subject: str) -> str:
        """Return the module that a subject line is about, ``""`` where that is not clear."""
        words = beginning(subject)
        if words in self.modules:
            return self.modules[words]
        return next((name for name in _names(words) if name in self.names), "")


def learn(
    records: Iterable[tuple[str, Iterable[str]]], units: Mapping[str, tuple[Unit, ...]]
) -> Subjects:
    """Return what records tell.

    Args:
        records: Subject line and source files of each.
        units: What each source file is compiled into.
    """
    known = {unit.module for found in units.values() for unit in found} - {SEVERAL}
    by_beginning: defaultdict[Beginning, list[set[str]]] = defaultdict(list)
    by_name: defaultdict[str, list[bool]] = defaultdict(list)
    for subject, files in records:
        words, touched = beginning(subject), _touched(files, units)
        if words and touched:
            by_beginning[words].append(touched)
            for name in _names(words):
                by_name[name].append(name in touched)
    modules = {words: _agreed(found) for words, found in by_beginning.items()}
    doubted = {name for name, held in by_name.items() if sum(held) < _AGREED * len(held)}
    return Subjects(
        {words: module for words, module in modules.items() if module},
        frozenset(known - doubted),
    )


def bare(subject: str) -> str:
    """Return a subject line without what a changelog puts before and behind it."""
    text = _NOTES.sub("", _TAGS.sub("", subject, count=1))
    reverted = _REVERT.match(text)
    return reverted[1] if reverted else text


def beginning(subject: str) -> Beginning:
    """Return the words before the last colon that starts a subject line: ``("net", "macb")``."""
    text, words, at = bare(subject), list[str](), 0
    while len(words) < _MOST_WORDS:
        found = _BEGINNING.match(text, at)
        if found is None:
            break
        words.append(found[0].strip().rstrip(":").strip().lower())
        at = found.end()
    return tuple(filter(None, words))


def _names(words: Beginning) -> list[str]:
    """Return how a module that the last word names would be called."""
    if not words:
        return []
    last = words[-1]
    names = (_NOT_NAME.sub("_", text) for text in (last, last.rpartition("/")[2]))
    return [name for name in dict.fromkeys(names) if len(name) >= _SHORTEST_NAME]


def _touched(files: Iterable[str], units: Mapping[str, tuple[Unit, ...]]) -> set[str]:
    paths = list(files)
    code = [path for path in paths if path.endswith(_CODE)] or paths
    return {unit.module for path in code for unit in units.get(path, ())}


def _agreed(found: list[set[str]]) -> str:
    counts = Counter(module for modules in found for module in modules)
    module, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    enough = len(found) >= _ENOUGH and count >= _AGREED * len(found)
    return module if enough and module != SEVERAL else ""
