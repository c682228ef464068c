"""One entry of ``data/drivers.json``: a driver, filesystem or protocol that was removed, or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from advisor.knowledge import curated_fields as form
from advisor.model.version import parse_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from advisor.knowledge.curated_fields import Fields
    from advisor.model.version import KernelVersion, Series

KEYS: Final = (
    "id",
    "kind",
    "status",
    "modules",
    "kconfig",
    "bus",
    "hardware",
    "removed",
    "restored_in",
    "commits",
    "debian_amd64",
    "replacement",
    "advice",
    "note",
    "confidence",
    "sources",
    "aliases",
)
KINDS: Final = ("driver", "filesystem", "protocol", "feature", "helper", "cpu")
STATUSES: Final = ("removed", "restored", "never-removed", "renamed", "not-built")
"""``never-removed``: a false alarm. ``renamed``: another module does the same. ``not-built``: the
kernel has it, and a distribution stopped building it."""

BUSES: Final = (
    "bluetooth",
    "eisa",
    "i2c",
    "ibmebus",
    "infiniband",
    "infrared",
    "isa",
    "parport",
    "pci",
    "pcmcia",
    "platform",
    "pnp",
    "serial",
    "usb",
    "vmbus",
)
_CONFIDENCE: Final = ("high", "medium", "low")
_ALIAS: Final = r"[a-z][A-Za-z0-9_,+*?:.-]{2,120}"
_SOURCE: Final = r"[a-z-]{3,30}(?::[A-Za-z0-9.~+-]{1,40})?"


class DriverFacts(NamedTuple):
    """A driver, filesystem, protocol or feature, and where it went.

    Attributes:
        id: Our name for it; never reused.
        status: A word of :data:`STATUSES`.
        modules: The modules it was, with ``_``.
        removed: The first version known to lack it; None where none does.
        removed_after: The last version known to have it.
        restored: The mainline version that has it again, else the first of the other versions.
        aliases: Patterns of the devices' modaliases.
        advice: What a user of it can do.
        body: The whole entry, as the file has it.
    """

    id: str
    status: str
    modules: tuple[str, ...]
    removed: KernelVersion | None
    removed_after: KernelVersion | None
    restored: KernelVersion | None
    aliases: tuple[str, ...]
    advice: str
    body: Mapping[str, object]

    @property
    def removed_series(self) -> Series | None:
        """The first series known to lack it."""
        return self.removed.series if self.removed is not None else None

    @property
    def restored_series(self) -> Series | None:
        """The series that has it again."""
        return self.restored.series if self.restored is not None else None


def parse_driver(fields: Fields, sources: frozenset[str]) -> DriverFacts:
    """Return the entry; where a member is wrong, a stand-in and a fault."""
    fields.check_keys(KEYS)
    for key, words in (("kind", KINDS), ("status", STATUSES), ("confidence", _CONFIDENCE)):
        if key in fields.members and fields.text(key, longest=20) not in words:
            fields.fault(key, f"not one of {', '.join(words)}")
    after, by = _removed(fields)
    facts = DriverFacts(
        id=fields.matching("id", form.SLUG, "a slug of 3 to 60 of a-z, 0-9 and -"),
        status=fields.text("status", longest=20),
        modules=fields.texts("modules", form.MODULE, "a module's name with _"),
        removed=by,
        removed_after=after,
        restored=_restored(fields),
        aliases=fields.texts("aliases", _ALIAS, "a modalias pattern"),
        advice=fields.text("advice", longest=500),
        body=fields.members,
    )
    _check_texts(fields)
    _check_sources(fields, sources)
    _check_status(fields, facts)
    return facts


def check_drivers(rows: Sequence[DriverFacts], top: Fields) -> None:
    """Note what only shows when all entries are seen together."""
    modules: dict[str, str] = {}
    for index, row in enumerate(rows):
        if index and row.id <= rows[index - 1].id:
            top.fault(f"drivers[{index}].id", f"{row.id} out of order, or used twice")
        for module in row.modules:
            other = modules.setdefault(module, row.id)
            if other != row.id:
                top.fault(f"drivers[{index}].modules", f"{module} belongs to {other} too")


def _removed(fields: Fields) -> tuple[KernelVersion | None, KernelVersion | None]:
    """Return the last version known to have it, and the first known to lack it."""
    if fields.members.get("removed", "") is None:
        return None, None
    inner = fields.inner("removed")
    if inner is None:
        return None, None
    inner.check_keys(("after", "by", "exact"))
    if not isinstance(inner.members.get("exact"), bool):
        inner.fault("exact", "not true or false")
    after, by = _version(inner, "after"), _version(inner, "by")
    if after is not None and by is not None and by <= after:
        inner.fault("by", f"{by} is not after {after}")
    return after, by


def _version(fields: Fields, key: str) -> KernelVersion | None:
    text = fields.text(key, longest=20)
    version = parse_version(text)
    if text and version is None:
        fields.fault(key, f"not a version: {text!r}")
    return version


def _restored(fields: Fields) -> KernelVersion | None:
    """Return the version that has it again: the mainline one, where several are named."""
    found: list[KernelVersion] = []
    for index, text in enumerate(fields.texts("restored_in", r"[0-9.rc-]{3,16}", "a version")):
        version = parse_version(text)
        if version is None:
            fields.fault(f"restored_in[{index}]", f"not a version: {text!r}")
        else:
            found.append(version)
    mainline = [version for version in found if version.is_mainline]
    return min(mainline or found, default=None)


def _check_texts(fields: Fields) -> None:
    fields.texts("kconfig", form.OPTION, "an option without CONFIG_")
    fields.texts("replacement", form.MODULE, "a module's name with _")
    fields.text("hardware", longest=160)
    fields.text("note", longest=300, empty=True)
    for index, bus in enumerate(fields.texts("bus", r"[a-z0-9]{2,12}", "a bus")):
        if bus not in BUSES:
            fields.fault(f"bus[{index}]", f"not one of {', '.join(BUSES)}")
    commits = fields.inner("commits")
    if commits is not None:
        commits.check_keys(("removed", "restored"))
        commits.texts("removed", form.COMMIT, "a commit")
        commits.texts("restored", form.COMMIT, "a commit")
    debian = fields.inner("debian_amd64")
    for version, present in debian.members.items() if debian is not None else ():
        if debian is not None and (parse_version(version) is None or not isinstance(present, bool)):
            debian.fault(version[:20], "not a version with true or false")


def _check_sources(fields: Fields, sources: frozenset[str]) -> None:
    names = fields.texts("sources", _SOURCE, "a source's name, or name:detail")
    for index, name in enumerate(names):
        if name.partition(":")[0] not in sources:
            fields.fault(f"sources[{index}]", f"not among the file's sources: {name}")
    if not names:
        fields.fault("sources", "a statement without a source")


def _check_status(fields: Fields, facts: DriverFacts) -> None:
    """Note a status that the rest of the entry contradicts."""
    if (facts.removed is not None) != (facts.status in ("removed", "restored")):
        fields.fault("removed", f"does not go with the status {facts.status}")
    if (facts.restored is not None) != (facts.status == "restored"):
        fields.fault("restored_in", f"does not go with the status {facts.status}")
    if facts.restored and facts.removed and facts.restored <= facts.removed:
        fields.fault("restored_in", f"{facts.restored} is not after {facts.removed}")
    if facts.status == "renamed" and not fields.items("replacement"):
        fields.fault("replacement", "a renamed module has one")
    if re.search(r"\bTODO\b|\?\?", facts.advice):
        fields.fault("advice", "unfinished")
