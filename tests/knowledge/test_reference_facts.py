"""What the small curated tables say, held against what is known from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest

from advisor.errors import AdvisorError
from advisor.knowledge.facts import SeriesFacts
from advisor.knowledge.reference import load_drivers, load_exploited, load_series
from advisor.knowledge.reference_drivers import DriverFacts
from advisor.model.version import KernelVersion, Series, parse_version

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
NAMES = ROOT / "tests" / "data" / "module-names.txt"

SERIES_TEXT = (DATA / "series.json").read_text("utf-8")
DRIVERS_TEXT = (DATA / "drivers.json").read_text("utf-8")
SERIES = {row.series: row for row in load_series(SERIES_TEXT)}
DRIVERS = {row.id: row for row in load_drivers(DRIVERS_TEXT)}
EXPLOITED = {row.cve: row.since for row in load_exploited((DATA / "exploited.json").read_text())}


def version(text: str) -> KernelVersion:
    made = parse_version(text)
    assert made is not None
    return made


def series(text: str) -> SeriesFacts:
    return SERIES[version(text).series]


def driver_text(*changes: tuple[str, str]) -> str:
    found = DRIVERS_TEXT
    for old, new in changes:
        assert old in found
        found = found.replace(old, new, 1)
    return found


def test_series_from_4_4_to_7_3_are_there_without_a_gap() -> None:
    last = {4: 20, 5: 19, 6: 19, 7: 3}
    want = [Series(4, n) for n in range(4, 21)]
    want += [Series(major, n) for major in (5, 6, 7) for n in range(last[major] + 1)]
    assert list(SERIES) == want


@pytest.mark.parametrize(
    ("name", "released", "longterm", "eol"),
    [
        pytest.param("6.1", "2022-12-11", True, "2027-12-31", id="6.1"),
        pytest.param("6.12", "2024-11-17", True, "2028-12-31", id="6.12"),
        pytest.param("6.18", "2025-11-30", True, "2028-12-31", id="6.18"),
        pytest.param("6.17", "2025-09-28", False, "2025-12-18", id="6.17"),
        pytest.param("5.8", "2020-08-02", False, "2020-12-13", id="5.8"),
        pytest.param("7.3", "", False, "", id="7.3"),
    ],
)
def test_series_says_what_kernel_org_said(
    name: str, released: str, longterm: object, eol: str
) -> None:
    row = series(name)
    assert (row.released, row.longterm, row.eol) == (released, longterm, eol)


@pytest.mark.parametrize(
    "newest", ["6.1.192", "6.12.117", "7.2.13", "7.3.4", "5.4.302", "4.19.325", "6.17.13"]
)
def test_series_names_the_newest_update(newest: str) -> None:
    assert series(newest).last == version(newest)


def test_series_that_ended_say_a_day() -> None:
    assert [str(row.series) for row in SERIES.values() if not row.eol] == ["7.2", "7.3"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param('"4.5", "first', '"4.4", "first', "must stand before 4.4", id="twice"),
        pytest.param('"2016-03-13"', '"2016-01-01"', "not after that of 4.4", id="day-order"),
        pytest.param('"eol": "2016-07-24"', '"eol": "2015-07-24"', "not after the first", id="eol"),
        pytest.param('"eol": "2016-07-24"', '"eol": null', "exactly where eol_kind", id="no-eol"),
        pytest.param('"eol_kind": "by"', '"eol_kind": "ever"', "not one of announced", id="kind"),
        pytest.param('"4.5.2"', '"4.6.2"', "not a release of 4.5: '4.6.2'", id="last"),
        pytest.param('"4.5.2"', '"4.5.x"', "not a release of 4.5: '4.5.x'", id="last-no-version"),
        pytest.param('["tarball-dates"', '["tarball"', "not among the file's sources", id="source"),
        pytest.param('["endoflife.date"]', "[]", "without a source", id="no-source"),
        pytest.param('"https://endof', '"http://endof', "url: not an https", id="url"),
        pytest.param('{"what": "endof', '{"w": "endof', "endoflife.date.w: unknown", id="key"),
        pytest.param('"tags": {', '"tags": 1, "other": {', "sources.tags: not an obj", id="no-obj"),
    ],
)
def test_load_series_says_where_it_is_wrong(old: str, new: str, said: str) -> None:
    assert old in SERIES_TEXT
    with pytest.raises(AdvisorError) as caught:
        load_series(SERIES_TEXT.replace(old, new, 1))
    assert said in caught.value.what


def test_series_without_a_known_update_has_none() -> None:
    spoilt = SERIES_TEXT.replace('"last_release": "7.3.4"', '"last_release": null')
    assert load_series(spoilt)[-1].last is None


each_driver = pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.id) for row in DRIVERS.values()]
)


@each_driver
def test_driver_that_debian_had_has_a_module_of_debian(row: DriverFacts) -> None:
    names = frozenset(NAMES.read_text("utf-8").split())
    present = cast("dict[str, bool]", row.body["debian_amd64"])
    if any(present.values()):
        assert names.intersection(row.modules)


@each_driver
def test_driver_advice_is_sentences_a_person_can_follow(row: DriverFacts) -> None:
    assert re.fullmatch(r"[A-Za-z0-9].{10,480}\.", row.advice)
    assert ".." not in row.advice


@each_driver
def test_driver_presence_in_debian_agrees_with_its_removal(row: DriverFacts) -> None:
    present = cast("dict[str, bool]", row.body["debian_amd64"])
    having = {version(text) for text, here in present.items() if here}
    if row.status == "removed" and row.removed is not None:
        assert all(found < row.removed for found in having)
    if row.status == "never-removed" and having:
        assert len(having) == len(present)


@pytest.mark.parametrize(
    ("name", "status", "removed", "restored"),
    [
        pytest.param("3c509", "restored", "7.1-rc1", "7.1-rc5", id="3c509"),
        pytest.param("3c59x", "never-removed", "", "", id="3c59x"),
        pytest.param("ne2k-pci", "never-removed", "", "", id="ne2k-pci"),
        pytest.param("xircom-cb", "removed", "7.3", "", id="xircom_cb"),
        pytest.param("ib-qib", "removed", "6.17", "", id="ib_qib"),
        pytest.param("md-linear", "restored", "6.8", "6.14", id="md-linear"),
        pytest.param("ntfs3", "renamed", "", "", id="ntfs3"),
        pytest.param("sundance", "not-built", "", "", id="sundance"),
    ],
)
def test_driver_says_where_it_went(name: str, status: str, removed: str, restored: str) -> None:
    row = DRIVERS[name]
    assert row.status == status
    assert str(row.removed or "") == removed
    assert str(row.restored or "") == restored
    assert (row.removed_series is None) == (not removed)
    assert (row.restored_series is None) == (not restored)


@pytest.mark.parametrize(
    ("name", "modalias"),
    [
        pytest.param("3c509", "pnp:dTCM5094*", id="3c509"),
        pytest.param("xircom-cb", "pci:v0000115Dd00000003sv*sd*bc*sc*i*", id="xircom_cb"),
        pytest.param("ib-qib", "pci:v00001077d00007322sv*sd*bc*sc*i*", id="ib_qib"),
        pytest.param("vt6655", "pci:v00001106d00003253sv*sd*bc*sc*i*", id="vt6655"),
        pytest.param("reiserfs", "fs-reiserfs", id="reiserfs"),
        pytest.param("appletalk", "net-pf-5", id="appletalk"),
    ],
)
def test_driver_knows_its_devices_by_modalias(name: str, modalias: str) -> None:
    assert modalias in DRIVERS[name].aliases


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param((('"3c515"', '"3c509"'),), "used twice", id="id"),
        pytest.param((('["3c515"]', '["3c509"]'),), "3c509 belongs to 3c509 too", id="module"),
        pytest.param((('"kind": "driver"', '"kind": "car"'),), "not one of driver", id="kind"),
        pytest.param((('"isa", "pnp"', '"isa", "vlb"'),), "bus[1]: not one of", id="bus"),
        pytest.param((('"by": "7.1-rc1"', '"by": "6.9"'),), "6.9 is not after 7.0", id="range"),
        pytest.param((('"by": "7.1-rc1"', '"by": "new"'),), "not a version: 'new'", id="version"),
        pytest.param((('"exact": true', '"exact": "yes"'),), "not true or false", id="exact"),
        pytest.param((('["7.1-rc5"]', '["7..1"]'),), "not a version: '7..1'", id="restored"),
        pytest.param((('["7.1-rc5"]', '["7.0"]'),), "7.0 is not after 7.1-rc1", id="too-early"),
        pytest.param((('["7.1-rc5"]', "[]"),), "go with the status restored", id="not-restored"),
        pytest.param((('"6.1.192": false', '"6.1": 0'),), "with true or false", id="debian"),
        pytest.param((('"91f3a27ae9f6"', '"91f3a"'),), "not a commit", id="commit"),
        pytest.param((('["ntfs"]', "[]"),), "a renamed module has one", id="renamed"),
        pytest.param((('"kconfig", "deb', '"kcon", "deb'),), "not among the file's", id="source"),
        pytest.param((("Nothing to do: it was", "TODO: it was"),), "advice: unfinished", id="todo"),
        pytest.param(
            (('"removed": {"after": "7.0", "by": "7.1-rc1", "exact": true}', '"removed": 1'),),
            "removed: not an object",
            id="removed",
        ),
    ],
)
def test_load_drivers_says_where_it_is_wrong(
    changes: tuple[tuple[str, str], ...], said: str
) -> None:
    with pytest.raises(AdvisorError) as caught:
        load_drivers(driver_text(*changes))
    assert said in caught.value.what


@pytest.mark.parametrize(
    ("cve", "since"),
    [
        pytest.param("CVE-2016-5195", "2022-03-03", id="dirty-cow"),
        pytest.param("CVE-2022-0847", "2022-04-25", id="dirty-pipe"),
        pytest.param("CVE-2024-1086", "2024-05-30", id="nf_tables"),
        pytest.param("CVE-2026-31431", "2026-05-01", id="algif_aead"),
    ],
)
def test_exploited_names_the_day_it_was_listed(cve: str, since: str) -> None:
    assert EXPLOITED[cve] == since


def test_exploited_out_of_order_is_refused() -> None:
    text = (DATA / "exploited.json").read_text("utf-8").replace("CVE-2010-3904", "CVE-2031-3904")
    with pytest.raises(AdvisorError, match=r"exploited\[1\]\.cve: out of order"):
        load_exploited(text)


def test_exploited_of_another_product_is_refused() -> None:
    text = (DATA / "exploited.json").read_text("utf-8").replace("Android Kernel", "Windows", 1)
    with pytest.raises(AdvisorError, match="not one of Linux Kernel"):
        load_exploited(text)
