"""What vehicles did, over the API; fences drawn, imported, passed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.clock import now
from core.db import session_factory
from gps import pipeline
from gps.fix import Fix
from tests.fleet import LAT, LON, drive, enrolled, fence
from tests.gps.drives import METRES_PER_DEGREE, Drive
from tests.office import ORG_ID, Office
from tests.people import Refused


def day(office: Office, vehicle: UUID, login: str = "east.desk") -> dict[str, Any]:
    span = {"from": (now() - timedelta(days=1)).isoformat(), "to": now().isoformat()}
    found: dict[str, Any] = office.person(login).get(f"/api/vehicles/{vehicle}/movements", **span)
    return found


def test_the_day_of_a_vehicle(office: Office) -> None:
    device, vehicle = enrolled(office)
    drive(device, Drive().wait(1200, engine=False).go(3000).wait(1800).go(2000))
    found = day(office, vehicle)
    assert [one["kind"] for one in found["movements"]] == ["stop", "trip", "stop", "trip"]
    assert [one["open"] for one in found["movements"]] == [False, False, False, True]
    assert found["distance_m"] == pytest.approx(5000, rel=0.02)
    assert [one["kind"] for one in found["ignition"]] == ["ignition_off", "ignition_on"]
    assert len(found["track"]) == 1
    row = next(r for r in office.person("east.desk").get("/api/fleet") if r["id"] == str(vehicle))
    assert row["doing"] == "trip"
    assert row["crew"]["code"] == "east-1"
    assert row["quiet_at"] > row["fix_at"]
    (piece,) = found["track"]
    spans = _seconds(piece["to"]) - _seconds(piece["from"])
    assert piece["points"][0][2] == 0
    assert piece["points"][-1][2] == spans
    assert 0 < row["distance_m"] <= found["distance_m"]  # local midnight may lie between
    span = {"from": (now() - timedelta(days=3)).isoformat(), "to": now().isoformat()}
    sums = office.person("supervisor").get("/api/reports/distance", **span)
    mine = [one for one in sums if one["vehicle_id"] == str(vehicle)]
    assert sum(one["trips"] for one in mine) == 1
    assert sum(one["distance_m"] for one in mine) == pytest.approx(3000, rel=0.02)


def test_a_centre_sees_its_own_vehicles(office: Office) -> None:
    _, vehicle = enrolled(office, "west-1")
    with pytest.raises(Refused) as refused:
        day(office, vehicle, "east.desk")
    assert refused.value.status == 404
    assert day(office, vehicle, "west.desk")["movements"] == []
    assert str(vehicle) not in {one["id"] for one in office.person("east.desk").get("/api/fleet")}
    wide = {"from": (now() - timedelta(days=30)).isoformat(), "to": now().isoformat()}
    with pytest.raises(Refused) as refused:
        office.person("west.desk").get(f"/api/vehicles/{vehicle}/movements", **wide)
    assert refused.value.status == 422


def test_fences_are_entered_left_and_crossed(office: Office) -> None:
    desk = office.person("east.desk")
    home = desk.post("/api/fences", fence(0, unit_id=desk.unit_id))
    onward = desk.post("/api/fences", fence(1500, unit_id=desk.unit_id))
    thin = fence(2880, unit_id=desk.unit_id)
    thin["shape"]["radius_m"] = 40
    crossed = desk.post("/api/fences", thin)
    device, vehicle = enrolled(office)
    drive(device, Drive().wait(300).go(4800, kmh=60), every=15)
    told = [(one["kind"], one["code"]) for one in day(office, vehicle)["passages"]]
    assert told == [
        ("exit", home["code"]),
        ("enter", onward["code"]),
        ("exit", onward["code"]),
        ("cross", crossed["code"]),
    ]
    # At 60 km/h the yard's edge is 9 s behind the start, told to the second between two fixes.
    first = day(office, vehicle)["passages"][0]
    trip = next(one for one in day(office, vehicle)["movements"] if one["kind"] == "trip")
    behind = _seconds(first["at"]) - _seconds(trip["started_at"])
    assert behind == pytest.approx(9, abs=2)
    assert first["uncertainty_s"] == 15


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_a_fence_that_is_drawn_or_moved_invents_no_entry(office: Office) -> None:
    desk = office.person("east.desk")
    device, vehicle = enrolled(office)
    drive(device, Drive().wait(300))
    around = desk.post("/api/fences", fence(0, unit_id=desk.unit_id))
    write_next(device, 5, 0)
    assert passages(office, vehicle, around) == []
    far = {**fence(2000, unit_id=desk.unit_id), "code": around["code"], "version": 1}
    desk.post(f"/api/fences/{around['id']}", far)
    write_next(device, 6, 5)
    assert passages(office, vehicle, around) == []
    back = {**fence(0, unit_id=desk.unit_id), "code": around["code"], "version": 2}
    desk.post(f"/api/fences/{around['id']}", back)
    write_next(device, 10, 800)
    assert passages(office, vehicle, around) == ["exit"]
    # A new name is no new fence.
    renamed = {**back, "name_zh": "西门", "version": 3}
    desk.post(f"/api/fences/{around['id']}", renamed)
    write_next(device, 12, 805)
    assert passages(office, vehicle, around) == ["exit"]
    desk.post(f"/api/fences/{around['id']}/deactivate", {"version": 4})
    write_next(device, 15, 0)
    assert passages(office, vehicle, around) == ["exit"]


def write_next(device: UUID, second: float, north: float) -> None:
    """One more fix, of now and some seconds: near enough for the filters, later than the last."""
    at = now() + timedelta(seconds=second)
    pipeline.write(ORG_ID, [Fix(device, at, now(), LAT + north / METRES_PER_DEGREE, LON)])
    pipeline.write(
        ORG_ID,
        [
            Fix(
                device,
                at + timedelta(seconds=1),
                now(),
                LAT + north / METRES_PER_DEGREE,
                LON,
            )
        ],
    )


def passages(office: Office, vehicle: UUID, one: dict[str, Any]) -> list[str]:
    with session_factory()() as session:
        cursor = session.connection().connection.cursor()
        rows = cursor.execute(
            "SELECT type FROM event WHERE stream_id = %s AND payload->>'fence_id' = %s"
            " ORDER BY seq",
            (vehicle, one["id"]),
        ).fetchall()
    words = {"vehicle.entered": "enter", "vehicle.left": "exit", "vehicle.crossed": "cross"}
    return [words[type_] for (type_,) in rows]


def test_a_fence_that_gets_another_name_is_still_left(office: Office) -> None:
    desk = office.person("east.desk")
    device, vehicle = enrolled(office)
    around = desk.post("/api/fences", fence(0, unit_id=desk.unit_id))
    drive(device, Drive().wait(300))
    write_next(device, 5, 165)  # at the edge: it has not left yet
    body = {**fence(0, unit_id=desk.unit_id), "code": around["code"], "name_zh": "北门"}
    desk.post(f"/api/fences/{around['id']}", {**body, "version": 1})
    write_next(device, 15, 500)
    assert passages(office, vehicle, around) == ["exit"]


def test_a_fence_is_for_its_centre_or_for_chosen_vehicles(office: Office) -> None:
    supervisor = office.person("supervisor")
    mine, vehicle = enrolled(office)
    other, other_vehicle = enrolled(office)
    west = supervisor.post("/api/fences", fence(1500, unit_id=office.unit("west")))
    chosen = supervisor.post("/api/fences", fence(1500, vehicle_ids=[str(vehicle)]))
    for device in (mine, other):
        drive(device, Drive().wait(300).go(3000, kmh=60))
    assert passages(office, vehicle, chosen) == ["enter", "exit"]
    assert passages(office, other_vehicle, chosen) == []
    assert passages(office, vehicle, west) == []
    # The vehicle goes to the west, and the fences of the west are its own from then on.
    row = next(r for r in office.person("admin").get("/api/vehicles") if r["id"] == str(vehicle))
    moved = {"plate": row["plate"], "crew_id": office.unit("west-1"), "version": row["version"]}
    office.person("admin").post(f"/api/vehicles/{vehicle}", moved)
    write_next(mine, 40, 1500)
    assert passages(office, vehicle, west) == ["enter"]


def test_a_centre_draws_its_own_fences_only(office: Office) -> None:
    desk, west = office.person("east.desk"), office.person("west.desk")
    for unit in (None, office.unit("west")):
        with pytest.raises(Refused) as refused:
            desk.post("/api/fences", fence(unit_id=unit))
        assert refused.value.problem["errors"][0]["field"] == "body.unit_id"
    mine = desk.post("/api/fences", fence(unit_id=desk.unit_id))
    for_all = office.person("supervisor").post("/api/fences", fence())
    seen = {one["id"] for one in west.get("/api/fences")}
    assert mine["id"] not in seen
    assert for_all["id"] in seen
    with pytest.raises(Refused) as refused:
        west.post(f"/api/fences/{mine['id']}/deactivate", {"version": 1})
    assert refused.value.status == 404
    with pytest.raises(Refused) as refused:
        west.post(f"/api/fences/{for_all['id']}/deactivate", {"version": 1})
    assert refused.value.status == 422


def test_what_is_wrong_with_a_fence_is_named(office: Office) -> None:
    desk = office.person("supervisor")
    known = desk.post("/api/fences", fence())
    bow = {"kind": "polygon", "points": [[0, 0], [1, 1], [1, 0], [0, 1]]}
    wrong = [
        ({"code": known["code"]}, "body.code"),
        ({"shape": bow}, "body.shape.points"),
        ({"unit_id": office.unit("east-1")}, "body.unit_id"),
        ({"vehicle_ids": [known["id"]]}, "body.vehicle_ids"),
    ]
    for change, field in wrong:
        with pytest.raises(Refused) as refused:
            desk.post("/api/fences", {**fence(), **change})
        assert refused.value.problem["errors"][0]["field"] == field
    with pytest.raises(Refused) as refused:
        desk.post(f"/api/fences/{known['id']}", {**fence(), "version": 9})
    assert refused.value.problem["code"] == "changed_meanwhile"


def test_fences_come_and_go_as_geojson(office: Office) -> None:
    supervisor = office.person("supervisor")
    supervisor.post("/api/fences", fence())
    line = {"type": "LineString", "coordinates": [[LON, LAT], [LON, LAT + 0.01]]}
    names = {"code": "road-1", "name_zh": "主干路", "purpose": "no_go"}
    road = {"type": "Feature", "properties": {**names, "half_width_m": 20}, "geometry": line}
    collection = {"type": "FeatureCollection", "features": [road]}
    (made,) = supervisor.post("/api/fences/import", {"geojson": collection})["fences"]
    assert made["shape"]["width_m"] == 40
    assert made["name_en"] == "主干路"
    told = supervisor.get("/api/fences.geojson")
    again = supervisor.post("/api/fences/import", {"geojson": told})["fences"]
    assert {one["code"] for one in again} == {one["properties"]["code"] for one in told["features"]}
    assert next(one for one in again if one["code"] == "road-1")["version"] == 1  # nothing changed
    broken = {**road, "properties": {**names, "code": "road-2"}}
    both = {"type": "FeatureCollection", "features": [road, broken]}
    with pytest.raises(Refused) as refused:
        supervisor.post("/api/fences/import", {"geojson": both})
    (error,) = refused.value.problem["errors"]
    assert error["field"].startswith("body.geojson.features.1.")
    for features in ([], [1], [{"geometry": {}, "properties": 5}], [{**road, "properties": []}]):
        body = {"geojson": {"type": "FeatureCollection", "features": features}}
        with pytest.raises(Refused) as refused:
            supervisor.post("/api/fences/import", body)
        assert refused.value.status == 422
