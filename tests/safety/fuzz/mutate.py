"""Changes to real inputs: bytes, words, lines, numbers, JSON trees. The same seed, the same change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, cast

LONGEST: Final = 1 << 16
"""Most bytes of a mutated input, so that a case stays quick; growing ones are cut to it."""

WORDS: Final = (
    *(b"\0", b"\n\n", b"\r\n", b"\r", b"\t", b" ", b"\x0b", b"\x0c", b"\x1b[31m", b"\x7f", b"\x9b"),
    *(
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xf8",
        b"\xef\xbb\xbf",
        b"\xc2\xb2",
        b"\xd9\xa3",
    ),
    *(b"\xe2\x80\xae", b"\xe2\x81\xa6", b"\xe2\x80\xa8", b"\xcc\x81" * 40, b"\xf0\x9f\x91\xa8"),
    *(b"0", b"-1", b"00", b"0x", b"1e999", b"NaN", b"9" * 20, b"9" * 5000, b"65536", b"4294967296"),
    *(b"18446744073709551616", b"-9223372036854775809", b"null", b"true", b"None", b"inf"),
    *(b"../..", b"/etc/passwd", b"/", b"//", b".", b"..", b"~", b"*", b"?", b"[", b"[!", b"[z-a]"),
    *(
        b"{release}",
        b"{0}",
        b"%s%n",
        b"%(x)s",
        b"${x}",
        b"$(id)",
        b"`id`",
        b"\\",
        b"\\x00",
        b'"',
        b"'",
    ),
    *(b"{{7*7}}", b"{% raw %}", b"<script>", b"</style>", b"|", b"#", b"=", b":", b";", b",", b"@"),
    *(b"-", b"--", b"-oProxyCommand=x", b"(", b")", b"((", b"<", b">", b"&", b"!", b"+", b"^"),
)
_NUMBER: Final = re.compile(rb"[0-9]+")
_WORD: Final = re.compile(rb"[A-Za-z0-9_.+~-]+")
_LINE_ENDS: Final = (b"\n", b"\0", b"\n\n", b",", b" ", b"\t", b":", b"=", b"/")

_Change = Callable[[Random, bytes, bytes], bytes]


def _place(rng: Random, data: bytes) -> int:
    return rng.randrange(len(data) + 1)


def _span(rng: Random, data: bytes) -> tuple[int, int]:
    start = _place(rng, data)
    return start, min(len(data), start + 1 + int(rng.expovariate(1 / 24)))


def _flip(rng: Random, data: bytes, _other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4) if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _set(rng: Random, data: bytes, _other: bytes) -> bytes:
    changed = bytearray(data)
    if changed:
        changed[rng.randrange(len(changed))] = rng.choice((0, 10, 32, 127, 128, 255, 0x27, 0x22))
    return bytes(changed)


def _noise(rng: Random, data: bytes, _other: bytes) -> bytes:
    at = _place(rng, data)
    return data[:at] + rng.randbytes(rng.randint(1, 16)) + data[at:]


def _word(rng: Random, data: bytes, _other: bytes) -> bytes:
    at = _place(rng, data)
    return data[:at] + rng.choice(WORDS) + data[at:]


def _for_word(rng: Random, data: bytes, _other: bytes) -> bytes:
    found = list(_WORD.finditer(data, _place(rng, data) // 2))[:200]
    if not found:
        return rng.choice(WORDS)
    match = rng.choice(found)
    return data[: match.start()] + rng.choice(WORDS) + data[match.end() :]


def _for_number(rng: Random, data: bytes, _other: bytes) -> bytes:
    found = list(_NUMBER.finditer(data, _place(rng, data) // 2))[:200]
    if not found:
        return data
    match = rng.choice(found)
    number = rng.choice(
        (b"0", b"-1", b"1", b"255", b"65536", b"9" * 19, b"9" * 400, b"\xc2\xb2", b"")
    )
    return data[: match.start()] + number + data[match.end() :]


def _cut(rng: Random, data: bytes, _other: bytes) -> bytes:
    start, end = _span(rng, data)
    return data[:start] + data[end:]


def _truncate(rng: Random, data: bytes, _other: bytes) -> bytes:
    return data[: _place(rng, data)]


def _behead(rng: Random, data: bytes, _other: bytes) -> bytes:
    return data[_place(rng, data) :]


def _double(rng: Random, data: bytes, _other: bytes) -> bytes:
    start, end = _span(rng, data)
    return data[:end] + data[start:end] * rng.randint(1, 8) + data[end:]


def _swell(rng: Random, data: bytes, _other: bytes) -> bytes:
    """Repeat a few bytes thousands of times: what makes a bad pattern take for ever."""
    start, end = _span(rng, data)
    piece = rng.choice(
        (data[start:end], rng.choice(WORDS), bytes((rng.choice(b" \n\t0a(*[{,:-"),)))
    )
    piece = piece or b" "
    times = min(1 << rng.randint(6, 16), LONGEST // len(piece) + 1)
    return data[:end] + piece * times + data[end:]


def _splice(rng: Random, data: bytes, other: bytes) -> bytes:
    return data[: _place(rng, data)] + other[_place(rng, other) :]


def _parts(rng: Random, data: bytes, other: bytes) -> bytes:
    """Drop, double, swap or move the parts between some separator."""
    mark = rng.choice(_LINE_ENDS)
    parts = data.split(mark)
    one, two = rng.randrange(len(parts)), rng.randrange(len(parts))
    match rng.randrange(5):
        case 0:
            del parts[one]
        case 1:
            parts.insert(two, parts[one])
        case 2:
            parts[one], parts[two] = parts[two], parts[one]
        case 3:
            parts[one] = rng.choice(other.split(mark))
        case _:
            parts[one] = rng.choice(WORDS)
    return mark.join(parts)


def _nothing(_rng: Random, _data: bytes, _other: bytes) -> bytes:
    return b""


_CHANGES: Final[tuple[_Change, ...]] = (
    *(_flip, _set, _noise, _word, _word, _for_word, _for_word, _for_number, _for_number),
    *(_cut, _truncate, _behead, _double, _splice, _parts, _parts, _parts),
)


def changed(rng: Random, data: bytes, other: bytes) -> bytes:
    """Return an input with a few changes; ``other`` is a second input, to take parts from."""
    chance = rng.random()
    if chance < 0.01:
        return _nothing(rng, data, other)
    for _ in range(1 + int(rng.expovariate(0.7))):
        data = rng.choice(_CHANGES)(rng, data, other)
    if chance > 0.97:
        data = _swell(rng, data, other)
    return data[: max(LONGEST, len(other))]


_ODD: Final = (
    *("null", "true", "false", "0", "-1", "1.5", "1e308", "1" + "0" * 40, '""', f'"{"x" * 9000}"'),
    *('"\\u001b[2J\\u202e"', '"\\ud800"', "[]", "{}", "[[]]", '{"": ""}', "[null]", '"2026-13-45"'),
    *('"CVE-2026-1"', '"../.."', '"6.12.x"', '"\\u0000"', '"\\u0663"', "NaN", '"{{7*7}}"', '"<b>"'),
)


def changed_json(rng: Random, text: bytes, other: bytes) -> bytes:
    """Return a JSON text with values of its tree changed, and seldom with its bytes changed too."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return changed(rng, text, other)
    holder: list[object] = [value]
    for _ in range(1 + int(rng.expovariate(0.7))):
        _change_node(rng, holder)
    made = json.dumps(holder[0] if holder else None, separators=(",", ":")).encode()
    if rng.random() < 0.02:
        depth = rng.choice((50, 900, 5000))
        made = made.replace(b"null", b"[" * depth + b"]" * depth, 1)
    return changed(rng, made, other) if rng.random() < 0.3 else made


_Node = dict[object, object] | list[object]


def _change_node(rng: Random, node: _Node) -> None:
    """Walk down a random branch and change what is there."""
    while True:
        keys: Sequence[object] = list(node) if isinstance(node, dict) else range(len(node))
        if not keys:
            return
        key = rng.choice(keys)
        holder = cast("dict[object, object]", node)
        inner = holder[key]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.85:
            node = cast("_Node", inner)
            continue
        _change_value(rng, holder, key, cast("object", inner), named=isinstance(node, dict))  # type: ignore[redundant-cast]  # pyright knows less
        return


def _change_value(
    rng: Random, node: dict[object, object], key: object, inner: object, *, named: bool
) -> None:
    match rng.randrange(5):
        case 0:
            del node[key]
        case 1 if isinstance(inner, str):
            node[key] = changed(rng, inner.encode(errors="replace"), b"x").decode(errors="replace")
        case 2 if named:
            node[rng.choice(("", "x", "\x1b", "id", "schema"))] = inner
        case 3:
            node[key] = rng.choice(([inner], {"x": inner}, str(inner)[:9000]))
        case _:
            node[key] = json.loads(rng.choice(_ODD))
