"""What is kept of a file: enough for the answer, and nothing that is private."""

from __future__ import annotations

import bz2
import ctypes.util
import gzip
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.system.agent.keep import TRANSFORMS, kept
from advisor.system.agent.manifest import Rule
from advisor.system.agent.unpack import stanzas_of_pieces

PACKAGES = b"""Package: 0ad
Version: 1.0
Description: a game

Package: linux-image-6.12.94+deb13-amd64
Source: linux-signed-amd64 (6.12.94+1)
Version: 6.12.94-1
Installed-Size: 100
Maintainer: Somebody <somebody@example.org>
Depends: kmod, linux-base
Description: Linux 6.12

Package: linux-image-6.12.94+deb13-amd64-dbg
Version: 6.12.94-1

Package: linux-libc-dev
Version: 6.12.94-1

Package: proxmox-kernel-6.8.12-4-pve-signed
Version: 6.8.12-4
"""
KERNELS = b"""Package: linux-image-6.12.94+deb13-amd64
Source: linux-signed-amd64 (6.12.94+1)
Version: 6.12.94-1
Depends: kmod, linux-base

Package: proxmox-kernel-6.8.12-4-pve-signed
Version: 6.8.12-4

"""


def keep(how: str, content: bytes, limit: int = 1 << 20) -> bytes:
    return kept(content, Rule(limit, how))


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(bytes, id="plain"),
        pytest.param(gzip.compress, id="gzip"),
        pytest.param(lzma.compress, id="xz"),
        pytest.param(bz2.compress, id="bzip2"),
    ],
)
def test_stanzas_only_those_of_kernels_are_kept(pack: type[bytes]) -> None:
    assert keep("stanzas", pack(PACKAGES)) == KERNELS


@pytest.mark.skipif(ctypes.util.find_library("lz4") is None, reason="needs liblz4")
def test_stanzas_of_a_list_packed_with_lz4_are_kept() -> None:
    library = ctypes.CDLL("liblz4.so.1")
    library.LZ4F_compressFrameBound.restype = ctypes.c_size_t
    library.LZ4F_compressFrame.restype = ctypes.c_size_t
    filler = b"".join(b"Package: p%d\nVersion: 1\n\n" % n for n in range(400_000))
    data = filler + PACKAGES
    bound = library.LZ4F_compressFrameBound(ctypes.c_size_t(len(data)), None)
    room = ctypes.create_string_buffer(bound)
    size = library.LZ4F_compressFrame(
        room, ctypes.c_size_t(bound), data, ctypes.c_size_t(len(data)), None
    )
    packed = room.raw[:size]
    assert keep("stanzas", packed, 1 << 26) == KERNELS
    with pytest.raises(OSError, match="too large"):
        keep("stanzas", packed, 1 << 20)
    with pytest.raises(OSError, match="damaged"):
        keep("stanzas", packed[:4000] + b"\xff" * 4000 + packed[8000:], 1 << 26)


@pytest.mark.parametrize("size", [1, 7, 60, 300])
def test_stanzas_do_not_depend_on_where_a_list_is_cut(size: int) -> None:
    pieces = (PACKAGES[at : at + size] for at in range(0, len(PACKAGES), size))
    assert b"".join(stanzas_of_pieces(pieces)) == KERNELS


def test_stanzas_of_a_list_that_unpacks_without_end_is_an_error() -> None:
    bomb = gzip.compress(b"\n\n" * (8 << 20))
    assert len(bomb) < 100_000
    with pytest.raises(OSError, match="too large"):
        keep("stanzas", bomb, 1 << 20)


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(PACKAGES, mtime=0)[:80], b"\x1f\x8b" + b"x" * 50],
    ids=["cut off", "no gzip"],
)
def test_stanzas_of_a_damaged_list_are_an_error(packed: bytes) -> None:
    with pytest.raises(OSError, match="damaged"):
        keep("stanzas", packed)


