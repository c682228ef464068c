"""The zipapp: the advisor and all it needs in one file for any machine with Python 3.11.

Nothing in it is compiled for a machine: psutil stays out, MarkupSafe leaves its C part behind.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from from_source import ROOT, epoch, fetch, unpack

# As they are called on the index -> as they are imported. typer does without rich.
VENDORED = {
    "annotated-doc": "annotated_doc",
    "distro": "distro",
    "jinja2": "jinja2",
    "markupsafe": "markupsafe",
    "pyudev": "pyudev",
    "shellingham": "shellingham",
    "typer": "typer",
}
LEFT_OUT = {"psutil"}
OLDEST = 315532800  # a zip counts from 1980 on


def build_zipapp(wheel: Path, folder: Path) -> Path:
    """Build ``advisor.pyz`` and return it."""
    target = folder / "advisor.pyz"
    with TemporaryDirectory() as place:
        inside = Path(place)
        pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8")
        fetch("\n".join(_blocks(pinned)), inside)
        unpack(wheel, inside)
        _check_imports(inside / "advisor")
        content = {
            str(path.relative_to(inside)): path.read_bytes()
            for path in sorted(inside.rglob("*"))
            if path.is_file() and _belongs(path.relative_to(inside))
        }
    digest = hashlib.sha256()
    for name, data in content.items():
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    main = (ROOT / "packaging/one_file_main.py").read_text(encoding="utf-8")
    content["__main__.py"] = main.replace("@CONTENT@", digest.hexdigest()[:32]).encode()
    _write(target, content)
    return target


def _blocks(requirements: str) -> list[str]:
    """Return the requirements that go in, each with its hashes."""
    blocks = re.split(r"\n(?=\S)", requirements)
    found = {block.partition("==")[0]: block for block in blocks}
    return [found[name] for name in VENDORED]


def _belongs(path: Path) -> bool:
    """Return whether a file goes in: modules, data, and what tells whose they are."""
    if path.parts[0] == "bin" or path.suffix in {".so", ".c", ".pyi", ".pyd"}:
        return False
    of_pip = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "WHEEL"}
    return path.name not in of_pip and "__pycache__" not in path.parts


def _check_imports(package: Path) -> None:
    """Fail where the advisor imports what would not be there."""
    there = {*sys.stdlib_module_names, *VENDORED.values(), "advisor", *LEFT_OUT}
    for path in package.rglob("*.py"):
        if "build" in path.relative_to(package).parts:
            continue  # making a knowledge base needs a checkout
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            missing = {name.partition(".")[0] for name in names} - there
            if missing:
                raise SystemExit(f"{path.relative_to(package)} imports {missing}: not in VENDORED")


def _write(target: Path, content: dict[str, bytes]) -> None:
    moment = time.gmtime(max(epoch(), OLDEST))
    with target.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w") as packed:
            for name, data in content.items():
                entry = zipfile.ZipInfo(name, moment[:6])
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, data, compresslevel=9)
    target.chmod(0o755)
