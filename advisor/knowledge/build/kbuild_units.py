"""From conditions to units: the module, the symbol that decides about it, and the rest."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from advisor.knowledge.build.kbuild_guard import ARCH, M, N, Y, simplify
from advisor.knowledge.build.kconfig import TRISTATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from advisor.knowledge.build.kbuild_expand import Tree
    from advisor.knowledge.build.kbuild_guard import Guard
    from advisor.knowledge.build.kbuild_walk import Built

VMLINUX = "vmlinux"
"""The unit of what is never a module."""

SEVERAL = "several"
"""The unit of a header that more modules include than are worth naming."""

_VALUES = ((Y, "y"), (M, "m"), (N, "n"))


class Unit(NamedTuple):
    """One thing that a file becomes part of, and what it takes.

    Attributes:
        module: As the kernel names it in memory: ``snd_hda_intel``; or ``vmlinux``, or ``several``.
        symbol: The tristate symbol, without ``CONFIG_``, that makes it a module (m) or built in
            (y); "" where there is none: ``vmlinux`` is then built in, another module always one.
        gates: What else must be so, sorted. ``X``: X is y, or for a module y or m, as Kbuild's
            lists have it. ``!X``: X is off. ``X=ym``: X has one of these values.
        arch: The architectures that have it, joined with commas: ``x86``; "" for all.
        releases: The releases that have it; () for all that have the file.
    """

    module: str
    symbol: str = ""
    gates: tuple[str, ...] = ()
    arch: str = ""
    releases: tuple[str, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """All symbols that must be on, the deciding one first."""
        wanted = (gate_symbol(gate) for gate in self.gates if not gate.startswith("!"))
        own = (self.symbol,) if self.symbol else ()
        return (*own, *wanted)

    def built_as(self, config: Mapping[str, str]) -> str:
        """Return ``y``, ``m`` or "" (not built) for the values of a configuration.

        Args:
            config: By symbol without ``CONFIG_``: ``y`` or ``m``; others are not looked at.
        """
        if self.symbol:
            state = config.get(self.symbol, "")
            if state not in {"y", "m"}:
                return ""
        else:
            state = "y" if self.module == VMLINUX else "m"
        return state if all(_holds(gate, state, config) for gate in self.gates) else ""


def gate_symbol(gate: str) -> str:
    """Return the symbol of a gate: ``X`` of ``X``, ``!X`` and ``X=ym``."""
    return gate.lstrip("!").partition("=")[0]


def _holds(gate: str, state: str, config: Mapping[str, str]) -> bool:
    value = config.get(gate_symbol(gate), "n")
    value = value if value in {"y", "m"} else "n"
    if gate.startswith("!"):
        return value == "n"
    allowed = gate.partition("=")[2]
    if allowed:
        return value in allowed
    return value == "y" or (value == "m" and state == "m")


def module_name(target: str) -> str:
    """Return the name in memory of a module: ``i2c_dev`` for ``drivers/i2c/i2c-dev``."""
    return target.rpartition("/")[2].replace("-", "_").replace(",", "_")


def units_of(built: Iterable[Built], tree: Tree) -> tuple[Unit, ...]:
    """Return the units of one file, sorted, from all that the build makes of it."""
    by_target: dict[str, tuple[list[Guard], list[Guard]]] = defaultdict(lambda: ([], []))
    for one in built:
        by_target[one.target][one.modular].append(one.when)
    found: set[Unit] = set()
    for target, (builtin, modular) in by_target.items():
        compress = _Compress(tree, module_name(target))
        found.update(compress.units(simplify(builtin, tree.full), simplify(modular, tree.full)))
    return tuple(sorted(found - _implied(found)))


def _implied(units: set[Unit]) -> set[Unit]:
    """Return the units that another one, asking for less, makes superfluous."""
    groups: dict[tuple[str, str, str], list[Unit]] = defaultdict(list)
    for unit in units:
        groups[unit.module, unit.symbol, unit.arch].append(unit)
    return {
        unit
        for group in groups.values()
        for unit in group
        for other in group
        if set(other.gates) < set(unit.gates)
    }


class _Compress(NamedTuple):
    """Joins the built-in and the modular conditions of one target."""

    tree: Tree
    module: str

    def units(self, builtin: Sequence[Guard], modular: Sequence[Guard]) -> list[Unit]:
        left = list(builtin)
        found: list[Unit] = []
        for guard in modular:
            unit, partner = self._joined(guard, left)
            if unit is None:
                unit = Unit(self.module, "", self._gates(guard, "m"), self._arch(guard))
            elif partner is not None:
                left.remove(partner)
            found.append(unit)
        return found + [
            Unit(VMLINUX, "", self._gates(guard, "y"), self._arch(guard)) for guard in left
        ]

    def _joined(
        self, guard: Guard, builtin: Sequence[Guard]
    ) -> tuple[Unit, Guard] | tuple[None, None]:
        """Return the unit of a modular condition that has a built-in counterpart."""
        for symbol, mask in guard:
            if symbol == ARCH or mask != M:
                continue
            for other in builtin:
                gates = self._common(symbol, guard, other)
                if gates is not None:
                    return Unit(self.module, symbol, gates, self._arch(guard)), other
        return None, None

    def _common(self, decider: str, modular: Guard, builtin: Guard) -> tuple[str, ...] | None:
        first, second = dict(modular), dict(builtin)
        if first.keys() != second.keys() or second[decider] != Y:
            return None
        gates: list[str] = []
        for symbol in sorted(first.keys() - {decider}):
            if first[symbol] == Y | M and second[symbol] == Y:
                gates.append(symbol)
            elif first[symbol] != second[symbol]:
                return None
            elif symbol != ARCH:
                gates.append(self._gate(symbol, first[symbol], ""))
        return tuple(gates)

    def _gates(self, guard: Guard, state: str) -> tuple[str, ...]:
        return tuple(self._gate(name, mask, state) for name, mask in guard if name != ARCH)

    def _gate(self, symbol: str, mask: int, state: str) -> str:
        if mask == N:
            return f"!{symbol}"
        tristate = self.tree.kconfig.type_of(symbol) == TRISTATE
        plain = Y if state == "y" or not tristate else Y | M
        if mask == plain and (state or not tristate):
            return symbol
        return symbol + "=" + "".join(letter for bit, letter in _VALUES if mask & bit)

    def _arch(self, guard: Guard) -> str:
        mask = dict(guard).get(ARCH, 0)
        return ",".join(arch for bit, arch in enumerate(self.tree.arches) if mask >> bit & 1)
