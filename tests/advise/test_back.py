"""The way back from a kernel that fails: told for what the package manager really leaves behind."""

from __future__ import annotations

from advisor.advise import Advice, advise
from advisor.assess import Weigher, assess
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Action, CheckStatus, Step
from advisor.model.inventory import Device, DeviceKind, Interface, Inventory, Space
from advisor.model.packages import DkmsModule, OfferedKernel
from tests.advise.machine import (
    C574,
    E1000E,
    TODAY,
    dated,
    debian,
    installed,
    machine,
    modules_of,
    offered,
)

ROLES = {
    "save", "refresh", "hold", "install", "boot", "restart", "check", "verify", "back", "look", "help",
    "room",
}  # fmt: skip


def get(inventory: Inventory, knowledge: KnowledgeBase) -> Advice:
    weigher = Weigher(inventory, knowledge)
    assessment = assess(inventory, knowledge, weigher)
    return advise(inventory, assessment, knowledge, weigher, now_days=TODAY)


def steps(advice: Advice, role: str) -> list[Step]:
    return [step for step in advice.decision.steps if step.role == role]


def fallback(advice: Advice) -> tuple[CheckStatus, str]:
    return next((one.status, one.message) for one in advice.preflight if one.id == "fallback")


def alpine(*others: str) -> Inventory:
    offer = offered("6.12.104-0-lts", "6.12.104-r0", "linux-lts", "main")
    box = machine(
        "6.12.80-0-lts",
        distro="alpine",
        distro_name="Alpine Linux v3.22",
        manager="apk",
        offers=(offer,),
        others=tuple(installed(release, package="linux-virt") for release in others),
    )
    mine = installed("6.12.80-0-lts", "6.12.80-r0", "linux-lts")
    packages = box.packages._replace(installed=(mine, *box.packages.installed[1:]))
    return box._replace(packages=packages)


def test_apk_deletes_the_running_kernel_so_it_is_put_by_first(knowledge: KnowledgeBase) -> None:
    advice = get(alpine(), knowledge)
    status, text = fallback(advice)
    assert status is CheckStatus.WARN
    assert "apk puts 6.12.104-0-lts in the place of 6.12.80-0-lts" in text
    saved = [step.command for step in steps(advice, "save")]
    assert any("cp -a /boot /lib/modules/6.12.80-0-lts" in command for command in saved)
    assert "restart soon" in steps(advice, "install")[0].text
    assert "it stays installed" not in steps(advice, "back")[0].text


def test_apk_with_another_flavour_installed_can_go_back_to_that(knowledge: KnowledgeBase) -> None:
    advice = get(alpine("6.12.70-0-virt"), knowledge)
    assert fallback(advice) == (
        CheckStatus.OK,
        "apk puts 6.12.104-0-lts in the place of 6.12.80-0-lts; 6.12.70-0-virt stays as a way back",
    )
    assert "6.12.70-0-virt" in steps(advice, "back")[0].text


def test_pacman_deletes_the_running_kernel(knowledge: KnowledgeBase) -> None:
    offer = offered("6.18.45-arch1-1", "6.18.45.arch1-1", "linux", "core")
    box = machine("6.18.20-arch1-1", distro="arch", manager="pacman", offers=(offer,))
    mine = installed("6.18.20-arch1-1", "6.18.20.arch1-1", "linux")
    advice = get(box._replace(packages=box.packages._replace(installed=(mine,))), knowledge)
    assert fallback(advice)[0] is CheckStatus.WARN
    (back,) = steps(advice, "back")
    assert back.command == "sudo pacman -U /var/cache/pacman/pkg/linux-[0-9]*.pkg.tar.zst"


def test_kernel_that_pacman_has_deleted_already_is_not_said_to_be_in_the_menu(
    knowledge: KnowledgeBase,
) -> None:
    other = installed("6.18.45-arch1-1", "6.18.45.arch1-1", "linux")
    box = machine("6.18.20-arch1-1", distro="arch", manager="pacman", owned=False, others=(other,))
    advice = get(box, knowledge)
    assert advice.decision.action is Action.REBOOT
    (back,) = steps(advice, "back")
    assert "start a rescue system" in back.text
    assert "6.18.20-arch1-1" not in back.text


