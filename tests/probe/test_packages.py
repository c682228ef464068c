"""Which kernels the package manager has and offers, read from its own files."""

from __future__ import annotations

import gzip

import pytest

from advisor.model.packages import Packages
from advisor.probe.managers import alpine_release, arch_release
from advisor.system.agent.manifest import Raw
from tests.machines.made import RELEASE, inventory

STATUS = "/var/lib/dpkg/status"
LISTS = "/var/lib/apt/lists"
DEBIAN = {
    "/etc/os-release": 'ID=debian\nVERSION_CODENAME=trixie\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n'
}


def stanza(name: str, version: str, status: str = "", depends: str = "") -> str:
    fields = [f"Package: {name}", *([f"Status: {status}"] if status else []), "Architecture: amd64"]
    fields += [f"Version: {version}", *([f"Depends: {depends}"] if depends else [])]
    return "\n".join(fields) + "\n\n"


INSTALLED = stanza(f"linux-image-{RELEASE}", "6.12.94-1", "install ok installed")
OK = "install ok installed"


def test_apt_kernels_are_installed_and_offered() -> None:
    security = f"{LISTS}/deb_debian-security_dists_trixie-security_main_binary-amd64_Packages"
    backports = f"{LISTS}/deb_debian_dists_trixie-backports_main_binary-amd64_Packages"
    arm = f"{LISTS}/deb_debian_dists_trixie_main_binary-arm64_Packages"
    files = DEBIAN | {
        STATUS: INSTALLED + stanza("linux-image-amd64", "6.12.94-1", "hold ok installed"),
        security: stanza("linux-image-6.12.117+deb13-amd64", "6.12.117-1")
        + stanza("linux-image-6.12.117+deb13-amd64-unsigned", "6.12.117-1")
        + stanza(
            "linux-image-amd64",
            "6.12.117-1",
            depends="linux-image-6.12.117+deb13-amd64 (= 6.12.117-1)",
        ),
        backports: stanza("linux-image-7.3.4+deb13-amd64", "7.3.4-1~bpo13+1"),
        arm: stanza("linux-image-6.12.117+deb13-arm64", "6.12.117-1"),
        f"{LISTS}/deb_debian-security_dists_trixie-security_InRelease": (
            "Origin: Debian\nSuite: stable-security\nCodename: trixie-security\n"
        ),
    }
    listed = {LISTS: [path.rpartition("/")[2] for path in files if path.startswith(LISTS)]}
    packages = inventory(files, listed=listed).packages
    assert packages.manager == "apt"
    assert packages.held == (f"{STATUS}: linux-image-amd64 is on hold",)
    assert [(k.release, k.package_version, k.upstream) for k in packages.installed] == [
        (RELEASE, "6.12.94-1", "6.12.94")
    ]
    assert [(k.release, k.suite, k.meta, k.upstream) for k in packages.offered] == [
        ("6.12.117+deb13-amd64", "trixie-security", "linux-image-amd64", "6.12.117"),
        ("7.3.4+deb13-amd64", "trixie-backports", "", "7.3.4"),
    ]
    assert packages.list_age_days == 1
    assert packages.offered[0].list_age_days == 1


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("linux-image-6.12.94+deb13-amd64", "6.12.94+deb13-amd64"),
        ("linux-image-6.1.0-37-cloud-amd64", "6.1.0-37-cloud-amd64"),
        ("linux-image-unsigned-6.8.0-60-generic", "6.8.0-60-generic"),
        ("linux-image-6.12.47+rpt-rpi-2712", "6.12.47+rpt-rpi-2712"),
        ("proxmox-kernel-6.8.12-4-pve-signed", "6.8.12-4-pve"),
        ("pve-kernel-5.15.108-1-pve", "5.15.108-1-pve"),
        ("proxmox-kernel-6.8", None),
        ("pve-kernel-5.15", None),
        ("linux-image-amd64", None),
        ("linux-image-generic-hwe-24.04", None),
        ("proxmox-default-kernel", None),
    ],
)
def test_apt_package_holds_the_kernel_that_its_name_says(name: str, release: str | None) -> None:
    found = inventory(DEBIAN | {STATUS: stanza(name, "1-1", OK)}).packages.installed
    assert [kernel.release for kernel in found] == ([release] if release else [])


