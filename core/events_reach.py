"""Kinds of facts about calling after a crew that does not take its order."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("reach.called")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReachCalled(Payload):
    """A call to the crew was asked for; `call` counts from 1, `command_id` is its command."""

    call: int
    command_id: UUID


@fact("reach.heard")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReachHeard(Payload):
    """Somebody picked up and heard of the order; `leg_id`: of that call."""

    leg_id: UUID


@fact("reach.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReachEnded(Payload):
    """The crew is not called after any more: `accepted`, `returned`, `recalled`, `unreached`."""

    outcome: str
