"""When a thing is built: conditions over Kconfig symbols, in the form Kbuild uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Y, M, N = 1, 2, 4
"""The three values of a symbol, as bits; a condition on a symbol is a set of them."""

ARCH = "@"
"""The pseudo-symbol whose bits are the architectures of a tree (``SRCARCH``)."""

Guard = tuple[tuple[str, int], ...]
"""All of these symbols have one of these values; sorted by symbol, ``()`` is always true."""

ALWAYS: Guard = ()

MOST_GUARDS = 48
"""More alternatives than this are not compared with each other."""


def both(first: Guard, second: Guard) -> Guard | None:
    """Return the condition that both hold, or None where they exclude each other."""
    if not first or first == second:
        return second
    if not second:
        return first
    merged = dict(first)
    for symbol, mask in second:
        left = merged.get(symbol, mask) & mask
        if not left:
            return None
        merged[symbol] = left
    return tuple(sorted(merged.items()))


def pairs(first: Iterable[Guard], second: Iterable[Guard]) -> list[Guard]:
    """Return every possible pair of the two lists of alternatives as one condition each."""
    again = list(second)
    found = (both(one, two) for one in first for two in again)
    return [guard for guard in found if guard is not None]


def negations(guard: Guard, full: Callable[[str], int]) -> list[Guard]:
    """Return alternatives, none overlapping, that together say the condition does not hold."""
    held: list[tuple[str, int]] = []
    found: list[Guard] = []
    for symbol, mask in guard:
        rest = full(symbol) & ~mask
        if rest:
            found.append(tuple(sorted([*held, (symbol, rest)])))
        held.append((symbol, mask))
    return found


def implies(strict: Guard, loose: Guard) -> bool:
    """Say whether the first condition is at least as strict as the second."""
    have = dict(strict)
    return all(symbol in have and not have[symbol] & ~mask for symbol, mask in loose)


def union(first: Guard, second: Guard, full: Callable[[str], int]) -> Guard | None:
    """Return one condition that says "first or second" exactly, or None if there is none."""
    if implies(first, second):
        return second
    if implies(second, first):
        return first
    if len(first) != len(second):
        return None
    differing = [index for index, pair in enumerate(first) if pair != second[index]]
    if len(differing) != 1:
        return None
    index = differing[0]
    symbol = first[index][0]
    if second[index][0] != symbol:
        return None
    mask = first[index][1] | second[index][1]
    middle: Guard = () if mask == full(symbol) else ((symbol, mask),)
    return first[:index] + middle + first[index + 1 :]


def simplify(guards: Iterable[Guard], full: Callable[[str], int]) -> tuple[Guard, ...]:
    """Return the same alternatives in fewer words, sorted."""
    left = sorted(set(guards))
    if ALWAYS in left:
        return (ALWAYS,)
    if len(left) > MOST_GUARDS:
        return tuple(left)
    done = False
    while not done:
        done = True
        for index, first in enumerate(left):
            for second in left[index + 1 :]:
                joined = union(first, second, full)
                if joined is not None:
                    left = sorted({*left, joined} - ({first, second} - {joined}))
                    done = False
                    break
            if not done:
                break
    return tuple(left)
