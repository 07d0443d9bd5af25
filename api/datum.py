"""Points of other map systems at the API's edge; inside it is WGS-84 alone."""

from typing import Annotated, Any, Self

from fastapi import Query
from pydantic import Field, model_validator

from api.schemas import Body
from core.coordinates import Datum, convert

AskedDatum = Annotated[Datum, Query(description="Map system of the points.")]


class InDatum(Body):
    """A body whose point may be said in another map system; read, it is in WGS-84."""

    datum: Datum = Field(
        "wgs84", description="Map system of its points: gcj02 of AMap, bd09 of Baidu."
    )

    @model_validator(mode="after")
    def _into_wgs84(self) -> Self:
        lat, lon = getattr(self, "lat", None), getattr(self, "lon", None)
        if self.datum != "wgs84" and lat is not None and lon is not None:
            lat, lon = convert(lat, lon, given=self.datum, wanted="wgs84")
            self.__dict__ |= {"lat": lat, "lon": lon}
        points = getattr(self, "points", None)
        if self.datum != "wgs84" and points:
            self.__dict__["points"] = [
                convert(*one, given=self.datum, wanted="wgs84") for one in points
            ]
        self.datum = "wgs84"
        return self


def point_in(row: dict[str, Any], wanted: Datum) -> dict[str, Any]:
    """The same row with its `lat` and `lon` in another map system."""
    lat, lon = convert(row["lat"], row["lon"], given="wgs84", wanted=wanted)
    return {**row, "lat": lat, "lon": lon}


def geometry_in(coordinates: Any, given: Datum, wanted: Datum) -> Any:
    """Coordinates of a GeoJSON geometry (longitude first, however deep) in another map system.

    What is no pair of numbers is returned as it is: whoever reads it says what is wrong.
    """
    if given == wanted or not isinstance(coordinates, list):
        return coordinates
    numbers = [one for one in coordinates[:2] if type(one) in (int, float)]
    if len(numbers) == 2:
        lat, lon = convert(numbers[1], numbers[0], given=given, wanted=wanted)
        return [lon, lat, *coordinates[2:]]
    return [geometry_in(one, given, wanted) for one in coordinates]


def features_in(document: dict[str, Any], given: Datum) -> dict[str, Any]:
    """A FeatureCollection of a map system in WGS-84."""
    features = document.get("features")
    if given == "wgs84" or not isinstance(features, list):
        return document
    return {**document, "features": [_feature_in(one, given) for one in features]}


def _feature_in(feature: Any, given: Datum) -> Any:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict):
        return feature
    coordinates = geometry_in(geometry.get("coordinates"), given, "wgs84")
    return {**feature, "geometry": {**geometry, "coordinates": coordinates}}
