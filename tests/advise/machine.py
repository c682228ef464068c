"""Machines to give advice on, built from what a probe would have read of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from advisor.model.inventory import (
    Autoload,
    Device,
    DeviceKind,
    Distro,
    Feature,
    Host,
    Interface,
    Inventory,
    Kernel,
    Modules,
    Mount,
    Space,
)
from advisor.model.packages import (
    DkmsModule,
    InstalledKernel,
    KernelModules,
    OfferedKernel,
    Packages,
)
from advisor.probe.identity import identify

TODAY = (date(2026, 11, 22) - date(1970, 1, 1)).days
GB = 1 << 30
EVERY_MODULE = frozenset(
    (Path(__file__).parents[1] / "data/module-names.txt").read_text("utf-8").split()
)
"""Every module that one of Debian's kernels from 6.1 to 7.3 has."""

BUILTIN = frozenset({"virtio", "virtio_ring", "virtio_pci", "unix", "ipv6", "tcp_cubic", "ext4"})
SERVER = (
    "nf_tables", "nf_conntrack", "nfnetlink", "bridge", "stp", "llc", "overlay", "fuse", "dm_mod",
    "sd_mod", "ahci", "libahci", "libata", "scsi_mod", "xhci_pci", "xhci_hcd", "usbcore", "kvm",
    "kvm_intel", "af_packet", "ip_tables", "x_tables", "efivarfs", "vfat", "fat", "nvme", "nvme_core",
)  # fmt: skip
"""What a small server has loaded besides its drivers."""

GONE = {
    "7.1": (
        "3c574_cs",
        "3c589_cs",
        "smc91c92_cs",
        "nmclan_cs",
        "fmvj18x_cs",
        "axnet_cs",
        "ax25",
        "netrom",
    ),
    "7.3": ("xircom_cb",),
    "6.17": ("ib_qib",),
    "6.18": ("bcachefs",),
}
"""Series -> modules that Debian's kernels no longer have from it on."""

