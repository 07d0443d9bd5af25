"""The hotline: callers, agents who file what they are told, the shift lead who releases it."""

import asyncio
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from api.demo.attendant import Attendant, Todo
from api.demo.book import Book, Case, Seat, human_seats
from api.demo.carrier import Carrier, Line
from api.demo.cast import Cast, LatLon
from api.demo.door import Person, Refusal, Row, Unreachable
from api.demo.floor import Floor, done, talked
from api.demo.model import District
from api.demo.pace import pause, until
from api.demo.plan import Call, behaviour, stream
from api.demo.telephones import PACE_UPTO, Telephones
from core.clock import monotonic, now, rate
from core.logging import logger
from gps.fix import distance_m

log = logger(__name__)

HUMAN_LOOKS_S, SELDOM_S = 4.0, 0.8
"""Business seconds between two looks whether a human has taken a waiting call; and real seconds,
at least, however fast business runs.
"""


UNSEEN_S = 15.0
"""Real seconds by which a call is on a screen, or the caller's patience runs nevertheless."""
PATIENT = timedelta(minutes=30)
"""A caller whom nobody spoke with is called back by then, or given up."""


class Map(Protocol):
    """What the lead looks up."""

    def district_at(self, at: LatLon) -> District | None: ...


class Exchange:
    """All callers, and the simulated agents who answer them."""

    def __init__(
        self,
        carrier: Carrier,
        cast: Cast,
        agents: list[Person],
        book: Book,
        floor: Floor | None,
        telephones: Telephones | None,
    ) -> None:
        self._carrier = carrier
        self._floor, self._telephones = floor, telephones
        self._number = cast.hotline_number
        self._book = book
        self._idle: asyncio.Queue[Person] = asyncio.Queue()
        for agent in agents:
            self._idle.put_nowait(agent)
        self._ours = {agent.login.login: "" for agent in agents}
        self._eyes = agents[0]
        self._tally = carrier.door.tally

    async def caller(self, call: Call, at: datetime) -> None:
        """One caller, from the first ring until the case is filed, or the caller gave up."""
        await until(at)
        self._tally.calls += 1
        filed = False
        try:
            if self._floor and self._telephones and rate() <= PACE_UPTO:
                await self._telephones.call(call, self._number)
                self._tally.acts["telephone_call"] += 1
                filed = await self._helped(call, self._floor)
            else:
                filed = await self._call(call)
        except (Refusal, Unreachable) as error:
            log.warning("call_lost", call=call.key, reason=str(error)[:160])
        if not filed:
            self._tally.handled += 1

    async def _helped(self, call: Call, floor: Floor) -> bool:
        """A caller by telephone, called back where nobody spoke with it. True where an order came
        of it.
        """
        began = now()
        while now() < began + PATIENT:
            row = await self._find(call, began, ended=True)
            if row is not None and row["taken_by"] and talked(row):
                agent = await floor.by_id(row["taken_by"]["id"])
                if agent is None:
                    return False
                floor.writing.add(id_ := await agent.id())
                try:
                    return await self._attend(call, row, agent)
                finally:
                    floor.writing.discard(id_)
            await asyncio.sleep(max(HUMAN_LOOKS_S / rate(), SELDOM_S))
        return False

    async def _attend(self, call: Call, row: Row, agent: Person) -> bool:
        """The agent takes down what is said, during the conversation or after it."""
        how = behaviour(self._book.seed, call.key, call.fault.code if call.fault else "")
        filed = False
        early = how.during_call and call.fault is not None
        if early:
            await pause(call.talk_s * 0.85)
            filed = await self._file(call, agent, row)
        await self._over(row["id"])
        await pause(how.file_s * (0.3 if early else 1.0))
        if not early:
            filed = await self._file(call, agent, row)
        await done(agent, 2.0)
        return filed

    async def _over(self, call_id: str) -> None:
        """Wait until a call has ended; one that is not among the last any more has."""
        while True:
            rows = await self._eyes.get("/api/calls")
            if not any(row["id"] == call_id and not row["ended_at"] for row in rows):
                return
            await asyncio.sleep(max(HUMAN_LOOKS_S / rate(), SELDOM_S))

    async def _call(self, call: Call) -> bool:
        """A caller by the short cut; True where an order came of it."""
        phone = call.customer.phone
        line = Line(self._carrier, f"CA{uuid.uuid4().hex}", phone, self._number)
        began = now()
        await line.rings(began)
        await line.answered(now())
        await pause(call.pickup_s)
        agent, row = await self._answer(call, began)
        waited = (now() - began).total_seconds()
        await line.left_queue("hangup" if row is None else "bridged", waited)
        if row is None:
            await line.over(now(), waited)
            return False
        if agent is None:  # a human has it: we only talk
            await pause(call.talk_s)
            await line.over(now(), waited + call.talk_s)
            return False
        try:
            return await self._talk(call, line, agent, row)
        finally:
            self._idle.put_nowait(agent)

    async def _answer(self, call: Call, began: datetime) -> tuple[Person | None, Row | None]:
        """An agent of ours and the call; no agent where a human took it; no call: gave up.

        Patience is had with people: until the call is on their screens only a request is waited
        for, which takes minutes of business that runs fast.
        """
        patience, unseen = timedelta(seconds=call.patience_s), monotonic() + UNSEEN_S
        gives_up: datetime | None = None
        while True:
            row = await self._find(call, began)
            if gives_up is None and (row is not None or monotonic() > unseen):
                gives_up = now() + patience
            if row is not None and row.get("taken_by"):
                return None, row
            if row is not None and not self._idle.empty():
                agent = self._idle.get_nowait()
                if await self._take(agent, row):
                    return agent, row
                self._idle.put_nowait(agent)
                continue
            if gives_up is not None and now() > gives_up:
                return None, None
            await asyncio.sleep(max(HUMAN_LOOKS_S / rate(), SELDOM_S))

    async def _take(self, agent: Person, row: Row) -> bool:
        try:
            await agent.act("take", f"/api/calls/{row['id']}/take")
        except Refusal as refusal:
            return refusal.status != 409
        return True

    async def _find(self, call: Call, began: datetime, *, ended: bool = False) -> Row | None:
        """The newest call of this customer since `began`; `ended`: also one that is over."""
        rows = await self._eyes.get("/api/calls")
        slack = began - timedelta(seconds=5)
        for row in rows:
            at = datetime.fromisoformat(row["opened_at"])
            mine = row["from_number"] == call.customer.phone and at >= slack
            if mine and (ended or not row["ended_at"]):
                return dict(row)
        return None

    async def _talk(self, call: Call, line: Line, agent: Person, row: Row) -> bool:
        how = behaviour(self._book.seed, call.key, call.fault.code if call.fault else "")
        talk_s = call.talk_s
        early = how.during_call and call.fault is not None
        await pause(talk_s * 0.85 if early else talk_s)
        if not early:
            await line.over(now(), talk_s)
            await pause(how.file_s)
            return await self._file(call, agent, row)
        ended_at = now() + timedelta(seconds=talk_s * 0.15)
        filed = await self._file(call, agent, row)
        await until(ended_at)
        await line.over(now(), talk_s)
        return filed

    async def _account(self, agent: Person, call: Call) -> str | None:
        """Whose account it is, looked up by the caller's number as an agent's screen does."""
        known = await agent.get("/api/callers", number=call.customer.phone)
        own = call.customer.number
        mine = [one["customer_id"] for one in known["customers"] if one["number"] == own]
        return mine[0] if mine else None

    async def _file(self, call: Call, agent: Person, row: Row) -> bool:
        """The ticket, and the order where the fault has none yet."""
        customer, fault = call.customer, call.fault
        ticket = await agent.act(
            "ticket",
            "/api/tickets",
            {
                "kind": call.purpose,
                "channel": "phone",
                "call_id": row["id"],
                "caller_name": customer.name_zh,
                "caller_phone": customer.phone,
                "customer_id": await self._account(agent, call),
                "description": call.words,
            },
        )
        echo_filed = stream(self._book.seed, "again", call.number).random() < 0.25
        if fault is None:
            return False
        if call.echo and not echo_filed:
            await self._chase(call, agent, row, ticket)
            return False
        how = behaviour(self._book.seed, call.key, fault.code)
        important = 1 if customer.importance != "ordinary" and fault.urgency < 2 else 0
        self._book.filing += 1
        try:
            order = await agent.act(
                "order",
                "/api/orders",
                {
                    "ticket_id": ticket["id"],
                    "fault_code": fault.code,
                    "place": customer.address_zh,
                    "place_en": customer.address_en,
                    "lat": round(customer.at[0], 6),
                    "lon": round(customer.at[1], 6),
                    "area_class": customer.area_class,
                    "urgency": min(3, fault.urgency + important),
                    "trade": fault.trade,
                },
            )
            self._book.cases[order["id"]] = Case(call.key, how, call, duplicate=call.echo)
            self._tally.filed += 1
        finally:
            self._book.filing -= 1
        return True

    async def _chase(self, call: Call, agent: Person, row: Row, ticket: Row) -> None:
        """The device that failed has an order: the request is merged into it as a chase-up."""
        known = (
            order_id
            for order_id, case in self._book.cases.items()
            if case.call is not None and call.cause is not None and case.call.cause == call.cause
        )
        order_id = next(known, None)
        if order_id is None:
            return
        with suppress(Refusal):  # it was closed in the meantime
            await agent.act(
                "chase-up",
                f"/api/orders/{order_id}/chase-ups",
                {"call_id": row["id"], "ticket_id": ticket["id"]},
            )


