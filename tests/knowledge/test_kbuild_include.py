"""Files that no makefile names: headers, C files inside C files, Rust modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from advisor.knowledge.build.kbuild import Unit, read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAMES = "abcdefg"

BASE = {
    "Kbuild": "obj-y += drivers/ arch/$(SRCARCH)/",
    "Makefile": "",
    "Kconfig": "".join(f"config {name.upper()}\n\ttristate\n" for name in NAMES)
    + "config ON\n\tbool\n",
    "arch/arm64/Makefile": "KBUILD_CPPFLAGS += $(addprefix -I $(srctree)/arch/arm64/,mach-x/include)",
    "arch/x86/Makefile": "",
    "drivers/Makefile": "".join(f"obj-$(CONFIG_{name.upper()}) += {name}.o\n" for name in NAMES),
}


def read(root: Path, files: Mapping[str, str]) -> dict[str, tuple[Unit, ...]]:
    """Return the units by path of a tree with seven drivers and these files."""
    for path, text in {**BASE, **files}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return {file.path: file.units for file in read_tree(root)}


@pytest.mark.parametrize(
    ("users", "units"),
    [
        pytest.param("a", [Unit("a", "A")], id="one"),
        pytest.param("abcde", [Unit(name, name.upper()) for name in "abcde"], id="five"),
        pytest.param("abcdef", [Unit("several")], id="six"),
        pytest.param("", [], id="none"),
    ],
)
def test_a_header_is_of_the_modules_that_include_it(
    tmp_path: Path, users: str, units: list[Unit]
) -> None:
    found = read(
        tmp_path,
        {
            "include/linux/x.h": "",
            **{f"drivers/{name}.c": "#include <linux/x.h>\n" for name in users},
        },
    )
    assert found["include/linux/x.h"] == tuple(units)


def test_a_header_reaches_through_other_headers(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "drivers/a.c": ' # include "own.h"\n',
            "drivers/own.h": "#include <linux/x.h>\n#include <uapi/linux/y.h>\n#include <linux/none.h>\n",
            "include/linux/x.h": '#include "x_more.h"\n',
            "include/linux/x_more.h": "#include <linux/x.h>\n",
            "include/uapi/linux/y.h": "",
        },
    )
    assert found["include/linux/x_more.h"] == found["include/uapi/linux/y.h"] == (Unit("a", "A"),)


def test_a_header_is_found_where_the_makefile_looks(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "drivers/Makefile": "subdir-ccflags-y += -I$(src)/shared\nobj-y += gpu/\n",
            "drivers/gpu/Makefile": "ccflags-y := -I $(src)/more -I $(src)/inc -Wall\nobj-$(CONFIG_A) += a.o",
            "drivers/gpu/a.c": '#include "x.h"\n#include "y.h"\n',
            "drivers/gpu/inc/x.h": "",
            "drivers/shared/y.h": "",
        },
    )
    assert found["drivers/gpu/inc/x.h"] == found["drivers/shared/y.h"] == (Unit("a", "A"),)


def test_an_architectures_header_counts_for_whoever_includes_asm(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "drivers/a.c": "#include <asm/x.h>\n#include <mach/m.h>\n#include <asm/generic.h>\n",
            "arch/x86/include/asm/x.h": "",
            "arch/arm64/include/uapi/asm/x.h": "",
            "arch/arm64/mach-x/include/mach/m.h": "",
            "include/asm-generic/generic.h": "",
        },
    )
    for path in (
        "arch/x86/include/asm/x.h",
        "arch/arm64/include/uapi/asm/x.h",
        "arch/arm64/mach-x/include/mach/m.h",
        "include/asm-generic/generic.h",
    ):
        assert found[path] == (Unit("a", "A"),), path


def test_a_c_file_in_a_c_file_is_of_the_same_module(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "drivers/a.c": (
                '#include "plain.c"\n#ifdef CONFIG_ON\n#include "gated.c"\n#else /* off */\n'
                '#include "other.c"\n#endif\n#if IS_ENABLED(CONFIG_B)\n# include "either.c"\n#endif\n'
                '#if FOO > 1\n#include "unsure.c"\n#elif BAR\n#endif\n#include "b.c"\n'
            ),
            "drivers/plain.c": '#include "deep.c"\n',
            **{
                f"drivers/{name}.c": ""
                for name in ("gated", "other", "either", "unsure", "deep", "b")
            },
        },
    )
    assert found["drivers/plain.c"] == found["drivers/deep.c"] == (Unit("a", "A"),)
    assert found["drivers/gated.c"] == (Unit("a", "A", ("ON",)),)
    assert found["drivers/other.c"] == (Unit("a", "A", ("!ON",)),)
    assert found["drivers/either.c"] == (Unit("a", "A", ("B=ym",)),)
    assert found["drivers/unsure.c"] == (Unit("a", "A"),)
    assert found["drivers/b.c"] == (Unit("b", "B"),)  # compiled by itself


def test_a_rust_crate_holds_its_modules(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "drivers/a.rs": (
                "mod one;\npub(crate) mod two;\n#[cfg(CONFIG_ON)]\npub mod gated;\nmod inline {\n}\n"
            ),
            "drivers/one.rs": "mod deep;\n",
            "drivers/one/deep.rs": "",
            "drivers/two/mod.rs": "",
            "drivers/gated.rs": "",
            "drivers/inline.rs": "",
        },
    )
    for path in ("drivers/one.rs", "drivers/one/deep.rs", "drivers/two/mod.rs"):
        assert found[path] == (Unit("a", "A"),), path
    assert found["drivers/gated.rs"] == (Unit("a", "A", ("ON",)),)
    assert found["drivers/inline.rs"] == ()


def test_a_grammar_is_of_the_module_that_holds_its_decoder(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "drivers/Makefile": "obj-$(CONFIG_A) += d.o\nd-y := a.o x.asn1.o",
            "drivers/a.c": '#include "x.asn1.h"\n',
            "drivers/x.asn1": "",
            "include/linux/asn1_decoder.h": "",
        },
    )
    assert found["drivers/x.asn1"] == found["include/linux/asn1_decoder.h"] == (Unit("d", "A"),)


def test_samples_do_not_count_as_users_of_a_header(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "Kbuild": "obj-y += drivers/ samples/",
            "samples/Makefile": "obj-$(CONFIG_B) += s.o",
            "samples/s.c": "#include <linux/x.h>\n",
            "drivers/a.c": "#include <linux/x.h>\n",
            "include/linux/x.h": "",
        },
    )
    assert found["include/linux/x.h"] == (Unit("a", "A"),)
    assert found["samples/s.c"] == (Unit("s", "B"),)
