"""A part of the fuzzing in every run of the tests: a few hundred cases of each parser, always the same.

``python -m tests.safety.fuzz`` runs as many as one likes; docs/fuzzing.md has the table.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.probe import probe
from advisor.system.recorded import RecordedSystem
from tests.safety.fuzz.files import FILES, LINKS
from tests.safety.fuzz.seeds import plain_tar, texts
from tests.safety.fuzz.table import END, START
from tests.safety.fuzz.target import Target, run_cases, run_data, seeded
from tests.safety.fuzz.targets import TARGETS
from tests.safety.fuzz.targets_machine import NOW

ROOT = Path(__file__).parents[2]
CASES = 250
SEED = 2026


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_parser_gives_an_answer_or_its_documented_error(target: Target) -> None:
    found = run_cases(target, SEED, range(max(2, CASES // target.share)))
    assert not found.crashes, "\n".join(f"{one.what}\n{one.trace}" for one in found.crashes[:2])


def test_table_of_the_long_run_has_every_parser_and_no_crash() -> None:
    text = (ROOT / "docs/fuzzing.md").read_text("utf-8").partition(START)[2].partition(END)[0]
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    assert {row[0].strip(" `") for row in rows} == set(TARGETS)
    for row in rows:
        name, cases, crashes = row[0].strip(" `"), int(row[2].replace(",", "")), row[4].strip()
        assert crashes == "0", name
        assert cases >= 100_000 // TARGETS[name].share, name
    assert re.search(r"[\d,]+ cases in all, 0 crashes", text)


# Swelling: what is repeated to the limit of its file must not take more than its length.

_PIECES = st.sampled_from(
    [
        *(
            b"\n",
            b" ",
            b"\t",
            b"=",
            b",",
            b"(",
            b"[",
            b"*",
            b"a",
            b"0",
            b"\n ",
            b"a\n",
            b"A=",
            b"\n\n",
        ),
        *(
            b"a b c d ",
            b"\nPackage: linux-image-6.1",
            b"alias a* b\n",
            b"*a",
            b"\xd9\xa3",
            b'"',
            b"\\",
        ),
        *(b"%NAME%\nlinux\n\n%VERSION%\n", b"P:linux-a\nV:1\n", b"CVE-2026-", b"(a@", b"E:"),
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(sorted(FILES)), piece=_PIECES, head=st.booleans())
def test_file_that_repeats_itself_is_read_in_time(path: str, piece: bytes, head: bool) -> None:
    start = texts(path)[0][:60] if head else b""
    files: dict[str, bytes | str] = {**LINKS, "/commands/uname": texts("/commands/uname")[0]}
    files[path] = (start + piece * (1 << 16))[: 1 << 16]
    data = plain_tar(files)

    def run(content: bytes) -> None:
        probe(RecordedSystem(io.BytesIO(content), "swollen.tar"), now=NOW)

    _, _, crash = run_data(Target("swollen", "", seeded((data,)), run, seconds=3), data)
    assert crash is None, crash.trace if crash else ""
