# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Captures of hosts without Python: a POSIX shell prints what the manifest names, this makes a capture of it.

The shell script is made from the tables of the capture agent, so both read the same. It prints records, a line
each, and what belongs to a record on lines that start with C(|)::

    @F MTIME PATH    a file's text          @B MTIME PATH   a file in hexadecimal
    @Z MTIME PATH    a file that is packed there, unpacked here
    @L PATH TARGET   a link within /sys     @T PATH TEXT    a link to anywhere, kept as text
    @D PATH          something that is there
    @X WHY PATH      a file that was not read: denied or packed
    @C NAME          the output of a command
    @E               the end: without it the capture is broken

What comes back is from outside: paths are checked, links can only lead within the capture, files come before links.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import time
from pathlib import Path

from ansible_collections.homelab.kernel_advisor.plugins.module_utils import capture_agent as agent

MOST_BYTES = 64 << 20
MOST_RECORDS = 200_000
REASONS = {"denied": "permission denied", "packed": "packed, and the host has no Python to unpack it"}
SPACES = ("/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var")
TEXT_LINKS = ("/proc/self/ns/pid", "/run/booted-system/kernel", "/run/current-system/kernel")
NAMES = ("/etc/udev/hwdb.bin", "/usr/lib/udev/hwdb.bin", "/usr/share/misc/pci.ids", "/usr/share/misc/usb.ids")

HEAD = r"""
exec 2>/dev/null
LC_ALL=C PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
R=$(uname -r)
p() { printf "%s\n" "$1"; }
m() { M=0; case $1 in /proc/*|/sys/*) ;; *) M=$(date -r "$1" +%s) || M=0 ;; esac; }
can() { [ -f "$1" ] || return 1; [ -r "$1" ] || { p "@X denied $1"; return 1; }; }
small() { while IFS= read -r l || [ -n "$l" ]; do p "|$l"; done <"$1"; }
attr() { [ -r "$1" ] && [ -f "$1" ] || return 0; h=1; while IFS= read -r l || [ -n "$l" ]; do
  [ -n "$h" ] && p "@F 0 $1"; h=; p "|$l"; done <"$1"; }
lines() { tr -d "\000\r" | sed "s/^/|/"; p ""; }
plain() { case $1 in *.gz) zcat "$1" ;; *) cat "$1" ;; esac; }
short() { can "$1" || return 0; m "$1"; p "@F $M $1"; small "$1"; }
long() { can "$1" || return 0; m "$1"; p "@F $M $1"; lines <"$1"; }
packed() { can "$1" || return 0; m "$1"; p "@Z $M $1"; zcat "$1" | lines; }
binary() { can "$1" || return 0; m "$1"; p "@B $M $1"
  { od -An -v -tx1 "$1" || hexdump -v -e "1/1 \"%02x\"" "$1"; } | lines; }
cves() { can "$1" || return 0; m "$1"; p "@F $M $1"; plain "$1" | grep -o "CVE-[0-9]*-[0-9]*" | sort -u | lines; }
apk() { can "$1" || return 0; m "$1"; p "@F $M $1"; plain "$1" | tr -d "\000" | grep -A1 "^P:linux-" | lines; }
stanzas() { can "$1" || return 0; case $1 in *.lz4|*.xz|*.zst|*.bz2) p "@X packed $1"; return 0 ;; esac
  m "$1"; p "@F $M $1"; plain "$1" | awk "BEGIN{RS=\"\";ORS=\"\n\n\"} /(^|\n)Package: (@STANZAS@)/" | lines; }
none() { [ -f "$1" ] && p "@X packed $1"; }
link() { (cd -P "$2" && p "@L $1 $PWD"); }
there() { [ -e "$1" ] || [ -L "$1" ] && p "@D $1"; }
"""

DEVICES = r"""
device() {
  [ -L "$1" ] && cd -P "$1" || return 0
  d=$PWD; p "@L $1 $d"; attr "$d/uevent"; shift
  for a in "$@"; do attr "$d/$a"; done
  [ -L "$d/driver" ] && link "$d/driver" "$d/driver"
}
"""

TAIL = r"""
for l in /sys/bus/*/drivers/*/module; do [ -L "$l" ] && link "$l" "$l"; done
for d in /sys/class/net/*; do
  [ -L "$d" ] && cd -P "$d" || continue; d=$PWD
  for l in "$d/master" "$d/phy80211" "$d"/lower_*; do [ -L "$l" ] && link "$l" "$l"; done
done
cd /
for l in @TEXT_LINKS@; do [ -L "$l" ] && p "@T $l $(readlink "$l")"; done
for d in /run/udev/data; do [ -d $d ] && { p "@C names"; grep "^E:ID_[MV][A-Z]*_FROM_DATABASE=" $d/* | lines; }; done
p "@C uname"
for o in s n r v m; do p "|$(uname -$o)"; done
p "@C space"
for d in @SPACES@; do [ -d $d ] && df -Pk $d | sed "1d;s,^,|$d ,"; done
p "@C session"
p "|$(id -u) ${SSH_CONNECTION%% *}"
[ -n "$SSH_CONNECTION" ] && ip -o route get "${SSH_CONNECTION%% *}" | lines
p "@E"
"""


