"""From what a kernel says about itself to who built it and from which kernel.org version."""

from __future__ import annotations

import re
from typing import Final

from advisor.model.identity import Identity
from advisor.model.version import KernelVersion, Series, parse_version
from advisor.probe.identity_plain import PLAIN_VENDORS, SLE_BASES, judge
from advisor.probe.identity_reading import LONGEST, Seen, build_line, package_upstream, see
from advisor.probe.identity_rules import RULES, Rule

VENDORS: Final = frozenset({rule.vendor for rule in RULES}) | PLAIN_VENDORS
"""Every word that :attr:`Identity.vendor` can be."""

_SIGNATURE: Final = (
    r"Ubuntu ([0-9][0-9.]{0,20}-[0-9][0-9.]{0,20})\S* ([0-9]+\.[0-9.]+(?:-rc[0-9]+)?)(?:[\s)]|\Z)"
)
# Builders that name themselves in ``uname -v``: no shape of the release knows better.
_SURE: Final = {"pve": "proxmox", "pmx": "proxmox", "ubuntu": "ubuntu"}
_UBUNTU_FAMILY: Final = ("ubuntu", "mint", "pop!_os", "elementary", "neon", "zorin", "tuxedo")
# Why nothing is told where the rule would have a reading tell.
_UNTOLD: Final = {
    "patched": "the release names the vendor's own count, not the stable release it is built from",
    "signature": "; only /proc/version_signature names the base",
    "code": "the number and the code behind it contradict each other",
}

_SLE12: Final = (KernelVersion(Series(4, 4), 6), KernelVersion(Series(4, 5)))

_Match = re.Match[str]
_Told = tuple[KernelVersion | None, str, str]  # upstream, the reading, the package


def identify(
    *,
    release: str,
    version: str = "",
    distro: str = "",
    version_signature: str = "",
    proc_version: str = "",
    package_version: str = "",
) -> Identity:
    """Return whose kernel this is and which kernel.org version it is built from.

    Nothing is believed because it is likely: where the vendor's numbers cannot tell,
    ``upstream`` is None and ``why`` says so.

    Args:
        release: What ``uname -r`` prints.
        version: What ``uname -v`` prints; the kernel cuts it at 64 bytes.
        distro: The id or name of the distribution, as os-release has it.
        version_signature: All of ``/proc/version_signature``, which only Ubuntu's kernels have.
        proc_version: All of ``/proc/version``; stands in for ``release`` and ``version``.
        package_version: The version of the package that brought this very kernel.
    """
    banner = proc_version[:LONGEST]
    if not release and banner.startswith("Linux version "):
        release = banner.split(" ", 3)[2]
    text = version[:LONGEST] or build_line(banner)
    seen = see(release, text, version_signature or text, distro, package_version)
    if seen is None:
        why = "the release does not start with a kernel version"
        return Identity(
            release, None, None, "unknown", "", "", backports=False, early_fixes=False,
            source="uname -r", why=why,
        )  # fmt: skip
    found = _rule_for(seen)
    identity = judge(seen) if found is None else _apply(seen, *found)
    return identity._replace(release=release)


def _rule_for(seen: Seen) -> tuple[str, Rule, _Match | None] | None:
    """Return the vendor, the first rule whose shape the release has, and how it fits."""
    if seen.named in _SURE:
        return _by_vendor(_SURE[seen.named], seen)
    for rule in RULES:
        if rule.marks and not any(mark in seen.tail for mark in rule.marks):
            continue
        match = re.search(rule.shape, seen.tail)
        if match is None:
            continue
        if rule.vendor == "opensuse" and _is_sle(seen):
            return "suse", _by_vendor("suse", seen)[1], match
        return _vendor(rule, seen), rule, match
    counted = not seen.patch and re.match(r"-[0-9]+(?:-[0-9]+)?-[a-z]", seen.tail)
    return _by_vendor("ubuntu", seen) if counted and seen.is_from(*_UBUNTU_FAMILY) else None


