"""Facts of what the carrier was asked to do."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("command.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEnded(Payload):
    """The carrier did it, or never will. `outcome`: done, failed, expired, cancelled.

    `code`: the carrier's number or a word where it failed; `leg_id`: the leg that it was about,
    the command's own id where it placed one.
    """

    kind: str
    purpose: str
    outcome: str
    code: str = ""
    subject_id: UUID | None = None
    call_id: UUID | None = None
    leg_id: UUID | None = None
