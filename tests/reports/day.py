"""A day of orders that ran in Paidan itself: acts at chosen seconds, through the real use cases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from core.clock import now as clock_now
from core.db import session_factory
from core.identity import EVERYTHING, system_actor
from core.uow import UnitOfWork, unit_of_work
from dispatch.orders import crew_service as crew
from dispatch.orders import service as desk
from dispatch.orders.models import Order, Receipt
from dispatch.orders.service import NewOrder
from dispatch.starter import ORG_ID
from dispatch.tickets.service import NewTicket, file_ticket

T = TypeVar("T")
T0 = clock_now().replace(microsecond=0) - timedelta(hours=3)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@dataclass
class Day:
    """Acts at chosen seconds after T0, through the real use cases."""

    units: dict[str, UUID]

    def act(self, seconds: float, what: Callable[[UnitOfWork], T]) -> T:
        with unit_of_work(system_actor(ORG_ID, "test"), now=at(seconds)) as uow:
            return what(uow)

    def filed(self, seconds: float) -> UUID:
        """A ticket through the web form (A) and its order."""
        ticket = self.act(seconds, lambda uow: file_ticket(uow, NewTicket("fault_repair", "web")))
        new = NewOrder(ticket, "no_power_building", "某路", "urban", 2, "low_voltage", 39.9, 116.4)
        return self.act(seconds, lambda uow: desk.file_order(uow, new))

    def released(self, seconds: float, order: UUID, centre: str = "east") -> None:
        self.act(seconds, lambda uow: desk.release(uow, order, self.units[centre]))

    def received(self, seconds: float, hop: str, order: UUID, heard: float | None = None) -> None:
        """The device of that hop confirms what was sent last; we hear of it at `heard`."""

        def confirm(uow: UnitOfWork) -> bool:
            query = select(Receipt).where(
                Receipt.order_id == order,
                Receipt.hop == hop,
                Receipt.purpose == "order",
                Receipt.status == "sent",
            )
            receipt = uow.session.scalars(query).one()
            return crew.confirm_receipt(uow, receipt, "desk-1", at(seconds))

        assert self.act(heard or seconds, confirm)

    def sent(self, seconds: float, order: UUID, to: str = "east-1") -> UUID:
        self.act(seconds, lambda uow: desk.dispatch(uow, order, self.units[to], EVERYTHING))
        with session_factory()() as session:
            found = session.get_one(Order, (ORG_ID, order)).assignment_id
        assert found is not None
        return found

    def crew_does(self, assignment: UUID, **times: float) -> None:
        """accept, depart, arrive, finish, in the order given."""
        for act, seconds in times.items():
            use_case = getattr(crew, act)
            self.act(seconds, lambda uow, do=use_case: do(uow, assignment, EVERYTHING))
