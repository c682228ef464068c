"""The kernels this machine could run instead of the running one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from advisor.advise.order import Key, flavour, natural_key, package_key
from advisor.knowledge.store import KnowledgeBase, SeriesFacts
from advisor.model.advice import Origin
from advisor.model.inventory import Inventory
from advisor.model.packages import GivenKernel, InstalledKernel, KernelModules, OfferedKernel
from advisor.model.version import KernelVersion, Series, parse_version
from advisor.probe.identity import identify

_MOST_IN_SERIES: Final = 3
_MOST: Final = 9
_OPT_IN: Final = ("backports", "experimental", "testing", "sid", "unstable", "proposed", "edge")


class _Base(NamedTuple):
    """What a kernel is built from, as far as its name and package tell."""

    upstream: KernelVersion | None
    backports: bool
    why: str
    vendor: str


class Offer(NamedTuple):
    """One kernel that could be booted here, before it is judged.

    Attributes:
        upstream: None where it cannot be told; ``why`` then says why.
        vendor: Who built it, a word of :data:`advisor.probe.identity.VENDORS`.
        older: Whether it is older than the running kernel: a way back, not a way on.
        opt_in: Whether it comes from a suite that nobody gets without asking for it.
        cves: What its own changelog names as fixed; ``cves_source`` is what was read for it.
        files: The packages that the user named for it.
    """

    release: str
    package: str
    package_version: str
    upstream: KernelVersion | None
    backports: bool
    why: str
    origin: Origin
    source: str
    suite: str = ""
    meta: str = ""
    older: bool = False
    opt_in: bool = False
    cves: frozenset[str] = frozenset()
    cves_source: str = ""
    modules: KernelModules | None = None
    same_build: bool = False
    vendor: str = ""
    files: tuple[str, ...] = ()


def is_from_outside(inventory: Inventory) -> bool:
    """Return whether the running kernel was supplied from outside this system.

    A container runs its host's kernel. A virtual machine may be started with a kernel that its
    host holds: then nothing here owns it, there is no folder of its modules, and no other kernel is
    installed either.
    """
    if inventory.host.container:
        return True
    packages = inventory.packages
    return not packages.installed and not inventory.kernel.modules_dir


def find_offers(inventory: Inventory, extra: Iterable[GivenKernel] = ()) -> tuple[Offer, ...]:
    """Return the kernels worth judging, the nearest to the running one first.

    The flavour in use is kept: a cloud kernel is not offered for a desktop's. Of what is offered, the
    newest few of each series are kept; of what is installed, everything.
    """
    given = [
        _given(kernel, inventory)._replace(files=files)
        for kernel, files in _together(extra)
        if not _is_running(inventory, kernel.kernel)
    ]
    if is_from_outside(inventory):
        return tuple(given)
    words = flavour(inventory.kernel.identity.release)
    installed = [one for one in _installed(inventory) if _fits(one, words)]
    known = {(one.release, one.package_version) for one in installed}
    offered = [
        one
        for one in _offered(inventory)
        if not one.older and _fits(one, words) and (one.release, one.package_version) not in known
    ]
    return (*given, *_newest(installed, inventory), *_newest(offered, inventory))


def upstream_offers(
    inventory: Inventory, knowledge: KnowledgeBase, offers: Iterable[Offer], *, ended: bool
) -> tuple[Offer, ...]:
    """Return what kernel.org has and no repository here offers: of this series, and where to go next.

    The next series is told only where the running one has ended, or where its owner has to choose it.

    Args:
        inventory: The machine.
        knowledge: What is known of series.
        offers: What can be had here.
        ended: Whether the running series gets no more fixes.
    """
    running = inventory.kernel.identity.upstream
    if running is None:
        return ()
    best = max(
        (one.upstream for one in offers if one.upstream and one.upstream.series == running.series),
        default=running,
    )
    here = knowledge.series(running.series)
    found: list[SeriesFacts] = []
    if here is not None and here.last is not None and here.last > max(best, running):
        found.append(here)
    if ended:
        later = [one for one in knowledge.all_series() if one.series > running.series and one.last]
        longterm = [one for one in later if one.longterm]
        have = {one.upstream.series for one in offers if one.upstream}
        found += [one for one in (longterm or later)[-1:] if one.series not in have]
    return tuple(_upstream(one) for one in found)


def _upstream(facts: SeriesFacts) -> Offer:
    return Offer(
        release=str(facts.last),
        package="",
        package_version="",
        upstream=facts.last,
        backports=False,
        why="",
        origin=Origin.UPSTREAM,
        source="kernel.org, as the knowledge base has it",
        vendor="kernel.org",
    )


def _fits(offer: Offer, words: frozenset[str]) -> bool:
    """Whether a kernel is of the flavour in use, or does not say which it is."""
    theirs = flavour(offer.release)
    return not words or not theirs or theirs == words


def _installed(inventory: Inventory) -> Iterator[Offer]:
    running = inventory.kernel.identity
    for kernel in inventory.packages.installed:
        if kernel.release == running.release:
            told = running.package_version
            if not told or kernel.package_version in {"", told}:
                continue
        base = _base(kernel, inventory)
        yield Offer(
            release=kernel.release,
            package=kernel.package,
            package_version=kernel.package_version,
            upstream=base.upstream,
            backports=base.backports,
            why=base.why,
            origin=Origin.INSTALLED,
            source=kernel.source,
            older=_is_older(inventory, kernel.release, kernel.package_version, base.upstream),
            cves=kernel.cves,
            cves_source=kernel.cves_source,
            modules=inventory.kernel_modules.get(kernel.release),
            same_build=kernel.release == running.release,
            vendor=base.vendor,
        )


def _offered(inventory: Inventory) -> Iterator[Offer]:
    seen: set[tuple[str, str]] = set()
    running = inventory.kernel.identity
    for kernel in sorted(inventory.packages.offered, key=lambda one: len(one.package)):
        name = (kernel.release, kernel.package_version)
        if name in seen or _is_running(inventory, kernel):
            continue
        seen.add(name)
        offer = _from_list(kernel, Origin.OFFERED, inventory)
        yield offer._replace(same_build=kernel.release == running.release)


def _is_running(inventory: Inventory, kernel: OfferedKernel) -> bool:
    """Whether a package holds the very kernel that runs, as far as can be told."""
    same = kernel.release == inventory.kernel.identity.release
    return same and not _is_other_build(inventory, kernel.package_version)


def _is_other_build(inventory: Inventory, package_version: str) -> bool:
    """Whether a package of the running release is known to be another build than the running one."""
    running = inventory.kernel.identity
    told = running.package_version or next(
        (
            one.package_version
            for one in inventory.packages.installed
            if one.release == running.release
        ),
        "",
    )
    return bool(told) and package_version not in {"", told}


def _together(extra: Iterable[GivenKernel]) -> Iterator[tuple[GivenKernel, tuple[str, ...]]]:
    """Yield the kernels that were named, one a release, with their packages: there may be several."""
    by_release: dict[str, list[GivenKernel]] = {}
    for given in extra:
        by_release.setdefault(given.kernel.release, []).append(given)
    for parts in by_release.values():
        first = min(parts, key=lambda part: "image" not in part.kernel.package)
        cves = frozenset[str]().union(*(part.kernel.cves for part in parts))
        source = next((part.kernel.cves_source for part in parts if part.kernel.cves), "")
        kernel = first.kernel._replace(cves=cves, cves_source=source)
        files = tuple(dict.fromkeys(part.kernel.source for part in parts))
        yield GivenKernel(kernel, _joined([part.modules for part in parts if part.modules])), files


def _joined(parts: list[KernelModules]) -> KernelModules | None:
    """Return the module lists of a kernel's packages as one."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return parts[0] if parts else None
    available = [part.available for part in parts if part.available is not None]
    builtin = [part.builtin for part in parts if part.builtin is not None]
    return KernelModules(
        release=parts[0].release,
        available=frozenset[str]().union(*available) if available else None,
        builtin=frozenset[str]().union(*builtin) if builtin else None,
        serves=next((part.serves for part in parts if part.serves is not None), None),
        source=" and ".join(part.source for part in parts),
    )


