"""One example at least of every file that a machine may be asked for, written by hand from their forms."""

# ruff: noqa: E501 - tables and inputs, a line each
from __future__ import annotations

from typing import Final

RELEASE: Final = "6.12.94+deb13-amd64"

_STATUS: Final = """Package: linux-image-6.12.94+deb13-amd64
Status: hold ok installed
Architecture: amd64
Source: linux-signed-amd64 (6.12.94+1)
Version: 6.12.94-1
Depends: kmod, linux-base (>= 4.3~)

Package: linux-image-amd64
Status: install ok installed
Version: 6.12.94-1
Depends: linux-image-6.12.94+deb13-amd64 (= 6.12.94-1)

Package: proxmox-kernel-6.8.12-4-pve-signed
Status: install ok installed
Version: 6.8.12-4
"""
_PACKAGES: Final = """Package: linux-image-6.12.117+deb13-amd64
Source: linux-signed-amd64 (6.12.117+1)
Version: 6.12.117-1
Architecture: amd64
Depends: kmod, linux-base (>= 4.3~), initramfs-tools (>= 0.120+deb8u2) | linux-initramfs-tool

Package: linux-image-6.19.8+deb14-cloud-amd64
Version: 6.19.8-1~bpo13+1
Architecture: amd64

Package: linux-image-amd64
Version: 6.12.117-1
Depends: linux-image-6.12.117+deb13-amd64 (= 6.12.117-1), foo | bar
"""
_UNAME: Final = (
    f"Linux\nbox\n{RELEASE}\n#1 SMP PREEMPT_DYNAMIC Debian 6.12.94-1 (2026-06-20)\nx86_64\n"
)
_BANNER: Final = (
    f"Linux version {RELEASE} (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14 (Debian "
    "14.2.0-19) 14.2.0, GNU ld 2.44) #1 SMP PREEMPT_DYNAMIC Debian 6.12.94-1 (2026-06-20)\n"
)
_MODULES: Final = """nft_chain_nat 12288 2 - Live 0x0000000000000000
nf_nat 61440 1 nft_chain_nat, Live 0x0000000000000000
wireguard 114688 0 - Live 0x0000000000000000
zfs 6602752 6 - Live 0x0000000000000000 (POE)
kvm_intel 413696 4 - Live 0x0000000000000000
kvm 1396736 1 kvm_intel, Live 0x0000000000000000
ip_vs 200704 2 ip_vs_rr,[permanent], Live 0x0000000000000000 (OE+)
"""
_CONFIG: Final = """#
# Linux/x86 6.12.94 Kernel Configuration
#
CONFIG_CC_VERSION_TEXT="x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0"
CONFIG_MODULES=y
CONFIG_USER_NS=y
# CONFIG_DEBUG_INFO_BTF is not set
CONFIG_E1000E=m
CONFIG_IO_URING=y
CONFIG_LOCALVERSION=""
CONFIG_HZ=250
"""
_RELEASE_FILE: Final = """PRETTY_NAME="Debian GNU/Linux 13 (trixie)"
NAME="Debian GNU/Linux"
VERSION_ID="13"
VERSION="13 (trixie)"
VERSION_CODENAME=trixie
ID=debian
ID_LIKE="ubuntu \\"x\\" \\$y"
HOME_URL='https://www.debian.org/'
"""

