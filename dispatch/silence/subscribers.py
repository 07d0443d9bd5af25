"""What follows from a silence and its end: promises of the crew's orders are looked at again."""

from sqlalchemy import select

from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.crews.models import Vehicle
from dispatch.orders.models import Assignment
from dispatch.orders.rules import OPEN_ASSIGNMENT
from sla import forecasts


def moved(uow: UnitOfWork, event: Recorded) -> None:
    """It is known, or not known any more, where a vehicle is. May run twice."""
    query = (
        select(Assignment.order_id)
        .join(
            Vehicle,
            (Vehicle.org_id == Assignment.org_id) & (Vehicle.crew_id == Assignment.crew_id),
        )
        .where(
            Vehicle.org_id == uow.org_id,
            Vehicle.id == event.stream_id,
            Assignment.state.in_(OPEN_ASSIGNMENT),
        )
        .order_by(Assignment.order_id)
    )
    for order_id in uow.session.scalars(query):
        forecasts.mark(uow, order_id)
