"""The .deb as installed: commands, man page, completion in three shells, users without rights."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from advisor import __version__, cli
from advisor.cli_tree import tree
from tests.packaging.roots.bare_root import CHECKOUT, Root


def test_version_names_the_knowledge(installed: Root) -> None:
    said = installed.run("advisor --version").out
    assert said.startswith(f"advisor {__version__}, knowledge of 20")


def test_help_of_every_command_is_shown(installed: Root) -> None:
    for command in tree(cli.build()).walk():
        said = installed.run(f"advisor {' '.join(command.path)} --help").out
        for option in command.options:
            assert option.flags[-1] in said


def test_every_user_may_scan(installed: Root) -> None:
    done = installed.run("HOME=/nonexistent advisor scan", user="nobody:nogroup", folder="/")
    assert "Kernels this machine could run" in done.out
    assert not done.err
    # A home that is another's must not stop it.
    installed.run("HOME=/root advisor scan", user="nobody:nogroup", folder="/")


def test_doctor_tells_a_user_what_root_would_add(installed: Root) -> None:
    said = installed.run("advisor doctor", user="nobody:nogroup", folder="/").out
    assert "You are user 65534." in said
    assert "Root would add" in said


def test_capture_is_made_and_scanned(installed: Root) -> None:
    installed.run("advisor capture -o /tmp/box.tar.gz; advisor scan --from /tmp/box.tar.gz")


def test_report_is_written(installed: Root) -> None:
    made = installed.run("cd /tmp; advisor report -o page.html; wc -c < page.html").out
    assert int(made) > 10_000


def test_configuration_is_heeded(installed: Root) -> None:
    said = installed.run(
        "mkdir -p /etc/advisor; echo '[scan]\nformat = \"json\"' > /etc/advisor/config.toml;"
        "advisor scan; rm -r /etc/advisor"
    ).out
    assert said.startswith("{")


def test_bytecode_is_there_so_that_no_run_compiles(installed: Root) -> None:
    modules = "/usr/lib/python3/dist-packages/advisor"
    counted = installed.run(
        f"find {modules} -name '*.py' | wc -l; find {modules} -name '*.pyc' | wc -l"
    ).out.split()
    assert counted[0] == counted[1]


def test_man_page_is_installed(installed: Root) -> None:
    page = installed.folder / "usr/share/man/man1/advisor.1.gz"
    assert b".SH COMMANDS" in gzip.decompress(page.read_bytes())


def test_man_page_is_shown_and_found(installed: Root) -> None:
    installed.run("apt-get install --no-install-recommends man-db")
    assert "say which kernel fixes reach this machine" in installed.run("man advisor | cat").out


def test_bash_loads_the_completion(installed: Root) -> None:
    installed.run("apt-get install --no-install-recommends bash-completion")
    load = "_comp_load" if installed.suite == "trixie" else "_completion_loader"
    said = installed.run(
        "set +eu; . /usr/share/bash-completion/bash_completion;"
        f"{load} advisor; complete -p advisor; COMP_WORDS=(advisor sc); COMP_CWORD=1; _advisor;"
        "echo ${COMPREPLY[@]}"
    ).out
    assert "complete -F _advisor advisor" in said
    assert said.endswith("scan\n")


def test_fish_completes(installed: Root) -> None:
    installed.run("apt-get install --no-install-recommends fish")
    said = installed.run("fish -c 'complete -C \"advisor scan --fa\"'").out
    assert said.startswith("--fail-on")
    assert "routine" in installed.run("fish -c 'complete -C \"advisor scan --fail-on \"'").out
    assert "affected" in installed.run("fish -c 'complete -C \"advisor kb a\"'").out


ZSH = """\
zmodload zsh/zpty
zpty -b shell 'TERM=dumb PS1="ready> " zsh -f -i'
ask() { zpty -w shell "$1"; sleep "$2"; while zpty -rt shell line; do print -r -- "$line"; done }
ask 'autoload -Uz compinit && compinit -u -D; LISTMAX=1000; print $_comps[advisor]' 4
zpty -n -w shell $'advisor scan --fail\\t'; sleep 3
zpty -n -w shell $'ro\\t'; sleep 3
while zpty -rt shell line; do print -r -- "$line"; done
zpty -d shell
"""


def test_zsh_completes(installed: Root) -> None:
    installed.run("apt-get install --no-install-recommends zsh")
    (installed.folder / "root/ask.zsh").write_text(ZSH, encoding="utf-8")
    said = installed.run("zsh -f ask.zsh").out
    assert "_advisor" in said
    while "\b" in said:  # zsh draws over what it drew
        said = re.sub("[^\b]?\b", "", said, count=1)
    assert "--fail-on=routine" in said


def test_units_of_systemd_find_what_they_start_and_are_off(installed: Root) -> None:
    units = sorted(path.name for path in (CHECKOUT / "packaging/systemd").glob("*.[st]*"))
    there = installed.folder / "usr/lib/systemd/system"
    for unit in units:
        text = (there / unit).read_text("utf-8")
        for path in re.findall(r"/usr/lib/kernel-advisor/\S+?(?=['\s])", text):
            assert (installed.folder / path[1:]).is_file()
    wanted = installed.folder / "etc/systemd/system"
    assert not [path for path in wanted.rglob("*") if "advisor" in path.name]
    installed.run("apt-get install --no-install-recommends systemd")
    done = installed.run(f"cd /usr/lib/systemd/system; systemd-analyze verify {' '.join(units)}")
    assert not [line for line in done.err.splitlines() if "advisor" in line]


def test_local_fact_is_made_of_a_scan(installed: Root) -> None:
    made = installed.run("advisor scan --format json | python3 /usr/lib/kernel-advisor/facts.py")
    assert '"advice"' in made.out


def test_package_is_installed_over_itself(installed: Root) -> None:
    installed.run("apt-get install --reinstall ./*.deb; advisor --version")


def test_package_is_upgraded_and_leaves_nothing_of_the_old_one(
    installed: Root, packages: Path, tmp_path: Path
) -> None:
    (deb,) = packages.glob("*.deb")
    subprocess.run(["dpkg-deb", "-R", deb, tmp_path / "old"], check=True)
    control = tmp_path / "old/DEBIAN/control"
    older = control.read_text("utf-8").replace(f"Version: {__version__}", "Version: 0.0.1")
    control.write_text(older, encoding="utf-8")
    gone = "usr/lib/python3/dist-packages/advisor/given_up.py"
    (tmp_path / "old" / gone).write_text("GIVEN_UP = True\n", encoding="utf-8")
    made = installed.folder / "root/old.deb"
    build = ["dpkg-deb", "--root-owner-group", "--build", str(tmp_path / "old"), str(made)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    installed.run("apt-get install --allow-downgrades ./old.deb; rm old.deb")
    assert (installed.folder / gone).exists()
    installed.run("apt-get install ./*.deb; advisor --version")
    left = list(installed.folder.glob("usr/lib/python3/**/*given_up*"))
    assert not left


def test_links_of_the_pages_lead_somewhere(installed: Root) -> None:
    pages = installed.folder / "usr/share/doc/kernel-advisor"
    for page in pages.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+\.(?:md|json|svg))[)#]", page.read_text("utf-8")):
            target = (page.parent / link).resolve()
            assert target.exists() or not target.is_relative_to(pages / "docs"), f"{page}: {link}"


@pytest.mark.parametrize("suite", ["trixie"], indirect=True)
def test_lintian_has_nothing_to_say(installed: Root) -> None:
    installed.run("apt-get install --no-install-recommends lintian")
    done = installed.run("lintian --pedantic -E --display-info --fail-on warning ./*.deb")
    assert not done.out


def test_the_same_source_gives_the_same_package(packages: Path, tmp_path: Path) -> None:
    # Another day, another zone, another umask, another folder.
    build = str(CHECKOUT / "packaging/build.py")
    command = [sys.executable, build, "deb", "zipapp", str(tmp_path)]
    environ = {**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    subprocess.run(command, check=True, umask=0o077, env=environ)
    for path in sorted(tmp_path.iterdir()):
        assert path.read_bytes() == (packages / path.name).read_bytes(), path.name
