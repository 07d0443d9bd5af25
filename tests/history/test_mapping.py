"""Map files and cells: what is wrong is named by key, column and rule."""

from datetime import UTC, datetime

import pytest

from dispatch.history.mapping import MapInvalid, Source, parse_map
from dispatch.history.rows import RowReader, code_of, order_id
from dispatch.history.times import BadCell, TimeReader

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MAP = """
[source]
system = "cad"
timezone = "America/New_York"
empty = ["NULL"]
[order]
number = "no"
centre = "centre"
place = ["street", "town"]
lat = "lat"
lon = "lon"
[points]
A = "call"
[[assignment]]
unit = "unit"
D = "sent"
H = "there"
"""
ROW = {
    "no": "17-4",
    "centre": "North",
    "street": "1 Elm St",
    "town": "NULL",
    "lat": "39.9",
    "lon": "116.4",
    "call": "2024-01-15 08:00:00",
    "unit": "E41",
    "sent": "2024-01-15 08:01:00",
    "there": "",
}


def read(text: str = MAP, **cells: str):
    return RowReader(parse_map(text, "m.toml"), 1, NOW).read({**ROW, **cells})


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('timezone = "America/New_York"', 'timezone = "Mars/Olympus"', "source.timezone"),
        ('number = "no"', "", "order.number"),
        ('A = "call"', 'Q = "call"', "points.Q"),
        ('unit = "unit"', "", "unit_is"),
        ('unit = "unit"', 'unit = "unit"\nunit_is = "x"', "unit_is"),
        ('system = "cad"', 'system = "The CAD!"', "source.system"),
        ("[points]", "[points", "line"),
    ],
)
def test_a_wrong_map_names_its_key(old, new, named):
    parse_map(MAP, "m.toml")
    with pytest.raises(MapInvalid, match=r"m\.toml") as refused:
        parse_map(MAP.replace(old, new), "m.toml")
    assert named in str(refused.value)


def test_a_column_that_the_file_lacks_is_named_with_its_key():
    mapping = parse_map(MAP, "m.toml")
    mapping.check_header(list(ROW), "f.csv")
    with pytest.raises(MapInvalid) as refused:
        mapping.check_header([name for name in ROW if name not in ("there", "lat")], "f.csv")
    assert {one.field for one in refused.value.errors} == {"assignment.0.H", "order.lat"}
    assert str(refused.value).startswith("The data file f.csv does not fit the map")
    with pytest.raises(MapInvalid, match="2 column 'call'"):
        mapping.check_header([*ROW, "call"], "f.csv")


def test_a_row_becomes_an_order_and_its_assignment():
    row = read()
    assert row.order.id == order_id(1, "cad", "17-4")
    assert row.order.place == "1 Elm St"
    assert row.order.points == {"A": datetime(2024, 1, 15, 13, 0, tzinfo=UTC)}
    (one,) = row.assignments
    assert (one.unit, one.attempt) == ("E41", 1)
    assert one.points == {"D": datetime(2024, 1, 15, 13, 1, tzinfo=UTC)}
    assert read().assignments[0].id == one.id
    assert read(unit="E42").assignments[0].id != one.id
    assert read(no="18").order.id != row.order.id


def test_names_that_are_no_codes_stay_out_of_events():
    row = read(unit="东城抢修一班")
    code = row.assignments[0].unit
    assert code == code_of("东城抢修一班")
    assert code.isascii()
    assert row.names == {code: "东城抢修一班"}


def test_points_out_of_order_are_kept():
    row = read(there="2024-01-15 07:00:00")
    assert row.assignments[0].points["H"] < row.order.points["A"]


@pytest.mark.parametrize(
    ("cells", "rule", "field"),
    [
        ({"no": " "}, "no_number", "no"),
        ({"no": "编号一"}, "bad_number", "no"),
        ({"call": "yesterday"}, "time_format", "call"),
        ({"call": "0019-08-01 00:00:00"}, "time_range", "call"),
        ({"sent": "2999-08-01 00:00:00"}, "time_range", "sent"),
        ({"call": "", "sent": ""}, "no_time", "no"),
        ({"lat": "north"}, "bad_coordinate", "lat"),
        ({"lon": "999"}, "bad_coordinate", "lon"),
        ({"call": "2024-03-10 02:30:00"}, "time_skipped", "call"),
    ],
)
def test_an_unusable_row_names_field_and_rule(cells, rule, field):
    with pytest.raises(BadCell) as bad:
        read(**cells)
    assert (bad.value.rule, bad.value.field) == (rule, field)


def test_an_unknown_position_is_no_position():
    assert read(lat="0", lon="0").order.lat is None
    assert read(lat="", lon="116").order.lon is None


def reader(**rules: str) -> TimeReader:
    source = Source(system="x", timezone="America/New_York", **rules)  # type: ignore[arg-type]
    return TimeReader(source, NOW)


def test_the_hour_that_comes_twice():
    text, first = "2024-11-03 01:30:00", datetime(2024, 11, 3, 5, 30, tzinfo=UTC)
    assert reader().read(text, "f") == first
    assert reader(twice="later").read(text, "f") == first.replace(hour=6)
    with pytest.raises(BadCell) as bad:
        reader(twice="reject").read(text, "f")
    assert bad.value.rule == "time_twice"


def test_the_hour_that_is_skipped_can_be_moved():
    found = reader(skipped="shift").read("2024-03-10 02:30:00", "f")
    assert found == datetime(2024, 3, 10, 7, 30, tzinfo=UTC)


def test_an_offset_in_the_cell_beats_the_zone_of_the_map():
    found = reader().read("2024-01-15T08:00:00+08:00", "f")
    assert found == datetime(2024, 1, 15, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("%d/%m/%Y %H:%M", "15/01/2024 03:00"), ("unix", "1705305600"), ("iso", "20240115T030000")],
)
def test_formats(pattern, text):
    source = Source(system="x", timezone="America/New_York", formats=("%Y年%m月", pattern))
    assert TimeReader(source, NOW).read(text, "f") == datetime(2024, 1, 15, 8, tzinfo=UTC)


def test_points_of_another_map_system_become_wgs84() -> None:
    text = MAP.replace('lat = "lat"', 'lat = "lat"\ndatum = "gcj02"')
    point = {"lat": "39.91334545536069", "lon": "116.38404722455657"}
    order = read(text, **point).order
    assert (order.lat, order.lon) == pytest.approx((39.911954, 116.377817), abs=1e-7)
    with pytest.raises(MapInvalid):
        parse_map(text.replace("gcj02", "mars"), "m.toml")
