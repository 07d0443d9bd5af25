"""`paidan verify` of holds and reviews: rebuilt from their events."""

from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.verify_places import Streams, differences
from dispatch.holds.models import Hold
from dispatch.holds.repository import hold_state
from dispatch.holds.rules import evolve_hold
from dispatch.reviews.models import Review
from dispatch.reviews.repository import review_state
from dispatch.reviews.rules import evolve_review


def holds(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every hold."""
    query = select(Hold).where(Hold.org_id == org_id, Hold.id.in_(list(streams)))
    rows = {row.id: hold_state(row) for row in session.scalars(query)}
    for id_, events in streams.items():
        state = None
        for event in events:
            state = evolve_hold(state, event)
        row = rows.get(id_)
        if row is None or state is None:
            yield f"hold {id_}: the row is missing"
            continue
        yield from differences(f"hold {id_}", asdict(state), asdict(row))


def reviews(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every review of a breach."""
    query = select(Review).where(Review.org_id == org_id, Review.id.in_(list(streams)))
    rows = {row.id: review_state(row) for row in session.scalars(query)}
    for id_, events in streams.items():
        state = None
        for event in events:
            state = evolve_review(state, event)
        row = rows.get(id_)
        if row is None or state is None:
            yield f"review {id_}: the row is missing"
            continue
        yield from differences(f"review {id_}", asdict(state), asdict(row))
