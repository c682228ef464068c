"""The map of kernel files: its text form, several releases in one, and the one in data/."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build.kbuild import (
    SourceFile,
    Unit,
    load_maps,
    merge,
    read_map,
    save_maps,
    write_map,
)

DATA = Path(__file__).parents[2] / "data/kernel-files"
RELEASES = ("6.1", "6.12")

WORDS = st.from_regex(r"[A-Za-z0-9_]{1,8}", fullmatch=True)
GATES = st.builds(
    "".join, st.tuples(st.sampled_from(["", "!"]), WORDS, st.sampled_from(["", "=ym"]))
)
HAVE = st.sampled_from([(), ("6.1",), ("6.12",)])
UNITS = st.builds(
    Unit,
    WORDS,
    st.one_of(st.just(""), WORDS),
    st.lists(GATES, max_size=3).map(tuple),
    st.one_of(st.just(""), WORDS),
    HAVE,
)
NAMES = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=8)
FILES = st.lists(
    st.builds(
        SourceFile,
        st.lists(NAMES, min_size=1, max_size=3).map("/".join),
        st.lists(UNITS, max_size=3).map(tuple),
        st.sampled_from([RELEASES, ("6.1",), ("6.12",)]),
    ),
    max_size=12,
    unique_by=lambda file: file.path,
)


@settings(deadline=None)
@given(FILES)
def test_a_map_that_was_written_is_read_back(files: list[SourceFile]) -> None:
    lines = list(write_map(files, RELEASES))
    assert sorted(read_map(lines)) == sorted(files)
    assert lines == list(write_map(reversed(files), RELEASES))


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_text_is_read_as_a_map_or_refused(lines: list[str]) -> None:
    with suppress(AdvisorError):
        assert all(file.path for file in read_map(lines))


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        pytest.param(["#something else\n"], 1, id="header"),
        pytest.param(["#advisor.kernel-files/1 6.1\n", "net\t*\t-\n"], 2, id="columns"),
    ],
)
def test_a_damaged_map_is_refused_with_its_line(lines: list[str], number: int) -> None:
    with pytest.raises(AdvisorError, match=f"line {number}"):
        list(read_map(lines))


def test_merging_keeps_which_release_has_a_file_and_a_unit() -> None:
    old, new, gated = Unit("ntfs3", "NTFS3_FS"), Unit("ntfs", "NTFS_FS"), Unit("x", "X", ("Y",))
    found = merge(
        {
            "6.1": [SourceFile("fs/n.c", (old,)), SourceFile("fs/old.c", (gated,))],
            "6.12": [SourceFile("fs/n.c", (old,)), SourceFile("fs/same.c", (gated,))],
            "7.3": [SourceFile("fs/n.c", (new,)), SourceFile("fs/same.c", (gated,))],
        }
    )
    assert list(found) == [
        SourceFile(
            "fs/n.c",
            (new._replace(releases=("7.3",)), old._replace(releases=("6.1", "6.12"))),
            ("6.1", "6.12", "7.3"),
        ),
        SourceFile("fs/old.c", (gated,), ("6.1",)),
        SourceFile("fs/same.c", (gated,), ("6.12", "7.3")),
    ]


def test_saving_replaces_what_was_there(tmp_path: Path) -> None:
    save_maps([SourceFile("gone/x.c", ())], ("6.1",), tmp_path)
    files = [
        SourceFile("COPYING", (), ("6.1",)),
        SourceFile("net/x.c", (Unit("x", "X"),), ("6.1",)),
    ]
    save_maps(files, ("6.1",), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.tsv", "top.tsv"]
    assert sorted(load_maps(tmp_path)) == files


def test_a_missing_map_is_told(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError) as caught:
        list(load_maps(tmp_path))
    assert caught.value.status is ExitStatus.NO_DATABASE


@pytest.fixture(scope="module")
def shipped() -> dict[str, SourceFile]:
    return {file.path: file for file in load_maps(DATA)}


@pytest.mark.parametrize(
    ("path", "modules"),
    [
        pytest.param("drivers/net/ethernet/intel/e1000e/netdev.c", ["e1000e"], id="composite"),
        pytest.param("net/dccp/ipv4.c", ["dccp_ipv4"], id="gone-since"),
        pytest.param("fs/ntfs/inode.c", ["ntfs"], id="only-in-the-newest"),
        pytest.param("fs/smb/client/connect.c", ["cifs"], id="moved"),
        pytest.param("fs/xfs/libxfs/xfs_alloc.c", ["xfs"], id="xfs"),
        pytest.param("drivers/gpu/drm/amd/display/dc/core/dc.c", ["amdgpu"], id="amdgpu"),
        pytest.param("drivers/gpu/drm/nouveau/nvkm/core/client.c", ["nouveau"], id="nouveau"),
        pytest.param("drivers/gpu/drm/i915/display/intel_dp.c", ["i915", "xe"], id="two-drivers"),
        pytest.param("drivers/thunderbolt/tb.c", ["thunderbolt"], id="other-symbol"),
        pytest.param("drivers/net/ethernet/mellanox/mlx5/core/main.c", ["mlx5_core"], id="mlx5"),
        pytest.param("drivers/bluetooth/btmtk.c", ["btmtk"], id="btmtk"),
        pytest.param("drivers/virtio/virtio_ring.c", ["virtio_ring"], id="virtio"),
        pytest.param("drivers/net/ethernet/3com/3c509.c", ["3c509"], id="isa"),
        pytest.param("net/ipv4/tcp.c", ["vmlinux"], id="core"),
        pytest.param("net/bluetooth/l2cap_core.c", ["bluetooth"], id="bluetooth"),
        pytest.param("net/mac80211/rx.c", ["mac80211"], id="mac80211"),
        pytest.param("net/netfilter/nf_tables_api.c", ["nf_tables"], id="nf-tables"),
        pytest.param("net/sched/sch_api.c", ["vmlinux"], id="bool"),
        pytest.param("kernel/sched/rt.c", ["vmlinux"], id="c-in-c"),
        pytest.param("drivers/usb/host/ehci-sched.c", ["ehci_hcd"], id="c-in-driver"),
        pytest.param("arch/x86/kvm/vmx/vmx.c", ["kvm_intel"], id="kvm"),
        pytest.param("arch/x86/kernel/traps.c", ["vmlinux"], id="arch"),
        pytest.param("include/net/sock.h", ["several"], id="header-of-many"),
        pytest.param("drivers/net/ethernet/intel/e1000e/hw.h", ["e1000e"], id="header-of-one"),
        pytest.param("Documentation/index.rst", [], id="documentation"),
        pytest.param("tools/perf/builtin-top.c", [], id="tool"),
    ],
)
def test_the_shipped_map_knows_a_file(
    shipped: dict[str, SourceFile], path: str, modules: list[str]
) -> None:
    assert sorted({unit.module for unit in shipped[path].units}) == modules


def test_the_shipped_map_does_not_know_what_no_tree_has(shipped: dict[str, SourceFile]) -> None:
    assert "drivers/net/ethernet/intel/e1000e/nothing.c" not in shipped


def test_the_shipped_map_says_which_releases_have_a_file(shipped: dict[str, SourceFile]) -> None:
    assert shipped["net/dccp/ipv4.c"].releases == ("6.1", "6.12")
    assert shipped["fs/ntfs/inode.c"].releases == ("7.3",)


def test_the_shipped_map_is_in_its_one_form(shipped: dict[str, SourceFile], tmp_path: Path) -> None:
    save_maps(shipped.values(), ("6.1", "6.12", "7.3"), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in DATA.iterdir()
    }
