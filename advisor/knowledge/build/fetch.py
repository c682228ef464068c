"""Bring the parts of an update here: from a folder, a tar, an https address or a git repository."""

from __future__ import annotations

import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol, cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.build import manifest as manifests
from advisor.knowledge.build.manifest import MOST_BLOB, MOST_BYTES, NAME, SIGNATURE

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_GIT = re.compile(r"(?:git\+)?(https://.+)\Z")
_PATIENCE = 60  # seconds without an answer
_CLONE_PATIENCE = 1800
_CHUNK = 1 << 20
_UPDATE_NAMES = frozenset({NAME, SIGNATURE})
_BLOB = re.compile(r"[a-z0-9][a-z0-9.-]{0,80}\.sqlite(?:\.xz)?\Z")


class Opener(Protocol):
    """Opens an https address for reading."""

    def __call__(self, address: str, /) -> IO[bytes]:
        """Return what answers; reading it gives the body."""
        ...


def is_address(source: str) -> bool:
    """Return whether a source is an address, not a path."""
    return _ADDRESS.match(source) is not None


def bring(source: str, folder: Path, opener: Opener | None = None) -> Path:
    """Return the local folder or file that a source stands for.

    What is not local is fetched into ``folder``: of an address the manifest, its signature and the
    file that it names; of a git repository all of it.

    Args:
        source: A path, an https address of a folder, or an https address that ends in ``.git``.
        folder: An empty folder for what is fetched.
        opener: Opens an https address; a test's own.

    Raises:
        AdvisorError: It cannot be reached, it is not https, or it is too large.
    """
    if not is_address(source):
        path = Path(source)
        if not path.exists():
            raise AdvisorError(f"no such source, {source}", status=ExitStatus.IO)
        return path
    git = _GIT.match(source)
    if git is None:
        raise AdvisorError(
            f"not an https address, {source}",
            hint="updates are fetched by https only; or name a folder, a tar or a git clone",
            status=ExitStatus.USAGE,
        )
    if source.startswith("git+") or git[1].endswith(".git"):
        return _clone(git[1], folder / "clone")
    return _download(source.rstrip("/"), folder, opener or _open_https)


def _download(base: str, folder: Path, opener: Opener) -> Path:
    for name, limit in ((NAME, MOST_BYTES), (SIGNATURE, MOST_BYTES)):
        _save(f"{base}/{name}", folder / name, limit, opener)
    told = manifests.parse_manifest((folder / NAME).read_bytes())
    _save(f"{base}/{told.file}", folder / told.file, MOST_BLOB, opener)
    return folder


def _save(address: str, path: Path, limit: int, opener: Opener) -> None:
    try:
        with opener(address) as answer, path.open("wb") as file:
            copy_bounded(answer.read, file, limit, address)
    except (OSError, ValueError) as error:
        raise AdvisorError(f"cannot fetch {address}: {error}", status=ExitStatus.IO) from error


def copy_bounded(read: Callable[[int], bytes], file: IO[bytes], limit: int, what: str) -> None:
    """Copy at most so many bytes.

    Raises:
        AdvisorError: There are more.
    """
    copied = 0
    while chunk := read(_CHUNK):
        copied += len(chunk)
        if copied > limit:
            raise AdvisorError(
                f"larger than {limit >> 10:,} kB, {what}",
                hint="that is no update; what is installed stays",
                status=ExitStatus.BAD_DATA,
            )
        file.write(chunk)


def _open_https(address: str) -> IO[bytes]:
    import urllib.request  # noqa: PLC0415 - 42 ms that nothing else needs

    class OnlyHttps(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917 - urllib's own signature
            if not newurl.startswith("https://"):
                raise ValueError(f"it points away from https: {newurl[:200]}")
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    opener = urllib.request.build_opener(OnlyHttps)
    # The address was held against https:// by bring(), a redirection by OnlyHttps.
    return cast("IO[bytes]", opener.open(address, timeout=_PATIENCE))


def _clone(address: str, folder: Path) -> Path:
    argv = ["git", "-c", "protocol.allow=never", "-c", "protocol.https.allow=always"]
    argv += ["clone", "--quiet", "--depth=1", "--", address, str(folder)]
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            timeout=_CLONE_PATIENCE,
            check=False,
            env={"GIT_TERMINAL_PROMPT": "0", "PATH": "/usr/local/bin:/usr/bin:/bin"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AdvisorError(f"cannot clone {address}: {error}", status=ExitStatus.IO) from error
    if done.returncode != 0:
        why = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise AdvisorError(f"cannot clone {address}: {why}", status=ExitStatus.IO)
    return folder


def is_update(path: Path) -> bool:
    """Return whether a folder or a tar brings a signed update: whether it has a manifest."""
    if path.is_dir():
        return (path / NAME).is_file()
    try:
        with tarfile.open(path, "r:*") as archive:
            first = archive.next()
            return first is not None and Path(first.name).name in _UPDATE_NAMES
    except (OSError, tarfile.TarError, EOFError):
        return False


def unpack_update(path: Path, folder: Path) -> Path:
    """Return the folder with an update's files: itself, or what its tar holds.

    Args:
        path: A folder, or a tar whose first member is the manifest.
        folder: Where a tar is unpacked: only the names that an update has, never a path.

    Raises:
        AdvisorError: The tar is damaged, or too large.
    """
    if path.is_dir():
        return path
    try:
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                name = Path(member.name).name
                if not member.isreg() or not (name in _UPDATE_NAMES or _BLOB.match(name)):
                    continue
                file = archive.extractfile(member)
                if file is not None:
                    with file, (folder / name).open("wb") as target:
                        copy_bounded(file.read, target, MOST_BLOB, f"{path}: {name}")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise AdvisorError(
            f"cannot read the update, {path}: {error}", status=ExitStatus.IO
        ) from error
    return folder