def test_apt_package_that_is_not_installed_any_more_does_not_count() -> None:
    removed = stanza(f"linux-image-{RELEASE}", "6.12.94-1", "deinstall ok config-files")
    assert inventory(DEBIAN | {STATUS: removed}).packages.installed == ()


def test_apt_suite_of_ubuntu_is_its_suite() -> None:
    files = {
        STATUS: stanza("linux-image-6.8.0-60-generic", "6.8.0-60.63", OK),
        f"{LISTS}/x_ubuntu_dists_noble-updates_main_binary-amd64_Packages": stanza(
            "linux-image-6.8.0-87-generic", "6.8.0-87.88"
        ),
        f"{LISTS}/x_ubuntu_dists_noble-updates_InRelease": "Suite: noble-updates\nCodename: noble\n",
    }
    listed = {LISTS: [path.rpartition("/")[2] for path in files if path.startswith(LISTS)]}
    offered = inventory(files, listed=listed, release="6.8.0-60-generic").packages.offered
    assert [kernel.suite for kernel in offered] == ["noble-updates"]


def test_apt_meta_package_that_is_installed_is_the_one_to_upgrade() -> None:
    path = f"{LISTS}/x_ubuntu_dists_noble-updates_main_binary-amd64_Packages"
    image = "linux-image-6.14.0-33-generic"
    metas = ("linux-image-generic-6.14", "linux-image-generic-hwe-24.04")
    files = {
        STATUS: stanza("linux-image-6.11.0-29-generic", "6.11.0-29.29~24.04.1", OK)
        + stanza(metas[1], "6.11.0-29.29~24.04.1", OK),
        path: stanza(image, "6.14.0-33.33~24.04.1")
        + "".join(stanza(meta, "6.14.0-33.33~24.04.1", depends=image) for meta in metas),
    }
    listed = {LISTS: [path.rpartition("/")[2]]}
    (kernel,) = inventory(files, listed=listed, release="6.11.0-29-generic").packages.offered
    assert kernel.meta == metas[1]


def test_apt_keeps_the_newest_few_of_many() -> None:
    path = f"{LISTS}/x_dists_trixie_main_binary-amd64_Packages"
    many = "".join(
        stanza(f"linux-image-6.12.{n}+deb13-amd64", f"6.12.{n}-1") for n in range(5, 100)
    )
    files = DEBIAN | {STATUS: INSTALLED, path: many}
    offered = inventory(files, listed={LISTS: [path.rpartition("/")[2]]}).packages.offered
    assert [kernel.package_version for kernel in offered] == ["6.12.98-1", "6.12.99-1"]


def test_apt_is_not_asked_where_no_kernel_is_installed() -> None:
    path = f"{LISTS}/x_dists_trixie_main_binary-amd64_Packages"
    files = DEBIAN | {
        STATUS: stanza("bash", "1", OK),
        path: stanza("linux-image-6.12.9+deb13-amd64", "1"),
    }
    machine = inventory(files, listed={LISTS: [path.rpartition("/")[2]]})
    assert machine.packages.offered == ()
    assert "the kernels that apt offers" in {u.what for u in machine.unknowns}


def test_apt_list_that_cannot_be_read_is_unknown() -> None:
    name = "x_dists_trixie_main_binary-amd64_Packages.zst"
    files: dict[str, str | bytes] = {
        **DEBIAN,
        STATUS: INSTALLED,
        f"{LISTS}/{name}": b"\x28\xb5\x2f\xfdxxxx",
    }
    machine = inventory(files, listed={LISTS: [name]})
    assert ("damaged", f"{LISTS}/{name}") in {(u.why, u.source) for u in machine.unknowns}


def test_pins_and_preferences_hold_kernels_back() -> None:
    files = DEBIAN | {
        STATUS: INSTALLED,
        "/etc/kernel/proxmox-boot-pin": "6.8.12-4-pve\n",
        "/etc/apt/preferences.d/kernel": (
            "Package: linux-image-*\nPin: version 6.12.94*\nPin-Priority: 1001\n\n"
            "Package: *\nPin: release n=sid\nPin-Priority: -10\n"
        ),
    }
    assert inventory(files, listed={"/etc/apt/preferences.d": ["kernel"]}).packages.held == (
        "/etc/kernel/proxmox-boot-pin: 6.8.12-4-pve is pinned",
        "/etc/apt/preferences.d/kernel: linux-image-* has the priority 1001",
    )


