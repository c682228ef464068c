"""A machine that was written down: a capture."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

from advisor.errors import AdvisorError, ExitStatus
from advisor.system.agent.devices import pairs, udev_id
from advisor.system.agent.facts import FACTS
from advisor.system.agent.keep import kept
from advisor.system.agent.manifest import (
    ATTRIBUTE_BYTES,
    BUSES,
    CLASSES,
    COMMANDS,
    MOST_NAMES,
    UDEV,
    UEVENT,
    Manifest,
    release_in,
    told,
)
from advisor.system.agent.reading import too_large, why
from advisor.system.agent.unpack import text
from advisor.system.machine import RawDevice
from advisor.system.tarball import Entry, entries, unusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ABOUT: Final = "/advisor/capture.json"
_COMMANDS: Final = frozenset(FACTS) | {command[0] for command in COMMANDS}
_MISSING: Final = "no such file or directory"
_NEIGHBOURS: Final = ("master", "phy80211")


def load(path: str) -> RecordedSystem:
    """Return the capture in a file.

    Raises:
        AdvisorError: It cannot be read, or is no usable capture.
    """
    try:
        with Path(path).open("rb") as stream:
            return RecordedSystem(stream, Path(path).name)
    except OSError as error:
        raise AdvisorError(
            f"the capture cannot be read: {why(error)}, {path}", status=ExitStatus.IO
        ) from error


class RecordedSystem:
    """A machine as a capture shows it.

    Args:
        stream: The capture, a ``tar.gz``; it is read to its end at once and not kept open.
        name: What the capture is called.

    Raises:
        AdvisorError: It is no usable capture.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._name = name
        self._entries = {entry.path: entry for entry in entries(stream, name)}
        if not self._entries:
            raise unusable("it holds no files", name)
        self._unread, self._listed = self._about()
        self._children: defaultdict[str, set[str]] = defaultdict(set)
        self._manifest = Manifest(self._release())
        self._reasons: dict[str, str] = {}

    @property
    def capture(self) -> str:
        """The name of the capture."""
        return self._name

    def read(self, path: str) -> str | None:
        """Return a file's text, None where the capture has none."""
        content = self.read_bytes(path)
        return None if content is None else text(content)

    def read_bytes(self, path: str) -> bytes | None:
        """Return a file's content, None where the capture has none."""
        rule = self._manifest.read_rule(path)
        entry = self._entries.get(path)
        if entry is None or entry.target is not None:
            return None
        try:
            if len(entry.content) > rule.limit and rule.keep != "head":
                raise too_large(rule.limit)
            return kept(entry.content, rule)
        except (OSError, ValueError) as error:
            self._reasons[path] = why(error)
            return None

    def list(self, path: str) -> tuple[str, ...] | None:
        """Return the names in a folder that the manifest tells, None where it is not recorded."""
        wanted = self._manifest.list_names(path)
        found = self._listed.get(path)
        if found is None:
            found = tuple(self._folders().get(path, ()))
        return told(found, wanted) if found or path in self._listed else None

    def readlink(self, path: str) -> str | None:
        """Return where a link points, None where there is none."""
        self._manifest.check_link(path)
        return self._target(path)

    def modified(self, path: str) -> int | None:
        """Return when a file was last changed, None where the capture has none."""
        self._manifest.read_rule(path)
        entry = self._entries.get(path)
        return None if entry is None else entry.modified

    def run(self, command: str) -> str | None:
        """Return what a command of the manifest printed when the capture was made."""
        if command not in _COMMANDS:
            raise LookupError(f"{command} is not in the manifest")
        entry = self._entries.get(f"/commands/{command}")
        return None if entry is None or entry.target is not None else text(entry.content)

    def devices(self) -> tuple[RawDevice, ...]:
        """Return the recorded devices, by path."""
        links = (
            (path[4:-10], (entry.target or "").rpartition("/")[2])
            for path, entry in self._entries.items()
            if path.endswith("/subsystem") and path.startswith("/sys/devices/")
        )
        known = [(path, name) for path, name in links if name in BUSES or name in CLASSES]
        return tuple(self._device(path, name) for path, name in sorted(known)[:MOST_NAMES])

    def reason(self, path: str) -> str:
        """Return why a path or a command gave nothing."""
        if path in _COMMANDS:
            return self._unread.get(path, "not recorded")
        known = self._reasons.get(path)
        while path and not known:
            known = self._unread.get(path)
            path = path.rpartition("/")[0]  # what cannot be looked into hides all below it
        return known or _MISSING

    def _device(self, path: str, subsystem: str) -> RawDevice:
        folder = f"/sys{path}/"
        properties = pairs(self._attribute(folder + "uevent") or "", UEVENT + UDEV)
        entry = self._entries.get(f"/run/udev/data/{udev_id(subsystem, path, properties)}")
        if entry is not None:
            properties.update(pairs(text(entry.content), UDEV, "E:"))
        driver = (self._target(folder + "driver") or "").rpartition("/")[2]
        module = self._target(f"/sys/bus/{subsystem}/drivers/{driver}/module") or ""
        attributes: dict[str, str] = {}
        for name in BUSES[subsystem] if subsystem in BUSES else CLASSES[subsystem]:
            value = self._attribute(folder + name)
            if value is not None:
                attributes[name] = value
        if subsystem == "net":
            attributes |= self._neighbours(folder)
        return RawDevice(
            path=path,
            subsystem=subsystem,
            driver=driver,
            module=module.rpartition("/")[2].replace("-", "_") if driver else "",
            attributes=attributes,
            properties=properties,
        )

    def _neighbours(self, folder: str) -> dict[str, str]:
        """Return what a network interface is linked with."""
        links = {name: self._target(folder + name) for name in _NEIGHBOURS}
        found = {name: target.rpartition("/")[2] for name, target in links.items() if target}
        names = self._folders().get(folder.rstrip("/"), set())
        lower = sorted(name[6:] for name in names if name.startswith("lower_"))
        return found | ({"lower": " ".join(lower)} if lower else {})

    def _attribute(self, path: str) -> str | None:
        entry = self._entries.get(path)
        if entry is None or entry.target is not None:
            return None
        return text(entry.content[:ATTRIBUTE_BYTES]).strip()

    def _target(self, path: str) -> str | None:
        entry = self._entries.get(path)
        return None if entry is None else entry.target

    def _folders(self) -> Mapping[str, set[str]]:
        """Return folder -> the names in it, as far as the capture's own files show."""
        if not self._children:
            for path in self._entries:
                while path:
                    path, _, name = path.rpartition("/")  # noqa: PLW2901 - upwards to the root
                    names = self._children[path]
                    if name in names:
                        break
                    names.add(name)
        return self._children

    def _release(self) -> str:
        """Return the release of the kernel that ran when the capture was made."""
        said = self.run("uname")
        if said is not None:
            return (said.split("\n") + [""] * 3)[2]
        banner = self._entries.get("/proc/version", Entry("", b"", None, 0))
        return release_in(text(banner.content[:1024]))

    def _about(self) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
        """Return why files were not read, and the recorded folders."""
        import json  # noqa: PLC0415 - only a capture needs it

        entry = self._entries.get(_ABOUT)
        if entry is None:
            return {}, {}
        try:
            said: object = json.loads(entry.content)
        except (ValueError, RecursionError):
            raise unusable(f"{_ABOUT} is no JSON", self._name) from None
        fields = cast("dict[str, object]", said) if isinstance(said, dict) else {}
        schema = fields.get("schema", "")
        if schema != "advisor.capture/1":
            raise unusable(f"{_ABOUT} has the unknown form {schema!r}", self._name)
        return self._texts(fields.get("unread")), self._lists(fields.get("listed"))

    def _texts(self, value: object) -> dict[str, str]:
        if not isinstance(value, dict):
            raise unusable(f"{_ABOUT} is damaged", self._name)
        pairs_in = cast("dict[str, object]", value).items()
        return {key: said for key, said in pairs_in if isinstance(said, str)}

    def _lists(self, value: object) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, dict):
            raise unusable(f"{_ABOUT} is damaged", self._name)
        found: dict[str, tuple[str, ...]] = {}
        for key, names in cast("dict[str, object]", value).items():
            if not isinstance(names, list):
                raise unusable(f"{_ABOUT} is damaged", self._name)
            words = cast("Sequence[object]", names)
            found[key] = tuple(name for name in words if isinstance(name, str))
        return found
