"""What the filters must know of a vehicle beside its latest fix, as plain JSON values. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gps.filters import Known, Place
from gps.sources import Sources


def remembered(known: Known) -> dict[str, Any]:
    """For `vehicle_position.motion`; `recalled` reads it back."""
    told: dict[str, Any] = {}
    if (place := known.suspect) is not None:
        told["suspect"] = [str(place.device_id), place.fix_at.isoformat(), place.lat, place.lon]
    if known.stored_at is not None:
        told["stored_at"] = known.stored_at.isoformat()
    if known.latest is not None and known.latest.phone:
        told["phone"] = True
    if known.sources is not None:
        told["sources"] = known.sources.to_json()
    return told


def recalled(
    latest: Place, told: Mapping[str, Any], static_for: timedelta, kept_days: int = 0
) -> Known:
    """What is known of a vehicle: its latest fix, and what was remembered with it."""
    suspect, stored = told.get("suspect"), told.get("stored_at")
    return Known(
        latest=replace(latest, phone=True) if is_phone(told) else latest,
        suspect=_place(suspect) if suspect else None,
        stored_at=datetime.fromisoformat(stored) if stored else None,
        static_for=static_for,
        sources=sources_of(told),
        kept_days=kept_days,
    )


def is_phone(told: Mapping[str, Any]) -> bool:
    """Whether the latest fix is a phone's."""
    return bool(told.get("phone"))


def sources_of(told: Mapping[str, Any]) -> Sources | None:
    """What is remembered of a vehicle's devices; None: it has one."""
    sources = told.get("sources")
    return Sources.from_json(sources) if sources else None


def _place(values: list[Any]) -> Place:
    device, fix_at, lat, lon = values
    return Place(UUID(device), datetime.fromisoformat(fix_at), lat, lon)
