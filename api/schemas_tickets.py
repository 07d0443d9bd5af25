"""Bodies and answers of the API about tickets, chase-ups and orders that follow on."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api import examples_tickets as examples
from api.schemas import Body, Moment, Named, OneLine
from api.schemas_escalations import EscalationRow
from api.schemas_follow_ups import FollowUpRow
from api.schemas_guides import GuidedBody
from api.schemas_orders import Text, Urgency
from api.schemas_ticket_codes import (
    Channel,
    CloseWay,
    Code,
    FollowOnKind,
    HideReason,
    MergeReason,
    Note,
    Relation,
    ReopenReason,
    TicketKind,
    TicketReturnReason,
    TicketStateName,
    TransferReason,
    UnmergeReason,
    Words,
)


class TicketBody(Body):
    kind: TicketKind = "fault_repair"
    channel: Channel = "phone"
    call_id: UUID | None = Field(None, description="The call it was told in; its end is point A.")
    caller_name: Annotated[str, Field(max_length=100, examples=["王女士"]), OneLine] | None = None
    caller_phone: Annotated[str, Field(max_length=40, examples=["+861062345678"])] | None = None
    description: Annotated[str, Field(max_length=4000, examples=["整栋楼停电"])] | None = None
    customer_id: UUID | None = Field(None, description="Whose account it is about.")
    guide: GuidedBody | None = Field(None, description="Answers to the guided questions.")


class TicketSummary(BaseModel):
    """A ticket in a list. Name, phone and words are masked for whoever may not see them."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TICKET_SUMMARY]})

    id: UUID
    number: str | None
    kind: TicketKind
    channel: Channel
    state: TicketStateName
    filed_at: datetime
    filed_by: UUID | None
    filed_by_name: str | None
    due_at: datetime | None = Field(description="When an answer is due; of a fault: its promise.")
    due_unknown: Literal["calendar_ends", "no_limit"] | None = Field(
        description="Why nobody can say when an answer is due: the calendar knows nothing of that "
        "year, or no limit holds. Null where it is known or nobody waits."
    )
    clock_started_at: datetime | None
    reopened_at: datetime | None = Field(description="A new order of it runs from then.")
    call_id: UUID | None
    customer_id: UUID | None
    caller_name: str | None
    caller_name_en: str | None = Field(description="Where the caller is the customer and has one.")
    caller_phone: str | None
    description: str | None
    unit_id: UUID | None = Field(description="Who has it since the last transfer.")
    order_id: UUID | None
    order_number: str | None
    order_state: str | None
    fault_code: str | None
    urgency: int | None = Field(description="Of its order; else of its guide.")
    place: str | None
    place_en: str | None
    attachments: int
    customer_side: str | None
    closed_at: datetime | None
    closed_how: str | None


class TicketList(BaseModel):
    """Newest first; `more` says that older ones were left out."""

    tickets: list[TicketSummary]
    more: bool


class GuidedRow(BaseModel):
    """The answers that were given, with what they add up to. Words are those of the guide now."""

    fault_code: str
    version: int
    answers: list["GuidedAnswerRow"]
    urgency: int | None
    trade: str | None
    customer_side: str | None


class GuidedAnswerRow(BaseModel):
    question: str
    answer: str
    question_zh: str | None
    question_en: str | None
    answer_zh: str | None
    answer_en: str | None


class RelatedTicket(BaseModel):
    """`mine`: this ticket said so; otherwise the other one did."""

    id: UUID
    number: str | None
    kind: TicketKind
    state: TicketStateName
    relation: Relation
    mine: bool


class AttachmentRow(BaseModel):
    id: UUID
    name: str
    content_type: str
    size: int = Field(description="Bytes.")
    attached_at: datetime
    attached_by: str | None
    hidden: bool = Field(description="Kept, but shown to nobody.")


class TicketOrderRow(BaseModel):
    """An order of the ticket. `role`: the shared one, one that follows on it, or an earlier one."""

    id: UUID
    number: str
    state: str
    role: Literal["shared", "follow_on", "earlier"]
    relation: FollowOnKind | None
    fault_code: str
    urgency: int
    trade: str
    chase_ups: int
    tickets: int = Field(description="How many tickets share it.")
    place: str | None
    place_en: str | None
    appointment_at: datetime | None


