"""What people wrote, held against one machine: known trouble that no CVE record speaks about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, NamedTuple, cast

from advisor.assess.findings import Weigher
from advisor.knowledge.sites import VMLINUX, Site, Unit
from advisor.knowledge.store import CuratedRow, KnowledgeBase
from advisor.model.condition import Condition, Facts, Seen, arch_of, evaluate, fits, parse_condition
from advisor.model.finding import REACH_ORDER, Finding, Reach, Reached, Status
from advisor.model.fix import FixKind, Severity
from advisor.model.inventory import Inventory
from advisor.model.version import KernelVersion, Series

_TOPIC: Final = "topic"
# Feature states in which a kernel already does the thing.
_IN_USE: Final = frozenset({"in-use", "configured", "open"})
_TENTHS: Final = {"critical": 95, "high": 80, "medium": 55, "low": 25}
_Body = Mapping[str, object]  # an entry as data/fixes.json has it


class Undecided(NamedTuple):
    """A curated entry of which it is not known whether it lives in a kernel, or concerns the machine.

    Attributes:
        concerns: Who is concerned, for a person.
        began: Whether it is known since when it lives; else that is what is open.
    """

    id: str
    kind: str
    title: str
    concerns: str
    severity: Severity
    began: bool


class Held(NamedTuple):
    """The curated entries that live in one kernel and concern this machine, or may."""

    findings: tuple[Finding, ...]
    undecided: tuple[Undecided, ...]


def facts_of(inventory: Inventory) -> Facts:
    """Return what curated conditions are held against: what was read, and how completely."""
    modules = inventory.modules
    hardware = inventory.hardware
    seen = set(modules.bound) | set(modules.loaded or ())
    seen |= (modules.builtin or frozenset()) - modules.builtin_drivers
    for device in inventory.devices:
        seen.update(filter(None, (device.module, *device.modules)))
    features = dict.fromkeys(inventory.features_read, False)
    features |= {feature.id: feature.state in _IN_USE for feature in inventory.features}
    reported = frozenset(device.modalias for device in inventory.devices if device.modalias)
    return Facts(
        devices=Seen(hardware.modaliases | reported, complete=bool(hardware.modaliases)),
        modules=Seen(
            frozenset(seen), complete=modules.loaded is not None and modules.builtin is not None
        ),
        features=features,
        config=inventory.kernel.config,
        filesystems=Seen(
            frozenset(mount.type for mount in inventory.mounts), complete=bool(inventory.mounts)
        ),
        arch=arch_of(inventory.kernel.machine),
        distro=inventory.host.distro.id,
        disks=Seen(frozenset(hardware.disks or ()), complete=hardware.disks is not None),
        cpu=hardware.cpu,
    )


class CuratedWeigher:
    """Holds curated entries against one machine, for the running kernel and for every candidate."""

    def __init__(self, inventory: Inventory, knowledge: KnowledgeBase, weigher: Weigher) -> None:
        self._inventory = inventory
        self._knowledge = knowledge
        self._weigher = weigher
        self._facts = facts_of(inventory)
        self._answers: dict[int, bool | None] = {}
        self._reached: dict[int, Reached] = {}

    def hold(self, version: KernelVersion, *, vendor: str = "", package_version: str = "") -> Held:
        """Return the entries that live in a kernel and concern this machine.

        An entry that is about CVEs alone is left out: those are counted as CVEs.

        Args:
            version: The kernel.org version that the kernel is built from.
            vendor: Who built it, as :class:`advisor.model.identity.Identity` says it.
            package_version: The package it comes in: a vendor may have mended it early.
        """
        rows = [row for row in self._knowledge.curated_open_in(version) if row.kind != _TOPIC]
        answers = {row.n: self._answer(row) for row in rows}
        bodies = self._knowledge.curated_bodies(
            [n for n, answer in answers.items() if answer is not False]
        )
        findings: list[Finding] = []
        undecided: list[Undecided] = []
        for row in rows:
            answer = answers[row.n]
            body = bodies.get(row.n)
            if body is None or self._is_left_out(row, body):
                continue
            lives = _lives(row, body, version.series)
            if lives is False or _mended(body, vendor, package_version, version.series):
                continue
            if answer is None or lives is None:
                undecided.append(_undecided(row, body, began=lives is not None))
            else:
                findings.append(self._finding(row, body, version))
        return Held(tuple(sorted(findings, key=_worst_first)), tuple(undecided))

    def _is_left_out(self, row: CuratedRow, body: _Body) -> bool:
        """Whether an entry is counted as CVEs, or is about code that this kernel was built without."""
        if row.kind == FixKind.FIX and _texts(body, "cves"):
            return True
        config, symbols = self._facts.config, _texts(body, "kconfig")
        return (
            self._answers[row.n] is None
            and config is not None
            and bool(symbols)
            and all(config.get(symbol, "n") == "n" for symbol in symbols)
        )

    def _answer(self, row: CuratedRow) -> bool | None:
        """Return whether an entry concerns this machine; an entry that cannot be read is open."""
        if row.n not in self._answers:
            condition = _condition(row.trigger)
            self._answers[row.n] = evaluate(condition, self._facts) if condition else None
        return self._answers[row.n]

    def _finding(self, row: CuratedRow, body: _Body, version: KernelVersion) -> Finding:
        severity = _severity(body)
        urls = tuple(_text(source, "url") for source in _objects(body, "sources"))
        return Finding(
            id=row.id,
            kind=row.kind,
            title=_text(body, "title"),
            status=Status.AFFECTED,
            evidence=f"it lives in upstream {version}",
            reached=self._reach(row, body),
            bug=_text(body, "class"),
            proof=_text(body, "evidence"),
            score=_TENTHS.get(severity, 0),
            severity=severity,
            estimated=_text(body, "severity_source") != "cvss",
            cvss=_text(body, "cvss"),
            curated=(row.id,),
            summary=_text(body, "summary"),
            workaround=_text(body, "workaround"),
            introduced_in=_versions(body, "introduced"),
            fixed_in=_versions(body, "fixed"),
            cves=_texts(body, "cves"),
            files=_texts(body, "files"),
            urls=tuple(filter(None, urls)),
        )

    def _reach(self, row: CuratedRow, body: _Body) -> Reached:
        """Return how near the entry's code is: by its modules, and by the devices it names."""
        if row.n not in self._reached:
            files = _texts(body, "files")
            path = files[0] if files else "the kernel"
            modules, symbols = _texts(body, "modules"), _texts(body, "kconfig")
            paired = symbols if len(symbols) == len(modules) else ("",) * len(modules)
            sites = tuple(map(_site, (path,) * len(modules), modules, paired))
            reached = self._weigher.reach_of(sites or (_site(path, VMLINUX, ""),))
            self._reached[row.n] = self._used(row.trigger, reached)
        return self._reached[row.n]

    def _used(self, trigger: str, reached: Reached) -> Reached:
        """Return a reach, made active where the condition names something that is in use here."""
        condition = _condition(trigger)
        tests = tuple(_tests(condition)) if condition is not None else ()
        globs = tuple(test.value for test in tests if test.op == "device")
        devices = tuple(
            device.id
            for device in self._inventory.devices
            if device.modalias and any(fits(device.modalias, glob) for glob in globs)
        )
        if devices:
            how = f"{devices[0]} is one of the devices it is about"
            return reached._replace(reach=Reach.ACTIVE, devices=devices, how=how)
        types = {test.value for test in tests if test.op == "filesystem"}
        for mount in self._inventory.mounts:
            if mount.type in types:
                how = f"{mount.point} is of type {mount.type} (/proc/mounts or /etc/fstab)"
                return reached._replace(reach=Reach.ACTIVE, how=how)
        names = {test.value for test in tests if test.op == "feature"}
        for feature in self._inventory.features:
            if feature.id in names and feature.state in _IN_USE:
                features = tuple(dict.fromkeys((feature.id, *reached.features)))
                return reached._replace(reach=Reach.ACTIVE, features=features, how=feature.evidence)
        return reached