FILES: Final[dict[str, str | tuple[str, ...]]] = {
    "/commands/uname": (
        _UNAME,
        "Linux\nbox\n6.8.0-52-generic\n#53-Ubuntu SMP PREEMPT_DYNAMIC Sat Jan 11\nx86_64\n",
        "Linux\nbox\n5.14.0-503.23.2.el9_5.x86_64\n#1 SMP\nx86_64\n",
        "Linux\nnas\n4.4.302+\n#72806 SMP Thu Sep 5 13:45:09 CST 2024\nx86_64\n",
    ),
    "/commands/space": "/ 4123 9811\n/boot 412 975\n/boot/efi 500 511\n",
    "/commands/session": ("ssh eth0\neuid 0\n", "local\neuid 1000\n"),
    "/commands/links": "eth0 qdisc=fq_codel\nvlan10 kind=vlan qdisc=noqueue\nwg0 kind=wireguard xdp=1\n",
    "/commands/wireless": "wlan0 ap\nwlan1 client\n",
    "/commands/rpm-kernels": "kernel-core 6.11.4-301.fc41 x86_64\nkernel-core 6.12.7-200.fc41 x86_64\n",
    "/commands/rpm-changelog": "CVE-2024-26581\nCVE-2024-26642\n",
    "/proc/version": (_BANNER, "Linux version 6.1.0 (a@b) #1\n"),
    "/proc/version_signature": "Ubuntu 6.8.0-52.53-generic 6.8.12\n",
    "/proc/sys/kernel/tainted": ("0\n", "4097\n"),
    "/proc/sys/kernel/modules_disabled": "0\n",
    "/proc/sys/kernel/io_uring_disabled": "0\n",
    "/proc/sys/kernel/unprivileged_bpf_disabled": "2\n",
    "/proc/sys/kernel/unprivileged_userns_clone": "1\n",
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n",
    "/proc/sys/user/max_user_namespaces": "63432\n",
    "/proc/sys/net/bridge/bridge-nf-call-iptables": "1\n",
    "/proc/sys/net/ipv4/ip_forward": "1\n",
    "/proc/sys/net/mpls/platform_labels": "1048575\n",
    "/proc/sys/net/netfilter/nf_conntrack_count": "42\n",
    "/proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet mitigations=auto,nosmt nopti\n",
    "/proc/uptime": "12345.67 98765.43\n",
    "/proc/modules": _MODULES,
    "/proc/filesystems": "nodev\tsysfs\n\text4\nnodev\tfuse\n",
    "/proc/mounts": "/dev/sda1 / ext4 rw 0 0\nnas:/x /srv/a\\040b nfs4 rw 0 0\n",
    "/proc/swaps": "Filename\n/dev/zram0\n/swap\\040file\n",
    "/proc/mdstat": "Personalities\nmd0\nunused\n",
    "/proc/ioports": "0000-0cf7 : PCI Bus 0000:00\n  0300-031f : ne\n  02f8-02ff : serial\n",
    "/proc/cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vme hypervisor lm\n",
    "/proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "/proc/fs/nfsfs/servers": "NV\nv4\n",
    "/proc/net/protocols": "protocol  size sockets  memory press maxhdr  slab module\nTCP 2432 5 1 no 320 yes kernel\n"
    "SCTP 1888 2 -1 NI 0 yes sctp\nMPTCP 2000 1 0 no 320 yes kernel\n",
    "/proc/net/route": "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"
    "eth0\t00000000\t00000000\t0003\t0\t0\t100\t00000000\t0\n",
    "/proc/net/ipv6_route": f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} 00000400 00000001 00000000 00000003 eth0\n",
    "/proc/net/if_inet6": "lo\neth0\n",
    "/proc/net/ip_tables_names": "filter\nnat\n",
    "/proc/net/ip_vs": "IP\nProt\n->\nTCP\n->\n",
    "/proc/net/ip_mr_vif": "Interface\n0\n1\n",
    "/proc/net/sockstat": "sockets: used 183\nTCP: inuse 5 orphan 0 tw 0 alloc 6 mem 1\n",
    "/proc/net/tls_stat": "TlsCurrTxSw                     \t2\nTlsCurrRxSw                     \t0\n",
    "/proc/net/xfrm_stat": "XfrmInError             \t0\n",
    "/proc/net/rpc/nfsd": "rc 0 0 0\nth 8 0 0.000\nra 32\n",
    "/etc/os-release": (_RELEASE_FILE, "ID=fedora\nVERSION_ID=41\n", "ID='nixos'\nID=\"x\n"),
    "/etc/fstab": "UUID=1 / ext4 rw 0 1\n/dev/sdb1 /media/usb vfat user,noauto 0 0\n# x\nx y z w\n",
    "/etc/modprobe.d/a.conf": "blacklist pcspkr\ninstall dccp /bin/true\n# x\noptions kvm nested=1\n",
    f"/boot/config-{RELEASE}": _CONFIG,
    f"/lib/modules/{RELEASE}/modules.builtin": "kernel/fs/ext4/ext4.ko\nkernel/drivers/virtio/virtio-ring.ko\n",
    f"/lib/modules/{RELEASE}/modules.builtin.modinfo": "tpm_tis.alias=pnp:d*\0ext4.alias=fs-ext4\0"
    "ext4.license=GPL\0ext4.file=fs/ext4/ext4\0",
    f"/lib/modules/{RELEASE}/modules.alias": "# Aliases extracted from modules themselves.\n"
    "alias pci:v00008086d000015B8sv*sd*bc*sc*i* e1000e\nalias usb:v0BDAp8153d*dc*dsc*dp*ic*isc*ip*in* r8152\n"
    "alias fs-ext4 ext4\nalias net-pf-16-proto-2 x\nalias acpi*:LNXTHERM:* thermal\n"
    "alias of:N*T*Cfoo,bar[0-9]* foo\nalias pci:v0000[!a-f]d?sv* odd\n",
    f"/lib/modules/{RELEASE}/modules.dep": "kernel/net/a.ko.xz: kernel/net/b.ko.xz kernel/lib/c.ko.xz\nkernel/lib/c.ko.xz:\n",
    f"/lib/modules/{RELEASE}/modules.softdep": "softdep a pre: b post: c\n",
    f"/lib/modules/{RELEASE}/modules.order": "kernel/drivers/net/ethernet/intel/e1000e/e1000e.ko\nkernel/net/sctp/sctp.ko\n",
    "/lib/modules/6.1.0-49-amd64/modules.order": "kernel/drivers/net/ethernet/intel/e1000e/e1000e.ko\n",
    "/lib/modules/6.1.0-49-amd64/modules.builtin": "kernel/fs/ext4/ext4.ko\n",
    "/lib/modules/6.1.0-49-amd64/modules.alias": "alias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e\n",
    "/sys/devices/system/clocksource/clocksource0/available_clocksource": "kvm-clock tsc acpi_pm\n",
    "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
    "/sys/kernel/security/lsm": "lockdown,capability,landlock,yama,apparmor",
    "/sys/kernel/livepatch/lp_1/enabled": "1\n",
    "/sys/hypervisor/type": "xen\n",
    "/sys/fs/selinux/enforce": "1",
    "/sys/class/dmi/id/sys_vendor": "QEMU\n",
    "/sys/class/dmi/id/product_name": "Standard PC (Q35 + ICH9, 2009)\n",
    "/sys/class/nvme/nvme0/transport": "tcp\n",
    "/sys/block/dm-0/dm/uuid": "CRYPT-",
    "/sys/block/sda/device/model": "QEMU HARDDISK   \n",
    "/sys/block/nbd0/pid": "123\n",
    "/sys/module/zswap/parameters/enabled": "Y\n",
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": "\6\0\0\0\1",
    "/run/systemd/container": "lxc\n",
    "/run/reboot-required": "*** System restart required ***\n",
    "/run/reboot-required.pkgs": "linux-image-6.12.117+deb13-amd64\nlibc6\n",
    "/var/lib/dpkg/status": _STATUS,
    "/var/lib/apt/lists/deb.debian.org_debian_dists_trixie_main_binary-amd64_Packages": _PACKAGES,
    "/var/lib/apt/lists/deb.debian.org_debian_dists_trixie_InRelease": "Origin: Debian\nSuite: stable\nCodename: trixie\n",
    "/etc/apt/preferences": "Package: linux-image-*\nPin: release a=testing\nPin-Priority: -1\n\nPackage: *\nPin: x\n",
    "/etc/apt/preferences.d/x": "Package: linux-headers-amd64\nPin: version 6.1*\nPin-Priority: 990\n",
    "/etc/kernel/proxmox-boot-pin": "6.8.12-4-pve\n",
    f"/usr/share/doc/linux-image-{RELEASE}/changelog.Debian.gz": "CVE-2026-1001\nCVE-2025-38000\n",
    "/usr/src/zfs-2.2.2/dkms.conf": 'PACKAGE_NAME="zfs"\nPACKAGE_VERSION="2.2.2"\nBUILD_EXCLUSIVE_KERNEL="^6\\.[0-9]+"\n'
    "BUILD_EXCLUSIVE_KERNEL_MAX=6.9\nMAKE[0]='x'\n",
    "/usr/src/zfs-2.2.2/META": "Meta: 1\nName: zfs\nVersion: 2.2.2\nLinux-Maximum: 6.6\nLinux-Minimum: 3.10\n",
    "/var/lib/pacman/local/linux-6.12.1.arch1-1/desc": "%NAME%\nlinux\n\n%VERSION%\n6.12.1.arch1-1\n\n%BASE%\nlinux\n",
    "/var/lib/pacman/sync/core.db": "%NAME%\nlinux\n\n%VERSION%\n6.12.10.arch1-1\n\n%NAME%\nlinux-lts\n\n%VERSION%\n6.6.63-1\n",
    "/etc/pacman.conf": "IgnorePkg = linux nvidia\n",
    "/etc/dnf/dnf.conf": "excludepkgs=kernel*\n",
    "/etc/zypp/locks": "type: package\nmatch_type: glob\nsolvable_name: kernel-default\n",
    "/etc/dnf/plugins/versionlock.list": "# x\nkernel-core-0:6.11.4-301.fc41.*\n",
    "/lib/apk/db/installed": "P:linux-lts\nV:6.12.30-r0\n\n",
    "/var/cache/apk/APKINDEX.1.tar.gz": "P:linux-lts\nV:6.12.40-r0\n\nP:linux-virt\nV:6.12.40_rc1-r2\n\n",
    "/etc/apk/world": "linux-lts=6.12.30-r0\nlinux-firmware\n",
    "/sys/devices/pci0000:00/0000:00:1f.6/uevent": "DRIVER=e1000e\nPCI_CLASS=20000\nPCI_ID=8086:15B8\nPCI_SUBSYS_ID=1043:8672\n"
    "MODALIAS=pci:v00008086d000015B8sv00001043sd00008672bc02sc00i00\n",
    "/run/udev/data/+pci:0000:00:1f.6": "E:ID_VENDOR_FROM_DATABASE=Intel Corporation\nE:ID_MODEL_FROM_DATABASE=I219-V\n",
    "/sys/devices/pci0000:00/0000:00:1f.6/net/eth0/uevent": "INTERFACE=eth0\nIFINDEX=2\n",
    "/sys/devices/pci0000:00/0000:00:1f.6/net/eth0/type": "1\n",
    "/sys/devices/pci0000:00/0000:00:1f.6/net/eth0/operstate": "up\n",
    "/sys/devices/pci0000:00/0000:00:1f.6/net/eth0/speed": "1000\n",
    "/sys/devices/virtual/net/tun0/tun_flags": "0x5001\n",
    "/sys/devices/virtual/net/tun0/uevent": "DEVTYPE=tun\nIFINDEX=9\n",
    "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/uevent": "DEVTYPE=usb_interface\nPRODUCT=bda/8153/3000\n"
    "MODALIAS=usb:v0BDAp8153d3000dc00dsc00dp00icFFiscFFip00in00\n",
    "/sys/devices/pnp0/00:05/id": "PNP80d6\n",
}
"""Path -> what may stand in it; in a capture, where what is private is gone already."""

