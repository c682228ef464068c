"""`advisor kb`: the shapes that other programs read, and what goes wrong."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from advisor.cli import main
from advisor.errors import ExitStatus
from advisor.knowledge.build.database import compile_database
from tests.knowledge.small import parts, record, release
from tests.knowledge.test_cna import write_tar

Document = dict[str, object]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "kb.sqlite"
    records = (
        record("CVE-2026-1000", "6.1:6.12.5", "6.1:7.0"),
        record("CVE-2026-9999", "6.12.5:6.12.9", files=["kernel/core.c"]),
        record("CVE-2026-10000", "6.1:0", files=["drivers/net/two.c"], score=98),
    )
    compile_database(path, parts(*records, releases=[release("6.12.10", "CVE-2026-20000")]))
    return path


class Console:
    """Runs commands and reads what they write."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database: Path
    ) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch
        monkeypatch.setenv("ADVISOR_DATABASE", str(database))
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")

    def run(self, *arguments: str, stdin: str = "", status: int = 0) -> str:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main(["kb", *arguments]) == status
        written = self._capsys.readouterr()
        return written.err if status not in {0, ExitStatus.BAD_DATA} else written.out

    def document(self, *arguments: str) -> Document:
        return cast("Document", json.loads(self.run(*arguments, "--format", "json")))

    def lines(self, *arguments: str, stdin: str = "") -> list[Document]:
        text = self.run(*arguments, stdin=stdin)
        return [cast("Document", json.loads(line)) for line in text.splitlines()]


@pytest.fixture
def kb(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, small: Path) -> Console:
    return Console(capsys, monkeypatch, small)


def test_affected_names_the_open_ids_in_order(kb: Console) -> None:
    assert kb.document("affected", "6.12.5") == {
        "version": "6.12.5",
        "count": 3,
        "ids": ["CVE-2026-9999", "CVE-2026-10000", "CVE-2026-20000"],
    }
    assert kb.document("affected", "6.12.5", "--cna-only")["ids"] == [
        "CVE-2026-9999",
        "CVE-2026-10000",
    ]
    assert kb.document("affected", "6.12.5", "--module", "three")["ids"] == ["CVE-2026-10000"]
    assert kb.run("affected", "v6.12.5").splitlines()[0] == "3 open in 6.12.5"


def test_diff_names_what_closes_opens_and_is_not_known(kb: Console) -> None:
    found = kb.document("diff", "6.12.4", "6.12.5")
    assert found["closes"] == ["CVE-2026-1000"]
    assert found["opens"] == ["CVE-2026-9999"]
    across = kb.document("diff", "6.12.5", "7.0")
    assert (across["closes"], across["unknown"]) == (["CVE-2026-9999"], ["CVE-2026-20000"])
    assert across["counts"] == {"closes": 1, "opens": 0, "unknown": 1}
    assert "1 closed by it" in kb.run("diff", "6.12.4", "6.12.5")


def test_path_answers_a_line_each_from_arguments_and_from_stdin(kb: Console) -> None:
    expected: list[Document] = [
        {"path": "drivers/net/one.c", "modules": ["one"], "kconfig": ["NET", "ONE"], "known": True},
        {"path": "kernel/core.c", "modules": ["vmlinux"], "kconfig": [], "known": True},
        {"path": "Documentation/index.rst", "modules": [], "kconfig": [], "known": True},
        {"path": "none.c", "modules": [], "kconfig": [], "known": False},
    ]
    paths = [str(one["path"]) for one in expected]
    assert kb.lines("path", *paths) == expected
    assert kb.lines("path", stdin="\n".join(["", *paths, "  "])) == expected
    assert "compiled into no kernel" in kb.run("path", paths[2], "--format", "text")


def test_path_is_asked_of_an_architecture(kb: Console) -> None:
    def modules(*options: str) -> object:
        return kb.lines("path", "drivers/net/two.c", *options)[0]["modules"]

    assert modules() == ["two"]
    assert modules("--arch", "arm64") == ["three"]
    assert modules("--arch", "all") == ["three", "two"]


def test_identify_answers_a_line_each(kb: Console) -> None:
    lines = [
        {"release": "6.12.19", "version": "#1-NixOS SMP", "distro": "nixos"},
        {"release": "5.14.0-503.el9.x86_64", "distro": "rhel"},
        {"release": "nonsense"},
    ]
    found = kb.lines("identify", stdin="\n".join(map(json.dumps, lines)))
    assert [set(one) for one in found] == [
        {"release", "upstream", "series", "vendor", "backports", "why"}
    ] * 3
    assert [(one["upstream"], one["backports"]) for one in found] == [
        ("6.12.19", False),
        (None, True),
        (None, False),
    ]


