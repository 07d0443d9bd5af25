"""Random shifts of a hotline, played through the real use cases: calls, agents, call-backs.

Reports of the carrier come late, twice and in any order; some never come.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from core.identity import system_actor
from core.uow import UnitOfWork, unit_of_work
from dispatch.starter import ORG_ID
from telephony import telling
from telephony.models import Call
from telephony.routing import agents, bridge, callback_repository, callbacks, offers, repository
from telephony.rules import CarrierEvent
from telephony.service import receive
from tests.office import user_id
from tests.telephony.carrier import HOTLINE

START = datetime(2026, 3, 2, 0, 50, tzinfo=UTC)
PEOPLE = ("agent", "lead", "lead2", "supervisor")
QUEUES = ("hotline", "fault", "enquiry")


@contextmanager
def work(at: datetime) -> Iterator[UnitOfWork]:
    with unit_of_work(system_actor(ORG_ID, "switchboard"), now=at) as uow:
        yield uow


@dataclass
class One:
    """A caller's call, and the phones of agents in it."""

    number: int
    caller: str
    id: UUID | None = None
    legs: dict[str, UUID] = field(default_factory=dict)

    @property
    def sid(self) -> str:
        return f"CA{self.number:032x}"

    @property
    def known(self) -> UUID:
        assert self.id is not None
        return self.id


