"""What the kernel does here beyond driving devices, each with the reading that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from advisor.model.features import FEATURES
from advisor.model.inventory import Autoload, Device, Feature, Host, Mount
from advisor.probe import networks, surroundings
from advisor.probe.interfaces import probe_links
from advisor.probe.readings import Readings
from advisor.probe.sockets import socket_features
from advisor.probe.usage import held_features, holders, with_netfilter


def probe_features(
    readings: Readings,
    *,
    host: Host,
    devices: tuple[Device, ...],
    mounts: tuple[Mount, ...],
    autoload: Autoload,
    config: Mapping[str, str] | None,
) -> tuple[Feature, ...]:
    """Return the features in use, configured or open, by id."""
    found = [
        *socket_features(readings),
        *networks.interface_features(devices),
        *networks.link_features(probe_links(readings)),
        *networks.wireless_features(readings, devices),
        *networks.table_features(readings),
        *surroundings.device_features(readings),
        *surroundings.mount_features(mounts),
        *surroundings.block_features(readings),
        *surroundings.storage_features(readings),
        *surroundings.host_features(readings, host),
        *held_features(holders(readings)),
    ]
    if not any(feature.id == "bridge" for feature in found):
        found = [feature for feature in found if feature.id != "bridge-netfilter"]
    opened = surroundings.open_features(readings, autoload, config)
    return _merged([*with_netfilter(found), *opened])


def _merged(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """Return one feature for each id: the strongest state, its first evidence, all modules."""
    rank = {"in-use": 0, "configured": 1, "open": 2}
    merged: dict[str, Feature] = {}
    for feature in features:
        known = merged.get(feature.id)
        if known is None:
            merged[feature.id] = feature._replace(name=FEATURES.get(feature.id, feature.id))
            continue
        first = known if rank[known.state] <= rank[feature.state] else feature
        modules = tuple(dict.fromkeys(known.modules + feature.modules))
        merged[feature.id] = known._replace(
            modules=modules, evidence=first.evidence, state=first.state
        )
    return tuple(merged[name] for name in sorted(merged))
