"""Conditions on a machine as data, and their three-valued answer.

A condition is a tree: ``all_of`` and ``any_of`` over tests of one fact each. A fact that was not
read makes the answer ``None`` unless the rest of the tree decides it, so what is not known is never
taken for a no. This module is on the way of every scan: it imports next to nothing.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from advisor.model.features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Mapping

ARCHES: Final = (
    "aarch64",
    "arm",
    "i386",
    "loongarch64",
    "mips",
    "ppc64le",
    "riscv64",
    "s390x",
    "x86_64",
)
"""The closed list of architectures; :func:`arch_of` maps ``uname -m`` to it."""

TESTS: Final = (
    "arch",
    "config",
    "cpu",
    "device",
    "disk",
    "distro",
    "feature",
    "filesystem",
    "module",
    "unread",
)
"""The tests of one fact."""

GROUPS: Final = ("all_of", "any_of")
"""The ways to join conditions. ``all_of`` of nothing holds on every machine."""

MAX_DEPTH: Final = 6
MAX_PARTS: Final = 400

_WILD = re.compile(r"[*?\[]")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_NAME = _WORD | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DASHED = _WORD | frozenset("-.")


class Condition(NamedTuple):
    """One node of a condition tree.

    Attributes:
        op: One of :data:`TESTS` or :data:`GROUPS`.
        value: What a test looks for: a modalias glob, a module, a feature; ``""`` for a group.
        parts: The conditions that a group joins; empty for a test.
    """

    op: str
    value: str = ""
    parts: tuple[Condition, ...] = ()


class Seen(NamedTuple):
    """Names that were seen on a machine, and whether the list is all there is.

    Attributes:
        values: The names.
        complete: False where something could not be read: a missing name is then no answer.
    """

    values: frozenset[str] = frozenset()
    complete: bool = False


class Facts(NamedTuple):
    """What conditions are held against. The defaults say that nothing was read.

    Attributes:
        devices: Modaliases of the devices that are present.
        modules: Modules that are loaded, built in or drive a device, with ``_`` in their names.
        features: Feature -> whether it is in use; a feature that is not a key was not read.
        config: Kernel options without ``CONFIG_`` -> value; an option that is not a key is off.
            ``None`` where the configuration was not read.
        filesystems: Types of what is mounted or named in fstab.
        arch: One of :data:`ARCHES`; ``""`` where not read.
        distro: ``ID`` of ``os-release``; ``""`` where not read.
        disks: Models of the disks, as the kernel names them: a SATA disk's is cut at 16 letters.
        cpu: Vendor, family and model: ``GenuineIntel 6 143``; ``""`` where not read.
    """

    devices: Seen = Seen()
    modules: Seen = Seen()
    features: Mapping[str, bool] = {}
    config: Mapping[str, str] | None = None
    filesystems: Seen = Seen()
    arch: str = ""
    distro: str = ""
    disks: Seen = Seen()
    cpu: str = ""


def evaluate(condition: Condition, facts: Facts) -> bool | None:
    """Return whether ``condition`` holds on the machine, None where what was read cannot tell."""
    if condition.op in GROUPS:
        return _join(condition, facts)
    return _test(condition.op, condition.value, facts)


def _join(condition: Condition, facts: Facts) -> bool | None:
    """Return the group's answer: a deciding part settles it, else an open one leaves it open."""
    decides = condition.op == "any_of"
    answer: bool | None = not decides
    for part in condition.parts:
        held = evaluate(part, facts)
        if held is decides:
            return decides
        if held is None:
            answer = None
    return answer


def _test(op: str, value: str, facts: Facts) -> bool | None:
    """Return the answer of one test; None too for a word of a newer database."""
    match op:
        case "device" | "disk":
            seen = facts.devices if op == "device" else facts.disks
            return _found(seen=seen, found=any(fits(name, value) for name in seen.values))
        case "module" | "filesystem":
            seen = facts.modules if op == "module" else facts.filesystems
            return _found(seen=seen, found=value in seen.values)
        case "feature":
            return facts.features.get(value)
        case "config":
            return None if facts.config is None else facts.config.get(value, "n") not in ("n", "")
        case "arch" | "distro":
            read = facts.arch if op == "arch" else facts.distro
            return read == value if read else None
        case "cpu":
            return fits(facts.cpu, value) if facts.cpu else None
        case _:
            return None


