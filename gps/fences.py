"""All fences of an organisation against all moves of a batch, in one pass. Pure.

The rule for one fence and one step is `gps.geofence.passage`. Here a tree finds the few pairs of
step and fence that are near each other, their distances are computed together, and only where the
rule could say something it is asked.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from gps.geofence import Passage, passage
from gps.motion import ACCURACY_M, Sight
from gps.shapes import METRES_PER_DEGREE, Circle, Outline, Shape

SLACK_M = 2.0
"""How far the plane of the pass and the sphere of the rule may differ, beside a ten-thousandth."""

Floats = NDArray[np.float64]


class FenceShape(NamedTuple):
    """A fence as the pass needs it. `edition`: of its last change; `vehicles` None: for all."""

    id: UUID
    edition: int
    shape: Shape
    vehicles: frozenset[UUID] | None = None


class Step(NamedTuple):
    """A vehicle went from one counted fix to the next."""

    vehicle: UUID
    before: Sight
    after: Sight


@dataclass(slots=True)
class Inside:
    """Which fences a vehicle is in, as of which edition of all fences; 0: never looked at."""

    edition: int = 0
    fences: set[UUID] = field(default_factory=set)

    def to_json(self) -> list[Any]:
        return [self.edition, sorted(str(id_) for id_ in self.fences)]

    @classmethod
    def from_json(cls, values: list[Any] | None) -> "Inside":
        if not values:
            return cls()
        return cls(values[0], {UUID(id_) for id_ in values[1]})


class Passed(NamedTuple):
    """A vehicle entered, left or crossed a fence on this step."""

    fence: FenceShape
    step: Step
    passage: Passage


class Book:
    """The fences in use of an organisation, prepared. `edition`: the newest of all fences."""

    def __init__(self, fences: Sequence[FenceShape], edition: int) -> None:
        self.edition = edition
        self.fences = tuple(fences)
        planes = [_plane(one.shape) for one in fences]
        self._lat0 = np.array([plane.lat for plane in planes])
        self._lon0 = np.array([plane.lon for plane in planes])
        self._wide = np.cos(np.radians(self._lat0)) * METRES_PER_DEGREE
        self._margin = np.array([plane.margin for plane in planes])
        self._shape = np.array([plane.shape for plane in planes], dtype=object)
        self._edge = np.array([plane.edge for plane in planes], dtype=object)
        shapely.prepare(self._shape)
        self._tree = shapely.STRtree(self._boxes())
        self._index = {one.id: index for index, one in enumerate(fences)}

    def _boxes(self) -> NDArray[Any]:
        """Around each fence and what counts as its border, in degrees."""
        if not self.fences:
            return np.array([], dtype=object)
        west, south, east, north = shapely.bounds(self._shape).T
        beyond = self._margin + ACCURACY_M + SLACK_M
        return np.asarray(
            shapely.box(
                self._lon0 + (west - beyond) / self._wide,
                self._lat0 + (south - beyond) / METRES_PER_DEGREE,
                self._lon0 + (east + beyond) / self._wide,
                self._lat0 + (north + beyond) / METRES_PER_DEGREE,
            )
        )

    def renew(self, inside: Mapping[UUID, Inside], where: Mapping[UUID, Sight]) -> None:
        """Fences that changed since a vehicle was looked at: where it stands now it stood before.

        `where`: each vehicle's fix before the batch (its first one, where there was none). Nothing
        is told: a vehicle does not enter a fence that is drawn around it.
        """
        old = [v for v, known in inside.items() if known.edition != self.edition and v in where]
        if not old:
            return
        lat = np.array([where[vehicle].lat for vehicle in old])
        lon = np.array([where[vehicle].lon for vehicle in old])
        rows, found = self._tree.query(shapely.points(lon, lat))
        within = self._beyond(found, lat[rows], lon[rows]) <= 0
        for vehicle in old:
            known = inside[vehicle]
            known.fences = {
                id_
                for id_ in known.fences
                if id_ in self._index and self.fences[self._index[id_]].edition <= known.edition
            }
        for row, fence in zip(rows[within].tolist(), found[within].tolist(), strict=True):
            one, vehicle = self.fences[fence], old[row]
            if one.edition > inside[vehicle].edition and _for(one, vehicle):
                inside[vehicle].fences.add(one.id)
        for vehicle in old:
            inside[vehicle].edition = self.edition

    def passed(self, steps: Sequence[Step], inside: Mapping[UUID, Inside]) -> list[Passed]:
        """What the steps, in order of time per vehicle, entered, left and crossed.

        `inside` is kept up to date. It was renewed for this edition before.
        """
        if not steps or not self.fences:
            return []
        ends = np.array(
            [(s.before.lon, s.before.lat, s.after.lon, s.after.lat) for s in steps]
        ).reshape(-1, 2, 2)
        rows, found = self._tree.query(shapely.linestrings(ends))
        order = np.argsort(rows, kind="stable")
        rows, found = rows[order], found[order]
        first, second, near = self._distances(ends[rows], found)
        slack = SLACK_M + 1e-4 * np.maximum(np.abs(first), np.abs(second))
        leaves = (second > ACCURACY_M - slack).tolist()
        enters = ((second <= slack) | near).tolist()
        told: list[Passed] = []
        pairs = zip(rows.tolist(), found.tolist(), leaves, enters, strict=True)
        for row, index, may_leave, may_enter in pairs:
            step, fence = steps[row], self.fences[index]
            known = inside[step.vehicle].fences
            within = fence.id in known
            if not (may_leave if within else may_enter) or not _for(fence, step.vehicle):
                continue
            if what := passage(fence.shape, step.before, step.after, inside=within):
                told.append(Passed(fence, step, what))
                if what.kind == "enter":
                    known.add(fence.id)
                elif what.kind == "exit":
                    known.discard(fence.id)
        return told

    def _distances(
        self, ends: Floats, found: NDArray[np.int64]
    ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Metres beyond the edge before and after; whether the way between touches the shape."""
        east = (ends[:, :, 0] - self._lon0[found, None]) * self._wide[found, None]
        north = (ends[:, :, 1] - self._lat0[found, None]) * METRES_PER_DEGREE
        first = self._beyond_plane(found, east[:, 0], north[:, 0])
        second = self._beyond_plane(found, east[:, 1], north[:, 1])
        near = np.zeros(len(found), dtype=bool)
        open_ = np.flatnonzero((first > 0) & (second > 0))
        if len(open_):
            ways = shapely.linestrings(np.stack([east[open_], north[open_]], axis=-1))
            apart = shapely.distance(ways, self._shape[found[open_]])
            slack = SLACK_M + 1e-4 * np.maximum(first[open_], second[open_])
            near[open_] = apart <= self._margin[found[open_]] + slack
        return first, second, near

    def _beyond(self, found: NDArray[np.int64], lat: Floats, lon: Floats) -> Floats:
        east = (lon - self._lon0[found]) * self._wide[found]
        return self._beyond_plane(found, east, (lat - self._lat0[found]) * METRES_PER_DEGREE)

    def _beyond_plane(self, found: NDArray[np.int64], east: Floats, north: Floats) -> Floats:
        """Metres outside the edge of a fence each; negative inside."""
        spots = shapely.points(east, north)
        away = np.asarray(shapely.distance(self._edge[found], spots), dtype=float)
        within = np.asarray(shapely.contains(self._shape[found], spots), dtype=bool)
        beyond: Floats = np.where(within, -away, away) - self._margin[found]
        return beyond


