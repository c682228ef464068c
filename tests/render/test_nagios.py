"""The line for Nagios, held against the plugin guidelines and Nagios' own parser in Perl."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from advisor.model.advice import Action, Answer, Urgency
from advisor.render import ReportOptions
from advisor.render.nagios import State, nagios_state, render_nagios
from tests.render.recorded import names, recorded

LINE = re.compile(r"KERNEL (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]+) \| ([^|\n]+)\n")
DATUM = re.compile(r"[a-z_]+=(U|\d+)s?;;;0")
PERL = (
    "use Monitoring::Plugin::Performance;"
    "print scalar(@{[Monitoring::Plugin::Performance->parse_perfstring($ARGV[0])]})"
)


def decided(action: Action, urgency: Urgency) -> Answer:
    answer = recorded("workbench")
    return answer._replace(decision=answer.decision._replace(action=action, urgency=urgency))


@pytest.mark.parametrize("name", names())
def test_line_has_the_form_of_the_guidelines(name: str) -> None:
    match = LINE.fullmatch(render_nagios([recorded(name)], ReportOptions()))
    assert match
    assert match[1] == nagios_state([recorded(name)]).name
    assert name in match[2]
    for datum in match[3].split(" "):
        assert DATUM.fullmatch(datum)


@pytest.mark.parametrize(
    ("action", "urgency", "state"),
    [
        pytest.param(Action.UPGRADE, Urgency.NOW, State.CRITICAL, id="now"),
        pytest.param(Action.REBOOT, Urgency.SOON, State.WARNING, id="soon"),
        pytest.param(Action.UPGRADE, Urgency.ROUTINE, State.OK, id="routine"),
        pytest.param(Action.STAY, Urgency.NONE, State.OK, id="nothing"),
        pytest.param(Action.HOLD, Urgency.NONE, State.WARNING, id="hold"),
        pytest.param(Action.UNKNOWN, Urgency.NONE, State.UNKNOWN, id="unknown"),
    ],
)
def test_state_follows_urgency(action: Action, urgency: Urgency, state: State) -> None:
    assert nagios_state([decided(action, urgency)]) is state


def test_known_danger_is_worse_than_not_knowing() -> None:
    answers = [decided(Action.UNKNOWN, Urgency.NONE), decided(Action.UPGRADE, Urgency.SOON)]
    assert nagios_state(answers) is State.WARNING
    assert nagios_state([]) is State.UNKNOWN


def test_counts_that_are_not_known_are_u() -> None:
    answer = recorded("workbench")
    answer = answer._replace(assessment=answer.assessment._replace(version=None), candidates=())
    assert "reaching=U;;;0" in render_nagios([answer], ReportOptions())


def test_several_machines_are_one_line_with_the_worst_named() -> None:
    line = render_nagios([recorded(name) for name in names()], ReportOptions())
    assert LINE.fullmatch(line)
    assert "workbench upgrade now" in line
    assert f"machines={len(names())};;;0" in line


def test_no_machine_is_unknown() -> None:
    assert render_nagios([], ReportOptions()) == "KERNEL UNKNOWN - no machine was scanned\n"


@pytest.mark.skipif(
    shutil.which("perl") is None
    or subprocess.run(
        ["perl", "-MMonitoring::Plugin", "-e1"], capture_output=True, check=False
    ).returncode
    != 0,
    reason="libmonitoring-plugin-perl is not installed",
)
@pytest.mark.parametrize("name", names())
def test_performance_data_is_read_by_nagios_own_parser(name: str) -> None:
    data = render_nagios([recorded(name)], ReportOptions()).split(" | ")[1].strip()
    done = subprocess.run(["perl", "-e", PERL, data], capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(data.split(" "))