def fits(name: str, glob: str) -> bool:
    """Return whether a name fits a glob, as ``fnmatch.fnmatchcase`` has it.

    A glob costs 50 µs to compile, and hardly any machine has a device that begins as it does.
    """
    start = _WILD.split(glob, maxsplit=1)[0]
    return name.startswith(start) and fnmatchcase(name, glob)


def _found(*, seen: Seen, found: bool) -> bool | None:
    """Return True where it was found, False where everything was looked through, else None."""
    if found:
        return True
    return False if seen.complete else None


def arch_of(machine: str) -> str:
    """Return the architecture in our words, ``""`` where there is no word for it.

    Args:
        machine: What ``uname -m`` prints: ``x86_64``, ``i686``, ``armv7l``.
    """
    if machine in ARCHES:
        return machine
    if machine in ("i486", "i586", "i686"):
        return "i386"
    if machine.startswith("armv"):
        return "aarch64" if machine == "armv8b" else "arm"
    return "mips" if machine.startswith("mips") else ""


def parse_condition(raw: object, path: str, faults: list[str]) -> Condition | None:
    """Return the condition that ``raw`` writes, None where it writes none.

    Args:
        raw: Loose JSON: ``{"any_of": [{"module": "mlx5_core"}, {"device": "usb:v0489p*"}]}``.
        path: Where it stands, for the faults: ``fixes[12].concerns.when``.
        faults: Everything wrong with it is added here, each with its path.
    """
    return _parse(raw, path, faults, depth=0)


def _parse(raw: object, path: str, faults: list[str], *, depth: int) -> Condition | None:
    """Return one node; ``depth`` bounds what hostile data can make of the stack."""
    if depth > MAX_DEPTH:
        faults.append(f"{path}: nested deeper than {MAX_DEPTH}")
        return None
    if not isinstance(raw, dict) or len(cast("dict[object, object]", raw)) != 1:
        faults.append(f"{path}: not an object with one key: a test or a group of tests")
        return None
    ((op, value),) = cast("dict[str, object]", raw).items()
    if op in GROUPS:
        return _parse_group(op, value, f"{path}.{op}", faults, depth=depth)
    if op not in TESTS:
        faults.append(f"{path}.{op}: not one of {', '.join((*GROUPS, *TESTS))}")
        return None
    wrong = _wrong_value(op, value)
    if wrong or not isinstance(value, str):
        faults.append(f"{path}.{op}: {wrong}")
        return None
    return Condition(op, value)


def _parse_group(
    op: str, value: object, path: str, faults: list[str], *, depth: int
) -> Condition | None:
    """Return a group of conditions."""
    if not isinstance(value, list):
        faults.append(f"{path}: not a list")
        return None
    raw_parts = cast("list[object]", value)
    if len(raw_parts) > MAX_PARTS:
        faults.append(f"{path}: more than {MAX_PARTS} parts")
        return None
    if op == "any_of" and not raw_parts:
        faults.append(f"{path}: empty, so it would hold on no machine")
        return None
    parts = [
        _parse(part, f"{path}[{index}]", faults, depth=depth + 1)
        for index, part in enumerate(raw_parts)
    ]
    whole = tuple(part for part in parts if part is not None)
    return Condition(op, "", whole) if len(whole) == len(parts) else None


def _wrong_value(op: str, value: object) -> str:
    """Return what is wrong with a test's value, ``""`` where nothing is."""
    if not isinstance(value, str) or not 0 < len(value) <= 200 or not value.isprintable():  # noqa: PLR2004 - no modalias is longer
        return "not a text of 1 to 200 printable characters"
    match op:
        case "device":
            bus = value.partition(":")[0]
            good = ":" in value and bool(bus) and _WORD.issuperset(bus)
            return "" if good else "not a modalias glob such as usb:v0E8Dp*"
        case "feature":
            return "" if value in FEATURES else "not a feature of advisor/model/features.py"
        case "disk" | "cpu" | "unread":
            return ""
        case "arch":
            return "" if value in ARCHES else f"not one of {', '.join(ARCHES)}"
        case "config":
            good = _NAME.issuperset(value) and not value.startswith("CONFIG_")
            return "" if good else "not an option's name without CONFIG_"
        case "module":
            return "" if _NAME.issuperset(value) else "not a module's name with _"
        case _:
            return "" if _DASHED.issuperset(value) else "not a lower-case name"


def condition_json(condition: Condition) -> dict[str, object]:
    """Return the condition as :func:`parse_condition` reads it."""
    if condition.op in GROUPS:
        return {condition.op: [condition_json(part) for part in condition.parts]}
    return {condition.op: condition.value}
