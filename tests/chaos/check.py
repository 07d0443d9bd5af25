"""Compares what was confirmed with what is stored. Each finding is a sentence."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from core.engines import libpq_url
from core.engines.embedded import embedded_urls
from tests.chaos.ledger import Ledger
from tests.harness import RunningPaidan

DRAIN_S = 120.0
WAIT_S = 120.0
ORDER_ACTS = (
    "order.filed",
    "order.released",
    "order.centre_accepted",
    "order.returned",
    "order.recalled",
    "order.assigned",
    "order.restored",
    "order.finished",
    "order.closed",
    "order.stamp_corrected",
    "ticket.filed",
    "assignment.sent",
    "assignment.accepted",
    "assignment.activated",
    "assignment.departed",
    "assignment.arrived",
    "assignment.finished",
)
_UNDONE = """
    SELECT kind, name, attempts, last_error FROM outbox
    WHERE done_at IS NULL AND (attempts > 0 OR due_at <= now())
"""


class Books:
    """The database of a running Paidan, read from outside. `url`: another login than its own."""

    def __init__(self, paidan: RunningPaidan, url: str | None = None) -> None:
        urls = embedded_urls(paidan.data_dir)
        assert urls is not None
        self._url = libpq_url(url or urls[0])

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            return connection.execute(statement, parameters or None).fetchall()

    def wait_for(
        self,
        statement: str,
        without: Callable[[], set[str]] = set,
        seconds: float = WAIT_S,
    ) -> None:
        """Until a column has something that it had not at first and that is not `without`."""
        at_first = {found for (found,) in self.query(statement)}
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if {found for (found,) in self.query(statement)} - at_first - without():
                return
        raise AssertionError(f"never came: {statement}")

    def told(self, seconds: float = WAIT_S) -> None:
        """Until every report that the carrier was confirmed is told; none may be set aside."""
        until = time.monotonic() + seconds
        while left := self.query("SELECT id, event, failure FROM untold_report"):
            assert time.monotonic() < until, f"never told: {left}"

    def execute(self, statement: str, *parameters: object) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement, parameters or None)


def findings(books: Books, ledger: Ledger) -> list[str]:
    """Everything that is missing, doubled or left over; empty where all is well."""
    return [
        *ledger.surprises,
        *_outbox(books),
        *_acts(books, ledger),
        *_clocks(books, ledger),
        *_receipts(books, ledger),
        *_positions(books, ledger),
        *_trips(books, ledger),
        *_notices(books, ledger),
    ]


def _outbox(books: Books) -> Iterator[str]:
    """Everything due is done within the bound, nothing was given up."""
    books.told()
    until = time.monotonic() + DRAIN_S
    while (left := books.query(_UNDONE)) and time.monotonic() < until:
        time.sleep(0.05)
    for row in left:
        yield f"outbox: not done: {row}"


def _acts(books: Books, ledger: Ledger) -> Iterator[str]:
    """Each confirmed act once; and as all clients ended what they began, no other."""
    rows = books.query(
        "SELECT stream_id::text, type, count(*) FROM event WHERE type = ANY(%s)"
        " AND source <> 'gps' GROUP BY 1, 2",
        list(ORDER_ACTS),
    )
    stored = Counter({(stream_id, type_): number for stream_id, type_, number in rows})
    for (stream_id, type_), number in (ledger.facts - stored).items():
        yield f"act: {type_} of {stream_id} is missing ({number})"
    for (stream_id, type_), number in (stored - ledger.facts).items():
        yield f"act: {type_} of {stream_id} is doubled or was never confirmed ({number})"
    yield from _same("ticket", set(ledger.tickets), books.query("SELECT id::text FROM ticket"))
    yield from _same("order", set(ledger.orders), books.query("SELECT id::text FROM orders"))
    calls = books.query("SELECT carrier_call FROM call")
    yield from _same("call", set(ledger.calls), calls)


def _same(what: str, confirmed: set[str], rows: list[tuple[Any, ...]]) -> Iterator[str]:
    stored = Counter(row[0] for row in rows)
    for id_ in confirmed ^ set(stored):
        yield f"{what}: {id_} is {'missing' if id_ in confirmed else 'doubled'}"
    for id_, number in stored.items():
        if number > 1:
            yield f"{what}: {id_} is there {number} times"


def _clocks(books: Books, ledger: Ledger) -> Iterator[str]:
    """Each ended call ended once, and each ticket told in it has one A, of the carrier's time."""
    ends = dict(
        books.query(
            "SELECT call.carrier_call, count(*) FROM call JOIN event ON stream = 'call'"
            " AND stream_id = call.id AND type = 'call.ended' GROUP BY 1"
        )
    )
    stamps: dict[str, list[Any]] = {}
    for ticket_id, at in books.query("SELECT ticket_id::text, at FROM stamp WHERE point = 'A'"):
        stamps.setdefault(ticket_id, []).append(at)
    for sid, ended_at in ledger.calls.items():
        if ended_at is not None and ends.get(sid, 0) != 1:
            yield f"call: {sid} ended {ends.get(sid, 0)} times"
    for ticket_id, sid in ledger.tickets.items():
        ended_at = ledger.calls[sid]
        found = stamps.get(ticket_id, [])
        if ended_at is not None and found != [ended_at]:
            yield f"stamp: A of ticket {ticket_id} is {found}, the call ended at {ended_at}"