class Lead(Attendant):
    """The shift lead. Sees all orders, so the humans at work are noticed here too."""

    def __init__(
        self, person: Person, book: Book, seats: dict[str, Seat], cast: Cast, city: Map
    ) -> None:
        super().__init__(person, book, seats["lead"])
        self._seats = seats
        self._cast = cast
        self._city = city

    def changed(self, entity: str, before: Row | None, after: Row | None) -> None:
        row = after or before
        if entity == "order" and row is not None:
            seats = [] if self.screen.fetching else list(human_seats(before, after))
            if after is None:
                self._closed(row)
            if seats or after is None:
                self._later(self._notice(row["id"], after, seats))
        super().changed(entity, before, after)

    async def _notice(self, order_id: str, after: Row | None, seats: list[str]) -> None:
        """Somebody acted: if none of ours did, a human sits there."""
        ours = await self.book.is_ours(order_id, after)
        if after is None:
            self.book.forget(order_id)
        for name in [] if ours else seats:
            seat = self._seats.get(name)
            if seat is not None:
                if not seat.taken:
                    log.info("human_at_work", seat=seat.name)
                seat.human_at = now()

    def _closed(self, row: Row) -> None:
        tally = self.person.door.tally
        tally.closed += 1
        case = self.book.cases.get(row["id"])
        if case is not None and case.call is not None:
            tally.handled += 1

    def todos(self, row: Row, case: Case) -> list[Todo]:
        found = []
        state, attempt = row["state"], row["hop"]["id"] if row["hop"] else ""
        order_id = row["id"]
        if state == "filed" and case.duplicate:
            found.append(
                Todo("close", "duplicate", self.due(case, 40), lambda: self._close(order_id))
            )
        elif state in ("filed", "returned"):
            again = state == "returned"
            due = self.due(case, 30 if again else case.how.release_s, row["holder"]["since"])
            key = f"{state}/{attempt}/{row['holder']['since']}"
            found.append(Todo("release", key, due, lambda: self._release(order_id, again=again)))
        elif state == "finished":
            due = self.due(case, case.how.close_s)
            found.append(Todo("close", "finished", due, lambda: self._close(order_id)))
        found += alarm_todos(self, row, case, ("AB", "AH", "not_accepted_centre"))
        return found

    async def _release(self, order_id: str, *, again: bool) -> None:
        row = self.screen.orders.get(order_id)
        if row is None:
            return
        case = await self.book.case_of(row)
        right = self._centre_for(row)
        centre = right
        if case.how.wrong_centre and not again and case.call and not case.astray:
            others = [one.unit_id for one in self._cast.centres if one.unit_id != right]
            centre = stream(self.book.seed, "astray", case.key).choice(others)
            case.astray = centre
        await self.person.act("release", f"/api/orders/{order_id}/release", {"centre_id": centre})

    async def _close(self, order_id: str) -> None:
        row = self.screen.orders.get(order_id)
        if row is None:
            return
        outcome = "repaired" if row["state"] == "finished" else "duplicate"
        await self.person.act("close", f"/api/orders/{order_id}/close", {"outcome": outcome})

    def _centre_for(self, row: Row) -> str:
        """By the district of the place, else by distance, else by the order's number."""
        centres = self._cast.centres
        if row["lat"] is None:
            return stream(self.book.seed, "anywhere", row["number"]).choice(centres).unit_id
        at = (row["lat"], row["lon"])
        district = self._city.district_at(at)
        if district is not None:
            with suppress(StopIteration):
                return next(one.unit_id for one in centres if one.code == district.centre)
        return min(centres, key=lambda one: distance_m(one.home[0], one.home[1], *at)).unit_id


def alarm_todos(who: Attendant, row: Row, case: Case, codes: tuple[str, ...]) -> list[Todo]:
    """Take note of open alarms and breaches that concern this desk."""

    def note(alert: Row) -> Todo:
        async def act() -> None:
            await who.person.act("acknowledge", f"/api/alerts/{alert['id']}/acknowledge")

        return Todo(f"alarm/{alert['id']}", "note", who.due(case, case.how.alarm_s), act)

    return [
        note(alert)
        for alert in row["alerts"]
        if alert["running"] and not alert["acknowledged"] and alert["code"] in codes
    ]