def annotate(findings: Iterable[Finding], knowledge: KnowledgeBase) -> tuple[Finding, ...]:
    """Return the findings, those whose CVE a curated entry speaks about with its words."""
    listed = tuple(findings)
    names = knowledge.curated_for([finding.id for finding in listed])
    bodies: dict[str, _Body] = {}
    for name in {name for found in names.values() for name in found}:
        body = knowledge.curated(name)
        if body is not None:
            bodies[name] = body
    return tuple(_annotated(finding, names.get(finding.id, ()), bodies) for finding in listed)


def _annotated(finding: Finding, names: tuple[str, ...], bodies: Mapping[str, _Body]) -> Finding:
    told = [bodies[name] for name in names if name in bodies]
    if not told:
        return finding
    own = min(told, key=lambda body: len(_texts(body, "cves")))
    return finding._replace(
        curated=names,
        title=_text(own, "title") if len(_texts(own, "cves")) == 1 else finding.title,
        summary=_text(own, "summary"),
        workaround=_text(own, "workaround"),
    )


@cache
def _condition(trigger: str) -> Condition | None:
    """Return an entry's condition, None where it cannot be read."""
    try:
        return parse_condition(json.loads(trigger), "", [])
    except ValueError:
        return None


def _tests(condition: Condition) -> Iterable[Condition]:
    """Yield the tests of a condition."""
    if condition.value:
        yield condition
    for part in condition.parts:
        yield from _tests(part)