def test_raspberry_pi_has_no_boot_menu(knowledge: KnowledgeBase) -> None:
    box = machine(
        "6.12.62+rpt-rpi-v8",
        build="#1 SMP PREEMPT Debian 1:6.12.62-1+rpt1 (2025-12-18)",
        package_version="1:6.12.62-1+rpt1",
        distro_name="Debian GNU/Linux 13",
        arch="aarch64",
        offers=(debian("6.12.93+rpt-rpi-v8", "1:6.12.93-1+rpt1", "trixie"),),
    )
    (back,) = steps(get(box, knowledge), "back")
    assert "no boot menu" in back.text
    assert "cp /boot/vmlinuz-6.12.62+rpt-rpi-v8 /boot/firmware/kernel8.img" in back.command


def test_room_is_made_before_a_kernel_is_written_to_a_full_boot_partition(
    knowledge: KnowledgeBase,
) -> None:
    box = machine(
        "6.12.94+deb13-amd64",
        build=dated("6.12.94-1"),
        package_version="6.12.94-1",
        others=(installed("6.12.90+deb13-amd64", "6.12.90-1"),),
        offers=(debian("6.12.117+deb13-amd64", "6.12.117-1", "trixie-security"),),
        spaces=(Space("/", 20 << 30, 60 << 30), Space("/boot", 30 << 20, 500 << 20)),
    )
    advice = get(box, knowledge)
    (room,) = steps(advice, "room")
    assert room.command == "sudo apt autoremove --purge"
    assert "6.12.90+deb13-amd64" in room.text
    roles = [step.role for step in advice.decision.steps]
    assert roles.index("room") < roles.index("install")


def test_full_firmware_partition_stands_in_the_way(knowledge: KnowledgeBase) -> None:
    box = machine(
        "6.12.62+rpt-rpi-v8",
        build="#1 SMP PREEMPT Debian 1:6.12.62-1+rpt1 (2025-12-18)",
        package_version="1:6.12.62-1+rpt1",
        distro_name="Debian GNU/Linux 13",
        arch="aarch64",
        offers=(debian("6.12.93+rpt-rpi-v8", "1:6.12.93-1+rpt1", "trixie"),),
        spaces=(Space("/", 20 << 30, 30 << 30), Space("/boot/firmware", 20 << 20, 255 << 20)),
    )
    advice = get(box, knowledge)
    check = next(one for one in advice.preflight if one.id == "space-firmware")
    assert check.status is CheckStatus.BLOCK
    assert steps(advice, "room")


def test_kernel_on_hold_is_let_go_before_it_is_installed(knowledge: KnowledgeBase) -> None:
    box = machine(
        "6.12.94+deb13-amd64",
        build=dated("6.12.94-1"),
        package_version="6.12.94-1",
        offers=(debian("6.12.117+deb13-amd64", "6.12.117-1", "trixie-security"),),
        held=("/var/lib/dpkg/status: linux-image-amd64 is on hold",),
    )
    advice = get(box, knowledge)
    roles = [step.role for step in advice.decision.steps]
    assert [step.command for step in steps(advice, "hold")] == [
        "sudo apt-mark unhold linux-image-amd64"
    ]
    assert roles.index("hold") < roles.index("install") < roles.index("restart")
    assert set(roles) <= ROLES
    assert roles[-1] == "back"


