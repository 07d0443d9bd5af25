"""How far a short message has come: pure. The carrier's reports come late, twice, in any order.

A message only moves forward. The first end stands; `unknown` (nobody can say whether it went out)
alone gives way to what the carrier says of it later.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core.events import MessageAsked, MessageMoved
from core.recorded import Recorded

REPORTED = ("queued", "accepted", "scheduled", "sending", "sent", "delivered", "undelivered")
"""What a carrier says of a message; with `failed`."""
ENDED = ("delivered", "undelivered", "failed", "refused", "cancelled", "unknown")
STATES = (*REPORTED, "failed", "refused", "cancelled", "unknown")
GONE = ("sent", "delivered")
"""States in which the message has left for its receiver."""
_RANK = {
    "queued": 0,
    "accepted": 1,
    "scheduled": 1,
    "sending": 2,
    "sent": 3,
    "unknown": 4,
    **dict.fromkeys(("delivered", "undelivered", "failed", "refused", "cancelled"), 5),
}

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_LONG = frozenset("^{}\\[~]|€\f")
"""Signs of GSM 03.38 that take two places."""


@dataclass(frozen=True, slots=True)
class MessageState:
    """A message as its facts tell it. `code`: why it ended so, the carrier's or ours."""

    id: UUID
    template: str
    about: str
    about_id: UUID
    state: str = "queued"
    code: str | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None


def moves(present: str, reported: str) -> bool:
    """Whether a report is news. Raises KeyError for a word that is no state."""
    return _RANK[reported] > _RANK[present]


def evolve(state: MessageState | None, event: Recorded) -> MessageState:
    """The message after one more fact of its stream. Raises ValueError before `message.asked`."""
    match event.payload:
        case MessageAsked() as asked:
            return MessageState(event.stream_id, asked.template, asked.about, asked.about_id)
        case MessageMoved() as moved if state is not None:
            gone = moved.state in ("sent", "delivered", "undelivered")
            return replace(
                state,
                state=moved.state,
                code=moved.code,
                sent_at=state.sent_at or (event.occurred_at if gone else None),
                ended_at=event.occurred_at if moved.state in ENDED else None,
            )
    raise ValueError(f"{event.type} does not fit a message here")


def encoding(text: str) -> str:
    """`gsm7` where every sign is in the carrier's small alphabet, else `ucs2`."""
    return "gsm7" if all(sign in GSM or sign in GSM_LONG for sign in text) else "ucs2"


def segments(text: str) -> int:
    """How many messages the carrier makes of a text and charges for; 1 for an empty one."""
    if encoding(text) == "gsm7":
        lengths, alone, part = [2 if sign in GSM_LONG else 1 for sign in text], 160, 153
    else:
        lengths, alone, part = [2 if ord(sign) > 0xFFFF else 1 for sign in text], 70, 67
    if sum(lengths) <= alone:
        return 1
    count, filled = 1, 0
    for length in lengths:  # a sign of two places is never cut in two
        if filled + length > part:
            count, filled = count + 1, 0
        filled += length
    return count
