"""Answers in which every text is an attack, and the same answers with a plain word in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import cast

from advisor.model.advice import Answer

ATTACKS = {
    "markup": "</style></script><script>alert(1)</script><img src=x onerror=alert(2)><b>",
    "attribute": '" onmouseover=alert(3) x=\'` style=position:fixed;inset:0 <a href="//x">',
    "address": 'javascript:alert(4)//https://x"><svg/onload=alert(5)>',
    "template": "{{ 7 * 7 }}{% raw %}{# x #}${7*7}#{7*7}<%= 7*7 %>",
    "comment": "<!--><![CDATA[ ]]> --!> <?php <!DOCTYPE x>",
    "bidi": "a\u202eb\u2066c\u200fd\u061ce\u2028f\u2029g\ufeffh\u200bi\u00ad",
    "control": "a\x00b\x1b[31mc\x08d\x7fe\x9bf\r\ng\th\x0b",
    "surrogate": "caf\udce9 \ud800 \udfff",
    "marks": "z" + "\u0301\u0489" * 200 + "\u200d\U0001f468\u200d\U0001f469",
    "long": "x" * 10_000,
    "words": "wide " * 2_000,
    "markdown": "| a | b |\n# x\n[x](javascript:y) ![i](//i) `` ` `` *b* _e_ ~~s~~ <b> @all #1 \\| $x$",
    "links": "https://evil.example/x www.evil.example me@evil.example file:///etc [[x]]",
    "nagios": "x | open=0;;;0 'y'=1 \n second line | z=1",
    "metrics": 'x"} 1\n# TYPE y counter\ny 1 \\" \\n',
    "css": '"}*{display:none}@import url(//x);a{b:"\\',
    "empty": "",
}


def with_text(answer: Answer, change: Callable[[str], str]) -> Answer:
    """The answer with every text in it changed: of devices, packages, findings, readings, all."""
    return cast("Answer", _changed(answer, change))


def _changed(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return change(value)
    if isinstance(value, frozenset):
        return frozenset(_changed(one, change) for one in cast("frozenset[object]", value))
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_changed(key, change): _changed(one, change) for key, one in items}
    if isinstance(value, tuple):
        parts = [_changed(one, change) for one in cast("tuple[object, ...]", value)]
        make = getattr(type(cast("object", value)), "_make", None)
        return make(parts) if make else tuple(parts)
    return value
