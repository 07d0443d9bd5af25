"""Points of other map systems at every door: inside they are WGS-84."""

from typing import Any, get_args
from uuid import UUID

import pytest

from api.datum import features_in, geometry_in
from core.clock import now
from core.coordinates import Datum, convert
from dispatch.starter import ORG_ID
from gps import pipeline
from gps.fix import Fix, distance_m
from tests.acts import Acts
from tests.office import Office
from tests.places.scene import OLD, Drive

OTHERS = tuple(one for one in get_args(Datum) if one != "wgs84")


def said(datum: Datum, point: tuple[float, float] = OLD) -> tuple[float, float]:
    return convert(*point, given="wgs84", wanted=datum)


def metres_off(row: dict[str, Any], point: tuple[float, float] = OLD) -> float:
    return distance_m(row["lat"], row["lon"], *point)


@pytest.mark.parametrize("datum", OTHERS)
def test_an_order_a_correction_and_a_drawing_in_another_map_system(
    office: Office, datum: Datum
) -> None:
    lat, lon = said(datum)
    assert distance_m(lat, lon, *OLD) > 100, "the test could not fail"
    row = office.filed(lat=lat, lon=lon, datum=datum)
    assert metres_off(row) < 0.01
    found = office.person("agent").get("/api/locate", lat=lat, lon=lon, datum=datum)
    assert min(metres_off(one) for one in found) < 0.01

    corner = [
        said(datum, (OLD[0] + a, OLD[1] + b)) for a, b in ((-2e-3, -2e-3), (2e-3, 0), (0, 2e-3))
    ]
    shape = {"kind": "polygon", "datum": datum, "points": corner}
    office.person("lead").post(f"/api/orders/{row['id']}/site", {"shape": shape})
    site = office.person("lead").get(f"/api/orders/{row['id']}")["site"]
    assert distance_m(*site["shape"]["points"][0], OLD[0] - 2e-3, OLD[1] - 2e-3) < 0.01
    assert metres_off(site) < 0.01, "it holds the point"


@pytest.mark.parametrize("datum", OTHERS)
def test_the_tap_the_correction_and_the_track(office: Office, datum: Datum) -> None:
    where = "east" if datum == "gcj02" else "west"
    row = office.sent(f"{where}-1")
    path = f"/api/assignments/{row['assignment']['id']}"
    crew = office.person(f"{where}.crew1")
    crew.post(f"{path}/accept", {})
    lat, lon = said(datum)
    moved = crew.post(f"{path}/place", {"lat": lat, "lon": lon, "datum": datum})
    assert metres_off(moved) < 0.01
    device = Drive(Acts(1), UUID(row["id"])).device
    seen = pipeline.write(ORG_ID, [Fix(device, now(), now(), *OLD)], now=now())
    assert seen.reasons["ok"] == 1
    reader = office.person("supervisor")
    [plain] = reader.get(f"/api/orders/{row['id']}/track")
    [track] = reader.get(f"/api/orders/{row['id']}/track", datum=datum)
    assert metres_off(plain["points"][0]) < 0.01
    assert metres_off(track["points"][0], (lat, lon)) < 0.01
    Acts(1).put_all_away()


def test_fences_go_out_and_come_in_alike(office: Office) -> None:
    desk = office.person("east.desk")
    points = [said("gcj02", (OLD[0] + a, OLD[1] + b)) for a, b in ((0, 0), (1e-3, 0), (0, 1e-3))]
    body = {"code": "yard-gcj", "name_zh": "院", "name_en": "Yard", "purpose": "base"}
    body |= {"unit_id": office.unit("east")}
    shape = {"kind": "polygon", "datum": "gcj02", "points": points}
    made = desk.post("/api/fences", {**body, "shape": shape})
    assert distance_m(*made["shape"]["points"][0], *OLD) < 0.01
    for datum in get_args(Datum):
        told = desk.get("/api/fences.geojson", datum=datum)
        told["features"] = [
            one for one in told["features"] if one["properties"]["code"] == "yard-gcj"
        ]
        lon, lat = told["features"][0]["geometry"]["coordinates"][0][0]
        assert distance_m(lat, lon, *said(datum)) < 0.01
        back = {"geojson": told, "datum": datum, "unit_id": office.unit("east")}
        [again] = desk.post("/api/fences/import", back)["fences"]
        assert distance_m(*again["shape"]["points"][0], *OLD) < 0.01


def test_what_is_no_geometry_is_left_to_those_who_say_so() -> None:
    for wrong in (None, "x", [], ["a", "b"], [[1.0]], [True, False], {"a": 1}):
        assert geometry_in(wrong, "gcj02", "wgs84") == wrong
    for odd in ({}, {"features": 3}, {"features": [None, {"geometry": 4}]}):
        assert features_in(odd, "bd09") == odd
    lat, lon = said("gcj02")
    [[found]] = geometry_in([[[lon, lat, 43.5]]], "gcj02", "wgs84")
    assert (found[1], found[0], found[2]) == pytest.approx((*OLD, 43.5), abs=1e-7)
