"""Features that show in what is mounted, stored on, and run around the kernel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from advisor.model.inventory import Autoload, Feature, Host, Mount
from advisor.probe.readings import Readings

# Type of a filesystem -> feature and modules.
_FILESYSTEMS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "ceph": ("ceph", ("ceph", "libceph")),
    "cifs": ("smb-client", ("cifs",)),
    "fuse": ("fuse", ("fuse",)),
    "fuseblk": ("fuse", ("fuse",)),
    "nfs": ("nfs-client", ("nfs", "sunrpc")),
    "nfs4": ("nfs-client", ("nfsv4", "nfs", "sunrpc")),
    "smb3": ("smb-client", ("cifs",)),
}
_GUESTS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "kvm": ("kvm-guest", ()),
    "microsoft": ("hyperv-guest", ("hv_vmbus",)),
    "vmware": ("vmware-guest", ("vmw_vmci", "vmw_balloon")),
    "xen": ("xen-guest", ()),
}
_BLOCKS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("dm-", "device-mapper", ("dm_mod",)),
    ("md", "md-raid", ("md_mod",)),
    ("rbd", "ceph", ("rbd", "libceph")),
)
_CONTAINERS: Final = ("docker", "lxc", "kubepods.slice", "libpod_parent")
_SCOPES: Final = ("docker-", "libpod-", "crio-", "cri-containerd-")


def mount_features(mounts: Iterable[Mount]) -> Iterator[Feature]:
    """Yield the features that a mounted or a configured filesystem stands for."""
    for mount in mounts:
        kind = mount.type.partition(".")[0] if mount.type.startswith("fuse.") else mount.type
        if kind in _FILESYSTEMS:
            feature, modules = _FILESYSTEMS[kind]
            path = "/proc/mounts" if mount.mounted else "/etc/fstab"
            state = "in-use" if mount.mounted else "configured"
            yield Feature(feature, "", modules, f"{path}: {mount.type} on {mount.point}", state)


def block_features(readings: Readings) -> Iterator[Feature]:
    """Yield the features that block devices stand for."""
    names = readings.list("/sys/block")
    for name in names:
        for start, feature, modules in _BLOCKS:
            if name.startswith(start) and name[len(start) :].isdigit():
                yield Feature(feature, "", modules, f"/sys/block/{name}")
        if name.startswith("dm-") and readings.word(f"/sys/block/{name}/dm/uuid").startswith(
            "CRYPT"
        ):
            yield Feature("dm-crypt", "", ("dm_crypt",), f"/sys/block/{name}/dm/uuid is CRYPT-...")
        if name.startswith("nbd") and readings.word(f"/sys/block/{name}/pid"):
            yield Feature("nbd", "", ("nbd",), f"/sys/block/{name}/pid names a client")


def storage_features(readings: Readings) -> Iterator[Feature]:
    """Yield the features of disks over the network and of compressed memory."""
    for word in readings.word("/proc/swaps").split():
        if word.startswith("/dev/zram"):
            yield Feature("zram", "", ("zram",), f"/proc/swaps: {word}")
    if readings.word("/sys/module/zswap/parameters/enabled") == "Y":
        yield Feature("zswap", "", ("zswap",), "/sys/module/zswap/parameters/enabled is Y")
    for name in readings.list("/sys/class/iscsi_session")[:1]:
        yield Feature(
            "iscsi-initiator", "", ("scsi_transport_iscsi",), f"/sys/class/iscsi_session/{name}"
        )
    if "iscsi" in readings.list("/sys/kernel/config/target"):
        path = "/sys/kernel/config/target/iscsi"
        yield Feature("iscsi-target", "", ("iscsi_target_mod", "target_core_mod"), path)
    for name in readings.list("/sys/class/nvme"):
        if readings.word(f"/sys/class/nvme/{name}/transport") == "tcp":
            yield Feature("nvme-tcp", "", ("nvme_tcp",), f"/sys/class/nvme/{name}/transport is tcp")


def host_features(readings: Readings, host: Host) -> Iterator[Feature]:
    """Yield what the machine runs in, what it runs, and what confines it."""
    if host.virtualization in _GUESTS:
        feature, modules = _GUESTS[host.virtualization]
        yield Feature(feature, "", modules, f"the hypervisor is {host.virtualization}")
    groups = readings.list("/sys/fs/cgroup")
    for name in groups:
        if name.startswith(_CONTAINERS):
            yield Feature("containers", "", ("overlay", "veth"), f"/sys/fs/cgroup/{name}")
        if name == "qemu.slice":
            yield Feature(
                "kvm-host", "", ("kvm",), "/sys/fs/cgroup/qemu.slice: guests of Proxmox VE"
            )
    for name in readings.list("/sys/fs/cgroup/system.slice"):
        if name.startswith(_SCOPES):
            path = f"/sys/fs/cgroup/system.slice/{name[:24]}"
            yield Feature("containers", "", ("overlay", "veth"), path)
    if readings.word("/sys/module/apparmor/parameters/enabled") == "Y":
        yield Feature("apparmor", "", (), "/sys/module/apparmor/parameters/enabled is Y")
    if readings.word("/sys/fs/selinux/enforce") == "1":
        yield Feature("selinux", "", (), "/sys/fs/selinux/enforce is 1")


def open_features(
    readings: Readings, autoload: Autoload, config: Mapping[str, str] | None
) -> Iterator[Feature]:
    """Yield what nobody is seen to use but any user could."""
    if autoload.user_namespaces == "open":
        yield Feature("user-namespaces", "", (), autoload.user_namespaces_source, "open")
    disabled = readings.word("/proc/sys/kernel/io_uring_disabled")
    if (config or {}).get("IO_URING") == "y" and disabled in {"", "0"}:
        evidence = "/proc/sys/kernel/io_uring_disabled is 0" if disabled else "CONFIG_IO_URING=y"
        yield Feature("io-uring", "", (), evidence, "open")
    if readings.word("/proc/sys/kernel/unprivileged_bpf_disabled") == "0":
        path = "/proc/sys/kernel/unprivileged_bpf_disabled"
        yield Feature("bpf", "", (), f"{path} is 0", "open")


def device_features(readings: Readings) -> Iterator[Feature]:
    """Yield what hardware is used for."""
    is_served = "bluetooth.service" in readings.list("/sys/fs/cgroup/system.slice")
    for raw in readings.devices():
        functions = raw.attributes.get("sriov_numvfs", "")
        if functions.isdigit() and functions.strip("0"):
            path = f"/sys{raw.path}/sriov_numvfs"
            yield Feature(
                "sr-iov", "", (raw.module,) if raw.module else (), f"{path} is {functions}"
            )
        if raw.attributes.get("bridge/vlan_filtering") == "1":
            path = f"/sys{raw.path}/bridge/vlan_filtering"
            yield Feature("bridge-vlan", "", ("bridge",), f"{path} is 1")
        if raw.properties.get("MODALIAS", "").startswith("virtio:d00000013v"):
            modules = ("vmw_vsock_virtio_transport", "vsock")
            yield Feature("vsock", "", modules, f"/sys{raw.path}: a vsock device", "configured")
        if raw.subsystem == "bluetooth" and is_served:
            path = "/sys/fs/cgroup/system.slice: bluetooth.service runs"
            yield Feature("bluetooth", "", ("bluetooth",), f"/sys{raw.path}, {path}")
        if raw.subsystem == "infiniband" and "ACTIVE" in raw.attributes.get("ports/1/state", ""):
            yield Feature("rdma", "", ("ib_core",), f"/sys{raw.path}/ports/1/state is ACTIVE")
