"""A day of the hotline counted from raw evidence to the microsecond, also where reports were lost,
and judged: one end for each call, no agent in two calls, nobody forgotten, figures that agree.

It shares nothing with the product but the tables of evidence and facts.
"""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
Spans = list[tuple[datetime, datetime]]
ENDS = ("completed", "busy", "no-answer", "canceled", "failed")
DECIDED = {
    "callback": "callback",
    "message": "message",
    "refused": "refused",
    "full": "queue_full",
    "overflow": "overflowed",
    "closed": "closed",
}
FINAL = ("bridged", "redirected", "redirected-from-bridged", "leave", "hangup", "queue-full",
         "error", "system-error")  # fmt: skip


class Books:
    """All raw rows, read at one moment."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url, row_factory=dict_row) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

            def rows(sql: str) -> list[Row]:
                return connection.execute(sql).fetchall()

            self.reports: defaultdict[Any, list[Row]] = defaultdict(list)
            for row in rows("SELECT * FROM carrier_event WHERE told IS NOT NULL"):
                self.reports[row["call_id"]].append(row | (row["told"] or {}))
            self.calls = rows("SELECT * FROM call WHERE direction = 'inbound' ORDER BY opened_at")
            placed = rows("SELECT * FROM carrier_command WHERE kind = 'place_call'")
            self.agents = {
                one["carrier_ref"]: one["subject_id"] for one in placed if one["purpose"] == "agent"
            }
            self.facts = rows("SELECT * FROM event ORDER BY stream_id, seq")
            self.callbacks = rows("SELECT * FROM callback")

    def of(self, *types: str) -> list[Row]:
        return [row for row in self.facts if row["type"] in types]


def when(row: Row) -> datetime:
    found: datetime = row["at"] or row["received_at"]
    return found


def ends(row: Row) -> bool:
    if row["kind"] in ("status", "lookup"):
        return row.get("status") in ENDS
    return row.get("word") == "leave" and row.get("reason") == "participant_hung_up"


def cut(spans: Spans, other: Spans) -> Spans:
    both = [(max(a, c), min(b, d)) for a, b in spans for c, d in other]
    return merged([(begin, end) for begin, end in both if begin < end])


def merged(spans: Spans) -> Spans:
    found: Spans = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def length(spans: Spans) -> float:
    return round(sum((end - begin).total_seconds() for begin, end in spans), 3)


def between(rows: list[Row], on: str, off: str, since: datetime | None, close: datetime) -> Spans:
    """From each `on` to the next `off`; an `off` alone began at `since`; the last ends at close."""
    marks = [one for one in rows if one["kind"] == "conference" and one.get("word") in (on, off)]
    found: Spans = []
    begin: datetime | None = None
    for one in sorted(marks, key=lambda row: (when(row), row.get("sequence", -1))):
        if one["word"] == on:
            begin = begin or when(one)
        else:
            begin = begin or (None if found else since)
            found += [(begin, max(begin, when(one)))] if begin else []
            begin = None
    return found + ([(begin, max(begin, close))] if begin else [])


def room_of(row: Row) -> str:
    """The conference that a report is about, in the carrier's own word."""
    return str(row["params"].get("ConferenceSid", ""))


def by_room(rows: list[Row]) -> dict[str, list[Row]]:
    """What was told of each conference, the first one first."""
    found: dict[str, list[Row]] = {}
    for one in sorted((row for row in rows if row["kind"] == "conference"), key=when):
        found.setdefault(room_of(one), []).append(one)
    return found


