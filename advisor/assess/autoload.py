"""What can make the kernel load a module that is not loaded, short of being root."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from advisor.model.inventory import Autoload
from advisor.model.requests import (
    ALIASED_SINCE,
    BY_MOUNT,
    BY_NAMESPACE,
    BY_PLUG,
    BY_USER,
    NAMED_BY_USER,
    NAMED_IN_NAMESPACE,
    ROOTS_OWN,
)


def trigger(autoload: Autoload, module: str, present: Collection[str]) -> str | None:
    """Return what would load a module, in one phrase with its alias.

    Args:
        autoload: What this kernel may be made to load.
        module: One that is on disk.
        present: The modules that are loaded or built in.

    Returns:
        ``""`` where nothing but root would; None where what was read cannot tell.

    Source:
        modprobe(8): a blacklist stops what is asked for by alias, not what is asked for by its own
        name or needed by another module; an ``install`` command stops all three.
    """
    own = _own(autoload, module, present)
    if own or autoload.dependents is None:
        return own or None
    for user in autoload.dependents.get(module, ()):
        what = _own(autoload, user, present)
        if what:
            return f"{user} brings it in: {what}"
    return ""


def _own(autoload: Autoload, module: str, present: Collection[str]) -> str:
    """Return what would load a module for its own sake, ``""`` where nothing but root would."""
    if module in autoload.blocked:
        return ""
    return _by_alias(autoload, module) or _by_name(autoload, module, present)


def _by_alias(autoload: Autoload, module: str) -> str:
    if module in autoload.blacklisted:
        return ""
    is_open = autoload.user_namespaces != "closed"
    for alias in _aliases(autoload, module):
        for prefix, what in BY_USER:
            if alias.startswith(prefix) and alias not in ROOTS_OWN:
                return f"{what} ({alias})"
        if is_open and alias.startswith(BY_NAMESPACE):
            return _in_namespace(autoload, alias)
        if alias.startswith(BY_PLUG):
            return f"plugging in a matching device loads it ({alias})"
        if alias.startswith(BY_MOUNT) and autoload.automount:
            return f"mounting what is plugged in loads it ({alias}; {autoload.automount})"
    return ""


def _aliases(autoload: Autoload, module: str) -> Iterator[str]:
    """Yield the aliases that lead to a module: modprobe.d may have led one elsewhere, or here."""
    for alias in (autoload.aliases or {}).get(module, ()):
        if alias not in autoload.led:
            yield alias
    for alias, target in autoload.led.items():
        if target == module:
            yield alias


def _by_name(autoload: Autoload, module: str, present: Collection[str]) -> str:
    for name, asker, what in NAMED_BY_USER:
        if module == name or (name.endswith("_") and module.startswith(name)):
            if not asker or asker in present:
                return f"{what} (by its name)"
            way = _way_to(autoload, asker)
            return f"{what} (by its name; {asker}: {way})" if way else ""
    if autoload.user_namespaces == "closed" or not module.startswith(NAMED_IN_NAMESPACE):
        return ""
    aliases = (autoload.aliases or {}).get(module, ())
    if any(alias.startswith(ALIASED_SINCE) for alias in aliases):
        return ""
    return _in_namespace(autoload, "by its name")


def _way_to(autoload: Autoload, asker: str) -> str:
    """Return what would load a module that asks for others, by an alias of it or of its users."""
    users = (autoload.dependents or {}).get(asker, ())
    ways = (_by_alias(autoload, one) for one in (asker, *users))
    return next(filter(None, ways), "")


def _in_namespace(autoload: Autoload, how: str) -> str:
    reading = autoload.user_namespaces_source or "whether user namespaces are open was not read"
    return f"any local user can load it in a namespace of their own ({how}; {reading})"
