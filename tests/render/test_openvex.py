"""OpenVEX, read by its Python library and held against the rules of its specification."""

from __future__ import annotations

import json
from typing import cast

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from vexipy.document import Document

from advisor.errors import AdvisorError
from advisor.model.advice import Answer
from advisor.model.finding import WEIGHING, Reach
from advisor.model.packages import InstalledKernel
from advisor.render import ReportOptions
from advisor.render.openvex import product, render_openvex
from tests.render.recorded import names, recorded

Json = dict[str, object]
CLOSED = 900_000  # a number that is open nowhere

# The rules of OpenVEX 0.2.0, written down anew: closed words, and what each status needs.
SCHEMA: Json = {
    "type": "object",
    "required": ["@context", "@id", "author", "timestamp", "version", "statements"],
    "additionalProperties": False,
    "properties": {
        "@context": {"const": "https://openvex.dev/ns/v0.2.0"},
        "@id": {
            "type": "string",
            "pattern": "^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        },
        "author": {"type": "string", "minLength": 1},
        "timestamp": {"type": "string", "format": "date-time"},
        "version": {"type": "integer", "minimum": 1},
        "tooling": {"type": "string"},
        "statements": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/statement"}},
    },
    "$defs": {
        "statement": {
            "type": "object",
            "required": ["vulnerability", "products", "status"],
            "additionalProperties": False,
            "properties": {
                "vulnerability": {"type": "object", "required": ["name"]},
                "products": {"type": "array", "minItems": 1, "uniqueItems": True},
                "status": {"enum": ["not_affected", "affected", "fixed", "under_investigation"]},
                "justification": {
                    "enum": ["vulnerable_code_not_present", "vulnerable_code_not_in_execute_path"]
                },
                "action_statement": {"type": "string", "minLength": 1},
                "status_notes": {"type": "string"},
            },
            "allOf": [
                {
                    "if": {"properties": {"status": {"const": "not_affected"}}},
                    "then": {"required": ["justification"]},
                    "else": {"not": {"required": ["justification"]}},
                },
                {
                    "if": {"properties": {"status": {"const": "affected"}}},
                    "then": {"required": ["action_statement"]},
                },
            ],
        }
    },
}


def numbers(*answers: Answer) -> dict[int, str]:
    """A CVE for each number: its finding's where one is told, so that reach and finding agree."""
    ids = {n: f"CVE-2030-{n}" for answer in answers for n in answer.assessment.open}
    return {**ids, CLOSED: "CVE-2019-0001"}


def document(*answers: Answer) -> Json:
    return cast("Json", json.loads(render_openvex(answers, ReportOptions(ids=numbers(*answers)))))


def statements(*answers: Answer) -> dict[str, Json]:
    listed = cast("list[Json]", document(*answers)["statements"])
    return {str(cast("Json", one["vulnerability"])["name"]): one for one in listed}


def judged() -> list[str]:
    return [name for name in names() if recorded(name).assessment.version is not None]


@pytest.mark.parametrize("name", judged())
def test_document_keeps_the_rules_of_the_specification(name: str) -> None:
    validator = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    text = render_openvex([recorded(name)], ReportOptions(ids=numbers(recorded(name))))
    validator.validate(json.loads(text))  # pyright: ignore[reportUnknownMemberType] - untyped there


@pytest.mark.parametrize("name", judged())
def test_document_is_read_by_the_library(name: str) -> None:
    text = render_openvex([recorded(name)], ReportOptions(ids=numbers(recorded(name))))
    read = Document.from_json(text)
    assert len(read.statements or ()) == text.count('"status"')


@pytest.mark.parametrize("name", judged())
def test_status_follows_reach(name: str) -> None:
    answer = recorded(name)
    found = statements(answer)
    for n, weighed in answer.assessment.open.items():
        told = found[f"CVE-2030-{n}"]
        match weighed.reached.reach:
            case Reach.ABSENT:
                wanted: tuple[str, str | None] = ("not_affected", "vulnerable_code_not_present")
            case Reach.DORMANT:
                wanted = ("not_affected", "vulnerable_code_not_in_execute_path")
            case Reach.UNKNOWN:
                wanted = ("under_investigation", None)
            case _:
                wanted = ("affected", None)
        assert (told["status"], told.get("justification")) == wanted


def test_bug_outside_its_ranges_is_not_affected_where_the_version_proves_it() -> None:
    answer = recorded("workbench")
    assert statements(answer)["CVE-2019-0001"]["status"] == "not_affected"
    doubtful = answer._replace(assessment=answer.assessment._replace(certain=False))
    found = statements(doubtful)
    assert "CVE-2019-0001" not in found
    reaching = [n for n, one in answer.assessment.open.items() if one.reached.reach in WEIGHING]
    assert {str(found[f"CVE-2030-{n}"]["status"]) for n in reaching} == {"under_investigation"}


def test_bug_that_the_changelog_names_is_fixed() -> None:
    answer = recorded("workbench")
    packages = answer.inventory.packages._replace(
        changelog_cves=frozenset({"CVE-2019-0001"}),
        changelog_source="/usr/share/doc/x/changelog.gz",
    )
    told = statements(answer._replace(inventory=answer.inventory._replace(packages=packages)))
    assert told["CVE-2019-0001"]["status"] == "fixed"
    assert "/usr/share/doc/x/changelog.gz" in str(told["CVE-2019-0001"]["status_notes"])


def test_nearest_reach_over_machines_with_one_package_counts() -> None:
    near = recorded("workbench")
    n, weighed = next(
        (n, w) for n, w in near.assessment.open.items() if w.reached.reach is Reach.ACTIVE
    )
    gone = weighed._replace(reached=weighed.reached._replace(reach=Reach.ABSENT))
    far = near._replace(assessment=near.assessment._replace(open={**near.assessment.open, n: gone}))
    for pair in ((near, far), (far, near)):
        assert statements(*pair)[f"CVE-2030-{n}"]["status"] == "affected"


def test_kernel_that_nothing_is_known_about_is_an_error() -> None:
    answer = recorded("workbench")
    blank = answer._replace(assessment=answer.assessment._replace(version=None))
    with pytest.raises(AdvisorError, match="nothing to state"):
        render_openvex([blank], ReportOptions())


@pytest.mark.parametrize(
    ("manager", "package", "version", "wanted"),
    [
        pytest.param(
            "apt",
            "linux-image-6.12.94+deb13-amd64",
            "6.12.94-1",
            "pkg:deb/debian/linux-image-6.12.94%2Bdeb13-amd64@6.12.94-1?arch=amd64&distro=debian-13",
            id="debian",
        ),
        pytest.param(
            "dnf", "kernel-core", "6.17.9-300.fc43",
            "pkg:rpm/debian/kernel-core@6.17.9-300.fc43?arch=x86_64&distro=debian-13", id="rpm",
        ),
        pytest.param(
            "pacman", "linux", "6.18.1.arch1-1",
            "pkg:alpm/debian/linux@6.18.1.arch1-1?arch=x86_64&distro=debian-13", id="alpm",
        ),
        pytest.param("nix", "linux", "6.12.9", "pkg:generic/linux@REL", id="no-type-for-it"),
        pytest.param("apt", "", "", "pkg:generic/linux@REL", id="no-package-owns-it"),
    ],
)  # fmt: skip
def test_product_is_the_package_of_the_running_kernel(
    manager: str, package: str, version: str, wanted: str
) -> None:
    answer = recorded("workbench")
    inventory = answer.inventory
    release = inventory.kernel.identity.release
    host = inventory.host._replace(distro=inventory.host.distro._replace(id="debian", version="13"))
    installed = (InstalledKernel(release, package, version),)
    packages = inventory.packages._replace(manager=manager, installed=installed)
    kernel = inventory.kernel._replace(machine="x86_64")
    changed = answer._replace(
        inventory=inventory._replace(packages=packages, host=host, kernel=kernel)
    )
    assert product(changed) == wanted.replace("REL", release.replace("+", "%2B"))
