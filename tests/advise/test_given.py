"""Kernels that the user named: judged whatever they are, installed with all of their packages."""

from __future__ import annotations

from advisor.advise import Advice, advise
from advisor.assess import Weigher, assess
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Action
from advisor.model.packages import GivenKernel, KernelModules, OfferedKernel
from tests.advise.machine import TODAY, dated, machine

NEXT = "6.12.117+deb13-amd64"


def given(
    release: str, source: str, modules: KernelModules | None = None, package: str = "linux-image-"
) -> GivenKernel:
    version = release.split("+", maxsplit=1)[0] + "-1"
    return GivenKernel(
        OfferedKernel(release, f"{package}{release}", version, source=source), modules
    )


def modules(*names: str) -> KernelModules:
    return KernelModules(NEXT, frozenset(names), frozenset({"ext4"}), {}, "modules.deb")


def get(knowledge: KnowledgeBase, *kernels: GivenKernel) -> Advice:
    box = machine("6.12.94+deb13-amd64", build=dated("6.12.94-1"), package_version="6.12.94-1")
    weigher = Weigher(box, knowledge)
    assessment = assess(box, knowledge, weigher)
    return advise(box, assessment, knowledge, weigher, now_days=TODAY, extra=kernels)


def test_older_kernel_that_was_named_is_judged_and_not_advised(knowledge: KnowledgeBase) -> None:
    advice = get(knowledge, given("6.12.90+deb13-amd64", "old.deb"))
    (candidate,) = [one for one in advice.candidates if one.state == "given"]
    assert candidate.release == "6.12.90+deb13-amd64"
    assert candidate.opens is not None
    assert candidate.opens.reaching
    assert advice.decision.target == ""


def test_all_packages_of_a_kernel_are_installed_together_and_by_path(
    knowledge: KnowledgeBase,
) -> None:
    image = given(NEXT, "image.deb")
    rest = given(NEXT, "/tmp/modules.deb", modules("e1000e"), "linux-modules-")
    commands = [step.command for step in get(knowledge, image, rest).decision.steps]
    assert "sudo apt install './image.deb' '/tmp/modules.deb'" in commands


def test_folder_that_was_named_is_not_handed_to_the_package_manager(
    knowledge: KnowledgeBase,
) -> None:
    steps = get(knowledge, given(NEXT, "folder", modules("e1000e"))).decision.steps
    assert [step.command for step in steps if step.role == "install"] == [""]


def test_image_without_modules_says_that_its_drivers_were_not_looked_at(
    knowledge: KnowledgeBase,
) -> None:
    decision = get(knowledge, given(NEXT, "image.deb")).decision
    assert any("holds no modules" in risk for risk in decision.risks)


def test_kernel_that_was_named_and_breaks_is_not_put_on_hold(knowledge: KnowledgeBase) -> None:
    decision = get(knowledge, given(NEXT, "image.deb", modules("virtio_net"))).decision
    assert decision.action is Action.HOLD
    assert decision.steps[0] == (f"Do not install {NEXT}.", "", "hold")
