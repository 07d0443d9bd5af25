"""`paidan verify` of automatic releases and desks: rebuilt from their events."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from api.verify_places import Streams, differences
from dispatch.desks import repository as desk_rows
from dispatch.desks.rules import closings, evolve_desk
from dispatch.routing import repository as routing
from dispatch.routing.plan_rules import evolve_plan

BEGINNING = datetime.min.replace(tzinfo=UTC)


def releases(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every plan of an automatic release."""
    rows = routing.plans_of(session, org_id, streams)
    for id_, events in streams.items():
        state = None
        for event in events:
            state = evolve_plan(state, event)
        row = rows.get(id_)
        if row is None or state is None:
            yield f"release {id_}: the row is missing"
            continue
        yield from differences(f"release {id_}", asdict(state), asdict(row))


def desks(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every desk, and the stretches in which it was on duty and closed."""
    rows = desk_rows.desks(session, org_id)
    kept = desk_rows.closings_of(session, org_id, streams, BEGINNING)
    for id_, events in streams.items():
        state = None
        for event in events:
            state = evolve_desk(state, event)
        row = rows.get(id_)
        if row is None or state is None:
            yield f"desk {id_}: the row is missing"
            continue
        yield from differences(f"desk {id_}", asdict(state), asdict(row))
        wanted: dict[str, object] = {"closings": closings(events)}
        yield from differences(f"desk {id_}", wanted, {"closings": kept.get(id_, [])})
