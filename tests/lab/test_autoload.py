"""What a user without rights has a real kernel load was told to be within reach."""

from __future__ import annotations

import pytest

from advisor.model.finding import Reach
from tests.lab.guests import ASKED, ASKED_KERNELS, guests_of
from tests.lab.loading import loading
from tests.lab.visit import Visit

_ENOUGH = 300

asked = pytest.mark.parametrize("seen", guests_of(*ASKED, kernels=ASKED_KERNELS), indirect=True)


@asked
def test_module_that_a_user_had_loaded_was_never_called_out_of_reach(seen: Visit) -> None:
    found = loading(seen)
    assert len(found.loaded) > _ENOUGH
    assert found.missed == {}


@asked
def test_what_is_asked_for_by_alias_or_by_name_is_loaded_for_any_user(seen: Visit) -> None:
    by_alias = {"sctp", "wireguard", "can", "rxrpc"}
    by_name = {"8021q", "algif_hash", "bridge", "br2684", "ip6t_rt", "ip_vs_rr", "nhc_ipv6"}
    assert by_alias | by_name <= {*seen.loaded}


@asked
def test_what_was_called_out_of_reach_is_loaded_for_no_user(seen: Visit) -> None:
    roots_own = {"tcp_dctcp", "tcp_vegas", "dm_mod", "uhid", "xfs"}
    found = loading(seen)
    assert {found.told[module] for module in roots_own} == {Reach.DORMANT}
    assert not roots_own & {*seen.loaded}
