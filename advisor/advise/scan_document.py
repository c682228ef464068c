"""A saved scan, read from loose JSON: what is needed to compare two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, cast

from advisor.errors import AdvisorError, ExitStatus

_SCHEMA: Final = "advisor.scan/"
_MOST: Final = 100_000
_Json = Mapping[str, object]


class SavedDevice(NamedTuple):
    """A device as a saved scan has it.

    Attributes:
        ids: Bus, vendor, device and subsystem: what stays when the address changes.
    """

    id: str
    kind: str
    name: str
    ids: tuple[str, ...]
    driver: str
    interfaces: tuple[str, ...]
    default_route: bool
    ssh_session: bool


class SavedFinding(NamedTuple):
    """A finding as a saved scan has it."""

    id: str
    title: str
    severity: str
    reach: str


class SavedScan(NamedTuple):
    """A scan as it was saved.

    Attributes:
        features: Feature -> its state.
        target: What was advised to be run next, ``""`` where nothing was.
        promised: How many fixes that can run here the target was to close, None where not counted.
        log_errors: Errors in the kernel's log; None where it was not read.
        foreign: Loaded modules that do not come with the kernel.
        loaded: Every loaded module; None where that was not read.
    """

    host: str
    generated: str
    release: str
    snapshot: str
    reaching: int | None
    devices: tuple[SavedDevice, ...]
    features: Mapping[str, str]
    findings: Mapping[str, SavedFinding]
    regressions: Mapping[str, SavedFinding]
    target: str
    promised: int | None
    unknowns: frozenset[str]
    log_errors: tuple[str, ...] | None
    foreign: frozenset[str] = frozenset()
    loaded: frozenset[str] | None = None


def read_scan(document: object, name: str) -> SavedScan:
    """Return a saved scan.

    Args:
        document: What ``advisor scan --format json`` wrote, as loose JSON.
        name: What to call it in an error: the file's name.

    Raises:
        AdvisorError: It is not such a document.
    """
    top = _object(document)
    schema = top.get("schema")
    if not isinstance(schema, str) or not schema.startswith(_SCHEMA):
        raise AdvisorError(
            f"not a saved scan, {name}",
            hint="make one with `advisor scan --format json`",
            status=ExitStatus.BAD_DATA,
        )
    advice, kernel = _object(top.get("advice")), _object(top.get("kernel"))
    target = _text(advice, "target")
    loaded = _texts(kernel, "loaded")
    return SavedScan(
        host=_text(_object(top.get("host")), "name"),
        generated=_text(top, "generated"),
        release=_text(kernel, "release"),
        snapshot=_text(_object(top.get("knowledge")), "snapshot"),
        reaching=_number(_object(top.get("summary")), "reaching"),
        devices=tuple(_device(one) for one in _objects(top, "devices")),
        features={_text(one, "id"): _text(one, "state") for one in _objects(top, "features")},
        findings=_findings(top, "findings"),
        regressions=_findings(top, "regressions"),
        target=target,
        promised=_promised(top, target),
        unknowns=frozenset(_text(one, "what") for one in _objects(top, "unknowns")),
        log_errors=_texts(kernel, "log_errors") if "log_errors" in kernel else None,
        foreign=frozenset(_object(kernel.get("out_of_tree"))),
        loaded=None if loaded is None else frozenset(loaded),
    )


def _promised(top: _Json, target: str) -> int | None:
    for candidate in _objects(top, "candidates"):
        if target and _text(candidate, "release") == target:
            return _number(_object(candidate.get("closes")), "reaching")
    return None


def _findings(top: _Json, key: str) -> dict[str, SavedFinding]:
    found = (
        SavedFinding(
            _text(one, "id"), _text(one, "title"), _text(one, "severity"), _text(one, "reach")
        )
        for one in _objects(top, key)
    )
    return {one.id: one for one in found if one.id}


def _device(raw: _Json) -> SavedDevice:
    keys = ("bus", "vendor_id", "device_id", "subsystem_vendor_id", "subsystem_device_id")
    names = (_text(one, "name") for one in _objects(raw, "interfaces"))
    return SavedDevice(
        id=_text(raw, "id"),
        kind=_text(raw, "kind"),
        name=_text(raw, "name"),
        ids=tuple(_text(raw, key) for key in keys),
        driver=_text(raw, "driver"),
        interfaces=tuple(name for name in names if name),
        default_route=raw.get("default_route") is True,
        ssh_session=raw.get("ssh_session") is True,
    )


def _object(value: object) -> _Json:
    return cast("_Json", value) if isinstance(value, dict) else {}


def _objects(holder: _Json, key: str) -> Iterator[_Json]:
    value = holder.get(key)
    if isinstance(value, list):
        for one in cast("list[object]", value)[:_MOST]:
            if isinstance(one, dict):
                yield cast("_Json", one)


def _text(holder: _Json, key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def _texts(holder: _Json, key: str) -> tuple[str, ...] | None:
    value = holder.get(key)
    if not isinstance(value, list):
        return None
    return tuple(one for one in cast("list[object]", value)[:_MOST] if isinstance(one, str))


def _number(holder: _Json, key: str) -> int | None:
    value = holder.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