class _Plane(NamedTuple):
    """A shape in metres on the plane that touches the earth at `lat`, `lon`."""

    lat: float
    lon: float
    shape: shapely.Geometry
    edge: shapely.Geometry
    margin: float


def _plane(shape: Shape) -> _Plane:
    if isinstance(shape, Circle):
        middle = shapely.Point(0.0, 0.0)
        return _Plane(shape.lat, shape.lon, middle, middle, shape.radius_m)
    return _outline_plane(shape)


def _outline_plane(shape: Outline) -> _Plane:
    (lat, lon), flat = shape.points[0], []
    wide = math.cos(math.radians(lat)) * METRES_PER_DEGREE
    for one_lat, one_lon in shape.points:
        flat.append(((one_lon - lon) * wide, (one_lat - lat) * METRES_PER_DEGREE))
    if shape.kind == "corridor":
        line = shapely.LineString(flat)
        return _Plane(lat, lon, line, line, shape.width_m / 2)
    area = shapely.Polygon(flat)
    return _Plane(lat, lon, area, area.exterior, 0.0)


def _for(fence: FenceShape, vehicle: UUID) -> bool:
    return fence.vehicles is None or vehicle in fence.vehicles


def sights(steps: Iterable[Step]) -> dict[UUID, Sight]:
    """Where each vehicle was before its first step."""
    first: dict[UUID, Sight] = {}
    for step in steps:
        first.setdefault(step.vehicle, step.before)
    return first