def _lives(row: CuratedRow, body: _Body, series: Series) -> bool | None:
    """Return whether an entry speaks about a series, None where it is not known since when it lives.

    What is known about stable branches alone says nothing about the others; and a regression whose
    beginning nobody knows may or may not be in an early release of its branch.
    """
    introduced, fixed = _keys(body, "introduced"), _keys(body, "fixed")
    if "mainline" not in introduced | fixed:
        spoken = introduced | fixed | set(_texts(body, "unfixed"))
        if spoken and str(series) not in spoken:
            return False
    return None if row.kind == FixKind.REGRESSION and not introduced else True


def _keys(body: _Body, key: str) -> set[str]:
    value = body.get(key)
    return set(cast("dict[str, object]", value)) if isinstance(value, dict) else set()


def _site(path: str, module: str, symbol: str) -> Site:
    return Site(path, (Unit(module, symbol, ()),), known=True)


def _mended(body: _Body, vendor: str, package_version: str, series: Series) -> bool:
    """Return whether the vendor's package has the cure ahead of its upstream number."""
    if not vendor or not package_version:
        return False
    for known in _objects(body, "distributions"):
        version = _text(known, "version")
        if (
            _text(known, "distro") == vendor
            and _text(known, "status") == "fixed"
            and version.startswith(f"{series}.")
            and not _is_before(package_version, version)
        ):
            return True
    return False


def _is_before(version: str, other: str) -> bool:
    """Return whether a package's version of one series comes before another, by its numbers."""
    return _numbers(version) < _numbers(other)


def _numbers(version: str) -> tuple[int, ...]:
    digits = "".join(letter if letter.isdecimal() else " " for letter in version[:100])
    return tuple(int(part) for part in digits.split()[:8])


def _undecided(row: CuratedRow, body: _Body, *, began: bool) -> Undecided:
    concerns = body.get("concerns")
    text = _text(cast("_Body", concerns), "text") if isinstance(concerns, dict) else ""
    return Undecided(row.id, row.kind, _text(body, "title"), text, _severity(body), began)


def _severity(body: _Body) -> Severity:
    try:
        return Severity(_text(body, "severity"))
    except ValueError:
        return Severity.NONE


def _worst_first(finding: Finding) -> tuple[int, int, str]:
    return (REACH_ORDER.index(finding.reached.reach), -finding.score, finding.id)


def _text(body: _Body, key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _texts(body: _Body, key: str) -> tuple[str, ...]:
    value = body.get(key)
    if not isinstance(value, list):
        return ()
    return tuple(one for one in cast("list[object]", value) if isinstance(one, str))


def _objects(body: _Body, key: str) -> tuple[_Body, ...]:
    value = body.get(key)
    if not isinstance(value, list):
        return ()
    return tuple(cast("_Body", one) for one in cast("list[object]", value) if isinstance(one, dict))


def _versions(body: _Body, key: str) -> tuple[str, ...]:
    value = body.get(key)
    if not isinstance(value, dict):
        return ()
    found = cast("dict[str, object]", value).values()
    return tuple(version for version in found if isinstance(version, str))
