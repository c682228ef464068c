"""Estimate the score of a bug that has no CVSS vector, from its class and who can reach it.

The kernel CNA gives vectors from 7.0 up only: of 5,373 scored records one has less, and every class
and every month has scored and unscored ones. What has no vector was therefore weighed and found below
7.0, so the median of its scored like, 7.8 for nearly every class, would be wrong for it. An estimate is
the score of a vector below 7.0 that fits; it is marked as an estimate wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from advisor.knowledge.build.record import Record
from advisor.model.fix import BugClass


class Harm(Enum):
    """What a bug of a class does at worst."""

    CORRUPTION = "memory is overwritten, but not at will"
    DISCLOSURE = "memory can be read"
    OUTAGE = "the kernel, or a part of it, stops"
    CHANCE = "it takes luck to hit"
    OTHER = "nothing that the class tells"


class Reach(Enum):
    """From where a bug can be set off."""

    NEAR = "the network, or the air"
    LOCAL = "a program on the machine"
    PLUG = "a device that is put in"


class Estimate(NamedTuple):
    """A CVSS 3.1 vector without its prefix, and its base score in tenths."""

    vector: str
    score: int


ESTIMATES = {
    (Harm.CORRUPTION, Reach.NEAR): Estimate("AV:A/AC:H/PR:H/UI:N/S:U/C:H/I:H/A:H", 64),
    (Harm.CORRUPTION, Reach.LOCAL): Estimate("AV:L/AC:H/PR:H/UI:N/S:U/C:H/I:H/A:H", 64),
    (Harm.CORRUPTION, Reach.PLUG): Estimate("AV:P/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", 64),
    (Harm.DISCLOSURE, Reach.NEAR): Estimate("AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 65),
    (Harm.DISCLOSURE, Reach.LOCAL): Estimate("AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N", 55),
    (Harm.DISCLOSURE, Reach.PLUG): Estimate("AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 46),
    (Harm.OUTAGE, Reach.NEAR): Estimate("AV:A/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 65),
    (Harm.OUTAGE, Reach.LOCAL): Estimate("AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H", 55),
    (Harm.OUTAGE, Reach.PLUG): Estimate("AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 46),
    (Harm.CHANCE, Reach.NEAR): Estimate("AV:A/AC:H/PR:N/UI:N/S:U/C:N/I:L/A:H", 59),
    (Harm.CHANCE, Reach.LOCAL): Estimate("AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:L/A:H", 53),
    (Harm.CHANCE, Reach.PLUG): Estimate("AV:P/AC:H/PR:N/UI:N/S:U/C:N/I:L/A:H", 48),
    (Harm.OTHER, Reach.NEAR): Estimate("AV:A/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:L", 63),
    (Harm.OTHER, Reach.LOCAL): Estimate("AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:L", 53),
    (Harm.OTHER, Reach.PLUG): Estimate("AV:P/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:L", 43),
}
"""Every estimate there is; all are below 7.0."""

_HARMS = {
    BugClass.USE_AFTER_FREE: Harm.CORRUPTION,
    BugClass.DOUBLE_FREE: Harm.CORRUPTION,
    BugClass.OUT_OF_BOUNDS: Harm.CORRUPTION,
    BugClass.OVERFLOW: Harm.CORRUPTION,
    BugClass.INFORMATION_LEAK: Harm.DISCLOSURE,
    BugClass.UNINITIALISED: Harm.DISCLOSURE,
    BugClass.NULL_DEREFERENCE: Harm.OUTAGE,
    BugClass.DEADLOCK: Harm.OUTAGE,
    BugClass.DIVISION_BY_ZERO: Harm.OUTAGE,
    BugClass.LEAK: Harm.OUTAGE,
    BugClass.DENIAL_OF_SERVICE: Harm.OUTAGE,
    BugClass.CRASH: Harm.OUTAGE,
    BugClass.RACE: Harm.CHANCE,
}
_NEAR = (
    "net/",
    "drivers/net/",
    "drivers/bluetooth/",
    "drivers/infiniband/",
    "drivers/nfc/",
    "drivers/nvme/target/",
    "drivers/target/",
    "fs/9p/",
    "fs/afs/",
    "fs/ceph/",
    "fs/cifs/",
    "fs/dlm/",
    "fs/ksmbd/",
    "fs/lockd/",
    "fs/nfs",
    "fs/smb/",
)
_PLUG = (
    "drivers/hid/",
    "drivers/input/",
    "drivers/media/usb/",
    "drivers/thunderbolt/",
    "drivers/usb/",
    "sound/usb/",
)


def with_estimates(records: Iterable[Record]) -> list[Record]:
    """Return the records, each without a vector given the score that its class and reach suggest."""
    return [
        record if record.cvss else record._replace(score=estimate(record).score)
        for record in records
    ]


def estimate(record: Record) -> Estimate:
    """Return what a record without a vector is taken for."""
    harm = _HARMS.get(BugClass(record.bug), Harm.OTHER)
    return ESTIMATES[harm, reach(record.files)]


def reach(files: Iterable[str]) -> Reach:
    """Return from where code can be set off: the nearest that one of its files suggests."""
    paths = tuple(files)
    if any(path.startswith(_NEAR) for path in paths):
        return Reach.NEAR
    return Reach.PLUG if any(path.startswith(_PLUG) for path in paths) else Reach.LOCAL
