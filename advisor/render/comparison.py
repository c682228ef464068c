"""Two scans side by side: what was looked at, what closed, what opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from advisor.model.advice import Check, CheckStatus
from advisor.render.text import Options, Style, clean, cut, fold, number, pad

_FEW = 10


class Compared(NamedTuple):
    """What a comparison shows; a change is an id, its severity and its title."""

    title: str
    checks: Sequence[Check]
    closed: Sequence[tuple[str, str, str]]
    opened: Sequence[tuple[str, str, str]]


def render_comparison(compared: Compared, options: Options) -> str:
    """Return the checks, worst first, then what closed and what opened."""
    style = Style(options.colour)
    width = max(40, min(options.width, 110))
    lines = [style.strong(cut(clean(compared.title), width)), ""]
    for check in compared.checks:
        if check.status is not CheckStatus.OK or options.all or check.id in {"kernel", "findings"}:
            lines += _check(check, style, width)
    for word, found in (("closed", compared.closed), ("opened", compared.opened)):
        if found:
            lines += ["", style.strong(f"{number(len(found))} {word}")]
            lines += _changes(found, options, width)
    return "\n".join(lines) + "\n"


def _check(check: Check, style: Style, width: int) -> Iterator[str]:
    paint = {
        CheckStatus.BLOCK: style.bad,
        CheckStatus.WARN: style.warn,
        CheckStatus.OK: style.good,
    }.get(check.status, style.quiet)
    text = (
        f"{clean(check.message)} ({clean(check.reading)})"
        if check.reading
        else clean(check.message)
    )
    first, *rest = fold(text, width, " " * 10)
    yield f"  {paint(pad(check.status, 8))}{first[10:]}"
    yield from rest


def _changes(found: Sequence[tuple[str, str, str]], options: Options, width: int) -> Iterator[str]:
    for name, severity, title in found if options.all else found[:_FEW]:
        yield cut(f"  {pad(clean(name), 17)} {pad(severity, 9)} {clean(title)}", width)
    if not options.all and len(found) > _FEW:
        yield f"  and {number(len(found) - _FEW)} more: --all"
