"""Updates: signed, newer, whole, or what is installed stays."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import lzma
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import AdvisorError
from advisor.knowledge.build import fetch, signature
from advisor.knowledge.build.database import compile_database
from advisor.knowledge.build.manifest import NAME, SIGNATURE, Manifest, parse_manifest
from advisor.knowledge.build.publish import FILE, pack, publish
from advisor.knowledge.build.update import Request, Updated, update
from advisor.knowledge.store import KnowledgeBase
from tests.knowledge.small import open_ids, parts, record
from tests.knowledge.test_cna import write_clone, write_folder, write_tar

NOW = 1_795_000_000  # 18 November 2026
OLD, NEW = 20260821, 20261101
FIRST, SECOND = record("CVE-2026-1000", "6.1:6.2"), record("CVE-2026-2000", "6.1:0")


class Shop(NamedTuple):
    """Somebody who publishes updates, and a machine that takes them."""

    key: Path
    signers: Path
    offered: Path
    home: Path
    base: Path

    def request(self, source: str, *, now: int = NOW, trust_unsigned: bool = False) -> Request:
        return Request(
            source=source,
            folder=self.home,
            installed=(self.base,),
            base=self.base,
            now=now,
            signers=self.signers,
            trust_unsigned=trust_unsigned,
        )

    def take(self, now: int = NOW) -> Updated:
        return update(self.request(str(self.offered), now=now))

    def resign(self, **changes: object) -> None:
        """Change the manifest and sign it again, as only the holder of the key can."""
        value = json.loads((self.offered / NAME).read_text())
        body = json.dumps({**value, **changes}).encode()
        (self.offered / NAME).write_bytes(body)
        (self.offered / SIGNATURE).write_bytes(signature.sign(body, self.key))

    def replace(self, packed: bytes) -> None:
        """Offer another file, and sign that it is the right one."""
        (self.offered / FILE).write_bytes(packed)
        self.resign(sha256=hashlib.sha256(packed).hexdigest())


def make_key(folder: Path, name: str) -> Path:
    key = folder / name
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)]
    subprocess.run(argv, check=True)
    return key


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return make_key(folder, "mine"), make_key(folder, "theirs")


@pytest.fixture
def shop(tmp_path: Path, keys: tuple[Path, Path]) -> Shop:
    key = keys[0]
    signers = tmp_path / "signers"
    public = key.with_suffix(".pub").read_text()
    signers.write_text(f'# a comment\nadvisor-update namespaces="advisor-knowledge" {public}')
    base, fresh = tmp_path / "base.sqlite", tmp_path / "fresh.sqlite"
    compile_database(base, parts(FIRST, serial=OLD))
    compile_database(fresh, parts(FIRST, SECOND, serial=NEW))
    offered = tmp_path / "offered"
    publish(fresh, offered, key, now=NOW, days=90)
    return Shop(key, signers, offered, tmp_path / "home", base)


def installed(shop: Shop) -> list[str]:
    return sorted(path.name for path in shop.home.iterdir()) if shop.home.exists() else []


def test_signed_update_replaces_what_is_installed(shop: Shop) -> None:
    done = shop.take()
    assert done == Updated(shop.home / "kernel.sqlite", NEW, changed=True, signed=True)
    assert open_ids(KnowledgeBase(done.path), "6.12") == {"CVE-2026-2000"}
    assert done.path.stat().st_mode & 0o777 == 0o644
    assert installed(shop) == ["kernel.sqlite"]


def test_same_update_again_changes_nothing(shop: Shop) -> None:
    shop.take()
    assert shop.take() == Updated(shop.home / "kernel.sqlite", NEW, changed=False, signed=True)


def test_update_comes_from_a_tar(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "update.tar"
    pack(shop.offered, path)
    assert update(shop.request(str(path))).changed


def test_update_comes_from_https(shop: Shop) -> None:
    asked: list[str] = []

    def opener(address: str, /) -> IO[bytes]:
        asked.append(address)
        return (shop.offered / address.rpartition("/")[2]).open("rb")

    assert update(shop.request("https://kb.example.org/x/"), opener).changed
    assert asked == [f"https://kb.example.org/x/{name}" for name in (NAME, SIGNATURE, FILE)]


def break_body(shop: Shop) -> None:
    (shop.offered / FILE).write_bytes(b"x" + (shop.offered / FILE).read_bytes()[1:])


def break_manifest(shop: Shop) -> None:
    text = (shop.offered / NAME).read_text()
    (shop.offered / NAME).write_text(text.replace(str(NEW), str(NEW + 1)))


def break_signature(shop: Shop) -> None:
    (shop.offered / SIGNATURE).write_text("-----BEGIN SSH SIGNATURE-----\n")


def lose_signature(shop: Shop) -> None:
    (shop.offered / SIGNATURE).unlink()


def lose_body(shop: Shop) -> None:
    (shop.offered / FILE).unlink()


def pack_garbage(shop: Shop) -> None:
    shop.replace(lzma.compress(b"no database"))


def cut_packed(shop: Shop) -> None:
    shop.replace((shop.offered / FILE).read_bytes()[:-200])


def pack_damaged(shop: Shop) -> None:
    shop.replace(lzma.compress(shop.base.read_bytes()[:-4096]))


def pack_older(shop: Shop) -> None:
    shop.replace(lzma.compress(shop.base.read_bytes()))


def roll_back(shop: Shop) -> None:
    shop.resign(serial=OLD - 1)


def name_a_path(shop: Shop) -> None:
    shop.resign(file="../../etc/x.sqlite")


def come_from_the_future(shop: Shop) -> None:
    shop.resign(
        created=(dt.datetime.fromtimestamp(NOW, tz=dt.UTC) + dt.timedelta(days=3)).isoformat()
    )


def forget_the_zone(shop: Shop) -> None:
    shop.resign(expires="2027-01-01T00:00:00")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (break_body, "not the file that was signed"),
        (break_manifest, "not signed by a pinned key"),
        (break_signature, "not signed by a pinned key"),
        (lose_signature, "not whole"),
        (lose_body, "cannot unpack"),
        (pack_garbage, "damaged"),
        (cut_packed, "cannot unpack"),
        (pack_damaged, "damaged"),
        (pack_older, "not what it says"),
        (roll_back, "older than what is installed"),
        (name_a_path, "not the name of a database"),
        (come_from_the_future, "made in the future"),
        (forget_the_zone, "no time zone"),
    ],
)
def test_bad_update_is_refused_and_the_old_one_stays(
    shop: Shop, spoil: Callable[[Shop], None], why: str
) -> None:
    shop.home.mkdir()
    old = shop.home / "kernel.sqlite"
    old.write_bytes(shop.base.read_bytes())
    spoil(shop)
    with pytest.raises(AdvisorError, match=why):
        shop.take()
    assert old.read_bytes() == shop.base.read_bytes()
    assert installed(shop) == ["kernel.sqlite"]


def test_bomb_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.knowledge.build.update._MOST_UNPACKED", 1 << 20)
    shop.replace(lzma.compress(bytes(2 << 20), preset=0))
    with pytest.raises(AdvisorError, match="larger than"):
        shop.take()


def test_expired_update_is_refused(shop: Shop) -> None:
    with pytest.raises(AdvisorError, match="expired"):
        shop.take(now=NOW + 91 * 86400)


def test_update_signed_by_a_stranger_is_refused(shop: Shop, keys: tuple[Path, Path]) -> None:
    body = (shop.offered / NAME).read_bytes()
    (shop.offered / SIGNATURE).write_bytes(signature.sign(body, keys[1]))
    with pytest.raises(AdvisorError, match="not signed by a pinned key"):
        shop.take()


def test_signature_made_for_something_else_is_refused(shop: Shop) -> None:
    body = (shop.offered / NAME).read_bytes()
    argv = ["ssh-keygen", "-Y", "sign", "-f", str(shop.key), "-n", "file"]
    done = subprocess.run(argv, input=body, capture_output=True, check=True)
    (shop.offered / SIGNATURE).write_bytes(done.stdout)
    with pytest.raises(AdvisorError, match="not signed by a pinned key"):
        shop.take()


def test_without_a_pinned_key_no_update_is_taken(shop: Shop) -> None:
    shop.signers.write_text("# none\n")
    with pytest.raises(AdvisorError, match="no key is pinned"):
        shop.take()


def test_without_ssh_keygen_no_update_is_taken(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AdvisorError, match="ssh-keygen is missing"):
        shop.take()


@pytest.mark.parametrize(
    "address", ["http://kb.example.org/x", "ftp://x/y", "file:///etc", "ssh://h/r.git"]
)
def test_nothing_but_https_is_fetched(shop: Shop, address: str) -> None:
    with pytest.raises(AdvisorError, match="not an https address"):
        update(shop.request(address))


def test_too_large_an_answer_is_cut_off(shop: Shop) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            return b"x" * min(size, 1 << 16)

    def opener(_address: str, /) -> IO[bytes]:
        return Endless()  # type: ignore[return-value]  # as much of a file as is read

    with pytest.raises(AdvisorError, match="larger than"):
        update(shop.request("https://kb.example.org"), opener)


def test_server_that_does_not_answer_is_told(shop: Shop) -> None:
    def opener(_address: str, /) -> IO[bytes]:
        raise OSError("no route to host")

    with pytest.raises(AdvisorError, match="cannot fetch"):
        update(shop.request("https://kb.example.org"), opener)


def test_tar_that_climbs_out_writes_only_what_an_update_has(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        for name in (f"../../{NAME}", "/etc/cron.d/x", "../../../x.sqlite"):
            member = tarfile.TarInfo(name)
            member.size = 2
            archive.addfile(member, io.BytesIO(b"{}"))
        link = tarfile.TarInfo(SIGNATURE)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    folder = tmp_path / "inside"
    folder.mkdir()
    fetch.unpack_update(path, folder)
    assert sorted(child.name for child in folder.iterdir()) == [NAME, "x.sqlite"]
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize("write", [write_folder, write_tar, write_clone])
def test_own_copy_of_the_cna_records_is_taken_when_trusted(
    shop: Shop, tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    source = tmp_path / "cna"
    source.mkdir()
    request = shop.request(str(write(source)), trust_unsigned=True)
    done = update(request)
    assert (done.changed, done.signed) == (True, False)
    knowledge = KnowledgeBase(done.path)
    assert knowledge.numbers(["CVE-2026-1000"]) == frozenset()
    known = knowledge.record("CVE-2026-1001")
    assert known is not None
    assert known.sites[0].units[0].module == "one"
    assert knowledge.path("fs/cifs/connect.c")


def test_unsigned_records_are_refused_unless_trusted(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(AdvisorError, match="nobody has signed") as caught:
        update(shop.request(str(write_folder(tmp_path / "cna"))))
    assert "--trust-unsigned" in caught.value.hint
    assert installed(shop) == []


def test_older_records_are_refused(shop: Shop, tmp_path: Path) -> None:
    root = write_folder(tmp_path / "cna")
    for path in root.rglob("CVE-*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    with pytest.raises(AdvisorError, match="older than what is installed"):
        update(shop.request(str(root), trust_unsigned=True))


def test_source_that_is_not_there_is_told(shop: Shop) -> None:
    with pytest.raises(AdvisorError, match="no such source"):
        update(shop.request("/nowhere"))


def test_folder_that_may_not_be_written_is_told(shop: Shop) -> None:
    shop.home.write_text("a file in the way")
    with pytest.raises(AdvisorError, match="cannot write"):
        shop.take()


TIMES = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(
    st.builds(
        Manifest,
        st.integers(1, 10**11),
        st.just("kernel.sqlite.xz"),
        st.text("0123456789abcdef", min_size=64, max_size=64),
        TIMES,
        TIMES,
    )
)
def test_manifest_comes_back_from_its_bytes(manifest: Manifest) -> None:
    assert parse_manifest(manifest.to_bytes()) == manifest


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_no_manifest(body: bytes) -> None:
    with pytest.raises(AdvisorError, match="damaged update"):
        parse_manifest(body)
