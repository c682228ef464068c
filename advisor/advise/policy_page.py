"""The policy as a page for people: ``docs/policy.md`` is printed from here."""

from __future__ import annotations

from typing import Final

from advisor.advise.judge import REACH_WEIGHT, SEVERITY_WEIGHT
from advisor.advise.policy import ACTIONS, URGENCIES
from advisor.advise.values import RIPE_DAYS

_HEAD: Final = """\
# Policy

<!-- Printed from advisor/advise/policy.py by `python -m tests.advise.print_policy`. -->

Findings become an action and an urgency through two tables. In each, the first row that holds decides, and
`rule` in the answer names both rows: `same-series/many-high`. Nothing else decides.

## Which kernels are compared

Kernels of the flavour in use (amd64 and not cloud, lts and not zen) that are installed, offered by the
package lists, or named with `--candidate`; and, marked as such, what kernel.org has. Older ones count only
as a way back; one that was named is judged, and never chosen.

A kernel **may not be taken** if

- a device with a driver, a mounted filesystem or a feature in use here would no longer be served. A device of
  a kind that a machine can do without (a watchdog, a sensor) is told as a risk instead;
- it brings a known regression of high severity, without a CVE, that concerns hardware or features in use.
  One with a CVE is weighed with the CVEs;
- OpenZFS holds a filesystem here and does not support its series, or the DKMS module that drives a device
  here cannot be built for it.

Of those that may be taken, the **best** ends trouble with hardware in use, then leaves the least weight of
open bugs, then is installed already, then comes from a suite that needs no asking. A missing fix weighs its
severity times its reach:

{weights}

A series that was younger than {days} days when the knowledge was taken, or came out later, has few known bugs
because nobody had written them down yet: it never wins by its count. Of other series, one that is kept for
years comes before one that is not.
"""


def policy_markdown() -> str:
    """Return ``docs/policy.md``."""
    severities = ", ".join(f"{word} {points}" for word, points in SEVERITY_WEIGHT.items())
    reaches = ", ".join(f"{word} {points}" for word, points in REACH_WEIGHT.items())
    weights = f"- severity: {severities}\n- reach: {reaches}, all others 0"
    lines = [
        _HEAD.format(weights=weights, days=RIPE_DAYS),
        "## What to do",
        "",
        "| row | when | action | why |",
        "|---|---|---|---|",
        *(f"| `{row.id}` | {row.when} | {row.action} | {row.why} |" for row in ACTIONS),
        "",
        "## How soon",
        "",
        "| row | when | urgency |",
        "|---|---|---|",
        *(f"| `{row.id}` | {row.when} | {row.urgency} |" for row in URGENCIES),
    ]
    return "\n".join(lines) + "\n"
