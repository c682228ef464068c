"""Trees made to hurt: reading one always ends, and never with anything but an answer."""

from __future__ import annotations

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.knowledge.build.kbuild import Unit, read_tree
from advisor.knowledge.build.kbuild_include import (
    parse_code_includes,
    parse_includes,
    parse_rust_modules,
)
from advisor.knowledge.build.kconfig import parse_symbols

SECONDS = 20  # far above what any of these needs, far below for ever


def plant(root: Path, makefile: str | bytes) -> dict[str, tuple[Unit, ...]]:
    """Return the units by path of a tree whose drivers have this makefile."""
    for folder in ("drivers/sub", "arch/x86"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "Kbuild").write_text("obj-y += drivers/\n")
    (root / "Kconfig").write_text("config A\n\ttristate\nconfig B\n\tbool\n")
    (root / "arch/x86/Makefile").write_text("")
    (root / "drivers/x.c").write_text("")
    raw = makefile if isinstance(makefile, bytes) else makefile.encode("utf-8", "surrogatepass")
    (root / "drivers/Makefile").write_bytes(raw)
    return {file.path: file.units for file in read_tree(root)}


def _symbols(count: int) -> str:
    return "".join(f"$(CONFIG_S{number})" for number in range(count))


HOSTILE = {
    "itself": "a = $(a)\nobj-y += $(a)\n",
    "each-other": "a = $(b)\nb = $(a)\nobj-$(a) += x.o\n",
    "doubling-words": "v0 = x.o\n"
    + "".join(f"v{n + 1} = $(v{n}) $(v{n})\n" for n in range(60))
    + "obj-m += $(v60)\n",
    "doubling-text": "v0 = xx\n"
    + "".join(f"v{n + 1} = $(v{n})$(v{n})\n" for n in range(60))
    + "ifeq ($(v60),x)\nendif\n",
    "includes-itself": "include $(src)/Makefile\n",
    "directory-itself": "obj-y += ./ ../drivers/ sub/../\n",
    "directory-loop": "obj-y += sub/../../drivers/ ../drivers/sub/../\nsubdir-y += .\n",
    "deep-references": "obj-y += " + "$(" * 3000 + ")" * 3000,
    "unclosed": "obj-y += $(foreach x,$(wildcard *,$(if\nifeq ($(A\n",
    "eval-itself": "define T\n$(eval $(call T,1))\nendef\n$(eval $(call T,1))\n",
    "eval-grows": "define T\nobj-m += $(1).o\n$(eval $(call T,$(1)$(1)))\nendef\n$(eval $(call T,a))\n",
    "call-itself": "f = $(call f,$(1)$(1))\nobj-y += $(call f,x)\n",
    "many-symbols": f"ifeq ({_symbols(200)},y)\nobj-y += x.o\nendif\nobj-{_symbols(60)} += x.o\n",
    "many-conditionals": "".join(
        f"ifneq ($(CONFIG_P{n})$(CONFIG_Q{n})$(CONFIG_R{n}),)\n" for n in range(200)
    )
    + "obj-y += x.o\n"
    + "endif\n" * 200,
    "many-lines": "obj-y += x.o\n" * 30000,
    "one-long-line": "obj-y += " + "x.o " * 200000,
    "wide-substitution": "w := "
    + "x " * 15000
    + "\nobj-y += $(subst $(w),$(w),$(w)) $(filter $(w),$(w)) $(filter-out $(w),$(w))\n",
    "wide-nest": "w := "
    + "x " * 5000
    + "\nobj-y += $(foreach a,$(w),$(foreach b,$(w),$(a)$(b)))\n",
    "endings": "endif\nelse\nendef\nendif\n",
    "no-name": ":= x\n= y\n+= z\n: w\ndefine\nendef\ninclude\n",
    "out-of-the-tree": "obj-y += ../../../../../../etc/ ../../../../etc/passwd.o\ninclude /etc/passwd\n",
    "not-text": b"\xff\xfe\x00obj-m += x.o\r\n\x00\n",
}


@pytest.mark.parametrize(
    "makefile", [pytest.param(text, id=name) for name, text in HOSTILE.items()]
)
def test_a_hostile_makefile_ends_the_reading_in_time(tmp_path: Path, makefile: str | bytes) -> None:
    start = time.monotonic()
    found = plant(tmp_path, makefile)
    assert time.monotonic() - start < SECONDS
    assert all(path in found for path in ("drivers/Makefile", "drivers/x.c"))
    assert all(not path.startswith(("/", "..")) for path in found)


PIECES = st.sampled_from(
    [
        *("obj-y", "obj-m", "obj-$(CONFIG_A)", "x-y", "x-$(CONFIG_B)", "v", " += ", " := ", " = "),
        *("x.o ", "y.o ", "sub/ ", "\n", "\n\t", "ifdef CONFIG_A\n", "ifeq ($(CONFIG_A),y)\n"),
        *(
            "else\n",
            "endif\n",
            "$(v)",
            "$(x-y)",
            "$(foreach i,",
            "$(eval ",
            "$(call v,",
            "$(if ",
            ",",
        ),
        *(
            ")",
            "(",
            "$",
            "$$",
            "#",
            "\\\n",
            ":",
            "include $(src)/Makefile\n",
            "define v\n",
            "endef\n",
        ),
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.lists(PIECES, max_size=40).map("".join), st.binary(max_size=200)))
def test_any_makefile_is_read_without_an_exception(makefile: str | bytes) -> None:
    with TemporaryDirectory() as folder:
        assert "drivers/x.c" in plant(Path(folder), makefile)


@settings(deadline=None)
@given(st.text())
def test_any_source_text_is_parsed_without_an_exception(text: str) -> None:
    for include in (*parse_includes(text), *parse_code_includes(text), *parse_rust_modules(text)):
        assert include.name
    assert all(symbol for symbol, _ in parse_symbols(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("#[" * 50000, id="attributes"),
        pytest.param("#[a]" * 50000 + "mod", id="attributes-closed"),
        pytest.param(
            "#if " * 50000 + "\n" + "#if 1\n" * 50000 + '#include "x.c"', id="conditionals"
        ),
        pytest.param('#include "' * 50000, id="includes"),
        pytest.param('#include "x.c"\n#if ' + "(" * 100000 + "\n", id="brackets"),
        pytest.param("config A\n help\n" + " " * 200000, id="help"),
    ],
)
def test_a_hostile_source_is_parsed_in_time(text: str) -> None:
    start = time.monotonic()
    for parse in (parse_symbols, parse_includes, parse_code_includes, parse_rust_modules):
        list(parse(text))
    assert time.monotonic() - start < SECONDS


def test_a_pipe_or_a_loop_in_the_tree_is_not_read(tmp_path: Path) -> None:
    plant(tmp_path, "obj-$(CONFIG_A) += x.o pipe.o\ninclude $(src)/pipe.mk\n")
    for name in ("pipe.mk", "pipe.c", "Kconfig.pipe"):
        os.mkfifo(tmp_path / "drivers" / name)
    (tmp_path / "drivers/loop").symlink_to(tmp_path)
    (tmp_path / "drivers/gone.h").symlink_to("nowhere")
    found = {file.path: file.units for file in read_tree(tmp_path)}
    assert found["drivers/x.c"] == (Unit("x", "A"),)
