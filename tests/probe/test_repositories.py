"""What dnf and zypper offer, read from the caches that the real tools wrote."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from advisor.model.inventory import Inventory
from advisor.model.packages import InstalledKernel
from advisor.probe.readings import Readings
from advisor.probe.repositories import find_repositories, offered_rpms, release_of
from advisor.system.agent.keep import kept
from advisor.system.agent.manifest import Rule
from advisor.system.live import LiveSystem
from tests.machines.made import inventory

CACHES = Path(__file__).parents[1] / "data/rpm"
ROCKY = "5.14.0-503.14.1.el9_5.x86_64"
NEXT = "5.14.0-570.12.1.el9_6.x86_64"
FEDORA = "6.18.20-200.fc43.x86_64"
LEAP = "6.4.0-150600.23.25-default"
ON = "[{}]\nname=x\nbaseurl=https://user:secret@mirror.example/\nenabled=1\n"
EL = 'ID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 9.5"\n'
FC = 'ID=fedora\nPRETTY_NAME="Fedora Linux 43"\n'
SUSE = 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nPRETTY_NAME="openSUSE Leap 15.6"\n'

Files = dict[str, str | bytes]


def cached(name: str, root: str = "/var/cache/dnf") -> Files:
    """Return the files that a cache holds of one repository."""
    folder = next(CACHES.glob(f"{name}*"))
    files = sorted((folder / "repodata").iterdir())
    return {f"{root}/{folder.name}/repodata/{file.name}": file.read_bytes() for file in files}


def machine(
    os_release: str, release: str, files: Mapping[str, str | bytes], *more: str
) -> Inventory:
    """Return a machine that has these kernels and files."""
    kernels = (release, *more)
    listed = {"/lib/modules": kernels} | {f"/lib/modules/{one}": ["vmlinuz"] for one in kernels}
    return inventory({"/etc/os-release": os_release, **files}, listed=listed, release=release)


def repo(name: str, folder: str = "/etc/yum.repos.d") -> Files:
    return {f"{folder}/{name}.repo": ON.format(name)}


def test_dnf_offers_what_its_cache_holds_of_the_variant_in_use() -> None:
    packages = machine(EL, ROCKY, cached("baseos") | repo("baseos")).packages
    assert [(k.release, k.package, k.package_version, k.suite) for k in packages.offered] == [
        (ROCKY, "kernel-core", "5.14.0-503.14.1.el9_5", "baseos"),
        (NEXT, "kernel-core", "5.14.0-570.12.1.el9_6", "baseos"),
    ]
    assert packages.list_age_days == 1
    assert packages.lists_unread == ()


def test_dnf_offers_the_real_time_kernel_to_those_who_run_it() -> None:
    offered = machine(EL, f"{ROCKY}+rt", cached("baseos") | repo("baseos")).packages.offered
    assert {(k.release, k.package) for k in offered} == {
        (f"{ROCKY}+rt", "kernel-rt-core"),
        (f"{NEXT}+rt", "kernel-rt-core"),
    }


def test_dnf_advisories_say_which_cves_a_build_mends() -> None:
    packages = machine(EL, ROCKY, cached("baseos") | repo("baseos")).packages
    assert packages.changelog_cves == {"CVE-2024-26000"}
    assert packages.changelog_source == "the advisories of baseos"
    cves = {kernel.release: kernel.cves for kernel in packages.offered}
    assert cves[NEXT] == {"CVE-2024-26000", "CVE-2025-21756", "CVE-2025-38352"}
    assert cves[ROCKY] == {"CVE-2024-26000"}


def test_changelog_and_advisories_are_taken_together() -> None:
    said = "kernel-package 5.14.0 503.14.1.el9_5 x86_64 CVE-2024-11111\n"
    files = cached("baseos") | repo("baseos") | {"/commands/rpm-changelogs": said}
    packages = machine(EL, ROCKY, files).packages
    assert packages.changelog_cves == {"CVE-2024-26000", "CVE-2024-11111"}
    assert packages.changelog_source == "rpm -q --changelog and the advisories of baseos"


def test_changelog_of_an_installed_kernel_is_told_for_that_kernel() -> None:
    said = (
        "kernel-package 5.14.0 503.14.1.el9_5 x86_64 CVE-2024-11111\n"
        "kernel-package 5.14.0 570.12.1.el9_6 x86_64 CVE-2024-11111 CVE-2025-22222\n"
    )
    packages = machine(EL, ROCKY, {"/commands/rpm-changelogs": said}, NEXT).packages
    assert {k.release: k.cves for k in packages.installed} == {
        ROCKY: {"CVE-2024-11111"},
        NEXT: {"CVE-2024-11111", "CVE-2025-22222"},
    }


def test_list_packed_with_zstd_is_read() -> None:
    try:
        ctypes.CDLL("libzstd.so.1")
    except OSError:
        pytest.skip("no libzstd here")
    offered = machine(FC, FEDORA, cached("updates") | repo("updates")).packages.offered
    assert [(k.release, k.upstream) for k in offered] == [
        (FEDORA, "6.18.20"),
        ("6.18.44-200.fc43.x86_64", "6.18.44"),
    ]


def test_dnf5_keeps_the_same_lists_elsewhere() -> None:
    files = cached("baseos", "/var/cache/libdnf5") | repo("baseos")
    offered = machine(EL, ROCKY, files).packages.offered
    assert [kernel.release for kernel in offered] == [ROCKY, NEXT]


def test_repository_that_is_switched_off_offers_nothing() -> None:
    files = cached("baseos") | {
        "/etc/yum.repos.d/x.repo": "[baseos]\nenabled=1\n[other]\nenabled=1\n",
        "/etc/dnf/repos.override.d/99.repo": "[baseos]\nenabled = 0\n",
    }
    found = machine(EL, ROCKY, files)
    assert found.packages.offered == ()
    why = {u.what: u.why for u in found.unknowns}["the kernels that dnf offers"]
    assert "dnf list --showduplicates kernel" in why


def test_repositories_count_as_on_where_a_file_that_says_so_cannot_be_read() -> None:
    files = cached("baseos") | {"/etc/yum.repos.d/a.repo": "[other]\nenabled=1\n"}
    listed = {
        "/lib/modules": [ROCKY],
        f"/lib/modules/{ROCKY}": ["vmlinuz"],
        "/etc/yum.repos.d": ["a.repo", "redhat.repo"],
    }
    found = inventory({"/etc/os-release": EL, **files}, listed=listed, release=ROCKY).packages
    assert [kernel.release for kernel in found.offered] == [ROCKY, NEXT]


def test_subscriptions_with_hundreds_of_repositories_are_read() -> None:
    many = "".join(f"[rhel-{n}]\nname={'x' * 300}\nenabled=0\n" for n in range(400))
    files = cached("baseos") | {"/etc/yum.repos.d/redhat.repo": many + "[baseos]\nenabled=1\n"}
    assert [k.suite for k in machine(EL, ROCKY, files).packages.offered] == ["baseos", "baseos"]


def test_lists_of_an_older_distribution_release_are_left_alone(tmp_path: Path) -> None:
    old, new = "updates-0123456789abcdef", "updates-fedcba9876543210"
    for day, folder, kernel in ((1, old, "6.17.1"), (5, new, "6.18.1")):
        path = tmp_path / f"var/cache/dnf/{folder}/repodata/x-primary.xml"
        path.parent.mkdir(parents=True)
        row = f'<name>kernel-core</name><arch>x86_64</arch><version ver="{kernel}" rel="1.fc43"/>'
        path.write_text(row)
        os.utime(path, (day * 86400, day * 86400))
    readings = Readings(LiveSystem(str(tmp_path), FEDORA), now=7 * 86400)
    repositories = find_repositories(readings, "dnf")
    assert [(one.folder.split("/")[4], one.age_days) for one in repositories] == [(new, 2)]
    installed = [InstalledKernel(FEDORA)]
    offers = offered_rpms(readings, "dnf", "x86_64", repositories=repositories, installed=installed)
    assert [kernel.release for kernel in offers.kernels] == ["6.18.1-1.fc43.x86_64"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\0ZCK1\x00\x01", "packed with zchunk"),
        (b"\x1f\x8b\x08damaged", "damaged"),
        (b"no list at all", "not xml"),
    ],
)
def test_list_that_cannot_be_read_is_told_and_never_taken_for_none(
    content: bytes, why: str
) -> None:
    files = cached("baseos") | repo("baseos")
    path = next(path for path in files if "primary" in path)
    found = machine(EL, ROCKY, {**files, path: content})
    assert found.packages.lists_unread == (path,)
    told = {u.source: u.why for u in found.unknowns}
    assert told[path].startswith(why)


def test_zypper_offers_the_flavour_in_use_without_the_count_of_rebuilds() -> None:
    files = cached("repo-oss", "/var/cache/zypp/raw") | repo("repo-oss", "/etc/zypp/repos.d")
    packages = machine(SUSE, LEAP, files).packages
    assert packages.manager == "zypper"
    assert [(k.release, k.package, k.package_version) for k in packages.offered] == [
        (LEAP, "kernel-default", "6.4.0-150600.23.25.1"),
        ("6.4.0-150600.23.30-default", "kernel-default", "6.4.0-150600.23.30.1"),
        ("6.18.30-1-default", "kernel-default", "6.18.30-1.2"),
    ]
    assert packages.changelog_cves == {"CVE-2024-26000"}
    assert packages.offered[1].cves == {"CVE-2024-26000", "CVE-2025-21756"}


def test_kernels_of_leap_lie_in_boot() -> None:
    files = cached("repo-oss", "/var/cache/zypp/raw") | repo("repo-oss", "/etc/zypp/repos.d")
    listed = {"/boot": [f"vmlinuz-{LEAP}", f"vmlinux-{LEAP}.gz"], "/lib/modules": [LEAP]}
    found = inventory({"/etc/os-release": SUSE, **files}, listed=listed, release=LEAP).packages
    assert [(k.release, k.package) for k in found.installed] == [(LEAP, "kernel-default")]
    assert "6.4.0-150600.23.30-default" in {kernel.release for kernel in found.offered}


@pytest.mark.parametrize(
    ("manager", "name", "version", "revision", "release"),
    [
        ("dnf", "kernel-core", "6.18.44", "200.fc43", "6.18.44-200.fc43.x86_64"),
        ("dnf", "kernel", "3.10.0", "1160.el7", "3.10.0-1160.el7.x86_64"),
        ("dnf", "kernel-rt-core", "5.14.0", "503.el9", "5.14.0-503.el9.x86_64+rt"),
        ("dnf", "kernel-rt-core", "4.18.0", "553.rt7.342.el8", "4.18.0-553.rt7.342.el8.x86_64"),
        ("dnf", "kernel-uek-core", "5.15.0", "306.1.el9uek", "5.15.0-306.1.el9uek.x86_64"),
        ("zypper", "kernel-default", "6.18.30", "1.1", "6.18.30-1-default"),
        ("zypper", "kernel-longterm", "6.12.60", "2.1", "6.12.60-2-longterm"),
        ("zypper", "kernel-default", "6.18.30", "2.1.g0123abc", "6.18.30-2.g0123abc-default"),
    ],
)
def test_release_follows_from_the_rpm(
    manager: str, name: str, version: str, revision: str, release: str
) -> None:
    assert release_of(manager, name, version, revision, "x86_64") == release


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/dnf/plugins/versionlock.list", "kernel-core-0:6.11.4-301.fc41.*\n"),
        ("/etc/dnf/versionlock.toml", '[[packages]]\nname = "kernel-core"\n'),
    ],
)
def test_kernel_whose_version_is_locked_is_held(path: str, text: str) -> None:
    held = machine(FC, FEDORA, {path: text}).packages.held
    assert len(held) == 1
    assert held[0].startswith(f"{path}: ")


def test_changelogs_of_several_kernels_are_told_apart_as_rpm_prints_them() -> None:
    said = (
        b"\nkernel-package 5.14.0 503.el9 x86_64\n- net: fix {CVE-2024-11111}\n- old: CVE-2024-26000\n"
        b"\nkernel-package 5.14.0 570.el9 x86_64\n- vsock: {CVE-2025-21756}\n- CVE-2024-26000\n"
    )
    kept_lines = kept(said, Rule(1 << 20, "cves-by-kernel"))
    assert kept_lines.decode().splitlines() == [
        "kernel-package 5.14.0 503.el9 x86_64 CVE-2024-11111 CVE-2024-26000",
        "kernel-package 5.14.0 570.el9 x86_64 CVE-2024-26000 CVE-2025-21756",
    ]
    assert kept(kept_lines, Rule(1 << 20, "cves-by-kernel")) == kept_lines


@pytest.mark.parametrize("name", ["baseos", "updates", "repo-oss"])
def test_what_is_kept_of_a_list_stays_the_same_when_it_is_kept_again(name: str) -> None:
    for path, content in cached(name).items():
        how = "rpms" if "primary" in path else "advisories" if "updateinfo" in path else ""
        if how and isinstance(content, bytes):
            rule = Rule(32 << 20, how)
            once = kept(content, rule)
            assert once
            assert kept(once, rule) == once