def test_changelog_names_fixes_that_are_in_ahead_of_upstream() -> None:
    path = f"/usr/share/doc/linux-image-{RELEASE}/changelog.Debian.gz"
    log = gzip.compress(b"linux (6.12.94-1)\n  * [x86] fix (CVE-2026-10001)\n")
    files: dict[str, str | bytes] = {**DEBIAN, STATUS: INSTALLED, path: log}
    packages = inventory(files).packages
    assert packages.changelog_cves == {"CVE-2026-10001"}
    assert packages.changelog_source == path


def test_changelog_of_a_newer_kernel_that_is_installed_speaks_for_that_kernel() -> None:
    old, new = "6.12.90+deb13-amd64", "6.12.117+deb13-amd64"
    log = "/usr/share/doc/linux-image-{}/changelog.Debian.gz"
    files: dict[str, str | bytes] = {
        **DEBIAN,
        STATUS: INSTALLED
        + stanza(f"linux-image-{old}", "6.12.90-1", OK)
        + stanza(f"linux-image-{new}", "6.12.117-1", OK),
        log.format(RELEASE): gzip.compress(b"linux (6.12.94-1)\n  * (CVE-2026-10001)\n"),
        log.format(new): gzip.compress(
            b"linux (6.12.117-1)\n  * (CVE-2026-10001, CVE-2026-10002)\n"
        ),
        log.format(old): gzip.compress(b"linux (6.12.90-1)\n  * (CVE-2026-10000)\n"),
    }
    packages = inventory(files).packages
    assert {kernel.release: (kernel.cves, kernel.cves_source) for kernel in packages.installed} == {
        RELEASE: ({"CVE-2026-10001"}, log.format(RELEASE)),
        new: ({"CVE-2026-10001", "CVE-2026-10002"}, log.format(new)),
        old: (frozenset(), ""),
    }


def test_changelog_of_what_only_signs_a_kernel_does_not_speak_for_it() -> None:
    release = "6.8.0-60-generic"
    doc = "/usr/share/doc/linux-{}-" + release + "/changelog.Debian.gz"
    files: dict[str, str | bytes] = {
        STATUS: stanza(f"linux-image-{release}", "6.8.0-60.63", OK),
        doc.format("image"): gzip.compress(
            b"linux-signed (6.8.0-60.63)\n  * Main version: 6.8.0-60.63\n"
        ),
        doc.format("modules"): gzip.compress(b"linux (6.8.0-60.63)\n  * CVE-2024-26581\n"),
    }
    packages = inventory(files, release=release).packages
    assert packages.changelog_cves == {"CVE-2024-26581"}
    assert packages.changelog_source == doc.format("modules")


def test_kernels_in_boot_without_a_package_are_told() -> None:
    listed = {
        "/boot": [
            "vmlinuz-6.17.2-custom",
            "vmlinuz-linux",
            "vmlinuz-6.1.1.old",
            "kernel-6.6.1-gentoo",
            "vmlinux-6.4.0-150600.23.25-default.gz",
            "vmlinuz-0-rescue-0123456789abcdef0123456789abcdef",
        ]
    }
    found = inventory(listed=listed).packages.installed
    assert [(k.release, k.source, k.package) for k in found] == [
        ("6.17.2-custom", "/boot/vmlinuz-6.17.2-custom", ""),
        ("6.6.1-gentoo", "/boot/kernel-6.6.1-gentoo", ""),
    ]


@pytest.mark.parametrize(
    ("name", "version", "release"),
    [
        ("linux", "6.12.1.arch1-1", "6.12.1-arch1-1"),
        ("linux", "6.12.arch1-1", "6.12-arch1-1"),
        ("linux-lts", "6.6.63-1", "6.6.63-1-lts"),
        ("linux-zen", "6.12.1.zen1-1", "6.12.1-zen1-1-zen"),
        ("linux-hardened", "6.11.9.hardened1-1", "6.11.9-hardened1-1-hardened"),
        ("linux-api-headers", "6.10-1", ""),
        ("linux612", "6.12.30-1", "6.12.30-1-MANJARO"),
        ("linux", "nonsense", ""),
    ],
)
def test_arch_release_follows_from_the_package(name: str, version: str, release: str) -> None:
    assert arch_release(name, version) == release


