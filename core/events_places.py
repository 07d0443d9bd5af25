"""Kinds of fact about places: what crews propose to correct in the directory."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("place.proposed")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceProposed(Payload):
    """A crew stood elsewhere than the directory's point of a premise or a network node."""

    subject: str
    subject_id: UUID
    order_id: UUID
    location_id: UUID
    lat: float
    lon: float
    uncertainty_m: float
    old_lat: float | None = None
    old_lon: float | None = None
    distance_m: float | None = None


@fact("place.accepted")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceAccepted(Payload):
    """The directory took over the proposed point."""


@fact("place.refused")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRefused(Payload):
    """The directory keeps its point."""

    reason: str


@fact("place.superseded")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSuperseded(Payload):
    """A newer proposal about the same thing took its place."""

    by_id: UUID
