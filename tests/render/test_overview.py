"""Several machines: which is worst, and whether one kernel suits them all."""

from __future__ import annotations

from advisor.model.advice import Action, Answer, Lost, Urgency
from advisor.render.overview import (
    closed_findings,
    closes,
    left_after,
    name_of,
    one_kernel_for_all,
    reaching,
    verdict,
    worst_first,
)
from tests.render.recorded import names, recorded


def named(name: str, answer: Answer) -> Answer:
    inventory = answer.inventory
    return answer._replace(inventory=inventory._replace(host=inventory.host._replace(name=name)))


def decided(action: Action, urgency: Urgency, name: str = "box") -> Answer:
    answer = named(name, recorded("workbench"))
    return answer._replace(decision=answer.decision._replace(action=action, urgency=urgency))


def test_worst_machine_comes_first_and_doubt_before_leisure() -> None:
    answers = [
        decided(Action.STAY, Urgency.NONE, "calm"),
        decided(Action.UNKNOWN, Urgency.NONE, "doubt"),
        decided(Action.UPGRADE, Urgency.ROUTINE, "leisure"),
        decided(Action.UPGRADE, Urgency.NOW, "now"),
        decided(Action.REBOOT, Urgency.SOON, "soon"),
    ]
    order = [name_of(answer) for answer in worst_first(answers)]
    assert order == ["now", "soon", "leisure", "doubt", "calm"]


def test_machines_alike_are_ordered_as_people_count() -> None:
    answers = [named(f"box-{n}", recorded("workbench")) for n in (10, 9, 1, 2)]
    order = [name_of(answer) for answer in worst_first(answers)]
    assert order == ["box-1", "box-2", "box-9", "box-10"]


def test_verdict_says_what_and_when() -> None:
    assert verdict(decided(Action.UPGRADE, Urgency.SOON)) == "Upgrade soon"
    assert verdict(decided(Action.REBOOT, Urgency.NOW)) == "Reboot now"
    assert verdict(decided(Action.SWITCH_SERIES, Urgency.ROUTINE)) == "Switch series at leisure"
    assert verdict(decided(Action.STAY, Urgency.NONE)) == "Stay"
    assert verdict(decided(Action.HOLD, Urgency.SOON)) == "Hold"


def test_name_of_a_machine_without_one_is_its_capture_or_plain_words() -> None:
    answer = named("", recorded("workbench"))
    captured = answer._replace(inventory=answer.inventory._replace(capture="box.tar.gz"))
    assert name_of(captured) == "box.tar.gz"
    assert (
        name_of(answer._replace(inventory=answer.inventory._replace(capture=""))) == "this machine"
    )


def test_left_after_is_what_the_advised_kernel_leaves() -> None:
    answer = recorded("workbench")
    assert left_after(answer) is not None
    assert (left_after(answer) or 0) < (reaching(answer) or 0)
    staying = answer._replace(decision=answer.decision._replace(target=""))
    assert left_after(staying) == reaching(answer)


def test_closed_findings_agree_with_the_counts_or_claim_nothing() -> None:
    for name in names():
        answer = recorded(name)
        closed = closed_findings(answer)
        target = next((c for c in answer.candidates if c.release == answer.decision.target), None)
        if closed is not None:
            assert target is not None
            assert target.closes is not None
            assert len(closed) >= target.closes.reaching
    answer = recorded("workbench")
    target = next(c for c in answer.candidates if c.release == answer.decision.target)
    other = target._replace(closes=answer.assessment.tally)
    doubtful = answer._replace(candidates=(other,))
    assert closed_findings(doubtful) is None


def test_changelog_that_names_a_fix_closes_it() -> None:
    answer = recorded("workbench")
    finding = answer.assessment.findings[0]._replace(fixed_in=(), introduced_in=())
    candidate = answer.candidates[0]
    assert not closes(candidate, finding)
    assert closes(candidate, finding, frozenset({finding.id}))


def test_one_kernel_suits_all_machines_alike() -> None:
    answers = [named(f"box-{n}", recorded("workbench")) for n in range(3)]
    (shared,) = one_kernel_for_all(answers)
    assert shared.release == recorded("workbench").decision.target
    assert len(shared.suits) == 3
    assert not shared.others


def test_one_kernel_leaves_out_the_machine_that_would_lose_a_device() -> None:
    answer = recorded("workbench")
    target = answer.decision.target
    lost = Lost("pci:1", "a card", "x", "x is not in it", certain=True)
    losing = tuple(c._replace(lost=(lost,)) for c in answer.candidates)
    bound = named("old", answer._replace(candidates=losing))
    bound = bound._replace(decision=bound.decision._replace(action=Action.HOLD, target=""))
    (shared,) = one_kernel_for_all([named("a", answer), named("b", answer), bound])
    assert shared.release == target
    assert shared.suits == ("a", "b")
    assert shared.others == (("loses a card", ("old",)),)


def test_one_kernel_is_asked_for_each_kind_of_machine() -> None:
    shared = one_kernel_for_all([recorded(name) for name in names()])
    assert len(shared) > 1
    assert sum(len(one.machines) for one in shared) == len(names())
