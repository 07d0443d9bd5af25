"""Calls for help from vehicles. Each may run twice."""

from core import events as ev
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.help import service


def key_pressed(uow: UnitOfWork, event: Recorded) -> None:
    """Key 5 of the terminal's menu; the other keys are about orders."""
    assert isinstance(event.payload, ev.VehicleKeyPressed)
    if event.payload.key == "help":
        service.vehicle_calls(uow, event.stream_id, "key", event.occurred_at)


def distress(uow: UnitOfWork, event: Recorded) -> None:
    """The alarm switch of the terminal."""
    fact = event.payload
    assert isinstance(fact, ev.VehicleDistress)
    service.vehicle_calls(uow, event.stream_id, "alarm", event.occurred_at, (fact.lat, fact.lon))
