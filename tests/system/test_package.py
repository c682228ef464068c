"""Kernel packages that the user names: .deb, .rpm and folders, whole and hostile."""

from __future__ import annotations

import gzip
import io
import lzma
import random
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.errors import AdvisorError, ExitStatus
from advisor.system import package, package_aliases, package_stream
from advisor.system.package import read_kernel

DATA = Path(__file__).parents[1] / "data/packages"
RELEASE = "6.12.117+deb13-amd64"
CARD = "pci:v00008086d000015B8sv00001043sd00008672bc02sc00i00"
MODULE = (
    b"\x7fELF\0\1alias=pci:v00008086d000015B8sv*sd*bc*sc*i*\0"
    b"alias=pci:v00008086d0000156Fsv*\0name=e1000e\0"
)
INSIDE = {
    "kernel/drivers/net/ethernet/intel/e1000e/e1000e.ko.xz": lzma.compress(MODULE),
    "kernel/drivers/net/wireless/ath/ath9k/ath9k-htc.ko": b"alias=usb:v0CF3p9271d*\0",
    "kernel/sound/core/snd.ko.zst": b"not looked into",
    "modules.builtin": b"kernel/fs/ext4/ext4.ko\nkernel/drivers/virtio/virtio-ring.ko\n",
    "modules.order": b"kernel/net/vmw_vsock/vsock.ko\n",
    "modules.builtin.modinfo": b"tpm_tis.alias=pnp:d*\0ext4.alias=fs-ext4\0",
}
FILES = {
    **{f"usr/lib/modules/{RELEASE}/{path}": content for path, content in INSIDE.items()},
    f"boot/vmlinuz-{RELEASE}": b"MZ",
    f"usr/share/doc/linux-image-{RELEASE}/changelog.gz": gzip.compress(
        b"linux (6.12.117-1) trixie-security\n  * fix (CVE-2026-53362, CVE-2026-99999999)\n"
    ),
}
CONTROL = f"Package: linux-image-{RELEASE}\nVersion: 6.12.117-1\n"


