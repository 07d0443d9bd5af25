"""Answers of the API about calls."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples
from api.schemas import RATE


class CallTicket(BaseModel):
    """What was filed in a call: a ticket of some kind, or a `chase_up` of an order."""

    id: UUID
    kind: str
    order_id: UUID | None
    order_number: str | None


class Taker(BaseModel):
    id: UUID
    name: str


class SupervisorRow(BaseModel):
    """A supervisor on the line of a call."""

    id: UUID | None
    name: str
    how: Literal["listen", "whisper", "barge"]


class CallRow(BaseModel):
    """One call of a caller as the agents' desk shows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CALL_ROW]})

    id: UUID
    direction: Literal["in", "back"] = Field(description="A caller's, or a call-back of ours.")
    from_number: str = Field(description="The customer's, as the carrier says it; may be blank.")
    to_number: str = Field(description="Ours.")
    state: Literal["opened", "ringing", "in-progress", "ended"]
    stage: Literal["ringing", "menu", "queued", "offered", "talking", "held", "ended"]
    queue: str | None = Field(description="The last queue it came to.")
    queued_at: datetime | None = Field(description="Since when the caller waits, or waited.")
    outcome: str | None = Field(description="What became of it, once it has ended.")
    opened_at: datetime
    ended_at: datetime | None = Field(description="Point A.")
    end_state: str | None = Field(description="completed, busy, no-answer, canceled, failed.")
    taken_by: Taker | None = Field(description="The agent whose call it is.")
    taken_at: datetime | None
    tickets: list[CallTicket]
    held_since: datetime | None = Field(description="The customer hears music since then.")
    third: bool = Field(description="A third party is on the line.")
    supervisors: list[SupervisorRow] = Field(description="Those of ours who listen in.")


class DeskSnapshot(BaseModel):
    """The calls of the desk and the number of the topic's last delta.

    Calls opened before `since` are not in it; a screen that follows drops them likewise.
    """

    topic: str
    number: int
    server_time: datetime
    rate: float = Field(description=RATE)
    since: datetime
    calls: list[CallRow]
