"""Codes and words that bodies and answers about tickets share."""

from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

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
Channel = Literal["phone", "web", "sms", "api", "12345", "12398"]
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