E1000E = Device(
    "pci:0000:00:1f.6", DeviceKind.ETHERNET, "pci", "Intel I219-V",
    vendor_id="8086", device_id="15b8",
    modalias="pci:v00008086d000015B8sv00001043sd00008672bc02sc00i00",
    driver="e1000e", module="e1000e", modules=("e1000e",),
    interfaces=(Interface("eno1", link="up", speed_mbps=1000, default_route=True),),
)  # fmt: skip
R8169 = Device(
    "pci:0000:02:00.0", DeviceKind.ETHERNET, "pci", "Realtek RTL8111",
    vendor_id="10ec", device_id="8168",
    modalias="pci:v000010ECd00008168sv00001043sd00008677bc02sc00i00",
    driver="r8169", module="r8169", modules=("r8169",),
    interfaces=(Interface("enp2s0", link="up", speed_mbps=1000, default_route=True),),
)  # fmt: skip
MT7922 = Device(
    "usb:1-4:1.0", DeviceKind.BLUETOOTH, "usb", "MediaTek MT7922 Bluetooth",
    vendor_id="0489", device_id="e0c8",
    modalias="usb:v0489pE0C8d0100dcEFdsc02dp01icE0isc01ip01in00",
    driver="btusb", module="btusb", modules=("btusb", "btmtk"),
    interfaces=(Interface("hci0", type="bluetooth"),),
)  # fmt: skip
MLX5 = Device(
    "pci:0000:3b:00.0", DeviceKind.ETHERNET, "pci", "Mellanox ConnectX-5",
    vendor_id="15b3", device_id="1017",
    modalias="pci:v000015B3d00001017sv000015B3sd00000006bc02sc00i00",
    driver="mlx5_core", module="mlx5_core", modules=("mlx5_core", "mlx5_ib"),
    interfaces=(Interface("enp59s0f0np0", link="up", speed_mbps=25000, default_route=True),),
)  # fmt: skip
QIB = Device(
    "pci:0000:05:00.0", DeviceKind.INFINIBAND, "pci", "QLogic QLE7342",
    vendor_id="1077", device_id="7322",
    modalias="pci:v00001077d00007322sv00001077sd00007342bc0Csc06i00",
    driver="ib_qib", module="ib_qib", modules=("ib_qib",),
    interfaces=(Interface("qib0", type="infiniband"),),
)  # fmt: skip
C574 = Device(
    "pcmcia:0.0", DeviceKind.LEGACY_NET, "pcmcia", "3Com 3CCFE574BT",
    modalias="pcmcia:m0101c0574f06fn00pfn00pa1B2CE57Dpb8C0B2E2Cpc00000000pd00000000",
    driver="3c574_cs", module="3c574_cs", modules=("3c574_cs",),
    interfaces=(Interface("eth0", link="up", speed_mbps=100, default_route=True),),
)  # fmt: skip
C509 = Device(
    "pnp:00:05", DeviceKind.LEGACY_NET, "pnp", "3Com EtherLink III",
    modalias="pnp:dTCM5094", driver="3c509", module="3c509", modules=("3c509",),
    interfaces=(Interface("eth0", link="up", speed_mbps=10, default_route=True),),
)  # fmt: skip
C59X = Device(
    "pci:0000:00:09.0", DeviceKind.ETHERNET, "pci", "3Com 3c905C",
    vendor_id="10b7", device_id="9200",
    modalias="pci:v000010B7d00009200sv000010B7sd00001000bc02sc00i00",
    driver="3c59x", module="3c59x", modules=("3c59x",),
    interfaces=(Interface("enp0s9", link="up", speed_mbps=100, default_route=True),),
)  # fmt: skip
XIRCOM = Device(
    "pci:0000:06:00.0", DeviceKind.ETHERNET, "pci", "Xircom RBE-100",
    vendor_id="115d", device_id="0003",
    modalias="pci:v0000115Dd00000003sv0000115Dsd00000181bc02sc00i00",
    driver="xircom_cb", module="xircom_cb", modules=("xircom_cb",),
    interfaces=(Interface("enp6s0", link="up", speed_mbps=100, default_route=True),),
)  # fmt: skip
VIRTIO_NET = Device(
    "virtio:virtio0", DeviceKind.VIRTIO, "virtio", "Virtio network card",
    vendor_id="1af4", device_id="0001", modalias="virtio:d00000001v00001AF4",
    driver="virtio_net", module="virtio_net", modules=("virtio_net",), transport="pci",
    interfaces=(Interface("ens3", link="up", default_route=True),),
)  # fmt: skip
VSOCK = Device(
    "virtio:virtio3", DeviceKind.VIRTIO, "virtio", "Virtio socket",
    vendor_id="1af4", device_id="0013", modalias="virtio:d00000013v00001AF4",
    driver="vmw_vsock_virtio_transport", module="vmw_vsock_virtio_transport",
    modules=("vmw_vsock_virtio_transport", "vmw_vsock_virtio_transport_common", "vsock"),
    transport="pci",
)  # fmt: skip
GENET = Device(
    "platform:fd580000.ethernet", DeviceKind.ETHERNET, "platform", "Raspberry Pi 4 Ethernet",
    modalias="of:NethernetT(null)Cbrcm,bcm2711-genet-v5",
    driver="bcmgenet", module="genet", modules=("genet",),
    interfaces=(Interface("eth0", link="up", speed_mbps=1000, default_route=True),),
)  # fmt: skip

ROOT = Mount("/", "ext4", "/dev/sda2", mounted=True)
FEATURES_READ = frozenset(
    {"af-xdp", "io-uring", "device-mapper", "bridge-mcast-vlan", "ipsec", "vxlan", "nfs-client", "smb-client",
     "wifi-client", "wifi-ap", "iptables", "batman-adv", "bluetooth", "bluetooth-le-audio", "kvm-host"}
)  # fmt: skip


def feature(name: str, *modules: str) -> Feature:
    """Return a feature in use."""
    return Feature(name, name, modules, f"{name} is in use")


def debian(release: str, version: str, suite: str = "", *, age: int = 1) -> OfferedKernel:
    """Return one of Debian's kernels, as apt's lists offer it."""
    words = "-".join(
        word
        for word in release.rsplit("+", maxsplit=1)[-1].split("-")[1:]
        if not word.isdigit() or word == "686"
    )
    return OfferedKernel(
        release=release,
        package=f"linux-image-{release}",
        package_version=version,
        suite=suite,
        list_age_days=age,
        meta=f"linux-image-{words}",
        source=f"/var/lib/apt/lists/{suite}_Packages",
    )


def offered(
    release: str,
    version: str,
    package: str = "kernel",
    suite: str = "updates",
    meta: str = "",
    *,
    cves: Iterable[str] = (),
) -> OfferedKernel:
    """Return a kernel that some package list offers, and advisories may speak of."""
    return OfferedKernel(
        release, package, version, suite, 1, meta, source=f"{suite} list",
        cves=frozenset(cves), cves_source=f"the advisories of {suite}" if cves else "",
    )  # fmt: skip