def test_mounts_keep_no_passwords() -> None:
    table = (
        b"# comment\n"
        b"//nas/share /mnt/nas cifs rw,user,username=alice,password=secret,_netdev 0 0\n"
        b"UUID=1 / ext4 errors=remount-ro 0 1\n"
        b"short\n"
    )
    assert keep("mounts", table) == b"//nas/share /mnt/nas cifs rw,user\nUUID=1 / ext4 -\n"


def test_modules_keep_no_addresses() -> None:
    table = (
        b"zfs 100 3 - Live 0xffffffffc0a81000 (POE)\nbtmtk 20 1 btusb, Live 0xffffffffc1504000\n"
    )
    assert keep("modules", table) == b"zfs 100 3 - Live (POE)\nbtmtk 20 1 btusb, Live\n"


def test_routes_keep_the_default_without_addresses() -> None:
    table = (
        b"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
        b"eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\n"
        b"eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\n"
    )
    rows = keep("routes", table).splitlines()
    assert rows[1:] == [b"eth0\t00000000\t00000000\t0003\t0\t0\t100\t00000000"]
    row = b"0" * 32 + b" 00 " + b"0" * 32 + b" 00 fe80000000000000020000fffe000001 0 0 0 3 eth0\n"
    local = b"fe80" + b"0" * 28 + b" 40 " + b"0" * 32 + b" 00 " + b"0" * 32 + b" 0 0 0 1 eth0\n"
    kept_rows = keep("routes6", row + local)
    assert kept_rows.split() == [
        b"0" * 32,
        b"00",
        b"0" * 32,
        b"00",
        b"0" * 32,
        b"0",
        b"0",
        b"0",
        b"3",
        b"eth0",
    ]


def test_first_and_last_words_tell_what_is_there_and_not_whose() -> None:
    assert keep("first", b"TCP  C0A80001:0050 rr\n\n  -> C0A80002:0050\n") == b"TCP\n->\n"
    assert keep("last", b"fe80000000000000020000fffe000001 02 40 20 80     eth0\n") == b"eth0\n"


def test_changelog_keeps_its_cve_ids() -> None:
    text = b"linux (6.12.94-1) stable\n  * fix (CVE-2025-12345)\n  * CVE-2024-1 CVE-2024-26581, again\n"
    assert keep("cves", gzip.compress(text)) == b"CVE-2024-26581\nCVE-2025-12345\n"
    assert keep("new-cves", gzip.compress(text)) == b"CVE-2024-26581\nCVE-2025-12345\n"
    far = text + b"x" * (3 << 20) + b"CVE-2020-9999"
    assert b"CVE-2020-9999" not in keep("new-cves", gzip.compress(far))
    assert b"CVE-2020-9999" in keep("cves", gzip.compress(far), 8 << 20)


def test_pacman_and_apk_databases_keep_their_kernels() -> None:
    desc = (
        b"%FILENAME%\nx\n\n%NAME%\nlinux-lts\n\n%VERSION%\n6.6.63-1\n\n%PACKAGER%\nSomebody <a@b>\n"
    )
    assert keep("desc", gzip.compress(desc)) == b"%NAME%\nlinux-lts\n\n%VERSION%\n6.6.63-1\n\n"
    assert keep("desc", desc.replace(b"linux-lts", b"linux-lts-headers")) == b""
    index = b"C:Q1x\nP:linux-lts\nV:6.12.30-r0\nA:x86_64\nm:Somebody\n\nP:bash\nV:5-r0\n"
    assert keep("apk", index) == b"P:linux-lts\nV:6.12.30-r0\n\n"
    assert keep("apk-world", b"bash linux-lts=6.12.30-r0 mc\n") == b"linux-lts=6.12.30-r0\n"
    assert (
        keep("ignored", b"[options]\nIgnorePkg = linux\nSigLevel = x\n") == b"IgnorePkg = linux\n"
    )


@pytest.mark.parametrize("how", sorted(TRANSFORMS))
@given(content=st.binary(max_size=300))
def test_keeping_twice_changes_nothing_and_never_breaks(how: str, content: bytes) -> None:
    try:
        once = keep(how, content)
    except OSError:
        return
    assert keep(how, once) == once
