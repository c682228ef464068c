"""What a user without rights had a guest's kernel load, beside what the advisor said of it."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

from advisor.assess.reach import ReachOf
from advisor.knowledge.sites import Site, Unit
from advisor.model.finding import WEIGHING, Reach
from advisor.probe import probe
from advisor.system.recorded import RecordedSystem
from tests.lab.visit import Visit

_NOW = 1_790_000_000


class Loading(NamedTuple):
    """Modules of a guest.

    Attributes:
        told: Module that was on disk and not loaded -> what the advisor said of its code.
        loaded: Those of them that the user had loaded.
    """

    told: dict[str, Reach]
    loaded: tuple[str, ...]

    @property
    def within(self) -> int:
        """How many were said to be within reach of a user or a plug."""
        return sum(reach is Reach.ON_DEMAND for reach in self.told.values())

    @property
    def missed(self) -> dict[str, Reach]:
        """Those that were loaded, and said to be out of reach."""
        told = {module: self.told[module] for module in self.loaded}
        return {module: reach for module, reach in told.items() if reach not in WEIGHING}


def loading(visit: Visit) -> Loading:
    """Return what a user had loaded in a guest, and what a scan of it had said."""
    machine = probe(RecordedSystem(BytesIO(visit.capture), "guest"), now=_NOW)
    idle = (machine.modules.available or frozenset()) - (machine.modules.loaded or {}).keys()
    reach = ReachOf(machine)
    told = {
        module: reach.sites((Site("net/somewhere.c", (Unit(module),), known=True),)).reach
        for module in idle
    }
    return Loading(told, visit.loaded)
