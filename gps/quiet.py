"""Who is silent, and what the facts say about it. Pure.

A device is judged by its own rhythm, and only by time in which somebody listened: while no gateway
takes positions, and until it has for as long as the device may be quiet, nothing is said of it.
Where most of the fleet falls silent at one moment, that is one trouble and not many: nothing is
said of single vehicles for some minutes, and then that they fell silent together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core import events as ev
from core.recorded import Recorded
from gps.rhythm import Rhythm

RETURN_S = 180.0
"""A gateway that has just begun waits so long for terminals to connect anew."""

TOGETHER = 5
"""So many vehicles at least, and at least as many as are still heard, make one trouble."""

TOGETHER_WAIT = timedelta(minutes=5)
"""How long nothing is said of single vehicles where most fell silent at once."""

LOOK_AGAIN = timedelta(minutes=5)
"""A silent vehicle is looked at again: its crew may be on duty by now, its device taken out."""

FORGOTTEN = timedelta(hours=12)
"""A second device that is silent for so long is not waited for: a phone that was exchanged."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """A device that sends for the vehicle and is in use. `connected`: a gateway holds its line."""

    kind: str
    connected: bool = False


@dataclass(frozen=True, slots=True)
class Ears:
    """Since when somebody takes positions of each kind of device without a break; None: nobody
    does. `together`: most of the fleet has fallen silent within a few minutes.
    """

    since: Mapping[str, datetime | None]
    together: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be recorded of a vehicle, and when it is to be looked at next. `on_duty`: what the
    last fact says of its crew; None where no device is silent.
    """

    facts: tuple[tuple[datetime, ev.VehicleSilent | ev.VehicleSilenceDropped], ...]
    due_at: datetime | None
    on_duty: bool | None


def silent_from(one: Rhythm, listened_since: datetime) -> float:
    """The moment from which a device is silent, had we listened since then; unix seconds."""
    begun = listened_since.timestamp() + max(one.allowed_s, RETURN_S)
    return one.quiet_at if one.seen >= listened_since.timestamp() else max(one.quiet_at, begun)


def judge(
    known: dict[UUID, Rhythm],
    source: UUID,
    mounted: Mapping[UUID, Mounted],
    ears: Ears,
    now: datetime,
    *,
    on_duty: bool,
    said_on_duty: bool | None,
) -> Judged:
    """Look at the devices of one vehicle; marks in `known` whose silence is on record.

    `source`: the device that its position is from. `said_on_duty`: what the last fact said of its
    crew; None where none did.
    """
    facts: list[tuple[datetime, ev.VehicleSilent | ev.VehicleSilenceDropped]] = []
    looks: list[datetime] = []
    for device, one in list(known.items()):
        if device not in mounted or (device != source and _forgotten(one, now)):
            del known[device]
            if one.silent_since:
                facts.append((now, ev.VehicleSilenceDropped(device_id=device)))
            continue
        if one.silent_since:
            continue
        at = _due(one, mounted[device], ears, now)
        if at > now:
            looks.append(at)
            continue
        one.silent_since = one.seen
        facts.append(
            (_moment(one.seen), _fact(device, known, source, mounted, ears, on_duty=on_duty))
        )
    silent = {device: one for device, one in known.items() if one.silent_since}
    if silent and on_duty is not said_on_duty and not _says(facts):
        device, one = max(silent.items(), key=lambda pair: pair[1].silent_since)
        again = _fact(device, known, source, mounted, ears, on_duty=on_duty)
        facts.append((_moment(one.silent_since), again))
    if silent:
        looks.append(now + LOOK_AGAIN)
    return Judged(tuple(facts), min(looks, default=None), on_duty if silent else None)


def _forgotten(one: Rhythm, now: datetime) -> bool:
    return bool(one.silent_since) and now - _moment(one.silent_since) > FORGOTTEN


def _due(one: Rhythm, device: Mounted, ears: Ears, now: datetime) -> datetime:
    since = ears.since.get(device.kind)
    if since is None:
        return now + LOOK_AGAIN
    at = _moment(silent_from(one, since))
    young = ears.together and now < at + TOGETHER_WAIT
    return at + TOGETHER_WAIT if young and at <= now else at


def _says(facts: list[tuple[datetime, ev.VehicleSilent | ev.VehicleSilenceDropped]]) -> bool:
    return any(isinstance(fact, ev.VehicleSilent) for _, fact in facts)


def _fact(
    device: UUID,
    known: Mapping[UUID, Rhythm],
    source: UUID,
    mounted: Mapping[UUID, Mounted],
    ears: Ears,
    *,
    on_duty: bool,
) -> ev.VehicleSilent:
    one, teller = known[device], known.get(source)
    return ev.VehicleSilent(
        device_id=device,
        kind=mounted[device].kind,
        expected_s=round(one.expected_s),
        allowed_s=round(one.allowed_s),
        connected=mounted[device].connected,
        unknown=teller is None or bool(teller.silent_since),
        on_duty=on_duty,
        together=ears.together,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True, slots=True)
class SilenceState:
    """Silent devices of a vehicle since when, and since when nobody knows where it is.

    `silent_on_duty`: whether its crew was on duty, by the last fact; None: no device is silent.
    """

    devices: Mapping[UUID, datetime] = field(default_factory=dict)
    silent_since: datetime | None = None
    silent_on_duty: bool | None = None


HEARD = SilenceState()


def evolve_silence(state: SilenceState, event: Recorded) -> SilenceState:
    """A vehicle's silence after one more fact of its stream; others change nothing."""
    match event.payload:
        case ev.VehicleSilent() as fact:
            devices = {**state.devices, fact.device_id: event.occurred_at}
            since = (state.silent_since or event.occurred_at) if fact.unknown else None
            return SilenceState(devices, since, fact.on_duty)
        case ev.VehicleHeard() as fact:
            return _without(state, fact.device_id, None if fact.known else state.silent_since)
        case ev.VehicleSilenceDropped() as fact:
            return _without(state, fact.device_id, state.silent_since)
    return state


def _without(state: SilenceState, device: UUID, since: datetime | None) -> SilenceState:
    left = {one: at for one, at in state.devices.items() if one != device}
    return SilenceState(left, since, state.silent_on_duty if left else None)