class TicketFact(BaseModel):
    """Something that happened to the ticket; `words` are what was written with it."""

    at: datetime
    type: str
    by: str | None
    detail: dict[str, str | int | float | bool | None]
    words: str | None


class TicketPage(BaseModel):
    """One ticket with everything that belongs to it."""

    ticket: TicketSummary
    may: list[str] = Field(description="Acts that its state allows.")
    guided: GuidedRow | None
    clock: "ClockRow | None"
    orders: list[TicketOrderRow]
    related: list[RelatedTicket]
    attachments: list[AttachmentRow]
    follow_ups: list[FollowUpRow]
    escalations: list[EscalationRow]
    history: list[TicketFact]


class ClockRow(BaseModel):
    """Point A of this ticket with its evidence."""

    at: datetime
    source: str
    evidence: str | None
    uncertainty_s: float


class MergeBody(Body):
    order_id: UUID = Field(examples=["01a20039-8466-7466-8a01-9a1b2c3d4e5f"])
    reason: MergeReason = Field("same_fault", examples=["same_fault"])
    note: Note = None


class UnmergeBody(Body):
    reason: UnmergeReason = Field("mistake", examples=["different_fault"])
    note: Note = None


class RelateBody(Body):
    ticket_id: UUID = Field(examples=["01a20039-8455-7466-8a01-9a1b2c3d4e5f"])
    relation: Relation = Field("see_also", examples=["same_cause"])


class UnrelateBody(Body):
    ticket_id: UUID = Field(examples=["01a20039-8455-7466-8a01-9a1b2c3d4e5f"])


class TicketReturnBody(Body):
    reason: TicketReturnReason = Field(examples=["incomplete"])
    note: Note = None


class TransferBody(Body):
    unit_id: UUID = Field(examples=["01a20037-08c2-7366-b53b-6b86f3b69262"])
    reason: TransferReason = Field("other_department", examples=["other_department"])
    note: Note = None


class AnswerBody(Body):
    words: Words = Field(examples=["已告知阶梯电价的计算办法。"])


class ContactBody(Body):
    note: Note = None


class TicketCloseBody(Body):
    how: CloseWay = Field("solved", examples=["solved"])
    note: Note = None


class ReopenBody(Body):
    reason: ReopenReason = Field(examples=["not_solved"])
    note: Note = None


class HideBody(Body):
    reason: HideReason = Field(examples=["wrong_file"])


class ChaseUpBody(Body):
    """催办. A call or a ticket, or both, asked again."""

    call_id: UUID | None = Field(None, examples=["01a20039-8011-75e1-8d2c-3a9a4f7c9b10"])
    ticket_id: UUID | None = Field(None, description="It is merged into the order.")
    note: Note = None


class FollowOnBody(Body):
    kind: FollowOnKind = Field(examples=["other_trade"])
    trade: Code = Field(examples=["medium_voltage"])
    urgency: Urgency | None = Field(None, description="Empty: 0, or the parent's for second_crew.")
    reason: Text = Field(examples=["低压已恢复，配变需更换。"])
    appointment_at: Moment | None = Field(
        None, description="For an appointment; for materials: when they are expected."
    )


class TriedAnswer(BaseModel):
    """The follow-up after the try; a dissatisfied customer's complaint beside it."""

    follow_up: FollowUpRow
    complaint: TicketSummary | None


class TicketReference(BaseModel):
    """Codes of tickets and follow-ups with their names in both languages."""

    kinds: list[Named]
    channels: list[Named]
    states: list[Named]
    relations: list[Named]
    merge_reasons: list[Named]
    unmerge_reasons: list[Named]
    return_reasons: list[Named]
    transfer_reasons: list[Named]
    reopen_reasons: list[Named]
    close_ways: list[Named]
    hide_reasons: list[Named]
    take_over_reasons: list[Named]
    outcomes: list[Named]
    satisfactions: list[Named]
    follow_ons: list[Named]
    units: list["TransferUnit"] = Field(description="Who a ticket can be transferred to.")


class TransferUnit(BaseModel):
    id: UUID
    kind: str
    code: str
    name_zh: str
    name_en: str
