"""`paidan verify` of holds and reviews: rebuilt from their events."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.verify_places import Streams, differences
from core.recorded import Recorded
from dispatch.holds.models import Hold
from dispatch.holds.repository import hold_state
from dispatch.holds.rules import HoldState, evolve_hold
from dispatch.reviews.models import Review
from dispatch.reviews.repository import review_state
from dispatch.reviews.rules import ReviewState, evolve_review


def holds(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every hold."""
    query = select(Hold).where(Hold.org_id == org_id, Hold.id.in_(list(streams)))
    kept = {row.id: asdict(hold_state(row)) for row in session.scalars(query)}
    yield from _compared("hold", kept, streams, evolve_hold)


def reviews(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every review of a breach."""
    query = select(Review).where(Review.org_id == org_id, Review.id.in_(list(streams)))
    kept = {row.id: asdict(review_state(row)) for row in session.scalars(query)}
    yield from _compared("review", kept, streams, evolve_review)


State = TypeVar("State", HoldState, ReviewState)


def _compared(
    what: str,
    kept: Mapping[UUID, dict[str, Any]],
    streams: Streams,
    evolve: Callable[[State | None, Recorded], State],
) -> Iterator[str]:
    for id_, events in streams.items():
        state: State | None = None
        for event in events:
            state = evolve(state, event)
        if id_ not in kept or state is None:
            yield f"{what} {id_}: the row is missing"
        else:
            yield from differences(f"{what} {id_}", asdict(state), kept[id_])