def test_proxmox_that_is_pinned_is_pinned_anew_once_all_is_well(knowledge: KnowledgeBase) -> None:
    offer = offered("6.8.12-15-pve", "6.8.12-15", "proxmox-kernel-6.8.12-15-pve-signed", "bookworm")
    box = machine(
        "6.8.12-4-pve",
        distro_name="Debian GNU/Linux 12",
        offers=(offer,),
        held=("/etc/kernel/proxmox-boot-pin: 6.8.12-4-pve is pinned",),
    )
    commands = [step.command for step in steps(get(box, knowledge), "boot")]
    assert commands == [
        "sudo proxmox-boot-tool kernel pin 6.8.12-15-pve --next-boot",
        "sudo proxmox-boot-tool kernel pin 6.8.12-15-pve",
    ]
    free = box._replace(packages=box.packages._replace(held=()))
    commands = [step.command for step in steps(get(free, knowledge), "boot")]
    assert commands == [
        "sudo proxmox-boot-tool kernel pin 6.8.12-4-pve",
        "sudo proxmox-boot-tool kernel pin 6.8.12-15-pve --next-boot",
        "sudo proxmox-boot-tool kernel unpin",
    ]


def laptop(offers: tuple[OfferedKernel, ...] = ()) -> Inventory:
    """Return a machine with a card that 7.2 no longer drives, and 7.2 on its disk."""
    return machine(
        "6.12.94+deb13-amd64",
        build=dated("6.12.94-1"),
        package_version="6.12.94-1",
        devices=(C574,),
        others=(installed("7.2.13+deb14-amd64", "7.2.13-1"),),
        kernel_modules=(modules_of("7.2.13+deb14-amd64", aliases={}),),
        offers=offers,
    )


def test_kernel_that_breaks_and_is_installed_is_taken_out_of_the_next_boots_way(
    knowledge: KnowledgeBase,
) -> None:
    advice = get(laptop(), knowledge)
    (step,) = steps(advice, "boot")
    assert step.command == "sudo apt remove linux-image-7.2.13+deb14-amd64"
    block = next(one for one in advice.preflight if one.id == "reboot")
    assert block.status is CheckStatus.BLOCK
    assert "7.2.13+deb14-amd64 is installed and may be booted next" in block.message
    assert not any("being installed" in step.text for step in advice.decision.steps)


def test_kernel_that_breaks_is_removed_before_the_reboot_into_another(
    knowledge: KnowledgeBase,
) -> None:
    offer = debian("6.12.117+deb13-amd64", "6.12.117-1", "trixie-security")
    advice = get(laptop(offers=(offer,)), knowledge)
    assert advice.decision.target == offer.release
    commands = [step.command for step in advice.decision.steps]
    remove = commands.index("sudo apt remove linux-image-7.2.13+deb14-amd64")
    assert remove < commands.index("sudo systemctl reboot")


def test_newer_kernel_that_is_installed_and_not_wanted_is_named(knowledge: KnowledgeBase) -> None:
    offer = debian("6.12.117+deb13-amd64", "6.12.117-1", "trixie-security")
    box = laptop(offers=(offer,))._replace(devices=(E1000E,), kernel_modules={})
    advice = get(box, knowledge)
    (step,) = steps(advice, "boot")
    assert step.text == (
        "7.2.13+deb14-amd64 is installed too, and newer: choose 6.12.117+deb13-amd64 in the boot menu."
    )


def test_module_that_dkms_builds_under_another_name_drives_its_device(
    knowledge: KnowledgeBase,
) -> None:
    wifi = Device(
        "pci:0000:02:00.0", DeviceKind.WIFI, "pci", "Broadcom BCM4331", driver="wl", module="wl",
        modules=("wl",), interfaces=(Interface("wlp2s0", default_route=True),),
    )  # fmt: skip
    sta = DkmsModule(
        "broadcom-sta", "6.30", exclusive=r"^6\.", source="/usr/src/x", modules=("wl",)
    )
    box = machine(
        "6.12.94+deb13-amd64",
        build=dated("6.12.94-1"),
        package_version="6.12.94-1",
        devices=(wifi,),
        dkms=(sta,),
        out_of_tree={"wl": "POE"},
        offers=(debian("7.3.4+deb14-amd64", "7.3.4-1", "sid"),),
    )
    advice = get(box, knowledge)
    assert advice.decision.action is Action.HOLD
    assert "it drives Broadcom BCM4331" in advice.candidates[0].blockers[0]
