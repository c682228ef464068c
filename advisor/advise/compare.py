"""Two saved scans held against each other: after a reboot, or any two.

``verify`` asks whether the new kernel keeps what the old one served and closes what was promised;
``diff`` tells the same differences without judging them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from advisor.advise.scan_document import SavedDevice, SavedFinding, SavedScan, read_scan
from advisor.advise.text import count
from advisor.model.advice import Check, CheckStatus

SCHEMA: Final = "advisor.compare/1"
_WEIGHING: Final = frozenset({"active", "loaded", "on-demand"})
_FEW: Final = 5
_DMESG: Final = "sudo dmesg --level=err,crit,alert,emerg"
# What differs from boot to boot in one and the same message: addresses, counts, times.
_VARIES: Final = re.compile(r"0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8,}\b|\d{4,}")


class Comparison(NamedTuple):
    """What differs between two scans.

    Attributes:
        checks: What was looked at, the worst first; in a ``diff`` nothing is blocked or warned of.
        closed: Findings that can run here, open before and not after.
        opened: Findings that can run here, open after and not before.
    """

    before: SavedScan
    after: SavedScan
    checks: tuple[Check, ...]
    closed: tuple[SavedFinding, ...]
    opened: tuple[SavedFinding, ...]

    @property
    def worst(self) -> CheckStatus:
        """The worst of the checks; ``ok`` where nothing was found."""
        return self.checks[0].status if self.checks else CheckStatus.OK


def verify(before: object, after: object) -> Comparison:
    """Return whether the machine lost anything on the way, and whether the promise was kept.

    Args:
        before: The scan that gave the advice, as loose JSON.
        after: The scan after the reboot.

    Raises:
        AdvisorError: One of them is not a saved scan.
    """
    return _compare(read_scan(before, "before"), read_scan(after, "after"))


def diff(first: object, second: object) -> Comparison:
    """Return what differs between any two scans, unjudged.

    Raises:
        AdvisorError: One of them is not a saved scan.
    """
    compared = _compare(read_scan(first, "the first"), read_scan(second, "the second"))
    told = [
        check._replace(status=CheckStatus.OK)
        for check in compared.checks
        if check.status is not CheckStatus.OK or check.id in {"kernel", "findings"}
    ]
    return compared._replace(checks=tuple(told))


def comparison_document(comparison: Comparison) -> dict[str, object]:
    """Return a comparison in JSON types."""
    return {
        "schema": SCHEMA,
        "before": {"generated": comparison.before.generated, "release": comparison.before.release},
        "after": {"generated": comparison.after.generated, "release": comparison.after.release},
        "worst": str(comparison.worst),
        "checks": [
            {
                "id": one.id,
                "status": str(one.status),
                "message": one.message,
                "reading": one.reading,
            }
            for one in comparison.checks
        ],
        "closed": [one._asdict() for one in comparison.closed],
        "opened": [one._asdict() for one in comparison.opened],
    }


def _compare(before: SavedScan, after: SavedScan) -> Comparison:
    order = (CheckStatus.BLOCK, CheckStatus.WARN, CheckStatus.UNKNOWN, CheckStatus.OK)
    closed = _only(before.findings.values(), after.findings.keys())
    opened = _only(after.findings.values(), before.findings.keys())
    checks = [
        *_kernel(before, after),
        *_devices(before, after),
        *_modules(before, after),
        *_features(before, after),
        *_promise(before, after, closed, opened),
        *_trouble(before, after),
        *_log(before, after),
        *_readings(before, after),
    ]
    return Comparison(
        before,
        after,
        tuple(sorted(checks, key=lambda one: order.index(one.status))),
        closed,
        opened,
    )


def _only(findings: Iterable[SavedFinding], known: Iterable[str]) -> tuple[SavedFinding, ...]:
    there = frozenset(known)
    found = (one for one in findings if one.id not in there and one.reach in _WEIGHING)
    return tuple(sorted(found, key=lambda one: one.id))


def _kernel(before: SavedScan, after: SavedScan) -> Iterator[Check]:
    reading = f"{before.release} -> {after.release}"
    if before.host and after.host and before.host != after.host:
        text = f"these are scans of two machines: {before.host} and {after.host}"
        yield Check("host", CheckStatus.WARN, text, f"{before.host} -> {after.host}")
    if after.release == before.release and before.target not in {"", before.release}:
        text = f"{after.release} runs as before: {before.target} was advised and is not running"
        yield Check("kernel", CheckStatus.WARN, text, reading)
    elif before.target and after.release != before.target:
        text = f"{after.release} runs, {before.target} was advised"
        yield Check("kernel", CheckStatus.WARN, text, reading)
    else:
        yield Check("kernel", CheckStatus.OK, f"{after.release} runs", reading)


def _devices(before: SavedScan, after: SavedScan) -> Iterator[Check]:
    pairs, gone, new = _matched(before.devices, after.devices)
    for device in gone:
        text = f"{_label(device)} is gone"
        yield Check("device", CheckStatus.BLOCK, text, f"{device.id} was there before")
    quiet = True
    for old, now in pairs:
        for check in _device(old, now):
            quiet = False
            yield check
    for device in new:
        yield Check("device-new", CheckStatus.OK, f"{_label(device)} is new", device.id)
    if quiet and not gone and before.devices:
        text = f"{count(len(pairs), 'device')} kept driver and interface"
        yield Check("devices", CheckStatus.OK, text, "both scans")


def _device(old: SavedDevice, now: SavedDevice) -> Iterator[Check]:
    carried = "the ssh session" if old.ssh_session else "the default route"
    carries = old.default_route or old.ssh_session
    if old.driver and not now.driver:
        text = f"{_label(old)} has no driver any more: it was {old.driver}"
        yield Check("driver", CheckStatus.BLOCK, text, now.id)
    elif old.driver != now.driver and old.driver:
        text = f"{_label(old)} is driven by {now.driver}, before by {old.driver}"
        yield Check("driver", CheckStatus.WARN, text, now.id)
    lost = [name for name in old.interfaces if name not in now.interfaces]
    come = [name for name in now.interfaces if name not in old.interfaces]
    if lost and come:
        status = CheckStatus.BLOCK if carries else CheckStatus.WARN
        text = f"{', '.join(lost)} is called {', '.join(come)} now"
        yield Check(
            "interface", status, f"{text}; it carried {carried}" if carries else text, now.id
        )
    elif lost:
        text = f"{', '.join(lost)} is gone: {old.name} carries no interface of that name"
        yield Check("interface", CheckStatus.BLOCK, text, now.id)


def _matched(
    before: tuple[SavedDevice, ...], after: tuple[SavedDevice, ...]
) -> tuple[list[tuple[SavedDevice, SavedDevice]], list[SavedDevice], list[SavedDevice]]:
    """Return the devices that are there in both scans, those gone, and those new.

    A device is known by its id; where the address changed, by its bus, vendor and model.
    """
    left = {device.id: device for device in after}
    pairs: list[tuple[SavedDevice, SavedDevice]] = []
    open_ones: list[SavedDevice] = []
    for device in before:
        same = left.get(device.id)
        if same is not None and same.ids == device.ids:
            pairs.append((device, left.pop(device.id)))
        else:
            open_ones.append(device)
    alike: dict[tuple[str, ...], list[SavedDevice]] = {}
    for one in reversed(left.values()):
        if any(one.ids[1:]):
            alike.setdefault(one.ids, []).append(one)
    gone: list[SavedDevice] = []
    for device in open_ones:
        same_model = alike.get(device.ids)
        if same_model:
            pairs.append((device, left.pop(same_model.pop().id)))
        else:
            gone.append(device)
    return pairs, gone, list(left.values())


def _label(device: SavedDevice) -> str:
    names = ", ".join(device.interfaces)
    return f"{device.name} ({names})" if names else device.name or device.id


def _modules(before: SavedScan, after: SavedScan) -> Iterator[Check]:
    for name in sorted(before.foreign - after.foreign):
        text = f"{name} was loaded and is not any more: is it built, and signed, for this kernel?"
        yield Check("module", CheckStatus.WARN, text, f"/proc/modules: no {name}")
    if before.loaded is None or after.loaded is None:
        return
    gone = sorted(before.loaded - after.loaded - before.foreign)
    if gone:
        more = f" and {len(gone) - _FEW} more" if len(gone) > _FEW else ""
        text = f"loaded before and not now, which may come with use: {', '.join(gone[:_FEW])}{more}"
        yield Check("modules", CheckStatus.OK, text, "/proc/modules")


def _features(before: SavedScan, after: SavedScan) -> Iterator[Check]:
    for name, state in sorted(before.features.items()):
        if state != "open" and name not in after.features:
            text = f"{name} was in use and is not any more"
            yield Check("feature", CheckStatus.WARN, text, f"{name}: {state} -> not seen")


def _promise(
    before: SavedScan,
    after: SavedScan,
    closed: tuple[SavedFinding, ...],
    opened: tuple[SavedFinding, ...],
) -> Iterator[Check]:
    if before.reaching is None or after.reaching is None:
        text = "which bugs are open could not be told in both scans, so nothing can be compared"
        yield Check("findings", CheckStatus.UNKNOWN, text, "")
        return
    text = (
        f"{count(len(closed), 'bug')} that could run here closed, {len(opened):,} opened; "
        f"{after.reaching:,} of {before.reaching:,} are left"
    )
    reading = f"reaching: {before.reaching} -> {after.reaching}"
    promised = before.promised if before.target == after.release else None
    if before.snapshot != after.snapshot:
        text += "; the knowledge changed in between, so the promise cannot be checked"
        yield Check("findings", CheckStatus.OK, text, f"{before.snapshot} -> {after.snapshot}")
    elif promised is None or len(closed) >= promised:
        yield Check("findings", CheckStatus.OK, text, reading)
    else:
        text += f"; {promised:,} were to be closed"
        yield Check("findings", CheckStatus.WARN, text, reading)


def _trouble(before: SavedScan, after: SavedScan) -> Iterator[Check]:
    for name, finding in sorted(after.regressions.items()):
        if name not in before.regressions and finding.reach == "active":
            yield Check(
                "trouble", CheckStatus.WARN, f"known trouble came in: {finding.title}", name
            )
    for name, finding in sorted(before.regressions.items()):
        if name not in after.regressions and finding.reach == "active":
            yield Check(
                "trouble-ended", CheckStatus.OK, f"known trouble ended: {finding.title}", name
            )


def _log(before: SavedScan, after: SavedScan) -> Iterator[Check]:
    if after.log_errors is None:
        text = f"the kernel's log was not read: look for errors with `{_DMESG}`"
        yield Check("log", CheckStatus.UNKNOWN, text, "")
        return
    if before.log_errors is None and after.log_errors:
        few = "; ".join(after.log_errors[:_FEW])
        text = (
            f"which errors in the kernel's log are new is not known, it was not read before: {few}"
        )
        yield Check("log", CheckStatus.UNKNOWN, text, _DMESG)
        return
    known = {_VARIES.sub("#", line) for line in before.log_errors or ()}
    new = [line for line in after.log_errors if _VARIES.sub("#", line) not in known]
    for line in new[:_FEW]:
        yield Check("log", CheckStatus.WARN, f"the kernel's log has a new error: {line}", _DMESG)
    if len(new) > _FEW:
        text = f"the kernel's log has {count(len(new) - _FEW, 'new error')} more"
        yield Check("log", CheckStatus.WARN, text, _DMESG)
    if not new:
        yield Check("log", CheckStatus.OK, "the kernel's log has no new errors", _DMESG)


def _readings(before: SavedScan, after: SavedScan) -> Iterator[Check]:
    for what in sorted(after.unknowns - before.unknowns)[:_FEW]:
        yield Check("unknown", CheckStatus.UNKNOWN, f"known before and not now: {what}", "")
