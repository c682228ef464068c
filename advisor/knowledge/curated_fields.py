"""Reading loose JSON field by field, so that every fault of a file is found in one go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from enum import StrEnum

    Item = TypeVar("Item")
    Word = TypeVar("Word", bound=StrEnum)

SLUG = r"[a-z0-9](?:[a-z0-9-]{1,58})[a-z0-9]"
COMMIT = r"[0-9a-f]{12,40}"
CVE = r"CVE-(?:19|20)[0-9]{2}-[0-9]{4,7}"
CVSS = r"CVSS:(?:3\.[01]|4\.0)(?:/[A-Z]{1,3}:[A-Z]{1,2})+"
BRANCH = r"mainline|2\.6\.[0-9]{1,2}|[3-9]\.[0-9]{1,2}|[1-9][0-9]\.[0-9]{1,2}"
TREE_PATH = r"(?!/)(?!.*\.\.)[A-Za-z0-9_.+/-]{3,160}"
MODULE = r"[A-Za-z0-9_]{2,60}"
OPTION = r"(?!CONFIG_)[A-Z0-9][A-Za-z0-9_]{0,70}"
DISTRO = r"[a-z0-9._-]{2,40}"
PACKAGE_VERSION = r"[A-Za-z0-9.+~:_-]{1,60}"
DATE = r"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
URL = r"https://[a-z0-9.-]+\.[a-z]{2,}(?:/[!-~]*)?"


class Fields(NamedTuple):
    """One JSON object being read: its members, where it stands, and the faults found so far."""

    members: Mapping[str, object]
    path: str
    faults: list[str]

    def fault(self, key: str, what: str) -> None:
        """Note that the member ``key`` is wrong."""
        self.faults.append(f"{self.path}.{key}: {what}" if self.path else f"{key}: {what}")

    def check_keys(self, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        """Note every key that is missing and every one that nobody knows."""
        for key in required:
            if key not in self.members:
                self.fault(key, "missing")
        for key in self.members:
            if key not in required and key not in optional:
                self.fault(key[:80], "unknown key")

    def text(self, key: str, *, longest: int, empty: bool = False) -> str:
        """Return one line of printable text, ``""`` where the key is missing or wrong."""
        value = self.members.get(key, "")
        if not isinstance(value, str):
            self.fault(key, "not a text")
            return ""
        if value != value.strip() or not value.isprintable():
            self.fault(key, "has a control character, or blanks around it")
            return ""
        if not value and key in self.members and not empty:
            self.fault(key, "empty")
        if len(value) > longest:
            self.fault(key, f"longer than {longest} characters")
        return value

    def matching(self, key: str, pattern: str, what: str, *, empty: bool = False) -> str:
        """Return a text of a given form, ``""`` where it has another one."""
        value = self.text(key, longest=400, empty=empty)
        if value and re.fullmatch(pattern, value) is None:
            self.fault(key, f"not {what}: {value[:60]!r}")
            return ""
        return value

    def word(self, key: str, words: Sequence[Word]) -> Word:
        """Return a word of a closed list, the list's first where it is another one."""
        value = self.members.get(key)
        for word in words:
            if value == word.value:
                return word
        if key in self.members:
            self.fault(key, f"not one of {', '.join(words)}")
        return words[0]

    def inner(self, key: str) -> Fields | None:
        """Return the object under ``key``, None where there is none."""
        value = self.members.get(key)
        path = f"{self.path}.{key}" if self.path else key
        if isinstance(value, dict):
            return Fields(cast("dict[str, object]", value), path, self.faults)
        if key in self.members:
            self.fault(key, "not an object")
        return None

    def items(self, key: str) -> tuple[object, ...]:
        """Return the list under ``key``, empty where there is none."""
        value = self.members.get(key, [])
        if isinstance(value, list):
            return tuple(cast("list[object]", value))
        self.fault(key, "not a list")
        return ()

    def texts(self, key: str, pattern: str, what: str) -> tuple[str, ...]:
        """Return a list of different texts of one form."""
        good: list[str] = []
        for index, item in enumerate(self.items(key)):
            if not isinstance(item, str) or re.fullmatch(pattern, item) is None:
                self.fault(f"{key}[{index}]", f"not {what}: {str(item)[:60]!r}")
            elif item in good:
                self.fault(f"{key}[{index}]", f"named twice: {item}")
            else:
                good.append(item)
        return tuple(good)

    def objects(self, key: str, read: Callable[[Fields], Item]) -> tuple[Item, ...]:
        """Return what ``read`` makes of each object of the list under ``key``."""
        made: list[Item] = []
        for index, item in enumerate(self.items(key)):
            if isinstance(item, dict):
                path = f"{self.path}.{key}[{index}]" if self.path else f"{key}[{index}]"
                made.append(read(Fields(cast("dict[str, object]", item), path, self.faults)))
            else:
                self.fault(f"{key}[{index}]", "not an object")
        return tuple(made)
