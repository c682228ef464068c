"""Makes every device that a kernel can make without hardware. What it has no module for it leaves out."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from usbip import completed, in_background

LINKS = (
    # name, what `ip link add` is told after it
    ("dummy0", "type dummy"),
    ("ifb0", "type ifb"),
    ("veth0", "type veth peer name veth1"),
    ("br0", "type bridge"),
    ("bond0", "type bond"),
    ("team0", "type team"),
    ("vlan7", "link {card} type vlan id 7"),
    ("macvlan0", "link {card} type macvlan"),
    ("macvtap0", "link {card} type macvtap"),
    ("ipvlan0", "link dummy0 type ipvlan"),
    ("ipvtap0", "link dummy0 type ipvtap"),
    ("veth2", "type veth peer name veth3"),
    ("veth4", "type veth peer name veth5"),
    ("macsec0", "link veth1 type macsec"),
    ("vxlan0", "type vxlan id 7 remote 10.0.2.2 dstport 4789"),
    ("geneve0", "type geneve id 7 remote 10.0.2.2"),
    ("vrf0", "type vrf table 7"),
    ("wg0", "type wireguard"),
    ("bat0", "type batadv"),
    ("gre1", "type gre local 10.0.2.15 remote 10.0.2.2"),
    ("sit1", "type sit local 10.0.2.15 remote 10.0.2.2"),
    ("tunl1", "type ipip local 10.0.2.15 remote 10.0.2.2"),
    ("xfrm0", "type xfrm dev {card} if_id 7"),
    ("nlmon0", "type nlmon"),
    ("vsockmon0", "type vsockmon"),
    ("vcan0", "type vcan"),
    ("hsr0", "type hsr slave1 veth3 slave2 veth5"),
)
MODULES = ("vhci-hcd", "hci_vhci", "mac80211_hwsim", "rdma_rxe", "vsock_loopback", "tun")


def run(*argv: str) -> bool:
    """Run a command and return whether it succeeded."""
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def main() -> None:
    """Make them all, and say what could not be made."""
    default = subprocess.run(
        ["ip", "route", "show", "default"], capture_output=True, text=True, check=True
    )
    card = default.stdout.split()[4]
    missing = [name for name in MODULES if not run("modprobe", name)]
    missing += [
        name
        for name, words in LINKS
        if not run("ip", "link", "add", name, *words.format(card=card).split())
    ]
    run("ip", "link", "set", "veth0", "master", "br0")
    for name in ("tap0", "tun0"):
        if not run("ip", "tuntap", "add", name, "mode", name[:3]):
            missing.append(name)
    if not run("rdma", "link", "add", "rxe0", "type", "rxe", "netdev", card):
        missing.append("rxe0")
    subprocess.run([sys.executable, "/run/lab/usbip.py"], check=True)
    controller()
    time.sleep(8)
    run("udevadm", "settle")
    print(" ".join(missing))


def controller() -> None:
    """Open a Bluetooth controller that has no bus, and keep it open in the background."""
    if not in_background():
        return
    line = os.open("/dev/vhci", os.O_RDWR)
    os.write(line, b"\xff\x00")
    while packet := os.read(line, 1024):
        if packet[0] == 1:
            os.write(line, b"\x04" + completed(packet[1:3]))


if __name__ == "__main__":
    main()
