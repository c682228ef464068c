"""Write ``cna-extract.jsonl``: what the kernel CNA says of the CVEs that data/fixes.json names.

``python tests/data/make_cna_extract.py FOLDER``, where FOLDER is ``cve/published`` of the CNA's
repository, with a ``CVE-*.dyad`` and a ``CVE-*.json`` per year.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import cast

HERE = Path(__file__).parent
FIXES = HERE.parents[1] / "data" / "fixes.json"
HEX = 12


def cves() -> list[str]:
    """Return the ids that the curated fixes name, sorted by year and number."""
    whole = cast("dict[str, list[dict[str, list[str]]]]", json.loads(FIXES.read_text("utf-8")))
    found = {cve for entry in whole["fixes"] for cve in entry["cves"]}
    return sorted(found, key=lambda cve: [int(part) for part in cve.split("-")[1:]])


def pairs(dyad: str) -> list[list[str]]:
    """Return introduced version, commit, fixed version, commit, with short commits."""
    rows = [line.split(":") for line in dyad.splitlines() if line and not line.startswith("#")]
    return [[row[0], row[1][:HEX], row[2], row[3][:HEX]] for row in rows]


def vector(record: str) -> str | None:
    """Return the CVSS vector of a record, None where it has none."""
    whole = json.loads(record)
    for metric in whole["containers"]["cna"].get("metrics", []):
        if "cvssV3_1" in metric:
            return cast("str", metric["cvssV3_1"]["vectorString"])
    return None


def main(folder: Path) -> None:
    """Write the extract."""
    lines: list[str] = []
    for cve in cves():
        dyad = folder / cve.split("-")[1] / f"{cve}.dyad"
        row: dict[str, object] = {"cve": cve, "cvss": None, "pairs": None}
        if dyad.exists():
            row["pairs"] = pairs(dyad.read_text("utf-8"))
            row["cvss"] = vector(dyad.with_suffix(".json").read_text("utf-8"))
        lines.append(json.dumps(row))
    (HERE / "cna-extract.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
