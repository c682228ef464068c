"""Which other modules serve a device besides its driver's own."""

from __future__ import annotations

from typing import Final

from advisor.model.inventory import DeviceKind, Modules
from advisor.system.machine import RawDevice

# Driver's module -> modules that its functions bring in, where they are loaded or could be.
_BROUGHT_IN: Final = {
    "btusb": ("btmtk", "btintel", "btrtl", "btbcm", "bluetooth"),
    "mlx5_core": ("mlx5_ib", "ib_core", "ib_ipoib", "mlx5_vdpa", "mlx5_vfio_pci"),
    "mlx4_core": ("mlx4_en", "mlx4_ib", "ib_core", "ib_ipoib"),
    "ice": ("irdma",),
    "i40e": ("irdma",),
    "bnxt_en": ("bnxt_re",),
    "cxgb4": ("iw_cxgb4",),
    "qede": ("qedr",),
    "iwlwifi": ("iwlmvm", "iwldvm", "iwlmld", "mac80211", "cfg80211"),
    "rtw_pci": ("rtw88_core",),
    "ath10k_pci": ("ath10k_core", "ath", "mac80211", "cfg80211"),
    "ath11k_pci": ("ath11k", "mac80211", "cfg80211"),
    "ath12k": ("mac80211", "cfg80211"),
}
_VIRTUAL: Final = {
    "bridge": "bridge",
    "bond": "bonding",
    "vlan": "8021q",
    "tun": "tun",
    "tap": "tun",
    "wireguard": "wireguard",
    "veth": "veth",
    "batman-adv": "batman_adv",
    "macvtap": "macvtap",
    "macvlan": "macvlan",
    "ipvlan": "ipvlan",
    "ipvtap": "ipvtap",
    "vxlan": "vxlan",
    "geneve": "geneve",
    "gre": "ip_gre",
    "gretap": "ip_gre",
    "erspan": "ip_gre",
    "ip6gre": "ip6_gre",
    "ip6gretap": "ip6_gre",
    "ip6erspan": "ip6_gre",
    "sit": "sit",
    "ipip": "ipip",
    "vti": "ip_vti",
    "vti6": "ip6_vti",
    "ip6tnl": "ip6_tunnel",
    "xfrm": "xfrm_interface",
    "dummy": "dummy",
    "ifb": "ifb",
    "team": "team",
    "vrf": "vrf",
    "macsec": "macsec",
    "hsr": "hsr",
    "nlmon": "nlmon",
    "vsockmon": "vsockmon",
    "vcan": "vcan",
    "vxcan": "vxcan",
    "slip": "slip",
    "l2tp": "l2tp_eth",
    "netkit": "",
    "ipoib": "ib_ipoib",
    "ppp": "ppp_generic",
    "can": "can_dev",
    "openvswitch": "openvswitch",
    "ovpn": "ovpn",
    "netdevsim": "netdevsim",
    "nr": "netrom",
    "netrom": "netrom",
    "lowpan": "ieee802154_6lowpan",
    "6lowpan": "bluetooth_6lowpan",
    "amt": "amt",
    "gtp": "gtp",
    "bareudp": "bareudp",
    "bluetooth": "hci_vhci",
    "wlan-monitor": "mac80211_hwsim",
}


def helpers(
    serving: tuple[str, ...], kind: DeviceKind, transport: str, modules: Modules
) -> tuple[str, ...]:
    """Return the modules that serve a device besides its driver's, strongest link first."""
    found: list[str] = []
    for module in serving:
        found += [name for name in _BROUGHT_IN.get(module, ()) if _is_loaded(name, modules)]
    if kind is DeviceKind.VIRTIO:
        found += {"pci": ["virtio_pci"], "mmio": ["virtio_mmio"]}.get(transport, [])
        found += ["virtio_ring", "virtio"]
    if modules.loaded:
        found += [name for name in _used_by(serving, modules) if name not in found]
    return tuple(dict.fromkeys(name for name in found if name not in serving))


def module_of_type(kind: str) -> str:
    """Return the module that makes interfaces of a type, ``""`` where it is not known."""
    return _VIRTUAL.get(kind, "")


def virtual_module(raw: RawDevice, kind: str, modules: Modules) -> str:
    """Return the module that made an interface without hardware, ``""`` where nothing tells."""
    if "/mac80211_hwsim/" in raw.path:
        return "mac80211_hwsim"
    if raw.subsystem == "infiniband":
        soft = [name for name in ("rdma_rxe", "siw") if name in (modules.loaded or ())]
        return soft[0] if len(soft) == 1 else ""
    return module_of_type(kind)


def _is_loaded(name: str, modules: Modules) -> bool:
    """Return whether a module is in the kernel; it may be where no list says what is built in."""
    if modules.builtin is None and not modules.loaded:
        return True
    loaded = modules.loaded is not None and name in modules.loaded
    return (
        loaded
        or (modules.builtin is not None and name in modules.builtin)
        or name in modules.present
    )


def _used_by(serving: tuple[str, ...], modules: Modules) -> list[str]:
    """Return the loaded modules that a device's modules stand on."""
    own = frozenset(serving)
    return [name for name, users in modules.needs.items() if not own.isdisjoint(users)]
