"""What a machine is: the value that ``probe`` makes and everything after it reads."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from advisor.model.identity import Identity
from advisor.model.packages import KernelModules, Packages
from advisor.model.reading import Unknown


class DeviceKind(StrEnum):
    """The closed list of device kinds; everything else that is reported is ``OTHER``."""

    ETHERNET = "ethernet"
    WIFI = "wifi"
    BLUETOOTH = "bluetooth"
    INFINIBAND = "infiniband"
    VIRTIO = "virtio"
    LEGACY_NET = "legacy-net"
    OTHER = "other"


class Interface(NamedTuple):
    """A network interface, Bluetooth controller or RDMA device that a device carries.

    Attributes:
        name: ``eth0``, ``hci0``, ``mlx5_0``.
        type: ``ether``, ``wlan``, ``bluetooth``, ``infiniband``, ``bridge``, ``bond``, ``vlan``,
            ``tun``, ``wireguard`` ...: what the kernel says it is.
        link: ``up``, ``down``, or ``""`` where the kernel does not say.
        speed_mbps: Negotiated speed in megabits per second; 0 where the kernel does not say.
        default_route: Whether a default route leaves through it.
        ssh_session: Whether the ssh session that runs the scan comes in through it.
        lower: Interfaces it stands on (a bridge's ports, a VLAN's parent).
    """

    name: str
    type: str = "ether"
    link: str = ""
    speed_mbps: int = 0
    default_route: bool = False
    ssh_session: bool = False
    lower: tuple[str, ...] = ()


class Device(NamedTuple):
    """One device of a kind that the advisor reports.

    Attributes:
        id: Stable on one machine: bus and address, ``pci:0000:00:1f.6``, ``usb:1-4:1.0``,
            ``virtio:virtio0``, ``pnp:00:05``, ``platform:fd580000.ethernet``, ``virtual:wg0``.
        bus: The sysfs subsystem: ``pci``, ``usb``, ``virtio``, ``pnp``, ``isa``, ``virtual`` ...
        name: Vendor and model for a person; never empty: the ids where no database names them.
        vendor_id: Four lower-case hex digits without ``0x``, or ``""``.
        modalias: As the kernel gives it, or built from the ids where the bus gives none.
        driver: The bound driver's own name (``ne2k-pci``), ``""`` where none is bound.
        module: The module in memory's spelling (``ne2k_pci``), ``""`` where it is not known.
        modules: All modules that serve it, strongest link first: the driver's module, vendor
            helpers (``btmtk``), what its functions load (``mlx5_ib``).
        could_bind: Modules whose alias matches, where no driver is bound.
        parent: The id of the device it hangs on, or ``""``.
        transport: For virtio: ``pci`` or ``mmio``; ``""`` elsewhere.
        confidence: ``sure``, or ``likely`` for legacy cards that leave hardly a trace.
        source: The path or database the reading came from.
    """

    id: str
    kind: DeviceKind
    bus: str
    name: str
    vendor_id: str = ""
    device_id: str = ""
    subsystem_vendor_id: str = ""
    subsystem_device_id: str = ""
    modalias: str = ""
    driver: str = ""
    module: str = ""
    modules: tuple[str, ...] = ()
    could_bind: tuple[str, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    address: str = ""
    parent: str = ""
    transport: str = ""
    confidence: str = "sure"
    source: str = ""


class Modules(NamedTuple):
    """The kernel's modules, in memory's spelling (``_``); ``None`` where a list was not read.

    Attributes:
        loaded: Module -> whether something uses it (reference count above zero).
        builtin: Modules that are part of this kernel's image, from ``modules.builtin``.
        available: Modules on disk for this kernel, from ``modules.order`` or ``modules.dep``.
        bound: Every module that drives some device here, whatever its kind (from sysfs).
        needs: Loaded module -> the loaded modules that use it.
        builtin_drivers: Those of ``builtin`` that drive hardware: in the image on every machine.
        present: Every module with a folder in ``/sys/module``: loaded, or built in with a parameter.
    """

    loaded: Mapping[str, bool] | None
    builtin: frozenset[str] | None
    available: frozenset[str] | None
    bound: frozenset[str]
    needs: Mapping[str, tuple[str, ...]]
    present: frozenset[str] = frozenset()
    builtin_drivers: frozenset[str] = frozenset()


class Feature(NamedTuple):
    """Something the kernel does here beyond driving a device.

    Attributes:
        id: A word of the closed list in ``data/schema/fixes.schema.json``: ``bridge``, ``nftables``.
        modules: The modules that do it.
        evidence: The reading: ``/proc/net/protocols: SCTP has 2 sockets``.
        state: ``in-use``, ``configured`` (will be used: fstab, unit) or ``open`` (any user could).
    """

    id: str
    name: str
    modules: tuple[str, ...]
    evidence: str
    state: str = "in-use"


class Distro(NamedTuple):
    """The distribution, as ``os-release`` names it; empty strings where it does not say."""

    id: str
    version: str = ""
    codename: str = ""
    name: str = ""
    like: tuple[str, ...] = ()


class Kernel(NamedTuple):
    """The running kernel.

    Attributes:
        identity: Release, upstream version and how it is known.
        build: ``uname -v``, cut at 64 bytes by the kernel.
        machine: ``uname -m``.
        config: CONFIG name without prefix -> ``y``, ``m`` or a value; ``None`` where not read.
        config_source: ``/proc/config.gz``, ``/boot/config-...``; ``""`` where not read.
        tainted: Words for the taint bits that are set: ``proprietary-module``, ``out-of-tree`` ...
        out_of_tree: Loaded modules that are not the distribution's own, with their taint letters.
        livepatches: Names of live patches that are applied.
        lockdown: ``none``, ``integrity``, ``confidentiality``, ``""`` where not read.
        secure_boot: ``on``, ``off``, ``""`` where not read.
        uptime_s: Seconds since boot; ``None`` where not read.
        modules_dir: ``/lib/modules/<release>`` where it exists, else ``""``.
    """

    identity: Identity
    build: str
    machine: str
    config: Mapping[str, str] | None
    config_source: str
    tainted: tuple[str, ...] = ()
    out_of_tree: Mapping[str, str] = {}
    livepatches: tuple[str, ...] = ()
    lockdown: str = ""
    secure_boot: str = ""
    cmdline: str = ""
    uptime_s: int | None = None
    modules_dir: str = ""


class Mount(NamedTuple):
    """A filesystem that is mounted, or that fstab names."""

    point: str
    type: str
    source: str
    mounted: bool
    user_mountable: bool = False


class Space(NamedTuple):
    """Room on the filesystem that holds a path, in bytes."""

    path: str
    free_bytes: int
    total_bytes: int


class Host(NamedTuple):
    """Whose machine this is, as far as it says."""

    name: str
    distro: Distro
    virtualization: str = ""
    container: str = ""


class Autoload(NamedTuple):
    """What other than root can make this kernel load.

    Attributes:
        aliases: Module -> the aliases of the classes that matter (``net-pf-*``, ``fs-*``, ``usb:*``).
        dependents: Module -> the modules on disk that bring it in with them, from ``modules.dep``.
        user_namespaces: ``open``, ``closed``, or ``""`` where it was not read.
        automount: The reading that says something mounts what is plugged in, or ``""``.
        blocked: Modules that modprobe runs ``false`` or ``true`` for instead, or that the kernel was told at
            boot to refuse, with the reading.
        blacklisted: Modules that modprobe is told not to load for an alias, with the reading. Asked for by
            their names, or needed by another module, they are loaded all the same.
        led: Alias -> the module that modprobe.d leads it to instead; ``off`` leads nowhere.
        modules_disabled: Whether ``kernel.modules_disabled`` is set.
    """

    aliases: Mapping[str, tuple[str, ...]] | None
    user_namespaces: str = ""
    user_namespaces_source: str = ""
    automount: str = ""
    blocked: Mapping[str, str] = {}
    blacklisted: Mapping[str, str] = {}
    led: Mapping[str, str] = {}
    modules_disabled: bool = False
    dependents: Mapping[str, tuple[str, ...]] | None = None


class Hardware(NamedTuple):
    """What the whole machine is made of, beyond the devices that are reported.

    Attributes:
        modaliases: Of every device on the buses that are read.
        disks: Models, as the kernel names them; None where no disk could be listed.
        cpu: Vendor, family and model, ``GenuineIntel 6 143``; ``""`` where it was not read.
    """

    modaliases: frozenset[str] = frozenset()
    disks: tuple[str, ...] | None = None
    cpu: str = ""


class KernelLog(NamedTuple):
    """Errors in the kernel's log since it started.

    Attributes:
        errors: Messages, each once, without addresses.
        source: What was read: ``/dev/kmsg``, ``journalctl -k -b``.
    """

    errors: tuple[str, ...]
    source: str


class Inventory(NamedTuple):
    """What a machine is.

    Attributes:
        unknowns: Everything that was looked for and could not be read, with the reason.
        capture: Name of the capture it was read from, ``""`` for this machine.
        kernel_modules: Release -> what that kernel could drive, of the other kernels on disk.
        hardware: What curated conditions are held against beyond the reported devices.
        features_read: Features that were looked for: one that is not in ``features`` is not in use.
        log: Errors in the kernel's log; None where nobody asked, or where it could not be read.
    """

    host: Host
    kernel: Kernel
    modules: Modules
    autoload: Autoload
    devices: tuple[Device, ...]
    features: tuple[Feature, ...]
    mounts: tuple[Mount, ...]
    spaces: tuple[Space, ...]
    packages: Packages
    unknowns: tuple[Unknown, ...]
    capture: str = ""
    kernel_modules: Mapping[str, KernelModules] = {}
    features_read: frozenset[str] = frozenset()
    hardware: Hardware = Hardware()
    log: KernelLog | None = None
