"""A repair centre's dispatcher: accepts, sends crews, takes back, returns what is not theirs."""

from collections.abc import Sequence, Set
from datetime import datetime, timedelta

from api.demo.attendant import Attendant, NotYet, Todo
from api.demo.book import Book, Case, Seat
from api.demo.cast import CentreSeat
from api.demo.door import Person, Row
from api.demo.fleet import Vehicle
from api.demo.hotline import alarm_todos
from core.clock import now

PATIENCE_S = 290
"""A crew that has not accepted for so long loses the order again."""

ALARMS = ("CD", "DE", "EF", "FG", "GH", "not_accepted_crew")
"""Codes of what this desk takes note of; the rest is the hotline's."""

STAND_IN = {
    "community_service": ("low_voltage",),
    "low_voltage": ("community_service", "medium_voltage"),
    "medium_voltage": ("low_voltage",),
}
"""Trades that help out, in this order."""

STAND_IN_AFTER_S, QUEUE_AFTER_S = 25, 70
"""How long an order waits for a crew of its own trade; and until it queues behind another."""

LONGEST_QUEUE = 2


class Desk(Attendant):
    """The dispatcher of one centre."""

    def __init__(
        self,
        person: Person,
        book: Book,
        seat: Seat,
        centre: CentreSeat,
        fleet: dict[str, Vehicle],
    ) -> None:
        super().__init__(person, book, seat)
        self.centre = centre
        self._fleet = fleet
        self._waiting: dict[str, datetime] = {}

    def todos(self, row: Row, case: Case) -> list[Todo]:
        found = alarm_todos(self, row, case, ALARMS)
        order_id, hop, state = row["id"], row["hop"], row["state"]
        if state != "accepted":
            self._waiting.pop(order_id, None)
        if hop is None or row["centre_id"] != self.centre.unit_id:
            return found
        if state == "released" and hop["received_at"]:
            since = hop["received_at"]
            if case.astray == self.centre.unit_id:
                due = self.due(case, case.how.refuse_s, since)
                found.append(Todo("return", hop["id"], due, lambda: self._return(order_id)))
            else:
                due = self.due(case, case.how.centre_s, since)
                found.append(Todo("accept", hop["id"], due, lambda: self._accept(order_id)))
        elif state == "accepted":
            self._waiting.setdefault(order_id, now())
            key = f"{hop['id']}/{row['holder']['since']}"
            due = self.due(case, case.how.dispatch_s, row["holder"]["since"])
            found.append(Todo("dispatch", key, due, lambda: self._dispatch(order_id)))
        elif state == "assigned" and row["assignment"] and row["assignment"]["state"] == "sent":
            one = row["assignment"]
            due = self.due(case, PATIENCE_S, one["sent_at"]) + self.slack(case)
            if case.hurried:
                due = now() + timedelta(seconds=PATIENCE_S)
            found.append(Todo("recall", one["id"], due, lambda: self._recall(one["id"])))
        return found

    async def _accept(self, order_id: str) -> None:
        await self.person.act("accept", f"/api/orders/{order_id}/accept")

    async def _return(self, order_id: str) -> None:
        body = {"reason": "wrong_department"}
        await self.person.act("return", f"/api/orders/{order_id}/return", body)

    async def _recall(self, assignment_id: str) -> None:
        body = {"reason": "crew_unavailable"}
        await self.person.act("recall", f"/api/assignments/{assignment_id}/recall", body)

    async def _dispatch(self, order_id: str) -> None:
        row = self.screen.orders.get(order_id)
        if row is None:
            return
        crew = choose_crew(
            row,
            [one for one in self.screen.crews.values() if one["centre_id"] == self.centre.unit_id],
            {
                key: vehicle.distance_to(_place(row, self.centre))
                for key, vehicle in self._fleet.items()
            },
            waited_s=(now() - self._waiting.get(order_id, now())).total_seconds(),
            shunned=self._shunned(row),
        )
        if crew is None:
            raise NotYet("no crew")
        await self.person.act("dispatch", f"/api/orders/{order_id}/dispatch", {"crew_id": crew})
        self.book.sent.setdefault(order_id, []).append(crew)

    def _shunned(self, row: Row) -> set[str]:
        crews = self.screen.crews.values()
        ours = {one["id"] for one in crews if one["centre_id"] == self.centre.unit_id}
        return shunned(self.book.sent.get(row["id"], []), ours)


def shunned(had: Sequence[str], crews: Set[str]) -> set[str]:
    """Which crews an order is not sent to: those that had it; once all had it, only the last."""
    return set(had if crews - set(had) else had[-1:])


def _place(row: Row, centre: CentreSeat) -> tuple[float, float]:
    return (row["lat"], row["lon"]) if row["lat"] is not None else centre.home


def choose_crew(
    row: Row,
    crews: list[Row],
    metres: dict[str, float],
    *,
    waited_s: float,
    shunned: set[str],
) -> str | None:
    """The crew for an order: a free one of its trade, the nearest; then a stand-in; then a queue.

    `metres`: how far each crew is. `waited_s`: how long the order has waited for one. None: wait.
    """
    urgent = row["urgency"] >= 2
    there = [one for one in crews if one["state"] != "away" and one["id"] not in shunned]
    trades: tuple[tuple[str, ...], ...] = ((row["trade"],),)
    if row["trade"] == "any":
        trades = (tuple({one["trade"] for one in crews}),)
    elif urgent or waited_s >= STAND_IN_AFTER_S:
        trades += tuple((one,) for one in STAND_IN.get(row["trade"], ()))
    for fitting in trades:
        free = [one for one in there if one["trade"] in fitting and one["state"] == "free"]
        if free:
            return str(min(free, key=lambda one: metres.get(one["id"], 0.0))["id"])
    if urgent or waited_s >= QUEUE_AFTER_S:
        trade = {name for fitting in trades for name in fitting}
        line = [one for one in there if one["trade"] in trade and one["queue"] < LONGEST_QUEUE]
        if line:
            best = min(line, key=lambda one: (one["queue"], metres.get(one["id"], 0.0)))
            return str(best["id"])
    if waited_s >= 4 * QUEUE_AFTER_S and there:
        return str(min(there, key=lambda one: one["queue"])["id"])
    return None
