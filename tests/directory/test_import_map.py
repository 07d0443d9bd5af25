"""`paidan import map`: what is let through, what is refused by feature and field."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from core.clock import now
from core.db import read_session, session_factory
from core.models import Organisation
from dispatch.directory import repository
from dispatch.directory.cli import MapUnreadable
from dispatch.directory.mapfile import GEOMETRIES, MAX_ERRORS, MapInvalid, checked_map
from dispatch.history.cli import app
from dispatch.starter import ORG_ID

NAMED = {"layer": "street", "name_zh": "路", "name_en": "Road"}
LINE = {"type": "LineString", "coordinates": [[118.8, 32.05], [118.9, 32.1]]}


def feature(
    properties: dict[str, Any] | None = None, geometry: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {**NAMED, **(properties or {})},
        "geometry": geometry or LINE,
    }


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def run(file: Path, *words: str) -> None:
    done = CliRunner().invoke(app, ["map", str(file), *words], catch_exceptions=False)
    if done.exception is not None:
        raise done.exception


def kept(org_id: int) -> Any:
    with read_session() as session:
        found = repository.base_map(session, org_id)
        return found.document if found else None


def test_a_map_replaces_the_one_before(organisation: int, tmp_path: Path) -> None:
    file = tmp_path / "map.geojson"
    water = feature({"layer": "water", "owner": "who cares", "class": "river"})
    file.write_text(json.dumps(collection(feature(), water)), encoding="utf-8")
    run(file)
    layers = [one["properties"]["layer"] for one in kept(organisation)["features"]]
    assert layers == ["water", "street"]
    assert kept(organisation)["features"][0]["properties"] == {
        "layer": "water",
        "name_zh": "路",
        "name_en": "Road",
        "class": "river",
    }
    file.write_text(json.dumps(collection()), encoding="utf-8")
    run(file)
    assert kept(organisation)["features"] == []


def test_the_demo_city_is_not_taken_for_the_only_organisation(
    organisation: int, tmp_path: Path
) -> None:
    with session_factory()() as session:
        session.add(
            Organisation(
                id=ORG_ID + 1,
                code="demo",
                name_zh="演示城",
                name_en="Demo City",
                demo=True,
                created_at=now(),
            )
        )
        session.commit()
    file = tmp_path / "map.geojson"
    file.write_text(json.dumps(collection(feature())), encoding="utf-8")
    run(file)
    assert kept(ORG_ID) is not None
    assert kept(ORG_ID + 1) is None
    run(file, "--org", "demo")
    assert kept(ORG_ID + 1) is not None


@pytest.mark.parametrize("content", ["", "{", "\x00", "[NaN]", '{"a": Infinity}', "[" * 100_000])
def test_what_is_no_json_is_named(organisation: int, tmp_path: Path, content: str) -> None:
    file = tmp_path / "map.geojson"
    file.write_text(content)
    with pytest.raises(MapUnreadable, match=r"map\.geojson"):
        run(file)
    with pytest.raises(MapUnreadable, match="nowhere"):
        run(tmp_path / "nowhere")
    file.write_bytes('{"name": "演示城"}'.encode("gb18030"))
    with pytest.raises(MapUnreadable):
        run(file)
    assert kept(organisation) is None


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "type"),
        ({"type": "Feature"}, "type"),
        ({"type": "FeatureCollection"}, "features"),
        (collection(7), "features[0].type"),
        (collection(feature(), {"type": "Feature"}), "features[1].properties"),
        (collection(feature({"layer": "moat"})), "features[0].properties.layer"),
        (collection(feature({"layer": ["street"]})), "features[0].properties.layer"),
        (collection(feature({"name_zh": None})), "features[0].properties.name_zh"),
        (collection(feature({"name_en": 5})), "features[0].properties.name_en"),
        (collection(feature({"name_en": "x" * 201})), "features[0].properties.name_en"),
        (collection(feature({"class": 5})), "features[0].properties.class"),
        (collection(feature({"code": "a\x00"})), "features[0].properties.code"),
        (collection(feature(geometry={"type": "Circle"})), "features[0].geometry.type"),
        (collection(feature(geometry={"type": ["Point"]})), "features[0].geometry.type"),
        (collection(feature(geometry={"type": "Point"})), "features[0].geometry.coordinates"),
        (
            collection(feature(geometry={"type": "Point", "coordinates": [200, 5]})),
            "features[0].geometry.coordinates",
        ),
        (
            collection(feature(geometry={"type": "Point", "coordinates": [True, 5]})),
            "features[0].geometry.coordinates",
        ),
        (
            collection(feature(geometry={"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]})),
            "features[0].geometry.coordinates",
        ),
        (
            collection(feature(geometry={"type": "LineString", "coordinates": [[1, 2]]})),
            "features[0].geometry.coordinates",
        ),
    ],
)
def test_what_is_wrong_is_named_by_feature_and_field(document: Any, field: str) -> None:
    with pytest.raises(MapInvalid) as refused:
        checked_map(document)
    error = refused.value.errors[0]
    assert error.field == field
    assert not error.sentence("zh").isascii()
    assert field in refused.value.sentence("zh")
    assert field in refused.value.sentence("en")


def test_not_every_error_of_a_hopeless_file_is_told() -> None:
    with pytest.raises(MapInvalid) as refused:
        checked_map(collection(*[feature({"layer": "moat"})] * 500))
    assert len(refused.value.errors) == MAX_ERRORS


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(sorted(GEOMETRIES)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(("type", "coordinates", "layer", "name_zh")) | st.text(), inner
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_whatever_comes_is_a_map_or_refused(properties: Any, geometry: Any) -> None:
    odd = {"type": "Feature", "properties": properties, "geometry": geometry}
    for document in (properties, collection(odd), collection(feature(geometry={"type": "Point"}))):
        with pytest.raises(MapInvalid):
            checked_map(document)