def tar(files: dict[str, bytes], form: str = "xz", style: int = tarfile.GNU_FORMAT) -> bytes:
    """Return a packed tar."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=style) as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(f"./{path}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("./lib")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    if form == "xz":
        return lzma.compress(out.getvalue())
    return gzip.compress(out.getvalue()) if form == "gz" else out.getvalue()


def ar(members: dict[str, bytes]) -> bytes:
    """Return an ar archive."""
    whole = b"!<arch>\n"
    for name, content in members.items():
        whole += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content
        whole += b"\n" * (len(content) % 2)
    return whole


def deb(files: dict[str, bytes], form: str = "xz", style: int = tarfile.GNU_FORMAT) -> bytes:
    control = {"control": CONTROL.encode()}
    ending = f".{form}" if form else ""
    return ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar.xz": tar(control),
            f"data.tar{ending}": tar(files, form, style),
        }
    )


@pytest.mark.parametrize("form", ["xz", "gz", ""])
@pytest.mark.parametrize("style", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_deb_tells_release_modules_aliases_and_cves(tmp_path: Path, form: str, style: int) -> None:
    path = tmp_path / "linux.deb"
    path.write_bytes(deb(FILES, form, style))
    given = read_kernel(path)
    kernel, modules = given.kernel, given.modules
    assert (kernel.release, kernel.package, kernel.package_version) == (
        RELEASE,
        f"linux-image-{RELEASE}",
        "6.12.117-1",
    )
    assert kernel.cves == {"CVE-2026-53362"}
    assert kernel.cves_source == "the changelog in linux.deb"
    assert modules is not None
    assert modules.available == frozenset({"e1000e", "ath9k_htc", "snd", "vsock"})
    assert modules.builtin == frozenset({"ext4", "virtio_ring"})
    assert modules.serves is not None
    assert modules.serves.get(CARD) == ("e1000e",)
    assert modules.serves.get("usb:v0CF3p9271d0108dc00") == ("ath9k_htc",)
    assert modules.serves.get("fs-ext4") == ("ext4",)
    assert modules.serves.get("pnp:dTCM5094") is None


def test_deb_with_long_paths_is_read(tmp_path: Path) -> None:
    deep = "kernel/drivers/net/" + "/".join(["a" * 40] * 6)
    path = tmp_path / "linux.deb"
    for style in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path.write_bytes(deb({f"lib/modules/{RELEASE}/{deep}/deep-one.ko": b"x"}, style=style))
        modules = read_kernel(path).modules
        assert modules is not None
        assert modules.available == frozenset({"deep_one"})


def test_deb_of_an_image_without_modules_tells_its_release(tmp_path: Path) -> None:
    path = tmp_path / "linux.deb"
    path.write_bytes(deb({"usr/share/doc/x/copyright": b""}))
    given = read_kernel(path)
    assert given.kernel.release == RELEASE
    assert given.modules is None


@pytest.mark.parametrize(
    "form",
    [
        "xz",
        pytest.param(
            "zst", marks=pytest.mark.skipif(shutil.which("zstd") is None, reason="no zstd here")
        ),
    ],
)
def test_rpm_tells_release_modules_and_cves(form: str) -> None:
    given = read_kernel(DATA / f"kernel-{form}.rpm")
    assert given.kernel.release == "6.18.44-200.fc43.x86_64"
    assert given.kernel.package == "kernel-modules-core"
    assert given.kernel.package_version == "6.18.44-200.fc43"
    assert given.kernel.cves == {"CVE-2026-53362", "CVE-2026-11111", "CVE-2026-22222"}
    assert given.modules is not None
    assert given.modules.available == frozenset({"e1000e"})
    assert given.modules.builtin == frozenset({"ext4"})
    assert given.modules.serves is not None
    assert given.modules.serves.get(CARD) == ("e1000e",)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb here")
def test_deb_made_by_dpkg_is_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for path, content in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN/control").write_text(
        f"{CONTROL}Architecture: amd64\nMaintainer: x\nDescription: x\n"
    )
    made = tmp_path / "linux.deb"
    subprocess.run(["dpkg-deb", "-b", str(root), str(made)], check=True, capture_output=True)
    modules = read_kernel(made).modules
    assert modules is not None
    assert modules.builtin == frozenset({"ext4", "virtio_ring"})


def test_folder_is_read_like_a_package(tmp_path: Path) -> None:
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    folder = tmp_path / f"usr/lib/modules/{RELEASE}"
    (folder / "modules.alias").write_text(
        "# Aliases\nalias pci:v00008086d000015B8sv*sd*bc*sc*i* e1000e\nalias usb:* catchall\n"
    )
    (folder / "modules.dep").symlink_to("/etc/passwd")
    for named in (tmp_path, folder):
        given = read_kernel(named)
        assert given.kernel.release == RELEASE
        assert given.modules is not None
        assert given.modules.serves is not None
        assert given.modules.serves.get(CARD) == ("e1000e",)
        assert given.modules.serves.get("usb:v0CF3p9271d0108dc00") is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello, this is no package", id="text"),
        pytest.param(b"!<arch>\n", id="deb-without-members"),
        pytest.param(deb(FILES)[:900], id="deb-cut"),
        pytest.param(ar({"debian-binary": b"2.0\n", "data.tar.xz": b"\xfd7zXZ\0garbage"}), id="deb-bad-xz"),
        pytest.param(ar({"debian-binary": b"2.0\n", "data.tar.br": b"x"}), id="deb-unknown-packing"),
        pytest.param(ar({"data.tar": b"x" * 124 + b"zzzzzzzzzzzz" + b"y" * 400}), id="deb-bad-size"),
        pytest.param(ar({"data.tar": tar({"x": b"y"}, "")[:600]}), id="deb-tar-cut"),
        pytest.param(ar({"data.tar.xz": tar({"usr/share/doc/x/copyright": b""})}), id="no-kernel"),
        pytest.param((DATA / "kernel-xz.rpm").read_bytes()[:3000], id="rpm-cut"),
        pytest.param((DATA / "kernel-xz.rpm").read_bytes()[:96], id="rpm-lead-only"),
    ],
)  # fmt: skip
def test_damaged_package_gives_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "linux.pkg"
    path.write_bytes(content)
    with pytest.raises(AdvisorError) as caught:
        read_kernel(path)
    assert caught.value.status is ExitStatus.BAD_DATA
    assert str(path) in caught.value.what


def test_missing_package_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(AdvisorError) as caught:
        read_kernel(tmp_path / "nothing.deb")
    assert caught.value.status is ExitStatus.IO


def test_bomb_is_refused_with_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_stream, "MOST_BYTES", 1 << 20)
    path = tmp_path / "bomb.deb"
    path.write_bytes(deb({"usr/share/zeros": bytes(4 << 20)}))
    with pytest.raises(AdvisorError, match="it holds more than"):
        read_kernel(path)


def test_module_that_unpacks_to_too_much_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_aliases, "_MOST_MODULE_BYTES", 1 << 20)
    bomb = lzma.compress(bytes(2 << 20))
    path = tmp_path / "linux.deb"
    path.write_bytes(deb({**FILES, f"lib/modules/{RELEASE}/kernel/drivers/net/bomb.ko.xz": bomb}))
    modules = read_kernel(path).modules
    assert modules is not None
    assert modules.serves is not None
    assert modules.serves.get(CARD) == ("e1000e",)


def test_package_packed_with_zstd_needs_zstd(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(package_stream, "has_zstd", lambda: False)
    with pytest.raises(AdvisorError) as caught:
        read_kernel(DATA / "kernel-zst.rpm")
    assert caught.value.status is ExitStatus.IO
    assert "zstd" in caught.value.hint


@pytest.mark.parametrize(
    "way", [package_aliases.has_zstd, lambda: False], ids=["library", "command"]
)
def test_package_packed_with_zstd_is_read_by_library_or_command(
    way: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("zstd") is None:
        pytest.skip("no zstd here")
    monkeypatch.setattr(package_stream, "has_zstd", way)
    assert read_kernel(DATA / "kernel-zst.rpm").kernel.release == "6.18.44-200.fc43.x86_64"


def test_package_whose_zstd_is_damaged_gives_an_error(tmp_path: Path) -> None:
    content = bytearray((DATA / "kernel-zst.rpm").read_bytes())
    content[-60:] = bytes(60)
    path = tmp_path / "kernel.rpm"
    path.write_bytes(content)
    with pytest.raises(AdvisorError) as caught:
        read_kernel(path)
    assert caught.value.status is ExitStatus.BAD_DATA


@pytest.mark.skipif(shutil.which("zstd") is None, reason="no zstd here")
@pytest.mark.parametrize("has_library", [True, False])
def test_modules_packed_with_zstd_tell_their_aliases_where_it_can_be_unpacked(
    has_library: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if has_library and not package_aliases.has_zstd():
        pytest.skip("no libzstd here")
    monkeypatch.setattr(package, "has_zstd", lambda: has_library)
    folder = f"lib/modules/{RELEASE}/kernel/drivers/net"
    packed = subprocess.run(
        ["zstd", "-cq"],
        input=b"\0alias=pci:v0000104Cd00008036*\0",
        check=True,
        capture_output=True,
    )
    path = tmp_path / "linux.deb"
    path.write_bytes(deb({f"{folder}/newcard.ko.zst": packed.stdout}))
    modules = read_kernel(path).modules
    assert modules is not None
    assert modules.available == frozenset({"newcard"})
    if has_library:
        assert modules.serves is not None
        assert modules.serves.get("pci:v0000104Cd00008036sv00") == ("newcard",)
    else:
        assert modules.serves is None


def test_aliases_are_asked_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "linux.deb"
    odd = b"name=x.alias=usb:vFFFF*\0alias=\xff\0alias=\x01\0alias=\0alias=pci:v00001234*"
    path.write_bytes(deb({**FILES, f"lib/modules/{RELEASE}/kernel/net/odd.ko": odd}))
    modules = read_kernel(path).modules
    assert modules is not None
    served = modules.serves
    assert served
    assert list(served) == []
    assert len(served) == 0
    assert served.get("pci:v00001234d0") is None
    assert served.get(CARD) == ("e1000e",)


def test_control_file_that_says_nothing_leaves_the_names_empty(tmp_path: Path) -> None:
    path = tmp_path / "linux.deb"
    data = tar(FILES)
    path.write_bytes(ar({"control.tar.xz": tar({"md5sums": b"", "x": b""}), "data.tar.xz": data}))
    assert read_kernel(path).kernel.package == ""
    path.write_bytes(ar({"odd": b"odd", "data.tar.xz": data}))
    assert read_kernel(path).kernel.release == RELEASE


def test_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    header = bytearray(512)
    header[124:136] = b"00000777777\0"
    header[156:157] = b"L"
    path = tmp_path / "linux.deb"
    path.write_bytes(ar({"data.tar": bytes(header)}))
    with pytest.raises(AdvisorError, match="a name in it is too long"):
        read_kernel(path)


@pytest.mark.parametrize(
    ("at", "text", "what"),
    [
        (0, b"070709", "not in the form"),
        (14, b"zzzzzzzz", "has no size"),
        (94, b"00100000", "too long"),
    ],
)
def test_rpm_with_damaged_files_is_refused(tmp_path: Path, at: int, text: bytes, what: str) -> None:
    entry = bytearray(b"070701" + b"00000000" * 13)
    entry[94:102] = b"00000002"
    entry[at : at + len(text)] = text
    whole = (DATA / "kernel-xz.rpm").read_bytes()
    start = whole.index(b"\xfd7zXZ\0")
    path = tmp_path / "kernel.rpm"
    path.write_bytes(whole[:start] + lzma.compress(bytes(entry) + b"x\0" + bytes(600)))
    with pytest.raises(AdvisorError, match=what):
        read_kernel(path)


def test_rpm_with_a_huge_header_is_refused(tmp_path: Path) -> None:
    whole = bytearray((DATA / "kernel-xz.rpm").read_bytes())
    whole[96 + 8 : 96 + 16] = b"\xff" * 8
    path = tmp_path / "kernel.rpm"
    path.write_bytes(whole)
    with pytest.raises(AdvisorError, match="its header is too large"):
        read_kernel(path)


def test_nothing_is_written_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "linux.deb"
    path.write_bytes(deb({**FILES, "../../../evil": b"x", "/absolute": b"x"}))
    read_kernel(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("seed", range(60))
def test_package_with_changed_bytes_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    whole = bytearray(deb(FILES, "") if seed % 2 else (DATA / "kernel-xz.rpm").read_bytes())
    chance = random.Random(seed)  # noqa: S311 - a test's noise
    for _ in range(chance.randint(1, 40)):
        whole[chance.randrange(8, len(whole))] = chance.randrange(256)
    path = tmp_path / "linux.pkg"
    path.write_bytes(whole[: chance.randrange(100, len(whole))] if seed % 3 else whole)
    try:
        given = read_kernel(path)
    except AdvisorError as error:
        assert error.status is ExitStatus.BAD_DATA  # noqa: PT017 - reading it whole is as good
    else:
        assert given.kernel.release
        if given.modules is not None and given.modules.serves is not None:
            given.modules.serves.get(CARD)
