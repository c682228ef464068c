"""Debian's archive, read with an apt configuration of the lab's own: the machine's is never touched.

The mirrors are those that this machine uses already; ADVISOR_LAB_MIRROR and ADVISOR_LAB_SECURITY name
others, for a machine that runs something else than Debian.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.lab.cache import UnavailableError, made

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SUITES = {
    "bookworm": "amd64,i386",
    "bookworm-security": "amd64",
    "trixie": "amd64",
    "trixie-security": "amd64",
    "trixie-backports": "amd64",
    "sid": "amd64",
}
_CONF = """\
Dir "{folder}";
Dir::State "{folder}/state";
Dir::State::status "{folder}/state/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
Dir::Bin::dpkg "/bin/false";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Acquire::GzipIndexes "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "root";
APT::Architectures {{ "amd64"; "i386"; }};
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
"""


class Package(NamedTuple):
    """One version of a package that a suite offers."""

    name: str
    version: str
    suite: str


def source_line(suite: str, *, signed: bool = True) -> str:
    """Return the line of a sources.list for one suite."""
    main, security = _mirrors()
    options = f"arch={_SUITES[suite]}" + (f" signed-by={KEYRING}" if signed else "")
    return f"deb [{options}] {security if suite.endswith('-security') else main} {suite} main"


def _mirrors() -> tuple[str, str]:
    main = os.environ.get("ADVISOR_LAB_MIRROR", "")
    security = os.environ.get("ADVISOR_LAB_SECURITY", "")
    if not (main and security):
        _need("apt-get")
        out = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        for release, uri in (line.split() for line in out.splitlines() if line.count(" ") == 1):
            if release in {"bookworm-security", "trixie-security"}:
                security = security or uri.rstrip("/")
            elif release in _SUITES:
                main = main or uri.rstrip("/")
    if not (main and security):
        raise UnavailableError(
            "no Debian mirror: ADVISOR_LAB_MIRROR and ADVISOR_LAB_SECURITY name one"
        )
    return main, security


def archive() -> Path:
    """Return the folder of the lab's own apt, its package lists read.

    Raises:
        UnavailableError: There is no apt, no key ring, or no way to the mirror.
    """
    _need("apt-get", "dpkg-deb")
    if not KEYRING.exists():
        raise UnavailableError(f"{KEYRING} is missing (package debian-archive-keyring)")
    return made("apt", [*_SUITES.items(), _CONF], _update)


def _update(folder: Path) -> None:
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "state/status").touch()
    (folder / "apt.conf").write_text(_CONF.format(folder=folder))
    (folder / "sources.list").write_text("".join(f"{source_line(suite)}\n" for suite in _SUITES))
    done = _apt(folder, "apt-get", "--quiet", "update")
    lists = folder / "state/lists"
    missing = [suite for suite in _SUITES if not any(lists.glob(f"*_dists_{suite}_*_Packages"))]
    if missing:
        said = re.search(r"Failed to fetch .*|E: .*", done.stderr)
        raise UnavailableError(f"apt-get update: {said[0] if said else f'no {missing[0]}'}")


def offered(pattern: str, suite: str) -> list[Package]:
    """Return the packages of a suite whose names match a pattern in full, oldest version first."""
    folder = archive()
    found = _apt(folder, "apt-cache", "search", "--names-only", pattern).stdout
    names = {line.split()[0].partition(":")[0] for line in found.splitlines() if line}
    names = {name for name in names if re.fullmatch(pattern, name)}
    if not names:
        return []
    rows = _apt(
        folder, "apt-cache", "madison", *sorted(names), *(f"{n}:i386" for n in names)
    ).stdout
    packages = [
        Package(fields[0].partition(":")[0], fields[1], suite)
        for fields in ([part.strip() for part in row.split("|")] for row in rows.splitlines())
        if len(fields) == 3 and f" {suite}/" in fields[2]
    ]
    return sorted(
        packages, key=lambda package: [int(n) for n in re.findall(r"\d+", package.version)]
    )


def unpack(folder: Path, packages: list[str]) -> list[str]:
    """Download packages (``name``, ``name:arch``, ``name=version``) and unpack them into a folder.

    Returns:
        The control text of each.

    Raises:
        UnavailableError: The archive does not have one, or it cannot be fetched.
    """
    debs = folder.with_name(f"{folder.name}.debs")
    shutil.rmtree(debs, ignore_errors=True)
    debs.mkdir(parents=True)
    done = _apt(archive(), "apt-get", "--quiet", "download", *packages, cwd=debs)
    if done.returncode != 0:
        raise UnavailableError(f"apt-get download: {done.stderr.strip().splitlines()[-1]}")
    controls: list[str] = []
    for deb in sorted(debs.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", str(deb), str(folder)], check=True)
        controls.append(
            subprocess.run(
                ["dpkg-deb", "-f", str(deb)], check=True, capture_output=True, text=True
            ).stdout
        )
    shutil.rmtree(debs)
    return controls


def closure(package: str, suite: str) -> list[str]:
    """Return a package of a suite and all it depends on, as ``name=version``."""
    done = _apt(
        archive(), "apt-get", "install", "--simulate", "--no-install-recommends",
        "-o", f"APT::Default-Release={suite}", package,
    )  # fmt: skip
    found = re.findall(r"^Inst (\S+) \((\S+) ", done.stdout, re.MULTILINE)
    if not found:
        raise UnavailableError(f"{suite} has no {package}")
    return [f"{name}={version}" for name, version in found]


def kernel_lists(suites: list[str], into: Path) -> None:
    """Write the package lists a machine of these suites would have, cut down to the kernel's packages."""
    into.mkdir(parents=True)
    for listed in sorted((archive() / "state/lists").glob("*_dists_*")):
        suite = listed.name.partition("_dists_")[2].partition("_")[0]
        if suite not in suites or "i386" in listed.name:
            continue
        text = listed.read_text()
        if listed.name.endswith("_Packages"):
            kept = [stanza for stanza in text.split("\n\n") if stanza.startswith("Package: linux-")]
            text = "\n\n".join(kept) + "\n\n"
        (into / listed.name).write_text(text)
        shutil.copystat(listed, into / listed.name)


def _apt(folder: Path, *argv: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}
    return subprocess.run(argv, env=environ, cwd=cwd, capture_output=True, text=True, check=False)


def _need(*commands: str) -> None:
    missing = [command for command in commands if shutil.which(command) is None]
    if missing:
        raise UnavailableError(f"the command {missing[0]} is missing")
