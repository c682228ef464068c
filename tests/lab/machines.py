"""The machines of the lab: which cards sit where, and what the kernel is known to make of them."""

from __future__ import annotations

from typing import NamedTuple


class Machine(NamedTuple):
    """Emulated hardware.

    Attributes:
        type: QEMU's machine.
        channel: What commands come over: the virtio port ``lab``, or a serial line.
        disk: The device that carries a layer of the root; ``{n}`` is its number.
        modules: What the initial root loads so that the disks are found.
        devices: QEMU's arguments for the cards.
        files: Files of ``guest/`` that ``prepare`` needs in ``/run/lab``.
        prepare: Shell commands that make more of the hardware, run as root before it is looked at.
        other_ids: Whether its cards bear the ids of :data:`tests.lab.emulator.OTHER_IDS`.
        acpi: An ACPI table in ``guest/`` that it has beside its own.
        plugged: A device that is plugged in once it runs, since QEMU would unplug it to save.
        vsock: Whether a vsock device is plugged in, once it runs.
        boot: What its kernels are told beside what all are; ``{khz}`` is how fast time goes here.
        kernels: The kernels it is booted with.
        about: What it shows, for the table.
    """

    name: str
    type: str
    devices: tuple[str, ...]
    about: str
    channel: str = "lab"
    disk: str = "virtio-blk-pci,drive=disk{n}"
    modules: tuple[str, ...] = ("virtio_pci", "virtio_blk")
    files: tuple[str, ...] = ()
    prepare: tuple[str, ...] = ()
    other_ids: bool = False
    acpi: str = ""
    plugged: str = ""
    vsock: bool = False
    boot: str = ""
    kernels: tuple[str, ...] = ("6.1", "6.12", "6.12-security", "7-sid", "7-backports")


def _card(model: str, number: int, **options: str) -> str:
    """Return a network card without an option ROM, which would only cost time."""
    more = "".join(f",{key}={value}" for key, value in options.items())
    return f"-device {model},mac=52:54:00:12:34:{number:02x},romfile={more}"


_NET = "-netdev user,id=net0,restrict=on"
_LINE = "-device virtio-serial-pci -device virtserialport,chardev=line,name=lab"
_LINE_ISA = "-device isa-serial,chardev=line,index=1"

_CARDS = (
    _card("virtio-net-pci", 0x01, netdev="net0"),
    _card("e1000", 0x02),
    _card("e1000e", 0x03),
    _card("igb", 0x04),
    _card("rtl8139", 0x05),
    _card("pcnet", 0x06),
    _card("ne2k_pci", 0x07),
    _card("i82559c", 0x08),
    _card("i82801", 0x09),
    _card("tulip", 0x0A),
    _card("vmxnet3", 0x0B),
    _card("virtio-net-pci", 0x0C, **{"disable-legacy": "on"}),
    _card("e1000-82545em", 0x0D),
    "-object can-bus,id=can -device kvaser_pci,canbus=can",
)
_VIRTIO = (
    "-device virtio-rng-pci",
    "-device virtio-balloon-pci",
    "-device virtio-scsi-pci",
    "-device virtio-tablet-pci",
)
_USB = ("-device qemu-xhci,id=xhci", "-device usb-tablet,bus=xhci.0")

_ADDRESS = (
    'for n in /sys/class/net/*; do [ "$(cat $n/address)" = 52:54:00:12:34:01 ] || continue; n=${n##*/}; '
    "ip address add 10.0.2.15/24 dev $n; ip link set $n up; ip route add default via 10.0.2.2 dev $n; done"
)

FULL = Machine(
    "full",
    "pc",
    (_NET, _LINE, *_CARDS, *_VIRTIO, *_USB),
    "14 network cards, virtio, USB, CAN; in software USB over IP, Bluetooth, RDMA, Wi-Fi, tunnels, bridges",
    files=("soft.py", "usbip.py"),
    vsock=True,
    prepare=(_ADDRESS, "python3 /run/lab/soft.py"),
)
LEGACY = Machine(
    "legacy",
    "pc",
    (_LINE_ISA, _card("pcnet", 0x01), _card("rtl8139", 0x02), _card("tulip", 0x03)),
    "no virtio; cards on the ISA bus that no 64-bit kernel drives",
    channel="ttyS1",
    disk="ide-hd,drive=disk{n},bus=ide.{bus},unit={unit}",
    modules=("ata_piix", "sd_mod"),
    acpi="isa.asl",
    kernels=("6.1", "6.12-security", "7-backports"),
)
ISA = LEGACY._replace(
    name="isa",
    devices=(_LINE_ISA, _card("pcnet", 0x01), "-device ne2k_isa,iobase=0x340,irq=11"),
    about="a 32-bit kernel that drives the cards on the ISA bus",
    prepare=("modprobe ne io=0x340 irq=11",),
    kernels=("6.1-i386",),
)
Q35 = Machine(
    "q35",
    "q35",
    (
        _LINE,
        *(f"-device pcie-root-port,id=port{n},chassis={n},slot={n}" for n in range(1, 5)),
        _card("igb", 0x01, bus="port1"),
        _card("virtio-net-pci", 0x02, bus="port2", failover="on", id="standby"),
    ),
    "virtual functions, and two interfaces on one device",
    plugged="e1000e,mac=52:54:00:12:34:02,bus=port3,failover_pair_id=standby,id=primary",
    prepare=("echo 2 >/sys/bus/pci/drivers/igb/0000:01:00.0/sriov_numvfs; udevadm settle",),
)
MMIO = Machine(
    "mmio",
    "microvm,acpi=on,rtc=on",
    (
        "-device virtio-serial-device -device virtserialport,chardev=line,name=lab",
        "-device virtio-net-device,mac=52:54:00:12:34:01",
        "-device virtio-rng-device",
    ),
    "virtio without a PCI bus",
    disk="virtio-blk-device,drive=disk{n}",
    modules=("virtio_mmio", "virtio_blk"),
    # Its only clock is one that a kernel cannot measure on a busy host, and then it waits for ever.
    boot="tsc_early_khz={khz}",
)
PCIID = Machine(
    "pciid",
    "pc",
    (
        _LINE,
        _card("pcnet", 0x70),
        _card("rtl8139", 0x71),
        _card("tulip", 0x72),
        "-device edu",
        "-device pci-testdev",
        _card("virtio-net-pci", 0x01),
    ),
    "other ids on emulated cards: a dropped driver, and Mellanox cards that stay unbound",
    other_ids=True,
)
MACHINES = (FULL, LEGACY, ISA, Q35, MMIO, PCIID)
