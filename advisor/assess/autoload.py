"""What can make the kernel load a module that is not loaded, short of being root."""

from __future__ import annotations

from advisor.model.inventory import Autoload

_CRYPTO = "any local user can load it through the kernel's crypto sockets"
# Alias prefix -> what a local user does to have it loaded. Congestion controls (tcp_*) and what rides on
# TCP (tcp-ulp-*) are not among them: tcp_cong.c and tcp_ulp.c ask capable(CAP_NET_ADMIN) first, which a
# user namespace does not give.
_BY_USER = (
    ("net-pf-", "any local user can load it with a socket"),
    ("bt-proto-", "any local user can load it with a socket"),
    ("can-proto-", "any local user can load it with a socket"),
    ("rdma-netlink-subsys-", "any local user can load it with a socket"),
    ("crypto-", _CRYPTO),
    ("devname:", "opening its device file loads it"),
    ("tty-ldisc-", "any local user can load it with a terminal"),
    ("binfmt-", "running a program of that form loads it"),
)
# Device files that are root's alone (mode 0600, no rule of udev's opens them), or a group's that is as good.
_ROOTS_OWN = frozenset(
    f"devname:{name}"
    for name in (
        "autofs", "btrfs-control", "cuse", "loop-control", "mapper/control", "nvram", "ppp", "uhid", "vhci",
    )
)  # fmt: skip
# Aliases that a user needs a namespace of their own for. Of filesystems only those that may be mounted in one
# (FS_USERNS_MOUNT): another's module would be loaded, too, but none of its code would read a disk.
# netdev-* and ppp-* are not among them: dev_load() asks capable(CAP_NET_ADMIN), /dev/ppp is root's.
_BY_NAMESPACE = (
    "rtnl-link-", "rtnl-af-", "rtnl-lwt-", "nft-", "nf-", "nfct-", "nf_", "nfnetlink", "ip_set", "ip-set_",
    "ipt_", "ip6t_", "ebt", "xt_", "arpt", "iptable", "ip6table", "net-sch-", "net-cls-", "net-act-",
    "net-l2tp-", "sch_", "cls_", "act_", "ematch-", "genl-", "xfrm-", "ipvs", "ip_vs", "l2tp-",
    "team-mode-", "fs-overlay", "fs-binder",
)  # fmt: skip
# Modules that the kernel asks for by their names there: packet schedulers, classifiers and actions until 6.9
# gave them aliases, tables and matches of xtables still.
_NAMED_IN_NAMESPACE = (
    "sch_", "cls_", "act_", "ebt_", "ebtable_", "iptable_", "ip6table_", "arptable_", "arpt_",
)  # fmt: skip
# Modules that the kernel asks for by their names, for any user: to af_alg.c algif-hash is no alias.
_NAMED = ("algif_",)
_BY_PLUG = (
    "usb:", "hid:", "sdio:", "mmc:", "pcmcia:", "bcma:", "ssb:", "typec:", "ieee1394:", "tbsvc:",
    "wusb:",
)  # fmt: skip


def trigger(autoload: Autoload, module: str) -> str | None:
    """Return what would load a module, in one phrase with its alias.

    Returns:
        ``""`` where nothing but root would; None where what was read cannot tell.
    """
    own = _trigger(autoload, module)
    if own:
        return own
    if autoload.dependents is None:
        return None
    for user in autoload.dependents.get(module, ()):
        what = "" if user in autoload.blocked else _trigger(autoload, user)
        if what:
            return f"{user} brings it in: {what}"
    return ""


def _trigger(autoload: Autoload, module: str) -> str:
    is_open = autoload.user_namespaces != "closed"
    for alias in (autoload.aliases or {}).get(module, ()):
        for prefix, what in _BY_USER:
            if alias.startswith(prefix) and alias not in _ROOTS_OWN:
                return f"{what} ({alias})"
        if is_open and alias.startswith(_BY_NAMESPACE):
            return _in_namespace(autoload, alias)
        if alias.startswith(_BY_PLUG):
            return f"plugging in a matching device loads it ({alias})"
        if alias.startswith("fs-") and autoload.automount:
            return f"mounting what is plugged in loads it ({alias}; {autoload.automount})"
    if module.startswith(_NAMED):
        return f"{_CRYPTO} (by its name)"
    if is_open and module.startswith(_NAMED_IN_NAMESPACE):
        return _in_namespace(autoload, "by its name")
    return ""


def _in_namespace(autoload: Autoload, how: str) -> str:
    reading = autoload.user_namespaces_source or "whether user namespaces are open was not read"
    return f"any local user can load it in a namespace of their own ({how}; {reading})"
