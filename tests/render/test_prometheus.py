"""Metrics, read by Prometheus's own parser."""

from __future__ import annotations

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from advisor.model.advice import Answer
from advisor.render import ReportOptions
from advisor.render.prometheus import render_prometheus
from tests.render.recorded import names, recorded

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def series(*answers: Answer) -> Series:
    text = render_prometheus(answers, ReportOptions())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("name", names())
def test_every_metric_has_help_type_and_the_project_s_prefix(name: str) -> None:
    text = render_prometheus([recorded(name)], ReportOptions())
    for family in text_string_to_metric_families(text):
        assert family.name.startswith("advisor_")
        assert family.type == "gauge"
        assert family.documentation
        assert text.count(f"# HELP {family.name} ") == 1
        assert not family.name.endswith("_total")
    assert text.endswith("\n")


def test_every_machine_has_the_same_series() -> None:
    wanted = {key for key in series(recorded("workbench")) if key[0] != "advisor_kernel_info"}
    for name in names():
        assert {key for key in series(recorded(name)) if key[0] != "advisor_kernel_info"} == wanted


@pytest.mark.parametrize("name", names())
def test_no_label_holds_an_id_of_a_bug_or_device(name: str) -> None:
    text = render_prometheus([recorded(name)], ReportOptions())
    assert "CVE-" not in text
    assert "pci:" not in text


def test_values_are_those_of_the_answer() -> None:
    answer = recorded("workbench")
    found = series(answer)
    tally = answer.assessment.tally
    for reach, count in tally.by_reach.items():
        assert found["advisor_bugs_open", (("reach", reach),)] == count
    assert found["advisor_urgency", ()] == 3
    assert found["advisor_action", (("action", "upgrade"),)] == 1
    assert sum(value for (name, _), value in found.items() if name == "advisor_action") == 1
    assert found["advisor_scan_timestamp_seconds", ()] == 1_795_344_000


def test_what_is_not_known_is_not_a_number() -> None:
    answer = recorded("workbench")
    assessment = answer.assessment._replace(version=None)
    facts = answer.knowledge._replace(snapshot="")
    found = series(answer._replace(assessment=assessment, candidates=(), knowledge=facts))
    for key in (
        ("advisor_bugs_open", (("reach", "active"),)),
        ("advisor_bugs_reaching", (("severity", "high"),)),
        ("advisor_bugs_left", ()),
        ("advisor_knowledge_timestamp_seconds", ()),
    ):
        assert math.isnan(found[key])


def test_several_machines_are_told_apart_by_host() -> None:
    found = series(recorded("workbench"), recorded("laptop"))
    hosts = {dict(labels).get("host") for _, labels in found}
    assert hosts == {"workbench", "laptop"}
    text = render_prometheus([recorded("workbench"), recorded("laptop")], ReportOptions())
    assert text.count("# TYPE advisor_urgency ") == 1
