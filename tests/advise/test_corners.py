"""What seldom happens: kernels, names and knowledge that say little."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from advisor.advise import Advice, advise
from advisor.advise.blockers import beyond_maximum
from advisor.advise.offers import Offer
from advisor.assess import Weigher, assess
from advisor.knowledge.store import KnowledgeBase, SeriesFacts
from advisor.model.advice import Action, CheckStatus, Origin
from advisor.model.inventory import Autoload, Inventory, Mount, Space
from advisor.model.packages import (
    DkmsModule,
    GivenKernel,
    InstalledKernel,
    KernelModules,
    OfferedKernel,
)
from advisor.model.version import Series, parse_version
from tests.advise.machine import (
    BUILTIN,
    C574,
    E1000E,
    EVERY_MODULE,
    GB,
    SERVER,
    TODAY,
    XIRCOM,
    dated,
    installed,
    machine,
    offered,
)
from tests.advise.situations.debian import S117, S734
from tests.advise.situations.hardware import SID72


def get(
    inventory: Inventory, knowledge: KnowledgeBase, *given: GivenKernel, today: int = TODAY
) -> Advice:
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher)
    return advise(inventory, assessment, knowledge, weigher, now_days=today, extra=given)


def checks(advice: Advice) -> dict[str, tuple[CheckStatus, str]]:
    return {check.id: (check.status, check.message) for check in advice.preflight}


def test_packages_of_one_kernel_are_joined(knowledge: KnowledgeBase) -> None:
    release = "7.2.13+deb14-amd64"
    kernel = OfferedKernel(release, f"linux-modules-{release}", "7.2.13-1")
    modules = KernelModules(release, EVERY_MODULE - {"3c574_cs"}, None, None, "modules.deb")
    base = KernelModules(release, None, BUILTIN, {}, "base.deb")
    inventory = machine("6.12.117+deb13-amd64", build=dated("6.12.117-1"), devices=(C574,))
    advice = get(inventory, knowledge, GivenKernel(kernel, modules), GivenKernel(kernel, base))
    (candidate,) = [one for one in advice.candidates if one.release == release]
    assert candidate.lost[0].certain
    assert "modules.deb and base.deb" in candidate.lost[0].how


def test_named_package_that_is_the_running_kernel_is_no_candidate(knowledge: KnowledgeBase) -> None:
    inventory = machine(
        "6.12.117+deb13-amd64", build=dated("6.12.117-1"), package_version="6.12.117-1"
    )
    assert get(inventory, knowledge, GivenKernel(S117)).candidates == ()
    newer = S117._replace(package_version="6.12.117-2")
    assert len(get(inventory, knowledge, GivenKernel(newer)).candidates) == 1


def test_package_file_with_an_unprintable_name_is_not_typed(knowledge: KnowledgeBase) -> None:
    kernel = OfferedKernel(S117.release, S117.package, S117.package_version, source="./a\nb.deb")
    inventory = machine(
        "6.12.94+deb13-amd64", build=dated("6.12.94-1"), package_version="6.12.94-1"
    )
    steps = get(inventory, knowledge, GivenKernel(kernel)).decision.steps
    assert next(step for step in steps if "you named" in step.text).command == ""


def test_series_without_a_day_of_release_is_doubted(knowledge: KnowledgeBase) -> None:
    later = offered("7.9.1-arch1-1", "7.9.1.arch1-1", "linux", "core")
    advice = get(
        machine("6.19.14-arch1-1", distro="arch", manager="pacman", offers=(later,)), knowledge
    )
    assert advice.candidates[0].doubt.startswith("no record speaks about the 7.9 series")
    assert advice.decision.action is Action.SWITCH_SERIES


def test_counts_of_another_series_are_said_to_be_partial(knowledge: KnowledgeBase) -> None:
    """Of code that only the other series has, the running kernel cannot tell whether it would run."""
    next_lts = offered("6.12.90+deb12-amd64", "6.12.90-1~bpo12+1", "linux-image-amd64", "backports")
    own = offered("6.1.0-48-amd64", "6.1.170-1", "linux-image-amd64", "security")
    box = machine(
        "6.1.0-43-amd64", build="#1 SMP Debian 6.1.162-1 (2026-02-08)", offers=(next_lts, own)
    )
    doubts = {c.release: c.doubt for c in get(box, knowledge).candidates}
    assert "not counted" in doubts[next_lts.release]
    assert not doubts[own.release]


def test_early_day_before_any_end_of_life_keeps_the_series(knowledge: KnowledgeBase) -> None:
    inventory = machine("6.19.10-arch1-1", distro="arch", manager="pacman", offers=(
        offered("6.19.14-arch1-1", "6.19.14.arch1-1", "linux", "core"),))  # fmt: skip
    assert get(inventory, knowledge, today=20000).decision.action is Action.UPGRADE


def test_ended_series_after_which_nothing_is_known_says_to_look(knowledge: KnowledgeBase) -> None:
    inventory = machine("6.19.14-custom", devices=(XIRCOM,))
    decision = get(inventory, knowledge).decision
    assert decision.rule.startswith("series-ended-alone/")
    assert decision.target == ""
    assert decision.steps[0].text.startswith("Look for a kernel of a series")
    assert (
        decision.headline
        == "the series of 6.19.14-custom gets no more fixes, and no other is offered here."
    )


def test_ended_distribution_kernel_is_told_what_upstream_has(knowledge: KnowledgeBase) -> None:
    old = offered("6.19.14-arch1-1", "6.19.14.arch1-1", "linux", "core")
    inventory = machine("6.19.14-arch1-1", distro="arch", manager="pacman", offers=(old,))
    decision = get(inventory, knowledge).decision
    assert decision.rule.startswith("series-ended-alone/")
    assert "look for a distribution release or a repository" in decision.steps[0].text


def test_hostile_release_is_never_typed(knowledge: KnowledgeBase) -> None:
    inventory = machine("5.14.0-1.el9;reboot", distro="rocky", distro_name="Rocky", manager="dnf")
    assert not any("reboot" in step.command for step in get(inventory, knowledge).decision.steps)


def test_unknown_package_manager_is_told_in_words(knowledge: KnowledgeBase) -> None:
    inventory = machine("4.4.302", distro="synology", distro_name="DSM", manager="")
    inventory = inventory._replace(
        kernel=inventory.kernel._replace(
            identity=inventory.kernel.identity._replace(
                upstream=None, backports=True, why="it backports"
            )
        )
    )
    (step,) = get(inventory, knowledge).decision.steps
    assert step.command == ""


def test_opt_in_kernel_that_breaks_is_not_put_on_hold(knowledge: KnowledgeBase) -> None:
    inventory = machine(
        "6.12.117+deb13-amd64", build=dated("6.12.117-1"), devices=(C574,), offers=(S734,)
    )
    steps = get(inventory, knowledge).decision.steps
    assert steps[0] == ("Do not install 7.3.4+deb14-amd64.", "", "hold")
    assert "6.18" in steps[1].text


def test_root_is_checked_where_boot_is_no_filesystem_of_its_own(knowledge: KnowledgeBase) -> None:
    found = checks(get(machine("6.12.94+deb13-amd64", spaces=(Space("/", GB, 9 * GB),)), knowledge))
    assert found["space-root"][0] is CheckStatus.WARN
    only_boot = checks(
        get(machine("6.12.94+deb13-amd64", spaces=(Space("/boot", GB, 2 * GB),)), knowledge)
    )
    assert "space-root" not in only_boot


def test_way_back_is_told_where_the_new_build_replaces_the_running_one(
    knowledge: KnowledgeBase,
) -> None:
    inventory = machine("6.1.0-37-amd64", build=dated("6.1.140-1"), package_version="6.1.140-1")
    packages = inventory.packages._replace(
        installed=(
            installed("6.1.0-37-amd64", "6.1.148-1"),
            installed("6.1.0-35-amd64", "6.1.137-1"),
        )
    )
    advice = get(inventory._replace(packages=packages), knowledge)
    assert checks(advice)["fallback"] == (
        CheckStatus.OK,
        "the new build replaces the running one; 6.1.0-35-amd64 stays as a way back",
    )
    assert advice.decision.steps[-1].text.startswith(
        "If it fails: start 6.1.0-35-amd64 from the boot menu"
    )


def test_running_kernel_that_was_removed_leaves_no_way_back(knowledge: KnowledgeBase) -> None:
    inventory = machine(
        "6.12.94+deb13-amd64", build=dated("6.12.94-1"), owned=False,
        others=(installed("6.12.117+deb13-amd64", "6.12.117-1"),),
    )  # fmt: skip
    status, text = checks(get(inventory, knowledge))["fallback"]
    assert status is CheckStatus.WARN
    assert "there may be no way back" in text


def test_machine_without_a_default_route_is_told_to_have_a_console(
    knowledge: KnowledgeBase,
) -> None:
    inventory = machine("6.12.94+deb13-amd64", devices=(E1000E._replace(interfaces=()),))
    assert checks(get(inventory, knowledge))["access"][0] is CheckStatus.UNKNOWN


def test_namespaces_are_closed_the_debian_way_where_debian_has_one(
    knowledge: KnowledgeBase,
) -> None:
    inventory = machine(
        "6.12.94+deb13-amd64", build=dated("6.12.94-1"), devices=(C574,), offers=(SID72,)
    )
    inventory = inventory._replace(
        autoload=Autoload(
            {"nf_tables": ("nfnetlink-subsys-10",), "vxlan": ("rtnl-link-vxlan",)},
            "open",
            "/proc/sys/kernel/unprivileged_userns_clone",
        ),
        modules=inventory.modules._replace(loaded=dict.fromkeys((*SERVER[3:], "3c574_cs"), True)),
    )
    commands = [step.command for step in get(inventory, knowledge).decision.mitigations]
    assert "sudo sysctl kernel.unprivileged_userns_clone=0" in commands


def test_open_namespaces_without_a_bug_behind_them_are_left_alone(knowledge: KnowledgeBase) -> None:
    inventory = machine(
        "6.12.94+deb13-amd64",
        build=dated("6.12.94-1"),
        devices=(C574,),
        offers=(SID72,),
        user_namespaces="open",
    )
    modules = inventory.modules._replace(available=frozenset({"3c574_cs"}))
    decision = get(inventory._replace(modules=modules), knowledge).decision
    assert not any("sysctl" in step.command for step in decision.mitigations)


def test_workaround_of_trouble_that_stays_is_told(knowledge: KnowledgeBase) -> None:
    broken = offered("6.12.100-1-lts", "6.12.100-1", "linux-lts", "core")
    vsock = E1000E._replace(
        module="vmw_vsock_virtio_transport", modules=("vmw_vsock_virtio_transport_common",)
    )
    inventory = machine(
        "6.12.94-1-lts", distro="arch", manager="pacman", offers=(broken,), devices=(vsock,)
    )
    decision = get(inventory, knowledge).decision
    assert any(step.text.startswith("Against known trouble (") for step in decision.mitigations)
    assert any(risk.startswith("Known trouble stays: ") for risk in decision.risks)


@pytest.mark.parametrize(
    ("maximum", "release", "upstream", "told"),
    [
        ("6.14", "6.15.1", "6.15.1", True),
        ("6.14", "6.14.9", "6.14.9", False),
        ("6.14", "6.15.0-12-generic", "", True),
        ("6.14", "weird", "", None),
        ("", "6.15.1", "6.15.1", None),
        ("many", "6.15.1", "6.15.1", None),
    ],
)
def test_highest_kernel_of_a_module_is_held_against_the_series(
    maximum: str, release: str, upstream: str, told: bool | None
) -> None:
    offer = Offer(
        release,
        "",
        "",
        parse_version(upstream),
        backports=False,
        why="",
        origin=Origin.OFFERED,
        source="",
    )
    assert beyond_maximum(DkmsModule("zfs", "1", max_kernel=maximum), offer) is told


def test_zfs_from_elsewhere_without_a_target_says_nothing(knowledge: KnowledgeBase) -> None:
    inventory = machine(
        "6.8.12-4-pve",
        distro_name="Debian",
        mounts=(Mount("/", "zfs", "rpool/ROOT", mounted=True),),
    )
    assert "zfs" not in checks(get(inventory, knowledge))


def test_installed_kernel_nobody_can_name_is_no_reason_to_fail(knowledge: KnowledgeBase) -> None:
    inventory = machine(
        "6.12.94+deb13-amd64", build=dated("6.12.94-1"), package_version="6.12.94-1"
    )
    odd = tuple(
        InstalledKernel(name) for name in ("", "x", "9" * 300, "6.12", "6", "-amd64", "6.12.200\n")
    )
    packages = inventory.packages._replace(installed=(*inventory.packages.installed, *odd))
    get(inventory._replace(packages=packages), knowledge)


class Dateless(KnowledgeBase):
    """A knowledge base that does not say when it was taken."""

    def meta(self) -> dict[str, str]:
        return {}


class Telling(KnowledgeBase):
    """A knowledge base that says one thing about every driver."""

    entry: Mapping[str, object] = {}

    def drivers(self, modules: Collection[str]) -> tuple[dict[str, object], ...]:
        del modules
        return (dict(self.entry),)


@pytest.mark.parametrize(
    "entry",
    [
        {
            "modules": ["3c574_cs"],
            "removed": {"by": 7},
            "restored_in": [5, "never"],
            "debian_amd64": [1],
            "replacement": "x",
            "advice": 3,
        },
        {
            "modules": ["3c574_cs"],
            "removed": {"by": "7.1"},
            "restored_in": ["never", "6.12.14", "7.2"],
            "debian_amd64": {"9.9": False},
        },
        {
            "modules": ["3c574_cs"],
            "removed": {"by": "7.1"},
            "restored_in": ["7.2.5"],
            "debian_amd64": {},
        },
    ],
)
def test_driver_that_is_told_badly_or_came_back_is_not_lost(
    entry: dict[str, object], database: Path
) -> None:
    knowledge = Telling(database)
    knowledge.entry = entry
    inventory = machine(
        "6.12.94+deb13-amd64", build=dated("6.12.94-1"), devices=(C574,), offers=(SID72,)
    )
    assert get(inventory, knowledge).candidates[0].lost == ()


class Early(KnowledgeBase):
    """A knowledge base that was taken before the series came out."""

    def series(self, series: Series) -> SeriesFacts | None:
        facts = super().series(series)
        return facts._replace(released="2026-12-24") if facts is not None else None


def test_series_that_came_out_after_the_knowledge_is_doubted(database: Path) -> None:
    inventory = machine(
        "6.12.94+deb13-amd64", build=dated("6.12.94-1"), package_version="6.12.94-1", offers=(S117,)
    )
    candidate = get(inventory, Early(database)).candidates[0]
    assert candidate.doubt.startswith("the 6.12 series came out after the knowledge was taken")


def test_number_that_the_probe_told_is_believed(knowledge: KnowledgeBase) -> None:
    told = S117._replace(upstream="6.12.100", why="the probe says so")
    inventory = machine(
        "6.12.94+deb13-amd64", build=dated("6.12.94-1"), package_version="6.12.94-1", offers=(told,)
    )
    assert str(get(inventory, knowledge).candidates[0].upstream) == "6.12.100"


def test_knowledge_without_a_day_doubts_every_series(database: Path) -> None:
    inventory = machine(
        "6.12.94+deb13-amd64", build=dated("6.12.94-1"), package_version="6.12.94-1", offers=(S117,)
    )
    advice = get(inventory, Dateless(database))
    candidate = next(one for one in advice.candidates if one.release == S117.release)
    assert "too new for the knowledge" in candidate.doubt
