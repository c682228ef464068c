"""Record the machine that README.md shows: ``python -m tests.machines.record_lab LISTS OUT.tar.gz``.

A guest of the lab that has what a small server at home has runs Debian's 6.12.94, gets the
archive's package lists and a name, and the capture agent writes it down as it would anywhere.
Needs what `make lab` needs, and one run of it before this.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.lab.cache import cache_folder
from tests.lab.machines import LEGACY
from tests.lab.states import ready_guest
from tests.lab.visit import ADVISOR

KERNEL = "6.12.94"
_LISTS = "/var/lib/apt/lists"
# The guest's root is 384 MB of memory; a server has room for a kernel.
_ROOM = """
mount -t tmpfs -o size=20G room /mnt; mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work room /mnt/root
for place in proc sys dev run; do mount --rbind /$place /mnt/root/$place; done
"""
_CAPTURE = ("chroot", "--userspec=lab", "/mnt/root", ADVISOR, "capture", "-o", "-")
_DONGLE = (
    "import usbip; one = usbip.devices()[2:3]; usbip.devices = lambda: one; "
    "usbip.in_background() and usbip.plug()"
)
_CARD = "$(basename $(dirname $(grep -l 52:54:00:12:34:01 /sys/class/net/*/address)))"
NAS = LEGACY._replace(
    name="nas",
    acpi="",
    devices=(
        *LEGACY.devices[:1],
        "-device e1000e,mac=52:54:00:12:34:01,romfile=",
        "-device igb,mac=52:54:00:12:34:02,romfile=",
        "-device qemu-xhci,id=xhci -device usb-kbd,bus=xhci.0",
    ),
    files=("usbip.py",),
    prepare=(
        "modprobe vhci-hcd; modprobe mac80211_hwsim radios=1",
        f"cd /run/lab && python3 -c '{_DONGLE}'; sleep 8",
        f"card={_CARD}; ip link add br0 type bridge; ip link set $card master br0 up;"
        "ip address add 10.0.2.15/24 dev br0; ip link set br0 up; ip route add default via 10.0.2.2",
        "ip link add wg0 type wireguard; ip link set wg0 up",
    ),
)


def main(argv: list[str]) -> int:
    """Write the capture.

    Args:
        argv: A folder with apt's lists for trixie, its security updates and its backports; the file.
    """
    lists, out = Path(argv[0]), Path(argv[1])
    with ready_guest(NAS, KERNEL, cache_folder() / "payload") as guest:
        guest.shell(f"hostname nas; mkdir -p {_LISTS}")
        for path in sorted(lists.glob("*trixie*_main_binary-amd64_Packages")):
            guest.run("sh", "-c", f"cat >{_LISTS}/{path.name}", stdin=newest(path).encode())
        guest.shell(_ROOM)
        captured = guest.run(*_CAPTURE, timeout=300)
    out.write_bytes(captured.out)
    print(captured.err, f"{out}: {out.stat().st_size} bytes")
    return 0


def newest(path: Path) -> str:
    """Return what a package list has of the kernel that its meta package installs."""
    stanzas = path.read_text(encoding="utf-8").split("\n\n")
    (meta,) = [one for one in stanzas if one.startswith("Package: linux-image-amd64\n")]
    wanted = re.findall(r"linux-(?:image|modules|base)-[^ ,]+", meta)
    names = {f"Package: {name}" for name in wanted}
    version = re.findall(r"(?m)^Version: .*$", meta)[0]
    kept = [one for one in stanzas if one.partition("\n")[0] in names and version in one]
    return "\n\n".join([*kept, meta, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
