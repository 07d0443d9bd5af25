"""What is watched: rows of `gps_watch` as sites. Pure; a drawn shape is made once, not per fix."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from gps.motion import Site
from gps.shapes import Shape, shape_of

SHAPES_KEPT = 4096


class Watched(Protocol):
    """The place of a watch. `shape`: JSON text."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def radius_m(self) -> float: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def shape(self) -> str | None: ...


def site_of(watch: Watched) -> Site:
    """The site of a watch."""
    shape = _made(watch.shape) if watch.shape else None
    return Site(watch.lat, watch.lon, watch.radius_m, watch.created_at, shape)


def drawn(shape: Mapping[str, Any] | None) -> Shape | None:
    """The shape that somebody drew; None: the circle holds."""
    return shape_of(dict(shape)) if shape else None


@lru_cache(maxsize=SHAPES_KEPT)
def _made(text: str) -> Shape:
    return shape_of(json.loads(text))
