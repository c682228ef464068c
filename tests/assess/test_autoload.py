"""What someone other than root can have loaded: as far as the kernel's own code lets them."""

from __future__ import annotations

import pytest

from advisor.assess.autoload import trigger
from advisor.model.inventory import Autoload


def told(module: str, *aliases: str, namespaces: str = "open") -> str | None:
    autoload = Autoload(
        aliases={module: aliases},
        dependents={},
        user_namespaces=namespaces,
        user_namespaces_source="/proc/sys/user/max_user_namespaces is 7000",
    )
    return trigger(autoload, module)


@pytest.mark.parametrize(
    ("module", "alias"),
    [
        ("tcp_dctcp", "tcp_dctcp"),
        ("tls", "tcp-ulp-tls"),
        ("tls", "tls"),
        ("ip_gre", "netdev-gre0"),
        ("ppp_deflate", "ppp-compress-21"),
        ("dm_mod", "devname:mapper/control"),
        ("btrfs", "devname:btrfs-control"),
        ("xfs", "fs-xfs"),
        ("rxe", "rdma-link-rxe"),
    ],
)
def test_what_the_kernel_loads_for_root_alone_is_out_of_a_users_reach(
    module: str, alias: str
) -> None:
    assert told(module, alias) == ""


@pytest.mark.parametrize(
    ("module", "alias"),
    [
        ("mpls_iptunnel", "rtnl-lwt-MPLS"),
        ("overlay", "fs-overlay"),
        ("l2tp_eth", "net-l2tp-type-5"),
        ("sch_netem", "net-sch-netem"),
    ],
)
def test_what_a_namespace_of_ones_own_is_enough_for_is_within_reach_where_they_are_open(
    module: str, alias: str
) -> None:
    assert f"in a namespace of their own ({alias}; /proc/sys/user" in (told(module, alias) or "")
    assert told(module, alias, namespaces="closed") == ""


@pytest.mark.parametrize(
    "module", ["sch_netem", "cls_u32", "act_mirred", "iptable_nat", "ebt_ip", "ebtable_filter"]
)
def test_what_the_kernel_asks_for_by_name_needs_no_alias(module: str) -> None:
    assert "in a namespace of their own (by its name; " in (told(module) or "")
    assert told(module, namespaces="closed") == ""


@pytest.mark.parametrize(
    ("module", "alias"),
    [("fuse", "devname:fuse"), ("tun", "devname:net/tun"), ("ib_core", "rdma-netlink-subsys-5")],
)
def test_what_any_user_may_open_is_within_reach(module: str, alias: str) -> None:
    assert alias in (told(module, alias, namespaces="closed") or "")


@pytest.mark.parametrize("module", ["algif_aead", "algif_hash", "algif_rng", "algif_skcipher"])
def test_crypto_sockets_load_their_types_by_name_for_any_user(module: str) -> None:
    """af_alg.c asks modprobe for ``algif-hash``: no alias is needed, and no namespace."""
    assert "any local user" in (told(module, namespaces="closed") or "")