class Leg:
    """One telephone, as its reports tell."""

    def __init__(self, rows: list[Row], over: dict[str, datetime], last: datetime) -> None:
        self.end = min((when(one) for one in rows if ends(one)), default=None)
        took = [one for one in rows if one.get("status") in ("in-progress", "answered")]
        said = [one for one in took if one["kind"] == "status"]
        done = [one for one in rows if one["kind"] == "step" or one.get("word") == "join"]
        self.answered = min(map(when, said or [*took, *done]), default=None)
        finals = [one for one in rows if ends(one) and one.get("status") in ENDS]
        self.state = min(finals, key=when)["status"] if finals else "completed"
        told = any(one.get("word") in ("join", "leave") for one in rows)
        self.told = told and any(one["kind"] == "conference" for one in rows)
        self.present, self.held = [], []
        rooms = by_room(rows)
        begins = [min(map(when, there)) for there in rooms.values()]
        for number, (room, there) in enumerate(rooms.items()):
            closes = [self.end, over.get(room), *begins[number + 1 : number + 2]]
            close = min((at for at in closes if at), default=last)
            since = None if number else self.answered
            self.present += between(there, "join", "leave", since, close)
            self.held += between(there, "hold", "unhold", None, close)
        if not self.told and self.answered:
            self.present = [(self.answered, self.end or last)]


def story(books: Books, call: Row, short_s: float) -> Row:
    """What became of one call, by its evidence alone."""
    rows = books.reports[call["id"]]
    last = max(map(when, rows))
    over = {room_of(one): when(one) for one in rows if is_end(one)}
    mine = Leg([one for one in rows if one["carrier_call"] == call["carrier_call"]], over, last)
    if mine.end is None:
        return {"id": call["id"], "outcome": None}
    end = mine.end
    enqueued = [one for one in rows if one["kind"] == "flow" and one.get("word") == "enqueue"]
    enqueued.sort(key=when)
    waits = [one for one in rows if one.get("seconds") is not None]
    queued = when(enqueued[0]) if enqueued else None
    results = [one for one in rows if one["kind"] == "queue" and one.get("word") in FINAL]
    here = mine.present if mine.told else gone(results, end)
    together: Spans = []
    spoke: set[Any] = set()
    for party in {one["carrier_call"] for one in rows} & books.agents.keys():
        leg = Leg([one for one in rows if one["carrier_call"] == party], over, last)
        common = cut(cut(here, leg.present), [(min(map(when, rows)), end)])
        together = merged(together + common)
        spoke |= {books.agents[party]} if common else set()
    held = cut(together, mine.held)
    words = {one.get("word") for one in rows if one["kind"] == "flow"}
    outcome = "answered" if together else outcome_of(words, results, mine)
    left = [min(when(one), end) for one in results if not enqueued or last_stay(one, enqueued)]
    wait = None
    if queued or waits:
        wait = (
            (together[0][0] if together else min([*left, end])) - (queued or end)
        ).total_seconds()
    began = queued or min(map(when, rows))
    lasted = round((end - began).total_seconds(), 3)
    return {
        "id": call["id"],
        "number": call["from_number"],
        "outcome": outcome,
        "queue": enqueued[0]["more"]["queue"] if enqueued else None,
        "short": outcome == "abandoned" and lasted <= short_s,
        "wait": None if wait is None else max(0.0, round(wait, 3)),
        "talk": round(length(together) - length(held), 3),
        "held": length(held),
        "transfers": max(0, len(spoke) - 1),
    }


def is_end(row: Row) -> bool:
    return row["kind"] == "conference" and not row["carrier_call"] and row.get("word") == "end"


def gone(results: list[Row], end: datetime) -> Spans:
    """Where no conference told of the caller: since the queue let the caller go to an agent."""
    to_agent = [one for one in results if one.get("word") in ("redirected", "bridged")]
    return [(when(max(to_agent, key=when)), end)] if to_agent else []


def last_stay(row: Row, enqueued: list[Row]) -> bool:
    return bool(when(row) >= when(enqueued[-1]))


def outcome_of(words: set[Any], results: list[Row], leg: Leg) -> str:
    for code, outcome in DECIDED.items():
        if code in words and not (code == "closed" and "enqueue" in words):
            return outcome
    if any(one.get("word") == "queue-full" for one in results):
        return "queue_full"
    return "failed" if leg.state == "failed" else "abandoned"


