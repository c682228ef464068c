"""Parsers of what the knowledge base is made of, and of the knowledge base itself."""

# ruff: noqa: E501 - tables and inputs, a line each
from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from advisor.errors import AdvisorError
from advisor.knowledge import curated, curated_format, reference
from advisor.knowledge.answers import shown, source_file
from advisor.knowledge.build import cna, kbuild_map
from advisor.knowledge.build.changelog import parse_changelog
from advisor.knowledge.build.changelog_facts import read_facts, read_sources
from advisor.knowledge.build.check import check_database
from advisor.knowledge.build.classify import bug_class, evidence
from advisor.knowledge.build.database import Curated, compile_database
from advisor.knowledge.build.derive import read_changelog, read_snapshot
from advisor.knowledge.build.fetch import is_update, unpack_update
from advisor.knowledge.build.kbuild import read_tree
from advisor.knowledge.build.kbuild_include import (
    parse_code_includes,
    parse_includes,
    parse_rust_modules,
)
from advisor.knowledge.build.kconfig import parse_symbols
from advisor.knowledge.build.manifest import parse_manifest
from advisor.knowledge.build.record import parse_line, parse_pair
from advisor.knowledge.build.subjects import bare, beginning
from advisor.knowledge.build.text import read_moved, read_records
from advisor.knowledge.build.vector import base_score
from advisor.knowledge.facts import Counts
from advisor.knowledge.store import KnowledgeBase
from advisor.model.version import KernelVersion, Series, parse_version
from advisor.system.agent.unpack import text
from tests.knowledge.small import parts, record, release
from tests.knowledge.test_changelog import TEXT
from tests.knowledge.test_cna import RECORDS
from tests.safety.fuzz.mutate import changed, changed_json
from tests.safety.fuzz.seeds import ROOT, lines, packed
from tests.safety.fuzz.target import Target, scratch, seeded
from tests.safety.fuzz.targets_system import folder

_VECTORS: Final = (
    b"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
    b"AV:N/AC:H/PR:N/UI:R/S:C/C:L/I:N/A:L",
)
_DYADS: Final = tuple(
    pair.encode()
    for line in lines("data/kernel-cves/2024.jsonl", 60)
    for pair in json.loads(line)["pairs"][:3]
)


def _vector(data: bytes) -> None:
    assert 0 <= base_score(text(data)) <= 100


def _dyad(data: bytes) -> None:
    pair = parse_pair(text(data))
    assert str(parse_pair(str(pair))) == str(pair)


def _version(data: bytes) -> None:
    found = parse_version(text(data))
    assert found is None or parse_version(str(found)) == found


def _cve_json(data: bytes) -> None:
    """Parse as :func:`advisor.knowledge.build.cna.read_records` does, from a folder's own files."""
    body, _, dyad = data.partition(b"\x1f")
    place = folder() / "cve/published/2026"
    place.mkdir(parents=True, exist_ok=True)
    scratch(place, "CVE-2026-1001.json", body)
    scratch(place, "CVE-2026-1001.dyad", dyad)
    for one in cna.read_records(folder()).records:
        assert 0 <= one.record.score <= 100
        assert parse_line(one.record.to_line()).id == one.record.id


def _cve_change(rng: Random, data: bytes, other: bytes) -> bytes:
    body, _, dyad = data.partition(b"\x1f")
    if rng.random() < 0.7:
        return changed_json(rng, body, other) + b"\x1f" + dyad
    return body + b"\x1f" + changed(rng, dyad, rng.choice(_DYADS))


_CVES: Final = tuple(
    RECORDS[f"cve/published/{name}.json"].encode()
    + b"\x1f"
    + RECORDS[f"cve/published/{name}.dyad"].encode()
    for name in ("2026/CVE-2026-1001", "2025/CVE-2025-9999")
)


