"""What every step of the advice is about."""

from __future__ import annotations

from typing import NamedTuple

from advisor.assess import Weigher
from advisor.knowledge.store import KnowledgeBase
from advisor.model.finding import Assessment
from advisor.model.inventory import Inventory


class Case(NamedTuple):
    """One machine, what is known about it, and the day of the question.

    Attributes:
        weigher: Weighs fixes on this machine.
        now_days: Today, in days since 1970.
    """

    inventory: Inventory
    assessment: Assessment
    knowledge: KnowledgeBase
    weigher: Weigher
    now_days: int
