"""Every way of getting the advisor, as docs/install.md says it, each in a bare root of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.roots.bare_root import Root, commands, note

PAGE = "docs/install.md"


def promised(
    root: Root, name: str, cache: Path, *, folder: str = "/root", seconds: int = 1800
) -> str:
    """Run what the page says under a name, write down what it cost, and return what it printed."""
    before = root.megabytes()
    done = root.run(commands(PAGE, name), folder=folder, seconds=seconds)
    note(cache, name, root, done, root.megabytes() - before)
    return done.out


def holds_an_answer(printed: str) -> bool:
    return "Kernels this machine could run" in printed and "Knowledge of 20" in printed


def test_package_is_installed_and_goes_away_whole(bare: Root, packages: Path, cache: Path) -> None:
    bare.put(*packages.glob("*.deb"))
    before = files(bare)
    printed = promised(bare, "deb", cache)
    assert holds_an_answer(printed)
    assert "ok       Knowledge base" in printed
    # As `systemctl enable` would: what the package did not make, it takes along too.
    wanted = "/etc/systemd/system/timers.target.wants"
    timer = "kernel-advisor-metrics.timer"
    bare.run(f"mkdir -p {wanted}; ln -s /usr/lib/systemd/system/{timer} {wanted}/")
    bare.run("mkdir -p /var/lib/advisor; touch /var/lib/advisor/kernel.sqlite")
    bare.run(commands(PAGE, "deb-remove"))
    bare.run("! test -e /var/lib/advisor")
    left = files(bare) - before
    assert not [path for path in left if "advisor" in path]


def files(root: Root) -> set[str]:
    found = root.run("find / -xdev -not -path '/var/lib/*' -not -path '/root/*' -print").out
    return set(found.splitlines())


@pytest.mark.parametrize("way", ["pipx", "uv"])
def test_wheel_is_installed(bare: Root, packages: Path, cache: Path, way: str) -> None:
    bare.put(*packages.glob("*.whl"))
    assert holds_an_answer(promised(bare, way, cache))
    version = bare.run("~/.local/bin/advisor --version").out
    assert "knowledge of 20" in version
    called = "COMP_WORDS=(advisor sc); COMP_CWORD=1; _advisor_completion advisor"
    offered = bare.run(
        "set +eu; PATH=~/.local/bin:$PATH; advisor --install-completion >/dev/null;"
        f". ~/.bashrc; {called}; echo ${{COMPREPLY[@]}}"
    )
    assert offered.out.split() == ["scan"]


def test_one_file_runs(bare: Root, packages: Path, cache: Path) -> None:
    bare.put(packages / "advisor.pyz")
    assert holds_an_answer(promised(bare, "zipapp", cache))
    made = bare.run("python3 advisor.pyz report -o page.html; wc -c < page.html").out
    assert int(made) > 10_000
    again = bare.run("python3 advisor.pyz scan")
    note(cache, "zipapp, the second run", bare, again, 0)
    bare.run("HOME=/nonexistent python3 advisor.pyz scan; ! ls -d /tmp/advisor-*")


def test_one_file_without_python_libraries_says_what_is_missing(bare: Root, packages: Path) -> None:
    bare.put(packages / "advisor.pyz")
    bare.run("apt-get install --no-install-recommends python3-minimal")
    done = bare.run("python3 advisor.pyz scan", check=False)
    assert done.status == 69
    assert "apt install python3" in done.err


def test_checkout_runs_with_the_distributions_libraries(bare: Root, cache: Path) -> None:
    folder = bare.put_checkout()
    assert holds_an_answer(promised(bare, "distribution", cache, folder=folder))


def test_packages_are_built_in_a_bare_root(bare: Root, cache: Path) -> None:
    folder = bare.put_checkout()
    assert "knowledge of 20" in promised(bare, "build", cache, folder=folder)
