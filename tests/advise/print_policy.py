"""Write ``docs/policy.md`` from the tables: ``python -m tests.advise.print_policy``."""

from __future__ import annotations

from pathlib import Path

from advisor.advise.policy_page import policy_markdown

PAGE = Path(__file__).parents[2] / "docs/policy.md"

if __name__ == "__main__":
    PAGE.write_text(policy_markdown(), "utf-8")