def _in_folder(name: str, read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """Return a run that reads a file of a folder of its own."""

    def run(data: bytes) -> None:
        place = folder() / "one"
        place.mkdir(exist_ok=True)
        path = scratch(place, name, data)
        try:
            read(place)
        finally:
            path.unlink()

    return run


def _record_lines(place: Path) -> None:
    for one in read_records(place):
        assert one.to_line()


def _facts(place: Path) -> None:
    for one in read_facts(place):
        assert one.version.patch


def _sources(place: Path) -> None:
    read_sources(place)


def _moved(place: Path) -> None:
    read_moved(place / "moved.tsv")


def _maps(place: Path) -> None:
    for file in kbuild_map.load_maps(place):
        assert isinstance(file.path, str)


def _snapshot(place: Path) -> None:
    read_snapshot(place)


def _changelog(data: bytes) -> None:
    for upload in parse_changelog(io.StringIO(text(data))):
        assert upload.version
        for fix in upload.fixes:
            bare(fix.subject)
            beginning(fix.subject)


def _changelog_file(data: bytes) -> None:
    for _ in read_changelog(scratch(folder(), "changelog.gz", data)):
        pass


def _changelog_files() -> tuple[bytes, ...]:
    inner = packed(TEXT.encode())
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("./usr/share/doc/linux-libc-dev/changelog.Debian.gz")
        entry.size = len(inner)
        archive.addfile(entry, io.BytesIO(inner))
    body = out.getvalue()
    head = f"{'data.tar.gz':<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(body):<10}`\n".encode()
    return TEXT.encode(), inner, b"!<arch>\n" + head + body


def _classify(data: bytes) -> None:
    title, _, body = text(data).partition("\n")
    assert bug_class(title, body)
    assert evidence(title, body)


def _json_file(name: str, most: int = 12) -> tuple[bytes, ...]:
    """Return parts of a data file: a dozen of its entries, as a whole file."""
    whole = json.loads((ROOT / f"data/{name}.json").read_bytes())
    key = next(key for key, value in whole.items() if isinstance(value, list))
    entries = whole[key]
    starts = range(0, max(1, len(entries) - most), max(1, len(entries) // 10))
    return tuple(json.dumps({**whole, key: entries[at : at + most]}).encode() for at in starts)


def _load(load: Callable[[str], object]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        load(text(data))

    return run


def _canonical(data: bytes) -> None:
    once = curated_format.canonical(text(data))
    assert curated_format.canonical(once) == once


def _manifest(data: bytes) -> None:
    assert parse_manifest(data).serial > 0


def _update_tar(data: bytes) -> None:
    path = scratch(folder(), "update.tar", data)
    is_update(path)
    with TemporaryDirectory(dir=folder()) as target:
        unpack_update(path, Path(target))
        assert all("/" not in one.name for one in Path(target).iterdir())


def _update_tars() -> tuple[bytes, ...]:
    found: list[bytes] = []
    for mode in ("w", "w:gz", "w:xz"):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=mode) as archive:
            for name in ("manifest.json", "manifest.json.sig", "kernel.sqlite.xz", "../x.sqlite"):
                entry = tarfile.TarInfo(name)
                entry.size = 20
                archive.addfile(entry, io.BytesIO(bytes(20)))
        found.append(out.getvalue())
    return tuple(found)


def _makefile(data: bytes) -> None:
    root = folder() / "tree"
    (root / "drivers/sub").mkdir(parents=True, exist_ok=True)
    (root / "arch/x86").mkdir(parents=True, exist_ok=True)
    (root / "Kbuild").write_text("obj-y += drivers/\n")
    (root / "drivers/x.c").write_text("")
    (root / "Kconfig").write_text("config A\n\ttristate\nconfig B\n\tbool\n")
    scratch(root, "drivers/Makefile", data)
    assert any(file.path == "drivers/x.c" for file in read_tree(root))


_MAKEFILES: Final = (
    b"obj-$(CONFIG_A) += x.o sub/\nx-y := a.o b.o\nx-$(CONFIG_B) += c.o\nifdef CONFIG_A\nobj-y += y.o\nelse\n"
    b"obj-m += z.o\nendif\n",
    b"v := $(foreach i,a b c,$(i).o)\ndefine T\nobj-m += $(1).o\nendef\n$(eval $(call T,q))\n"
    b"obj-$(if $(CONFIG_A),y,m) += $(v:%.o=%.x) $(subst a,b,$(v))\ninclude $(src)/Makefile.inc\n",
    b"ifeq ($(CONFIG_A)$(CONFIG_B),ym)\nobj-y += $(patsubst %.c,%.o,$(notdir $(wildcard $(src)/*.c)))\nendif\n",
)
_KCONFIGS: Final = (
    b'config A\n\ttristate "a"\n\tdepends on B && (C || !D)\n\tselect E if F\n\thelp\n\t  text\n\nmenuconfig B\n\tbool\n',
    b'#include <linux/x.h>\n#include "y.c"\n#if IS_ENABLED(CONFIG_A)\n#include "z.h"\n#endif\n#[cfg(CONFIG_B)]\nmod c;\n',
)


def _source_text(data: bytes) -> None:
    source = text(data)
    for parse in (parse_symbols, parse_includes, parse_code_includes, parse_rust_modules):
        list(parse(source))


_FIXES: Final = _json_file("fixes")


@cache
def small_database() -> Path:
    """Return a knowledge base with a few rows in every table."""
    whole = json.loads(_FIXES[0])
    known = [json.dumps({**whole, "fixes": [one]}) for one in whole["fixes"]]
    bodies = [json.loads(one)["fixes"][0] for one in known if _loads(one)]
    entries = [curated.load(json.dumps({**whole, "fixes": [body]}))[0] for body in bodies]
    made = parts(
        record(
            "CVE-2026-1000",
            "6.1:6.12.100",
            "0:7.0",
            cvss="AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
            score=78,
        ),
        record("CVE-2026-2000", "6.1:0", files=("fs/smb/client/connect.c", "kernel/core.c")),
        releases=[
            release("6.12.100", "CVE-2026-1000", "CVE-2026-3000", modules={"one": Counts(3, 1)})
        ],
    )
    made = made._replace(
        curated=[Curated(*pair) for pair in zip(entries, bodies, strict=True)],
        series=reference.load_series((ROOT / "data/series.json").read_text("utf-8")),
        drivers=reference.load_drivers((ROOT / "data/drivers.json").read_text("utf-8"))[:20],
        exploited=[reference.Exploited("CVE-2026-1000", "2026-05-01")],
    )
    path = folder() / "small.sqlite"
    compile_database(path, made)
    return path


def _loads(text: str) -> bool:
    try:
        return bool(curated.load(text))
    except AdvisorError:
        return False


@cache
def _database() -> bytes:
    return small_database().read_bytes()


_VALUES: Final[tuple[object, ...]] = (
    None, "", "x", b"", b"\xff\x00", "9" * 30, -1, 2**40, 1.5, "[" * 5000, '{"a":1}', "CVE-1", "\x1b[2J", "\u0662",
)  # fmt: skip


def database_values(rng: Random) -> bytes:
    """Return a knowledge base that is whole, in which some rows hold what they should not."""
    path = scratch(folder(), "values.sqlite", _database())
    connection = sqlite3.connect(path)
    with closing(connection), connection:
        tables = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        for _ in range(rng.randint(1, 4)):
            table = rng.choice(tables)
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            value = rng.choice(_VALUES)
            query = f"UPDATE OR IGNORE {table} SET {rng.choice(names)} = ?"  # noqa: S608 - names of our own tables
            last = f" WHERE {names[0]} = (SELECT max({names[0]}) FROM {table})"  # noqa: S608 - as above
            some = rng.choice(("", last))
            with suppress(sqlite3.Error):
                connection.execute(query + some, (value,))
    return path.read_bytes()


def _database_bytes(rng: Random) -> bytes:
    """Return a knowledge base with bytes changed anywhere, most often where something stands."""
    made = bytearray(_database())
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(made))
        while not made[at] and rng.random() < 0.95:
            at = rng.randrange(len(made))
        made[at] = rng.choice((0, 255, made[at] ^ 1 << rng.randrange(8), rng.randrange(256)))
    return bytes(made[: rng.randrange(len(made))]) if rng.random() < 0.03 else bytes(made)


def _ask_database(data: bytes) -> None:
    """Ask all that a scan asks, and then check every part, as an update does."""
    path = scratch(folder(), "kernel.sqlite", data)
    with suppress(AdvisorError):
        ask(KnowledgeBase(path))
    check_database(path)


def ask(knowledge: KnowledgeBase) -> None:
    """Ask a knowledge base everything that any command asks."""
    version = KernelVersion(Series(6, 12), 94)
    knowledge.meta()
    found = knowledge.open_in(version)
    knowledge.records(found)
    knowledge.sites([one.sites for one in found.values()])
    knowledge.repairs(found)
    rows = knowledge.curated_open_in(version)
    knowledge.curated_bodies([row.n for row in rows])
    knowledge.curated_for(["CVE-2026-1000"])
    knowledge.horizon(version.series)
    knowledge.mended_to(version.series)
    knowledge.series(version.series)
    knowledge.all_series()
    knowledge.drivers(["one", "two"])
    knowledge.counts("one", version.series, 0, 94)
    knowledge.trees()
    knowledge.sizes()
    shown(knowledge, "CVE-2026-1000")
    path = "fs/cifs/connect.c"
    source_file(path, knowledge.path(path), release="", arch="x86")


TARGETS: Final = (
    Target("version", "kernel.org's versions", seeded((b"6.12.94", b"7.1-rc4", b"2.6.32.5", b"6.12")), _version),
    Target("cvss", "CVSS vectors", seeded(_VECTORS), _vector, errors=(ValueError,)),
    Target("dyad", "lines of `.dyad` files", seeded(_DYADS), _dyad, errors=(ValueError,)),
    Target("cve-json", "CVE records as the CNA publishes them", seeded(_CVES, _cve_change), _cve_json, share=4),
    Target("record-lines", "CVE records in the text form", seeded(lines("data/kernel-cves/2026.jsonl"), changed_json),
        _in_folder("2026.jsonl", _record_lines)),
    Target("classify", "titles and texts of records", seeded((
        b"net: fix use-after-free in x\nBUG: KASAN: slab-use-after-free in y+0x1/0x2\nCall Trace:\n syzbot",
        b"wifi: fix OOB\nIn the Linux kernel, the following was resolved: found by static analysis tool")), _classify, share=4),
    Target("changelog", "Debian's changelogs", seeded((TEXT.encode(),)), _changelog, share=2),
    Target("changelog-file", "changelogs in text, gzip, `.deb`", seeded(_changelog_files()), _changelog_file, share=4),
    Target("changelog-facts", "what changelogs say, in the text form", seeded(
        [b"#advisor.changelog-facts/1\n" + line for line in lines("data/changelog-facts/6.12.tsv")[1:]]),
        _in_folder("6.12.tsv", _facts), share=2),
    Target("changelog-list", "the list of changelogs", seeded([b"#advisor.changelog-facts/1\n6.12.94-1\ttrixie\t2026-06-20\n"]),
        _in_folder("sources.tsv", _sources)),
    Target("file-maps", "maps of kernel files to modules", seeded(
        [b"".join(lines("data/kernel-files/net.tsv", 4000)[:1]) + line for line in lines("data/kernel-files/net.tsv")[1:]]),
        _in_folder("net.tsv", _maps)),
    Target("moved-files", "the list of moved files", seeded((b"".join(lines("data/moved-files.tsv")[:30]),)),
        _in_folder("moved.tsv", _moved)),
    Target("snapshot", "the day of the records", seeded((b'{"snapshot": "2026-08-21"}',), changed_json),
        _in_folder("snapshot.json", _snapshot)),
    Target("fixes.json", "the curated fixes", seeded(_FIXES, changed_json), _load(curated.load), share=20),
    Target("fixes-format", "the form of the curated fixes", seeded(_FIXES, changed_json), _canonical, share=20,
        errors=(AdvisorError, ValueError)),
    Target("series.json", "series", seeded(_json_file("series"), changed_json), _load(reference.load_series), share=10),
    Target("drivers.json", "drivers", seeded(_json_file("drivers"), changed_json), _load(reference.load_drivers), share=10),
    Target("exploited.json", "exploited CVEs", seeded(_json_file("exploited"), changed_json), _load(reference.load_exploited), share=4),
    Target("update-manifest", "an update's manifest", seeded((
        b'{"schema": "advisor.update/1", "serial": 20261101, "file": "kernel.sqlite.xz", "sha256": "' + b"ab" * 32
        + b'", "created": "2026-11-01T00:00:00+00:00", "expires": "2027-02-01T00:00:00+00:00"}',), changed_json), _manifest),
    Target("update-tar", "an update's tar", seeded(_update_tars()), _update_tar, share=20),
    Target("makefile", "the kernel's makefiles", seeded(_MAKEFILES), _makefile, share=50),
    Target("kconfig", "Kconfig, C and Rust sources", seeded(_KCONFIGS), _source_text, share=2),
    Target("database", "the knowledge base's file with other bytes", _database_bytes, _ask_database, share=20),
    Target("database-rows", "a knowledge base with other values in it", database_values, _ask_database, share=50),
)  # fmt: skip

__all__ = ["TARGETS", "ask", "database_values", "small_database"]
