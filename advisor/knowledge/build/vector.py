"""The base score of a CVSS 3.1 vector, in whole tenths so that no rounding differs by machine.

Source:
    FIRST, Common Vulnerability Scoring System version 3.1, Specification Document, section 7.1 and
    appendix A (the roundup function).
"""

from __future__ import annotations

import re

_VECTOR = re.compile(
    r"(?:CVSS:3\.1/)?AV:(?P<AV>[NALP])/AC:(?P<AC>[LH])/PR:(?P<PR>[NLH])/UI:(?P<UI>[NR])"
    r"/S:(?P<S>[UC])/C:(?P<C>[HLN])/I:(?P<I>[HLN])/A:(?P<A>[HLN])\Z"
)
_REACH = {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2}
_EFFORT = {"L": 0.77, "H": 0.44}
_RIGHTS = {"N": 0.85, "L": 0.62, "H": 0.27}
_RIGHTS_CHANGED = {"N": 0.85, "L": 0.68, "H": 0.5}
_HELP = {"N": 0.85, "R": 0.62}
_HARM = {"H": 0.56, "L": 0.22, "N": 0.0}
_MOST = 10.0
_FINE = 100_000


def base_score(vector: str) -> int:
    """Return the base score in tenths: 78 for 7.8.

    Args:
        vector: The eight base metrics in their order, with or without ``CVSS:3.1/``.

    Raises:
        ValueError: It is not such a vector.
    """
    match = _VECTOR.match(vector)
    if match is None:
        raise ValueError(f"not the base metrics of a CVSS 3.1 vector: {vector[:80]!r}")
    changed = match["S"] == "C"
    rights = _RIGHTS_CHANGED if changed else _RIGHTS
    lost = 1 - (1 - _HARM[match["C"]]) * (1 - _HARM[match["I"]]) * (1 - _HARM[match["A"]])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0
    ease = 8.22 * _REACH[match["AV"]] * _EFFORT[match["AC"]]
    ease *= rights[match["PR"]] * _HELP[match["UI"]]
    total = impact + ease
    return _round_up(min(1.08 * total if changed else total, _MOST))


def _round_up(score: float) -> int:
    """Return tenths: the smallest number of them that is not less, as appendix A defines it."""
    fine = round(score * _FINE)
    return -(-fine // (_FINE // 10))
