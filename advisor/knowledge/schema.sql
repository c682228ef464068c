-- The knowledge base at run time. A series is an integer (Series.code), a patch level its number, a
-- fix its number here: 1 is the oldest CVE. Written by advisor/knowledge/build/database.py, read by
-- advisor/knowledge/store.py. What a scan asks of thousands of fixes at once is packed in columns
-- (advisor/knowledge/columns.py), which costs a fifth of reading them row by row.
PRAGMA user_version = 3;

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One value a fix, in the order of their numbers: `cve`, `started`, `ended`, `sites`, `score`,
-- `source`; and `letter`, `versions`, see columns.py.
CREATE TABLE column (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;

-- The earliest patch level of one stable series in which bugs and their fixes came in, by the CNA's
-- records; and the last one in which a changelog calls a bug fixed. Packed.
CREATE TABLE line (
  series INTEGER PRIMARY KEY, bugs BLOB NOT NULL, fixes BLOB NOT NULL, noted BLOB NOT NULL);

-- The rest of a fix. `bug`, `evidence` and `vector` are rows of `word`; `trace` holds the versions
-- and commits of the proof (trace.py).
CREATE TABLE fix (
  n INTEGER PRIMARY KEY, bug INTEGER NOT NULL, evidence INTEGER NOT NULL, vector INTEGER NOT NULL,
  trace BLOB NOT NULL);
CREATE TABLE word (n INTEGER PRIMARY KEY, text TEXT NOT NULL);

-- All stable releases that a distribution's changelog names for a fix, for the proof.
CREATE TABLE noted (
  fix INTEGER NOT NULL, series INTEGER NOT NULL, patch INTEGER NOT NULL,
  PRIMARY KEY (fix, series, patch)) WITHOUT ROWID;

-- How many fixes the stable releases of a series got, by changelogs, up to the patch level `last`:
-- compressed lines of `module TAB patch=fixes,named ...`, `named` of them with a CVE; all of them
-- under no module.
CREATE TABLE tally (series INTEGER PRIMARY KEY, last INTEGER NOT NULL, body BLOB NOT NULL);

-- The fix `by` is what brought the bug `fix`.
CREATE TABLE repair (
  fix INTEGER NOT NULL, by INTEGER NOT NULL, PRIMARY KEY (fix, by)) WITHOUT ROWID;

-- The places that fixes touch, interned, since many fixes touch the same driver: one line a file,
-- `path TAB units`, with no units where no kernel tree has the file (sites.py).
CREATE TABLE sites (n INTEGER PRIMARY KEY, text TEXT NOT NULL);

-- Every file of the kernel trees, by folder: compressed lines of
-- `folder TAB units TAB name/name/...`.
CREATE TABLE folder (path TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;

-- Where files went that no kernel tree has any more: a path, or a folder that ends in a slash.
CREATE TABLE moved (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID;

-- CVEs that are known to be exploited, and since when.
CREATE TABLE exploited (id TEXT PRIMARY KEY, since TEXT NOT NULL) WITHOUT ROWID;

-- What people wrote: data/fixes.json, with the same ranges. `trigger` is its condition, as JSON.
CREATE TABLE curated (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, started INTEGER, ended INTEGER,
  trigger TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE curated_point (
  series INTEGER NOT NULL, kind INTEGER NOT NULL, patch INTEGER NOT NULL, fix INTEGER NOT NULL,
  PRIMARY KEY (series, kind, patch, fix)) WITHOUT ROWID;
CREATE TABLE curated_cve (
  cve TEXT NOT NULL, fix INTEGER NOT NULL, PRIMARY KEY (cve, fix)) WITHOUT ROWID;

-- data/series.json: one row a series. Dates are ISO days, "" where nobody has said.
CREATE TABLE series (
  code INTEGER PRIMARY KEY, released TEXT NOT NULL, longterm INTEGER NOT NULL, eol TEXT NOT NULL,
  last TEXT NOT NULL);

-- data/drivers.json: what was removed or came back, by module. Codes are series.
CREATE TABLE driver (n INTEGER PRIMARY KEY, removed INTEGER, restored INTEGER, body TEXT NOT NULL);
CREATE TABLE driver_module (
  module TEXT NOT NULL, driver INTEGER NOT NULL, PRIMARY KEY (module, driver)) WITHOUT ROWID;