@pytest.mark.parametrize(
    "line", ["6.12.94", "{}", "[]", '{"release": 5}', '{"release": "6.1", "distro": []}']
)
def test_identify_refuses_what_describes_no_kernel(kb: Console, line: str) -> None:
    assert "not a line that describes a kernel" in kb.run(
        "identify", stdin=line, status=ExitStatus.USAGE
    )


def test_show_tells_all_about_a_cve(kb: Console) -> None:
    found = kb.document("show", "cve-2026-1000")
    assert found["source"] == "cna"
    assert found["severity_source"] == "estimated"
    assert [pair["fixed"] for pair in cast("list[dict[str, str]]", found["ranges"])] == [
        "6.12.5",
        "7.0",
    ]
    assert kb.document("show", "CVE-2026-20000")["noted_in"] == ["6.12.10"]
    assert "fixed 6.12.5" in kb.run("show", "CVE-2026-1000")


def test_show_refuses_what_it_does_not_know(kb: Console) -> None:
    assert "nothing called" in kb.run("show", "CVE-2020-0001", status=ExitStatus.USAGE)


@pytest.mark.parametrize("text", ["6.12.94-amd64", "latest", "6", ""])
def test_version_of_no_kernel_is_a_usage_error(kb: Console, text: str) -> None:
    assert "not an upstream version" in kb.run("affected", text, status=ExitStatus.USAGE)


def test_info_tells_sources_counts_and_age(kb: Console) -> None:
    found = kb.document("info")
    assert (found["snapshot"], found["serial"], found["age_days"]) == ("2026-08-21", 20260821, 89)
    assert cast("dict[str, int]", found["counts"])["records"] == 3
    assert cast("dict[str, int]", found["changelog"])["only-changelog"] == 1
    assert "kernel-cna: 2026-08-21, 89 days old" in kb.run("info")


def test_no_database_and_damaged_database_have_their_status(
    kb: Console, small: Path, tmp_path: Path
) -> None:
    missing = str(tmp_path / "none")
    assert "no knowledge base" in kb.run(
        "info", "--database", missing, status=ExitStatus.NO_DATABASE
    )
    small.write_bytes(small.read_bytes()[:5000])
    assert "damaged" in kb.run("info", status=ExitStatus.NO_DATABASE)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A text form with the CVE records of a small source, and all else as in this checkout."""
    folder = tmp_path / "data"
    folder.mkdir()
    for path in (ROOT / "data").iterdir():
        if path.name != "kernel-cves":
            (folder / path.name).symlink_to(path)
    return folder


def test_build_derives_compiles_and_verifies(kb: Console, data: Path, tmp_path: Path) -> None:
    made, source = tmp_path / "made.sqlite", str(write_tar(tmp_path))
    where = ["--data", str(data)]
    built = kb.document("build", "--cna", source, *where, "--output", str(made))
    assert built["bytes"] == made.stat().st_size
    shown = kb.document("show", "CVE-2026-1001", "--database", str(made))
    assert shown["class"] == "leak"
    checked = kb.document("verify", "--cna", source, *where, "--database", str(made))
    assert (checked["whole"], checked["differences"]) == (True, [])
    (data / "kernel-cves/2026.jsonl").write_text("")
    text = kb.run(
        "verify", "--cna", source, *where, "--database", str(made), status=ExitStatus.BAD_DATA
    )
    assert "kernel-cves/2026.jsonl: different" in text
    assert "database table fix: different" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--tree", "6.12"],
        ["build", "--tree", "6.12=/nowhere"],
        ["build", "--changelog", "/nowhere", "--data", "/nowhere"],
    ],
)
def test_build_refuses_what_it_cannot_read(kb: Console, arguments: Sequence[str]) -> None:
    assert "advisor: hint:" in kb.run(*arguments, status=ExitStatus.USAGE)


def test_published_update_is_taken_by_another_machine(
    kb: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"advisor-update {key.with_suffix('.pub').read_text()}")
    newer = tmp_path / "newer.sqlite"
    compile_database(newer, parts(record("CVE-2026-3000", "6.1:0"), serial=20991231))
    offered, home = tmp_path / "offered", tmp_path / "home"
    kb.document("publish", str(offered), "--key", str(key), "--database", str(newer))
    take = ["update", "--from", str(offered), "--signers", str(signers), "--into", str(home)]
    assert kb.document(*take)["changed"] is True
    assert kb.document(*take)["changed"] is False
    monkeypatch.setenv("ADVISOR_DATABASE", str(home / "kernel.sqlite"))
    assert kb.document("affected", "6.12")["ids"] == ["CVE-2026-3000"]


def test_update_without_a_pinned_key_is_refused(kb: Console, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "manifest.json.sig").write_text("")
    text = kb.run(
        "update", "--from", str(tmp_path), "--into", str(tmp_path), status=ExitStatus.BAD_DATA
    )
    assert text == ""
