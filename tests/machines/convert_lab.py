"""Make a capture of a guest that was recorded in the hardware lab.

``python -m tests.machines.convert_lab RECORDING OUT.tar.gz [--config]``; the recordings themselves are not
in the tree, the captures made of them are. Hardware addresses are not taken over, and of the
modules' aliases those of network modules and of programs' requests only.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from advisor.system.agent.capture import ABOUT, Member, pack
from advisor.system.agent.devices import pairs
from advisor.system.agent.keep import kept
from advisor.system.agent.manifest import BUSES, CLASSES, UDEV, UEVENT, Manifest

NOW = 1_795_000_000
ENTRY = dict[str, dict[str, str]]


def main(argv: list[str]) -> int:
    """Write the capture."""
    folder, out = Path(argv[0]), Path(argv[1])
    members = {member.path: member for member in convert(folder, config="--config" in argv)}
    out.write_bytes(pack([members[path] for path in sorted(members)], NOW))
    return 0


def convert(folder: Path, *, config: bool) -> Iterator[Member]:
    """Yield what a capture of the guest would have held."""
    uname = (folder / "uname").read_text().split("\n")
    manifest = Manifest(uname[1])
    sysfs = cast("dict[str, ENTRY]", json.loads((folder / "sysfs.json").read_text()))
    listed: dict[str, list[str]] = {}
    yield from device_members(sysfs)
    yield from driver_members(sysfs, listed)
    yield from udev_members((folder / "udev-db.txt").read_text())
    listed["/sys/module"] = sorted(
        {path.split("/")[3] for path in sysfs if path.startswith("/sys/module/")}
    )
    listed["/lib/modules"] = [uname[1]]
    listed["/sys/firmware"] = ["acpi"]
    for path, content in sorted(plain_files(folder, uname, config=config).items()):
        if path.startswith("/commands/"):
            yield Member(path, content)
        else:
            yield Member(path, kept(content, manifest.read_rule(path)))
    about = {"schema": "advisor.capture/1", "agent": 1, "time": NOW, "unread": {}, "listed": listed}
    yield Member(ABOUT, (json.dumps(about, sort_keys=True) + "\n").encode())


def plain_files(folder: Path, uname: list[str], *, config: bool) -> dict[str, bytes]:
    """Return the files and facts that were recorded beside sysfs."""
    release = uname[1]
    modules = f"/lib/modules/{release}"
    named = {
        "proc-modules": "/proc/modules",
        "proc-cmdline": "/proc/cmdline",
        "proc-version": "/proc/version",
        "os-release": "/etc/os-release",
        "modules.order": f"{modules}/modules.order",
        "modules.builtin": f"{modules}/modules.builtin",
        "modules.builtin.modinfo": f"{modules}/modules.builtin.modinfo",
        "modules.softdep": f"{modules}/modules.softdep",
    }
    if config:
        named["../config"] = f"/boot/config-{release}"
    found = {
        to: (folder / name).read_bytes() for name, to in named.items() if (folder / name).exists()
    }
    found[f"{modules}/modules.alias"] = network_aliases(folder)
    sections = re.split(r"(?m)^=== (\S+)\n", (folder / "proc-misc").read_text("utf-8", "replace"))
    for path, content in zip(sections[1::2], sections[2::2], strict=True):
        if path in {"/proc/ioports", "/proc/mounts", "/proc/filesystems"}:
            found[path] = content.encode()
        if path == "/proc/cpuinfo":
            found[path] = content.encode()[:4096]
    system, host, machine = "Linux", "lab", uname[3]
    found["/commands/uname"] = "".join(
        f"{f}\n" for f in (system, host, release, uname[2], machine)
    ).encode()
    found["/commands/links"] = "".join(link_lines(folder / "ip-link.json")).encode()
    found["/commands/wireless"] = "".join(wireless_lines((folder / "iw.txt").read_text())).encode()
    found["/commands/session"] = b"local\neuid 0\n"
    return found


def network_aliases(folder: Path) -> bytes:
    """Return the aliases of network modules, and those that programs ask for."""
    order = (folder / "modules.order").read_text().replace("-", "_")
    paths = re.findall(r"(?m)^\S*/(?:net|bluetooth|infiniband)/\S*/(\w+)\.ko", order)
    wanted = {*paths, *re.findall(r"(?m)^kernel/net/\S*?(\w+)\.ko", order)}
    lines = (folder / "../modules.alias").read_text().splitlines()
    kept_lines = [line for line in lines if line.split(" ")[-1].replace("-", "_") in wanted]
    return (
        "\n".join(["# Aliases extracted from modules themselves.", *kept_lines]) + "\n"
    ).encode()


def link_lines(path: Path) -> Iterator[str]:
    """Yield the kernel's table of interfaces as the agent would have written it."""
    rows = cast("list[dict[str, object]]", json.loads(path.read_text()))
    for row in rows:
        info = cast("dict[str, str]", row.get("linkinfo", {}))
        words = [str(row["ifname"])]
        words += [f"kind={info['info_kind']}"] if "info_kind" in info else []
        yield " ".join([*words, f"qdisc={row['qdisc']}"]) + "\n"


