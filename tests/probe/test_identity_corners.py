"""Whose kernel it is, where one word or one of two readings decides whether its number proves anything."""

from __future__ import annotations

import pytest

from advisor.probe.identity import identify

BANNER = "#1 SMP PREEMPT_DYNAMIC Debian {} (2025-05-22)"


@pytest.mark.parametrize(
    ("distro", "vendor", "upstream", "backports"),
    [
        ("qnap", "qnap", "None", True),
        ("xcp-ng", "xcp-ng", "None", True),
        ("XenServer 8", "xcp-ng", "None", True),
        ("bottlerocket", "amazon", "6.1.119", True),
        ("batocera", "batocera", "6.1.119", False),
        ("void", "void", "6.1.119", False),
        ("guix", "guix", "6.1.119", False),
    ],
)
def test_plain_number_is_worth_what_its_distribution_makes_of_it(
    distro: str, vendor: str, upstream: str, backports: bool
) -> None:
    found = identify(release="6.1.119", distro=distro)
    assert (found.vendor, str(found.upstream), found.backports) == (vendor, upstream, backports)
    assert not found.early_fixes


@pytest.mark.parametrize(
    ("release", "distro", "vendor", "upstream"),
    [
        ("3.0.101-108-default", "", "suse", "None"),
        ("3.12.74-60-default", "", "suse", "None"),
        ("3.13.1-1-default", "", "opensuse", "3.13.1"),
        ("4.4.5-1-default", "", "opensuse", "4.4.5"),
        ("4.4.6-1-default", "", "suse", "None"),
        ("4.4.103-92-default", "", "suse", "None"),
        ("4.5.0-1-default", "", "opensuse", "4.5"),
        ("6.4.0-1-default", "", "suse", "None"),
        ("6.4.0-1-default", "opensuse-tumbleweed", "opensuse", "6.4"),
        ("6.13.1-1-default", "opensuse-tumbleweed", "opensuse", "6.13.1"),
        ("6.13.1-1-default", "opensuse-leap", "suse", "None"),
        ("6.13.1-1-default", "sles", "suse", "None"),
        ("6.13.1-1-default", "sled", "suse", "None"),
    ],
)
def test_number_that_suse_kept_for_years_proves_nothing(
    release: str, distro: str, vendor: str, upstream: str
) -> None:
    found = identify(release=release, distro=distro)
    assert (found.vendor, str(found.upstream)) == (vendor, upstream)
    assert found.backports is (vendor == "suse")


@pytest.mark.parametrize(
    ("version", "package", "upstream", "source"),
    [
        pytest.param(BANNER.format("6.1.140-1"), "6.1.140-1", "6.1.140", "uname -v", id="agree"),
        pytest.param(
            BANNER.format("6.1.140-1"), "6.1.148-1", "6.1.140", "uname -v", id="upgraded on disk"
        ),
        pytest.param("", "6.1.148-1", "6.1.148", "package", id="the package alone"),
        pytest.param("", "6.1 148", "None", "uname -r", id="no version"),
        pytest.param("", "5.10.9-1", "None", "uname -r", id="another series' package"),
        pytest.param(BANNER.format("5.10.9-1"), "", "None", "uname -r", id="another series"),
        pytest.param(BANNER.format("6.1.140-1")[:-12], "", "None", "uname -r", id="cut short"),
    ],
)
def test_running_kernel_is_what_it_says_and_not_what_is_installed(
    version: str, package: str, upstream: str, source: str
) -> None:
    found = identify(
        release="6.1.0-37-amd64", version=version, package_version=package, distro="debian"
    )
    assert (str(found.upstream), found.source) == (upstream, source)


@pytest.mark.parametrize(
    ("signature", "upstream", "source"),
    [
        ("Ubuntu 6.8.0-52.53-generic 6.8.12", "6.8.12", "/proc/version_signature"),
        ("Ubuntu 6.8.0-52.53-generic 6.5.3", "None", "uname -r"),
        ("Ubuntu 6.8.0-52.53-generic", "None", "uname -r"),
        ("", "None", "uname -r"),
    ],
)
def test_signature_names_the_base_of_its_own_series(
    signature: str, upstream: str, source: str
) -> None:
    found = identify(release="6.8.0-52-generic", version_signature=signature, distro="ubuntu")
    assert (str(found.upstream), found.source, found.backports) == (upstream, source, True)


def test_build_with_changes_on_top_may_have_fixes_early() -> None:
    for release in ("6.9.4-g123456", "6.9.4-dirty", "6.9.4+"):
        found = identify(release=release)
        assert (str(found.upstream), found.early_fixes, found.vendor) == ("6.9.4", True, "custom")
    plain = identify(release="6.9.4-mine")
    assert (str(plain.upstream), plain.early_fixes) == ("6.9.4", False)
    counted = identify(release="6.1.57-1")
    assert (str(counted.upstream), counted.early_fixes) == ("6.1.57", True)


def test_banner_stands_in_for_the_release_and_the_version() -> None:
    banner = f"Linux version 6.1.0-37-amd64 (a@b) (gcc 14) {BANNER.format('6.1.140-1')}\n"
    found = identify(release="", proc_version=banner)
    assert (found.release, str(found.upstream)) == ("6.1.0-37-amd64", "6.1.140")
    assert identify(release="", proc_version="Linux").upstream is None


@pytest.mark.parametrize(
    ("release", "version", "distro", "vendor"),
    [
        ("6.8.0-52-odd", "#53-Ubuntu SMP PREEMPT_DYNAMIC Sat Jan 11", "", "ubuntu"),
        ("6.8.12-odd", "#1 SMP PREEMPT_DYNAMIC PMX 6.8.12-4 (2024-11-06)", "", "proxmox"),
        ("6.8.12-odd", "#1 SMP PREEMPT_DYNAMIC PVE 6.8.12-4 (2024-11-06)", "", "proxmox"),
        ("6.8.0-52-odd", "", "ubuntu", "ubuntu"),
        ("6.8.0-52-odd", "", "linuxmint", "ubuntu"),
        ("6.8.0-52-odd", "", "pop!_os", "ubuntu"),
        ("6.8.0-52-odd", "", "elementary", "ubuntu"),
        ("6.8.0-52-odd", "", "neon", "ubuntu"),
        ("6.8.0-52-odd", "", "zorin", "ubuntu"),
        ("6.8.0-52-odd", "", "tuxedo", "ubuntu"),
    ],
)
def test_kernel_of_no_known_flavour_is_its_builders_and_may_have_later_fixes(
    release: str, version: str, distro: str, vendor: str
) -> None:
    found = identify(release=release, version=version, distro=distro)
    assert (found.vendor, found.backports) == (vendor, True)
