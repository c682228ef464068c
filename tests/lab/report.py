"""The page of a run: which device was told right in which kernel, what a scan costs, how the story went."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.lab.kernels import KERNELS
from tests.lab.machines import MACHINES
from tests.lab.results import RESULTS, STORY, Result

PAGE = Path(__file__).parents[2] / "docs/lab.md"
_HEAD = """\
# Shown on real kernels

Written by `make lab`; the method is in [its README](../tests/lab/README.md). Each kernel is Debian's,
booted in QEMU on emulated cards that their real drivers bind to. In each guest a user without rights runs
`advisor scan`, and what it says of every device (kind, driver, module, interface) is held against what the
guest's own lspci, lsusb, ip, ethtool, rdma, hciconfig, lsmod and modprobe say.

**agrees**: all of it is the same. **differs**: see the notes below the table. `-`: the guest's tools know
no such device there.
"""
_COST = """
## What a scan costs

CPU seconds, a user without rights, the least of several runs. The processor is emulated, so only the last
column says something. The times are all on this page that differs from run to run.
"""
_LOADING = """
## What a user without rights can have loaded

On `mmio`, where hardly anything is loaded, a user without rights then asks the kernel for all that
[asks.py](../tests/lab/guest/asks.py) knows how to ask for: sockets, ioctls, terminals, crypto, and in a
namespace of their own links, schedulers, filters, tunnels. What that loads must have been told as within
reach; not all that is within reach is tried.
"""
_STORY = """
## An upgrade, promised and found

The machine `pciid`, with the packages of newer kernels installed: a user without rights runs `advisor scan`,
`report` and `capture`. Then each of the newer kernels is booted on the same hardware, and `advisor verify`
holds what is there against the saved scan. Counted are the bugs that can run there.

What is closed must be as many as promised, to the bug: both ends rest on the same records. So must what is
opened, within a series. A new series also runs code that the old kernel was not built with (another
configuration, new drivers); a scan of the old one cannot count that, and says so (`+`, "counted in part"):
a little more is found.
"""


def write_page(*, whole: bool) -> None:
    """Write the page of a run, where it was of everything and something could be had."""
    target = os.environ.get("ADVISOR_LAB_PAGE")
    every = len(RESULTS) == sum(len(machine.kernels) for machine in MACHINES) and STORY
    if whole and every and any(not result.skipped for result in RESULTS):
        (Path(target) if target else PAGE).write_text("\n".join(_page()), encoding="utf-8")


def _page() -> Iterator[str]:
    order = [(machine.name, kernel) for machine in MACHINES for kernel in machine.kernels]
    results = sorted(RESULTS, key=lambda result: order.index((result.machine, result.kernel)))
    visited = [result for result in results if not result.skipped]
    yield _HEAD
    yield from _kernels(visited)
    yield from _sums(visited)
    yield from _skipped(results)
    for machine in MACHINES:
        here = [result for result in visited if result.machine == machine.name]
        if here:
            yield f"\n## {machine.name}: {machine.about}\n"
            yield from _devices(here)
    yield from _loading(visited)
    yield from _times(visited)
    if STORY:
        yield _STORY
        yield from _table(("", "promised", "found"), STORY)
    yield ""


def _kernels(visited: list[Result]) -> Iterator[str]:
    versions = {result.kernel: result.version for result in visited}
    rows = (
        (_upstream(versions[kernel.name]), f"`{versions[kernel.name]}`", kernel.suite, kernel.name)
        for kernel in KERNELS
        if kernel.name in versions
    )
    yield from _table(("kernel", "package", "suite", "in the tests"), rows)


def _upstream(version: str) -> str:
    return version.partition("-")[0]


def _sums(visited: list[Result]) -> Iterator[str]:
    rows = [verdict for result in visited for verdict in result.verdicts]
    differing = [row for row in rows if row.differences]
    yield (
        f"\n{len(rows):,} devices in {len(visited)} guests: {len(rows) - len(differing):,} agree, "
        f"{len(differing)} differ."
    )


def _skipped(results: list[Result]) -> Iterator[str]:
    reasons = Counter(result.skipped for result in results if result.skipped)
    yield f"{reasons.total()} guests could not be had{':' if reasons else '.'}"
    if reasons:
        yield ""
    for reason in reasons:
        names = (f"{one.machine}-{one.kernel}" for one in results if one.skipped == reason)
        yield f"- {', '.join(names)}: {reason}"


def _devices(results: list[Result]) -> Iterator[str]:
    # A newer list of PCI ids may call a card otherwise: the newest name stands for all.
    labels = {
        _same(verdict.label): verdict.label for result in results for verdict in result.verdicts
    }
    notes: dict[str, int] = {}
    rows: list[list[str]] = []
    for same, label in labels.items():
        row = [label]
        for result in results:
            found = [verdict for verdict in result.verdicts if _same(verdict.label) == same]
            different = [f"{text} ({v.explained})" for v in found for text in v.differences]
            marks = [f"differs [{notes.setdefault(text, len(notes) + 1)}]" for text in different]
            row.append(", ".join(marks) or ("agrees" if found else "-"))
        rows.append(row)
    heads = [_upstream(result.version) for result in results]
    yield from _table(("device", *heads), _folded(rows))
    yield from ("",) if notes else ()
    yield from (f"{number}. {text}" for text, number in notes.items())


def _same(label: str) -> str:
    """Return what tells a device from others: its ids where the label ends in them."""
    return label.rpartition("[")[2] if label.endswith("]") else label


def _folded(rows: list[list[str]]) -> Iterator[list[str]]:
    """Yield the rows, those that agree everywhere and differ only in their number as one."""
    last: list[str] = []
    names: list[str] = []
    for row in [*rows, []]:
        kind = row[0].rpartition(" ")[0] if row else ""
        if last and kind == last[0].rpartition(" ")[0] and row[1:] == last[1:]:
            names.append(row[0].rpartition(" ")[2])
            continue
        if last:
            yield [f"{last[0]}{', ' if len(names) > 1 else ''}{', '.join(names[1:])}", *last[1:]]
        last, names = row, [row[0].rpartition(" ")[2]] if row else []


def _loading(visited: list[Result]) -> Iterator[str]:
    rows = [
        (
            _upstream(result.version),
            f"{len(found.told):,}",
            f"{found.within:,}",
            f"{len(found.loaded):,}",
            ", ".join(found.missed) or "none",
        )
        for result in visited
        if (found := result.loading) is not None
    ]
    if rows:
        yield _LOADING
        head = ("kernel", "on disk, not loaded", "told as within reach", "loaded by the user")
        yield from _table((*head, "of those called out of reach"), rows)


def _times(visited: list[Result]) -> Iterator[str]:
    timed = [result for result in visited if result.times.floor]
    if not timed:
        return
    yield _COST
    rows = (
        (
            f"{result.machine}, {_upstream(result.version)}",
            f"{result.times.floor:.1f}",
            f"{result.times.scan:.1f}",
            f"{result.times.scan / result.times.floor:.0f}",
        )
        for result in timed
    )
    yield from _table(("guest", "`python3 -c pass`", "`advisor scan`", "times"), rows)


def _table(head: tuple[str, ...], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
