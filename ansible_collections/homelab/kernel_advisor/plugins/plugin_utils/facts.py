# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of the advisor's document becomes facts of a host.

By itself, without Ansible, it makes a local fact: ``advisor scan --format json | python3 facts.py``.
"""

from __future__ import annotations

import copy
import json
import sys

DETAILS = ("summary", "findings", "full")
MOST_BYTES = 15_500  # a summary is promised to stay under 16 kB, escapes and all
MOST_TEXT = 300  # bytes of one text as JSON, where a summary has to be cut
LEAST_TEXT = 80

WHOLE = ("schema", "generated", "advisor", "knowledge", "host", "kernel", "summary", "advice")
DEVICE = ("id", "kind", "name", "driver", "module", "interface", "default_route", "findings")
FINDING = (
    "id",
    "title",
    "status",
    "reach",
    "modules",
    "devices",
    "class",
    "severity",
    "severity_source",
    "exploited_since",
    "introduced_in",
    "fixed_in",
)
REGRESSION = ("id", "title", "severity", "devices", "workaround")
CANDIDATE = ("release", "package", "package_version", "state", "suite", "series_eol", "blockers")
CUT = ("devices", "regressions", "unknowns", "preflight", "candidates")
NEAR = ("active", "loaded", "on-demand", "unknown")


def facts_of(document, detail):
    """Return the facts: each key has the document's value, or a part of it that RETURN describes.

    Args:
        document: What ``advisor scan --format json`` says.
        detail: ``summary``, ``findings`` or ``full``.
    """
    if detail == "full":
        return document
    facts = {key: copy.deepcopy(document[key]) for key in WHOLE}
    if detail == "findings":
        for key in ("devices", "features", "regressions", "candidates", "preflight", "unknowns"):
            facts[key] = copy.deepcopy(document[key])
        facts["findings"] = [part(row, FINDING) for row in document["findings"] if row["reach"] in NEAR]
        return facts
    facts["devices"] = [part(row, DEVICE) for row in document["devices"]]
    facts["regressions"] = [part(row, REGRESSION) for row in document["regressions"]]
    facts["candidates"] = [candidate(row) for row in document["candidates"]]
    facts["preflight"] = [dict(row) for row in document["preflight"] if row["status"] != "ok"]
    facts["unknowns"] = [dict(row) for row in document["unknowns"]]
    return fitted(facts)


def part(row, keys):
    """Return some fields of a row."""
    return {key: row.get(key) for key in keys}


def candidate(row):
    """Return a candidate kernel in few words: what it closes, opens and leaves of what can run here."""
    facts = part(row, CANDIDATE)
    for key in ("closes", "opens", "remaining"):
        facts[key] = row[key]["reaching"] if row.get(key) else None
    facts["lost_devices"] = [lost["what"] for lost in row.get("lost_devices", ())]
    return facts


def fitted(facts):
    """Return a summary that is small enough; ``omitted`` counts what had to be left out.

    Only machines with very many interfaces, or with hostile names, lose anything.
    """
    facts["omitted"] = dict.fromkeys(CUT, 0)
    if size(facts) <= MOST_BYTES:
        return facts
    facts["devices"].sort(key=weight)
    facts = clipped(facts, MOST_TEXT)
    while size(facts) > MOST_BYTES:
        key = max(CUT, key=lambda name: size(facts[name]))
        if not facts[key]:
            return bare(facts)
        rest = len(facts[key]) - max(1, len(facts[key]) // 8)
        facts["omitted"][key] += len(facts[key]) - rest
        del facts[key][rest:]
    return facts


def weight(device):
    """Return how dispensable a device is: first those that bugs reach or the route goes through."""
    return (not device["default_route"], -sum(device["findings"].values()), not device["driver"])


def clipped(value, most):
    """Return a value in which no text takes more than so many bytes as JSON."""
    if isinstance(value, str):
        if len(value) <= most and size(value) <= most + 2:
            return value
        return value[: most // (6 if size(value[:most]) > most + 2 else 1) - 6] + "\u2026"
    if isinstance(value, list):
        return [clipped(item, most) for item in value]
    if isinstance(value, dict):
        return {clipped(key, most): clipped(item, most) for key, item in value.items()}
    return value


def bare(facts):
    """Return a summary whose own texts are still too long: the first few of each list, cut shorter."""
    for key in ("kernel", "host", "knowledge", "advice"):
        for name, value in facts[key].items():
            if isinstance(value, list):
                facts[key][name] = value[:3]
            elif isinstance(value, dict) and len(value) > 8:
                facts[key][name] = dict(list(value.items())[:8])
    return clipped(facts, LEAST_TEXT)


def size(value):
    """Return how many bytes a value takes as JSON."""
    return len(json.dumps(value))


def main():
    """Write the summary of the document on standard input; return the exit status."""
    try:
        text = json.dumps(facts_of(json.load(sys.stdin), "summary"))
    except (ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"facts.py: standard input is no scan: {error!r}\n")
        return 1
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
