"""An office at work: callers, agent, shift lead, desk and crews, who try again until answered."""

import random
import threading
import time
import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx

from tests.chaos.fleet import SITE, Fleet
from tests.chaos.followers import Follower
from tests.chaos.ledger import Ledger
from tests.chaos.phone import RHYTHM_S, Phone
from tests.harness import RunningPaidan
from tests.people import Person
from tests.telephony.carrier import InboundCall, Webhook

PATIENCE_S = 150.0
PAUSE_S = 0.05
LISTEN_S = 5.0
CORRECTION = "clock_was_wrong"
QUEUED_BY_FALLBACK = "/telephony/twilio/wait"
LANES = ("east.crew1", "east.crew2", None)


class Unexpected(Exception):
    """An answer that nobody should get; the ledger has it."""


@dataclass(frozen=True)
class CrewSeat:
    """A crew, its login and its vehicle's terminal."""

    login: str
    unit_id: str
    terminal: str


class Office:
    """People at their screens and vehicles on the road; `work` and `rest` may alternate."""

    def __init__(self, paidan: RunningPaidan, seed: int, extra_terminals: list[str]) -> None:
        self.paidan = paidan
        self.ledger = Ledger()
        self.seed = seed
        self._numbers = count(1)
        self._closing = ExitStack()
        self._ending = threading.Event()
        self._lanes: list[threading.Thread] = []
        self.people: dict[str, Person] = {}
        for login in ("agent", "lead", "supervisor", "east.desk", "east.crew1", "east.crew2"):
            self.person(login)
        self.crews = self._crews()
        desk = self.people["east.desk"]
        self.followers = [
            Follower(self.people["supervisor"], "board", self.ledger),
            Follower(desk, "board", self.ledger),
            *(Follower(self.people[login], "queue", self.ledger) for login in LANES if login),
        ]
        for follower in self.followers:
            self._closing.callback(follower.close)
        standing = [seat.terminal for seat in self.crews[:2]] + extra_terminals
        self.fleet = Fleet(standing, self.ledger, paidan.jt808)
        self._closing.callback(self.fleet.close)
        self.phone = Phone(self.ledger, seed)
        self._trips = iter(self.crews[2:])

    def close(self) -> None:
        self._closing.close()

    def person(self, login: str) -> Person:
        if login not in self.people:
            person = Person(self.paidan.base_url, login, self.paidan.logins[login])
            self.people[login] = person
            self._closing.callback(person.close)
        return self.people[login]

    def _crews(self) -> list[CrewSeat]:
        centres = {"east": 1, "west": 2, "south": 3}
        rows = {
            row["code"]: row["id"] for row in self.people["supervisor"].get("/api/board")["crews"]
        }
        return [
            CrewSeat(f"{code}.crew{n}", rows[f"{code}-{n}"], f"1380000{number}{n}01")
            for code, number in centres.items()
            for n in (1, 2, 3)
        ]

    def work(self) -> None:
        """A crew that is free accepts an order and sets out; everybody works until `rest`."""
        seat = next(self._trips, None)
        self._ending.clear()
        if seat is not None:
            self._set_out(seat)
        self.fleet.start(on_trip=seat.terminal if seat else None)
        self._lanes = [
            threading.Thread(target=self._lane, args=(index, login), daemon=True)
            for index, login in enumerate(LANES)
        ]
        self._lanes.append(threading.Thread(target=self._telephone, daemon=True))
        for lane in self._lanes:
            lane.start()

    def rest(self) -> None:
        """Everybody ends what was begun."""
        self._ending.set()
        self.fleet.killed()
        for lane in self._lanes:
            lane.join(PATIENCE_S + 10)
            if lane.is_alive():
                self.ledger.surprised("somebody waits for ever")
        self.fleet.stop()

    def _lane(self, index: int, crew: str | None) -> None:
        rng = random.Random(f"{self.seed}/{index}/{next(self._numbers)}")
        while not self._ending.is_set():
            try:
                Life(self, rng).live(crew)
            except Unexpected:
                continue

    def _telephone(self) -> None:
        """The first crew's phone tells where it is."""
        crew = self.people["east.crew1"]
        path = f"/api/crews/{self.crews[0].unit_id}/positions"
        while not self._ending.wait(RHYTHM_S):
            moments, body = self.phone.report()
            with suppress(Unexpected):
                self.phone.answered(moments, self.act(crew, path, body)["codes"])

    def _set_out(self, seat: CrewSeat) -> None:
        centre = seat.login.partition(".")[0]
        desk, crew = self.person(f"{centre}.desk"), self.person(seat.login)
        life = Life(self, random.Random(self.seed))
        life.take_call(early_end=True)
        life.release(desk)
        assignment = life.dispatch(desk, seat.unit_id)
        self.act(crew, f"/api/assignments/{assignment}/accept")
        self.ledger.recorded(assignment, "assignment.accepted", "assignment.activated")
        self.ledger.trips.add(assignment)

    def next_call(self) -> InboundCall:
        number = next(self._numbers)
        began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
        return InboundCall(number, began=began, from_number=f"+86139{number:08d}")

    def act(self, person: Person, path: str, body: Any = None) -> Any:
        """POST under one key until there is an answer."""
        key = str(uuid.uuid4())
        return self._until_answered(path, lambda: person.try_post(path, body, key)).json()

    def carrier(self, webhook: Webhook) -> str:
        """The carrier sends a webhook until it is taken; the document that answers it."""
        url = self.paidan.base_url
        client = self.people["agent"].http
        return self._until_answered(
            webhook.path,
            lambda: client.post(webhook.path, content=webhook.body, headers=webhook.headers(url)),
        ).text

    def listed_call(self, person: Person, call: InboundCall, document: str) -> str:
        """The call's id, once what the carrier said of it is told.

        A caller whom the fallback has queued, because the database was away, asks from the queue
        what comes next, which opens the call.
        """
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if QUEUED_BY_FALLBACK in document:
                self.carrier(call.waits())
            for row in self.look(person, "/api/calls"):
                if row["from_number"] == call.from_number:
                    return str(row["id"])
            time.sleep(PAUSE_S)
        self.ledger.surprised(f"call {call.sid} is not listed")
        raise Unexpected(call.sid)

    def look(self, person: Person, path: str) -> Any:
        return self._until_answered(path, lambda: person.http.get(path)).json()

    def _until_answered(self, path: str, ask: Any) -> httpx.Response:
        until = time.monotonic() + PATIENCE_S
        problem = "nothing"
        while time.monotonic() < until:
            try:
                answer: httpx.Response = ask()
            except httpx.TransportError as error:
                problem = repr(error)
            else:
                if answer.status_code < 300:
                    return answer
                problem = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code < 500:
                    break
            with self.ledger.writing():
                self.ledger.retries += 1
            time.sleep(PAUSE_S)
        self.ledger.surprised(f"{path}: {problem}")
        raise Unexpected(path)


