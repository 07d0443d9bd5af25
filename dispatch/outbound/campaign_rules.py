"""How a notice to many goes on: pure. Who may get it, which act fits which state, what it tells."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import phonenumbers
from phonenumbers import PhoneNumberType

from core.events import CampaignAsked, CampaignMoved, CampaignWritten
from core.recorded import Recorded

SCOPES = ("order", "node", "region")
"""Customers whose power an order's fault took; below a device of the network; in a region."""
STATES = ("draft", "running", "paused", "cancelled", "done")
ACTS = {
    "start": ({"draft"}, "running"),
    "pause": ({"running"}, "paused"),
    "resume": ({"paused"}, "running"),
    "cancel": ({"draft", "running", "paused"}, "cancelled"),
}
"""Act → states that it fits, and the state that it leads to."""
STATE_WORDS = {
    "draft": ("草稿", "a draft"),
    "running": ("发送中", "running"),
    "paused": ("已暂停", "paused"),
    "cancelled": ("已取消", "cancelled"),
    "done": ("已完成", "done"),
    "expired": ("已过期", "out of date"),
}
ACT_WORDS = {
    "start": ("开始", "started"),
    "pause": ("暂停", "paused"),
    "resume": ("继续", "resumed"),
    "cancel": ("取消", "cancelled"),
}
"""zh, en."""
EXCLUDED = ("stopped", "landline", "bad_number", "not_approved", "link")
"""Why a number is left out. Customers without a number are counted beside them."""
AHEAD_S, LEAST_AHEAD = 4.0, 20
"""Seconds of the carrier's pace that are asked for in advance, and messages at least."""


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A notice to many as its facts tell it."""

    id: UUID
    template: str
    scope: str
    scope_id: UUID
    state: str = "draft"
    code: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    recipients: int = 0
    excluded: int = 0
    numberless: int = 0


def evolve(state: CampaignState | None, event: Recorded) -> CampaignState:
    """The campaign after one more fact. Raises ValueError before `campaign.asked`."""
    match event.payload:
        case CampaignAsked() as asked:
            return CampaignState(event.stream_id, asked.template, asked.scope, asked.scope_id)
        case CampaignMoved() as moved if state is not None:
            begun = event.occurred_at if moved.state == "running" else None
            over = moved.state in ("cancelled", "done")
            return replace(
                state,
                state=moved.state,
                code=moved.code,
                started_at=state.started_at or begun,
                ended_at=event.occurred_at if over else None,
            )
        case CampaignWritten() as written if state is not None:
            return replace(
                state,
                recipients=written.recipients,
                excluded=written.excluded,
                numberless=written.numberless,
            )
    raise ValueError(f"{event.type} does not fit a campaign here")


def sort_of(number: str) -> str | None:
    """None where a short message can reach an E.164 number, else why it cannot."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "bad_number"
    if not number.startswith("+") or not phonenumbers.is_possible_number(parsed):
        return "bad_number"
    fixed = phonenumbers.number_type(parsed) == PhoneNumberType.FIXED_LINE
    return "landline" if fixed else None


def reachable(numbers: Sequence[str]) -> tuple[str, str | None] | None:
    """The first number that takes short messages, else the first one and why it takes none."""
    told = [(number, sort_of(number)) for number in numbers]
    return next((one for one in told if one[1] is None), told[0] if told else None)


def ahead(per_second: float) -> int:
    """How many messages of a campaign wait at the carrier's door at once."""
    return max(LEAST_AHEAD, round(per_second * AHEAD_S))
