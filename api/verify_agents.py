"""`paidan verify` of agents: the state that their facts tell is the state of their row."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.verify_places import Streams, differences
from core.events import AgentMoved
from telephony.routing.models import Agent


def states(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every agent's present state."""
    query = select(Agent).where(Agent.org_id == org_id, Agent.user_id.in_(list(streams)))
    rows = {row.user_id: row for row in session.scalars(query)}
    for id_, events in streams.items():
        row = rows.get(id_)
        if row is None:
            yield f"agent {id_}: the row is missing"
            continue
        told: AgentMoved | None = None
        for event in events:
            if isinstance(event.payload, AgentMoved):
                told = event.payload
        expected: dict[str, object] = {
            "state": told.state if told else "offline",
            "reason": told.reason if told else None,
            "call_id": told.call_id if told else None,
            "until": told.until if told else None,
        }
        found: dict[str, object] = {name: getattr(row, name) for name in expected}
        yield from differences(f"agent {id_}", expected, found)
