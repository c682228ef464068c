"""The policy: two small tables that turn findings into an action and an urgency.

The first row that holds decides, in each table; a decision's ``rule`` names both rows, as
``same-series/many-high``. ``docs/policy.md`` is printed from here.
"""

from __future__ import annotations

from typing import Final

from advisor.advise.values import RIPE_DAYS, Row, Situation, Target, UrgencyRow
from advisor.model.advice import Action, Urgency

MANY_HIGH: Final = 5
"""So many fixes of high severity in code that runs here make an upgrade urgent."""


def _none(_: Situation) -> None:
    return None


def _same_line(s: Situation) -> Target | None:
    return s.same_line


def _other_line(s: Situation) -> Target | None:
    return s.other_line


def _vendor(s: Situation) -> Target | None:
    return s.vendor_build


def _next_build(s: Situation) -> Target | None:
    return s.next_build


def _back(s: Situation) -> Target | None:
    return s.way_back


def _upstream(s: Situation) -> Target | None:
    return s.upstream


def _next_series(s: Situation) -> Target | None:
    return s.next_series


def _good(target: Target | None) -> bool:
    return target is not None and target.helps


def _bad_enough(target: Target | None) -> bool:
    return target is not None and bool(target.exploited or target.cures_high)


def _is_from_outside(s: Situation) -> bool:
    return s.from_outside and (s.reaching > 0 or not s.told)


def _is_from_outside_clean(s: Situation) -> bool:
    return s.from_outside


def _is_installed_better(s: Situation) -> bool:
    return s.same_line is not None and s.same_line.installed and s.same_line.helps


def _is_same_series(s: Situation) -> bool:
    return _good(s.same_line)


def _is_own_build(s: Situation) -> bool:
    return s.own_build and _good(s.upstream)


def _is_way_back(s: Situation) -> bool:
    return s.way_back is not None


def _is_series_ended(s: Situation) -> bool:
    return s.ended and s.other_line is not None


def _is_line_moved(s: Situation) -> bool:
    return not s.line_goes_on and _good(s.other_line)


def _is_only_elsewhere(s: Situation) -> bool:
    return _bad_enough(s.other_line)


def _is_vendor_build(s: Situation) -> bool:
    known = s.told or s.advised
    return known and s.vendor_build is not None and not s.vendor_build.installed


def _is_vendor_build_installed(s: Situation) -> bool:
    return (s.told or s.advised) and s.vendor_build is not None


def _is_line_moved_blind(s: Situation) -> bool:
    return s.told and not s.line_goes_on and s.next_build is not None


def _is_breaks_here(s: Situation) -> bool:
    return s.refused is not None


def _is_vendors_newest(s: Situation) -> bool:
    return not s.told and s.newest_runs


def _is_number_cannot_tell(s: Situation) -> bool:
    return not s.told


def _is_beyond_knowledge(s: Situation) -> bool:
    return not s.in_knowledge


def _is_offers_not_read(s: Situation) -> bool:
    return not s.offers_read and not s.own_build and s.reaching > 0


def _is_series_ended_alone(s: Situation) -> bool:
    return s.ended


def _is_nothing_better(_: Situation) -> bool:
    return True


def _at_exposed(a: Action, __: Target | None, s: Situation) -> bool:
    return a in {Action.HOLD, Action.UNKNOWN} and s.exposed


def _at_nothing_to_do(a: Action, __: Target | None, ___: Situation) -> bool:
    return a in {Action.STAY, Action.HOLD, Action.UNKNOWN}


def _at_ends_trouble(_: Action, t: Target | None, ___: Situation) -> bool:
    return t is not None and t.cures_high > 0


def _at_exploited(_: Action, t: Target | None, ___: Situation) -> bool:
    return t is not None and t.exploited > 0


def _at_remote_critical(_: Action, t: Target | None, ___: Situation) -> bool:
    return t is not None and t.remote_critical > 0


def _at_end_of_life(_: Action, __: Target | None, s: Situation) -> bool:
    return s.ended


def _at_many_high(_: Action, t: Target | None, ___: Situation) -> bool:
    return t is not None and t.high_active >= MANY_HIGH


def _at_security_suite(_: Action, t: Target | None, ___: Situation) -> bool:
    return t is not None and not t.judged and t.security


def _at_rest(_: Action, __: Target | None, ___: Situation) -> bool:
    return True


