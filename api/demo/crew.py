"""A crew: receives orders on its phone and terminal, drives, works, records, has its meal."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from api.demo.attendant import Attendant, Todo
from api.demo.book import Book, Case, Seat
from api.demo.cast import CrewSeat, LatLon
from api.demo.door import Person, Refusal, Row, Unreachable
from api.demo.fleet import Vehicle
from api.demo.pace import pause, until
from api.demo.plan import Trip, leaves, stream, trip
from core.clock import now
from core.logging import logger

log = logger(__name__)

ON_THE_WAY = ("active", "departed", "arrived")
AWAY_REASONS = ("meal", "refuelling", "materials", "rest")
UNKNOWN_PLACE_S = 420.0
"""Business seconds to find a place that nobody has marked on the map."""
WORK_TRIES = 6
UNLUCKY_S = 2_900.0
ACCEPT_KEY = 1
KEY_S = 20.0
"""After a key, until the crew sees that it had no effect."""
QUEUED_S = 90.0
"""An order that is taken up later than this after its acceptance had to queue."""
GPS_S = 75.0
"""After the arrival, until the crew taps because no stamp has come by itself."""
HOME_AFTER_S = (60.0, 240.0)
FINDINGS = {
    "no_power_home": (("switch_tripped", "switched_on"), ("fuse_blown", "replaced")),
    "no_power_building": (("fuse_blown", "replaced"), ("joint_burnt", "repaired")),
    "no_power_area": (("overhead_line", "repaired"), ("cable_fault", "repaired")),
    "low_voltage": (("overload", "repaired"), ("joint_burnt", "repaired")),
    "meter_fault": (("meter_fault", "replaced"),),
    "wires_down": (("overhead_line", "repaired"), ("overhead_line", "made_safe")),
}
ANYTHING = (("nothing_found", "nothing"), ("customer_side", "told_customer"))


class Squad(Attendant):
    """One crew with its phone and its vehicle."""

    topic = "queue"

    def __init__(
        self, person: Person, book: Book, seat: Seat, crew: CrewSeat, vehicle: Vehicle
    ) -> None:
        super().__init__(person, book, seat)
        self.crew = crew
        self.vehicle = vehicle
        self._work: tuple[str, asyncio.Task[None]] | None = None
        self._way_home: asyncio.Task[None] | None = None
        self._late_taps: list[tuple[str, str, Row]] | None = None

    def confirms(self, delivery: Row) -> bool:
        """A crew that goes by the terminal leaves the phone in its pocket."""
        case = self.book.cases.get(delivery["order_id"])
        return not (case and case.how.keys and delivery["purpose"] == "order")

    def changed(self, entity: str, before: Row | None, after: Row | None) -> None:
        if entity != "order":
            return
        self._follow_work()
        for order_id in {*self.screen.orders, (after or before or {}).get("id", "")}:
            self._look_at(order_id)

    def todos(self, row: Row, case: Case) -> list[Todo]:
        one = row["assignment"]
        if one is None or one["crew_id"] != self.crew.unit_id:
            return []
        id_, state = one["id"], one["state"]
        if state == "sent" and one["received_at"]:
            first = one["attempt"] == 1 and not case.hurried
            due = self.due(case, case.how.crew_s, one["received_at"])
            if first and case.how.asleep:
                return []
            if first and case.how.returns:
                body = {"reason": case.how.returns}
                return [Todo("return", id_, due, lambda: self._post("return", id_, body))]
            by = self._press if case.how.keys else self._accept
            return [Todo("accept", id_, due, lambda: by(row["id"], id_))]
        if state == "accepted" and self._active() is None:
            due = self.due(case, case.how.activate_s)
            return [Todo("activate", id_, due, lambda: self._post("activate", id_))]
        return []

    def _active(self) -> Row | None:
        for row in self.screen.orders.values():
            one = row["assignment"]
            if one and one["crew_id"] == self.crew.unit_id and one["state"] in ON_THE_WAY:
                return row
        return None

    def _follow_work(self) -> None:
        """Begin the work on the active order, or stop it where the order was taken away."""
        row = self._active()
        id_ = row["assignment"]["id"] if row else None
        if self._work is not None and self._work[0] != id_:
            self._work[1].cancel()
            self._work = None
            self._way_home = asyncio.ensure_future(self._go_home())
        if row is not None and id_ is not None and self._work is None:
            if self._way_home is not None:
                self._way_home.cancel()
            self._work = (id_, asyncio.ensure_future(self._attend(row["id"], id_)))

    async def _go_home(self) -> None:
        dice = stream(self.book.seed, "home", self.crew.code, now())
        self.vehicle.halt()
        await pause(dice.uniform(*HOME_AFTER_S))
        pace = Trip(0.8, 0.0, None, 0.0, 0.0)
        await self.vehicle.drive_to(self.crew.home, f"home/{self.crew.code}/{now()}", pace)

    async def _attend(self, order_id: str, id_: str) -> None:
        """Do the work; begin anew from where it stands when something came between."""
        for _ in range(WORK_TRIES):
            try:
                await self._do_work(order_id, id_)
            except (Refusal, Unreachable, KeyError) as error:
                log.warning("work_interrupted", crew=self.crew.code, reason=repr(error)[:160])
            finally:
                self._late_taps = None
                self.screen.regain_signal()
            await pause(GPS_S)
            if self._state(order_id) not in ON_THE_WAY:
                return

    async def _do_work(self, order_id: str, id_: str) -> None:
        """From the active order to its record. Cancelled when the order is taken away."""
        row = self.screen.orders[order_id]
        case = await self.book.case_of(row)
        how, state = case.how, row["assignment"]["state"]
        if not case.hurried:
            if state == "active":
                await until(self.due(case, how.depart_s, self._begun(row)))
                if how.offline:
                    await self._lose_signal()
                if how.taps or how.offline:
                    await self._tap(order_id, "depart", id_)
            if state != "arrived":
                await self._drive(row, case)
                await pause(10.0 if how.taps else GPS_S)
                if how.taps or self._state(order_id) != "arrived":
                    await self._tap(order_id, "arrive", id_)
            if self._late_taps is not None:
                await pause(how.crew_s)
                await self._regain_signal(order_id)
            await pause(how.work_s)
        if self._state(order_id) != "arrived":
            await self._tap(order_id, "arrive", id_)
        await self._tap(order_id, "restore", id_)
        await pause(how.record_s if not case.hurried else 1.0)
        choices = FINDINGS.get(row["fault_code"], ANYTHING)
        found, done = stream(self.book.seed, "found", case.key).choice(choices)
        await self._tap(order_id, "finish", id_, {"found": found, "done": done})

    async def _drive(self, row: Row, case: Case) -> None:
        place = _place(row)
        if place is None:
            await pause(UNKNOWN_PLACE_S)
            return
        way = trip(self.book.seed, case.key)
        if case.key in self.book.unlucky:
            way = replace(way, stops_s=UNLUCKY_S)
        await self.vehicle.drive_to(place, case.key, way)

    def _begun(self, row: Row) -> str | None:
        """When the crew was free to depart: its acceptance, unless the order had to queue."""
        accepted = row["assignment"]["accepted_at"]
        fresh = now() - datetime.fromisoformat(accepted) < timedelta(seconds=QUEUED_S)
        return accepted if fresh else None

    def _state(self, order_id: str) -> str | None:
        row = self.screen.orders.get(order_id)
        return row["assignment"]["state"] if row and row["assignment"] else None

    async def _tap(self, order_id: str, act: str, id_: str, more: Row | None = None) -> None:
        """A tap now, or later with its own time while there is no signal. A refusal is no matter:
        GPS or a human was first.
        """
        body = {**(more or {}), "at": now().isoformat()}
        if self._late_taps is not None:
            self._late_taps.append((act, id_, body))
            return
        await self.free()
        with self.book.acting(order_id), suppress(Refusal, Unreachable):
            await self._post(act, id_, body)

    async def _accept(self, _order_id: str, id_: str) -> None:
        await self._post("accept", id_)

    async def _press(self, order_id: str, id_: str) -> None:
        """Accept with the terminal's key; by phone where that has no effect."""
        self.book.by_key.add(id_)
        if await self.vehicle.press(ACCEPT_KEY):
            self.person.door.tally.acts["crew_key"] += 1
            await pause(KEY_S)
        if self._state(order_id) == "sent":
            await self._accept(order_id, id_)

    async def _post(self, act: str, id_: str, body: Row | None = None) -> None:
        await self.person.act(f"crew_{act}", f"/api/assignments/{id_}/{act}", body)

    async def _lose_signal(self) -> None:
        self._late_taps = []
        await self.screen.lose_signal()

    async def _regain_signal(self, order_id: str) -> None:
        taps, self._late_taps = self._late_taps or [], None
        self.screen.regain_signal()
        for act, id_, body in taps:
            with self.book.acting(order_id), suppress(Refusal, Unreachable):
                await self._post(act, id_, body)

    async def absences(self) -> None:
        """Meals and the like, for ever, between two orders."""
        for leave in leaves(self.book.seed, self.crew.code, AWAY_REASONS):
            await pause(leave.after_s)
            while self.screen.orders or self.seat.taken:
                await pause(20.0)
            back_at = now() + timedelta(seconds=leave.lasts_s)
            base = f"/api/crews/{self.crew.unit_id}"
            with suppress(Refusal, Unreachable):
                body = {"reason": leave.reason, "until": back_at.isoformat()}
                await self.person.act("away", f"{base}/away", body)
                await pause(leave.lasts_s)
                await self.person.act("back", f"{base}/back", {})


def _place(row: Row) -> LatLon | None:
    return (row["lat"], row["lon"]) if row["lat"] is not None else None
