"""Conditions on disks, processors and globs: what was not read is never taken for a no."""

from __future__ import annotations

import pytest

from advisor.model.condition import ARCHES, TESTS, Condition, Facts, Seen, arch_of, evaluate, fits
from advisor.model.condition import parse_condition as parse

DISKS = Seen(frozenset({"WDC WD40EFRX-68N"}), complete=True)
DEVICES = Seen(frozenset({"usb:v0489pE0C8"}), complete=True)


@pytest.mark.parametrize(
    ("test", "facts", "answer"),
    [
        pytest.param(("disk", "WDC WD40*"), Facts(disks=DISKS), True, id="the disk is here"),
        pytest.param(("disk", "Samsung*"), Facts(disks=DISKS), False, id="it is not"),
        pytest.param(("disk", "Samsung*"), Facts(devices=DEVICES), None, id="disks were not read"),
        pytest.param(("device", "usb:v0E8D*"), Facts(disks=DISKS), None, id="devices were not"),
        pytest.param(("device", "usb:v0E8D*"), Facts(devices=DEVICES), False, id="another device"),
        pytest.param(("device", "usb:v0489*"), Facts(devices=DEVICES), True, id="the device"),
        pytest.param(("cpu", "GenuineIntel 6 *"), Facts(cpu="GenuineIntel 6 143"), True, id="cpu"),
        pytest.param(("cpu", "AuthenticAMD *"), Facts(cpu="GenuineIntel 6 143"), False, id="other"),
        pytest.param(("cpu", "AuthenticAMD *"), Facts(), None, id="the processor was not read"),
        pytest.param(("unread", "the weather"), Facts(disks=DISKS), None, id="cannot be read"),
    ],
)
def test_disk_and_processor_are_held_against_their_own_readings(
    test: tuple[str, str], facts: Facts, answer: bool | None
) -> None:
    assert evaluate(Condition(*test), facts) is answer
    assert parse({test[0]: test[1]}, "x", []) == Condition(*test)
    assert test[0] in TESTS


@pytest.mark.parametrize(
    ("glob", "fit"),
    [
        ("usb:v0489pE0C8*icE0*", True),
        ("usb:v0489pE0C8*icE1*", False),
        ("*icE0*", True),
        ("usb:v0489pE0C8d?100ic[DE]0", True),
        ("usb:v0489pE0C8", False),
        ("usb:v0489pE0C8d0100icE0", True),
        ("USB:*", False),
    ],
)
def test_name_fits_a_glob_as_a_whole(glob: str, fit: bool) -> None:
    assert fits("usb:v0489pE0C8d0100icE0", glob) is fit


def test_every_architecture_is_its_own_word() -> None:
    assert {arch_of(word) for word in ARCHES} == set(ARCHES)
    words = {"i686": "i386", "armv7l": "arm", "armv8b": "aarch64", "mips64": "mips", "sparc64": ""}
    assert {word: arch_of(word) for word in words} == words
    for arch in ("i386", "loongarch64", "mips", "ppc64le", "riscv64", "s390x"):
        assert parse({"arch": arch}, "x", []) == Condition("arch", arch)
