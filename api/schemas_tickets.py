"""Bodies and answers of the API about tickets, guides, chase-ups, follow-up calls."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api import examples_tickets as examples
from api.schemas import Body, Moment, Named
from api.schemas_orders import Text, Urgency
from dispatch.tickets import followup_rules, rules
from dispatch.tickets.models import CHANNELS, KINDS

TicketKind = Literal[
    "fault_repair",
    "enquiry",
    "complaint",
    "report",
    "opinion",
    "suggestion",
    "service_request",
    "praise",
]
Channel = Literal["phone", "web", "sms", "api"]
TicketStateName = Literal[
    "open", "ordered", "merged", "transferred", "returned", "answered", "follow_up", "closed"
]
Relation = Literal["same_cause", "follow_up_of", "see_also"]
MergeReason = Literal["same_fault", "same_line", "same_caller", "other"]
UnmergeReason = Literal["different_fault", "mistake", "other"]
TicketReturnReason = Literal[
    "place_unclear", "customer_unclear", "wrong_type", "incomplete", "other"
]
TransferReason = Literal["other_department", "needs_expert", "needs_approval", "other"]
ReopenReason = Literal["not_solved", "answer_wrong", "closed_by_mistake", "other"]
CloseWay = Literal["answered", "solved", "withdrawn", "unreachable", "duplicate", "other"]
HideReason = Literal["wrong_file", "personal", "unreadable", "other"]
TakeOverReason = Literal["agent_left", "agent_busy", "urgent", "other"]
FollowUpOutcome = Literal["reached", "not_reached", "refused"]
Satisfaction = Literal["satisfied", "neutral", "dissatisfied"]
FollowOnKind = Literal["made_safe", "other_trade", "second_crew", "materials", "appointment"]
Code = Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Note = Annotated[Words | None, Field(description="Free words; kept out of the event log.")]
for _named, _codes in (
    (TicketKind, KINDS),
    (Channel, CHANNELS),
    (TicketStateName, rules.STATES),
    (Relation, rules.RELATIONS),
    (MergeReason, rules.MERGE_REASONS),
    (UnmergeReason, rules.UNMERGE_REASONS),
    (TicketReturnReason, rules.RETURN_REASONS),
    (TransferReason, rules.TRANSFER_REASONS),
    (ReopenReason, rules.REOPEN_REASONS),
    (CloseWay, rules.CLOSE_WAYS),
    (HideReason, rules.HIDE_REASONS),
    (TakeOverReason, followup_rules.TAKE_OVER_REASONS),
    (FollowUpOutcome, followup_rules.OUTCOMES),
    (Satisfaction, followup_rules.SATISFACTIONS),
):
    assert get_args(_named) == _codes


# Guides


class Say(BaseModel):
    """One sentence in both languages."""

    zh: str
    en: str


class CodedWords(Say):
    code: str


class GuideChoice(BaseModel):
    """One answer, where it leads and what it means. `at_least`, `below`: range of a number."""

    code: str
    zh: str
    en: str
    next: str = Field(description="The next question, or `end`.")
    at_least: float | None
    below: float | None
    urgency: int | None = Field(description="At least this; of several the highest counts.")
    trade: str | None = Field(description="Of several the last counts.")
    skill: str | None
    customer_side: str | None
    hazard: str | None


class GuideQuestion(BaseModel):
    id: str
    kind: Literal["yes_no", "choice", "number"]
    zh: str
    en: str
    minimum: float | None
    maximum: float | None
    choices: list[GuideChoice]


class GuideAnswer(BaseModel):
    """The guide of a fault type as data: a graph of questions without circles."""

    code: str
    version: int
    urgency: int = Field(description="While nothing says otherwise.")
    trade: str
    first: str
    questions: list[GuideQuestion]
    hazards: list[CodedWords] = Field(description="Sentences to say to the caller.")
    customer_sides: list[CodedWords] = Field(description="Causes behind the meter.")
    skills: list[CodedWords]


class GuideBecause(BaseModel):
    """Which answer had which effect; an empty `question` is the state of the account."""

    question: str
    answer: str
    effect: Literal["urgency", "trade", "skill", "customer_side", "hazard"]
    value: str


class GuideOutcome(BaseModel):
    """What answers add up to."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.GUIDE_OUTCOME]})

    urgency: int
    trade: str
    skills: list[str]
    customer_side: list[str] = Field(description="Not empty: no vehicle is needed, by all signs.")
    advice: list[str] = Field(description="Hazards whose sentence the caller is told.")
    missing: str | None = Field(description="The question to ask next; null at the end.")
    asked: list[str]
    because: list[GuideBecause]


class GuidedBody(Body):
    """Answers to the guide: question → a choice's code, or a number."""

    fault_code: Code = Field(examples=["no_power_home"])
    answers: dict[Code, Annotated[str, Field(pattern="^[a-z0-9_.]{1,40}$")]] = Field(
        max_length=40, examples=[{"danger": "no", "neighbours": "lit", "own_breaker": "on"}]
    )


# Tickets


class TicketBody(Body):
    kind: TicketKind = "fault_repair"
    channel: Channel = "phone"
    call_id: UUID | None = Field(None, description="The call it was told in; its end is point A.")
    caller_name: Annotated[str, Field(max_length=100, examples=["王女士"])] | None = None
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
    clock_started_at: datetime | None
    call_id: UUID | None
    customer_id: UUID | None
    caller_name: str | None
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


class TriedAnswer(BaseModel):
    """The follow-up after the try; a dissatisfied customer's complaint beside it."""

    follow_up: FollowUpRow
    complaint: TicketSummary | None


class PublicTicketBody(Body):
    """What the public form sends. `website` is a trap for robots: people leave it empty."""

    kind: TicketKind = "fault_repair"
    name: Annotated[str, Field(max_length=100, examples=["王女士"])] | None = None
    phone: Annotated[str, Field(min_length=5, max_length=40, examples=["13800138000"])]
    words: Words = Field(examples=["整栋楼停电"])
    place: Annotated[str, Field(max_length=200, examples=["景山街道 12 号楼"])] | None = None
    website: Annotated[str, Field(max_length=200)] = ""


class PartnerTicketBody(Body):
    """What a partner's system hands in."""

    kind: TicketKind = "fault_repair"
    account_number: Annotated[str, Field(max_length=60, examples=["1100000001"])] | None = None
    name: Annotated[str, Field(max_length=100)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    words: Words = Field(examples=["用户反映整栋楼停电"])


class PublicTicketAnswer(BaseModel):
    """The number, and what happens next in both languages."""

    number: str
    received_at: datetime
    next_zh: str
    next_en: str


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
