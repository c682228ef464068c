"""The capture agent in the collection is the advisor's own."""

from __future__ import annotations

import ast

from advisor.system.capture_agent import source
from tests.ansible.harness import COLLECTION

_COPY = COLLECTION / "plugins/module_utils/capture_agent.py"


def test_agent_in_the_collection_is_the_one_that_the_advisor_writes() -> None:
    copy = _COPY.read_text(encoding="utf-8")
    same = ast.dump(ast.parse(copy)) == ast.dump(ast.parse(source()))
    assert same, "python packaging/ansible/pack_agent.py writes it anew"


def test_copy_is_python_3_8() -> None:
    ast.parse(_COPY.read_text(encoding="utf-8"), feature_version=(3, 8))
