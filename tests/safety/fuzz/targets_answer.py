"""Whole scans of hostile machines through every writer, and saved scans held against each other."""

# ruff: noqa: E501 - tables and inputs, a line each
from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random
from typing import Final, cast

from jsonschema import Draft202012Validator, ValidationError

from advisor.advise.compare import comparison_document, diff, verify
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Answer
from advisor.pipeline import scan
from advisor.render import RENDERERS, ReportFormat, ReportOptions
from advisor.render.comparison import Compared, render_comparison
from advisor.render.document import scan_document
from advisor.render.explain import render_explanation
from advisor.render.table import render_table
from advisor.render.terminal import render_terminal
from advisor.render.text import Options
from advisor.system.agent.capture import ABOUT, Member
from advisor.system.recorded import RecordedSystem
from tests.render.page import Page
from tests.safety.fuzz.files import LINKS, LISTED
from tests.safety.fuzz.mutate import changed, changed_json
from tests.safety.fuzz.seeds import CAPTURES, FILES, ROOT, members, plain_tar, texts
from tests.safety.fuzz.target import Target, scratch, seeded
from tests.safety.fuzz.targets_data import database_values, small_database
from tests.safety.fuzz.targets_machine import NOW
from tests.safety.fuzz.targets_system import folder

_FORBIDDEN_TAGS: Final = frozenset(
    {"script", "iframe", "object", "embed", "img", "link", "base", "form"}
)
_LONG: Final = Options(width=80, all=True)
_SHORT: Final = Options(colour=True, width=40)
_SHELL: Final = re.compile(r"[\x00-\x1f;`]|\$\(|\bid\b")  # what the hostile names below hold
_COLOUR: Final = re.compile("\x1b\\[[0-9;]{1,8}m")
_ADDRESS: Final = re.compile(r"#|https://(?:[a-z0-9-]+\.)+(?:org|com|net|io|dev)/")


@cache
def knowledge() -> KnowledgeBase:
    """Return the knowledge base of this checkout, a small one where it was not made."""
    made = ROOT / "advisor/knowledge/kernel.sqlite"
    return KnowledgeBase(made if made.exists() else small_database())


@cache
def schema() -> Draft202012Validator:
    """Return the published schema of a scan."""
    return Draft202012Validator(json.loads((ROOT / "docs/scan.schema.json").read_text("utf-8")))


def is_plain(written: str) -> bool:
    """Return whether a text holds nothing that steers a terminal or hides what it says."""
    return all(char.isprintable() or char == "\n" for char in _COLOUR.sub("", written))


def check_answer(answer: Answer) -> None:
    """Write an answer in every way and check what has to hold, whatever the machine said."""
    for options in (_LONG, _SHORT):
        assert is_plain(render_terminal(answer, options)), "terminal"
    assert is_plain(render_table([answer, answer], _LONG)), "table"
    for device in answer.inventory.devices[:2]:
        assert is_plain(render_explanation(answer, device, _LONG)), "explain"
    for finding in answer.assessment.findings[:2]:
        assert is_plain(render_explanation(answer, finding, _LONG)), "explain"
    for step in answer.decision.steps:
        assert not _SHELL.search(step.command), f"command: {step.command!r}"
    document = json.loads(json.dumps(_shortened(scan_document(answer))))
    faults = cast("Iterator[ValidationError]", schema().iter_errors(document))  # pyright: ignore[reportUnknownMemberType] - it has no types
    fault = next(faults, None)
    assert fault is None, f"schema: {fault.message[:200] if fault else ''}"
    ids = {number: f"CVE-2026-{number}" for number in answer.assessment.open}
    for form, render in RENDERERS.items():
        if form is not ReportFormat.OPENVEX or answer.inventory.kernel.identity.upstream:
            _check_report(form, render([answer], ReportOptions(ids=ids)))


