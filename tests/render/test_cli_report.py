"""`advisor report`: formats, files, statuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.cli_report import Request, run_report, told_by
from advisor.errors import AdvisorError, ExitStatus
from advisor.knowledge.store import KnowledgeBase
from advisor.model.advice import Action, Answer, Urgency
from advisor.render import ReportFormat
from tests.render.recorded import recorded


class Machines:
    """Stands for the machines asked about: answers, or why there is none."""

    def __init__(self, *found: Answer | AdvisorError) -> None:
        self.found = found

    def systems(self, *_: object) -> Iterator[object]:
        yield from self.found


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Machines:
    there = Machines(recorded("workbench"))
    monkeypatch.setattr("advisor.cli_sources.systems", there.systems)
    monkeypatch.setattr("advisor.cli_sources.captures_in", list[Path])
    monkeypatch.setattr("advisor.pipeline.scan", as_it_is)
    return there


def as_it_is(system: object, _knowledge: object, *, now: int) -> object:
    del now
    return system


def nowhere(_text: str) -> None:
    pass


def ask(form: ReportFormat = ReportFormat.HTML, output: str = "-") -> Request:
    return Request(captures=(), hosts=(), output=output, format=form, now=0)


def decided(urgency: Urgency) -> Answer:
    answer = recorded("workbench")
    return answer._replace(
        decision=answer.decision._replace(action=Action.UPGRADE, urgency=urgency)
    )


@pytest.mark.parametrize(
    ("name", "form"),
    [
        pytest.param("-", ReportFormat.HTML, id="stdout"),
        pytest.param("report.HTML", ReportFormat.HTML, id="html"),
        pytest.param("wiki/page.md", ReportFormat.MARKDOWN, id="markdown"),
        pytest.param("advisor.prom", ReportFormat.PROMETHEUS, id="metrics"),
        pytest.param("kernel.openvex.json", ReportFormat.OPENVEX, id="vex"),
        pytest.param("report", ReportFormat.HTML, id="no-suffix"),
    ],
)
def test_name_of_the_file_tells_the_format(name: str, form: ReportFormat) -> None:
    assert told_by(name) is form


@pytest.mark.usefixtures("machines")
@pytest.mark.parametrize("form", list(ReportFormat))
def test_every_format_goes_to_standard_output(form: ReportFormat, knowledge: KnowledgeBase) -> None:
    written: list[str] = []
    run_report(ask(form), knowledge, written.append)
    assert len(written) == 1
    assert written[0].endswith("\n")


@pytest.mark.usefixtures("machines")
def test_file_takes_the_report_and_standard_output_stays_empty(
    tmp_path: Path, knowledge: KnowledgeBase
) -> None:
    written: list[str] = []
    path = tmp_path / "report.html"
    assert run_report(ask(output=str(path)), knowledge, written.append) == 0
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert not written


@pytest.mark.usefixtures("machines")
def test_metrics_can_be_read_by_the_exporter_s_own_user(
    tmp_path: Path, knowledge: KnowledgeBase
) -> None:
    path = tmp_path / "advisor.prom"
    path.write_text("")
    path.chmod(0o600)
    run_report(ask(ReportFormat.PROMETHEUS, str(path)), knowledge, nowhere)
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("urgency", "status"), [(Urgency.NOW, 2), (Urgency.SOON, 1), (Urgency.NONE, 0)]
)
def test_nagios_status_is_the_state(
    machines: Machines, knowledge: KnowledgeBase, urgency: Urgency, status: int
) -> None:
    machines.found = (decided(urgency),)
    assert run_report(ask(ReportFormat.NAGIOS), knowledge, nowhere) == status
    assert run_report(ask(ReportFormat.HTML), knowledge, nowhere) == 0


def test_machine_that_cannot_be_read_does_not_spoil_the_others(
    machines: Machines, knowledge: KnowledgeBase
) -> None:
    fault = AdvisorError("no answer, box", hint="is it on?", status=ExitStatus.IO)
    machines.found = (fault, recorded("workbench"))
    written: list[str] = []
    with pytest.raises(AdvisorError, match="no answer, box") as caught:
        run_report(ask(), knowledge, written.append)
    assert caught.value.hint == "is it on?"
    assert "workbench" in written[0]


def test_no_machine_that_can_be_read_writes_nothing(
    machines: Machines, knowledge: KnowledgeBase
) -> None:
    machines.found = (AdvisorError("gone, box", status=ExitStatus.IO),)
    written: list[str] = []
    with pytest.raises(AdvisorError, match="gone, box"):
        run_report(ask(), knowledge, written.append)
    assert not written
