"""Upstream versions: what is one, how it is written, and which changes it has."""

from __future__ import annotations

import pytest

from advisor.model.version import KernelVersion, Series, contains, parse_version, proves


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("6.12", KernelVersion(Series(6, 12), 0)),
        ("6.12.94", KernelVersion(Series(6, 12), 94)),
        ("7.1-rc4", KernelVersion(Series(7, 1), 0, 4)),
        ("2.6.32", KernelVersion(Series(2, 6, 32), 0)),
        ("2.6.32.5", KernelVersion(Series(2, 6, 32), 5)),
        ("2.6.39-rc1", KernelVersion(Series(2, 6, 39), 0, 1)),
    ],
)
def test_version_is_read_and_written_as_kernel_org_writes_it(
    text: str, version: KernelVersion
) -> None:
    found = parse_version(text)
    assert found == version
    assert found is not None
    assert [type(part) for part in found] == [Series, int, int]
    assert str(found) == text


@pytest.mark.parametrize("text", ["6", "6.12.94.1", "6.12.94+deb13", "6.12-rc", "", "6.12.94\n"])
def test_text_with_more_or_less_than_a_version_is_none(text: str) -> None:
    assert parse_version(text) is None


def test_versions_sort_as_they_came_out() -> None:
    texts = ["2.6.32", "2.6.32.5", "2.6.39", "3.0", "6.12", "6.12.9", "6.12.10", "7.1-rc4", "7.1"]
    versions = [parsed for text in texts if (parsed := parse_version(text))]
    assert sorted(versions) == versions
    codes = [version.series.code for version in versions]
    assert sorted(codes) == codes


@pytest.mark.parametrize(
    ("kernel", "change", "has", "sure"),
    [
        ("6.12.5", "6.12", True, True),
        ("6.12.5", "6.11", True, True),
        ("6.12.5", "6.13", False, False),
        ("6.12.5", "6.12.5", True, True),
        ("6.12.5", "6.12.6", False, False),
        ("6.12.5", "6.11.1", False, False),
        ("7.1-rc3", "7.1", True, False),
        ("7.1-rc3", "7.0", True, True),
    ],
)
def test_kernel_has_what_came_in_before_it_on_its_own_line(
    kernel: str, change: str, has: bool, sure: bool
) -> None:
    version, point = parse_version(kernel), parse_version(change)
    assert version is not None
    assert point is not None
    assert (contains(version, point), proves(version, point)) == (has, sure)
