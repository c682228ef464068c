"""OpenVEX: what each CVE means for the kernel package that runs here, so that scanners drop noise.

A statement is about a package as it is used on the machines that were scanned: where one kernel
package runs on several of them, the nearest reach over all of them counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote

from advisor.errors import AdvisorError, ExitStatus
from advisor.model.advice import Answer
from advisor.model.finding import WEIGHING, Reach, Weighed
from advisor.render import ReportOptions
from advisor.render.html_machine import sentence
from advisor.render.html_text import short
from advisor.render.overview import closed_findings

CONTEXT = "https://openvex.dev/ns/v0.2.0"
_OUTSIDE = "Outside the affected ranges of its record."
_NO_CODE = "vulnerable_code_not_present"
_NO_PATH = "vulnerable_code_not_in_execute_path"
_TYPES = {"apt": "deb", "dnf": "rpm", "zypper": "rpm", "pacman": "alpm", "apk": "apk"}
_DEB_ARCHES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "armhf",
    "armv6l": "armhf",
    "i686": "i386",
    "i586": "i386",
    "ppc64le": "ppc64el",
}


class Status(StrEnum):
    """The closed list of OpenVEX."""

    AFFECTED = "affected"
    INVESTIGATING = "under_investigation"
    NOT_AFFECTED = "not_affected"
    FIXED = "fixed"


_ORDER = tuple(Status)
"""Where machines differ, the first of these that one of them has holds for the package."""


class Statement(NamedTuple):
    """One CVE in one package: everything but their names."""

    status: Status
    notes: str
    justification: str = ""
    action: str = ""


def render_openvex(answers: Sequence[Answer], options: ReportOptions) -> str:
    """Return an OpenVEX document about the kernel packages of the machines.

    Args:
        answers: One scan a machine.
        options: ``ids`` names the fixes by number; those that are not open are stated too, where
            the version proves it.

    Raises:
        AdvisorError: There is nothing to state: no kernel's version was told.
    """
    products: dict[str, dict[str, Statement]] = {}
    for answer in answers:
        known = products.setdefault(product(answer), {})
        for cve, statement in _statements(answer, options):
            other = known.get(cve)
            if other is None or _worse(statement, other):
                known[cve] = statement
    statements = list(_written(products))
    if not statements:
        raise AdvisorError(
            "there is nothing to state: no kernel's upstream version or changelog was told",
            hint="advisor scan says what could not be read",
            status=ExitStatus.BAD_DATA,
        )
    return _document(answers, statements)


def _document(answers: Sequence[Answer], statements: list[dict[str, object]]) -> str:
    body = ",\n".join(map(json.dumps, statements))
    stamp = short(max(answer.generated for answer in answers), 40)
    mark = hashlib.sha256(f"{stamp}{body}".encode()).hexdigest()
    document: dict[str, object] = {
        "@context": CONTEXT,
        # The last digits of RFC 9562's version 8: an id made by a rule of one's own.
        "@id": f"urn:uuid:{mark[:8]}-{mark[8:12]}-8{mark[13:16]}-8{mark[17:20]}-{mark[20:32]}",
        "author": "kernel-advisor",
        "timestamp": stamp,
        "version": 1,
        "tooling": f"kernel-advisor {short(answers[0].advisor, 40)}",
    }
    head = json.dumps(document, indent=1).removesuffix("\n}")
    return f'{head},\n "statements": [\n{body}\n]}}\n'


def _written(products: dict[str, dict[str, Statement]]) -> Iterator[dict[str, object]]:
    together: dict[tuple[str, Statement], list[str]] = {}
    for name, known in products.items():
        for cve, statement in known.items():
            together.setdefault((cve, statement), []).append(name)
    for (cve, statement), names in sorted(together.items(), key=lambda item: item[0]):
        written: dict[str, object] = {
            "vulnerability": {"name": cve},
            "products": [{"@id": name} for name in sorted(names)],
            "status": statement.status,
        }
        if statement.justification:
            written["justification"] = statement.justification
        if statement.action:
            written["action_statement"] = statement.action
        yield {**written, "status_notes": statement.notes}


def _worse(one: Statement, other: Statement) -> bool:
    if one.status is not other.status:
        return _ORDER.index(one.status) < _ORDER.index(other.status)
    return one.justification == _NO_PATH and other.justification == _NO_CODE


def _statements(answer: Answer, options: ReportOptions) -> Iterator[tuple[str, Statement]]:
    """Yield the statements about one machine's kernel, by CVE."""
    assessment, packages = answer.assessment, answer.inventory.packages
    if packages.changelog_cves:
        named = f"The package's own changelog names it as fixed ({packages.changelog_source})."
        for cve in packages.changelog_cves:
            yield short(cve, 40), Statement(Status.FIXED, short(named, 300))
    if assessment.version is None:
        return
    closed = closed_findings(answer) or frozenset()
    for number, weighed in assessment.open.items():
        named_here = options.ids.get(number, "")
        if named_here:
            yield named_here, _open(weighed, answer, will_close=named_here in closed)
    if assessment.certain:
        for number, cve in options.ids.items():
            if number not in assessment.open and cve not in packages.changelog_cves:
                yield cve, Statement(Status.NOT_AFFECTED, _OUTSIDE, _NO_CODE)


def _open(weighed: Weighed, answer: Answer, *, will_close: bool) -> Statement:
    reached = weighed.reached
    notes = short(sentence(reached.how), 300)
    if reached.reach is Reach.ABSENT:
        return Statement(Status.NOT_AFFECTED, notes, _NO_CODE)
    if reached.reach is Reach.DORMANT:
        return Statement(Status.NOT_AFFECTED, notes, _NO_PATH)
    if reached.reach not in WEIGHING or not answer.assessment.certain:
        doubt = (
            ""
            if answer.assessment.certain
            else " The vendor may have fixed it without a new number."
        )
        return Statement(Status.INVESTIGATING, f"{notes}{doubt}")
    decision = answer.decision
    action = f"Run {decision.target}." if will_close else sentence(decision.headline)
    return Statement(
        Status.AFFECTED, notes, action=short(action or "Watch for a newer kernel.", 200)
    )


def product(answer: Answer) -> str:
    """Return the package URL of the running kernel's package: ``pkg:deb/debian/linux-image-...``.

    Where no package owns it, it is a plain ``pkg:generic/linux`` with the release as its version.
    """
    inventory = answer.inventory
    identity = inventory.kernel.identity
    owned = next(
        (k for k in inventory.packages.installed if k.release == identity.release and k.package),
        None,
    )
    kind = _TYPES.get(inventory.packages.manager)
    version = (owned.package_version if owned else "") or identity.package_version
    if owned is None or kind is None or not version:
        return f"pkg:generic/linux@{_quoted(identity.release or 'unknown')}"
    distro = inventory.host.distro
    machine = inventory.kernel.machine
    arch = _DEB_ARCHES.get(machine, machine) if kind == "deb" else machine
    qualifiers = f"arch={_quoted(arch)}"
    if distro.version or distro.codename:
        qualifiers += f"&distro={_quoted(f'{distro.id}-{distro.version or distro.codename}')}"
    place = f"{_quoted(distro.id or 'unknown')}/{_quoted(owned.package)}"
    return f"pkg:{kind}/{place}@{_quoted(version)}?{qualifiers}"


def _quoted(text: str) -> str:
    return quote(text[:200].encode("utf-8", "replace"), safe=".-_~")
