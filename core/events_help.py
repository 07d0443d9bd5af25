"""Kinds of facts about calls for help; core/events.py gives them to all."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("help.called")
@dataclass(frozen=True, slots=True, kw_only=True)
class HelpCalled(Payload):
    """求助: a crew calls for help. `how`: key, alarm or phone. `order_id`: that it is at.

    The place: of the vehicle or the phone, where known.
    """

    how: str
    crew_id: UUID | None = None
    centre_id: UUID | None = None
    vehicle_id: UUID | None = None
    order_id: UUID | None = None
    lat: float | None = None
    lon: float | None = None


@fact("help.repeated")
@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRepeated(Payload):
    """It called again while nobody had ended the call; who had taken note is told anew."""

    how: str
    lat: float | None = None
    lon: float | None = None


@fact("help.acknowledged")
@dataclass(frozen=True, slots=True, kw_only=True)
class HelpAcknowledged(Payload):
    """A person took note of it; the crew is told so."""


@fact("help.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class HelpEnded(Payload):
    """It is over: `helped`, or called by `mistake`."""

    outcome: str
