-- The knowledge base at run time. A series is an integer (Series.code), a patch level its number.
-- Written by advisor/knowledge/build/database.py, read by advisor/knowledge/store.py.
PRAGMA user_version = 1;

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row a CVE. `started` and `ended` are the earliest mainline series that has the bug and the fix;
-- NULL where mainline never had it. `ended_cna` differs where the CNA's own rule takes a fix in a
-- 2.6.x.y update for mainline's (docs/accuracy.md). `trace` holds versions and commits for the proof
-- (advisor/knowledge/trace.py).
CREATE TABLE fix (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, class TEXT NOT NULL, evidence TEXT NOT NULL,
  cvss TEXT NOT NULL, score INTEGER NOT NULL, source INTEGER NOT NULL,
  started INTEGER, ended INTEGER, ended_cna INTEGER, sites INTEGER NOT NULL, trace TEXT NOT NULL);
CREATE INDEX fix_range ON fix (started, ended, ended_cna, source, sites, score);

-- Where a bug (kind 0) or its fix (kind 1) entered a stable series, and which source says so.
CREATE TABLE point (
  series INTEGER NOT NULL, kind INTEGER NOT NULL, patch INTEGER NOT NULL, fix INTEGER NOT NULL,
  source INTEGER NOT NULL, PRIMARY KEY (series, kind, patch, fix, source)) WITHOUT ROWID;

-- The places that a fix touches, interned: many fixes touch the same driver.
-- One line a file: path TAB unit;unit, a unit being module:symbol:gate,gate; ? where no tree has it.
CREATE TABLE sites (n INTEGER PRIMARY KEY, text TEXT NOT NULL);

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

-- data/series.json: one row a series. Dates are ISO days, NULL where nobody has said.
CREATE TABLE series (
  code INTEGER PRIMARY KEY, name TEXT NOT NULL, released TEXT, longterm INTEGER NOT NULL, eol TEXT,
  last TEXT, horizon INTEGER);

-- data/drivers.json: what was removed or came back, by module. Codes are series.
CREATE TABLE driver (
  module TEXT NOT NULL, status TEXT NOT NULL, removed INTEGER, restored INTEGER, body TEXT NOT NULL);
CREATE INDEX driver_module ON driver (module);
