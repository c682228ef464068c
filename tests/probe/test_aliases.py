"""The alias table answers as modprobe would, without being built whole."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.probe.aliases import AliasTable

TABLE = """# Aliases extracted from modules themselves.
alias pci:v00008086d00001533sv*sd*bc*sc*i* igb
alias pci:v*d*sv*sd*bc0Csc03i30* xhci_pci
alias pci:v00008086d*sv*sd*bc01sc06i01* ahci
alias usb:v*p*d*dc*dsc*dp*icE0isc01ip01in* btusb
alias usb:v0E8Dp*d*dc*dsc*dp*icFFisc*ip*in* btmtk-usb
alias usb:v13D3p35[0-9A]*d*dc*dsc*dp*ic*isc*ip*in* other
alias pnp:dTCM5094* 3c509
alias acpi*:TCM5094:* 3c509
alias pnp:d* tpm_tis
alias platform:ne2k-pci ne2k-pci
alias net-pf-38 af_alg
"""


@pytest.mark.parametrize(
    ("modalias", "modules"),
    [
        ("pci:v00008086d00001533sv00008086sd00000001bc02sc00i00", ("igb",)),
        ("pci:v00001B21d00001242sv00000000sd00000000bc0Csc03i30", ("xhci_pci",)),
        ("usb:v0E8Dp7961d0100dcEFdsc02dp01icE0isc01ip01in00", ("btusb",)),
        ("usb:v13D3p3563d0100dc00dsc00dp00icFFiscFFipFFin00", ("other",)),
        ("usb:v13D3p3F63d0100dc00dsc00dp00icFFiscFFipFFin00", ()),
        ("pnp:dTCM5094", ("3c509",)),
        ("acpi:TCM5094:", ("3c509",)),
        ("acpi:PNP0C0A:TCM5094:", ("3c509",)),
        ("pnp:dPNP0501", ()),
        ("platform:ne2k_pci", ("ne2k_pci",)),
        ("net-pf-38", ("af_alg",)),
        ("", ()),
        ("pci:", ()),
    ],
)
def test_lookup_gives_the_modules_that_match(modalias: str, modules: tuple[str, ...]) -> None:
    assert AliasTable(TABLE).modules(modalias) == modules


def test_builtin_modules_answer_too() -> None:
    table = AliasTable("", "virtio_pci.alias=pci:v00001AF4d*sv*sd*bc*sc*i*\0ext4.license=GPL\0")
    assert table.modules("pci:v00001AF4d00001041sv0sd0bc02sc00i00") == ("virtio_pci",)


def test_table_that_was_not_read_is_not_known() -> None:
    assert not AliasTable(None).known
    assert AliasTable(None).modules("pci:v00008086d00001533") == ()


def underscored(text: str) -> str:
    """Return text as libkmod compares it: what stands in brackets is a set, and stays."""
    return re.sub(r"\[[^\]]*\]|-", lambda m: "_" if m[0] == "-" else m[0], text)


WORDS = st.text(alphabet="ab*?[]-_:0", max_size=8)


@given(st.lists(st.tuples(WORDS, st.sampled_from(["one", "two", "three"])), max_size=8), WORDS)
def test_lookup_answers_as_trying_every_pattern_does(
    rows: list[tuple[str, str]], word: str
) -> None:
    rows = [(f"usb:{pattern}", module) for pattern, module in rows]
    modalias = f"usb:{word}x"
    text = "".join(f"alias {pattern} {module}\n" for pattern, module in rows)
    brute = {
        module
        for pattern, module in rows
        if pattern.replace("*", "") != "usb:"
        and fnmatchcase(underscored(modalias), underscored(pattern))
    }
    assert set(AliasTable(text).modules(modalias)) == brute


@given(st.text(max_size=200), st.text(max_size=30))
def test_lookup_survives_any_text(text: str, modalias: str) -> None:
    AliasTable(text, text).modules(modalias)
