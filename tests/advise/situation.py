"""The form of a situation: a machine and the advice it is to get."""

from __future__ import annotations

from typing import NamedTuple

from advisor.model.advice import Action, Urgency
from advisor.model.inventory import Inventory
from advisor.model.packages import GivenKernel


class Situation(NamedTuple):
    """A machine and the advice it is to get.

    Attributes:
        says: Texts that stand in the headline, reasons, risks, steps or checks.
        unsaid: Texts that stand nowhere in it.
    """

    id: str
    inventory: Inventory
    action: Action
    target: str
    urgency: Urgency
    rule: str
    says: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    given: tuple[GivenKernel, ...] = ()
