"""Answers as JSON: whole values of the model, so that a renderer can be tried without a scan.

The form is this folder's own: fields by name, those at their default left out, read back by type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Union, cast, get_args, get_origin, get_type_hints

from advisor.model.advice import Answer

MACHINES = Path(__file__).parent / "machines"


def names() -> list[str]:
    """The recorded machines."""
    return sorted(path.stem for path in MACHINES.glob("*.json"))


@cache
def recorded(name: str) -> Answer:
    """The answer for a recorded machine."""
    return loads((MACHINES / f"{name}.json").read_text("utf-8"))


def dumps(answer: Answer) -> str:
    """An answer as JSON, one finding a line."""
    text = json.dumps(_plain(answer), ensure_ascii=True, separators=(",", ":"))
    return text.replace('},{"id":', '},\n{"id":') + "\n"


def loads(text: str) -> Answer:
    """The answer that :func:`dumps` wrote."""
    return cast("Answer", _value(json.loads(text), Answer))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {"": [[_plain(key), _plain(one)] for key, one in items]}
    if isinstance(value, (set, frozenset)):
        return sorted(cast("frozenset[str]", value))
    fields = getattr(value, "_asdict", None)
    if fields is not None:
        defaults = cast("dict[str, object]", getattr(value, "_field_defaults"))  # noqa: B009 - any of them
        named = cast("dict[str, object]", fields())
        return {k: _plain(v) for k, v in named.items() if k not in defaults or v != defaults[k]}
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[object, ...]", value)]
    return str(value) if isinstance(value, Enum) else value


@cache
def _hints(kind: type) -> dict[str, object]:
    return get_type_hints(kind)


def _value(raw: object, kind: object) -> object:
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        if raw is None:
            return None
        return _value(raw, next(one for one in get_args(kind) if one is not NoneType))
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        named = cast("dict[str, object]", raw)
        hints = _hints(kind)
        return kind(**{k: _value(v, hints[k]) for k, v in named.items() if k in hints})
    if origin is tuple:
        return _tuple(cast("list[object]", raw), get_args(kind))
    if origin is frozenset:
        return frozenset(cast("list[str]", raw))
    if origin is not None:
        key, one = get_args(kind)
        pairs = cast("dict[str, list[list[object]]]", raw)[""]
        return {_value(k, key): _value(v, one) for k, v in pairs}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(raw)
    return raw


def _tuple(raw: list[object], kinds: tuple[object, ...]) -> tuple[object, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_value(one, kinds[0]) for one in raw)
    return tuple(_value(one, kind) for one, kind in zip(raw, kinds, strict=True))
