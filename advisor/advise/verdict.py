"""What the policy's tables say about a situation."""

from __future__ import annotations

from typing import NamedTuple

from advisor.advise.policy import ACTIONS, URGENCIES
from advisor.advise.values import Row, Situation, Target, UrgencyRow
from advisor.model.advice import Action, Urgency


class Verdict(NamedTuple):
    """What the tables decided."""

    action: Action
    urgency: Urgency
    target: Target | None
    row: Row
    urgency_row: UrgencyRow

    @property
    def rule(self) -> str:
        """The rows that decided, as ``same-series/many-high``."""
        return f"{self.row.id}/{self.urgency_row.id}"


def decide(situation: Situation) -> Verdict:
    """Return what the tables say about a situation."""
    row = next(row for row in ACTIONS if row.holds(situation))
    target = row.target(situation)
    urgency = next(one for one in URGENCIES if one.holds(row.action, target, situation))
    return Verdict(row.action, urgency.urgency, target, row, urgency)
