"""What is told of one fix in another kernel; only `advisor explain` needs it."""

from typing import NamedTuple


class InKernel(NamedTuple):
    """Whether another kernel has a fix, and what tells."""

    release: str
    status: str
    evidence: str
