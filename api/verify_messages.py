"""`paidan verify` of messages: how far each has come, rebuilt from its events."""

from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.verify_places import Streams, differences
from telephony.delivery import evolve
from telephony.message_models import Message
from telephony.message_repository import state_of


def messages(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every message that was ever asked for."""
    query = select(Message).where(Message.org_id == org_id, Message.id.in_(list(streams)))
    rows = {row.id: state_of(row) for row in session.scalars(query)}
    for id_, events in streams.items():
        state = None
        for event in events:
            state = evolve(state, event)
        if state is None or id_ not in rows:
            yield f"message {id_}: the row is missing"
            continue
        yield from differences(f"message {id_}", asdict(state), asdict(rows[id_]))
