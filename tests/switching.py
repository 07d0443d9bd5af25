"""Agents whom Paidan connects, in tests: telephones, callers in queues, and who picks up."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from core.clock import now
from core.identity import system_actor
from core.uow import unit_of_work
from dispatch.starter import ORG_ID
from telephony import answering, service, telling
from telephony.routing import agents, callback_repository, callbacks, switchboard
from telephony.routing.models import Agent, Offer
from telephony.routing.queues import plan
from telephony.rules import CarrierEvent, Kind
from tests.office import query, user_id
from tests.telephony.carrier import HOTLINE


def work() -> Any:
    return unit_of_work(system_actor(ORG_ID, "test"))


def switch() -> None:
    """Let the switchboard do all that is due."""
    while switchboard.turn(ORG_ID, now()):
        pass


@dataclass(frozen=True)
class Phone:
    """The telephone of somebody with a login."""

    login: str

    @property
    def user_id(self) -> UUID:
        return user_id(self.login)

    def ready(self) -> None:
        """It is there, and its owner available."""
        with work() as uow:
            agents.equip(uow, self.user_id, skills={"general": 3}, endpoint=f"client:{self.login}")
            agents.choose(uow, self.user_id, "available", None)
        switch()

    def away(self) -> None:
        """Nobody is connected any more, and no after-call work is left."""
        with work() as uow:
            agent = uow.session.get(Agent, (ORG_ID, self.user_id))
            if agent is not None and agent.state == "wrap_up":
                agents.end_wrap_up(uow, self.user_id)
            agents.equip(uow, self.user_id, endpoint="")

    def offer(self) -> Offer:
        """What rings."""
        wanted = select(Offer).where(Offer.user_id == self.user_id, Offer.ended_at.is_(None))
        return query(lambda session: session.scalars(wanted).one())

    def picks_up(self) -> UUID:
        """The offered call is answered. Gives the leg."""
        leg_id = self.offer().leg_id
        leg_answers(leg_id)
        return leg_id


def leg_answers(leg_id: UUID) -> None:
    """That telephone was picked up."""
    service.receive(_report("status", leg_id, "in-progress"))
    answering.answer(_report("step", leg_id, "in-progress", step="answer"))
    switch()


def over(leg_id: UUID) -> None:
    """That telephone was put down."""
    service.receive(_report("status", leg_id, "completed"))
    switch()


def queued(call_id: UUID, queue: str = "hotline") -> None:
    """The caller waits in this queue."""
    with work() as uow:
        telling.enqueue(uow, call_id, queue, "first")
    switch()


def _report(kind: Kind, leg_id: UUID, status: str, **more: Any) -> CarrierEvent:
    """What the carrier tells of a telephone that we let ring."""
    at = now()
    return CarrierEvent(
        kind=kind,
        carrier="twilio",
        carrier_call=f"CA{leg_id.hex}",
        direction="outbound-api",
        from_number=HOTLINE,
        to_number=HOTLINE,
        status=status,
        sequence=-1,
        carrier_at=at,
        received_at=at,
        dedup_key=uuid4().hex,
        leg_id=leg_id,
        **more,
    )


def tried_in_vain(number: str) -> str:
    """A call-back that failed; its id."""
    with work() as uow:
        id_ = callbacks.ask(
            uow,
            number=number,
            hotline="+861095598",
            reason="missed",
            queue="hotline",
            since=uow.now,
        )
        row = callback_repository.locked(uow.session, uow.org_id, id_)
        assert row is not None
        row.tries = len(plan().callback.gaps_s) + 1
        callbacks.not_reached(uow, row, "no_answer")
    return str(id_)


def meet(call_id: UUID, caller: str, leg_id: UUID) -> None:
    """The caller, whose telephone the carrier calls `caller`, and that telephone are together."""
    for party, leg in ((caller, call_id), (f"CA{leg_id.hex}", leg_id)):
        joins = _report("conference", leg, "", event="join", conference=str(call_id))
        service.receive(replace(joins, carrier_call=party))
