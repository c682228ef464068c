"""What the knowledge base answers with."""

from collections.abc import Mapping
from typing import NamedTuple, Self

from advisor.knowledge.sites import Site
from advisor.knowledge.trace import Pair
from advisor.model.version import KernelVersion, Series


class OpenFix(NamedTuple):
    """A fix that a kernel lacks: its number here, its places, and its score in tenths."""

    n: int
    sites: int
    score: int


class CuratedRow(NamedTuple):
    """A curated entry that a kernel lacks the end of.

    Attributes:
        n: Its number here.
        id: Our own id.
        kind: A word of :class:`advisor.model.curated.Kind`.
        trigger: The condition that says whom it concerns, as JSON.
    """

    n: int
    id: str
    kind: str
    trigger: str


class Record(NamedTuple):
    """What is known about one CVE.

    Attributes:
        pairs: Where the bug came in and was mended, as the CNA gives them; empty where only a
            changelog speaks about it.
        cvss: The vector without its prefix; ``""`` where the score is an estimate.
        score: CVSS base score in tenths.
        exploited: The day it was listed as exploited, or ``""``.
        noted: Stable releases that a distribution's changelog names as the fix's, ascending.
        recorded: Whether the CNA's records speak about it; False where only a changelog does.
        introduced_in: Versions that brought the bug, each once; empty for since ever.
        fixed_in: Versions that have the fix, the CNA's first, each once.
        commits: Version -> commit of the fix in it.
    """

    n: int
    id: str
    bug: str
    evidence: str
    cvss: str
    score: int
    sites: tuple[Site, ...]
    pairs: tuple[Pair, ...]
    exploited: str
    noted: tuple[str, ...] = ()
    recorded: bool = True
    introduced_in: tuple[str, ...] = ()
    fixed_in: tuple[str, ...] = ()
    commits: Mapping[str, str] = {}

    def summed_up(self) -> Self:
        """Return the record with what its pairs say in short: worked out once, asked for often."""
        fixes = [pair.fixed for pair in self.pairs]
        introduced = dict.fromkeys(pair.introduced.version for pair in self.pairs)
        fixed = dict.fromkeys((*(fix.version for fix in fixes), *self.noted))
        return self._replace(
            introduced_in=tuple(filter(None, introduced)),
            fixed_in=tuple(filter(None, fixed)),
            commits={fix.version: fix.commit for fix in fixes if fix.version and fix.commit},
        )


class Counts(NamedTuple):
    """How many fixes, and how many of them name a CVE."""

    fixes: int
    named: int


class SeriesFacts(NamedTuple):
    """What is known about a series.

    Attributes:
        released: Day of its first release; ``""`` where not known, like ``eol``.
        longterm: Whether it is kept for years.
        eol: Day on which it ended or is to end.
        last: The last release that was seen; None where none was.
    """

    series: Series
    released: str
    longterm: bool
    eol: str
    last: KernelVersion | None
