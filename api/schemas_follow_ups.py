"""Bodies and answers of the API about follow-up calls."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples_tickets as examples
from api.schemas import Body
from api.schemas_ticket_codes import FollowUpOutcome, Note, Satisfaction, TakeOverReason, TicketKind


class FollowUpTryRow(BaseModel):
    attempt: int
    at: datetime
    by: str | None
    outcome: FollowUpOutcome
    satisfaction: Satisfaction | None
    words: str | None


class FollowUpRow(BaseModel):
    """A customer to be called back. Name and phone are masked for whoever may not see them."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FOLLOW_UP]})

    id: UUID
    ticket_id: UUID
    ticket_number: str | None
    kind: TicketKind
    customer_id: UUID | None
    caller_name: str | None
    caller_name_en: str | None = Field(description="Where the caller is the customer and has one.")
    phones: list[str] = Field(description="The caller's first, then those of the account.")
    order_id: UUID | None
    order_number: str | None
    fault_code: str | None
    place: str | None
    place_en: str | None
    restored_at: datetime | None
    closed_outcome: str | None = Field(description="Of the order.")
    state: Literal["open", "claimed", "done", "dropped"]
    opened_at: datetime
    due_at: datetime
    next_at: datetime | None = Field(description="The next try, not before.")
    tries: list[FollowUpTryRow]
    claimed_by: UUID | None
    claimed_by_name: str | None
    claimed_at: datetime | None
    outcome: FollowUpOutcome | None
    satisfaction: Satisfaction | None
    complaint_id: UUID | None
    complaint_number: str | None
    ended_at: datetime | None


class FollowUpList(BaseModel):
    """The queue: overdue first, then by when they are due. `server_time` for countdowns."""

    server_time: datetime
    follow_ups: list[FollowUpRow]
    more: bool


class ClaimBody(Body):
    reason: TakeOverReason | None = Field(
        None, description="Needed to take it over from somebody else.", examples=["agent_left"]
    )


class TryBody(Body):
    outcome: FollowUpOutcome = Field(examples=["reached"])
    satisfaction: Satisfaction | None = Field(
        None, description="Where the customer was reached.", examples=["satisfied"]
    )
    note: Note = None
