"""Every format over every recorded machine, to the byte. UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.errors import AdvisorError
from advisor.render import RENDERERS, ReportFormat, ReportOptions
from tests.render.recorded import names, recorded

GOLDEN = Path(__file__).parent / "golden"
SUFFIXES = {
    ReportFormat.HTML: "html",
    ReportFormat.MARKDOWN: "md",
    ReportFormat.PROMETHEUS: "prom",
    ReportFormat.NAGIOS: "nagios",
    ReportFormat.OPENVEX: "openvex.json",
}
ROOT = Path(__file__).parents[2]


def written(name: str, form: ReportFormat) -> str:
    answers = [recorded(one) for one in names()] if name == "all" else [recorded(name)]
    ids = {n: f"CVE-2030-{n}" for answer in answers for n in answer.assessment.open}
    try:
        return RENDERERS[form](answers, ReportOptions(ids=ids))
    except AdvisorError as error:
        return f"{error.what}\n"


@pytest.mark.parametrize("form", list(ReportFormat))
@pytest.mark.parametrize("name", [*names(), "all"])
def test_report_is_what_it_was(name: str, form: ReportFormat) -> None:
    path = GOLDEN / f"{name}.{SUFFIXES[form]}"
    text = written(name, form)
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def test_no_golden_file_is_left_over() -> None:
    wanted = {f"{name}.{suffix}" for name in [*names(), "all"] for suffix in SUFFIXES.values()}
    assert {path.name for path in GOLDEN.iterdir()} == wanted


@pytest.mark.parametrize("seed", ["1", "77"])
def test_bytes_do_not_depend_on_the_hash_seed(seed: str) -> None:
    code = (
        "import hashlib; from tests.render.test_golden import *\n"
        "print(hashlib.sha256(''.join(written('all', f) for f in ReportFormat).encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=ROOT,
    )
    here = "".join(written("all", form) for form in ReportFormat)
    assert done.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()