ACTIONS: Final[tuple[Row, ...]] = (
    Row(
        "from-outside",
        "the kernel was supplied from outside (a container, or a guest whose host holds the kernel), "
        "and fixes that can run here are missing",
        _is_from_outside,
        Action.UNKNOWN,
        _none,
        "Nothing installed inside would be booted, and what the host could supply was not read.",
    ),
    Row(
        "from-outside-clean",
        "the kernel was supplied from outside, and no known missing fix can run here",
        _is_from_outside_clean,
        Action.STAY,
        _none,
        "Nothing is known that the host should be asked for.",
    ),
    Row(
        "series-ended",
        "the running series gets no more fixes, and a kernel of another series may be taken",
        _is_series_ended,
        Action.SWITCH_SERIES,
        _other_line,
        "Every week in an ended series adds bugs that nobody mends there.",
    ),
    Row(
        "installed-better",
        "a kernel of the same series is installed, and closes as much as any that is offered",
        _is_installed_better,
        Action.REBOOT,
        _same_line,
        "The work is done but for the reboot.",
    ),
    Row(
        "same-series",
        "a kernel of the same series is offered that closes fixes which can run here, or ends known trouble",
        _is_same_series,
        Action.UPGRADE,
        _same_line,
        "The smallest change that helps comes first.",
    ),
    Row(
        "own-build",
        "the kernel was built by its owner, and kernel.org has a newer release of its series that closes "
        "fixes which can run here, or ends known trouble",
        _is_own_build,
        Action.UPGRADE,
        _upstream,
        "Who builds a kernel is its distributor; the next release of the series is the update.",
    ),
    Row(
        "way-back",
        "the running kernel has known trouble of high severity with hardware in use, nothing newer may "
        "be taken, and an older kernel without it is installed",
        _is_way_back,
        Action.REBOOT,
        _back,
        "A machine that works comes first; go back, and forward again once a cure is offered.",
    ),
    Row(
        "line-moved",
        "the package lists no longer carry the running series, and a kernel of another series closes "
        "fixes which can run here",
        _is_line_moved,
        Action.SWITCH_SERIES,
        _other_line,
        "The distribution has moved on; its next kernel is the update.",
    ),
    Row(
        "only-elsewhere",
        "only a kernel of another series closes a bug that is known to be exploited, in code that runs or "
        "is loaded here, or ends trouble with hardware in use",
        _is_only_elsewhere,
        Action.SWITCH_SERIES,
        _other_line,
        "A change of series is the lesser risk.",
    ),
    Row(
        "vendor-build",
        "a newer build of the same line is offered or installed, and its number does not tell what it fixes",
        _is_vendor_build,
        Action.UPGRADE,
        _vendor,
        "The vendor puts fixes on top of an old number: the newer build has at least what this one has.",
    ),
    Row(
        "vendor-build-installed",
        "a newer build of the same line is installed, and its number does not tell what it fixes",
        _is_vendor_build_installed,
        Action.REBOOT,
        _vendor,
        "It is there already, and has at least what this one has.",
    ),
    Row(
        "line-moved-blind",
        "the package lists no longer carry the running series, and the number of the next series' kernel "
        "does not tell what it fixes",
        _is_line_moved_blind,
        Action.SWITCH_SERIES,
        _next_build,
        "The distribution has moved on, and looks after the next series only.",
    ),
    Row(
        "breaks-here",
        "every kernel that would help breaks something this machine uses",
        _is_breaks_here,
        Action.HOLD,
        _none,
        "Bugs that may strike are the lesser evil against hardware that surely stops.",
    ),
    Row(
        "vendors-newest",
        "which fixes the running kernel has cannot be told from its number, and the package lists were "
        "read and offer no newer build",
        _is_vendors_newest,
        Action.STAY,
        _none,
        "What its vendor has mended is in; what is still open only the vendor can tell.",
    ),
    Row(
        "number-cannot-tell",
        "which fixes the running kernel has can be told neither from its number nor from a changelog",
        _is_number_cannot_tell,
        Action.UNKNOWN,
        _none,
        "A vendor that backports keeps an old number; calling it vulnerable or safe would be a guess.",
    ),
    Row(
        "beyond-knowledge",
        "no record speaks about the running series, or it was younger than "
        f"{RIPE_DAYS} days when the knowledge was taken",
        _is_beyond_knowledge,
        Action.UNKNOWN,
        _none,
        "No news is not good news: new kernels have bugs that nobody has written down yet.",
    ),
    Row(
        "offers-not-read",
        "fixes that can run here are missing, and which kernels the package manager offers was not read",
        _is_offers_not_read,
        Action.UNKNOWN,
        _none,
        "That nothing was seen does not mean that nothing is there.",
    ),
    Row(
        "series-ended-alone",
        "the running series gets no more fixes, and no other kernel is offered here",
        _is_series_ended_alone,
        Action.SWITCH_SERIES,
        _next_series,
        "Somebody has to supply a kernel that is still looked after.",
    ),
    Row(
        "nothing-better",
        "nothing on offer closes a fix that can run here",
        _is_nothing_better,
        Action.STAY,
        _none,
        "A reboot that brings nothing is a risk for nothing.",
    ),
)
"""What to do: the first row that holds decides."""

URGENCIES: Final[tuple[UrgencyRow, ...]] = (
    UrgencyRow(
        "exposed",
        "the kernel is held, or cannot be changed from inside, and lacks a fix that is exploited, or "
        "critical and reached over the network",
        _at_exposed,
        Urgency.SOON,
    ),
    UrgencyRow(
        "nothing-to-do",
        "there is nothing to do, or nothing that can be told",
        _at_nothing_to_do,
        Urgency.NONE,
    ),
    UrgencyRow(
        "ends-trouble",
        "it ends known trouble of high severity with hardware or features in use",
        _at_ends_trouble,
        Urgency.NOW,
    ),
    UrgencyRow(
        "exploited",
        "it closes a bug that is known to be exploited, in code that runs or is loaded here",
        _at_exploited,
        Urgency.NOW,
    ),
    UrgencyRow(
        "remote-critical",
        "it closes a critical bug that is reached over the network, in code that runs here",
        _at_remote_critical,
        Urgency.NOW,
    ),
    UrgencyRow(
        "end-of-life",
        "the running series gets no more fixes",
        _at_end_of_life,
        Urgency.SOON,
    ),
    UrgencyRow(
        "many-high",
        f"it closes {MANY_HIGH} or more bugs of high severity in code that runs here",
        _at_many_high,
        Urgency.SOON,
    ),
    UrgencyRow(
        "security-suite",
        "what it closes cannot be counted, and the distribution offers it as a security update",
        _at_security_suite,
        Urgency.SOON,
    ),
    UrgencyRow(
        "rest",
        "anything else",
        _at_rest,
        Urgency.ROUTINE,
    ),
)
"""When to do it: the first row that holds decides."""
