"""`paidan verify` of places: points of orders and proposals, rebuilt from their events."""

from collections.abc import Iterator
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.recorded import Recorded
from dispatch.orders.models import Location
from dispatch.places.history import places_told
from dispatch.places.models import PlaceProposal
from dispatch.places.proposals import ProposalState, evolve_proposal

Streams = dict[UUID, list[Recorded]]


def differences(name: str, wanted: dict[str, object], found: dict[str, object]) -> Iterator[str]:
    """Fields in which a row is not what the events say."""
    for field, value in wanted.items():
        if found.get(field) != value:
            yield f"{name}.{field}: the events say {value!r}, the row {found.get(field)!r}"


def locations(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every point that an order was given."""
    told = {id_: fact for events in streams.values() for id_, fact in places_told(events).items()}
    query = select(Location).where(Location.org_id == org_id, Location.id.in_(told))
    rows = {row.id: row for row in session.scalars(query)}
    for id_, fact in told.items():
        row = rows.get(id_)
        if row is None:
            yield f"location {id_}: the row is missing"
            continue
        wanted = asdict(fact)
        found = {name: getattr(row, name) for name in wanted}
        yield from differences(f"location {id_}", wanted, found)


def proposals(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every proposal to correct the directory."""
    query = select(PlaceProposal).where(
        PlaceProposal.org_id == org_id, PlaceProposal.id.in_(list(streams))
    )
    rows = {row.id: row for row in session.scalars(query)}
    for id_, events in streams.items():
        state = None
        for event in events:
            state = evolve_proposal(state, event)
        row = rows.get(id_)
        if row is None or state is None:
            yield f"place proposal {id_}: the row is missing"
            continue
        found = ProposalState.of(row).columns()
        yield from differences(f"place proposal {id_}", state.columns(), found)
