# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Captures of hosts without Python."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile

import pytest

from ansible_collections.homelab.kernel_advisor.plugins.module_utils import capture_agent
from ansible_collections.homelab.kernel_advisor.plugins.plugin_utils import shell_capture

ROUTER = """\
@F 0 /proc/modules
|ath9k 123 0 - Live 0x0
|
@F 1700000000 /etc/os-release
|ID=openwrt
@D /lib/modules
@D /lib/modules/6.6.93
@X denied /sys/kernel/security/lockdown
@F 0 /sys/devices/pci0000:00/0000:00:00.0/uevent
|DRIVER=ath9k
|MODALIAS=pci:v0000168Cd00000033sv0000168Csd0000A136bc02sc80i00
@L /sys/bus/pci/devices/0000:00:00.0 /sys/devices/pci0000:00/0000:00:00.0
@L /sys/devices/pci0000:00/0000:00:00.0/driver /sys/bus/pci/drivers/ath9k
@L /sys/bus/pci/drivers/ath9k/module /sys/module/ath9k
@T /proc/self/ns/pid pid:[4026531836]
@C uname
|Linux
|router
|6.6.93
|#0 SMP Mon
|mips
@C space
|/ /dev/root 10240 5120 5120 50% /
@C session
|0 192.0.2.7
|192.0.2.7 dev br-lan src 192.0.2.1
@E
"""


def members(packed):
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            f"/{entry.name}": entry.linkname or archive.extractfile(entry).read().decode("utf-8", "replace") for entry in archive
        }


@pytest.fixture
def made(tmp_path):
    return members(shell_capture.packed(ROUTER, str(tmp_path)))


def test_router_is_written_down_as_the_agent_would(made):
    assert made["/commands/uname"] == "Linux\nrouter\n6.6.93\n#0 SMP Mon\nmips\n"
    assert made["/commands/space"] == "/ 5 10\n"
    assert made["/commands/session"] == "ssh br-lan\neuid 0\n"
    assert made["/etc/os-release"] == "ID=openwrt\n"
    assert made["/sys/devices/pci0000:00/0000:00:00.0/driver"].endswith("/bus/pci/drivers/ath9k")
    assert made["/sys/bus/pci/drivers/ath9k/module"].endswith("/module/ath9k")
    assert "MODALIAS=pci:v0000168C" in made["/sys/devices/pci0000:00/0000:00:00.0/uevent"]


def test_what_is_secret_is_not_kept(made):
    assert made["/proc/modules"] == "ath9k 123 0 - Live\n"


def test_what_was_not_read_is_said(made):
    about = json.loads(made["/advisor/capture.json"])
    assert about["root"] is True
    assert about["unread"]["/sys/kernel/security/lockdown"] == "permission denied"
    assert "no Python" in about["unread"]["links"]
    assert about["listed"]["/lib/modules"] == ["6.6.93"]


def test_nothing_of_the_controller_is_in_it(made):
    assert os.uname().version not in made["/commands/uname"]
    assert not any(path.startswith("/boot/") for path in made)


def test_terminal_on_the_way_changes_nothing(tmp_path, made):
    assert members(shell_capture.packed(ROUTER.replace("\n", "\r\n"), str(tmp_path / "b")))["/proc/modules"] == made[
        "/proc/modules"
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param("@F 0 /../../etc/cron.d/x", "strange path", id="file-above"),
        pytest.param("@F 0 etc/x", "strange path", id="file-relative"),
        pytest.param("@F 0 /a//b", "strange path", id="file-empty-name"),
        pytest.param("@F 0 /" + "a" * 2000, "strange path", id="file-long"),
        pytest.param("@L /sys/bus/pci/devices/x /etc", "leads out", id="link-out"),
        pytest.param("@L /sys/bus/pci/devices/x /sys/../etc", "strange path", id="link-out-by-dots"),
        pytest.param("@L /etc/os-release /sys/x", "strange path", id="link-in-place-of-a-file"),
        pytest.param("@L /sys/x", "link to nowhere", id="link-without-target"),
        pytest.param("@B 0 /sys/x\n|zz", "non-hexadecimal", id="no-hex"),
    ],
)
def test_hostile_record_ends_it(tmp_path, line, why):
    with pytest.raises(ValueError, match=why):
        shell_capture.packed(f"{line}\n{ROUTER}", str(tmp_path))


def test_text_link_to_a_secret_is_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("top secret", encoding="utf-8")
    hostile = f"@T /run/booted-system/kernel {secret}\n@T /etc/os-release {secret}\n{ROUTER}"
    made = members(shell_capture.packed(hostile, str(tmp_path / "work")))
    assert "top secret" not in "".join(made.values())
    assert made["/etc/os-release"] == "ID=openwrt\n"


def test_link_in_place_of_a_folder_writes_nothing_elsewhere(tmp_path):
    hostile = f"@L /sys/class /sys/devices\n@F 0 /sys/class/net/uevent\n|X=1\n{ROUTER}"
    work = tmp_path / "work"
    shell_capture.packed(hostile, str(work))
    assert (work / "sys/class").is_dir()
    assert not (work / "sys/class").is_symlink()


def test_name_that_no_folder_can_hold_is_an_error(tmp_path):
    with pytest.raises(OSError, match="File name too long"):
        shell_capture.packed(f"@F 0 /sys/{'a' * 300}\n|x\n{ROUTER}", str(tmp_path))


@pytest.mark.parametrize(
    "output",
    ["", "sh: not found", ROUTER.replace("@E\n", ""), "@E\n", ROUTER.replace("@C uname", "@C other")],
    ids=["empty", "no-shell", "cut-off", "only-the-end", "no-uname"],
)
def test_broken_output_is_an_error(tmp_path, output):
    with pytest.raises(ValueError, match="it "):
        shell_capture.packed(output, str(tmp_path))


def test_endless_output_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(shell_capture, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        shell_capture.packed("|x\n" * 1000 + "@E", str(tmp_path))


def test_script_reads_everything_that_the_manifest_names():
    text = shell_capture.script()
    for pattern, _limit, _keep in capture_agent.READS:
        assert pattern.replace("{release}", "$R") in text
    for table in (capture_agent.BUSES, capture_agent.CLASSES):
        assert all(f"/{name}" in text for name in table)


def test_script_has_no_quote_that_a_login_shell_could_end():
    assert "'" not in shell_capture.script()


@pytest.mark.parametrize("shell", ["sh", "busybox"])
def test_shell_of_this_machine_gives_a_capture(tmp_path, shell):
    words = ["busybox", "sh"] if shell == "busybox" else [shell]
    try:
        done = subprocess.run(
            [*words, "-c", shell_capture.script()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True
        )
    except FileNotFoundError:
        pytest.skip(f"no {shell} here")
    made = members(shell_capture.packed(done.stdout.decode("utf-8", "surrogateescape"), str(tmp_path)))
    assert made["/commands/uname"].split("\n")[2] == os.uname().release
    assert made["/proc/version"].startswith("Linux version")
    assert done.stderr == b""
