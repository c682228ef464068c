"""What a scan says of a guest is what the guest's own tools say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from tests.lab.compare import misplaced, unmatched, verdicts
from tests.lab.guests import THOROUGH, guests_of
from tests.lab.kernels import BY_NAME, installed
from tests.lab.visit import Document, Visit

thorough = pytest.mark.parametrize("seen", guests_of(*THOROUGH), indirect=True)


def test_scan_of_every_device_agrees_with_the_guests_tools(seen: Visit) -> None:
    found = verdicts(seen)
    assert found
    assert [v for v in found if v.differences and not v.explained] == []


def test_scan_lists_no_device_that_the_guest_has_not(seen: Visit) -> None:
    assert unmatched(seen) == []


def test_findings_reach_what_is_loaded_and_nothing_else(seen: Visit) -> None:
    assert seen.scan["findings"]
    assert misplaced(seen) == []


def test_scan_names_the_kernel_and_what_it_is_built_from(seen: Visit) -> None:
    kernel = cast("Mapping[str, object]", seen.scan["kernel"])
    package = installed(BY_NAME[seen.kernel])
    assert kernel["release"] == package.release == seen.release
    assert kernel["package_version"] == package.version
    assert kernel["upstream"] == package.version.partition("-")[0]


def test_scan_says_nothing_on_standard_error(seen: Visit) -> None:
    assert not seen.errors


@thorough
def test_user_without_rights_is_told_what_root_is_told(seen: Visit) -> None:
    assert seen.scan["devices"] == seen.root["devices"]
    assert _open(seen.scan) == _open(seen.root)


@thorough
def test_capture_of_a_guest_is_scanned_as_the_guest_was(
    seen: Visit, tmp_path: Path, database: Path
) -> None:
    capture = tmp_path / "guest.tar.gz"
    capture.write_bytes(seen.capture)
    argv = [sys.executable, "-m", "advisor", "scan", "--all", "--format", "json"]
    done = subprocess.run(
        [*argv, "--from", str(capture), "--database", str(database)],
        capture_output=True,
        check=True,
    )
    there = cast("Document", json.loads(done.stdout))
    assert there["devices"] == seen.scan["devices"]
    assert there["features"] == seen.scan["features"]
    assert _open(there) == _open(seen.scan)


def _open(scan: Document) -> list[tuple[object, ...]]:
    findings = cast("list[Mapping[str, object]]", scan["findings"])
    return [(found["id"], found["status"], found["reach"], found["reading"]) for found in findings]