def script():
    """Return the shell script: one function call for each row of the manifest."""
    names = "|".join(name.decode().replace("+", "[+]").replace(".", "[.]") for name in agent.STANZA_NAMES)
    rows = [HEAD.replace("@STANZAS@", names)]
    for pattern, names in agent.LISTS:
        folder = pattern.replace("{release}", "$R")
        wanted = " ".join(f"{folder}/{name}" for name in names)
        rows.append(f'for f in {folder} {wanted}; do there "$f"; done\n')
    for pattern, limit, keep in agent.READS:
        path = pattern.replace("{release}", "$R")
        rows.append(f'for f in {path}; do {reader_of(pattern, limit, keep)} "$f"; done\n')
    rows.append(DEVICES)
    for folder, table in (("/sys/bus/{}/devices", agent.BUSES), ("/sys/class/{}", agent.CLASSES)):
        for subsystem, attributes in table.items():
            place = folder.format(subsystem)
            rows.append(f'for f in {place}/*; do device "$f" {" ".join(attributes)}; done\n')
    rows += [command(*row) for row in agent.COMMANDS]
    rows.append(TAIL.replace("@TEXT_LINKS@", " ".join(TEXT_LINKS)).replace("@SPACES@", " ".join(SPACES)))
    return "".join(rows)


def command(name, needs, argv, keep):
    """Return the line that runs a command of the manifest where its program is there."""
    words = " ".join(f'"{word}"' for word in argv).replace("{release}", "$R")
    only = ' | grep -o "CVE-[0-9]*-[0-9]*" | sort -u' if keep == "cves" else ""
    return f'[ -x {needs} ] && {{ p "@C {name}"; {words}{only} | lines; }}\n'


def reader_of(pattern, limit, keep):
    """Return the shell function that reads files of a pattern."""
    if keep in {"stanzas", "cves", "apk"}:
        return keep
    if keep == "desc" and pattern.endswith(".db"):
        return "none"
    if "/efivars/" in pattern:
        return "binary"
    if pattern.endswith(".gz"):
        return "packed"
    return "short" if limit <= 4096 else "long"


SCRIPT = f"/bin/sh -c {shlex.quote(script())}"


class Records:
    """What the shell printed, checked: files and links by path, the output of commands by name.

    Args:
        output: All that it printed.

    Raises:
        ValueError: It is not whole, too large, or names what no capture holds.
    """

    def __init__(self, output):
        if len(output) > MOST_BYTES:
            raise ValueError(f"it printed more than {MOST_BYTES} bytes")
        self.files, self.links, self.texts, self.commands = {}, {}, {}, {}
        self.there, self.unread = set(), {}
        # A terminal on the way may have put carriage returns in; lines of ours hold none.
        lines = output.replace("\r", "").split("\n")
        if "@E" not in lines:
            raise ValueError("it ended early")
        record, kept = "", []
        for count, line in enumerate(lines[: lines.index("@E") + 1]):
            if count > MOST_RECORDS * 10:
                raise ValueError("it printed too many lines")
            if line.startswith("@"):
                self.add(record, kept)
                record, kept = line, []
            elif line.startswith("|") and record:
                kept.append(line[1:])

    def add(self, record, lines):
        """Take one record and its lines."""
        mark, rest = halves(record)
        if mark in {"@F", "@B", "@Z"}:
            modified, path = halves(rest)
            self.files[checked(path)] = (content_of(mark, lines), number(modified))
        elif mark == "@L":
            path, target = pair(rest)
            if not target.startswith("/sys/"):
                raise ValueError(f"a link leads out of /sys: {path[:80]!r}")
            self.links[checked(path, "/sys/")] = checked(target)
        elif mark == "@T":
            path, target = halves(rest)
            if path in TEXT_LINKS:
                self.texts[path] = target[:256]
        elif mark == "@D":
            self.there.add(checked(rest))
        elif mark == "@X":
            why, path = halves(rest)
            self.unread[checked(path)] = REASONS.get(why, "not read")
        elif mark == "@C":
            self.commands[rest] = lines
        if len(self.files) + len(self.links) + len(self.there) > MOST_RECORDS:
            raise ValueError("it printed too many records")


def checked(path, start="/"):
    """Return a path that stays where it is put, ValueError for any other."""
    names = path.split("/")
    if not path.startswith(start) or len(path) > 1000 or "\0" in path or {"", ".", ".."} & set(names[1:]):
        raise ValueError(f"a strange path: {path[:80]!r}")
    return path


