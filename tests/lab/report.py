"""The page of a run: which device was told right in which kernel, what a scan costs, how the story went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.lab.cache import UnavailableError
from tests.lab.kernels import KERNELS
from tests.lab.machines import MACHINES
from tests.lab.results import Result, Told, kept_results, kept_story

PAGE = Path(__file__).parents[2] / "docs/lab.md"
_HEAD = """\
# Shown on real kernels

Written by `make lab`; the method is in [its README](../tests/lab/README.md). Each kernel is Debian's,
booted in QEMU on emulated cards that their real drivers bind to. In each guest a user without rights runs
`advisor scan`, and what it says of every device (kind, driver, module, interface) is held against what the
guest's own lspci, lsusb, ip, ethtool, rdma, hciconfig, lsmod and modprobe say.

**agrees**: all of it is the same. **differs**: see the notes below the table. `-`: no such device there.
"""


def write_page(*, whole: bool) -> None:
    """Write ``docs/lab.md`` from what was kept, where the run was of everything."""
    try:
        results, story = kept_results(), kept_story()
    except UnavailableError:
        return
    if whole and any(not result.skipped for result in results):
        PAGE.write_text("\n".join(_page(results, story)))


def _page(results: list[Result], story: list[Told]) -> Iterator[str]:
    yield _HEAD
    yield from _sums(results)
    for machine in MACHINES:
        here = [result for result in results if result.machine == machine.name]
        if any(result.verdicts for result in here):
            yield f"\n## {machine.name}: {machine.about}\n"
            yield from _devices([result for result in here if result.verdicts])
    yield from _times(results)
    if story:
        yield "\n## An upgrade, promised and found\n"
        rows = ((told.what, told.promised, told.found) for told in story)
        yield from _table(("", "promised", "found"), rows)
    yield ""


def _sums(results: list[Result]) -> Iterator[str]:
    visited = [result for result in results if not result.skipped]
    rows = [verdict for result in visited for verdict in result.verdicts]
    same = sum(not row.differences for row in rows)
    yield (
        f"{len(rows)} comparisons in {len(visited)} guests: {same} agree, {len(rows) - same} differ. "
        f"{len(results) - len(visited)} guests could not be had."
    )
    for result in results:
        if result.skipped:
            yield f"- {result.machine} with {result.kernel}: {result.skipped}"
    releases = {result.kernel: result.release for result in visited}
    yield "\nKernels: " + ", ".join(
        f"`{releases[kernel.name]}` ({kernel.suite})"
        for kernel in KERNELS
        if kernel.name in releases
    )


def _devices(results: list[Result]) -> Iterator[str]:
    order = [kernel.name for kernel in KERNELS]
    shown = sorted(results, key=lambda result: order.index(result.kernel))
    labels = dict.fromkeys(verdict.label for result in shown for verdict in result.verdicts)
    notes: dict[str, int] = {}
    rows: list[list[str]] = []
    for label in labels:
        row = [label]
        for result in shown:
            found = [verdict for verdict in result.verdicts if verdict.label == label]
            different = [f"{text} ({v.explained})" for v in found for text in v.differences]
            marks = [f"differs [{notes.setdefault(text, len(notes) + 1)}]" for text in different]
            row.append(", ".join(marks) or ("agrees" if found else "-"))
        rows.append(row)
    yield from _table(("device", *(result.kernel for result in shown)), _folded(rows))
    yield from (f"{number}. {text}" for text, number in notes.items())


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


def _times(results: list[Result]) -> Iterator[str]:
    timed = [result for result in results if result.times.floor]
    if not timed:
        return
    yield "\n## What a scan costs\n"
    yield "CPU seconds in the guest, the least of several runs; the processor is emulated.\n"
    order = [kernel.name for kernel in KERNELS]
    rows = (
        (
            f"{result.machine}, {result.kernel}",
            f"{result.times.floor:.2f}",
            f"{result.times.scan:.2f}",
            f"{result.times.scan / result.times.floor:.0f}",
        )
        for result in sorted(timed, key=lambda result: order.index(result.kernel))
    )
    yield from _table(("guest", "`python3 -c pass`", "`advisor scan`", "times"), rows)


def _table(head: tuple[str, ...], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