@pytest.mark.parametrize(
    ("name", "version", "release"),
    [
        ("linux-lts", "6.12.30-r0", "6.12.30-0-lts"),
        ("linux-virt", "6.12.30-r2", "6.12.30-2-virt"),
        ("linux-firmware", "20240101-r0", ""),
        ("linux-lts", "6.12.30", ""),
    ],
)
def test_alpine_release_follows_from_the_package(name: str, version: str, release: str) -> None:
    assert alpine_release(name, version) == release


def desc(name: str, version: str) -> str:
    return f"%NAME%\n{name}\n\n%VERSION%\n{version}\n\n"


def test_pacman_kernels_are_installed_offered_and_ignored() -> None:
    files: dict[str, str | bytes] = {
        "/etc/os-release": 'ID=arch\nPRETTY_NAME="Arch Linux"\n',
        "/var/lib/pacman/local/linux-6.12.1.arch1-1/desc": desc("linux", "6.12.1.arch1-1"),
        "/var/lib/pacman/sync/core.db": gzip.compress(
            (desc("linux", "6.12.3.arch1-1") + desc("linux-lts", "6.6.64-1")).encode()
        ),
        "/etc/pacman.conf": "[options]\nIgnorePkg = linux\n",
    }
    listed = {
        "/var/lib/pacman/local": ["linux-6.12.1.arch1-1"],
        "/var/lib/pacman/sync": ["core.db"],
    }
    packages = inventory(files, listed=listed, release="6.12.1-arch1-1").packages
    assert packages.manager == "pacman"
    assert [(k.release, k.upstream) for k in packages.installed] == [("6.12.1-arch1-1", "6.12.1")]
    assert [(k.release, k.suite) for k in packages.offered] == [("6.12.3-arch1-1", "core")]
    assert packages.held == ("/etc/pacman.conf: IgnorePkg = linux",)
    assert packages.list_age_days == 1


def test_apk_kernels_are_installed_offered_and_pinned() -> None:
    files: dict[str, str | bytes] = {
        "/etc/os-release": 'ID=alpine\nPRETTY_NAME="Alpine Linux v3.22"\n',
        "/lib/apk/db/installed": "C:Q1\nP:linux-lts\nV:6.12.30-r0\n\n",
        "/var/cache/apk/APKINDEX.0.tar.gz": gzip.compress(
            b"P:linux-lts\nV:6.12.35-r0\n\nP:linux-virt\nV:1-r0\n"
        ),
        "/etc/apk/world": "bash\nlinux-lts=6.12.30-r0\n",
    }
    packages = inventory(
        files, listed={"/var/cache/apk": ["APKINDEX.0.tar.gz"]}, release="6.12.30-0-lts"
    ).packages
    assert packages.manager == "apk"
    assert [kernel.release for kernel in packages.installed] == ["6.12.30-0-lts"]
    assert [kernel.release for kernel in packages.offered] == ["6.12.35-0-lts"]
    assert packages.held == ("/etc/apk/world: linux-lts=6.12.30-r0",)


def rpm_packages(os_release: str) -> Packages:
    release = "5.14.0-503.14.1.el9_5.x86_64"
    return inventory(
        {
            "/etc/os-release": os_release,
            "/etc/dnf/dnf.conf": "[main]\nexcludepkgs=kernel*\n",
            "/commands/rpm-changelogs": (
                "kernel-package 5.14.0 503.14.1.el9_5 x86_64 CVE-2024-26581 CVE-2024-35000\n"
            ),
        },
        listed={
            "/lib/modules": [release, "leftover"],
            f"/lib/modules/{release}": ["vmlinuz", "modules.order"],
            "/lib/modules/leftover": [],
        },
        release=release,
    ).packages


def test_rpm_kernels_lie_beside_their_modules_and_their_changelog_is_asked() -> None:
    packages = rpm_packages(
        'ID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 9.5"\n'
    )
    assert packages.manager == "dnf"
    assert [(k.package, k.package_version, k.upstream) for k in packages.installed] == [
        ("kernel-core", "5.14.0-503.14.1.el9_5", "")
    ]
    assert packages.installed[0].backports
    assert packages.changelog_cves == {"CVE-2024-26581", "CVE-2024-35000"}
    assert packages.held == ("/etc/dnf/dnf.conf: excludepkgs=kernel*",)


def test_suse_has_zypper() -> None:
    packages = rpm_packages('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n')
    assert (packages.manager, packages.installed[0].package) == ("zypper", "kernel-default")


