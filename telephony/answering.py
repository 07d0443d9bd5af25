"""What a leg hears next: its report is logged and its purpose is asked, in one unit of work."""

from dataclasses import dataclass
from uuid import UUID

from core.wiring import wiring
from telephony import folding, service
from telephony.command_models import CarrierCommand
from telephony.models import Call
from telephony.purposes import CALLER, Leg
from telephony.rules import CarrierEvent
from telephony.script import Script, Step

WAITING = ("wait", "waiting", "left", "queue")
"""Steps of a caller at which it counts where the caller waits, as far as anybody has told us."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the leg is to do next."""

    leg_id: UUID
    script: Script


def answer(event: CarrierEvent) -> Answer:
    """Take the report of a leg that asks what is next; the same again for a repeated one.

    A caller is answered before the report is told. A leg that we placed acts upon its call, which
    is told first. Raises UnknownNumber or NotFound where it is no leg of ours.
    """
    with service.hearing(event) as uow:
        placed = None
        if event.leg_id is not None:
            placed = uow.session.get(CarrierCommand, (uow.org_id, event.leg_id))
        if placed is not None:
            call = folding.hear(uow, event)
        else:
            if event.step.partition(".")[0] in WAITING:
                folding.catch_up(uow, event.carrier_call)
            call = folding.open_call(uow, event)
        leg = _leg(event, call, placed)
        script = wiring().purposes[leg.purpose](uow, leg, _step(event))
    return Answer(leg.leg_id, script)


def _leg(event: CarrierEvent, call: Call, placed: CarrierCommand | None) -> Leg:
    return Leg(
        call_id=call.id,
        leg_id=placed.id if placed else call.id,
        purpose=placed.purpose if placed else CALLER,
        subject_id=placed.subject_id if placed else None,
        carrier_call=event.carrier_call,
        from_number=event.from_number,
        to_number=event.to_number,
    )


def _step(event: CarrierEvent) -> Step:
    more = dict(event.params)
    if event.recording:
        more["RecordingSid"] = event.recording
    if event.answered_by:
        more["AnsweredBy"] = event.answered_by
    return Step(event.step, event.digits, more)
