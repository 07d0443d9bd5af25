"""Kinds of facts about vehicles, as the gateway saw them; core/events.py gives them to all."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("vehicle.departed")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleDeparted(Payload):
    """GPS: the vehicle left where it stood, while watched for an assignment.

    `revised`: told before, and dated anew by fixes that came late.
    """

    assignment_id: UUID
    device_id: UUID
    lat: float
    lon: float
    uncertainty_s: float
    revised: bool = False


@fact("vehicle.arrived")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleArrived(Payload):
    """GPS: the vehicle is at the watched site and stays. `revised` as for the departure."""

    assignment_id: UUID
    device_id: UUID
    lat: float
    lon: float
    distance_m: float
    uncertainty_s: float
    revised: bool = False


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
    """The driver pressed a key of the terminal's menu (0x0301), or chose an answer (0x0302).

    `assignment_id`: the order that was shown or asked about; None: the one that the crew is at.
    """

    device_id: UUID
    assignment_id: UUID | None
    key: str


@fact("vehicle.distress")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleDistress(Payload):
    """The alarm switch of the vehicle's terminal was pressed (0x0200, alarm bit 0), once per press.

    The place: of that position, where the terminal had one.
    """

    device_id: UUID
    lat: float | None = None
    lon: float | None = None


@fact("vehicle.message_failed")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleMessageFailed(Payload):
    """A terminal refused a message, or all tries went unanswered."""

    message_id: UUID
    assignment_id: UUID
    device_id: UUID
    purpose: str
    cause: str


@fact("vehicle.silent")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSilent(Payload):
    """A device of the vehicle is quiet for longer than its own rhythm; `occurred_at`: last seen.

    `expected_s`: its usual interval, `allowed_s`: what it may leave out. `connected`: its
    connection stands. `unknown`: so nobody knows where the vehicle is. `on_duty`: its crew is;
    said again when that changes. `together`: most of the fleet fell silent at once.
    """

    device_id: UUID
    kind: str
    expected_s: int
    allowed_s: int
    connected: bool
    unknown: bool
    on_duty: bool
    together: bool = False


@fact("vehicle.heard")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleHeard(Payload):
    """A silent device of the vehicle has told where it is, or another one does now.

    `silent_s`: how long that was not known. `known`: so it is known where the vehicle is.
    """

    device_id: UUID
    silent_s: int
    known: bool


@fact("vehicle.silence_dropped")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSilenceDropped(Payload):
    """Nobody waits for a silent device any more: out of use, of another vehicle, or forgotten."""

    device_id: UUID


@fact("vehicle.silence_told")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSilenceTold(Payload):
    """An attempt to tell the crew that a device is silent ended.

    `channel`: screen, sms. `attempt`: from 1. `result`: sent, failed, unavailable, cancelled.
    """

    notice_id: UUID
    device_id: UUID
    channel: str
    attempt: int
    result: str
    reason: str | None = None


@fact("vehicle.source_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSourceChanged(Payload):
    """Another device of the vehicle says where it is from now on; `before`: the one until now."""

    device_id: UUID
    before: UUID
    kind: str


@fact("vehicle.device_apart")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleDeviceApart(Payload):
    """A device of the vehicle is far from the one that counts, while both report.

    `metres`: how far when it was said.
    """

    device_id: UUID
    kind: str
    metres: int


@fact("vehicle.device_together")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleDeviceTogether(Payload):
    """A device that was apart is with its vehicle again, or was not heard for twelve hours."""

    device_id: UUID


@fact("vehicle.entered")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleEntered(Payload):
    """GPS: the vehicle came into a fence; dated where its way crosses the edge.

    `lat`, `lon`: the fix that shows it. `uncertainty_s`: length of the gap that the moment lies in.
    """

    fence_id: UUID
    device_id: UUID
    lat: float
    lon: float
    uncertainty_s: float


@fact("vehicle.left")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleLeft(Payload):
    """GPS: the vehicle went out of a fence; fields as for `vehicle.entered`."""

    fence_id: UUID
    device_id: UUID
    lat: float
    lon: float
    uncertainty_s: float


@fact("vehicle.crossed")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleCrossed(Payload):
    """GPS: the straight way between two fixes outside runs through a fence; unseen inside."""

    fence_id: UUID
    device_id: UUID
    lat: float
    lon: float
    uncertainty_s: float