def _given(given: GivenKernel, inventory: Inventory) -> Offer:
    return _from_list(given.kernel, Origin.GIVEN, inventory)._replace(modules=given.modules)


def _base(kernel: InstalledKernel | OfferedKernel, inventory: Inventory) -> _Base:
    """Return what a kernel is built from: as the probe says, else as its own name tells."""
    distro = inventory.host.distro
    told = identify(
        release=kernel.release,
        distro=distro.name or distro.id,
        package_version=kernel.package_version,
    )
    if kernel.upstream or kernel.why:
        return _Base(parse_version(kernel.upstream), kernel.backports, kernel.why, told.vendor)
    return _Base(told.upstream, told.backports, told.why, told.vendor)


def _from_list(kernel: OfferedKernel, origin: Origin, inventory: Inventory) -> Offer:
    base = _base(kernel, inventory)
    return Offer(
        release=kernel.release,
        package=kernel.package,
        package_version=kernel.package_version,
        upstream=base.upstream,
        backports=base.backports,
        why=base.why,
        origin=origin,
        source=kernel.source,
        suite=kernel.suite,
        meta=kernel.meta,
        older=_is_older(inventory, kernel.release, kernel.package_version, base.upstream),
        opt_in=any(word in kernel.suite for word in _OPT_IN),
        cves=kernel.cves,
        cves_source=kernel.cves_source,
        vendor=base.vendor,
    )


def _is_older(
    inventory: Inventory, release: str, package_version: str, upstream: KernelVersion | None
) -> bool:
    """Return whether a kernel is older than the running one, by the best reading there is."""
    running = inventory.kernel.identity
    if upstream is not None and running.upstream is not None and upstream != running.upstream:
        return upstream < running.upstream
    if package_version and running.package_version:
        manager = inventory.packages.manager
        mine = package_key(manager, running.package_version)
        return package_key(manager, package_version) < mine
    return natural_key(release) < natural_key(running.release)


def _newest(offers: list[Offer], inventory: Inventory) -> list[Offer]:
    """Return the newest few of each series, the running kernel's series first."""
    manager = inventory.packages.manager

    def age(offer: Offer) -> tuple[KernelVersion, Key, Key]:
        upstream = offer.upstream or KernelVersion(Series(0, 0))
        version = package_key(manager, offer.package_version)
        return (upstream, version, natural_key(offer.release))

    kept: list[Offer] = []
    counts: dict[str, int] = {}
    for offer in sorted(offers, key=age, reverse=True):
        line = ".".join(offer.release.split(".")[:2])
        counts[line] = counts.get(line, 0) + 1
        if counts[line] <= _MOST_IN_SERIES:
            kept.append(offer)
    return sorted(kept[:_MOST], key=lambda offer: natural_key(offer.release))
