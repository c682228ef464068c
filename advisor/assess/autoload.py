"""What can make the kernel load a module that is not loaded, short of being root."""

from __future__ import annotations

from advisor.model.inventory import Autoload

# Alias prefix -> what a local user does to have it loaded.
_BY_USER = (
    ("net-pf-", "any local user can load it with a socket"),
    ("bt-proto-", "any local user can load it with a socket"),
    ("can-proto-", "any local user can load it with a socket"),
    ("tcp_", "any local user can load it by choosing a congestion control"),
    ("tls", "any local user can load it with a socket option"),
    ("algif-", "any local user can load it through the kernel's crypto sockets"),
    ("crypto-", "any local user can load it through the kernel's crypto sockets"),
    ("devname:", "opening its device file loads it"),
    ("tty-ldisc-", "any local user can load it with a terminal"),
    ("binfmt-", "running a program of that form loads it"),
)
# Aliases that a user needs a namespace of their own for.
_BY_NAMESPACE = (
    "rtnl-link-", "rtnl-af-", "nft-", "nf-", "nfct-", "nf_", "nfnetlink", "ip_set", "ip-set_", "ipt_",
    "ip6t_", "ebt", "xt_", "arpt", "iptable", "ip6table", "net-sch-", "net-cls-", "net-act-", "sch_",
    "cls_", "act_", "ematch-", "genl-", "netdev-", "xfrm-", "ipvs", "ip_vs", "l2tp-", "ppp-",
    "team-mode-",
)  # fmt: skip
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
    for alias in (autoload.aliases or {}).get(module, ()):
        for prefix, what in _BY_USER:
            if alias.startswith(prefix):
                return f"{what} ({alias})"
        if alias.startswith(_BY_NAMESPACE) and autoload.user_namespaces != "closed":
            reading = (
                autoload.user_namespaces_source or "whether user namespaces are open was not read"
            )
            return f"any local user can load it in a namespace of their own ({alias}; {reading})"
        if alias.startswith(_BY_PLUG):
            return f"plugging in a matching device loads it ({alias})"
        if alias.startswith("fs-") and autoload.automount:
            return f"mounting what is plugged in loads it ({alias}; {autoload.automount})"
    return ""
