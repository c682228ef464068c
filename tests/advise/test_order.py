"""Which kernel is newer, and whether two are of one flavour."""

from __future__ import annotations

import itertools
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.advise.order import debian_key, flavour, natural_key, package_key

DEBIAN = [
    "6.12.90-1~bpo12+1", "6.12.90-1", "6.12.90-1+b1", "6.12.90-2", "6.12.91~rc1-1~exp1", "6.12.91-1",
    "6.12.94-1", "6.12.117-1", "7.3.4-1~bpo13+1", "7.3.4-1", "1:6.12.62-1+rpt1", "1:6.12.93-1+rpt1",
]  # fmt: skip
RPM = [
    "5.14.0-503.el9_5", "5.14.0-503.11.1.el9_5", "5.14.0-503.23.2.el9_5", "5.14.0-570.12.1.el9_6",
    "6.18.0~rc1-1.fc43", "6.18.0-1.fc43", "6.18.20-200.fc43", "6.18.44-200.fc43",
]  # fmt: skip


@pytest.mark.parametrize(("older", "newer"), list(itertools.pairwise(DEBIAN)))
def test_debian_versions_sort_as_dpkg_sorts_them(older: str, newer: str) -> None:
    assert package_key("apt", older) < package_key("apt", newer)


@pytest.mark.parametrize(("older", "newer"), list(itertools.pairwise(RPM)))
def test_rpm_versions_sort_as_rpm_sorts_them(older: str, newer: str) -> None:
    assert package_key("dnf", older) < package_key("dnf", newer)


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="no dpkg here")
def test_debian_order_equals_dpkg_on_hard_pairs() -> None:
    pieces = [
        "1",
        "1.0",
        "1~",
        "1a",
        "1+",
        "1.",
        "1-0",
        "1-1~",
        "0:1",
        "1:0",
        "1.02",
        "1.2",
        "1~~",
        "1a~",
    ]
    for left, right in itertools.product(pieces, repeat=2):
        done = subprocess.run(["dpkg", "--compare-versions", left, "lt", right], check=False)
        assert (debian_key(left) < debian_key(right)) == (done.returncode == 0), (left, right)


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("6.12.94+deb13-amd64", {"amd64"}),
        ("6.12.94+deb13-cloud-amd64", {"amd64", "cloud"}),
        ("6.1.0-37-amd64", {"amd64"}),
        ("6.1.0-37-686-pae", {"686", "pae"}),
        ("6.8.12-4-pve", {"pve"}),
        ("6.8.0-52-generic", {"generic"}),
        ("6.12.10-arch1-1", {"arch"}),
        ("6.12.10-zen1-1-zen", {"zen"}),
        ("6.6.63-1-lts", {"lts"}),
        ("6.11.4-301.fc41.x86_64", set[str]()),
        ("5.14.0-503.23.2.el9_5.x86_64", set[str]()),
        ("6.6.51+rpt-rpi-v8", {"rpt", "rpi"}),
        ("6.13.1-1-default", {"default"}),
        ("7.1-rc4", set[str]()),
    ],
)
def test_flavour_is_what_names_the_variant(release: str, words: set[str]) -> None:
    assert flavour(release) == words


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(left: str, right: str) -> None:
    for key in (debian_key, natural_key):
        assert (key(left) < key(right)) + (key(left) > key(right)) + (key(left) == key(right)) == 1
    flavour(left)