def installed(
    release: str, version: str = "", package: str = "", cves: Iterable[str] = ()
) -> InstalledKernel:
    """Return an installed kernel."""
    return InstalledKernel(
        release, package or f"linux-image-{release}", version, f"/boot/vmlinuz-{release}",
        cves=frozenset(cves), cves_source=f"{package} changelog" if cves else "",
    )  # fmt: skip


def modules_of(
    release: str, *, aliases: Mapping[str, tuple[str, ...]] | None = None
) -> KernelModules:
    """Return the module lists of one of Debian's kernels: what is gone from its series on is not there."""
    major, minor = re.split(r"[.+-]", release)[:2]
    number = (int(major), int(minor))
    gone = {
        name
        for since, names in GONE.items()
        if number >= tuple(int(part) for part in since.split("."))
        for name in names
    }
    return KernelModules(
        release, EVERY_MODULE - gone - BUILTIN, BUILTIN, aliases, f"/lib/modules/{release}"
    )


def machine(
    release: str,
    *,
    build: str = "",
    package_version: str = "",
    distro: str = "debian",
    distro_name: str = "",
    signature: str = "",
    arch: str = "x86_64",
    devices: tuple[Device, ...] = (E1000E,),
    loaded: tuple[str, ...] = SERVER,
    features: tuple[Feature, ...] = (),
    mounts: tuple[Mount, ...] = (ROOT,),
    spaces: tuple[Space, ...] = (Space("/", 20 * GB, 60 * GB), Space("/boot", GB, 2 * GB)),
    manager: str = "apt",
    others: tuple[InstalledKernel, ...] = (),
    offers: tuple[OfferedKernel, ...] = (),
    held: tuple[str, ...] = (),
    changelog: Iterable[str] = (),
    list_age_days: int | None = 1,
    dkms: tuple[DkmsModule, ...] = (),
    out_of_tree: Mapping[str, str] | None = None,
    secure_boot: str = "off",
    container: str = "",
    livepatches: tuple[str, ...] = (),
    kernel_modules: tuple[KernelModules, ...] = (),
    owned: bool = True,
    user_namespaces: str = "closed",
    aliases: Mapping[str, tuple[str, ...]] | None = None,
    config: Mapping[str, str] | None = None,
    told_by: str = "changelog.Debian.gz",
    lists_unread: tuple[str, ...] = (),
) -> Inventory:
    """Return a machine that runs ``release``; what is not named is a small Debian server."""
    names = [module for device in devices for module in device.modules]
    running = dict.fromkeys((*loaded, *names), True)
    foreign = out_of_tree or {}
    mine = (installed(release, package_version),) if owned else ()
    return Inventory(
        host=Host("box", Distro(distro, name=distro_name or distro), container=container),
        kernel=Kernel(
            identity=identify(
                release=release,
                version=build,
                distro=distro_name or distro,
                version_signature=signature,
                package_version=package_version,
            ),
            build=build,
            machine=arch,
            config=config,
            config_source="/boot/config" if config else "",
            out_of_tree=foreign,
            livepatches=livepatches,
            secure_boot=secure_boot,
            modules_dir=f"/lib/modules/{release}" if owned else "",
        ),
        modules=Modules(
            loaded=running | dict.fromkeys(foreign, True),
            builtin=BUILTIN,
            available=EVERY_MODULE - BUILTIN,
            bound=frozenset(device.module for device in devices),
            needs={},
        ),
        autoload=Autoload(aliases=aliases or {}, user_namespaces=user_namespaces),
        devices=devices,
        features=features,
        mounts=mounts,
        spaces=spaces,
        packages=Packages(
            manager=manager,
            installed=(*mine, *others),
            offered=offers,
            held=held,
            changelog_cves=frozenset(changelog),
            changelog_source=told_by if changelog else "",
            lists_unread=lists_unread,
            list_age_days=list_age_days,
            dkms=dkms,
        ),
        unknowns=(),
        kernel_modules={one.release: one for one in kernel_modules},
        features_read=FEATURES_READ,
    )


def dated(upstream: str) -> str:
    """Return what ``uname -v`` prints on Debian."""
    return f"#1 SMP PREEMPT_DYNAMIC Debian {upstream} (2026-07-05)"
