"""The places that an order had, as its events tell them: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from core import events as ev
from core.recorded import Recorded

_PLACES = ev.OrderFiled | ev.OrderLocated | ev.OrderSiteDrawn


@dataclass(frozen=True, slots=True)
class PlaceFact:
    """One row of `location` as far as events hold it. Degrees WGS-84, metres."""

    lat: float | None
    lon: float | None
    source: str
    uncertainty_m: float | None


def places_told(events: Iterable[Recorded]) -> dict[UUID, PlaceFact]:
    """By the id of their rows. Orders filed before points were in the fact have none."""
    found: dict[UUID, PlaceFact] = {}
    for event in events:
        payload = event.payload
        if isinstance(payload, _PLACES) and payload.place_source:
            found[payload.location_id] = PlaceFact(
                payload.lat, payload.lon, payload.place_source, payload.uncertainty_m
            )
    return found
