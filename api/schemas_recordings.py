"""Bodies and answers of the API about recordings."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas import Body
from api.schemas_agents import RecordingState, Word

Kind = Literal["conversation", "message"]


class AccessRow(BaseModel):
    """Somebody listened."""

    id: UUID
    recording_id: UUID
    user_id: UUID
    name: str
    at: datetime
    reason: str


class AccessOfCall(AccessRow):
    call_id: UUID
    kind: Kind
    reason_zh: str
    reason_en: str


class RecordingRow(BaseModel):
    """One recording. `state` ready: it can be heard."""

    id: UUID
    call_id: UUID
    kind: Kind = Field(description="Message: the caller left it.")
    basis: Literal["announced", "agreed", "left"]
    state: RecordingState
    code: str | None = Field(description="Why something failed.")
    begun_at: datetime
    seconds: int | None
    may_listen: bool
    until: datetime | None = Field(description="When it will be erased; null: not by itself.")
    kept_by: str | None = Field(description="Who keeps it beyond its time.")
    kept_why: str | None
    gone_why: Literal["retention", "person"] | None
    gone_by: str | None = Field(description="Who had it erased, `gone_words` says why.")
    gone_words: str | None
    gone_at: datetime | None
    accesses: list[AccessRow] = Field(description="Who has listened, the last one first.")


class RecordingList(BaseModel):
    recordings: list[RecordingRow]
    reasons: list[Word] = Field(description="Why one may listen.")


class ListenBody(Body):
    reason: str = Field(max_length=40, examples=["complaint"])


class KeepBody(Body):
    words: str = Field(min_length=1, max_length=300, examples=["诉讼 2026-117"])


class EraseBody(Body):
    words: str = Field(min_length=1, max_length=300, examples=["来电人要求删除"])


class Opened(BaseModel):
    """`audio`: an address for this person, until `until`."""

    access_id: UUID
    audio: str
    until: datetime
