"""The beginning of ``advisor.pyz``: unpack it once, then run it from there.

SQLite cannot open a database within a zip, and Python keeps no bytecode of modules within one. So
the first run unpacks the whole file below the user's cache and later runs start as fast as an
installed program. Where nothing can be kept, it is unpacked for one run.

This has to be read by any Python 3, to tell the old ones that they are too old.
"""

import os
import sys

CONTENT = "@CONTENT@"


def refuse(what, hint):
    sys.stderr.write("advisor: error: %s\nadvisor: hint: %s\n" % (what, hint))
    sys.exit(69)


def mine(path):
    try:
        return os.stat(path).st_uid == os.geteuid()
    except OSError:
        return False


def cache():
    """Return the folder that is the user's own to keep things in, or None.

    A folder of another's is not used: a root that runs with a user's home must not run what that
    user could have put there.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        base = os.path.join(os.environ.get("HOME", ""), ".cache")
    if not base.startswith("/") or not mine(base if os.path.isdir(base) else os.path.dirname(base)):
        return None
    place = os.path.join(base, "advisor")
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
    except OSError:
        return None
    return place if mine(place) else None


def unpack(place):
    import zipfile

    with zipfile.ZipFile(os.path.dirname(os.path.abspath(__file__))) as packed:
        packed.extractall(place)


def kept():
    """Return the folder where this content stays unpacked, or None where that cannot be."""
    import shutil
    import tempfile

    place = cache()
    if place is None:
        return None
    whole = os.path.join(place, CONTENT)
    if mine(whole):
        return whole
    part = None
    try:
        part = tempfile.mkdtemp(prefix="part-", dir=place)
        unpack(part)
        os.rename(part, whole)
    except OSError:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
        # Another run may have been first.
        return whole if mine(whole) else None
    return whole


def passing():
    """Return a folder that goes away at the end of this run."""
    import atexit
    import shutil
    import tempfile

    try:
        place = tempfile.mkdtemp(prefix="advisor-")
        atexit.register(shutil.rmtree, place, True)
        unpack(place)
    except OSError as error:
        refuse(
            "cannot unpack this file: %s" % error,
            "let HOME or TMPDIR name a folder with 15 MB of room",
        )
    return place


def main():
    if sys.version_info < (3, 11):
        refuse(
            "Python %d.%d is too old, the advisor needs 3.11" % sys.version_info[:2],
            "run this file with a newer one: python3.11 advisor.pyz",
        )
    try:
        import sqlite3
    except ImportError:
        refuse("this Python has no sqlite3", "install the whole of Python: apt install python3")
    sys.path[0] = kept() or passing()
    from advisor.__main__ import run

    run()


main()