def _shortened(value: object) -> object:
    """Return JSON with long lists cut: their entries are alike, and validating them all takes a second."""
    if isinstance(value, dict):
        return {key: _shortened(one) for key, one in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        found = list(cast("Sequence[object]", value))
        return [_shortened(one) for one in (found if len(found) < 20 else found[:12] + found[-6:])]
    return value


def _check_report(form: ReportFormat, written: str) -> None:
    written.encode("utf-8")
    if form is ReportFormat.OPENVEX:
        json.loads(written)
        return
    hidden = {char for char in written if not char.isprintable()} - {"\n", "\u200b"}
    assert not hidden, f"{form}: {hidden}"
    if form is ReportFormat.NAGIOS:
        assert written.count("\n") == 1
        assert written.count("|") == 1
    if form is ReportFormat.HTML:
        page = Page(written)
        assert not _FORBIDDEN_TAGS & set(page.tags)
        assert not [
            name for _, name, _ in page.attributes if name.startswith("on") or name == "style"
        ]
        assert all(_ADDRESS.match(address) for address in page.values("href"))


# Machines.


def _machine(rng: Random) -> bytes:
    """Return a recorded or a made-up machine with up to eight of its files changed."""
    if rng.random() < 0.5:
        files = {m.path: m.target or m.content for m in members(rng.choice(CAPTURES))}
    else:
        about = {"schema": "advisor.capture/1", "unread": {}, "listed": LISTED}
        files = {
            **LINKS,
            **{path: texts(path)[0] for path in FILES},
            ABOUT: json.dumps(about).encode(),
        }
    paths = sorted(files)
    for _ in range(rng.randint(1, 8)):
        path = rng.choice(paths) if rng.random() < 0.5 else rng.choice(_ASKED)
        content = files.get(path, b"")
        seeds = texts(path) if path in FILES else ()
        if isinstance(content, bytes):
            change = changed_json if path.endswith(".json") else changed
            files[path] = change(
                rng, content[:30_000] or b"x", rng.choice(seeds) if seeds else b"y"
            )
    for attack in rng.sample(_ATTACKS, rng.randint(0, 3)):
        files[attack[0]] = attack[1].encode("utf-8", "surrogateescape")
    return plain_tar(files)


_ASKED: Final = tuple(FILES)
_HOSTILE: Final = "</style><script>alert(1)</script>\x1b[31m\u202e{{7*7}} | x=1 `id`"
_ATTACKS: Final = (
    ("/commands/uname", f"Linux\n{_HOSTILE}\n6.12.94+deb13-amd64\n#1 SMP Debian 6.12.94-1 (2026-06-20)\nx86_64\n"),
    ("/etc/os-release", f'ID=debian\nPRETTY_NAME="{_HOSTILE}"\nVERSION_ID="{_HOSTILE}"\n'),
    ("/run/udev/data/+pci:0000:00:1f.6", f"E:ID_VENDOR_FROM_DATABASE={_HOSTILE}\nE:ID_MODEL_FROM_DATABASE={_HOSTILE}\n"),
    ("/sys/class/dmi/id/product_name", _HOSTILE),
    ("/proc/cmdline", f"{_HOSTILE} quiet"),
    ("/usr/src/zfs-2.2.2/META", f"Linux-Maximum: 6.6\n{_HOSTILE}"),
    ("/commands/session", f"ssh {_HOSTILE}\n"),
    ("/var/lib/dpkg/status", "Package: linux-image-6.12.200;id\nStatus: hold ok installed\nVersion: 6.12.200-1$(id)\n"
     "Architecture: amd64\n\nPackage: linux-image-6.12.94+deb13-amd64\nStatus: hold ok installed\nVersion: 6.12.94-1`id`\n"),
    ("/var/lib/apt/lists/deb.debian.org_debian_dists_trixie_main_binary-amd64_Packages",
     "Package: linux-image-6.12.200+deb13-amd64\nVersion: 6.12.200-1;id\nArchitecture: amd64\n\n"
     "Package: linux-image-amd64$(id)\nVersion: 6.12.200-1\nDepends: linux-image-6.12.200+deb13-amd64\n"),
    ("/var/lib/pacman/local/linux-6.12.1.arch1-1/desc", "%NAME%\nlinux-`id`\n\n%VERSION%\n6.12.1.arch1-1\n"),
    ("/usr/src/zfs-2.2.2/dkms.conf", 'PACKAGE_NAME="x;id"\nPACKAGE_VERSION="$(id)"\n'),
    ("/run/reboot-required.pkgs", "linux-image-;id\n$(id)\n"),
    ("/etc/kernel/proxmox-boot-pin", "6.8.12-4-pve;id\n"),
)  # fmt: skip


def _scan(data: bytes) -> None:
    system = RecordedSystem(io.BytesIO(data), "fuzz\x1b.tar.gz")
    check_answer(scan(system, knowledge(), now=NOW, doubtful=True))


@cache
def _small_machine() -> RecordedSystem:
    about = {"schema": "advisor.capture/1", "unread": {}, "listed": LISTED}
    files = {**LINKS, **{path: texts(path)[0] for path in FILES}, ABOUT: json.dumps(about).encode()}
    return RecordedSystem(io.BytesIO(plain_tar(files)), "small.tar")


def _scan_with(data: bytes) -> None:
    """Scan one machine with a hostile knowledge base."""
    hostile = KnowledgeBase(scratch(folder(), "hostile.sqlite", data))
    try:
        check_answer(scan(_small_machine(), hostile, now=NOW, doubtful=True))
    finally:
        hostile.close()


# Saved scans.


@cache
def documents() -> tuple[bytes, ...]:
    """Return the scans of two recorded machines as JSON, shortened."""
    found: list[bytes] = []
    for path in CAPTURES[2:6:3]:
        with path.open("rb") as stream:
            system = RecordedSystem(stream, path.name)
        document = scan_document(scan(system, knowledge(), now=NOW))
        for key, value in document.items():
            if isinstance(value, list):
                document[key] = cast("list[object]", value)[:6]
        found.append(json.dumps(document).encode())
    return tuple(found)


def _pair(rng: Random) -> bytes:
    first, second = rng.choice(documents()), rng.choice(documents())
    return changed_json(rng, first, second) + b"\x1f" + changed_json(rng, second, first)


def _saved(data: bytes) -> None:
    """Compare as `verify` and `diff` do once JSON is read."""
    first, _, second = data.partition(b"\x1f")
    values: list[object] = []
    for text in (first, second):
        try:
            values.append(json.loads(text))
        except (ValueError, RecursionError):
            values.append(None)
    for compare in (verify, diff):
        found = compare(*values)
        json.dumps(comparison_document(found))
        shown = Compared(
            "x", found.checks, [("a", one.severity, one.title) for one in found.closed], ()
        )
        assert is_plain(render_comparison(shown, _LONG))


# Answers in which any text may stand anywhere.


def texts_in(value: object) -> Sequence[str]:
    """Return the texts of a JSON tree."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in cast("dict[str, object]", value).values() for text in texts_in(one)]
    if isinstance(value, list):
        return [text for one in cast("list[object]", value) for text in texts_in(one)]
    return []


TARGETS: Final = (
    Target("scan", "whole scans of hostile machines, written in every format", _machine, _scan, share=200, seconds=5),
    Target("scan-database", "whole scans with a hostile knowledge base", database_values, _scan_with, share=100, seconds=5),
    Target("saved-scans", "saved scans given to `verify` and `diff`", _pair, _saved, share=10),
)  # fmt: skip

__all__ = ["TARGETS", "Member", "check_answer", "seeded"]
