"""`paidan verify`, the part about tickets and follow-ups: rebuilt from events and compared."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import events as ev
from core.recorded import Recorded
from dispatch.tickets import followup_rules, repository, rules
from dispatch.tickets.models import FollowUp, Ticket

Streams = dict[UUID, list[Recorded]]
Found = Iterator[tuple[str, dict[str, Any], dict[str, Any]]]
"""What a thing is called, what the events say of it, what the rows say."""


def tickets(session: Session, org_id: int, streams: Streams) -> Found:
    """Tickets with answers, relations and files. Older ones have only their clock in the log."""
    query = select(Ticket).where(Ticket.org_id == org_id, Ticket.id.in_(list(streams)))
    rows = {row.id: row for row in session.scalars(query)}
    answers = repository.answers_of(session, org_id, streams)
    relations = repository.relations_of(session, org_id, streams)
    files = repository.attachments_of(session, org_id, streams)
    links = repository.orders_of_tickets(session, org_id, streams)
    for id_, events in streams.items():
        name, row = f"ticket {id_}", rows.get(id_)
        state = _fold(events)
        if row is None or state is None:
            yield name, {"row": "there"}, {"row": "missing"}
            continue
        wanted = asdict(state)
        found = asdict(repository.ticket_state(row))
        if state.number is None:
            wanted = {"clock_started_at": state.clock_started_at}
        if state.number is not None and state.order_id is not None:
            yield name, {"shares": True}, {"shares": state.order_id in links.get(id_, set())}
        beside = {one.id: one.hidden_at is not None for one in files.get(id_, [])}
        yield name, wanted, found
        yield (
            name,
            {
                "answers": rules.answers(events),
                "relations": rules.related(events),
                "files": rules.attached(events),
            },
            {
                "answers": answers.get(id_, []),
                "relations": relations.get(id_, {}),
                "files": beside,
            },
        )


def _fold(events: Sequence[Recorded]) -> rules.TicketState | None:
    state = None
    for event in events:
        state = rules.evolve(state, event)
    return state


def chase_ups(session: Session, org_id: int, streams: Streams) -> Found:
    """Those of each order."""
    rows = repository.chase_ups_of(session, org_id, streams)
    for id_, events in streams.items():
        told = {
            one.payload.chase_up_id for one in events if isinstance(one.payload, ev.OrderChasedUp)
        }
        yield f"order {id_}", {"chase-ups": told}, {"chase-ups": rows.get(id_, set())}


def follow_ups(session: Session, org_id: int, streams: Streams) -> Found:
    query = select(FollowUp).where(FollowUp.org_id == org_id, FollowUp.id.in_(list(streams)))
    rows = {row.id: row for row in session.scalars(query)}
    for id_, events in streams.items():
        state = None
        for event in events:
            state = followup_rules.evolve(state, event)
        name, row = f"followup {id_}", rows.get(id_)
        if row is None or state is None:
            yield name, {"row": "there"}, {"row": "missing"}
            continue
        yield name, asdict(state), asdict(repository.follow_up_state(row))
