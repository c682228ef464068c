"""What a tree's makefiles say: each construct of Kbuild in a tree of a few files."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build.kbuild import Unit, read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KCONFIG = """
config NET
	bool "networking"

config A
	tristate "a driver"
	help
		config NOT_A_SYMBOL
		bool

config B
	tristate
	default A

config C
	tristate

config ON
	def_bool y

menuconfig LEVEL
	int "level"
"""

BASE = {
    "Kbuild": "obj-y += drivers/ arch/$(SRCARCH)/\nobj-y += $(ARCH_LIB)\n",
    "Makefile": "core-y :=\nlibs-y := lib/\n",
    "Kconfig": KCONFIG,
    "arch/arm64/Makefile": "",
    "arch/arm64/Kconfig": "config KVM\n\tbool\n",
    "arch/x86/Makefile": "",
    "arch/x86/Kconfig": "config KVM\n\ttristate\nconfig X86\n\tdef_bool y\n",
}


def read(root: Path, files: Mapping[str, str]) -> dict[str, tuple[Unit, ...]]:
    """Return the units by path of a tree with these files; C files may be left out."""
    for path, text in {**BASE, **files}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return {file.path: file.units for file in read_tree(root)}


def one_makefile(root: Path, text: str, *names: str) -> dict[str, tuple[Unit, ...]]:
    """Return the units by name of the files in ``drivers`` under this makefile."""
    found = read(root, {"drivers/Makefile": text, **{f"drivers/{name}": "" for name in names}})
    return {name: found[f"drivers/{name}"] for name in names}


@pytest.mark.parametrize(
    ("makefile", "units"),
    [
        pytest.param("obj-$(CONFIG_A) += x.o", [Unit("x", "A")], id="tristate"),
        pytest.param("obj-${CONFIG_A} += x.o", [Unit("x", "A")], id="braces"),
        pytest.param("obj-$(CONFIG_NET) += x.o", [Unit("vmlinux", "", ("NET",))], id="bool"),
        pytest.param("obj-y += x.o", [Unit("vmlinux")], id="always"),
        pytest.param("obj-m += x.o", [Unit("x")], id="always-a-module"),
        pytest.param("lib-y += x.o", [Unit("vmlinux")], id="library"),
        pytest.param(
            "lib-$(CONFIG_NET) += x.o", [Unit("vmlinux", "", ("NET",))], id="library-gate"
        ),
        pytest.param("obj-$(CONFIG_A) += d.o\nd-y := x.o", [Unit("d", "A")], id="composite"),
        pytest.param(
            "obj-$(CONFIG_A) += d.o\nd-objs := x.o", [Unit("d", "A")], id="composite-objs"
        ),
        pytest.param(
            "obj-$(CONFIG_A) += d.o\nd-y := y.o\nd-$(CONFIG_NET) += x.o",
            [Unit("d", "A", ("NET",))],
            id="composite-gate",
        ),
        pytest.param(
            "obj-$(CONFIG_A) += d.o\nd-$(CONFIG_B) += x.o",
            [Unit("d", "A", ("B",))],
            id="composite-tristate-gate",
        ),
        pytest.param(
            "obj-$(CONFIG_A) += d.o\nd-y += $(inner-y)\ninner-$(CONFIG_NET) := x.o",
            [Unit("d", "A", ("NET",))],
            id="composite-in-composite",
        ),
        pytest.param(
            "obj-$(CONFIG_A) += d.o e.o\nd-y := x.o\ne-y := x.o",
            [Unit("d", "A"), Unit("e", "A")],
            id="one-file-in-two-modules",
        ),
        pytest.param("obj-$(CONFIG_A) += d.o\nd-y := ../drivers/x.o", [Unit("d", "A")], id="dots"),
        pytest.param("obj-$(CONFIG_A) += i2c-d.o\ni2c-d-y := x.o", [Unit("i2c_d", "A")], id="dash"),
        pytest.param(
            "obj-$(CONFIG_A) += \\\n  y.o \\\n\tx.o # why", [Unit("x", "A")], id="continued"
        ),
        pytest.param(
            "ifdef CONFIG_NET\nobj-$(CONFIG_A) += x.o\nendif",
            [Unit("x", "A", ("NET",))],
            id="ifdef",
        ),
        pytest.param(
            "ifndef CONFIG_NET\nobj-y += x.o\nendif", [Unit("vmlinux", "", ("!NET",))], id="ifndef"
        ),
        pytest.param(
            "ifeq ($(CONFIG_A),y)\nobj-y += x.o\nendif", [Unit("vmlinux", "", ("A",))], id="ifeq"
        ),
        pytest.param(
            'ifneq "$(CONFIG_NET)" "y"\nobj-y += y.o\nelse\n  obj-y += x.o\nendif',
            [Unit("vmlinux", "", ("NET",))],
            id="ifneq-quoted-else",
        ),
        pytest.param(
            "ifeq ($(CONFIG_NET),y)\nelse ifdef CONFIG_ON\nobj-y += x.o\nendif",
            [Unit("vmlinux", "", ("!NET", "ON"))],
            id="else-if",
        ),
        pytest.param(
            "ifneq ($(CONFIG_NET)$(CONFIG_ON),)\nobj-y += x.o\nendif",
            [Unit("vmlinux", "", ("!NET", "ON")), Unit("vmlinux", "", ("NET",))],
            id="either-of-two",
        ),
        pytest.param(
            "ifneq ($(filter y m,$(CONFIG_A)),)\nobj-y += x.o\nendif",
            [Unit("vmlinux", "", ("A=ym",))],
            id="filter",
        ),
        pytest.param(
            "obj-$(subst m,y,$(CONFIG_A)) += x.o", [Unit("vmlinux", "", ("A=ym",))], id="subst"
        ),
        pytest.param(
            "obj-$(subst y,$(CONFIG_A),$(CONFIG_NET)) += x.o",
            [Unit("x", "A", ("NET",))],
            id="subst-of",
        ),
        pytest.param(
            "obj-$(and $(CONFIG_NET),$(CONFIG_A)) += x.o", [Unit("x", "A", ("NET",))], id="and"
        ),
        pytest.param(
            "obj-$(if $(CONFIG_NET),$(CONFIG_A),m) += x.o",
            [Unit("x", "", ("!NET",)), Unit("x", "A", ("NET",))],
            id="if",
        ),
        pytest.param(
            "ifeq ($(shell uname),Linux)\nobj-$(CONFIG_A) += x.o\nendif",
            [Unit("x", "A")],
            id="shell",
        ),
        pytest.param(
            "ifeq ($(call cc-option,-g),)\nelse\nobj-$(CONFIG_A) += x.o\nendif",
            [Unit("x", "A")],
            id="compiler",
        ),
        pytest.param(
            "ifdef CONFIG_LEVEL\nobj-$(CONFIG_A) += x.o\nendif", [Unit("x", "A")], id="number"
        ),
        pytest.param("obj-y := x.o\nobj-y := y.o", [], id="assigned-again"),
        pytest.param(
            "n = x\nobj-y += $(addsuffix .o,$(addprefix ,$(n)))", [Unit("vmlinux")], id="affixes"
        ),
        pytest.param(
            "s := x.c y.c\nobj-$(CONFIG_A) += d.o\nd-y := $(s:.c=.o)",
            [Unit("d", "A")],
            id="suffixes",
        ),
        pytest.param(
            "obj-$(CONFIG_A) += d.o\nd-y := $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/x*.c))",
            [Unit("d", "A")],
            id="wildcard",
        ),
        pytest.param(
            "t-$(CONFIG_A) += x.o\n"
            "define T\nmy-$(1)-y := $(1).o\nobj-$(2) += my-$(1).o\nendef\n"
            "$(foreach t,$(basename $(t-y)),$(eval $(call T,$(t),y)))\n"
            "$(foreach t,$(basename $(t-m)),$(eval $(call T,$(t),m)))\n",
            [Unit("my_x", "A")],
            id="eval",
        ),
        pytest.param("x.o: y.o\n\tobj-y += x.o", [], id="recipe"),
        pytest.param(
            "ifdef CONFIG_NET\n\tobj-y += x.o\nendif", [Unit("vmlinux", "", ("NET",))], id="tab"
        ),
        pytest.param("define text\nobj-y += x.o\nendef", [], id="define"),
        pytest.param("hostprogs := gen\ngen-objs := x.o", [], id="host-program"),
        pytest.param("obj-$(CONFIG_A) += missing.o", [], id="nothing-there"),
    ],
)
def test_a_makefile_decides_the_units_of_a_file(
    tmp_path: Path, makefile: str, units: list[Unit]
) -> None:
    assert one_makefile(tmp_path, makefile, "x.c", "y.c")["x.c"] == tuple(sorted(units))


def test_a_directory_gates_what_it_holds(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "drivers/Makefile": "obj-$(CONFIG_NET) += net/",
            "drivers/net/Makefile": "obj-$(CONFIG_A) += x.o\nobj-y += y.o",
            "drivers/net/x.c": "",
            "drivers/net/y.c": "",
        },
    )
    assert found["drivers/net/x.c"] == (Unit("x", "A", ("NET",)),)
    assert found["drivers/net/y.c"] == (Unit("vmlinux", "", ("NET",)),)


def test_an_unconditional_object_below_a_module_directory_is_never_in_a_module(
    tmp_path: Path,
) -> None:
    found = read(
        tmp_path,
        {
            "drivers/Makefile": "obj-$(CONFIG_A) += a/",
            "drivers/a/Makefile": "obj-y += x.o",
            "drivers/a/x.c": "",
        },
    )
    (unit,) = found["drivers/a/x.c"]
    assert [unit.built_as({"A": value}) for value in "ymn"] == ["y", "", ""]


def test_a_directory_that_many_symbols_open_is_not_held_against_its_files(tmp_path: Path) -> None:
    symbols = [f"S{number}" for number in range(8)]
    found = read(
        tmp_path,
        {
            "Kconfig": KCONFIG + "".join(f"config {name}\n\ttristate\n" for name in symbols),
            "drivers/Makefile": "".join(f"obj-$(CONFIG_{name}) += host/\n" for name in symbols),
            "drivers/host/Makefile": "obj-$(CONFIG_A) += x.o",
            "drivers/host/x.c": "",
        },
    )
    assert found["drivers/host/x.c"] == (Unit("x", "A"),)


def test_an_included_makefile_counts_as_part_of_the_one_that_includes_it(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "drivers/Makefile": "obj-$(CONFIG_A) += gpu/",
            "drivers/gpu/Makefile": (
                "PARTS = core\nFULL = $(addsuffix /Makefile,$(addprefix $(src)/dc/,$(PARTS)))\n"
                "include $(FULL)\ngpu-y += $(DC)\nobj-$(CONFIG_A) += gpu.o"
            ),
            "drivers/gpu/dc/core/Makefile": "DC += $(addprefix dc/core/,x.o)",
            "drivers/gpu/dc/core/x.c": "",
        },
    )
    assert found["drivers/gpu/dc/core/x.c"] == (Unit("gpu", "A"),)


def test_a_pattern_rule_tells_the_source_of_an_object(tmp_path: Path) -> None:
    makefile = (
        "obj-$(CONFIG_A) += d.o\nd-y := x.pi.o\n$(obj)/%.pi.o: $(obj)/%.o FORCE\n\tobjcopy $<\n"
    )
    assert one_makefile(tmp_path, makefile, "x.c")["x.c"] == (Unit("d", "A"),)


def test_an_architecture_is_told_and_its_own_types_count(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "arch/x86/Kbuild": "obj-$(CONFIG_KVM) += kvm/",
            "arch/x86/kvm/Makefile": "include $(srctree)/virt/Makefile.kvm\nobj-$(CONFIG_KVM) += kvm.o",
            "arch/arm64/Kbuild": "obj-$(CONFIG_KVM) += kvm/",
            "arch/arm64/kvm/Makefile": "include $(srctree)/virt/Makefile.kvm\nobj-$(CONFIG_KVM) += kvm.o",
            "virt/Makefile.kvm": "kvm-y += ../../../virt/main.o",
            "virt/main.c": "",
        },
    )
    assert found["virt/main.c"] == (
        Unit("kvm", "KVM", (), "x86"),
        Unit("vmlinux", "", ("KVM",), "arm64"),
    )


def test_an_architectures_makefile_adds_directories(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "arch/x86/Makefile": "libs-y += arch/x86/lib/\ndrivers-$(CONFIG_NET) += arch/x86/pci/",
            "arch/x86/lib/Makefile": "lib-y := copy_$(BITS).o",
            "arch/x86/lib/copy_64.S": "",
            "arch/x86/pci/Makefile": "obj-y += x.o",
            "arch/x86/pci/x.c": "",
            "lib/Makefile": "obj-y += sort.o",
            "lib/sort.c": "",
        },
    )
    assert found["arch/x86/lib/copy_64.S"] == (Unit("vmlinux", "", ("64BIT",), "x86"),)
    assert found["arch/x86/pci/x.c"] == (Unit("vmlinux", "", ("NET",), "x86"),)
    assert found["lib/sort.c"] == (Unit("vmlinux"),)


def test_boot_code_is_part_of_the_kernel_and_its_tools_are_not(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "arch/x86/boot/Makefile": (
                "hostprogs := build\nbuild-objs := build.o\nsetup-y += main.o\nsetup-$(CONFIG_NET) += n.o"
            ),
            "arch/x86/boot/main.c": "",
            "arch/x86/boot/n.c": "",
            "arch/x86/boot/build.c": "",
        },
    )
    assert found["arch/x86/boot/main.c"] == (Unit("vmlinux", "", (), "x86"),)
    assert found["arch/x86/boot/n.c"] == (Unit("vmlinux", "", ("NET",), "x86"),)
    assert found["arch/x86/boot/build.c"] == ()


def test_files_that_no_makefile_builds_are_known_with_no_units(tmp_path: Path) -> None:
    found = read(tmp_path, {"Documentation/index.rst": "", "tools/perf/perf.c": ""})
    assert found["Documentation/index.rst"] == found["tools/perf/perf.c"] == ()
    assert "drivers/none.c" not in found


def test_what_is_no_source_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError) as caught:
        list(read_tree(tmp_path))
    assert caught.value.status is ExitStatus.BAD_DATA
    assert str(tmp_path) in caught.value.what


@pytest.mark.parametrize(
    ("unit", "config", "built"),
    [
        pytest.param(Unit("vmlinux"), {}, "y", id="always"),
        pytest.param(Unit("x"), {}, "m", id="always-a-module"),
        pytest.param(Unit("x", "A"), {"A": "m"}, "m", id="module"),
        pytest.param(Unit("x", "A"), {"A": "y"}, "y", id="built-in"),
        pytest.param(Unit("x", "A"), {}, "", id="off"),
        pytest.param(Unit("x", "A", ("B",)), {"A": "m", "B": "m"}, "m", id="gate-module"),
        pytest.param(Unit("x", "A", ("B",)), {"A": "y", "B": "m"}, "", id="gate-only-module"),
        pytest.param(Unit("x", "A", ("!B",)), {"A": "y", "B": "m"}, "", id="gate-must-be-off"),
        pytest.param(Unit("x", "A", ("!B",)), {"A": "y"}, "y", id="gate-is-off"),
        pytest.param(Unit("vmlinux", "", ("A=ym",)), {"A": "m"}, "y", id="gate-either"),
        pytest.param(Unit("vmlinux", "", ("A=mn",)), {"A": "y"}, "", id="gate-not-y"),
        pytest.param(Unit("x", "A"), {"A": '"text"'}, "", id="not-a-tristate-value"),
    ],
)
def test_a_configuration_decides_how_a_unit_is_built(
    unit: Unit, config: Mapping[str, str], built: str
) -> None:
    assert unit.built_as(config) == built


LISTS = """obj-$(CONFIG_A) += one.o
one-y := a.o
one-$(CONFIG_B) += b.o
ifdef CONFIG_NET
one-$(CONFIG_C) += c.o
obj-$(CONFIG_B) += d.o
else
obj-$(CONFIG_C) += d.o
endif
obj-$(CONFIG_B) += sub/
"""


def _concretely(values: Mapping[str, str]) -> dict[str, set[str]]:
    """Return what one configuration builds, worked out by hand from LISTS."""
    a, b, c = (values[name] for name in "ABC")
    net = values["NET"] == "y"
    found: dict[str, set[str]] = {name: set() for name in ("a.c", "b.c", "c.c", "d.c", "sub/e.c")}

    def part(name: str, value: str) -> None:
        if a == "m" and value in {"y", "m"}:
            found[name].add("one")
        if a == "y" and value == "y":
            found[name].add("vmlinux")

    part("a.c", "y")
    part("b.c", b)
    part("c.c", c if net else "n")
    own = b if net else c
    if own != "n":
        found["d.c"].add("vmlinux" if own == "y" else "d")
    if b != "n" and c == "m":
        found["sub/e.c"].add("e")
    if b == "y" and c == "y":
        found["sub/e.c"].add("vmlinux")
    return found


def test_every_configuration_of_a_tree_is_told_exactly(tmp_path: Path) -> None:
    files = {f"drivers/{name}.c": "" for name in "abcd"}
    found = read(
        tmp_path,
        {
            "drivers/Makefile": LISTS,
            "drivers/sub/Makefile": "obj-$(CONFIG_C) += e.o",
            "drivers/sub/e.c": "",
            **files,
        },
    )
    for values in product("ymn", "ymn", "ymn", "yn"):
        names = ("A", "B", "C", "NET")
        config: dict[str, str] = dict(zip(names, values, strict=True))
        for name, units in _concretely(config).items():
            said = {
                "vmlinux" if state == "y" else unit.module
                for unit in found[f"drivers/{name}"]
                if (state := unit.built_as(config))
            }
            assert said == units, (name, config)
