"""What can make the kernel load a module that is not loaded, short of being root."""

from __future__ import annotations

from advisor.model.inventory import Autoload

# Alias prefix -> what a local user does to have it loaded.
_BY_USER = (
    ("net-pf-", "any local user can load it with a socket"),
    ("tcp_", "any local user can load it by choosing a congestion control"),
    ("algif-", "any local user can load it through the kernel's crypto sockets"),
    ("crypto-", "any local user can load it through the kernel's crypto sockets"),
    ("devname:", "opening its device file loads it"),
)
_BY_NAMESPACE = (
    "rtnl-link-",
    "rtnl-af-",
    "nft-",
    "nf-logger-",
    "nfct-helper-",
    "ip_set_",
    "ipt_",
    "ip6t_",
    "ebt_",
    "xt_",
    "arpt_",
    "nfnetlink",
    "net-sch-",
    "net-cls-",
    "net-act-",
    "genl-",
)
_BY_PLUG = (
    "usb:",
    "hid:",
    "sdio:",
    "pcmcia:",
    "bcma:",
    "ssb:",
    "typec:",
    "serio:",
    "ieee1394:",
    "tbsvc:",
    "bluetooth:",
)


def trigger(autoload: Autoload, module: str) -> str:
    """Return what would load a module, in one phrase with its alias; ``""`` where nothing can."""
    for alias in (autoload.aliases or {}).get(module, ()):
        for prefix, what in _BY_USER:
            if alias.startswith(prefix):
                return f"{what} ({alias})"
        if alias.startswith(_BY_NAMESPACE) and autoload.user_namespaces != "closed":
            reading = autoload.user_namespaces_source or "not read whether user namespaces are open"
            return f"any local user can load it in a namespace of their own ({alias}; {reading})"
        if alias.startswith(_BY_PLUG):
            return f"plugging in a matching device loads it ({alias})"
        if alias.startswith("fs-") and autoload.automount:
            return f"mounting what is plugged in loads it ({alias}; {autoload.automount})"
    return ""
