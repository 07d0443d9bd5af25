"""Acts on tickets as use cases, and what to compare before and after."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from core.clock import now
from core.db import read_session, session_factory
from core.uow import unit_of_work
from dashboards.order_page import order_page
from dispatch.orders import service
from dispatch.tickets import followup, handling, merging
from dispatch.tickets.models import FollowUp, Ticket
from tests.acts import Acts
from tests.office import query, turn

PHONE = "+8613800138000"
_OF_TICKET = {
    "ticket": "id = :id",
    "ticket_answer": "ticket_id = :id",
    "ticket_relation": "ticket_id = :id",
    "ticket_attachment": "ticket_id = :id",
    "follow_up": "ticket_id = :id",
    "order_ticket": "ticket_id = :id",
    "event": "stream = 'ticket' AND stream_id = :id",
}


def dump_ticket(ticket_id: UUID) -> dict[str, list[Any]]:
    """Table → rows of the ticket as JSON values."""
    with session_factory()() as session:
        return {
            table: sorted(
                session.scalars(
                    text(f"SELECT to_jsonb(t)::text FROM {table} t WHERE {where}"),
                    {"id": ticket_id},
                )
            )
            for table, where in _OF_TICKET.items()
        }


def judged(order_id: UUID) -> dict[str, Any]:
    """What an order's points, segments and promise are, without what merely follows the clock."""
    with read_session() as session:
        page = order_page(session, 1, order_id, now())
    running = ("spent_s", "slack_s", "borrowed_s")
    return {
        "state": page["order"]["state"],
        "points": page["order"]["points"],
        "promise": {key: page["promise"][key] for key in ("limit_s", "due_at", "state")},
        "segments": [
            {key: value for key, value in one.items() if key not in running}
            if one["state"] == "running"
            else one
            for one in page["segments"]
        ],
    }


@dataclass
class Desk:
    """An agent who works on tickets."""

    acts: Acts
    by: str = "agent"

    def ticket(self, kind: str = "enquiry", **more: Any) -> UUID:
        return self.acts.ticket(kind=kind, caller_phone=PHONE, **more)

    def act(self, act: str, ticket_id: UUID, **more: Any) -> None:
        """One act of a person. Raises the Problem that the person would see."""
        with unit_of_work(self.acts.by(self.by)) as uow:
            if act == "transfer":
                there = self.state(ticket_id) == "transferred"  # to the same one again is refused
                unit = self.acts.unit("east" if there else "west")
                handling.transfer(uow, ticket_id, unit, "other")
            elif act == "return":
                handling.return_to_filer(uow, ticket_id, "incomplete")
            elif act == "contact":
                handling.contact(uow, ticket_id)
            elif act == "answer":
                handling.answer(uow, ticket_id, "已答复")
            elif act == "close":
                handling.close(uow, ticket_id, "solved")
            elif act == "reopen":
                handling.reopen(uow, ticket_id, "not_solved")
            elif act == "merge":
                merging.merge(uow, ticket_id, more["order_id"], "same_fault")
            elif act == "unmerge":
                merging.unmerge(uow, ticket_id, "mistake")
            else:
                raise ValueError(act)

    def order(self, ticket_id: UUID) -> UUID:
        return self.acts.file(ticket_id)

    def state(self, ticket_id: UUID) -> str:
        return str(self.row(ticket_id).state)

    def row(self, ticket_id: UUID) -> Ticket:
        return query(lambda session: session.get_one(Ticket, (1, ticket_id)))

    def finish(self, order_id: UUID, outcome: str = "repaired") -> None:
        """Bring an order that was filed to its end."""
        self.acts.order_act("release", order_id)
        self.acts.order_act("dispatch", order_id)
        assignment_id = self.acts.assignment(order_id).id
        for act in ("accept", "depart", "arrive", "restore", "finish"):
            self.acts.crew_act(act, assignment_id)
        self.close(order_id, outcome)

    def close(self, order_id: UUID, outcome: str) -> None:
        with unit_of_work(self.acts.by("lead")) as uow:
            service.close(uow, order_id, outcome)
        turn()

    def follow_up(self, ticket_id: UUID) -> FollowUp | None:
        wanted = select(FollowUp).where(FollowUp.ticket_id == ticket_id)
        newest = wanted.order_by(FollowUp.opened_at.desc()).limit(1)
        return query(lambda session: session.scalars(newest).one_or_none())

    def claim(self, follow_up_id: UUID, by: str = "agent", reason: str | None = None) -> None:
        with unit_of_work(self.acts.by(by)) as uow:
            followup.claim(uow, follow_up_id, reason)
