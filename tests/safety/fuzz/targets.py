"""Every parser there is, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.safety.fuzz import targets_answer, targets_data, targets_machine, targets_system
from tests.safety.fuzz.target import Target

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for module in (targets_machine, targets_system, targets_data, targets_answer)
    for target in module.TARGETS
}
