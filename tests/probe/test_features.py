"""What the kernel is used for, with the reading that shows it; and what was looked for in vain."""

from __future__ import annotations

import pytest

from advisor.model.features import FEATURES
from advisor.system.agent.manifest import Raw
from tests.machines.made import RELEASE, inventory

PROTOCOLS = "protocol  size sockets  memory press maxhdr  slab module     cl co di ac\n"


def interface(name: str, state: str = "up", kind: str = "1", **properties: str) -> Raw:
    fields = {"type": kind, "operstate": state}
    return Raw(f"/devices/virtual/net/{name}", "net", "", "", fields, properties)


@pytest.mark.parametrize(
    ("path", "content", "feature", "evidence"),
    [
        (
            "/proc/net/protocols",
            PROTOCOLS + "SCTP 2040 2 0 no 0 yes sctp n\n",
            "sctp",
            "/proc/net/protocols: SCTP has 2 sockets",
        ),
        (
            "/proc/net/protocols",
            PROTOCOLS + "XDP 1088 1 -1 NI 0 no kernel n\n",
            "af-xdp",
            "/proc/net/protocols: XDP has 1 sockets",
        ),
        (
            "/proc/modules",
            "nft_ct 1 4 - Live 0x0\n",
            "nftables",
            "/proc/modules: nft_ct is held 4 times",
        ),
        (
            "/proc/modules",
            "nft_masq 1 1 - Live 0x0\n",
            "nat",
            "/proc/modules: nft_masq is held 1 times",
        ),
        (
            "/proc/modules",
            "kvm_intel 1 2 - Live 0x0\nkvm 1 1 kvm_intel, Live\n",
            "kvm-host",
            "/proc/modules: kvm_intel is held 2 times",
        ),
        (
            "/proc/modules",
            "esp4 1 2 - Live 0x0\n",
            "ipsec",
            "/proc/modules: esp4 is held 2 times",
        ),
        (
            "/proc/modules",
            "af_alg 1 3 algif_hash, Live 0x0\n",
            "af-alg",
            "/proc/modules: af_alg is held 2 times",
        ),
        ("/proc/mounts", "nas:/x /mnt nfs4 rw 0 0\n", "nfs-client", "/proc/mounts: nfs4 on /mnt"),
        ("/proc/mounts", "//nas/x /mnt cifs rw 0 0\n", "smb-client", "/proc/mounts: cifs on /mnt"),
        (
            "/proc/mounts",
            "sshfs /mnt fuse.sshfs rw 0 0\n",
            "fuse",
            "/proc/mounts: fuse.sshfs on /mnt",
        ),
        (
            "/proc/net/ip_tables_names",
            "filter\nnat\n",
            "iptables",
            "/proc/net/ip_tables_names: filter, nat",
        ),
        (
            "/proc/sys/net/netfilter/nf_conntrack_count",
            "17\n",
            "conntrack",
            "/proc/sys/net/netfilter/nf_conntrack_count is 17",
        ),
        ("/proc/sys/net/ipv4/ip_forward", "1\n", "routing", "/proc/sys/net/ipv4/ip_forward is 1"),
        (
            "/proc/net/ip_vs",
            "IP Virtual Server\nTCP  C0A80001:0050 rr\n",
            "ipvs",
            "/proc/net/ip_vs: 1 services",
        ),
        (
            "/proc/net/rpc/nfsd",
            "rc 0 0\nth 8 0\n",
            "nfs-server",
            "/proc/net/rpc/nfsd: 8 threads",
        ),
        (
            "/proc/net/tls_stat",
            "TlsCurrTxSw \t2\nTlsTxSw 9\n",
            "ktls",
            "/proc/net/tls_stat: TlsCurrTxSw is 2",
        ),
        ("/proc/swaps", "Filename Type\n/dev/zram0 partition\n", "zram", "/proc/swaps: /dev/zram0"),
        (
            "/sys/module/zswap/parameters/enabled",
            "Y\n",
            "zswap",
            "/sys/module/zswap/parameters/enabled is Y",
        ),
        (
            "/sys/module/apparmor/parameters/enabled",
            "Y\n",
            "apparmor",
            "/sys/module/apparmor/parameters/enabled is Y",
        ),
        ("/sys/fs/selinux/enforce", "1", "selinux", "/sys/fs/selinux/enforce is 1"),
        (
            "/commands/links",
            "eth0 qdisc=fq_codel xdp=1\n",
            "xdp",
            "the kernel's link table: XDP on eth0",
        ),
        ("/commands/links", "eth0 qdisc=cake\n", "tc", "the kernel's link table: cake on eth0"),
        (
            "/proc/net/if_inet6",
            "fe80 02 40 20 80 eth0\n00 01 80 10 80 lo\n",
            "ipv6",
            "/proc/net/if_inet6: eth0",
        ),
    ],
)
def test_feature_in_use_is_told_with_its_evidence(
    path: str, content: str, feature: str, evidence: str
) -> None:
    found = {f.id: f for f in inventory({path: content}).features}
    assert found[feature].evidence == evidence
    assert found[feature].state == "in-use"
    assert found[feature].name == FEATURES[feature]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/proc/net/protocols", PROTOCOLS + "SCTP 2040 0 0 no 0 yes sctp n\nAF_VSOCK 1 x 0\n"),
        ("/proc/net/protocols", "garbage\n\n\n"),
        (
            "/proc/modules",
            "nft_ct 1 0 - Live 0x0\nsch_fq_codel 1 9 - Live 0x0\nkvm 1 1 kvm_intel, Live\n",
        ),
        ("/proc/sys/net/ipv4/ip_forward", "0\n"),
        ("/proc/net/ip_vs", "IP Virtual Server\nProt LocalAddress\n  -> RemoteAddress\n"),
        ("/commands/links", "eth0 qdisc=fq_codel\nlo qdisc=noqueue\n"),
        ("/proc/net/if_inet6", "00 01 80 10 80 lo\n"),
        ("/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n"),
    ],
)
def test_feature_not_in_use_is_not_told(path: str, content: str) -> None:
    assert [feature.id for feature in inventory({path: content}).features] == []


