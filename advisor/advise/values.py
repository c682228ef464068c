"""What the policy looks at, and the form of its rows."""

from collections.abc import Callable
from typing import Final, NamedTuple

from advisor.model.advice import Action, Urgency

RIPE_DAYS: Final = 60
"""A series younger than this when the knowledge was taken is hardly known."""


class Target(NamedTuple):
    """What is known about the kernel that would be run, or was refused.

    Attributes:
        release: Its name.
        installed: It is on disk already.
        same_series: It is of the running kernel's series.
        ended: Its own series is at its end of life.
        judged: What it closes was counted.
        closes: How many fixes that can run here it closes.
        exploited: How many of those are known to be exploited, in code that runs or is loaded.
        remote_critical: How many are critical, reached over the network, in code that runs here.
        high_active: How many are high or critical, in code that runs here.
        cures_high: It ends known trouble of high severity with hardware or features in use.
        cures: It ends other known trouble.
        security: It comes from the distribution's security suite.
    """

    release: str
    installed: bool = False
    same_series: bool = True
    ended: bool = False
    judged: bool = True
    closes: int = 0
    exploited: int = 0
    remote_critical: int = 0
    high_active: int = 0
    cures_high: int = 0
    cures: int = 0
    security: bool = False

    @property
    def helps(self) -> bool:
        """Whether it is known to do this machine any good."""
        return bool(self.closes or self.cures or self.cures_high)


class Situation(NamedTuple):
    """Everything the tables look at.

    Attributes:
        told: Whether the running kernel's missing fixes could be told, by number or changelog.
        in_knowledge: Whether the knowledge speaks about the running kernel's series, and long enough.
        from_outside: The kernel was supplied from outside this system.
        ended: The running series is at its end of life.
        reaching: How many open fixes can run here.
        exposed: Whether one of those is exploited, or critical and reached over the network.
        same_line: The best kernel of the running series that may be taken, None where there is none.
        other_line: The best kernel of another series that may be taken.
        line_goes_on: The package lists still carry the running series.
        offers_read: Whether it was read which kernels the package manager offers.
        vendor_build: A newer build of the same kernel whose number does not tell what it fixes.
        next_build: The same of the next series, where the package lists have moved on to it.
        way_back: An older kernel that is installed and free of trouble that the running one has.
        refused: The best kernel that may not be taken, because it breaks what is in use here.
        own_build: The running kernel was built by its owner, who takes the next one from kernel.org.
        upstream: What kernel.org has of this series and no repository here offers.
        next_series: What kernel.org has for those whose series has ended.
        advised: Whether changelog or advisories were read that name what the running build mends.
        newest_runs: The package lists were read, name the running build and no newer one.
    """

    told: bool = True
    in_knowledge: bool = True
    from_outside: bool = False
    ended: bool = False
    reaching: int = 0
    exposed: bool = False
    same_line: Target | None = None
    other_line: Target | None = None
    line_goes_on: bool = True
    offers_read: bool = True
    vendor_build: Target | None = None
    next_build: Target | None = None
    way_back: Target | None = None
    refused: Target | None = None
    own_build: bool = False
    upstream: Target | None = None
    next_series: Target | None = None
    advised: bool = False
    newest_runs: bool = False


class Row(NamedTuple):
    """One row of the first table: what to do.

    Attributes:
        id: What a decision is named after.
        when: The test in words, for the docs.
        holds: The test.
        action: What it decides.
        target: Which kernel it chooses, None where it chooses none.
        why: Why this is right, for the docs.
    """

    id: str
    when: str
    holds: Callable[[Situation], bool]
    action: Action
    target: Callable[[Situation], Target | None]
    why: str


class UrgencyRow(NamedTuple):
    """One row of the second table: when to do it."""

    id: str
    when: str
    holds: Callable[[Action, Target | None, Situation], bool]
    urgency: Urgency
