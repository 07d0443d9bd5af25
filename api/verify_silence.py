"""`paidan verify` of silences: which devices of a vehicle are silent, rebuilt from its events."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.verify_places import Streams, differences
from core.events import VehicleSilenceTold
from core.models import Event
from dispatch.silence.models import SilenceNotice
from gps.models import VehiclePosition
from gps.quiet import HEARD, SilenceState, evolve_silence
from gps.silence import moment, read_rhythms

NOTICE = ("device_id", "channel", "attempt", "reason")


def silences(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every vehicle that ever told anything, and what was said to its crew."""
    query = select(VehiclePosition).where(
        VehiclePosition.org_id == org_id, VehiclePosition.vehicle_id.in_(list(streams))
    )
    rows = {row.vehicle_id: _state(row) for row in session.scalars(query)}
    for id_, events in streams.items():
        state = HEARD
        for event in events:
            state = evolve_silence(state, event)
        found = rows.get(id_, HEARD)
        yield from differences(f"silence of vehicle {id_}", asdict(state), asdict(found))
    yield from _notices(session, org_id, streams)


def _notices(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every attempt to tell a crew that has ended, beside the fact that says how."""
    query = select(SilenceNotice).where(
        SilenceNotice.org_id == org_id,
        SilenceNotice.vehicle_id.in_(list(streams)),
        SilenceNotice.ended_at.is_not(None),
    )
    rows = {row.id: _ended(row) for row in session.scalars(query)}
    said = {
        event.payload.notice_id: _said(event.payload)
        for events in streams.values()
        for event in events
        if isinstance(event.payload, VehicleSilenceTold)
    }
    for id_, wanted in said.items():
        yield from differences(f"silence notice {id_}", wanted, rows.get(id_, {}))
    for id_ in rows.keys() - said.keys():
        yield f"silence notice {id_}: has ended without an event that says so"


def _ended(row: SilenceNotice) -> dict[str, Any]:
    return {name: getattr(row, name) for name in NOTICE} | {"result": row.state}


def _said(fact: VehicleSilenceTold) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in NOTICE} | {"result": fact.result}


def strays(session: Session, org_id: int) -> Iterator[str]:
    """Vehicles that are silent without an event that says so."""
    facts = select(Event.id).where(
        Event.org_id == org_id,
        Event.stream == "vehicle",
        Event.stream_id == VehiclePosition.vehicle_id,
    )
    query = select(VehiclePosition.vehicle_id).where(
        VehiclePosition.org_id == org_id,
        VehiclePosition.silent_since.is_not(None),
        ~facts.exists(),
    )
    for vehicle_id in session.scalars(query):
        yield f"vehicle {vehicle_id}: is silent without an event that says so"


def _state(row: VehiclePosition) -> SilenceState:
    known = read_rhythms(row.rhythm)
    return SilenceState(
        devices={id_: moment(one.silent_since) for id_, one in known.items() if one.silent_since},
        silent_since=row.silent_since,
        silent_on_duty=row.silent_on_duty,
    )
