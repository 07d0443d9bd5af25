"""Answers of the API about escalations: ladders, their steps, what was tried."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples_escalations as examples


class NoticeRow(BaseModel):
    """One attempt to tell somebody over one channel."""

    id: UUID
    channel: Literal["screen", "sound", "voice", "sms", "mail", "robot"]
    text_code: str | None
    state: Literal[
        "waiting", "sending", "sent", "answered", "failed", "unavailable", "cancelled"
    ] = Field(description="`unavailable`: nothing is set up for the channel.")
    reason: str | None = Field(description="Why it was not sent, as a code.")
    delivery: str | None = Field(description="How far the short message has come at the carrier.")
    delivery_code: str | None = Field(description="Why it came no further.")
    tries: int
    ended_at: datetime | None


class StepRow(BaseModel):
    """A step that was due, and for whom it was."""

    step: int = Field(description="From 1.")
    at: datetime
    recipient: Literal["sender", "receiver", "crew", "leader_1", "leader_2", "supervisor"]
    unit_id: UUID | None
    unit_zh: str | None
    unit_en: str | None
    person: str | None
    instead: bool = Field(description="For somebody who is off duty.")
    nobody: bool = Field(description="Nobody was on duty; the next step came at once.")
    notices: list[NoticeRow]


class EscalationRow(BaseModel):
    """A ladder that is, or was, climbed."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ESCALATION_ROW]})

    id: UUID
    order_id: UUID | None
    ticket_id: UUID | None = Field(description="Either this or the order.")
    number: str = Field(description="Of the order or ticket.")
    alert_id: UUID = Field(description="What to acknowledge, so that it ends.")
    code: str = Field(description="The segment, goal, total or timer.")
    occasion: Literal["alarm", "breach", "warning", "risk"]
    began_at: datetime
    next_at: datetime | None = Field(description="When the next step is due.")
    ended_at: datetime | None
    cause: Literal["acknowledged", "reached", "withdrawn", "overtaken"] | None
    ended_by: str | None
    steps: list[StepRow]


class Escalations(BaseModel):
    escalations: list[EscalationRow]
