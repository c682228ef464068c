"""Kernels that no vendor's habit fits: a plain number, or somebody's own build."""

from __future__ import annotations

import re
from typing import Final

from advisor.model.identity import Identity
from advisor.probe.identity_reading import Seen

# What a distribution calls itself -> who builds the kernels there that say no more than a number.
_PLAIN: Final = {
    "nixos": "nixos",
    "guix": "guix",
    "slackware": "slackware",
    "openwrt": "openwrt",
    "libreelec": "libreelec",
    "void": "void",
    "qubes": "qubes",
    "batocera": "batocera",
    "raspbian": "raspberrypi",
}
# The same for those that put fixes on top: word -> vendor, whether the number is at least a base.
_BACKPORTING: Final = {
    "synology": ("synology", False, "Synology"),
    "qnap": ("qnap", False, "QNAP"),
    "xcp-ng": ("xcp-ng", False, "XCP-ng"),
    "xenserver": ("xcp-ng", False, "XenServer"),
    "container-optimized": ("cos", True, "Google"),
    "bottlerocket": ("amazon", True, "Amazon"),
    "chrome": ("chromeos", True, "Google"),
}
_SYNOLOGY_BUILD: Final = r"#[0-9]{5} SMP .* CST "
_FAR: Final = 1000  # commits: more than a stable update holds, less than a merge window
_AHEAD: Final = r"-([0-9]{4,6})-g[0-9a-f]{6,40}"
SNAPSHOT: Final = "this is a snapshot taken between two kernel.org versions"

SLE_BASES: Final = frozenset({(4, 12, 14), (5, 3, 18), (5, 14, 21), (6, 4, 0), (6, 12, 0)})
"""Numbers that SUSE Linux Enterprise kept for years; from 3.12 down, it kept every one."""

_UEK_BASES: Final = frozenset({(2, 6, 39), (3, 8, 13), (4, 1, 12), (4, 14, 35), (5, 4, 17)})

PLAIN_VENDORS: Final = frozenset(
    {*_PLAIN.values(), *(row[0] for row in _BACKPORTING.values()), "custom", "unknown"}
)
"""Every vendor that this module can name."""


def judge(seen: Seen) -> Identity:
    """Return what a release proves that fits no row of the table of vendors."""
    blank = Identity(
        release=seen.release,
        upstream=None,
        series=seen.series,
        vendor=_vendor(seen),
        flavour="",
        package_version=seen.package,
        backports=False,
        early_fixes=False,
        source="uname -r",
        why="",
    )
    backporter = _backporter(seen)
    if backporter is not None:
        vendor, is_base, who = backporter
        return blank._replace(
            vendor=vendor,
            upstream=seen.number if is_base else None,
            backports=True,
            why=f"{who} keeps the number {seen.number} for long and puts later fixes on top",
        )
    if seen.patch is None and seen.rc is None and seen.tail:
        return blank._replace(why="the release names only the series")
    ahead = re.search(_AHEAD, seen.tail)
    if ahead is not None and int(ahead[1]) > _FAR:
        return _far_ahead(seen, blank, int(ahead[1]))
    if ahead is None and re.match(r"[-.][0-9]", seen.tail):
        return _counted(seen, blank)
    return _own_build(seen, blank)


def _vendor(seen: Seen) -> str:
    if seen.named in ("nixos", "alpine"):
        return seen.named
    return next((vendor for word, vendor in _PLAIN.items() if word in seen.distro), "custom")


def _backporter(seen: Seen) -> tuple[str, bool, str] | None:
    if seen.tail == "+" and re.match(_SYNOLOGY_BUILD, seen.text):
        return _BACKPORTING["synology"]
    return next((row for word, row in _BACKPORTING.items() if word in seen.distro), None)


def _far_ahead(seen: Seen, blank: Identity, commits: int) -> Identity:
    """Judge ``git describe``'s count of commits: thousands are another tree."""
    if seen.number.is_mainline and not seen.number.is_rc:
        return blank._replace(why=SNAPSHOT)
    return blank._replace(
        upstream=seen.number,
        backports=True,
        why=f"a tree of its own with {commits} changes on top of kernel.org's {seen.number}",
    )


def _counted(seen: Seen, blank: Identity) -> Identity:
    """Judge a number followed by another: ``6.1.57-1`` says more than ``6.1.0-4``."""
    frozen = not seen.patch or seen.series.sub or seen.base in SLE_BASES | _UEK_BASES
    if blank.vendor == "custom" and frozen:
        return blank._replace(
            vendor="unknown",
            backports=True,
            why="an unknown vendor counts its own builds, and may put later fixes on top",
        )
    return blank._replace(
        vendor="unknown" if blank.vendor == "custom" else blank.vendor,
        upstream=seen.number,
        early_fixes=True,
        why=f"the release starts with kernel.org's {seen.number}; the rest counts builds",
    )


def _own_build(seen: Seen, blank: Identity) -> Identity:
    """Judge a number with nothing behind it, or with a name: ``6.9.4``, ``6.0.14-cadmium``."""
    if not seen.patch and seen.rc is None and re.search(r"-(?:amd64|686|x86_64)\Z", seen.tail):
        return blank._replace(why="the number may be a package's name, not a stable release")
    changed = "+" in seen.tail or "dirty" in seen.tail or re.search(r"-g[0-9a-f]{6}", seen.tail)
    behind = "local changes on top" if changed else "nothing but a name behind it"
    flavour = seen.tail.strip("-+_.")
    return blank._replace(
        upstream=seen.number,
        flavour=flavour if re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,31}", flavour) else "",
        early_fixes=bool(changed),
        why=f"the release is kernel.org's {seen.number}, with {behind}",
    )
