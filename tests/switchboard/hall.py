"""A hall of agents and callers for tests: rows as the carrier's reports would leave them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.clock import now
from core.identity import Actor, system_actor
from core.ids import new_id
from core.models import User
from core.uow import unit_of_work
from telephony import answering, service, settling, telling
from telephony.command_models import CarrierCommand
from telephony.models import Call, QueueStay
from telephony.routing import agents, switchboard
from telephony.routing.models import Agent, AgentCall, AgentSpan, Callback, Offer
from telephony.rules import CarrierEvent, Kind
from telephony.script import Script
from tests.office import query

HOTLINE = "+861095598"


@dataclass
class Hall:
    """One organisation's hall; `clock` goes on by hand."""

    org_id: int
    clock: datetime = field(default_factory=now)
    callers: int = 0
    reports: int = 0
    numbers: dict[UUID, str] = field(default_factory=dict)
    staff: list[UUID] = field(default_factory=list)

    def later(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    def work(self, user_id: UUID | None = None) -> Any:
        """A unit of work of the carrier, or of a person."""
        actor = (
            Actor(self.org_id, "user", user_id) if user_id else system_actor(self.org_id, "carrier")
        )
        return unit_of_work(actor, now=self.clock)

    def agent(self, *, ready: bool = True, **skills: int) -> UUID:
        """A new agent with a telephone."""
        id_ = new_id()
        with self.work() as uow:
            unit = uow.session.scalars(select(User).where(User.login == "agent")).one().unit_id
            person = User(
                org_id=self.org_id,
                id=id_,
                login=f"a{id_.hex[-12:]}",
                name="坐席",
                password_hash="-",
                role="agent",
                unit_id=unit,
            )
            uow.session.add(person)
        with self.work(id_) as uow:
            agents.equip(
                uow, id_, skills=skills or {"fault": 5, "general": 5}, endpoint=self.phone_of(id_)
            )
            if ready:
                agents.choose(uow, id_, "available", None)
        self.staff.append(id_)
        return id_

    @staticmethod
    def phone_of(user_id: UUID) -> str:
        return f"client:{user_id.hex}"

    def caller(self, queue: str = "fault", priority: int = 0, number: str | None = None) -> UUID:
        """Somebody calls and waits from now on."""
        self.callers += 1
        number = number or f"+86138{self.callers:08d}"
        sid = f"CA{new_id().hex}"
        call_id = service.receive(
            self.event("voice", sid, "in-progress", direction="inbound", from_number=number)
        )
        self.numbers[call_id] = sid
        with self.work() as uow:
            telling.enqueue(uow, call_id, queue, "first", priority=priority)
        return call_id

    def event(self, kind: Kind, carrier_call: str, status: str, **more: Any) -> CarrierEvent:
        """A report of the carrier, each one new."""
        self.reports += 1
        told: dict[str, Any] = {
            "direction": "outbound-api",
            "from_number": HOTLINE,
            "to_number": HOTLINE,
            "sequence": self.reports,
            "carrier_at": self.clock,
            "received_at": self.clock,
            "dedup_key": f"{self.reports}",
            **more,
        }
        return CarrierEvent(
            kind=kind, carrier="twilio", carrier_call=carrier_call, status=status, **told
        )

    def turn(self) -> int:
        """Let the switchboard work until it has nothing to do."""
        done = 0
        while more := switchboard.turn(self.org_id, self.clock):
            done += more
        return done

    # What the carrier reports

    def asks(self, leg_id: UUID, step: str = "answer", digits: str = "") -> Script:
        """A leg that was placed answers, or pressed keys, and asks what is next."""
        sid = f"CA{leg_id.hex}"
        service.receive(self.event("status", sid, "in-progress", leg_id=leg_id))
        event = self.event("step", sid, "in-progress", leg_id=leg_id, step=step, digits=digits)
        return answering.answer(event).script

    def joins(self, leg_id: UUID, call_id: UUID) -> None:
        """It is in the conference."""
        self._conference(leg_id, call_id, "join")

    def _conference(self, leg_id: UUID, call_id: UUID, event: str) -> None:
        sid = self.numbers.get(leg_id, f"CA{leg_id.hex}")
        told = {"leg_id": leg_id, "conference": str(call_id), "event": event}
        service.receive(self.event("conference", sid, "", **told))

    def over(self, leg_id: UUID, end_state: str = "completed") -> None:
        """A telephone is over."""
        service.receive(self.event("status", f"CA{leg_id.hex}", end_state, leg_id=leg_id))

    def leaves_queue(self, call_id: UUID, result: str = "redirected") -> None:
        sid = self.numbers[call_id]
        told = {"direction": "inbound", "queue_result": result, "step": "queue"}
        service.receive(self.event("queue", sid, "in-progress", **told))
        if result == "redirected":
            self._conference(call_id, call_id, "join")

    def ends(self, call_id: UUID) -> None:
        """The caller hangs up, wherever that is."""
        sid = self.numbers[call_id]
        service.receive(self.event("status", sid, "completed", direction="inbound"))

    # What is there

    def state(self, user_id: UUID) -> tuple[str, str | None]:
        def read(session: Any) -> tuple[str, str | None]:
            found = session.get_one(Agent, (self.org_id, user_id))
            return found.state, found.reason

        return query(read)

    def offers(self, *, open_only: bool = True) -> list[Offer]:
        wanted = select(Offer).where(Offer.org_id == self.org_id).order_by(Offer.offered_at)
        if open_only:
            wanted = wanted.where(Offer.ended_at.is_(None))
        return query(lambda session: list(session.scalars(wanted)))

    def offer_of(self, user_id: UUID) -> Offer:
        return next(one for one in self.offers() if one.user_id == user_id)

    def parts(self) -> list[AgentCall]:
        return query(lambda session: list(session.scalars(select(AgentCall))))

    def spans(self, user_id: UUID) -> list[AgentSpan]:
        wanted = select(AgentSpan).where(AgentSpan.user_id == user_id).order_by(AgentSpan.began_at)
        return query(lambda session: list(session.scalars(wanted)))

    def asked(self, kind: str, call_id: UUID | None = None) -> list[CarrierCommand]:
        """Commands of a kind, in order."""
        wanted = select(CarrierCommand).where(CarrierCommand.kind == kind)
        if call_id is not None:
            wanted = wanted.where(CarrierCommand.call_id == call_id)
        return query(lambda session: list(session.scalars(wanted.order_by(CarrierCommand.id))))

    def refuses(self, kind: str, call_id: UUID) -> None:
        """The carrier does not do the last command of a kind."""
        id_ = self.asked(kind, call_id)[-1].id
        with self.work() as uow:
            row = uow.session.get_one(CarrierCommand, (self.org_id, id_), with_for_update=True)
            settling.end(uow, row, "failed", "20404")

    def stays(self, call_id: UUID) -> list[QueueStay]:
        wanted = select(QueueStay).where(QueueStay.call_id == call_id).order_by(QueueStay.number)
        return query(lambda session: list(session.scalars(wanted)))

    def callbacks(self) -> list[Callback]:
        return query(lambda session: list(session.scalars(select(Callback))))

    def callback(self, id_: UUID) -> Callback:
        return query(lambda session: session.get_one(Callback, (self.org_id, id_)))

    def call(self, id_: UUID) -> Call:
        return query(lambda session: session.get_one(Call, (self.org_id, id_)))

    def talking(self, **skills: int) -> tuple[UUID, UUID]:
        """An agent who speaks with a caller: (agent, call)."""
        person, call_id = self.agent(**skills), self.caller()
        self.turn()
        self.answered(person)
        return person, call_id

    def answered(self, user_id: UUID) -> Offer:
        """The agent's phone is answered and both meet."""
        offer = self.offer_of(user_id)
        self.asks(offer.leg_id)
        self.joins(offer.leg_id, offer.call_id)
        if offer.kind == "caller":
            self.leaves_queue(offer.call_id)
        return offer
