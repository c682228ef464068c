"""The programs that a scan is measured beside: how each is had, fed and called.

What comes from a distribution's packages is taken from PATH. The two that come from the Python
index get virtual environments of their own below the cache, and the same records as the advisor.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

VERSION = "6.12.94"
_FOUND = 3  # checkers end with 1 to 3 where they found something, or something unknown
_SBOM, _CVE_BIN = "sbom-cve-check", "cve-bin-tool"
_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS \w+ \(.*?\n        \)\n", re.DOTALL)
_INDEX = re.compile(r'"(CREATE INDEX IF NOT EXISTS [^"]*)"')


_Node = dict[str, Any]  # a record as its publisher has it


class Peer(NamedTuple):
    """A program to measure.

    Attributes:
        shown: What to type, as the table has it.
        argv: What is run.
        runs: How often; the least counts.
        missing: Why it cannot be run here, ``""`` where it can.
        env: What is added to the environment.
        most: The highest exit status of a run that did its work.
    """

    shown: str
    argv: tuple[str, ...]
    runs: int = 5
    missing: str = ""
    env: tuple[tuple[str, str], ...] = ()
    most: int = 0


def machine_peers() -> list[Peer]:
    """Return the programs that look at a machine."""
    calls = (
        ("lshw", "lshw -json"),
        ("inxi", "inxi -Fxz"),
        ("hw-probe", "hw-probe -all"),
        ("needrestart", "needrestart -b -k"),
        ("spectre-meltdown-checker", "spectre-meltdown-checker --batch json"),
    )
    return [
        Peer(call, tuple(call.split()), 3, _missing(call.split()[0], package), most=_FOUND)
        for package, call in calls
    ]


def _missing(program: str, package: str) -> str:
    return "" if shutil.which(program) else f"not here: `apt install {package}`"


def record_peers(cache: Path, records: Path | None) -> list[Peer]:
    """Return the programs that tell which records are open in a kernel.

    Args:
        cache: Where they are set up; what is there is used again.
        records: The CNA's records, a folder or a tar; None where there are none to feed them.
    """
    shown = (f"{_SBOM} --sbom-path linux.spdx.json", f"{_CVE_BIN} --offline -i linux.csv")
    if records is None:
        why = "needs --records FILE: the CNA's records"
        return [Peer(call, (), missing=why) for call in shown]
    folder = _unpacked(records, cache / "records")
    makers = (_sbom_cve_check, _cve_bin_tool)
    return [make(call, cache, folder) for make, call in zip(makers, shown, strict=True)]


def _unpacked(records: Path, target: Path) -> Path:
    if records.is_dir():
        return records
    if not target.exists():
        with tarfile.open(records) as archive:
            archive.extractall(target, filter="data")
    return target


def _installed(package: str, cache: Path) -> Path | None:
    """Return a program of the Python index, installed on its own; None where it cannot be had."""
    folder = cache / package
    program = folder / "bin" / package
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        done = subprocess.run([folder / "bin/pip", "-qq", "install", package], check=False)
        if done.returncode:
            return None
    return program


def _sbom_cve_check(shown: str, cache: Path, records: Path) -> Peer:
    program = _installed(_SBOM, cache)
    if program is None:
        return Peer(shown, (), missing="pip could not install it")
    lists = cache / "cvelist"
    if not (lists / ".git").exists():
        for path in records.rglob("CVE-*.json"):
            _, year, number = path.stem.split("-")
            target = lists / "cves" / year / f"{number[:-3]}xxx" / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@localhost")
        for step in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "records")):
            subprocess.run([*git, *step], cwd=lists, check=True)
    bill, config = cache / "linux.spdx.json", cache / "check.toml"
    bill.write_text(json.dumps(_bill()), "utf-8")
    config.write_text(f'[databases.cvelist]\ntype = "cve-db-cvelist"\npath = "{lists}"\n', "utf-8")
    argv = [program, "--ignore-default-config", "--config", config, "--offline-mode"]
    argv += ["--disable-auto-updates", "--sbom-path", bill, "--export-type", "csv"]
    env = (("SBOM_CVE_CHECK_DATABASES_DIR", str(cache)),)
    return Peer(shown, (*map(str, argv), "--export-path", str(cache / "sbom.csv")), 2, "", env)


def _bill() -> dict[str, object]:
    """Return a bill of materials with one kernel in it, as SPDX 3 has it."""
    base, info = "https://bench.invalid/", {"creationInfo": "_:info"}
    cpe = f"cpe:2.3:o:linux:linux_kernel:{VERSION}:*:*:*:*:*:*:*"
    identifier = {"externalIdentifierType": "cpe23", "identifier": cpe}
    package = {
        "type": "software_Package",
        "spdxId": f"{base}linux",
        "name": "linux",
        "software_packageVersion": VERSION,
        "software_primaryPurpose": "specification",
        "externalIdentifier": [{"type": "ExternalIdentifier", **identifier}],
    }
    listed = {"element": [f"{base}linux"], "rootElement": [f"{base}linux"]}
    graph = [
        {
            "type": "CreationInfo",
            "@id": "_:info",
            "specVersion": "3.0.1",
            "created": "2026-01-01T00:00:00Z",
            "createdBy": [f"{base}agent"],
        },
        {"type": "SoftwareAgent", "spdxId": f"{base}agent", "name": "bench", **info},
        {**package, **info},
        {"type": "software_Sbom", "spdxId": f"{base}bill", **listed, **info},
        {
            "type": "SpdxDocument",
            "spdxId": f"{base}document",
            "element": [f"{base}linux", f"{base}bill"],
            "rootElement": [f"{base}bill"],
            **info,
        },
    ]
    context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    return {"@context": context, "@graph": graph}


def _cve_bin_tool(shown: str, cache: Path, records: Path) -> Peer:
    program = _installed(_CVE_BIN, cache)
    if program is None:
        return Peer(shown, (), missing="pip could not install it")
    home = cache / "home"
    database = home / ".cache/cve-bin-tool/cve.db"
    if not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        (source,) = program.parents[1].glob("lib/python3*/site-packages/cve_bin_tool/cvedb.py")
        _fill(database, source.read_text("utf-8"), records)
    listed = cache / "linux.csv"
    listed.write_text(f"vendor,product,version\nlinux,linux_kernel,{VERSION}\n", "utf-8")
    argv = [program, "--offline", "-u", "never", "--disable-version-check", "-i", listed]
    argv += ["-f", "csv", "-o", cache / "cve-bin.csv"]
    return Peer(shown, tuple(map(str, argv)), 3, "", (("HOME", str(home)),), most=_FOUND)


def _fill(database: Path, source: str, records: Path) -> None:
    """Give cve-bin-tool the records' own CPE ranges, in the tables that its source makes."""
    part = database.with_suffix(".part")
    part.unlink(missing_ok=True)
    with sqlite3.connect(part) as made:
        for query in (*_TABLE.findall(source), *_INDEX.findall(source)):
            made.execute(query)
        for path in records.rglob("CVE-*.json"):
            row = (path.stem, "MEDIUM", "", "5.0", 3, "", "NVD", "2026-01-01")
            made.execute("INSERT INTO cve_severity VALUES (?,?,?,?,?,?,?,?)", row)
            ranges = [(path.stem, *found) for found in _ranges(json.loads(path.read_text()))]
            made.executemany("INSERT INTO cve_range VALUES (?,?,?,?,?,?,?,?,?)", ranges)
    part.rename(database)


def _ranges(record: _Node) -> Iterator[tuple[object, ...]]:
    keys = ("versionStartIncluding", "versionStartExcluding")
    keys += ("versionEndIncluding", "versionEndExcluding")
    parts = record["containers"]["cna"].get("cpeApplicability", ())
    for match in (m for part in parts for node in part["nodes"] for m in node["cpeMatch"]):
        yield ("linux", "linux_kernel", "*", *(match.get(key, "") for key in keys), "NVD")
