"""The JSON document holds to its published schema, for this machine and for recorded ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import jsonschema
import pytest

from advisor.knowledge.store import KnowledgeBase
from advisor.pipeline import scan
from advisor.render.document import scan_document
from advisor.system.live import LiveSystem
from advisor.system.recorded import load

ROOT = Path(__file__).parents[1]
NOW = 1_795_341_600
MACHINES = sorted((ROOT / "tests/machines").rglob("*.tar.gz"))


@pytest.fixture(scope="module")
def schema() -> dict[str, object]:
    return cast(
        "dict[str, object]", json.loads((ROOT / "docs/scan.schema.json").read_text("utf-8"))
    )


def test_document_of_this_machine_holds_to_the_schema(
    knowledge: KnowledgeBase, schema: dict[str, object]
) -> None:
    document = scan_document(scan(LiveSystem(), knowledge, now=NOW))
    jsonschema.validate(json.loads(json.dumps(document)), schema)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.name)
def test_document_of_a_recorded_machine_holds_to_the_schema(
    machine: Path, knowledge: KnowledgeBase, schema: dict[str, object]
) -> None:
    document = scan_document(scan(load(str(machine)), knowledge, now=NOW))
    jsonschema.validate(json.loads(json.dumps(document)), schema)