def wireless_lines(text: str) -> Iterator[str]:
    """Yield what the Wi-Fi interfaces are."""
    for name, kind in re.findall(r"Interface (\S+)\n(?:\t\t.*\n)*?\t\ttype (\w+)", text):
        yield f"{name} {'client' if kind == 'managed' else kind.lower()}\n"


def device_members(sysfs: dict[str, ENTRY]) -> Iterator[Member]:
    """Yield the devices of the manifest's subsystems."""
    for path, entry in sysfs.items():
        links = entry.get("links", {})
        subsystem = links.get("subsystem", "").rpartition("/")[2]
        if not path.startswith("/sys/devices/") or subsystem not in {*BUSES, *CLASSES}:
            continue
        yield Member(f"{path}/subsystem", target=links["subsystem"])
        uevent = pairs(entry.get("attrs", {}).get("uevent", ""), UEVENT)
        yield Member(f"{path}/uevent", "".join(f"{k}={v}\n" for k, v in uevent.items()).encode())
        if "driver" in links:
            yield Member(f"{path}/driver", target=links["driver"])
        for name in (*BUSES.get(subsystem, ()), *CLASSES.get(subsystem, ())):
            folder, _, last = f"{path}/{name}".rpartition("/")
            value = sysfs.get(folder, {}).get("attrs", {}).get(last)
            if value is not None:
                yield Member(f"{path}/{name}", value.encode())
        for name, target in links.items():
            if subsystem == "net" and (name in {"master", "phy80211"} or name.startswith("lower_")):
                yield Member(f"{path}/{name}", target=target)


def driver_members(sysfs: dict[str, ENTRY], listed: dict[str, list[str]]) -> Iterator[Member]:
    """Yield the drivers' links to their modules, and note which devices each driver has."""
    buses: set[str] = set()
    for path, entry in sysfs.items():
        parts = path.split("/")
        if parts[:3] != ["", "sys", "bus"]:
            continue
        buses.add(parts[3])
        if len(parts) == 6 and parts[4] == "drivers":
            links = entry.get("links", {})
            listed[path] = sorted([*links, "uevent"])
            listed.setdefault(f"/sys/bus/{parts[3]}/drivers", []).append(parts[5])
            if "module" in links:
                yield Member(f"{path}/module", target=links["module"])
    listed["/sys/bus"] = sorted(buses)


def udev_members(text: str) -> Iterator[Member]:
    """Yield what udev's database names."""
    for block in text.split("\n\n"):
        key = re.search(r"(?m)^J: (\S+)$", block)
        lines = "".join(line + "\n" for line in block.split("\n") if line[3:].split("=")[0] in UDEV)
        if key and lines:
            yield Member(f"/run/udev/data/{key[1]}", lines.replace("E: ", "E:").encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
