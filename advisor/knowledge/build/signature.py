"""Sign and check with ``ssh-keygen -Y``: no key leaves its file, and no library is needed."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from advisor.errors import AdvisorError, ExitStatus

NAMESPACE = "advisor-knowledge"
IDENTITY = "advisor-update"
SIGNERS = Path(__file__).parents[1] / "update.keys"
"""The keys that are pinned in the package, in the form of ssh-keygen's ``allowed_signers``."""

_PATIENCE = 30  # seconds


def check_signature(body: bytes, signature: bytes, signers: Path = SIGNERS) -> None:
    """Refuse a text that no pinned key has signed.

    Args:
        body: The signed text.
        signature: What ``ssh-keygen -Y sign`` wrote.
        signers: The keys to believe, as ``allowed_signers``.

    Raises:
        AdvisorError: No pinned key has signed it, none is pinned, or ssh-keygen is missing.
    """
    if not _any_key(signers):
        raise AdvisorError(
            f"no key is pinned that could sign an update, {signers}",
            hint="name the file of your own keys with --signers",
            status=ExitStatus.BAD_DATA,
        )
    with tempfile.TemporaryDirectory(prefix="advisor-") as folder:
        path = Path(folder) / "signature"
        path.write_bytes(signature)
        argv = ["-Y", "verify", "-f", str(signers.absolute()), "-I", IDENTITY]
        done = _run([*argv, "-n", NAMESPACE, "-s", str(path)], body)
    if done.returncode != 0:
        raise AdvisorError(
            "the update is not signed by a pinned key",
            hint="do not use it; what is installed stays",
            status=ExitStatus.BAD_DATA,
        )


def sign(body: bytes, key: Path) -> bytes:
    """Return the signature of a text.

    Args:
        body: The text.
        key: The private key's file, or its public half where an agent holds it.

    Raises:
        AdvisorError: ssh-keygen cannot sign with it, or is missing.
    """
    done = _run(["-Y", "sign", "-f", str(key.absolute()), "-n", NAMESPACE], body)
    if done.returncode != 0:
        raise AdvisorError(
            f"cannot sign with the key, {key}: {done.stderr.decode(errors='replace').strip()[:200]}",
            status=ExitStatus.IO,
        )
    return done.stdout


def _any_key(signers: Path) -> bool:
    try:
        lines = signers.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.strip() and not line.startswith("#") for line in lines)


def _run(arguments: list[str], body: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments],
            input=body,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except FileNotFoundError as error:
        raise AdvisorError(
            "ssh-keygen is missing, which checks signatures",
            hint="install openssh-client (Debian) or openssh-clients (Fedora)",
            status=ExitStatus.IO,
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AdvisorError(f"ssh-keygen does not answer: {error}", status=ExitStatus.IO) from error
