"""The tests in bare roots run by `make packages-test` only: they take minutes and need root."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("ADVISOR_ROOTS") else ["roots"]
