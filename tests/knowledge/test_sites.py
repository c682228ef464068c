"""Places: what a file is compiled into, written and read back, under a configuration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.knowledge.sites import (
    Site,
    TreesAround,
    Unit,
    nearest_tree,
    parse_site,
    parse_units,
    present_path,
    sites_text,
    units_text,
)
from advisor.model.version import Series

WORDS = st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True)
GATES = st.lists(st.from_regex(r"!?[A-Z0-9_]{1,8}(=[ymn]{1,2})?", fullmatch=True), max_size=3)
UNITS = st.builds(
    Unit,
    WORDS,
    st.just("") | WORDS,
    GATES.map(tuple),
    st.sampled_from(["", "x86", "arm,arm64"]),
    st.sampled_from([(), ("6.1",), ("6.1", "6.12")]),
)


@given(st.lists(UNITS, max_size=4).map(tuple))
def test_units_come_back_from_their_text(units: tuple[Unit, ...]) -> None:
    assert parse_units(units_text(units)) == units


@given(st.text(st.characters(codec="ascii", exclude_characters="\n"), max_size=60))
def test_any_line_is_a_site_or_refused(line: str) -> None:
    try:
        parse_site(line)
    except ValueError:
        return


def test_sites_say_which_files_no_tree_has() -> None:
    text = sites_text(["a/b.c", "gone.c", "doc.rst"], {"a/b.c": (Unit("b"),), "doc.rst": ()})
    sites = [parse_site(line) for line in text.split("\n")]
    assert sites == [
        Site("a/b.c", (Unit("b"),), known=True),
        Site("gone.c", (), known=False),
        Site("doc.rst", (), known=True),
    ]


@pytest.mark.parametrize(
    ("unit", "config", "built"),
    [
        pytest.param(Unit("one", "ONE"), {"ONE": "m"}, "m", id="module"),
        pytest.param(Unit("one", "ONE"), {"ONE": "y"}, "y", id="built-in"),
        pytest.param(Unit("one", "ONE"), {}, "", id="off"),
        pytest.param(Unit("one", "ONE", ("NET",)), {"ONE": "m"}, "", id="gate-off"),
        pytest.param(
            Unit("one", "ONE", ("NET",)), {"ONE": "m", "NET": "m"}, "m", id="gate-m-for-m"
        ),
        pytest.param(Unit("one", "ONE", ("NET",)), {"ONE": "y", "NET": "m"}, "", id="gate-m-for-y"),
        pytest.param(Unit("one", "ONE", ("!OLD",)), {"ONE": "m", "OLD": "y"}, "", id="must-be-off"),
        pytest.param(Unit("one", "ONE", ("KVM=ym",)), {"ONE": "y", "KVM": "m"}, "y", id="either"),
        pytest.param(Unit("one", "", ("NET",)), {"NET": "m"}, "m", id="module-without-a-symbol"),
        pytest.param(Unit("one", "ONE"), {"ONE": "0x10"}, "", id="a-number-is-no-state"),
        pytest.param(
            Unit("one", "ONE", ("CPUS",)), {"ONE": "m", "CPUS": "64"}, "", id="nor-a-gate"
        ),
        pytest.param(
            Unit("one", "ONE", ("!CPUS",)), {"ONE": "m", "CPUS": "64"}, "m", id="it-is-off-then"
        ),
        pytest.param(Unit("vmlinux", "", ("SMP",)), {"SMP": "y"}, "y", id="image"),
        pytest.param(Unit("vmlinux", "", ("SMP",)), {}, "", id="image-off"),
    ],
)
def test_unit_is_built_as_the_configuration_says(
    unit: Unit, config: dict[str, str], built: str
) -> None:
    assert unit.built_as(config) == built


def test_symbols_are_those_that_must_be_on() -> None:
    assert Unit("one", "ONE", ("!OLD", "KVM=ym", "NET")).symbols == ("ONE", "KVM", "NET")


@pytest.mark.parametrize(
    ("path", "now"),
    [
        ("fs/cifs/connect.c", "fs/smb/client/connect.c"),
        ("fs/cifs/deep/er.c", "fs/smb/client/deep/er.c"),
        ("fs/io_uring.c", "io_uring/io_uring.c"),
        ("fs/ext4/super.c", "fs/ext4/super.c"),
        ("Makefile", "Makefile"),
    ],
)
def test_path_of_the_past_is_found_where_it_went(path: str, now: str) -> None:
    moved = {"fs/cifs/": "fs/smb/client/", "fs/io_uring.c": "io_uring/io_uring.c"}
    assert present_path(path, moved) == now


@pytest.mark.parametrize(
    ("series", "tree"),
    [((5, 10), "6.1"), ((6, 1), "6.1"), ((6, 6), "6.1"), ((6, 12), "6.12"), ((7, 9), "7.3")],
)
def test_series_asks_the_newest_tree_that_is_not_after_it(
    series: tuple[int, int], tree: str
) -> None:
    assert nearest_tree(("7.3", "6.1", "6.12"), Series(*series)) == tree


def test_units_of_a_tree_are_those_it_has() -> None:
    old, new = Unit("ipv6", "IPV6", (), "", ("6.1", "6.12")), Unit("vmlinux", "", (), "", ("7.3",))
    site = Site("net/ipv6/ip6_output.c", (old, new), known=True)
    assert site.units_in("6.12") == (old,)
    assert site.units_in("7.3") == (new,)
    assert site.units_in("5.10") == (old, new)


@pytest.mark.parametrize(
    ("series", "modules", "mapped"),
    [
        pytest.param(Series(5, 10), "old", False, id="before every tree"),
        pytest.param(Series(6, 1), "old", True, id="the oldest"),
        pytest.param(Series(6, 6), "old mid", True, id="between two"),
        pytest.param(Series(6, 12), "mid", True, id="one of them"),
        pytest.param(Series(7, 0), "mid new", True, id="between the others"),
        pytest.param(Series(7, 3), "new", True, id="the newest"),
        pytest.param(Series(7, 9), "new", False, id="after every tree"),
        pytest.param(None, "old mid new", False, id="not known"),
    ],
)
def test_series_between_two_trees_is_answered_by_both(
    series: Series | None, modules: str, mapped: bool
) -> None:
    releases = {"old": "6.1", "mid": "6.12", "new": "7.3"}
    units = tuple(Unit(name, "", (), "", (tree,)) for name, tree in releases.items())
    around = TreesAround(series, ("7.3", "6.1", "6.12"))
    site = Site("net/x.c", units, known=True)
    assert [unit.module for unit in around.units(site)] == modules.split()
    assert around.mapped is mapped
    lone = Site("net/y.c", units[:1], known=True)
    assert around.units(lone) == units[:1]


def test_file_is_all_that_it_ever_was_where_no_tree_was_read() -> None:
    units = (Unit("old", "", (), "", ("6.1",)), Unit("new", "", (), "", ("7.3",)))
    around = TreesAround(Series(6, 1), ())
    assert around.units(Site("net/x.c", units, known=True)) == units
    assert not around.mapped
    assert nearest_tree((), Series(6, 1)) == ""
