"""The manifest says what may be read; nothing else can be."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.probe import probe
from advisor.system.agent.keep import TRANSFORMS
from advisor.system.agent.manifest import READS, Manifest, fits, star
from advisor.system.live import LiveSystem
from tests.machines import made


@pytest.mark.parametrize(
    ("pattern", "name", "fitting"),
    [
        ("*", "anything", True),
        ("*_Packages", "x_Packages", True),
        ("*_Packages", "Packages", False),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a*b*b", "ab", False),
        ("config-*", "config-", True),
        ("plain", "plain", True),
        ("plain", "plainer", False),
    ],
)
def test_star_stands_for_anything_within_a_name(pattern: str, name: str, fitting: bool) -> None:
    assert star(pattern, name) is fitting


@given(
    st.lists(st.text(alphabet="ab*", max_size=4), min_size=1, max_size=4), st.text("ab", max_size=6)
)
def test_star_agrees_with_a_regular_expression(parts: list[str], name: str) -> None:
    pattern = "".join(parts)
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert star(pattern, name) is (re.fullmatch(expression, name) is not None)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/modprobe.d/../shadow",
        "/etc/modprobe.d/./x.conf",
        "/etc/modprobe.d/a/b.conf",
        "/etc/modprobe.d/",
    ],
)
def test_path_that_leaves_its_folder_fits_nothing(path: str) -> None:
    assert not fits("/etc/modprobe.d/*.conf", path)
    assert not fits("/usr/src/*/META", "/usr/src/../META")


@pytest.mark.parametrize("release", ["../../etc", "a/b", "*"])
def test_release_that_is_no_name_is_not_put_into_paths(release: str) -> None:
    with pytest.raises(LookupError):
        Manifest(release).read_rule(f"/boot/config-{release}")


SYSTEMS = [
    pytest.param(LiveSystem(), id="live"),
    pytest.param(made.system(), id="recorded"),
]


@pytest.mark.parametrize("system", SYSTEMS)
def test_system_refuses_what_the_manifest_does_not_name(system: LiveSystem) -> None:
    for path in ("/etc/shadow", "/etc/passwd", "/root/.ssh/id_ed25519", "/proc/1/environ", ""):
        with pytest.raises(LookupError):
            system.read(path)
        with pytest.raises(LookupError):
            system.read_bytes(path)
        with pytest.raises(LookupError):
            system.modified(path)
        with pytest.raises(LookupError):
            system.list(path)
        with pytest.raises(LookupError):
            system.readlink(path)
    with pytest.raises(LookupError):
        system.run("rm -rf /")


@pytest.mark.parametrize("name", sorted(p.name[:-7] for p in made.FOLDER.glob("*.tar.gz")))
def test_probe_reads_only_what_the_manifest_names(name: str) -> None:
    # A path that is not in the manifest raises LookupError, so that no capture can lack it.
    assert probe(made.recorded(name), now=made.NOW).kernel.identity.release


def test_rules_name_known_transforms() -> None:
    assert {keep for _, _, keep in READS} - {""} <= set(TRANSFORMS)
