"""Take a database apart again, so that new CVE records can take the place of the old."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from advisor.knowledge import curated
from advisor.knowledge.build.changelog_facts import Release
from advisor.knowledge.build.database import Curated, Parts
from advisor.knowledge.columns import series_of
from advisor.knowledge.connection import Connection
from advisor.knowledge.facts import Counts
from advisor.knowledge.reference import Exploited
from advisor.knowledge.reference_drivers import DriverFacts
from advisor.knowledge.sites import Unit, parse_units
from advisor.knowledge.store import KnowledgeBase
from advisor.model.version import KernelVersion


def parts_of(path: Path) -> Parts:
    """Return what a database was compiled from, save for the CNA's records.

    Raises:
        AdvisorError: It is damaged.
    """
    file = Connection(path)
    knowledge = KnowledgeBase(path)
    try:
        return Parts(
            records=(),
            units=dict(_units(file)),
            meta=knowledge.meta(),
            moved=dict(file.all("SELECT old, new FROM moved")),
            releases=_releases(file, knowledge),
            curated=_curated(file),
            series=knowledge.all_series(),
            drivers=tuple(_drivers(file)),
            exploited=tuple(Exploited(*row) for row in file.all("SELECT id, since FROM exploited")),
        )
    except (ValueError, KeyError, zlib.error) as error:
        raise file.damaged(error) from error
    finally:
        knowledge.close()
        file.close()


def _units(file: Connection) -> Iterator[tuple[str, tuple[Unit, ...]]]:
    for (body,) in file.all("SELECT body FROM folder"):
        for line in zlib.decompress(body).decode("utf-8").splitlines():
            folder, text, names = line.split("\t")
            units = parse_units(text)
            for name in names.split("/"):
                yield (f"{folder}/{name}" if folder else name), units


def _releases(file: Connection, knowledge: KnowledgeBase) -> list[Release]:
    rows = file.all("SELECT fix, series, patch FROM noted ORDER BY fix, series, patch")
    ids = knowledge.ids({row[0] for row in rows})
    named: defaultdict[KernelVersion, list[str]] = defaultdict(list)
    for n, code, patch in rows:
        named[KernelVersion(series_of(code), patch)].append(ids[n])
    counted: dict[KernelVersion, dict[str, Counts]] = {}
    for code, body in file.all("SELECT series, body FROM tally"):
        for module, patch, counts in _tallies(zlib.decompress(body).decode("ascii")):
            counted.setdefault(KernelVersion(series_of(code), patch), {})[module] = counts
    return [
        Release(
            version=version,
            day="",
            fixes=counts[""].fixes,
            named=counts[""].named,
            cves=tuple(named.get(version, ())),
            modules={module: one for module, one in counts.items() if module},
        )
        for version, counts in sorted(counted.items())
    ]


def _tallies(text: str) -> Iterator[tuple[str, int, Counts]]:
    for line in text.splitlines():
        module, _, listed = line.partition("\t")
        for one in listed.split():
            patch, _, counts = one.partition("=")
            fixes, _, named = counts.partition(",")
            yield module, int(patch), Counts(int(fixes), int(named))


def _curated(file: Connection) -> tuple[Curated, ...]:
    bodies = [json.loads(body) for (body,) in file.all("SELECT body FROM curated ORDER BY n")]
    entries = curated.load(json.dumps({"schema": curated.SCHEMA, "fixes": bodies}))
    return tuple(Curated(*pair) for pair in zip(entries, bodies, strict=True))


def _drivers(file: Connection) -> Iterator[DriverFacts]:
    modules: defaultdict[int, list[str]] = defaultdict(list)
    for module, n in file.all("SELECT module, driver FROM driver_module ORDER BY module"):
        modules[n].append(module)
    for n, removed, restored, text in file.all("SELECT * FROM driver ORDER BY n"):
        body = cast("Mapping[str, object]", json.loads(text))
        yield DriverFacts(
            id=str(body["id"]),
            status=str(body["status"]),
            modules=tuple(modules[n]),
            removed=_version(removed),
            removed_after=None,
            restored=_version(restored),
            aliases=(),
            advice="",
            body=body,
        )


def _version(code: int | None) -> KernelVersion | None:
    return None if code is None else KernelVersion(series_of(code))
