"""What is typed, what helps without a kernel, how kernels compare, and that names cannot do harm."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.advise import Advice, advise
from advisor.advise.text import is_safe
from advisor.assess import Weigher, assess
from advisor.knowledge.store import KnowledgeBase
from advisor.model.inventory import Device, Inventory
from advisor.model.packages import GivenKernel, OfferedKernel
from tests.advise.machine import (
    C574,
    E1000E,
    SERVER,
    TODAY,
    dated,
    debian,
    installed,
    machine,
    offered,
)
from tests.advise.situations.debian import S94, S117, S734
from tests.advise.situations.hardware import SID72


def get(inventory: Inventory, knowledge: KnowledgeBase, *given: GivenKernel) -> Advice:
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher)
    return advise(inventory, assessment, knowledge, weigher, now_days=TODAY, extra=given)


def on(
    upstream: str,
    *offers: OfferedKernel,
    devices: tuple[Device, ...] = (E1000E,),
    user_namespaces: str = "closed",
    aliases: Mapping[str, tuple[str, ...]] | None = None,
) -> Inventory:
    return machine(
        f"{upstream}+deb13-amd64",
        build=dated(f"{upstream}-1"),
        package_version=f"{upstream}-1",
        offers=offers,
        devices=devices,
        user_namespaces=user_namespaces,
        aliases=aliases,
    )


def test_steps_save_install_reboot_verify_and_go_back_in_this_order(
    knowledge: KnowledgeBase,
) -> None:
    steps = get(on("6.12.94", S94, S117, S734), knowledge).decision.steps
    assert [step.command for step in steps] == [
        "advisor scan --format json > before.json",
        "sudo apt update",
        "sudo apt install linux-image-amd64",
        "sudo systemctl reboot",
        "uname -r",
        "advisor verify before.json",
        "",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "linux; rm -rf /",
        "$(reboot)",
        "`id`",
        "a b",
        "-y",
        "x\ny",
        "x'",
        "",
        "\N{RIGHT-TO-LEFT OVERRIDE}",
    ],
)
def test_package_name_that_is_no_name_is_never_typed(name: str, knowledge: KnowledgeBase) -> None:
    assert not is_safe(name)
    evil = S117._replace(meta=name, package=name)
    commands = [step.command for step in get(on("6.12.94", evil), knowledge).decision.steps]
    assert not name or not any(name in command for command in commands)
    assert "sudo apt install" not in " ".join(commands)


def test_named_package_is_installed_from_its_file(knowledge: KnowledgeBase) -> None:
    given = GivenKernel(
        OfferedKernel(
            "6.12.117+deb13-amd64",
            "linux-image-6.12.117+deb13-amd64",
            "6.12.117-1",
            source="./it's.deb",
        )
    )
    decision = get(on("6.12.94"), knowledge, given).decision
    assert decision.target == "6.12.117+deb13-amd64"
    assert "sudo apt install './it'\\''s.deb'" in [step.command for step in decision.steps]


def test_kernel_in_several_named_packages_is_one_candidate(knowledge: KnowledgeBase) -> None:
    image = GivenKernel(
        OfferedKernel("7.2.13+deb14-amd64", "linux-image-7.2.13+deb14-amd64", "7.2.13-1")
    )
    modules = GivenKernel(
        OfferedKernel("7.2.13+deb14-amd64", "linux-modules-7.2.13+deb14-amd64", "7.2.13-1")
    )
    candidates = get(on("6.12.117"), knowledge, modules, image).candidates
    assert [one.package for one in candidates if one.release == "7.2.13+deb14-amd64"] == [
        "linux-image-7.2.13+deb14-amd64"
    ]


def test_held_machine_is_told_how_to_make_unused_modules_unreachable(
    knowledge: KnowledgeBase,
) -> None:
    inventory = on(
        "6.12.94",
        SID72,
        devices=(C574,),
        user_namespaces="open",
        aliases={
            "sctp": ("net-pf-2-proto-132",),
            "nf_tables": ("nft-expr-x",),
            "vxlan": ("rtnl-link-vxlan",),
        },
    )
    inventory = inventory._replace(
        modules=inventory.modules._replace(
            loaded=dict.fromkeys((*SERVER, "3c574_cs"), False) | {"bridge": True}
        )
    )
    decision = get(inventory, knowledge).decision
    texts = {step.text: step.command for step in decision.mitigations}
    blocked = next(command for text, command in texts.items() if text.startswith("Keep "))
    assert " sctp " in blocked
    assert "vmlinux" not in blocked
    assert any(text.startswith("Unload ") for text in texts)
    assert all("Cost: " in text for text in texts)
    assert "sudo sysctl user.max_user_namespaces=0" in texts.values()


def test_machine_that_is_helped_gets_no_mitigations(knowledge: KnowledgeBase) -> None:
    assert get(on("6.12.94", S117), knowledge).decision.mitigations == ()


def test_frontier_names_the_least_the_knee_and_the_next_step(knowledge: KnowledgeBase) -> None:
    near = debian("6.12.95+deb13-amd64", "6.12.95-1", "trixie")
    decision = get(on("6.12.94", near, S117, S734), knowledge).decision
    frontier = decision.frontier
    assert frontier is not None
    names = [point.release for point in frontier.points]
    assert names[0] == "6.12.94+deb13-amd64"
    assert frontier.least == decision.target == names[-1]
    weights = [point.weight for point in frontier.points]
    assert weights == sorted(weights, reverse=True)
    assert frontier.knee in names
    assert "7.3.4+deb14-amd64" not in names
    assert frontier.next_step == ""


def test_next_step_is_told_where_the_best_is_not_taken(knowledge: KnowledgeBase) -> None:
    newer = debian("6.18.45+deb14-amd64", "6.18.45-1", "trixie-backports")
    decision = get(
        on("6.12.94", debian("6.12.96+deb13-amd64", "6.12.96-1", "trixie"), newer), knowledge
    ).decision
    assert decision.target == "6.12.96+deb13-amd64"
    assert decision.frontier is not None
    assert decision.frontier.next_step.startswith(
        "One more step, to 6.18.45+deb14-amd64, would close "
    )


def test_kernel_without_counts_has_no_frontier(knowledge: KnowledgeBase) -> None:
    inventory = machine("5.14.0-503.11.1.el9_5.x86_64", distro="rocky", manager="dnf")
    assert get(inventory, knowledge).decision.frontier is None


def test_young_series_is_doubted(knowledge: KnowledgeBase) -> None:
    candidates = {one.release: one for one in get(on("6.12.117", S117, S734), knowledge).candidates}
    assert "7.3" in candidates["7.3.4+deb14-amd64"].doubt


@pytest.mark.parametrize(
    ("manager", "distro", "kernels", "command"),
    [
        (
            "dnf",
            "fedora",
            ("6.18.20-200.fc43.x86_64", "6.18.44-200.fc43.x86_64"),
            "sudo dnf upgrade 'kernel*'",
        ),
        ("pacman", "arch", ("6.18.20-arch1-1", "6.18.44-arch1-1"), "sudo pacman -Syu"),
        (
            "zypper",
            "opensuse-tumbleweed",
            ("6.18.20-1-default", "6.18.44-1-default"),
            "sudo zypper dup",
        ),
        ("apk", "alpine", ("6.18.20-0-lts", "6.18.44-0-lts"), "sudo apk upgrade kernel"),
        ("nix", "nixos", ("6.18.20", "6.18.44"), "sudo nixos-rebuild boot --upgrade"),
        ("", "void", ("6.18.20_1", "6.18.44_1"), ""),
    ],
)
def test_each_package_manager_has_its_command(
    manager: str, distro: str, kernels: tuple[str, str], command: str, knowledge: KnowledgeBase
) -> None:
    release, other = kernels
    inventory = machine(
        release,
        distro=distro,
        distro_name=distro,
        manager=manager,
        offers=(offered(other, other, "kernel"),),
    )
    decision = get(inventory, knowledge).decision
    assert decision.target == other
    installs = [step.command for step in decision.steps if step.text == f"Install {other}."]
    assert installs == [command]
    assert decision.steps[-1].text.startswith("If it fails:")


@pytest.mark.parametrize(
    ("manager", "distro", "release"),
    [
        ("dnf", "rocky", "5.14.0-503.11.1.el9_5.x86_64"),
        ("zypper", "opensuse-leap", "5.14.21-150500.55.39-default"),
        ("apt", "ubuntu", "5.4.0-1000-weird"),
    ],
)
def test_kernel_whose_number_cannot_tell_says_where_to_read(
    manager: str, distro: str, release: str, knowledge: KnowledgeBase
) -> None:
    decision = get(
        machine(release, distro=distro, distro_name=distro, manager=manager), knowledge
    ).decision
    assert decision.rule == "number-cannot-tell/nothing-to-do"
    assert all("CVE" in decision.steps[0].command for _ in decision.steps)


def test_candidate_against_a_kernel_nobody_can_judge_tells_what_it_leaves(
    knowledge: KnowledgeBase,
) -> None:
    inventory = machine(
        "5.14.0-503.11.1.el9_5.x86_64", distro="rocky", distro_name="Rocky", manager="dnf",
        others=(installed("6.18.44-1.el9.elrepo.x86_64", "6.18.44-1.el9.elrepo", "kernel-ml"),),
    )  # fmt: skip
    (candidate,) = get(inventory, knowledge).candidates
    assert candidate.closes is None
    assert candidate.remaining is not None
    assert candidate.why_not.startswith("what the running kernel lacks is not known")