class Shift:
    """What happens, put down in any order and played by the time at which it comes to us."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.plan: list[tuple[datetime, int, Callable[[datetime], Any]]] = []
        self.busy = dict.fromkeys(PEOPLE, START)
        self.count = 0

    def at(self, when: datetime, act: Callable[[datetime], Any]) -> None:
        self.plan.append((when, len(self.plan), act))

    def play(self) -> None:
        for when, _, act in sorted(self.plan, key=lambda one: one[:2]):
            act(when)

    def staff(self) -> None:
        """Agents come a little after the start; each has a break at some time before."""
        for number, login in enumerate(PEOPLE):
            id_, come = user_id(login), START + timedelta(seconds=60 * number)
            self.at(come, lambda at, id_=id_: _equip(id_, at))
            self.at(come + timedelta(seconds=30), lambda at, id_=id_: _move(id_, "ready", at))
            self.busy[login] = come + timedelta(seconds=31)

    def tell(
        self, one: One, when: datetime, event: CarrierEvent, *, may_miss: bool = False
    ) -> None:
        """The carrier reports: late, perhaps twice, perhaps never."""
        if may_miss and self.random.random() < 0.25:
            return
        for _ in range(self.random.choice((1, 1, 2))):
            late = timedelta(seconds=self.random.choice((0, 0, 1, 5, 40)))
            self.at(when + late, lambda at: receive(_complete(one, event, at)))

    def flow(self, one: One, when: datetime, word: str, **more: Any) -> None:
        def act(at: datetime) -> None:
            with work(at) as uow:
                if word == "enqueue":
                    telling.enqueue(uow, one.known, more["queue"], f"{at}")
                else:
                    telling.decided(uow, one.known, word, f"{at}")

        self.at(when, act)

    def status(self, one: One, word: str, when: datetime, party: str = "") -> CarrierEvent:
        self.count += 1
        return CarrierEvent(
            kind="status",
            carrier="twilio",
            carrier_call=party or one.sid,
            direction="outbound-api" if party else "inbound",
            from_number=HOTLINE if party else one.caller,
            to_number="+861012345678" if party else HOTLINE,
            status=word,
            received_at=when,
            dedup_key=f"{self.count}",
            sequence=self.count,
            carrier_at=when,
        )

    def room(
        self, one: One, word: str, when: datetime, party: str = "", reason: str = ""
    ) -> CarrierEvent:
        bare = self.status(one, "", when, party)
        return replace(
            bare, kind="conference", event=word, reason=reason, conference="-", from_number=""
        )

    def call(self, number: int, began: datetime) -> None:
        """One call of some kind."""
        pick = self.random
        caller = "" if pick.random() < 0.1 else f"+86138000{pick.randrange(12):05d}"
        one = One(number, caller)
        voice = replace(self.status(one, "ringing", began), kind="voice", carrier_at=None)

        def opens(at: datetime) -> None:
            one.id = receive(replace(voice, received_at=at))

        self.at(began, opens)
        self.tell(one, began, self.status(one, "initiated", began), may_miss=True)
        self.tell(one, began, self.status(one, "in-progress", began), may_miss=True)
        kind = pick.choice(
            ("served", "served", "served", "passed_on", "lost", "lost", "menu", "back")
        )
        if kind == "menu":
            self._gone(one, began + timedelta(seconds=pick.randrange(1, 12)))
            return
        queued = began + timedelta(seconds=pick.randrange(2, 9))
        self.flow(one, queued, "enqueue", queue=pick.choice(QUEUES))
        if kind in ("lost", "back"):
            self._unserved(one, queued, kind)
        else:
            self._served(one, queued, passed_on=kind == "passed_on")

    def _unserved(self, one: One, queued: datetime, kind: str) -> None:
        left = queued + timedelta(seconds=self.random.randrange(1, 60))
        if kind == "back":
            self.flow(one, left, "callback")
            self.at(left, lambda at: self._promise(one, queued, at))
        waited = int((left - queued).total_seconds())
        word = "leave" if kind == "back" else "hangup"
        result = replace(
            self.status(one, "in-progress", left),
            kind="queue", queue_result=word, queue_s=waited, carrier_at=None,
        )  # fmt: skip
        if self.random.random() < 0.8:
            self.at(left, lambda at: receive(replace(result, received_at=at)))
        self._gone(one, left + timedelta(seconds=3 if kind == "back" else 0))

    def _promise(self, one: One, since: datetime, at: datetime) -> None:
        if not one.caller:
            return
        with work(at) as uow:
            id_ = callbacks.ask(
                uow,
                number=one.caller, hotline=HOTLINE, reason="asked", queue="hotline", since=since,
                from_call_id=one.id,
            )  # fmt: skip
        fate = self.random.choice(("wait", "done", "cancel"))
        if fate == "wait":
            return
        with work(at + timedelta(seconds=1)) as uow:
            row = callback_repository.locked(uow.session, uow.org_id, id_)
            assert row is not None
            if fate == "done":
                callbacks.done(uow, row)
            else:
                callbacks.cancel(uow, id_)

    def _gone(self, one: One, end: datetime) -> None:
        self.tell(one, end, self.status(one, "completed", end))

    def _free(self, since: datetime) -> tuple[str, datetime]:
        login = min(self.busy, key=lambda name: (max(self.busy[name], since), name))
        return login, max(self.busy[login] + timedelta(seconds=1), since)

    def _served(self, one: One, queued: datetime, *, passed_on: bool) -> None:
        pick = self.random
        login, offered = self._free(queued + timedelta(seconds=pick.randrange(1, 20)))
        joined = offered + timedelta(seconds=pick.randrange(2, 9))
        end = joined + timedelta(seconds=pick.randrange(90 if passed_on else 5, 200))
        self.tell(one, joined, self.room(one, "join", joined))
        if pick.random() < 0.4:
            hold = joined + (end - joined) / 3
            hold = hold.replace(microsecond=0)
            self.tell(one, hold, self.room(one, "hold", hold))
            back = hold + timedelta(seconds=1)
            if pick.random() < 0.7:
                self.tell(one, back, self.room(one, "unhold", back))
        leaves = self.busy[login] = end
        if passed_on:
            second, later = self._free(joined + timedelta(seconds=10))
            if second != login and later + timedelta(seconds=20) < end:
                leaves = later + timedelta(seconds=12)
                answered = later + timedelta(seconds=6)
                self._part(one, second, (later, answered, end), "transfer")
        self._part(one, login, (offered, joined, leaves), "caller")
        self._gone(one, end)

    def _part(
        self, one: One, login: str, times: tuple[datetime, datetime, datetime], kind: str
    ) -> None:
        """An agent is reserved, answers, leaves, writes, is free again (or goes on break)."""
        offered, joined, left = times
        id_, sid = user_id(login), f"CA{one.number:028x}{PEOPLE.index(login):04x}"
        over = left + timedelta(seconds=self.random.randrange(0, 50))
        self.busy[login] = over + timedelta(seconds=20)
        self.at(offered, lambda at: one.legs.update({sid: _offer(one, id_, kind, at)}))
        self.at(joined, lambda at: _accept(id_, at))
        self.at(left, lambda at: _leave(one, id_, at))
        if self.random.random() < 0.2:
            self.at(over, lambda at: _move(id_, "pause", at))
            self.at(over + timedelta(seconds=15), lambda at: _move(id_, "ready", at))
        else:
            self.at(over, lambda at: _move(id_, "ready", at))
        rang = offered + timedelta(seconds=1)
        self.tell(one, rang, self.status(one, "ringing", rang, sid), may_miss=True)
        self.tell(one, joined, self.status(one, "in-progress", joined, sid))
        self.tell(one, joined, self.room(one, "join", joined, sid), may_miss=True)
        self.tell(one, left, self.status(one, "completed", left, sid))


def _complete(one: One, event: CarrierEvent, at: datetime) -> CarrierEvent:
    """The same as it comes to us: our ids in its address."""
    event = replace(event, received_at=at, leg_id=one.legs.get(event.carrier_call))
    return replace(event, conference=str(one.known)) if event.conference else event


def _equip(id_: UUID, at: datetime) -> None:
    with work(at) as uow:
        agents.equip(uow, id_, skills={"general": 3}, endpoint="+861012345678")


def _move(id_: UUID, act: Any, at: datetime) -> None:
    with work(at) as uow:
        agent = agents.locked(uow, id_)
        if agent.state in ("offline", "available", "wrap_up", "break"):
            agents.move(uow, agent, act, reason="rest" if act == "pause" else None)


def _offer(one: One, id_: UUID, kind: str, at: datetime) -> UUID:
    with work(at) as uow:
        call = uow.session.get_one(Call, (ORG_ID, one.known), with_for_update=True)
        return offers.make(uow, agents.locked(uow, id_), call, kind, queue=call.queue).leg_id


def _accept(id_: UUID, at: datetime) -> None:
    with work(at) as uow:
        offer = repository.offer_of_agent(uow.session, ORG_ID, id_)
        assert offer is not None
        call = uow.session.get_one(Call, (ORG_ID, offer.call_id), with_for_update=True)
        offers.accept(uow, offer, agents.locked(uow, id_), call)


def _leave(one: One, id_: UUID, at: datetime) -> None:
    with work(at) as uow:
        agent = agents.locked(uow, id_)
        part = repository.part_of(uow.session, ORG_ID, id_, one.known)
        assert part is not None
        bridge.end_part(uow, agent, part, "over")


def play(seed: int, calls: int) -> None:
    """A shift of so many calls, from `START` on."""
    shift = Shift(seed)
    shift.staff()
    starts = sorted(shift.random.randrange(150, 2400) for _ in range(calls))
    for number, start in enumerate(starts, start=1):
        shift.call(number, START + timedelta(seconds=start))
    shift.play()
