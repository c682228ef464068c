"""Errors in the kernel's log, where this user may read it."""

from __future__ import annotations

from typing import Final

from advisor.model.inventory import KernelLog
from advisor.model.reading import Unknown
from advisor.probe.readings import Readings

_MOST: Final = 200
_LONGEST: Final = 200


def probe_log(readings: Readings) -> KernelLog | None:
    """Return the errors that the kernel wrote since it started, None where its log is not readable."""
    said = readings.system.run("log")
    first, *lines = (said or "").split("\n", _MOST)
    if not first.startswith("source "):
        why = readings.system.reason("log") if said is None else "its content is not understood"
        readings.unknowns.append(Unknown("errors in the kernel's log", why, "/dev/kmsg"))
        return None
    errors = (line.partition("\n")[0][:_LONGEST] for line in lines[:_MOST])
    return KernelLog(tuple(line for line in errors if line), first[7 : 7 + _LONGEST])
