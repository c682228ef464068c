"""Whatever stands in place of /sys and /proc: an inventory or a clear error, never a traceback."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.probe import probe
from advisor.system.agent.capture import Member, collect, pack
from advisor.system.agent.manifest import BUSES, CLASSES, LISTS, READS
from advisor.system.agent.reading import Reader
from advisor.system.live import LiveSystem
from advisor.system.recorded import RecordedSystem
from tests.machines.made import NOW, RELEASE

READABLE = [pattern.replace("{release}", RELEASE).replace("*", "x") for pattern, _, _ in READS]
LISTABLE = [pattern.replace("*", "x") for pattern, _ in LISTS]
TEXTS = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(str.encode),
    st.lists(
        st.sampled_from(["0", "1", "-1", "x y", "a=b", "(POE)", "y", "=", "::", "\0"]), max_size=30
    ).map(lambda words: " ".join(words).encode()),
)
NAMES = st.text(alphabet="ab01:._-=x\x1b ", min_size=1, max_size=8).filter(
    lambda n: n not in {".", ".."}
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    files=st.dictionaries(st.sampled_from(READABLE), TEXTS, max_size=25),
    devices=st.lists(
        st.tuples(st.sampled_from([*BUSES, *CLASSES]), NAMES, TEXTS, st.booleans()), max_size=8
    ),
    said=st.dictionaries(
        st.sampled_from(["uname", "links", "space", "session", "wireless"]), TEXTS
    ),
)
def test_any_capture_gives_an_inventory(
    files: dict[str, bytes],
    devices: list[tuple[str, str, bytes, bool]],
    said: dict[str, bytes],
) -> None:
    members = [Member(path, content) for path, content in files.items()]
    members += [Member(f"/commands/{name}", content) for name, content in said.items()]
    for subsystem, name, uevent, bound in devices:
        folder = f"/sys/devices/pci0000:00/{name}/{subsystem}/{name}"
        members.append(Member(f"{folder}/subsystem", target=f"../../{subsystem}"))
        members.append(Member(f"{folder}/uevent", uevent))
        members += [
            Member(f"{folder}/{a}", uevent)
            for a in (*BUSES.get(subsystem, ()), "type", "operstate")
        ]
        if bound:
            members.append(Member(f"{folder}/driver", target=f"../{name}"))
    members.append(Member("/proc/sys/kernel/tainted", b"0"))
    unique = {member.path: member for member in members}
    packed = pack(list(unique.values()), NOW)
    found = probe(RecordedSystem(io.BytesIO(packed), "box.tar.gz"), now=NOW)
    assert all(unknown.what and unknown.why for unknown in found.unknowns)
    assert all(device.name for device in found.devices)
    assert len({device.id for device in found.devices}) <= len(found.devices)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    entries=st.lists(
        st.tuples(
            st.sampled_from([*READABLE, *LISTABLE, "/sys/bus/pci/devices/x", "/sys/class/net/x"]),
            st.sampled_from(["file", "folder", "link", "loop", "pipe"]),
            TEXTS,
        ),
        max_size=25,
    )
)
def test_any_folder_gives_the_inventory_of_its_capture(
    entries: list[tuple[str, str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("root")
    for path, kind, content in entries:
        put(root / path[1:], kind, content)
    live = probe(LiveSystem(str(root), RELEASE), now=NOW)
    packed = pack(collect(Reader(str(root), RELEASE), NOW), NOW)
    replayed = probe(RecordedSystem(io.BytesIO(packed), ""), now=NOW)
    assert replayed._replace(spaces=()) == live._replace(spaces=())


def put(path: Path, kind: str, content: bytes) -> None:
    """Put something at a path, unless something else is in the way."""
    if os.path.lexists(path):  # to write into a pipe would wait for ever
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "file":
            path.write_bytes(content)
        elif kind == "folder":
            path.mkdir(exist_ok=True)
        elif kind == "link":
            path.symlink_to("../../../devices/pci0000:00/x")
        elif kind == "loop":
            path.symlink_to(path.name)
        else:
            os.mkfifo(path)
    except OSError:
        return
