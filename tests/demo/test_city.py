"""The generated city: the same for the same seed, whole, connected, everybody supplied."""

import json
import math
from functools import cache

import phonenumbers
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon

from api.demo.basemap import base_map
from api.demo.city import City, make_city
from api.demo.ground import to_latlon, to_plane
from dispatch.directory.mapfile import checked_map
from dispatch.directory.models import AREA_CLASSES, IMPORTANCES

SEEDS = (1, 2, 7)


@pytest.fixture(scope="module", params=SEEDS)
def city(request: pytest.FixtureRequest) -> City:
    return make_city(request.param)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_seed_decides_everything(seed: int) -> None:
    again = make_city.__wrapped__(seed)
    assert base_map(again) == base_map(make_city(seed))
    assert again.customers == make_city(seed).customers
    assert again.devices == make_city(seed).devices
    assert base_map(again) != base_map(make_city(seed + 100))


def test_districts_tile_the_city(city: City) -> None:
    shapes = [Polygon([to_plane(at) for at in one.outline]) for one in city.districts]
    whole = shapely.union_all(shapes, grid_size=1.0)
    assert all(shape.is_valid for shape in shapes)
    assert isinstance(whole, Polygon)
    assert not whole.interiors
    assert sum(shape.area for shape in shapes) == pytest.approx(whole.area, rel=1e-4)
    assert len({one.code for one in city.districts}) == 9
    assert {one.centre for one in city.districts} == {site.code for site in city.sites}


def test_every_crossing_can_be_reached_from_every_other(city: City) -> None:
    metres, _ = city.graph.tree(0)
    assert max(metres) < math.inf
    assert len(metres) > 500
    for edge in city.graph.edges:
        begin, end = city.graph.crossings[edge.begin], city.graph.crossings[edge.end]
        assert math.dist(begin, end) <= edge.length_m + 1e-6
        assert (edge.line.coords[0], edge.line.coords[-1]) == (begin, end)


def test_every_street_can_be_driven(city: City) -> None:
    """Nearly all of what is drawn is in the graph: no street ends short of its neighbours."""
    drawn = sum(LineString([to_plane(at) for at in street.line]).length for street in city.streets)
    assert sum(edge.length_m for edge in city.graph.edges) == pytest.approx(drawn, rel=0.01)


@cache
def beside_streets() -> Polygon:
    """Where the streets of the first city are, two metres to each side; it takes half a second."""
    streets = shapely.union_all([edge.line for edge in make_city(1).graph.edges])
    near: Polygon = streets.buffer(2)
    shapely.prepare(near)
    return near


@settings(deadline=None, max_examples=40)
@given(st.tuples(*[st.floats(-9_000, 9_000)] * 4))
def test_a_drive_follows_the_streets(spots: tuple[float, float, float, float]) -> None:
    city = make_city(1)
    begin, end = to_latlon(*spots[:2]), to_latlon(*spots[2:])
    steps = city.drive(begin, end)
    assert steps[0].at == begin
    assert steps[-1].at in (begin, end)
    assert city.route(begin, end) == [step.at for step in steps]
    between = [to_plane(step.at) for step in steps[1:-1]]
    if len(between) > 1:
        assert beside_streets().covers(LineString(between))
    assert {step.limit_kmh for step in steps} <= {30, 40, 50, 60}


def test_everybody_lives_in_their_district_and_is_supplied(city: City) -> None:
    devices = {one.code: one for one in city.devices}
    shapes = {one.code: Polygon(one.outline) for one in city.districts}
    water = [Polygon(green.outline) for green in city.greens]
    assert 1_400 <= len(city.customers) <= 1_600
    for one in city.customers:
        point = Point(one.at)
        assert shapes[one.district].covers(point)
        assert city.district_at(one.at) is not None
        assert not any(shape.covers(point) for shape in water)
        here, kinds = devices[one.transformer], []
        while True:
            kinds.append(here.kind)
            if here.parent is None:
                break
            here = devices[here.parent]
        assert kinds == ["transformer", "section", "feeder", "substation"]
        assert one.importance in IMPORTANCES
        assert one.area_class in AREA_CLASSES


def test_numbers_are_unique_and_phones_are_nobodys(city: City) -> None:
    for name in ("number", "meter", "address_zh", "address_en"):
        assert len({getattr(one, name) for one in city.customers}) == len(city.customers), name
    phones = {one.phone for one in city.customers}
    assert len(phones) > 1_300
    for phone in phones:
        parsed = phonenumbers.parse(phone)
        assert phonenumbers.is_possible_number(parsed)
        assert not phonenumbers.is_valid_number(parsed)
        assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == phone


def test_who_is_dark_when_a_device_fails(city: City) -> None:
    one = city.customers[500]
    feeder = city.feeder_of(one.transformer)
    assert one in city.customers_on(one.transformer)
    assert set(city.customers_on(one.transformer)) <= set(city.customers_on(feeder))
    stations = [device.code for device in city.devices if device.kind == "substation"]
    assert sum(len(city.customers_on(code)) for code in stations) == len(city.customers)


def test_the_map_is_a_base_map_and_small(city: City) -> None:
    document = base_map(city)
    assert checked_map(document) == document
    assert len(json.dumps(document, ensure_ascii=False).encode()) < 250_000
    assert all(one["properties"]["name_zh"] for one in document["features"])
    assert all(one["properties"]["name_en"] for one in document["features"])