def average(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def figures(stories: list[Row], rule: Row) -> Row:
    """The report's figures of these calls."""
    offered = [
        one
        for one in stories
        if (one["wait"] is not None and one["outcome"] != "queue_full")
        or one["outcome"] == "answered"
    ]
    answered = [one for one in offered if one["outcome"] == "answered"]
    waited = [one["wait"] for one in answered if one["wait"] is not None]
    lost = [one for one in offered if one["outcome"] == "abandoned"]
    return {
        "calls": len(stories),
        "outcomes": dict(sorted(Counter(one["outcome"] for one in stories).items())),
        "offered": len(offered),
        "waiting": 0,
        "answered": len(answered),
        "answered_in_time": sum(one <= rule["answer_s"] for one in waited),
        "abandoned": len(lost),
        "abandoned_short": sum(one["short"] for one in lost),
        "abandoned_before": sum(
            one["outcome"] == "abandoned" and one["wait"] is None for one in stories
        ),
        "asa_s": average(waited),
        "longest_wait_s": max(
            (one["wait"] for one in offered if one["wait"] is not None), default=None
        ),
        "talk_s": average([one["talk"] for one in answered]),
        "held_s": average([one["held"] for one in answered]),
        "transfers": sum(one["transfers"] for one in stories),
        "transferred": sum(one["transfers"] > 0 for one in stories),
    }


def stretches(books: Books) -> list[tuple[Any, str, str | None, datetime, datetime | None]]:
    """(agent, state, call, begin, end) from the facts of agents; a longer deadline is no move."""
    moves: defaultdict[Any, list[Row]] = defaultdict(list)
    for fact in books.of("agent.moved"):
        known = moves[fact["stream_id"]]
        state, call = fact["payload"]["state"], fact["payload"].get("call_id")
        same = known and known[-1]["payload"]["state"] == state == "wrap_up"
        if not same or known[-1]["payload"].get("call_id") != call:
            known.append(fact)
    found = []
    for agent, facts in moves.items():
        for one, after in zip(facts, [*facts[1:], None], strict=True):
            payload, until = one["payload"], after["occurred_at"] if after else None
            found.append(
                (agent, payload["state"], payload.get("call_id"), one["occurred_at"], until)
            )
    return found


def agent_figures(books: Books, start: datetime, end: datetime) -> Row:
    """Time of agents within the period."""
    spent: Counter[str] = Counter()
    for _, state, _, begin, until in stretches(books):
        lasted = (min(until or end, end) - max(begin, start)).total_seconds()
        spent[state] += max(0.0, lasted)  # type: ignore[assignment]
    work = spent["on_call"] + spent["wrap_up"]
    return {
        "worked_s": work,
        "staffed_s": work + spent["available"] + spent["reserved"],
        "break_s": spent["break"],
    }


def two_calls(books: Books) -> list[str]:
    """Agents who were given a call while they were in another, or two at once."""
    found = []
    busy: dict[Any, Any] = {}
    types = ("agent.offered", "agent.offer_ended", "agent.moved")
    for fact in sorted(books.of(*types), key=lambda row: (str(row["stream_id"]), row["seq"])):
        agent, said = fact["stream_id"], fact["payload"]
        if fact["type"] == "agent.offered":
            if busy.get(agent) not in (None, said["call_id"]):
                found.append(f"{agent} was offered {said['call_id']} beside {busy[agent]}")
            busy[agent] = said["call_id"]
        elif fact["type"] == "agent.moved" and said["state"] not in ("reserved", "on_call"):
            busy[agent] = None
    return found


def forgotten(books: Books, stories: list[Row]) -> list[str]:
    """Callers to whom nobody spoke, and who are neither called back nor wait visibly for it."""
    known = {one["number"] for one in books.callbacks}
    reached = {one["number"] for one in stories if one["outcome"] == "answered"}
    return [
        f"{one['id']} {one['outcome']}"
        for one in stories
        if one["outcome"] != "answered" and not one["short"] and one["number"].startswith("+")
        and one["number"] not in known | reached
    ]  # fmt: skip


def differing(wanted: Row, found: Row) -> Row:
    """Figures that do not agree: name → (recount, report)."""

    def same(left: Any, right: Any) -> bool:
        if isinstance(left, float) and isinstance(right, int | float):
            return abs(left - right) <= 0.002
        return bool(left == right)

    return {
        name: (value, found[name]) for name, value in wanted.items() if not same(value, found[name])
    }
