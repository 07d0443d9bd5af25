"""What people do, as use cases without HTTP: quick enough for thousands of acts in a test."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from core.db import session_factory
from core.errors import Problem
from core.identity import EVERYTHING, Access, Actor
from core.rights import Scope
from core.uow import UnitOfWork, unit_of_work
from dispatch.crews import service as crews
from dispatch.crews.models import Crew
from dispatch.crews.service import Absence
from dispatch.orders import crew_service, service
from dispatch.orders.models import Assignment, Order, Receipt
from dispatch.orders.rules import OPEN_ASSIGNMENT
from dispatch.orders.service import NewOrder
from dispatch.places import corrections
from dispatch.tickets.service import NewTicket, file_ticket
from tests.office import query, unit_id, user_id

ORDER_ACTS = ("release", "accept", "return", "recall", "dispatch", "close")
CREW_ACTS = ("accept", "activate", "depart", "arrive", "restore", "finish", "return")


@dataclass
class Acts:
    """Acts of the starter organisation's people. Each is one unit of work of its own."""

    org_id: int
    units: dict[str, UUID] = field(default_factory=dict)
    users: dict[str, UUID] = field(default_factory=dict)

    def unit(self, code: str) -> UUID:
        if code not in self.units:
            self.units[code] = unit_id(code)
        return self.units[code]

    def by(self, login: str) -> Actor:
        if login not in self.users:
            self.users[login] = user_id(login)
        return Actor(self.org_id, "user", self.users[login])

    def access(self, scope: Scope, code: str) -> Access:
        return Access(scope, self.unit(code))

    def ticket(self, **changes: Any) -> UUID:
        with unit_of_work(self.by("agent")) as uow:
            return file_ticket(
                uow, NewTicket(**{"kind": "fault_repair", "channel": "web"} | changes)
            )

    def file(self, ticket_id: UUID | None = None) -> UUID:
        ticket = ticket_id or self.ticket()
        new = NewOrder(ticket, "no_power", "景山", "urban", 0, "any", 39.9239, 116.3966)
        with unit_of_work(self.by("agent")) as uow:
            return service.file_order(uow, new)

    def order_act(
        self, act: str, order_id: UUID, centre: str = "east", crew: str = "1", by: str = ""
    ) -> None:
        """One act of the hotline or of `centre`. Raises the Problem that a person would see."""
        hotline = act in ("release", "recall", "close")
        with unit_of_work(self.by(by or ("lead" if hotline else f"{centre}.desk"))) as uow:
            mine = self.access(Scope.CENTRE, centre)
            if act == "release":
                service.release(uow, order_id, self.unit(centre))
            elif act == "accept":
                service.accept_at_centre(uow, order_id, mine)
            elif act == "return":
                service.return_to_hotline(uow, order_id, "other", mine)
            elif act == "recall":
                service.recall_from_centre(uow, order_id, "other")
            elif act == "dispatch":
                service.dispatch(uow, order_id, self.unit(f"{centre}-{crew}"), mine)
            elif act == "close":
                service.close(uow, order_id, "duplicate")
            else:
                raise ValueError(act)

    def crew_act(self, act: str, assignment_id: UUID, crew: str = "east-1", by: str = "") -> None:
        """One act of `crew`, or the recall by its centre."""
        centre, _, number = crew.partition("-")
        login = by or (f"{centre}.desk" if act == "recall" else f"{centre}.crew{number}")
        with unit_of_work(self.by(login)) as uow:
            mine = self.access(Scope.CREW, crew)
            if act == "recall":
                desk = self.access(Scope.CENTRE, centre)
                service.recall_from_crew(uow, assignment_id, "other", desk)
            elif act == "return":
                crew_service.return_to_centre(uow, assignment_id, "other", mine)
            elif act == "place":
                corrections.correct_place(uow, assignment_id, mine, lat=39.93, lon=116.4)
            else:
                self._simple(uow, act, assignment_id, mine)

    @staticmethod
    def _simple(uow: UnitOfWork, act: str, assignment_id: UUID, mine: Access) -> None:
        use_cases = {
            "accept": crew_service.accept,
            "activate": crew_service.activate,
            "depart": crew_service.depart,
            "arrive": crew_service.arrive,
            "restore": crew_service.restore,
            "finish": crew_service.finish,
        }
        use_cases[act](uow, assignment_id, mine)

    def away(self, crew: str, **absence: Any) -> None:
        """The crew says that it is away."""
        centre, _, number = crew.partition("-")
        with unit_of_work(self.by(f"{centre}.crew{number}")) as uow:
            mine = self.access(Scope.CREW, crew)
            crews.go_away(uow, self.unit(crew), Absence(**{"reason": "meal"} | absence), mine)

    def back(self, crew: str) -> None:
        """Its centre says that it is back."""
        centre = crew.partition("-")[0]
        with unit_of_work(self.by(f"{centre}.desk")) as uow:
            crews.come_back(uow, self.unit(crew), self.access(Scope.CENTRE, centre))

    def one_trade(self) -> None:
        """All crews can stand in for each other, so that one of them may be away."""
        with session_factory()() as session:
            session.execute(update(Crew).values(trade="low_voltage", voltage_classes=[]))
            session.commit()

    def confirm(self, receipt: Receipt) -> bool:
        """A screen of the receiving unit confirms."""
        with unit_of_work(self.by("east.desk")) as uow:
            held = uow.session.get_one(Receipt, (self.org_id, receipt.id))
            return crew_service.confirm_receipt(uow, held, "screen:test", uow.now, EVERYTHING)

    def sent(self, crew: str = "east-1") -> tuple[UUID, UUID]:
        """An order that its centre has sent to `crew`, and its assignment."""
        centre, _, number = crew.partition("-")
        order_id = self.file()
        self.order_act("release", order_id, centre)
        self.order_act("dispatch", order_id, centre, number)
        return order_id, self.assignment(order_id).id

    def order(self, order_id: UUID) -> Order:
        return query(lambda session: session.get_one(Order, (self.org_id, order_id)))

    def assignment(self, order_id: UUID) -> Assignment:
        """The order's last assignment."""
        wanted = select(Assignment).where(Assignment.order_id == order_id)
        newest = wanted.order_by(Assignment.attempt.desc()).limit(1)
        return query(lambda session: session.scalars(newest).one())

    def receipts(self, order_id: UUID, status: str = "sent") -> list[Receipt]:
        wanted = select(Receipt).where(Receipt.order_id == order_id, Receipt.status == status)
        return query(lambda session: list(session.scalars(wanted.order_by(Receipt.sent_at))))

    def put_away(self, order_id: UUID) -> None:
        """Bring an order to its end, from wherever it is."""
        order = self.order(order_id)
        if order.state in ("released", "accepted", "assigned"):
            self.order_act("recall", order_id)
        if order.state != "closed":
            self.order_act("close", order_id)

    def put_all_away(self) -> None:
        wanted = select(Order.id).where(Order.state != "closed")
        for order_id in query(lambda session: session.scalars(wanted).all()):
            self.put_away(order_id)

    def has_open_assignment(self, order_id: UUID) -> bool:
        wanted = select(Assignment.id).where(
            Assignment.order_id == order_id, Assignment.state.in_(OPEN_ASSIGNMENT)
        )
        return query(lambda session: session.scalars(wanted).first()) is not None


def refused(act: Any, *arguments: Any, **more: Any) -> Problem | None:
    """The problem that an act raises, or None where it is done."""
    try:
        act(*arguments, **more)
    except Problem as problem:
        return problem
    return None