LINKS: Final = {
    "/sys/devices/pci0000:00/0000:00:1f.6/subsystem": "../../../bus/pci",
    "/sys/devices/pci0000:00/0000:00:1f.6/driver": "../../../bus/pci/drivers/e1000e",
    "/sys/bus/pci/drivers/e1000e/module": "../../../../module/e1000e",
    "/sys/devices/pci0000:00/0000:00:1f.6/net/eth0/subsystem": "../../../../../class/net",
    "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/subsystem": "../../../../../../bus/usb",
    "/sys/devices/pnp0/00:05/subsystem": "../../../bus/pnp",
    "/sys/devices/virtual/net/tun0/subsystem": "../../../../class/net",
    "/run/booted-system/kernel": "/nix/store/abc-linux-6.12.30/bzImage",
    "/run/current-system/kernel": "/nix/store/def-linux-6.12.40/bzImage",
    "/proc/self/ns/pid": "pid:[4026531836]",
}
LISTED: Final = {
    "/boot": ["vmlinuz-6.12.94+deb13-amd64", "vmlinuz-6.1.0-49-amd64", "kernel-x"],
    "/lib/modules": [RELEASE, "6.1.0-49-amd64"],
    "/sys/module": ["e1000e", "ext4", "usbcore"],
    "/sys/fs/cgroup": ["system.slice", "docker", "qemu.slice"],
    "/sys/fs/cgroup/system.slice": ["bluetooth.service", "docker-abc.scope", "udisks2.service"],
    "/var/lib/dkms": ["zfs"],
    "/var/lib/dkms/zfs": ["2.2.2", "kernel-6.1"],
    "/var/lib/dkms/zfs/2.2.2": ["6.12.94+deb13-amd64", "build"],
    "/sys/kernel/livepatch": ["lp_1"],
    "/sys/kernel/config/target": ["iscsi"],
}