def halves(words, at=" "):
    """Return what stands before the first mark, and what after it."""
    parts = words.partition(at)
    return parts[0], parts[2]


def pair(words):
    """Return the two paths of a link."""
    path, found, target = words.partition(" /")
    if not found:
        raise ValueError(f"a link to nowhere: {words[:80]!r}")
    return path, f"/{target}"


def number(word):
    """Return a time in seconds, 0 for anything else."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 12 else 0


def content_of(mark, lines):
    """Return a file's bytes from its lines."""
    if mark == "@B":
        return bytes.fromhex("".join(lines))
    while lines and not lines[-1]:
        lines.pop()
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    return gzip.compress(text, 1, mtime=0) if mark == "@Z" else text


def packed(output, folder):
    """Return the capture that the shell's output holds.

    Args:
        output: What :data:`SCRIPT` printed.
        folder: An empty folder to work in.

    Raises:
        ValueError: The output is not whole, or not what the script prints.
    """
    records = Records(output)
    uname = (records.commands.get("uname") or [])[:5]
    if len(uname) != 5 or not uname[2]:
        raise ValueError("it did not say which kernel runs")
    lay_out(records, Path(folder))
    now = int(time.time())
    members = agent.collect(agent.Reader(root=str(folder), release=uname[2]), now)
    members = [patched(member, records) for member in members if not by_command(member.path)]
    members += [
        agent.Member(f"/commands/{name}", text.encode("utf-8", "backslashreplace"))
        for name, text in said(records, uname).items()
    ]
    return agent.pack(members, now)


def by_command(path):
    """Return whether a member tells what was asked of this machine instead of the host."""
    return path.startswith("/commands/")


def patched(member, records):
    """Return a member, the one about the capture itself with what the shell knew of it."""
    if member.path != agent.ABOUT:
        return member
    about = json.loads(member.content)
    session = (records.commands.get("session") or [""])[0]
    about["root"] = session.split(" ")[0] == "0"
    no_netlink = dict.fromkeys(("links", "wireless"), "the host has no Python to ask the kernel with")
    about["unread"] = {**records.unread, **no_netlink}
    return member._replace(content=(json.dumps(about, sort_keys=True) + "\n").encode())


def said(records, uname):
    """Return the facts that the agent asks of the system, in its words."""
    session = (records.commands.get("session") or ["0"])
    user, client = halves(session[0])
    device = re.search(r" dev ([^\s]{1,15})", " ".join(session[1:]))
    where = f"ssh {device.group(1) if device else ''}" if client else "local"
    return {
        "uname": "".join(f"{field}\n" for field in uname),
        "session": f"{where}\neuid {number(user)}\n",
        "space": "".join(space(line.split()) for line in records.commands.get("space") or ()),
        **{
            row[0]: "".join(f"{line}\n" for line in records.commands[row[0]] if line)
            for row in agent.COMMANDS
            if row[0] in records.commands
        },
    }


def space(words):
    """Return a line of ``df`` as the agent says it: path, free MiB, all MiB."""
    if len(words) < 6 or not (words[2].isdigit() and words[4].isdigit()):
        return ""
    return f"{words[0]} {int(words[4]) // 1024} {int(words[2]) // 1024}\n"


def lay_out(records, root):
    """Put what the shell printed into a folder, shaped as the host is. Links come last."""
    for path, (content, modified) in records.files.items():
        put(root, path, content, modified)
    for line in records.commands.get("names") or ():
        path, entry = halves(line, ":")
        if path.startswith("/run/udev/data/") and "=" in entry:
            put(root, checked(path), f"{entry}\n".encode("utf-8", "backslashreplace"), 0, "ab")
    for path in sorted(records.there):
        place = root / path[1:]
        if not place.exists() and path not in records.links:
            make_folder(place)
    if not (root / "run/udev/data").exists():
        lend_names(root)
    for path, target in sorted(records.links.items()):
        place = root / path[1:]
        if str(place.parent.resolve()) == str(Path(root).resolve() / path[1:].rpartition("/")[0]):
            place.parent.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(place):
                place.symlink_to(os.path.relpath(target, path.rpartition("/")[0]))
    for path, text in records.texts.items():
        place = root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(place):
            place.symlink_to(text or "nothing")


def put(root, path, content, modified, mode="wb"):
    """Write a file below a folder, unless something of another kind is there."""
    place = root / path[1:]
    if make_folder(place.parent) and not place.is_dir():
        with place.open(mode) as file:
            file.write(content)
        if modified:
            os.utime(place, (modified, modified))


def make_folder(place):
    """Make a folder; return whether there is one. A host may claim that a file is a folder too."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        return False
    return True


def lend_names(root):
    """Let this machine's lists of names tell what the host's cards are called: the ids are the same."""
    for name in NAMES:
        if os.path.isfile(name):
            place = root / name[1:]
            if make_folder(place.parent) and not os.path.lexists(place):
                place.symlink_to(name)
