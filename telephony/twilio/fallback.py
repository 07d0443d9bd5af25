"""What a leg hears while no answer can be had: nothing of it needs the database."""

from telephony import welcome
from telephony.rules import CarrierEvent
from telephony.script import Step
from telephony.twilio import addresses, twiml
from telephony.twilio.twiml import Turn

INBOUND = "inbound"
AGAIN_S = 2
AGAIN = 5
"""Times that a leg which we placed asks again, before it is told that it cannot be served."""


def document(direction: str) -> str:
    """For the carrier's fallback address: a caller is queued, another leg gets an excuse."""
    script = welcome.WELCOME if direction == INBOUND else welcome.NO_AGENT
    return twiml.render(script, Turn(None))


def instead(event: CarrierEvent, turn: str, again: int) -> str:
    """In place of the answer to a report.

    A caller is greeted and queued, and hears so while waiting; a leg that we placed asks the same
    again after a moment. `again`: how often it has done so.
    """
    if event.direction == INBOUND:
        result = "" if event.step == "left" else event.queue_result
        step = "answer" if event.step == "left" else event.step
        script = welcome.caller(None, None, Step(step, more={"QueueResult": result}))
        return twiml.render(script, Turn(None))
    if event.leg_id is None or again >= AGAIN:
        return twiml.render(welcome.NO_AGENT, Turn(None))
    address = addresses.step(
        event.leg_id, event.step, turn, digits=event.digits, again=str(again + 1)
    )
    return twiml.asked_again(address, AGAIN_S)
