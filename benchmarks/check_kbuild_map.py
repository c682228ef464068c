"""Hold the map of kernel files against the debug information of a kernel that somebody built.

    python benchmarks/check_kbuild_map.py DEBUG CONFIG [--map data/kernel-files] [--release 6.12]
        [--cves DIRECTORY] [--lines]

DEBUG is an unpacked ``linux-image-*-dbg`` package, CONFIG that kernel's ``config-*``. The compile units
of ``vmlinux`` and of each module say which unit a source file really went into; the map says it
from the makefiles and the configuration alone. With ``--cves``, a directory of CVE records, the
files that the records name are counted apart. With ``--lines`` the files that each unit read
(headers, included C files) are checked too; that takes minutes.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path

from advisor.knowledge.build.kbuild import SourceFile, load_maps

COLUMNS = 3  # an entry's number, its directory, its name
CODE = (".c", ".S", ".rs")
_NAME = re.compile(r"DW_AT_name\s*:.*?(?:\): )?([^\s:()]+)$")
_VALUE = re.compile(r"CONFIG_(\w+)=([ym])$")

Real = dict[str, set[str]]


def compile_units(file: Path, root: str) -> set[str]:
    """Return the source files of an object's compile units, as paths in the tree."""
    command = ["readelf", "--debug-dump=info", "--dwarf-depth=1", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    found: set[str] = set()
    for line in done.stdout.splitlines():
        if "DW_AT_name" in line:
            match = _NAME.search(line.rstrip())
            if match:
                found.add(tree_path(match[1], root))
    return found


def read_files(file: Path, root: str) -> set[str]:
    """Return all files of the tree in an object's line tables."""
    command = ["readelf", "--debug-dump=rawline", str(file)]
    folders: list[str] = []
    found: set[str] = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as process:
        for line in process.stdout or ():
            pieces = line.split()
            if line.startswith(" The Directory Table"):
                folders = []
            elif len(pieces[:3]) == COLUMNS and pieces[0].isdigit() and "line string" in line:
                name = pieces[-1]
                if pieces[1].isdigit():
                    folder = folders[int(pieces[1])] if int(pieces[1]) < len(folders) else ""
                    found.add(tree_path(name if name.startswith("/") else f"{folder}/{name}", root))
                else:
                    folders.append(name)
    return found


def tree_path(name: str, root: str) -> str:
    """Return a path in the tree without ``.``, ``..`` and the build's own directory."""
    path: list[str] = []
    for piece in name.split("/"):
        if piece == "..":
            del path[-1:]
        elif piece not in {"", "."}:
            path.append(piece)
    text = "/".join(path)
    return re.sub(root, "", text)


def read_debug(folder: Path, *, lines: bool) -> tuple[Real, Real]:
    """Return by source file the units it is compiled into, and by any file those that read it."""
    compiled: Real = defaultdict(set)
    read: Real = defaultdict(set)
    root = r"^.*debian/build/build_\w+/|^.*build/source\w*/|^build/reproducible-path/[^/]+/"
    images = [*folder.rglob("vmlinux-*"), *folder.rglob("*.ko"), *folder.rglob("*.ko.debug")]
    for file in sorted(images):
        name = file.name.removesuffix(".debug").removesuffix(".ko").replace("-", "_")
        unit = "vmlinux" if file.name.startswith("vmlinux-") else name
        for path in compile_units(file, root):
            compiled[path].add(unit)
        for path in read_files(file, root) if lines else ():
            read[path].add(unit)
    return compiled, read


def predict(file: SourceFile, config: dict[str, str], release: str, arch: str) -> set[str]:
    """Return the units that the map gives a file under a configuration."""
    found: set[str] = set()
    for unit in file.units:
        if unit.releases and release not in unit.releases:
            continue
        if unit.arch and arch not in unit.arch.split(","):
            continue
        state = unit.built_as(config)
        if state:
            found.add("vmlinux" if state == "y" else unit.module)
    return found


def cve_files(folder: Path) -> set[str]:
    """Return every path that the records in a directory name."""
    found: set[str] = set()
    for path in folder.rglob("CVE-*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        for affected in record["containers"]["cna"].get("affected", []):
            found.update(affected.get("programFiles", []))
    return found


def compare(title: str, paths: set[str], real: Real, said: Real) -> None:
    """Print how many files the map has right, and every one that it has not."""
    built = sorted(path for path in paths if path in real)
    wrong = [path for path in built if real[path] != said.get(path, set())]
    missed = [path for path in wrong if not said.get(path)]
    extra = sorted(path for path in paths if path not in real and said.get(path))
    share = 100 * (1 - len(wrong) / len(built)) if built else 0.0
    print(f"{title}: {len(built)} built, {share:.3f} % exact, {len(missed)} called not built")
    print(f"{title}: {len(extra)} more called built that are not")
    for path in wrong:
        print(f"  wrong {path}: is {sorted(real[path])[:6]}, map {sorted(said.get(path, set()))}")
    for path in extra[:400]:
        print(f"  extra {path}: map {sorted(said[path])}")


def compare_headers(files: dict[str, SourceFile], read: Real, said: Real, release: str) -> None:
    """Print how often the units of a header are those, or among those, that the map names."""
    counts: dict[str, int] = defaultdict(int)
    for path, units in read.items():
        file = files.get(path)
        if path.endswith(CODE) or file is None:
            continue
        names = {u.module for u in file.units if not u.releases or release in u.releases}
        names |= {"vmlinux"} if any(u.symbol for u in file.units) else set()
        if "several" in names:
            counts["several"] += 1
        elif units == said[path]:
            counts["exact"] += 1
        elif units <= names:
            counts["among those named"] += 1
        else:
            counts["not named"] += 1
            print(f"  header {path}: read by {sorted(units)[:6]}, map {sorted(names)}")
    print("headers:", dict(counts))


def main() -> None:
    """Print the figures and the exceptions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("debug", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("--map", type=Path, default=Path("data/kernel-files"))
    parser.add_argument("--release", default="6.12")
    parser.add_argument("--arch", default="x86", help="as the kernel's arch/ names it")
    parser.add_argument("--cves", type=Path)
    parser.add_argument("--lines", action="store_true")
    options = parser.parse_args()
    config: dict[str, str] = {}
    for line in options.config.read_text(encoding="utf-8").splitlines():
        match = _VALUE.match(line)
        if match:
            config[match[1]] = match[2]
    files = {file.path: file for file in load_maps(options.map) if options.release in file.releases}
    compiled, read = read_debug(options.debug, lines=options.lines)
    code = {path for path in compiled if path.endswith(CODE)}
    said = {
        path: predict(file, config, options.release, options.arch) for path, file in files.items()
    }
    made = sorted(path for path in code if path not in files and not path.endswith(".mod.c"))
    print(f"{len(code)} compiled source files, but for .mod.c of them not in the tree: {len(made)}")
    print(" ", " ".join(made))
    compare("all in the tree", {path for path in files if path.endswith(CODE)}, compiled, said)
    if options.cves:
        named = {path for path in cve_files(options.cves) if path.endswith(".c")}
        compare("named by a CVE", named, compiled, said)
    if options.lines:
        compare_headers(files, read, said, options.release)


if __name__ == "__main__":
    main()
