"""What someone other than root can have loaded: as far as the kernel's own code lets them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.assess.autoload import trigger
from advisor.model.inventory import Autoload


def told(
    module: str, *aliases: str, namespaces: str = "open", present: tuple[str, ...] = ()
) -> str | None:
    return trigger(autoload({module: aliases}, namespaces), module, present)


def autoload(aliases: Mapping[str, tuple[str, ...]], namespaces: str = "open") -> Autoload:
    return Autoload(
        aliases=aliases,
        dependents={},
        user_namespaces=namespaces,
        user_namespaces_source="/proc/sys/user/max_user_namespaces is 7000",
    )


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
        ("act_meta_mark", "ife-meta-skbmark"),
        ("vport_vxlan", "vport-type-4"),
        ("nf_nat_ftp", "ip_nat_ftp"),
        ("fuse", "fs-fuse"),
        ("binfmt_misc", "fs-binfmt_misc"),
    ],
)
def test_what_a_namespace_of_ones_own_is_enough_for_is_within_reach_where_they_are_open(
    module: str, alias: str
) -> None:
    assert f"in a namespace of their own ({alias}; /proc/sys/user" in (told(module, alias) or "")
    assert told(module, alias, namespaces="closed") == ""


@pytest.mark.parametrize(
    "module",
    [
        "sch_netem", "cls_u32", "act_mirred", "iptable_nat", "ebt_ip", "ebtable_filter", "ip_vs_rr",
        "ts_bm", "br_netfilter", "nf_conntrack_bridge", "ip6t_rt", "ipt_ah",
    ],
)  # fmt: skip
def test_what_the_kernel_asks_for_by_name_needs_no_alias(module: str) -> None:
    assert "in a namespace of their own (by its name; " in (told(module) or "")
    assert told(module, namespaces="closed") == ""


@pytest.mark.parametrize(
    ("module", "alias"),
    [
        ("fuse", "devname:fuse"),
        ("tun", "devname:net/tun"),
        ("ib_core", "rdma-netlink-subsys-5"),
        ("rdma_ucm", "rdma-client-rdma_cm"),
        ("snd_seq_dummy", "snd-seq-client-14"),
        ("snd_hrtimer", "snd-timer-1"),
    ],
)
def test_what_any_user_may_open_is_within_reach(module: str, alias: str) -> None:
    assert alias in (told(module, alias, namespaces="closed") or "")


@pytest.mark.parametrize(
    "module", ["algif_aead", "algif_hash", "algif_rng", "algif_skcipher", "cryptomgr"]
)
def test_crypto_sockets_load_their_types_by_name_for_any_user(module: str) -> None:
    """af_alg.c asks modprobe for ``algif-hash``: no alias is needed, and no namespace."""
    assert "any local user" in (told(module, namespaces="closed") or "")


@pytest.mark.parametrize("module", ["bridge", "8021q", "bpfilter"])
def test_an_ioctl_on_any_socket_loads_bridges_and_vlans_for_any_user(module: str) -> None:
    """socket.c asks modprobe for them by name, before it asks for any capability."""
    assert "with an ioctl on a socket (by its name)" in (told(module, namespaces="closed") or "")


def test_what_another_module_asks_for_by_name_is_within_reach_where_that_one_is() -> None:
    assert told("rds_tcp") == told("br2684") == ""
    assert "with a socket (by its name)" in (told("rds_tcp", present=("rds",)) or "")
    found = trigger(autoload({"atm": ("net-pf-20",)}), "br2684", ())
    assert "by its name; atm: any local user can load it with a socket (net-pf-20)" in (found or "")


def test_blacklist_stops_an_alias_and_neither_a_name_nor_a_dependency() -> None:
    """modprobe(8): unless told ``-b``, which the kernel does not, names are not held against it."""
    open_to_all = autoload({"sctp": ("net-pf-2-proto-132",), "sctp_diag": ("net-pf-16-proto-4",)})
    listed = open_to_all._replace(blacklisted={"sctp": "x.conf", "bridge": "x.conf"})
    assert trigger(listed, "sctp", ()) == ""
    assert "by its name" in (trigger(listed, "bridge", ()) or "")
    needed = listed._replace(dependents={"sctp": ("sctp_diag",)})
    assert (trigger(needed, "sctp", ()) or "").startswith("sctp_diag brings it in: any local user")
    both = needed._replace(blacklisted={"sctp": "x.conf", "sctp_diag": "x.conf"})
    assert trigger(both, "sctp", ()) == ""


def test_blacklisted_scheduler_is_not_asked_for_by_name_once_it_has_an_alias() -> None:
    listed = autoload({"sch_netem": ("net-sch-netem",)})._replace(blacklisted={"sch_netem": "x"})
    assert trigger(listed, "sch_netem", ()) == ""
    assert trigger(listed._replace(aliases={}), "sch_netem", ())


def test_alias_that_modprobe_is_told_leads_elsewhere_loads_nothing_here() -> None:
    usual = autoload({"ax25": ("net-pf-3",)})
    assert trigger(usual, "ax25", ())
    assert trigger(usual._replace(led={"net-pf-3": "off"}), "ax25", ()) == ""
    assert trigger(usual._replace(led={"net-pf-3": "ax25"}), "ax25", ())
    assert "net-pf-46" in (trigger(usual._replace(led={"net-pf-46": "mine"}), "mine", ()) or "")


def test_what_a_module_asks_for_is_within_reach_where_one_that_needs_it_is() -> None:
    needed = autoload({"ieee802154_6lowpan": ("rtnl-link-lowpan",)})
    assert trigger(needed, "nhc_ipv6", ()) == ""
    needed = needed._replace(dependents={"6lowpan": ("ieee802154_6lowpan",)})
    assert "6lowpan: any local user" in (trigger(needed, "nhc_ipv6", ()) or "")


def test_what_is_loaded_by_its_name_brings_in_what_it_needs() -> None:
    needed = autoload({})._replace(dependents={"stp": ("bridge",)})
    assert (trigger(needed, "stp", ()) or "").startswith("bridge brings it in: any local user")


@pytest.mark.parametrize(("module", "alias"), [("overlay", "fs-overlay"), ("iptable_nat", "x")])
def test_user_namespaces_that_were_not_read_are_not_taken_to_be_closed(
    module: str, alias: str
) -> None:
    unread = autoload({module: (alias,)}, "")._replace(user_namespaces_source="")
    assert "whether user namespaces are open was not read" in (trigger(unread, module, ()) or "")