def _receipts(books: Books, ledger: Ledger) -> Iterator[str]:
    """A confirmed receipt is stored (or was called off); a stored one made one stamp."""
    status = dict(books.query("SELECT id::text, status FROM receipt"))
    reached = dict(
        books.query(
            "SELECT payload->>'receipt_id', count(*) FROM event WHERE type IN"
            " ('order.reached_centre', 'assignment.reached_crew', 'assignment.recall_confirmed')"
            " GROUP BY 1"
        )
    )
    for receipt_id in ledger.receipts:
        if status.get(receipt_id) not in ("received", "void"):
            yield f"receipt: {receipt_id} was confirmed and is {status.get(receipt_id)}"
    for receipt_id in status.keys() | reached.keys():
        wanted = int(status.get(receipt_id) == "received")
        if reached.get(receipt_id, 0) != wanted and status.get(receipt_id) != "void":
            yield f"receipt: {receipt_id} made {reached.get(receipt_id, 0)} stamps, not {wanted}"
    doubled = books.query(
        "SELECT coalesce(hop_id, assignment_id), point FROM stamp WHERE point IN ('C', 'E')"
        " GROUP BY 1, 2 HAVING count(*) > 1"
    )
    for subject_id, point in doubled:
        yield f"stamp: {point} of {subject_id} is doubled"


def _positions(books: Books, ledger: Ledger) -> Iterator[str]:
    rows = books.query("SELECT identity, fix_at FROM fix JOIN device ON device.id = fix.device_id")
    stored: dict[str, list[Any]] = {}
    for identity, fix_at in rows:
        stored.setdefault(identity, []).append(fix_at)
    for identity, sent in ledger.sent.items():
        times = set(found := stored.get(identity, []))
        if lost := ledger.fixes[identity] - times:
            yield f"position: {len(lost)} confirmed ones of {identity} are missing"
        if len(found) != len(times):
            yield f"position: {len(found) - len(times)} of {identity} are doubled"
        if times - sent:
            yield f"position: {len(times - sent)} of {identity} were never sent"


def _trips(books: Books, ledger: Ledger) -> Iterator[str]:
    """Departure and arrival by GPS, once each, for every vehicle that went."""
    rows = books.query("SELECT assignment_id::text, point FROM stamp WHERE source = 'gps'")
    stored = Counter(rows)
    for trip in ledger.trips:
        for point in ("G", "H"):
            if stored[trip, point] != 1:
                yield f"stamp: {point} by GPS of {trip} is there {stored[trip, point]} times"


def _notices(books: Books, ledger: Ledger) -> Iterator[str]:
    """Alarms rang once; each step of a ladder was taken once, and told once over each channel."""
    rows = books.query("SELECT payload->>'timer_id' FROM event WHERE type = 'sla.alarm_raised'")
    raised = Counter(row[0] for row in rows)
    for timer_id in ledger.alarms:
        if raised[timer_id] != 1:
            yield f"notice: {timer_id} rang {raised[timer_id]} times"
    taken = Counter(
        books.query(
            "SELECT payload->>'ladder_id', (payload->>'step')::int FROM event"
            " WHERE type = 'sla.step_taken' AND payload->>'nobody' = 'false'"
        )
    )
    told = Counter(books.query("SELECT ladder_id::text, step, channel FROM notice"))
    for (ladder_id, step, channel), times in told.items():
        if times != 1 or taken[ladder_id, step] != 1:
            yield (
                f"notice: step {step} of {ladder_id} was taken {taken[ladder_id, step]} times,"
                f" told {times} times by {channel}"
            )
    for ladder_id, step in taken.keys() - {(one[0], one[1]) for one in told}:
        yield f"notice: step {step} of {ladder_id} was told to nobody"