def test_firewall_of_any_kind_is_netfilter() -> None:
    found = {f.id: f for f in inventory({"/proc/modules": "nft_ct 1 4 - Live 0x0\n"}).features}
    assert found["netfilter"].evidence == found["nftables"].evidence


def test_filesystem_of_fstab_that_is_not_mounted_is_configured() -> None:
    (feature,) = inventory({"/etc/fstab": "nas:/x /mnt nfs noauto 0 0\n"}).features
    assert (feature.id, feature.state) == ("nfs-client", "configured")


def test_several_sources_make_one_feature_with_all_modules() -> None:
    files = {"/proc/mounts": "nas:/x /mnt nfs4 rw 0 0\n", "/etc/fstab": "nas:/y /srv nfs rw 0 0\n"}
    (feature,) = inventory(files).features
    assert feature.state == "in-use"
    assert feature.modules == ("nfsv4", "nfs", "sunrpc")


def test_bridge_that_filters_and_is_filtered_is_told() -> None:
    files = {"/proc/sys/net/bridge/bridge-nf-call-iptables": "1\n"}
    bridge = interface("br0", DEVTYPE="bridge")
    bridge.attributes["bridge/vlan_filtering"] = "1"
    assert {f.id for f in inventory(files, devices=[bridge]).features} == {
        "bridge",
        "bridge-netfilter",
        "bridge-vlan",
    }


def test_wifi_modes_are_told_by_the_kernel() -> None:
    radio = "/devices/pci0000:00/0000:00:14.3"
    raws = [
        Raw(radio, "pci", "iwlwifi", "iwlwifi", {}, {"PCI_CLASS": "28000", "PCI_ID": "8086:2725"}),
        Raw(f"{radio}/net/wlan0", "net", "", "", {"operstate": "up", "phy80211": "phy0"}, {}),
        Raw(f"{radio}/net/wlan1", "net", "", "", {"operstate": "down", "phy80211": "phy0"}, {}),
    ]
    features = inventory({"/commands/wireless": "wlan0 ap\nwlan1 client\n"}, devices=raws).features
    assert [(f.id, f.evidence) for f in features] == [("wifi-ap", "nl80211: wlan0 is up as ap")]


def test_encrypted_disk_and_arrays_are_told() -> None:
    files = {"/sys/block/dm-0/dm/uuid": "CRYPT-", "/sys/block/nbd0/pid": "812\n"}
    listed = {"/sys/block": ["dm-0", "md127", "nbd0", "nbd1", "rbd0"]}
    found = {f.id for f in inventory(files, listed=listed).features}
    assert found == {"device-mapper", "dm-crypt", "md-raid", "nbd", "ceph"}


def test_disks_over_the_network_are_told() -> None:
    listed = {
        "/sys/class/iscsi_session": ["session1"],
        "/sys/kernel/config/target": ["iscsi"],
        "/sys/class/nvme": ["nvme0", "nvme1"],
    }
    files = {
        "/sys/class/nvme/nvme0/transport": "pcie\n",
        "/sys/class/nvme/nvme1/transport": "tcp\n",
    }
    found = {f.id for f in inventory(files, listed=listed).features}
    assert found == {"iscsi-initiator", "iscsi-target", "nvme-tcp"}