def _by_vendor(vendor: str, seen: Seen) -> tuple[str, Rule, _Match | None]:
    """Return the vendor's first rule, for a kernel that says itself whose it is."""
    rule = next(rule for rule in RULES if rule.vendor == vendor)
    return vendor, rule, re.search(rule.shape, seen.tail)


def _vendor(rule: Rule, seen: Seen) -> str:
    """Return the vendor, where another reading knows better than the shape."""
    if rule.vendor == "arch" and (seen.named == "alpine" or seen.is_from("alpine")):
        return "alpine"
    if rule.vendor == "zen" and (seen.named == "nixos" or seen.is_from("nixos")):
        return "nixos"
    if rule.vendor == "debian" and seen.named in ("kali", "parrot"):
        return seen.named
    if rule.vendor == "debian" and "+rpt" in seen.package:
        return "raspberrypi"
    return rule.vendor


def _is_sle(seen: Seen) -> bool:
    """Whether a release of SUSE's shape starts with a number that SUSE's enterprise line kept."""
    if seen.is_from("tumbleweed"):
        return False
    kept = seen.series < Series(3, 13) or _SLE12[0] <= seen.number < _SLE12[1]
    return kept or seen.base in SLE_BASES or seen.is_from("sles", "sled", "leap")


def _apply(seen: Seen, vendor: str, rule: Rule, match: _Match | None) -> Identity:
    groups = match.groupdict() if match is not None else {}
    upstream, source, package = _told(seen, rule, groups)
    why = rule.why
    if rule.number == "signature" and upstream is not None:
        why = "Ubuntu's signature names the stable release {n} as its base; fixes come on top"
    elif upstream is None and rule.number in _UNTOLD:
        untold = _UNTOLD[rule.number]
        why = why + untold if untold.startswith(";") else untold
    return Identity(
        release=seen.release,
        upstream=upstream,
        series=seen.series,
        vendor=vendor,
        flavour=(groups.get("f") or "") + (groups.get("g") or ""),
        package_version=package,
        backports=rule.extra == "later",
        early_fixes=rule.extra == "single",
        source=source,
        why=why.replace("{n}", str(upstream or seen.number)),
    )


def _told(seen: Seen, rule: Rule, groups: dict[str, str | None]) -> _Told:
    if rule.number == "patched":
        return _patched(seen)
    if rule.number == "signature":
        return _signed(seen)
    upstream: KernelVersion | None = None
    if rule.number == "release":
        upstream = seen.number
    elif rule.number == "candidate":
        upstream = seen.number._replace(patch=0, rc=int(groups.get("rc") or 0))
    elif rule.number == "code":
        upstream = _coded(seen.number, groups)
    return upstream, "uname -r", seen.package


def _patched(seen: Seen) -> _Told:
    """Return what ``uname -v`` or the package says, held against the release's own number."""
    told = package_upstream(seen.package, seen.series) if seen.package else None
    shown = seen.number if seen.patch or seen.rc is not None else None
    if told is None:
        return shown, "uname -r", ""
    if shown is not None and shown != told:
        return None, seen.package_source, ""
    return told, seen.package_source, seen.package


def _signed(seen: Seen) -> _Told:
    """Return the last word of ``Ubuntu 6.8.0-52.53-generic 6.8.12``, if it is this kernel's."""
    match = re.search(_SIGNATURE, seen.signature)
    version = parse_version(match[2]) if match is not None else None
    if match is None or version is None or version.series != seen.series:
        return None, "uname -r", seen.package
    source = "uname -v" if seen.signature == seen.text else "/proc/version_signature"
    return version, source, match[1]


def _coded(number: KernelVersion, groups: dict[str, str | None]) -> KernelVersion | None:
    """Return the version that ``061100rc3`` spells, if the number before it agrees."""
    code, rc = groups.get("code") or "", groups.get("rc")
    spelt = (int(code[:2]), int(code[2:4]), int(code[4:6]))
    if spelt != (number.series.major, number.series.minor, number.patch):
        return None
    return number._replace(rc=int(rc)) if rc else number