class Life:
    """One order, from the caller's ringing to its filing away."""

    def __init__(self, office: Office, rng: random.Random) -> None:
        self.office, self.ledger, self.rng = office, office.ledger, rng
        self.id = ""

    def live(self, crew: str | None) -> None:
        """The whole of it; without a crew the hotline closes it as a duplicate."""
        desk, lead = self.office.people["east.desk"], self.office.people["lead"]
        early = self.rng.random() < 0.5
        call = self.take_call(early_end=early)
        self.release(desk)
        if self.rng.random() < 0.5:
            self._find_late()
        if crew is None or self.rng.random() < 0.25:
            self._take_back(desk)
            if crew is not None:
                self.release(desk)
        if not early:
            self._end(call)
        if crew is None:
            self._act(lead, "close", {"outcome": "duplicate"}, "order.closed")
            return
        self._repair(crew)
        self._act(lead, "close", {"outcome": "repaired"}, "order.closed")

    def take_call(self, *, early_end: bool) -> InboundCall:
        """Ring, ticket, order; the caller hangs up before the order is filed, or later."""
        office, agent = self.office, self.office.people["agent"]
        call = office.next_call()
        document = office.carrier(call.voice())
        with self.ledger.writing():
            self.ledger.calls[call.sid] = None
        call_id = office.listed_call(agent, call, document)
        ticket = office.act(agent, "/api/tickets", {"call_id": call_id})
        self.ledger.tickets[ticket["id"]] = call.sid
        self.ledger.recorded(ticket["id"], "ticket.filed")
        if early_end:
            self._end(call)
        order = office.act(
            agent,
            "/api/orders",
            {
                "ticket_id": ticket["id"],
                "fault_code": "no_power_building",
                "place": "景山街道 12 号楼",
                "lat": SITE[0],
                "lon": SITE[1],
            },
        )
        self.id = order["id"]
        self.ledger.orders[self.id] = ticket["id"]
        self.ledger.recorded(self.id, "order.filed")
        return call

    def release(self, desk: Person) -> None:
        body = {"centre_id": desk.unit_id}
        self._act(self.office.people["lead"], "release", body, "order.released")

    def dispatch(self, desk: Person, crew_id: str) -> str:
        """Accept, or dispatch at once, which accepts too. Returns the assignment's id."""
        if self.rng.random() < 0.5:
            self._act(desk, "accept", None, "order.centre_accepted")
            facts = ["order.assigned"]
        else:
            facts = ["order.assigned", "order.centre_accepted"]
        row = self._act(desk, "dispatch", {"crew_id": crew_id}, *facts)
        assignment: str = row["assignment"]["id"]
        self.ledger.recorded(assignment, "assignment.sent")
        return assignment

    def _end(self, call: InboundCall) -> None:
        self.office.carrier(call.completed())
        with self.ledger.writing():
            self.ledger.calls[call.sid] = call.ended_at

    def _find_late(self) -> None:
        """B is corrected to nine minutes ago: the 4-minute alarm rings on the board."""
        at = datetime.now(UTC) - timedelta(minutes=9)
        body = {"point": "B", "at": at.isoformat(), "reason": CORRECTION}
        self._act(self.office.people["supervisor"], "stamps", body, "order.stamp_corrected")
        timer_id = self._hear_alarm()
        self.ledger.alarms.add(timer_id)
        self._see_told(timer_id)

    def _see_told(self, timer_id: str) -> None:
        """Whoever is told is told before the desk ends it by acting."""
        supervisor, until = self.office.people["supervisor"], time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            page = self.office.look(supervisor, f"/api/orders/{self.id}")
            if any(one["alert_id"] == timer_id and one["steps"] for one in page["escalations"]):
                return
            time.sleep(0.1)
        self.ledger.surprised(f"nobody is told of the alarm of order {self.id}")
        raise Unexpected(self.id)

    def _hear_alarm(self) -> str:
        """The timer that rings; its reason must not go away while it is waited for."""
        supervisor, board = self.office.people["supervisor"], self.office.followers[0]
        for _ in range(int(PATIENCE_S / LISTEN_S)):
            if rang := board.wait_order(self.id, _alarm, LISTEN_S):
                return rang
            page = self.office.look(supervisor, f"/api/orders/{self.id}")
            if not any(stamp["correction_reason"] == CORRECTION for stamp in page["stamps"]):
                break
        self.ledger.surprised(f"the alarm of order {self.id} does not ring")
        raise Unexpected(self.id)

    def _take_back(self, desk: Person) -> None:
        reason = {"reason": "wrong_department"}
        if self.rng.random() < 0.5:
            self._act(desk, "return", reason, "order.returned")
        else:
            self._act(self.office.people["lead"], "recall", reason, "order.recalled")

    def _repair(self, login: str) -> None:
        crew = self.office.people[login]
        assignment = self.dispatch(self.office.people["east.desk"], crew.unit_id)
        for act, body, facts in (
            ("accept", None, ("assignment.accepted", "assignment.activated")),
            ("depart", {}, ("assignment.departed",)),
            ("arrive", {}, ("assignment.arrived",)),
            ("restore", {}, ()),
            ("finish", None, ("assignment.finished",)),
        ):
            self.office.act(crew, f"/api/assignments/{assignment}/{act}", body)
            self.ledger.recorded(assignment, *facts)
        self.ledger.recorded(self.id, "order.restored", "order.finished")

    def _act(self, person: Person, act: str, body: Any, *facts: str) -> Any:
        row = self.office.act(person, f"/api/orders/{self.id}/{act}", body)
        self.ledger.recorded(self.id, *facts)
        return row


def _alarm(row: dict[str, Any]) -> str | None:
    """The timer that rings because the centre does not accept."""
    ringing = [one["id"] for one in row["alerts"] if one["code"] == "not_accepted_centre"]
    return ringing[0] if ringing else None
