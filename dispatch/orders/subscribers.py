"""What dispatch does about facts of other rooms. Each may run twice."""

from uuid import UUID

from sqlalchemy import select

from core import events as ev
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.orders import crew_service, repository, terminal_keys
from dispatch.orders.models import Assignment, Receipt
from dispatch.orders.work import work_on


def vehicle_departed(uow: UnitOfWork, event: Recorded) -> None:
    """GPS says the vehicle left: G of the assignment it was watched for."""
    assert isinstance(event.payload, ev.VehicleDeparted)
    crew_service.gps_departed(uow, event.payload, event.occurred_at, event.id)


def vehicle_arrived(uow: UnitOfWork, event: Recorded) -> None:
    """GPS says the vehicle is at the site: H of the assignment it was watched for."""
    assert isinstance(event.payload, ev.VehicleArrived)
    crew_service.gps_arrived(uow, event.payload, event.occurred_at, event.id)


def message_acked(uow: UnitOfWork, event: Recorded) -> None:
    """The terminal confirmed a text: E, or the recall."""
    fact = event.payload
    assert isinstance(fact, ev.VehicleMessageAcked)
    query = select(Receipt).where(
        Receipt.org_id == uow.org_id,
        Receipt.subject_id == fact.assignment_id,
        Receipt.purpose == fact.purpose,
    )
    receipt = uow.session.scalars(query).one_or_none()
    if receipt is not None:
        crew_service.confirm_receipt(
            uow, receipt, f"terminal:{fact.device_id}", event.occurred_at, source="terminal"
        )


def key_pressed(uow: UnitOfWork, event: Recorded) -> None:
    """The crew answered on the vehicle's terminal, as it would by phone."""
    fact = event.payload
    assert isinstance(fact, ev.VehicleKeyPressed)
    match fact.key, fact.assignment_id:
        case "accept", UUID() as assignment_id:
            terminal_keys.accept(uow, assignment_id, event.occurred_at)
        case "return", UUID() as assignment_id:
            terminal_keys.give_back(uow, assignment_id, event.occurred_at)
        case key, _:
            terminal_keys.tap(uow, event.stream_id, key, event.occurred_at)


def arrival_unseen(uow: UnitOfWork, event: Recorded) -> None:
    """An arrival was tapped a while ago: has GPS seen it meanwhile?"""
    with work_on(uow, repository.order_id_of(uow.session, uow.org_id, event.stream_id)):
        pass


def message_failed(uow: UnitOfWork, event: Recorded) -> None:
    """The terminal did not take a text: the board shows the order anew (not received)."""
    fact = event.payload
    assert isinstance(fact, ev.VehicleMessageFailed)
    uow.touch("order", repository.order_id_of(uow.session, uow.org_id, fact.assignment_id))


def queue_moved(uow: UnitOfWork, event: Recorded) -> None:
    """A crew's active order began or ended: those queued behind it have other deadlines now.

    Their state does not change. Orders are locked in the order of their ids.
    """
    assignment = uow.session.get_one(Assignment, (uow.org_id, event.stream_id))
    if assignment.crew_id is None:
        return
    for order_id in repository.queued_orders(uow.session, uow.org_id, assignment.crew_id):
        with work_on(uow, order_id):
            pass
