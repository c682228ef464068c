"""Lists of modules, where one word decides what is there and what was not read."""

from __future__ import annotations

from tests.machines.made import RELEASE, inventory

FOLDER = f"/lib/modules/{RELEASE}"
DRIVER = "/sys/bus/pci/drivers"


def test_modules_that_were_not_read_are_unknown_whatever_the_configuration_says() -> None:
    made = inventory({f"/boot/config-{RELEASE}": "CONFIG_MODULES=y\n"})
    assert made.modules.loaded is None
    assert made.modules.available is None
    missing = {unknown.what for unknown in made.unknowns}
    assert {"which modules are loaded", "which modules can be loaded"} <= missing


def test_modules_that_were_read_leave_nothing_open() -> None:
    files = {
        "/proc/modules": "x 16384 0 -\n",
        f"{FOLDER}/modules.order": "kernel/x.ko\n",
        f"{FOLDER}/modules.builtin": "kernel/fs/ext4/ext4.ko\n",
    }
    made = inventory(files)
    assert made.modules.loaded == {"x": False}
    assert not any("modules" in unknown.what for unknown in made.unknowns)


def test_drivers_in_the_image_are_those_of_hardware() -> None:
    text = "kernel/drivers/ata/ahci.ko\nkernel/sound/core/snd.ko\nkernel/fs/ext4/ext4.ko\n"
    made = inventory({f"{FOLDER}/modules.builtin": text}).modules
    assert made.builtin == frozenset({"ahci", "snd", "ext4"})
    assert made.builtin_drivers == {"ahci", "snd"}


def test_driver_is_bound_where_it_has_a_device() -> None:
    own = ["bind", "unbind", "uevent", "new_id", "remove_id", "module"]
    listed = {
        "/sys/bus": ["pci"],
        DRIVER: ["idle", "some-driver"],
        f"{DRIVER}/idle": own,
        f"{DRIVER}/some-driver": [*own, "0000:00:01.0"],
    }
    assert inventory(listed=listed).modules.bound == {"some_driver"}
