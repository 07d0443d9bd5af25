"""Shapes of the API about notices to many, and the texts that they are made from."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.schemas import Body, storable

ScopeKind = Literal["order", "node", "region"]
Importance = Literal["ordinary", "special", "first", "second", "temporary"]
Word = Annotated[str, StringConstraints(max_length=80), AfterValidator(storable)]
Value = Annotated[str, StringConstraints(max_length=200), AfterValidator(storable)]


class PreviewBody(Body):
    """Who would get which text. `values`: of the text's placeholders."""

    template: Word = Field(examples=["outage"])
    values: dict[Word, Value] = Field(
        max_length=20, examples=[{"area": "景山街道", "time": "15:30"}]
    )
    scope: ScopeKind = Field(
        description="Customers of the order's outage, below a device of the network, in a region.",
        examples=["node"],
    )
    scope_id: UUID = Field(examples=["0198a0b0-0000-7000-8000-000000000001"])
    importances: list[Importance] = Field(
        default_factory=list,
        max_length=5,
        description="Those kinds of customers; none: all.",
        examples=[["first", "second"]],
    )


class CampaignBody(PreviewBody):
    """A notice to many, not started yet."""

    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
    ] = Field(examples=["主变跳闸"])
    useful_hours: float = Field(
        ge=0.25, le=72, description="After so long nothing more of it goes out.", examples=[4]
    )


class SampleText(BaseModel):
    """The text in one language. `segments`: messages that the carrier makes of it."""

    language: str
    text: str
    segments: int


class CampaignPreview(BaseModel):
    """What a start would do now. `seconds`: at the carrier's pace, alone."""

    set_up: bool = Field(description="Whether messages can leave the house at all.")
    customers: int
    recipients: int
    by_language: dict[str, int]
    excluded: dict[str, int] = Field(
        description="Why → how many numbers: stopped, landline, bad_number, not_approved, link."
    )
    numberless: int = Field(description="Customers of whom no number is known.")
    samples: list[SampleText]
    messages: int = Field(description="Parts, as the carrier counts them.")
    seconds: float
    quiet_until: datetime | None = Field(description="Quiet hours hold it back until then.")


class CampaignRow(BaseModel):
    """A notice to many. `progress`: numbers by state, where it goes on."""

    id: UUID
    template: str
    values: dict[str, str]
    scope: ScopeKind
    scope_id: UUID
    scope_zh: str
    scope_en: str
    importances: list[Importance]
    reason: str
    state: Literal["draft", "running", "paused", "cancelled", "done"]
    code: str | None
    asked_at: datetime
    asked_by: str
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime
    quiet_until: datetime | None = Field(
        description="Quiet hours hold back what is under way until then."
    )
    written: bool = Field(description="All recipients are known.")
    recipients: int
    excluded: int
    numberless: int
    progress: dict[str, int] | None = Field(
        description="waiting, excluded, cancelled, or the state of the message."
    )


class CampaignReason(BaseModel):
    """How many ended so, and why."""

    state: str
    code: str | None
    count: int


class CampaignFailure(BaseModel):
    """A number that was left out or did not get it; masked."""

    number: str
    customer_id: UUID | None
    account: str | None
    state: str
    code: str | None


class CampaignPage(CampaignRow):
    """With who did not get it, the first 200."""

    reasons: list[CampaignReason]
    failures: list[CampaignFailure]


class TemplateText(BaseModel):
    """One text. `segments`: with values of the usual length."""

    channel: Literal["sms", "voice"]
    language: str
    text: str
    approval: str | None
    segments: int


class TemplateRow(BaseModel):
    """What is said on an occasion. `for_many`: it may be sent to many."""

    name: str
    category: str
    placeholders: list[str]
    for_many: bool
    version: str
    texts: list[TemplateText]


class Templates(BaseModel):
    """All texts that leave the house."""

    default_language: str
    languages: list[str]
    messages_per_second: float
    templates: list[TemplateRow]