def test_nixos_that_was_switched_needs_a_reboot() -> None:
    links = {
        "/run/booted-system/kernel": "/nix/store/aaa-linux-6.12.50/bzImage",
        "/run/current-system/kernel": "/nix/store/bbb-linux-6.12.57/bzImage",
    }
    packages = inventory({"/etc/os-release": "ID=nixos\n"}, links=links, release="6.12.50").packages
    assert packages.manager == "nix"
    assert [kernel.release for kernel in packages.installed] == ["6.12.50", "6.12.57"]
    assert "current-system" in packages.reboot_required


def test_pending_reboot_names_its_packages() -> None:
    files = {
        "/run/reboot-required": "*** System restart required ***\n",
        "/run/reboot-required.pkgs": "linux-image-6.12.117+deb13-amd64\nlibc6\nlibc6\n",
    }
    expected = "/run/reboot-required: linux-image-6.12.117+deb13-amd64, libc6"
    assert inventory(files).packages.reboot_required == expected


def test_dkms_modules_are_told_with_their_limits() -> None:
    files = {
        "/usr/src/zfs-2.3.2/META": "Meta: 1\nName: zfs\nLinux-Maximum: 6.14\nLinux-Minimum: 4.18\n",
        "/usr/src/zfs-2.3.2/dkms.conf": 'PACKAGE_NAME="zfs"\nPACKAGE_VERSION="2.3.2"\n',
        "/usr/src/r8168-8.055/dkms.conf": (
            'PACKAGE_NAME="r8168"\nPACKAGE_VERSION="8.055"\nBUILD_EXCLUSIVE_KERNEL="^(5\\.|6\\.[0-9]\\.)"\n'
            'BUILT_MODULE_NAME[0]="r8168"\nBUILT_MODULE_NAME[1]=r8168-more\nBUILT_MODULE_NAME[2]="$X"\n'
        ),
        "/usr/src/odd-1/dkms.conf": 'PACKAGE_NAME="$NAME"\nPACKAGE_VERSION="1"\n',
    }
    listed = {
        "/var/lib/dkms": ["zfs"],
        "/var/lib/dkms/zfs": ["2.3.2", "kernel-6.12.94+deb13-amd64-x86_64"],
        "/var/lib/dkms/zfs/2.3.2": ["6.12.94+deb13-amd64", "source"],
        "/usr/src": ["zfs-2.3.2", "r8168-8.055", "odd-1", "linux-headers-6.12"],
    }
    found = inventory(files, listed=listed).packages.dkms
    assert [(m.name, m.version, m.kernels, m.max_kernel) for m in found] == [
        ("r8168", "8.055", (), ""),
        ("zfs", "2.3.2", ("6.12.94+deb13-amd64",), "6.14"),
    ]
    assert found[0].modules == ("r8168", "r8168_more")
    assert found[0].exclusive == "^(5\\.|6\\.[0-9]\\.)"


def test_other_kernels_on_disk_say_what_they_could_drive() -> None:
    other = "6.12.117+deb13-amd64"
    modalias = "pci:v0000104Cd00008036sv00000000sd00000000bc06sc07i00"
    files = {
        f"/lib/modules/{other}/modules.order": "kernel/drivers/net/ethernet/intel/e1000e/e1000e.ko.xz\n",
        f"/lib/modules/{other}/modules.builtin": "kernel/fs/ext4/ext4.ko\n",
        f"/lib/modules/{other}/modules.alias": "alias pci:v0000104Cd00008036sv*sd*bc*sc*i* newcard\n",
    }
    raws = [
        Raw("/devices/pci0000:00/0000:00:01.0", "pci", "oldcard", "oldcard", {},
            {"PCI_CLASS": "20000", "PCI_ID": "104C:8036", "MODALIAS": modalias}),
        Raw("/devices/pci0000:00/0000:00:02.0", "pci", "e1000e", "e1000e", {},
            {"PCI_CLASS": "20000", "PCI_ID": "8086:10D3", "MODALIAS": "pci:v00008086d000010D3"}),
    ]  # fmt: skip
    listed = {"/boot": [f"vmlinuz-{other}", f"vmlinuz-{RELEASE}", "vmlinuz-5.1.1-gone"]}
    found = inventory(files, listed=listed, devices=raws).kernel_modules
    assert set(found) == {other}
    assert found[other].available == frozenset({"e1000e"})
    assert found[other].builtin == frozenset({"ext4"})
    assert found[other].serves == {modalias: ("newcard",)}
