"""The routing table decides by what is most specific, and says why."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.reference import FAULT_CODES, FAULTS, TRADE_CODES
from dispatch.routing.rules import (
    ANY,
    Answer,
    Case,
    District,
    OnDuty,
    Row,
    Target,
    district_rows,
    fits,
    gaps,
    in_hours,
    route,
    specificity,
)
from dispatch.routing.words import DEVICE_CODES, DEVICE_OF, DEVICE_TRADES, TRADE_WORDS, explained

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, tzinfo=ZONE)
NOON = MONDAY.replace(hour=12)
SPACE = UUID("00000000-0000-4000-8000-000000000000")


def id_of(name: str) -> UUID:
    return uuid5(SPACE, name)


EAST, WEST, NORTH = id_of("east"), id_of("west"), id_of("north")
DISTRICT, CITY = id_of("district"), id_of("city")
CASE = Case((DISTRICT, CITY), "wires_down", "medium_voltage", "rural")
DISTRICTS = [District(DISTRICT, (DISTRICT, CITY), EAST), District(CITY, (CITY,), None)]
FAULT_CLASSES = [(code, DEVICE_OF.get(code)) for code in FAULT_CODES]


def everybody(_centre: UUID, _trade: str) -> Answer:
    return "yes"


def a_row(name: str = "row", centre: UUID = EAST, trade: str = ANY, **more: object) -> Row:
    return Row(id=id_of(name), position=1, centre_id=centre, trade=trade, **more)  # type: ignore[arg-type]


def only(*present: tuple[UUID, str], off: tuple[UUID, ...] = ()) -> OnDuty:
    def ask(centre: UUID, trade: str) -> Answer:
        if centre in off:
            return "off_duty"
        return "yes" if (centre, trade) in present else "no_trade"

    return ask


LESS_TO_MORE = [
    a_row("any"),
    a_row("area", area_class="rural"),
    a_row("device", device="medium_voltage"),
    a_row("device, area", device="medium_voltage", area_class="rural"),
    a_row("fault", fault_code="wires_down"),
    a_row("city", region_id=CITY),
    a_row("district", region_id=DISTRICT),
    a_row("district, device", region_id=DISTRICT, device="medium_voltage"),
    a_row("district, fault", region_id=DISTRICT, fault_code="wires_down"),
]


@pytest.mark.parametrize("count", range(1, len(LESS_TO_MORE) + 1))
def test_the_most_specific_row_decides(count: int) -> None:
    rows = LESS_TO_MORE[:count]
    for order in (rows, rows[::-1]):
        assert route(order, CASE, NOON, everybody).row == rows[-1]


def test_of_equals_the_higher_one_decides() -> None:
    low, high = a_row("low"), replace(a_row("high", WEST), position=0)
    assert route([low, high], CASE, NOON, everybody).row == high


def test_what_is_written_comes_before_what_follows_from_the_districts() -> None:
    written = a_row("anywhere", WEST, fault_code="wires_down")
    rows = [*district_rows(DISTRICTS, DEVICE_TRADES), written]
    assert route(rows, CASE, NOON, everybody).centre_id == WEST
    other = replace(CASE, fault_code="no_power_home", device="service")
    choice = route(rows, other, NOON, everybody)
    assert (choice.centre_id, choice.trade) == (EAST, "community_service")


def test_stand_ins_are_asked_in_turn_and_the_steps_are_told() -> None:
    row = a_row(
        trade="medium_voltage",
        stand_ins=(Target(WEST, "medium_voltage"), Target(NORTH, "low_voltage")),
    )
    choice = route([row], CASE, NOON, only((NORTH, "low_voltage"), off=(EAST,)))
    assert (choice.centre_id, choice.trade, choice.row) == (NORTH, "low_voltage", row)
    assert [step.code for step in choice.why] == ["off_duty", "no_trade", "stand_in"]
    names = {EAST: ("城东", "East"), WEST: ("城西", "West"), NORTH: ("城北", "North")}
    said = [explained(step, names.__getitem__) for step in choice.why]
    assert said == [
        ("城东未当班", "East is off duty"),
        ("城西无10千伏抢修班组当班", "West has no 10 kV crew on duty"),
        ("由城北（低压抢修）代班", "North (low voltage) stands in"),
    ]


def test_where_a_row_has_nobody_the_next_one_is_asked_and_then_it_is_nobody() -> None:
    rows = [a_row("near", EAST, region_id=DISTRICT), a_row("far", WEST)]
    assert route(rows, CASE, NOON, only((WEST, ANY))).centre_id == WEST
    choice = route(rows, CASE, NOON, only())
    assert choice.centre_id is None
    assert [step.code for step in choice.why] == ["no_trade", "no_trade", "nobody"]
    assert [step.code for step in route([], CASE, NOON, everybody).why] == ["no_row"]


def test_an_order_that_asks_for_a_trade_is_looked_for_by_that_trade() -> None:
    row = a_row(trade="medium_voltage")
    asked = replace(CASE, trade="low_voltage")
    assert route([row], asked, NOON, only((EAST, "low_voltage"))).trade == "low_voltage"
    assert route([row], replace(CASE, trade=ANY), NOON, everybody).trade == "medium_voltage"


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        ((480, 1080), "08:00", True),
        ((480, 1080), "18:00", False),
        ((480, 1080), "07:59", False),
        ((1320, 360), "23:00", True),
        ((1320, 360), "05:59", True),
        ((1320, 360), "06:00", False),
        ((0, 0), "03:00", True),
    ],
)
def test_duty_hours_are_half_open_and_may_cross_midnight(
    hours: tuple[int, int], at: str, expected: bool
) -> None:
    row = a_row(from_minute=hours[0], to_minute=hours[1])
    moment = datetime.combine(MONDAY.date(), time.fromisoformat(at), ZONE)
    assert in_hours(row, moment) is expected


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    friday_night = a_row(from_minute=1320, to_minute=360, weekdays="5")
    friday = MONDAY + timedelta(days=4)
    assert in_hours(friday_night, friday.replace(hour=23))
    assert in_hours(friday_night, (friday + timedelta(days=1)).replace(hour=5))
    assert not in_hours(friday_night, friday.replace(hour=5))
    weekend = a_row(weekdays="67")
    assert in_hours(weekend, friday + timedelta(days=1))
    assert not in_hours(weekend, friday)


def test_the_districts_alone_reach_everybody_but_places_in_none() -> None:
    rows = district_rows(DISTRICTS[:1], DEVICE_TRADES)
    found = gaps(rows, DISTRICTS[:1], FAULT_CLASSES, ("urban", "rural"), MONDAY, everybody)
    assert {one.region_id for one in found} == {None}
    assert len(found) == len(FAULT_CODES) * 2
    one_centre = district_rows(DISTRICTS[:1], DEVICE_TRADES, [EAST])
    assert gaps(one_centre, DISTRICTS[:1], FAULT_CLASSES, ("urban",), MONDAY, everybody) == []


def test_a_gap_at_night_is_found_with_its_first_moment() -> None:
    day = a_row(region_id=CITY, from_minute=480, to_minute=1080)
    found = gaps([day], DISTRICTS, [("other", None)], ("urban",), MONDAY, everybody)
    by_place = {one.region_id: one.at for one in found}
    assert by_place == {DISTRICT: MONDAY, CITY: MONDAY, None: None}
    workdays = a_row(region_id=CITY, weekdays="12345")
    (first, *_) = gaps([workdays], DISTRICTS, [("other", None)], ("urban",), MONDAY, everybody)
    assert first.at == MONDAY + timedelta(days=5)


REGIONS = st.sampled_from([None, DISTRICT, CITY, id_of("elsewhere")])
MINUTE = st.integers(0, 1439)
HOURS = st.one_of(st.just((None, None)), st.tuples(MINUTE, MINUTE))
TARGETS = st.builds(Target, st.sampled_from([EAST, WEST]), st.sampled_from(TRADE_CODES))


@st.composite
def written(draw: st.DrawFn) -> Row:
    hours = draw(HOURS)
    return Row(
        id=id_of(str(draw(st.integers(0, 10_000)))),
        position=draw(st.integers(1, 3)),
        centre_id=draw(st.sampled_from([EAST, WEST, NORTH])),
        trade=draw(st.sampled_from(TRADE_CODES)),
        region_id=draw(REGIONS),
        device=draw(st.sampled_from([None, *DEVICE_CODES])),
        fault_code=draw(st.sampled_from([None, "wires_down", "other"])),
        area_class=draw(st.sampled_from([None, "rural", "urban"])),
        from_minute=hours[0],
        to_minute=hours[1],
        weekdays="".join(sorted(draw(st.sets(st.sampled_from("1234567"), min_size=1)))),
        stand_ins=tuple(draw(st.lists(TARGETS, max_size=2))),
    )


ROWS = st.lists(written(), max_size=8)
DUTY = st.dictionaries(
    st.tuples(st.sampled_from([EAST, WEST, NORTH]), st.sampled_from(TRADE_CODES)),
    st.sampled_from(["yes", "off_duty", "no_trade"]),
)


@given(ROWS, DUTY, st.integers(0, 7 * 1440 - 1))
def test_whatever_is_chosen_can_take_it_and_nobody_better_was_left_out(
    rows: list[Row], duty: Mapping[tuple[UUID, str], Answer], minute: int
) -> None:
    at = MONDAY + timedelta(minutes=minute)

    def ask(centre: UUID, trade: str) -> Answer:
        return duty.get((centre, trade), "no_trade")

    def takers(row: Row) -> list[Target]:
        own = [Target(row.centre_id, row.trade)] if in_hours(row, at) else []
        return [one for one in (*own, *row.stand_ins) if ask(one.centre_id, one.trade) == "yes"]

    choice = route(rows, CASE, at, ask)
    able = [row for row in rows if fits(row, CASE) and takers(row)]
    assert (choice.centre_id is None) == (not able)
    assert choice == route(rows[::-1], CASE, at, ask) or len({row.id for row in rows}) < len(rows)
    if choice.row is not None and choice.centre_id is not None:
        assert Target(choice.centre_id, choice.trade) == takers(choice.row)[0]
        best = min(specificity(row, CASE) for row in able)
        assert specificity(choice.row, CASE) == best
    assert choice.why[-1].code in (
        ("row", "stand_in") if choice.centre_id else ("nobody", "no_row")
    )


def test_every_fault_and_trade_of_the_forms_is_known_here() -> None:
    assert set(TRADE_WORDS) == set(TRADE_CODES)
    named = {code for code, *_, trade in FAULTS if trade != ANY}
    assert named <= set(DEVICE_OF)
    trades = dict(DEVICE_TRADES)
    assert all(trades[DEVICE_OF[code]] == trade for code, *_, trade in FAULTS if trade != ANY)
