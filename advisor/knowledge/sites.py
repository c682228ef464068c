"""The places a fix touches: source files, and what each is compiled into."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from advisor.model.version import Series, parse_version

VMLINUX = "vmlinux"
SEVERAL = "several"
NOT_BUILT = "-"

_PACKED_DEPTH = 2


class Unit(NamedTuple):
    """A module, or ``vmlinux``, that a source file is compiled into.

    Attributes:
        module: In memory's spelling; ``several`` for a header that many include.
        symbol: The Kconfig symbol that decides between module and built-in, or ``""``.
        gates: What else must be so. ``X``: X is on, ``y`` for what is built in, ``y`` or ``m`` for
            a module. ``!X``: X is off. ``X=ym``: X has one of these values.
        arch: The architectures that have it, joined with commas: ``x86``; ``""`` for all.
        releases: The kernel trees that have it: ``("6.1",)``; () for all that have the file.
    """

    module: str
    symbol: str = ""
    gates: tuple[str, ...] = ()
    arch: str = ""
    releases: tuple[str, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every Kconfig symbol that must be on, the deciding one first."""
        wanted = [gate.partition("=")[0] for gate in self.gates if not gate.startswith("!")]
        return tuple(dict.fromkeys(filter(None, (self.symbol, *wanted))))

    def built_as(self, config: Mapping[str, str]) -> str:
        """Return ``y``, ``m`` or ``""`` (not built) for a kernel's configuration.

        Args:
            config: Symbol without ``CONFIG_`` -> value; what is missing is off.
        """
        state = "y" if self.module == VMLINUX else "m"
        if self.symbol:
            state = config.get(self.symbol, "")
            if state not in {"y", "m"}:
                return ""
        return state if all(holds(gate, state, config) for gate in self.gates) else ""


def holds(gate: str, state: str, config: Mapping[str, str]) -> bool:
    """Return whether a gate of a :class:`Unit` lets it be built, as ``y`` or ``m``."""
    name, _, allowed = gate.lstrip("!").partition("=")
    value = config.get(name, "n")
    value = value if value in {"y", "m"} else "n"
    if gate.startswith("!"):
        return value == "n"
    if allowed:
        return value in allowed
    return value == "y" or (value == "m" and state == "m")


class Site(NamedTuple):
    """One source file that a fix touches.

    Attributes:
        path: Below the kernel's top folder.
        units: What it is compiled into; empty where no build compiles it (documentation, tools).
        known: Whether any kernel tree that was read has the file.
    """

    path: str
    units: tuple[Unit, ...]
    known: bool

    def units_in(self, tree: str) -> tuple[Unit, ...]:
        """Return what the file is compiled into in one kernel tree, ``6.12``.

        Where that tree has none of it, another tree's answer stands in.
        """
        found = tuple(unit for unit in self.units if not unit.releases or tree in unit.releases)
        return found or self.units


class TreesAround:
    """The kernel trees to ask about a series.

    Between two trees both are asked: a file or a symbol may have moved anywhere in between.

    Args:
        series: The series of a kernel, None where it is not known.
        trees: The releases of all trees that were read.
    """

    def __init__(self, series: Series | None, trees: Iterable[str]) -> None:
        known = _in_order(trees)
        before = [tree for found, tree in known if series is not None and found <= series][-1:]
        after = [tree for found, tree in known if series is not None and found >= series][:1]
        self._trees = tuple(dict.fromkeys((*before, *after))) or tuple(tree for _, tree in known)
        self._units: dict[str, tuple[Unit, ...]] = {}
        self.mapped = bool(before and after)
        """Whether the series lies among the trees that were read."""

    def units(self, site: Site) -> tuple[Unit, ...]:
        """Return what a file is compiled into in any of the trees, each unit once."""
        if len(site.units) == 1:  # wherever it is not, another tree's answer stands in
            return site.units
        found = self._units.get(site.path)
        if found is None:
            units = dict.fromkeys(unit for tree in self._trees for unit in site.units_in(tree))
            found = self._units[site.path] = tuple(units) or site.units
        return found


def nearest_tree(trees: Iterable[str], series: Series) -> str:
    """Return the kernel tree to ask about a series: the newest not after it, else the oldest.

    Args:
        trees: The releases of all trees (:meth:`KnowledgeBase.trees`): ``("6.1", "6.12", "7.3")``.
        series: The series of a kernel.

    Returns:
        ``""`` where there is no tree.
    """
    known = _in_order(trees)
    before = [tree for found, tree in known if found <= series]
    return before[-1] if before else known[0][1] if known else ""


def _in_order(trees: Iterable[str]) -> list[tuple[Series, str]]:
    return sorted((version.series, tree) for tree in trees if (version := parse_version(tree)))


def packed_folder(path: str) -> str:
    """Return under which folder the database packs a file: the first two of its path."""
    return "/".join(path.split("/")[:-1][:_PACKED_DEPTH])


def units_text(units: tuple[Unit, ...]) -> str:
    """Return units as the database keeps them: ``module:symbol:gate,gate:arch:release;...``.

    What is empty at the end of a unit is left out with its colon.
    """
    return ";".join(_unit_text(unit) for unit in units) or NOT_BUILT


def _unit_text(unit: Unit) -> str:
    module, symbol, gates, arch, releases = unit
    return ":".join((module, symbol, ",".join(gates), arch, ",".join(releases))).rstrip(":")


def sites_text(paths: Iterable[str], units: Mapping[str, tuple[Unit, ...]]) -> str:
    """Return the places of a fix as the database keeps them: one line a file.

    Args:
        paths: The files, as the record lists them.
        units: What each file of every kernel tree is compiled into.
    """
    return "\n".join(
        f"{path}\t{units_text(units[path]) if path in units else ''}" for path in paths
    )


def parse_site(line: str) -> Site:
    """Return one place that :func:`sites_text` wrote.

    Raises:
        ValueError: It is damaged.
    """
    path, text = line.split("\t")
    return Site(path, parse_units(text), known=True) if text else Site(path, (), known=False)


def present_path(path: str, moved: Mapping[str, str]) -> str:
    """Return where a file went; the path itself where nothing is known.

    Args:
        path: As some kernel had it.
        moved: Path, or folder that ends in a slash, -> where it went.
    """
    if path in moved:
        return moved[path]
    folder = path
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        if f"{folder}/" in moved:
            return moved[f"{folder}/"] + path[len(folder) + 1 :]
    return path


@cache
def parse_units(text: str) -> tuple[Unit, ...]:
    """Return the units that :func:`units_text` wrote.

    Raises:
        ValueError: It is damaged.
    """
    if text == NOT_BUILT:
        return ()
    return tuple([_parse_unit(part) for part in text.split(";")])


def _parse_unit(text: str) -> Unit:
    match text.split(":"):
        case [module]:
            return Unit(module)
        case [module, symbol]:
            return Unit(module, symbol)
        case [module, symbol, gates]:
            return Unit(module, symbol, tuple(gates.split(",")))
        case [module, symbol, gates, arch]:
            return Unit(module, symbol, _split(gates), arch)
        case [module, symbol, gates, arch, releases]:
            return Unit(module, symbol, _split(gates), arch, _split(releases))
        case _:
            raise ValueError(f"not module:symbol:gates:arch:releases: {text!r}")


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()
