"""The track of a vehicle as a file, and where the fleet was."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import httpx
import pytest

from core.clock import now
from core.coordinates import convert
from core.settings import settings
from dashboards import tracks
from gps import pipeline
from gps.fix import Fix, distance_m
from tests.fleet import LAT, LON, drive, enrolled
from tests.gps.drives import METRES_PER_DEGREE, Drive
from tests.office import ORG_ID, Office

GPX = "{http://www.topografix.com/GPX/1/1}"
SPEED = ".//{http://www.garmin.com/xmlschemas/TrackPointExtension/v2}speed"


def asked(office: Office, vehicle: UUID, login: str = "east.desk", **more: Any) -> httpx.Response:
    span = {"from": (now() - timedelta(days=2)).isoformat(), "to": now().isoformat(), **more}
    client = office.person(login).http
    return client.get(f"/api/vehicles/{vehicle}/track", params=span)


def walk(device: UUID, count: int, begin: datetime, step_s: int = 10) -> list[datetime]:
    """North at 36 km/h, a position each step; their times."""
    times = [begin + timedelta(seconds=step_s * index) for index in range(count)]
    north = [LAT + 10.0 * step_s * index / METRES_PER_DEGREE for index in range(count)]
    pairs = zip(times, north, strict=True)
    rows = [Fix(device, at, now(), lat, LON, 36.0, 0, 51) for at, lat in pairs]
    pipeline.write(ORG_ID, rows)
    return times


@pytest.fixture
def walked(office: Office) -> tuple[UUID, list[datetime]]:
    """Two stretches with ten minutes between them, a jump, one that came late."""
    device, vehicle = enrolled(office)
    begin = now().replace(microsecond=0) - timedelta(hours=2)
    first = walk(device, 20, begin)
    second = walk(device, 20, begin + timedelta(minutes=15))
    after = second[-1] + timedelta(seconds=5)
    pipeline.write(ORG_ID, [Fix(device, after, now(), LAT + 1, LON, 36.0)])
    pipeline.write(ORG_ID, [Fix(device, begin + timedelta(seconds=5), now(), LAT, LON, 36.0)])
    return vehicle, sorted([*first, begin + timedelta(seconds=5), *second])


def test_the_way_as_geojson(office: Office, walked: tuple[UUID, list[datetime]]) -> None:
    vehicle, times = walked
    answer = asked(office, vehicle)
    assert answer.headers["content-type"] == "application/geo+json"
    assert "paidan-track-%E4%BA%ACA" in answer.headers["content-disposition"]
    found = answer.json()
    lines = [one["geometry"]["coordinates"] for one in found["features"]]
    assert [len(line) for line in lines] == [21, 20]
    told = [at for one in found["features"] for at in one["properties"]["coordTimes"]]
    assert [datetime.fromisoformat(at) for at in told] == times
    assert lines[0][0] == [LON, LAT]
    assert {one["geometry"]["type"] for one in found["features"]} == {"LineString"}
    assert found["features"][0]["properties"]["speeds_kmh"][0] == 36.0


def test_every_position_with_its_rule(office: Office, walked: tuple[UUID, list[datetime]]) -> None:
    vehicle, times = walked
    points = asked(office, vehicle, every="true").json()["features"]
    rules = [one["properties"]["rule"] for one in points]
    assert len(points) == len(times) + 1
    assert (rules.count("jump"), rules.count("late")) == (1, 1)
    counted = [one["properties"]["counted"] for one in points]
    assert counted == [rule in ("ok", "late") for rule in rules]


def test_gpx_is_read_by_its_schema(office: Office, walked: tuple[UUID, list[datetime]]) -> None:
    vehicle, times = walked
    root = ElementTree.fromstring(asked(office, vehicle, format="gpx").text)
    assert (root.tag, root.get("version")) == (f"{GPX}gpx", "1.1")
    parts = root.findall(f"{GPX}trk/{GPX}trkseg")
    assert [len(part) for part in parts] == [21, 20]
    told = [one.findtext(f"{GPX}time") or "" for part in parts for one in part]
    assert [datetime.fromisoformat(at) for at in told] == times
    assert all(at.endswith("Z") for at in told)
    first = parts[0][0]
    assert (float(first.get("lat") or 0), float(first.get("lon") or 0)) == (LAT, LON)
    assert [one.tag for one in first] == [f"{GPX}ele", f"{GPX}time", f"{GPX}extensions"]
    assert float(first.findtext(SPEED) or 0) == 10.0
    aside = ElementTree.fromstring(asked(office, vehicle, format="gpx", every="true").text)
    assert [one.text for one in aside.iter(f"{GPX}cmt")] == ["jump"]


def test_a_table_in_local_time(office: Office, walked: tuple[UUID, list[datetime]]) -> None:
    vehicle, times = walked
    answer = asked(office, vehicle, format="csv", datum="gcj02")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [datetime.fromisoformat(row["time"]) for row in rows] == times
    zone = ZoneInfo(settings().timezone)
    assert rows[0]["time"] == times[0].astimezone(zone).isoformat()
    lat, lon = convert(LAT, LON, given="wgs84", wanted="gcj02")
    assert float(rows[0]["latitude"]) == pytest.approx(lat, abs=1e-6)
    assert float(rows[0]["longitude"]) == pytest.approx(lon, abs=1e-6)
    assert rows[0]["plate"].startswith("京A")


def test_in_pieces_none_is_lost_or_twice(
    office: Office, walked: tuple[UUID, list[datetime]], monkeypatch: pytest.MonkeyPatch
) -> None:
    vehicle, times = walked
    span = (times[0], times[-1] + timedelta(seconds=1))
    whole = list(tracks.stored(ORG_ID, vehicle, *span, every=True))
    for piece in (1, 7, len(whole), len(whole) + 1):
        monkeypatch.setattr(tracks, "PIECE", piece)
        assert list(tracks.stored(ORG_ID, vehicle, *span, every=True)) == whole


def test_what_cannot_be_asked_names_its_field(office: Office) -> None:
    _, vehicle = enrolled(office)
    old = (now() - timedelta(days=30)).isoformat()
    for more, field in (
        ({"from": old}, "query.from"),
        ({"format": "kml"}, "query.format"),
        ({"format": "gpx", "datum": "gcj02"}, "query.datum"),
    ):
        answer = asked(office, vehicle, **more)
        assert (answer.status_code, field in answer.text) == (422, True), answer.text
    assert asked(office, vehicle, "west.desk").status_code == 404
    for form in ("geojson", "gpx", "csv"):  # a vehicle that never sent is no fault
        assert asked(office, vehicle, format=form).status_code == 200


def heat(office: Office, login: str, **more: Any) -> dict[str, Any]:
    span = {"from": (now() - timedelta(days=1)).isoformat(), "to": now().isoformat(), **more}
    found: dict[str, Any] = office.person(login).get("/api/fleet/heat", **span)
    return found


def test_where_the_fleet_was(office: Office) -> None:
    device, vehicle = enrolled(office)
    other, second = enrolled(office, "west-1")
    drive(device, Drive().wait(600).go(3000))
    drive(other, Drive().wait(600))
    found = heat(office, "supervisor", vehicle_id=str(vehicle))
    sent = asked(office, vehicle).json()["features"]
    assert sum(cell[3] for cell in found["cells"]) == sum(
        len(one["geometry"]["coordinates"]) for one in sent
    )
    south, west, east, most = found["cells"][0]
    assert most >= 60  # it stood there
    assert south <= LAT < south + found["height_deg"]
    assert west <= LON < east
    assert distance_m(south, west, south, east) == pytest.approx(150, rel=0.01)
    assert found["cells_seen"] == len(found["cells"]) >= 3000 / 150
    for _ in range(8):  # as often as it takes until the driver prepares its statements
        both = heat(office, "supervisor")["cells"]
    place = next(cell for cell in both if cell[:3] == [south, west, east])
    assert place[3] > most
    mine = heat(office, "west.desk")["cells"]
    assert sum(cell[3] for cell in mine) < sum(cell[3] for cell in both)
    assert heat(office, "west.desk", vehicle_id=str(second))["cells_seen"] == 1
    span = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-02T00:00:00Z"}
    answer = office.person("supervisor").http.get("/api/fleet/heat", params=span)
    assert (answer.status_code, "query.from" in answer.text) == (422, True)