@pytest.mark.parametrize(
    ("listed", "feature"),
    [
        ({"/sys/fs/cgroup": ["docker", "user.slice"]}, "containers"),
        ({"/sys/fs/cgroup": ["lxc.payload.web"]}, "containers"),
        ({"/sys/fs/cgroup": ["qemu.slice"]}, "kvm-host"),
        ({"/sys/fs/cgroup/system.slice": ["docker-0a1b.scope"]}, "containers"),
    ],
)
def test_containers_and_guests_are_told_by_their_groups(
    listed: dict[str, list[str]], feature: str
) -> None:
    assert [f.id for f in inventory(listed=listed).features] == [feature]


def test_bluetooth_in_service_is_told() -> None:
    hci = Raw("/devices/virtual/bluetooth/hci0", "bluetooth", "", "", {}, {"DEVTYPE": "host"})
    groups = {"/sys/fs/cgroup/system.slice": ["bluetooth.service"]}
    assert [f.id for f in inventory(devices=[hci], listed=groups).features] == ["bluetooth"]
    assert inventory(devices=[hci]).features == ()


def test_router_of_multicast_is_told() -> None:
    table = "Interface BytesIn PktsIn\n 0 eth0 1 2\n"
    assert [f.id for f in inventory({"/proc/net/ip_mr_vif": table}).features] == [
        "multicast-routing"
    ]


def test_guest_is_told_by_its_hypervisor() -> None:
    (feature,) = inventory({"/sys/class/dmi/id/sys_vendor": "VMware, Inc.\n"}).features
    assert feature.id == "vmware-guest"


def test_vsock_device_and_virtual_functions_are_told() -> None:
    raws = [
        Raw("/devices/pci0000:00/0000:00:01.0/virtio0", "virtio", "", "", {},
            {"MODALIAS": "virtio:d00000013v00001AF4"}),
        Raw("/devices/pci0000:00/0000:00:02.0", "pci", "igb", "igb", {"sriov_numvfs": "4"},
            {"PCI_CLASS": "20000", "PCI_ID": "8086:1521"}),
    ]  # fmt: skip
    found = {f.id: f for f in inventory(devices=raws).features}
    assert found["vsock"].state == "configured"
    assert found["sr-iov"].modules == ("igb",)


def test_open_doors_are_told_as_open() -> None:
    files = {
        "/proc/sys/user/max_user_namespaces": "60000\n",
        "/proc/sys/kernel/unprivileged_bpf_disabled": "0\n",
        f"/boot/config-{RELEASE}": "CONFIG_IO_URING=y\nCONFIG_USER_NS=y\nCONFIG_MODULES=y\n",
    }
    found = {f.id: f.state for f in inventory(files).features}
    assert found == {"user-namespaces": "open", "bpf": "open", "io-uring": "open"}


def full_view(**files: str) -> dict[str, str]:
    return {
        "/proc/net/protocols": PROTOCOLS,
        "/proc/modules": files.get("modules", "ext4 1 1 - Live 0x0\n"),
        "/proc/mounts": "/dev/sda1 / ext4 rw 0 0\n",
        "/proc/sys/net/ipv4/ip_forward": "0\n",
        f"/lib/modules/{RELEASE}/modules.builtin": files.get("builtin", "kernel/fs/ext4/ext4.ko\n"),
        "/commands/links": "eth0 qdisc=fq_codel\n",
    }


def test_features_looked_for_in_vain_are_told() -> None:
    read = inventory(full_view(), devices=[interface("eth0")]).features_read
    assert {"sctp", "nftables", "wireguard", "veth", "nfs-client", "mpls", "ipsec"} <= read


def test_features_of_what_was_not_read_are_not_called_absent() -> None:
    assert inventory().features_read == frozenset()
    # iptables' tables may only be read by root.
    files = full_view()
    unread = {"/proc/net/ip_tables_names": "permission denied"}
    read = inventory(files, devices=[interface("eth0")], unread=unread).features_read
    assert "iptables" not in read
    assert "netfilter" not in read


def test_features_whose_modules_are_built_in_are_not_called_absent() -> None:
    files = full_view(builtin="kernel/net/netfilter/nf_tables.ko\nkernel/crypto/af_alg.ko\n")
    read = inventory(files, devices=[interface("eth0")]).features_read
    assert not {"nftables", "af-alg"} & read
    assert "sctp" in read


def test_features_that_a_container_may_hide_are_not_called_absent() -> None:
    files = full_view(modules="wireguard 1 0 - Live 0x0\n")
    raws = [interface("eth0"), interface("veth12ab")]
    read = inventory(files, devices=raws).features_read
    assert "wireguard" not in read
    assert "vxlan" in read
    assert "wireguard" in inventory(files, devices=raws[:1]).features_read


def test_conntrack_that_counts_nothing_now_is_not_called_absent() -> None:
    files = full_view() | {"/proc/sys/net/netfilter/nf_conntrack_count": "0\n"}
    assert "conntrack" not in inventory(files, devices=[interface("eth0")]).features_read
