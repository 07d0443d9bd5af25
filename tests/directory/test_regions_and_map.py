"""Regions by place, and the ground map with its ETag."""

import gzip
import json

import pytest
from sqlalchemy import update

from api.demo.city import City
from core.db import session_factory
from core.ids import new_id
from dispatch.directory.models import BaseMap, Region
from dispatch.directory.service import keep_map
from dispatch.starter import ORG_ID
from tests.office import Office


def test_regions_name_their_centre(town: Office, city: City) -> None:
    rows = town.person("lead").get("/api/regions")
    assert [row["code"] for row in rows] == sorted(one.code for one in city.districts)
    centres = {one.code: one.centre for one in city.districts}
    assert {row["code"]: row["centre_code"] for row in rows} == centres
    assert all(row["centre_id"] == town.unit(row["centre_code"]) for row in rows)


def test_a_place_lies_in_one_region(town: Office, city: City) -> None:
    lead = town.person("lead")
    for one in city.customers[::150]:
        lat, lon = one.at
        rows = lead.http.get(f"/api/regions?lat={lat}&lon={lon}").json()
        assert [row["code"] for row in rows] == [one.district]
    assert lead.http.get("/api/regions?lat=0&lon=0").json() == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("lat=32.05", "query.lon"),
        ("lon=118.8", "query.lat"),
        ("lat=91&lon=0", "query.lat"),
        ("lat=x&lon=0", "query.lat"),
        ("lat=nan&lon=0", "query.lat"),
    ],
)
def test_half_a_place_is_refused_by_name(town: Office, query: str, field: str) -> None:
    answer = town.person("lead").http.get(f"/api/regions?{query}")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_an_outline_that_is_none_holds_nothing(own_office: Office) -> None:
    with session_factory()() as session:
        for number, outline in enumerate((None, {}, {"type": "Polygon"}, {"type": "Cube"})):
            names = {"name_zh": "区", "name_en": "region", "outline": outline}
            session.add(
                Region(org_id=ORG_ID, id=new_id(), code=f"R{number}", centre_id=None, **names)
            )
        session.commit()
    assert own_office.person("lead").http.get("/api/regions?lat=1&lon=1").json() == []
    assert len(own_office.person("lead").get("/api/regions")) == 4


def test_the_map_is_sent_once(town: Office) -> None:
    crew = town.person("east.crew1")
    first = crew.http.get("/api/map")
    assert first.status_code == 200
    assert first.headers["cache-control"] == "private, no-cache"
    layers = {one["properties"]["layer"] for one in first.json()["features"]}
    assert {"district", "street", "ring", "line", "water", "park", "substation"} <= layers
    assert len(first.content) < 250_000
    assert len(gzip.compress(first.content)) < 40_000
    for tag in (first.headers["etag"], f'W/{first.headers["etag"]}, "other"'):
        again = crew.http.get("/api/map", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    other = crew.http.get("/api/map", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_a_new_map_has_a_new_tag(own_office: Office) -> None:
    lead = own_office.person("lead")
    empty = lead.http.get("/api/map")
    assert empty.json() == {"type": "FeatureCollection", "features": []}
    with session_factory()() as session:
        keep_map(session, ORG_ID, {"type": "FeatureCollection", "features": []})
        session.commit()
    kept = lead.http.get("/api/map", headers={"If-None-Match": empty.headers["etag"]})
    assert kept.status_code == 200
    feature = {
        "type": "Feature",
        "properties": {"layer": "water", "name_zh": "河", "name_en": "River", "class": ""},
        "geometry": {"type": "Point", "coordinates": [118.8, 32.0]},
    }
    with session_factory()() as session:
        keep_map(session, ORG_ID, {"type": "FeatureCollection", "features": [feature]})
        session.commit()
    new = lead.http.get("/api/map", headers={"If-None-Match": kept.headers["etag"]})
    assert new.json()["features"] == [feature]
    with session_factory()() as session:
        session.execute(update(BaseMap).values(digest="0" * 64))
        session.commit()
    assert lead.http.get("/api/map").headers["etag"] == json.dumps("0" * 64)
