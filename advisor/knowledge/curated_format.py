"""The one layout of ``data/fixes.json``, and the command that brings a file into it.

``python -m advisor.knowledge.curated_format data/fixes.json`` rewrites the file in that layout and
says everything that is wrong with it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.curated import SCHEMA, load
from advisor.knowledge.curated_entry import KEYS, MAINLINE
from advisor.model.version import parse_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BRANCH_MAPS: Final = ("introduced", "fixed")
_SORTED: Final = ("cves", "files", "modules", "kconfig")
_INNER_KEYS: Final[Mapping[str, Sequence[str]]] = {
    "concerns": ("text", "when"),
    "commits": ("introduced", "fixed"),
    "distributions": ("distro", "version", "status", "note"),
    "sources": ("url", "what"),
    "checked": ("date", "how"),
    "correction": ("press", "truth"),
}


def canonical(text: str) -> str:
    """Return the same entries in the one layout: sorted by id, keys in their fixed order.

    Args:
        text: All of ``data/fixes.json``, or a bare list of entries. It need not be free of faults.

    Raises:
        ValueError: It is not JSON, or not a list of objects.
    """
    try:
        return _canonical(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _canonical(text: str) -> str:
    loose = cast("object", json.loads(text))
    if isinstance(loose, dict):
        loose = cast("dict[str, object]", loose).get("fixes")
    if not isinstance(loose, list):
        raise ValueError("no list of fixes")  # noqa: TRY004 - the caller knows one error only
    entries = cast("list[object]", loose)
    if not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("an entry is not an object")
    laid = [_entry(cast("dict[str, object]", entry)) for entry in entries]
    laid.sort(key=lambda entry: str(entry.get("id", "")))
    whole = {"schema": SCHEMA, "fixes": laid}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _entry(entry: Mapping[str, object]) -> dict[str, object]:
    """Return one entry in the one layout."""
    laid = _ordered(entry, KEYS)
    for key, value in laid.items():
        if key in _BRANCH_MAPS:
            laid[key] = _branches(value)
        elif key in _SORTED and isinstance(value, list):
            laid[key] = sorted(cast("list[object]", value), key=str)
        elif key in _INNER_KEYS:
            laid[key] = _inner(key, value)
    return laid


def _inner(key: str, value: object) -> object:
    """Return an object, or a list of objects, with its keys in order."""
    if isinstance(value, list):
        return [_inner(key, item) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    laid = _ordered(cast("dict[str, object]", value), _INNER_KEYS[key])
    if key == "commits":
        return {name: _branches(inner) for name, inner in laid.items()}
    return laid


def _ordered(members: Mapping[str, object], keys: Sequence[str]) -> dict[str, object]:
    """Return the members in the order of ``keys``; what nobody knows comes last."""
    known = {key: members[key] for key in keys if key in members}
    return known | {key: value for key, value in members.items() if key not in known}


def _branches(value: object) -> object:
    """Return a map by branch: mainline first, then the series from old to new."""
    if not isinstance(value, dict):
        return value
    return dict(sorted(cast("dict[str, object]", value).items(), key=lambda item: _age(item[0])))


def _age(branch: str) -> tuple[int, str]:
    """Return a key that sorts mainline before the series, and those by age."""
    version = parse_version(branch)
    return (-1 if branch == MAINLINE else version.series.code if version else 0, branch)


def main(arguments: Sequence[str]) -> int:
    """Bring each file into the one layout, and return how it went as an exit status."""
    status = ExitStatus.OK
    for name in arguments:
        path = Path(name)
        try:
            text = canonical(path.read_text(encoding="utf-8"))
            path.write_text(text, encoding="utf-8")
            load(text)
        except (OSError, ValueError) as error:
            sys.stderr.write(f"advisor: error: {error}, {name}\n")
            status = ExitStatus.IO
        except AdvisorError as error:
            sys.stderr.write(f"advisor: error: {error.what}\nadvisor: hint: {error.hint}\n")
            status = error.status
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
