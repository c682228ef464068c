"""What the kernel asks modprobe for, and who short of root can make it ask.

Every ``request_module()`` of Linux 6.1, 6.12 and 7.3 was read for these tables. What is not in them asks
a capability of the first user namespace before it asks modprobe, or is asked for by hardware that would
have loaded it at boot: ``tcp_*`` and ``tcp-ulp-*`` (tcp_cong.c, tcp_ulp.c), ``netdev-*`` (dev_ioctl.c),
``ppp-compress-*``, ``dm-*`` and ``md-*`` (device files of root's), ``rdma-link-*`` (nldev.c), what mounts
of disks bring in. ``probe`` keeps the aliases that begin with these, ``assess`` gives the answer.
"""

from __future__ import annotations

from typing import Final

_SOCKET: Final = "any local user can load it with a socket"
_CRYPTO: Final = "any local user can load it through the kernel's crypto sockets"
_FILE: Final = "opening its device file loads it"
_IOCTL: Final = "any local user can load it with an ioctl on a socket"

BY_USER: Final = (
    ("net-pf-", _SOCKET),
    ("bt-proto-", _SOCKET),
    ("can-proto-", _SOCKET),
    ("rdma-netlink-subsys-", _SOCKET),
    ("rdma-client-", _SOCKET),
    ("crypto-", _CRYPTO),
    ("devname:", _FILE),
    ("snd-seq-client-", "opening the sequencer's device file loads it"),
    ("snd-timer-", "opening the sound timer's device file loads it"),
    ("tty-ldisc-", "any local user can load it with a terminal"),
    ("binfmt-", "running a program of that form loads it"),
)
"""Start of an alias -> what any local user does to have its module loaded."""

ROOTS_OWN: Final = frozenset(
    f"devname:{name}"
    for name in (
        "autofs", "btrfs-control", "cuse", "loop-control", "mapper/control", "nvram", "ppp", "uhid", "vhci",
    )
)  # fmt: skip
"""Device files that are root's alone (0600, no rule of udev's opens them), or a group's that is as good."""

BY_NAMESPACE: Final = (
    "rtnl-link-", "rtnl-af-", "rtnl-lwt-", "nft-", "nf-", "nfct-", "nf_", "nfnetlink", "ip_nat_", "ip_set",
    "ip-set_", "ipt_", "ip6t_", "ebt", "xt_", "arpt", "iptable", "ip6table", "net-sch-", "net-cls-",
    "net-act-", "net-l2tp-", "sch_", "cls_", "act_", "ematch-", "ife-meta-", "genl-", "xfrm-", "ipvs",
    "ip_vs", "l2tp-", "team-mode-", "vport-type-", "fs-overlay", "fs-binder", "fs-binfmt_misc", "fs-fuse",
)  # fmt: skip
"""Starts of aliases that a user needs a namespace of their own for.

Of filesystems only those that may be mounted in one (FS_USERNS_MOUNT): another's module would be loaded,
too, but none of its code would read a disk.
"""

BY_PLUG: Final = (
    "usb:", "hid:", "sdio:", "mmc:", "pcmcia:", "bcma:", "ssb:", "typec:", "ieee1394:", "tbsvc:",
    "wusb:",
)  # fmt: skip
"""Starts of aliases that a device makes when it is put in."""

BY_MOUNT: Final = "fs-"
"""Start of an alias that mounting a disk asks for."""

NAMED_BY_USER: Final = (
    ("algif_", "", _CRYPTO),
    ("cryptomgr", "", _CRYPTO),
    ("bridge", "", _IOCTL),
    ("8021q", "", _IOCTL),
    ("bpfilter", "", _IOCTL),
    ("rds_", "rds", _SOCKET),
    ("br2684", "atm", _IOCTL),
    ("clip", "atm", _IOCTL),
    ("lec", "atm", _IOCTL),
    ("mpoa", "atm", _IOCTL),
    ("pppoatm", "atm", _IOCTL),
    ("nhc_", "6lowpan", "6lowpan asks for it as it starts"),
)
"""Module that the kernel asks for by its own name (what ends in ``_``: all that begin so) -> the module that
asks, ``""`` for the kernel itself; and what any local user does to have it loaded."""

NAMED_IN_NAMESPACE: Final = (
    # Packet schedulers, classifiers and actions until 6.9 gave them aliases; tables and matches still.
    "sch_", "cls_", "act_", "ebt_", "ebtable_", "iptable_", "ip6table_", "arptable_", "arpt_", "ipt_",
    "ip6t_",
    # Schedulers of ip_vs, searches of xt_string, what xt_physdev and nf_tables want beside them.
    "ip_vs_", "ts_bm", "ts_fsm", "ts_kmp", "br_netfilter", "nf_conntrack_bridge", "nf_log_syslog",
    "nfnetlink_log",
)  # fmt: skip
"""Modules that the kernel asks for by their own names, for a user in a namespace of their own."""

ALIASED_SINCE: Final = ("net-sch-", "net-cls-", "net-act-")
"""Starts of the aliases that took the place of names: a module with one is not asked for by its name."""
