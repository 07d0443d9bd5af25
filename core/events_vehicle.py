"""Kinds of facts about vehicles, as the gateway saw them; core/events.py gives them to all."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("vehicle.departed")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleDeparted(Payload):
    """GPS: the vehicle left where it stood, while watched for an assignment."""

    assignment_id: UUID
    device_id: UUID
    lat: float
    lon: float
    uncertainty_s: float


@fact("vehicle.arrived")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleArrived(Payload):
    """GPS: the vehicle is at the watched site and stays."""

    assignment_id: UUID
    device_id: UUID
    lat: float
    lon: float
    distance_m: float
    uncertainty_s: float


@fact("vehicle.message_acked")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleMessageAcked(Payload):
    """A terminal acknowledged a message (0x0001, result 0)."""

    message_id: UUID
    assignment_id: UUID
    device_id: UUID
    purpose: str


@fact("vehicle.key_pressed")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleKeyPressed(Payload):
    """The driver pressed a key of the terminal's menu (0x0301) about the order shown last."""

    device_id: UUID
    assignment_id: UUID
    key: str


@fact("vehicle.message_failed")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleMessageFailed(Payload):
    """A terminal refused a message, or all tries went unanswered."""

    message_id: UUID
    assignment_id: UUID
    device_id: UUID
    purpose: str
    cause: str
