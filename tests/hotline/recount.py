"""The figures of the hotline counted again, from raw evidence, in the plainest way: second by
second. It shares nothing with the product but the database's tables of evidence and facts.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

Rows = list[dict[str, Any]]
ENDS = ("completed", "busy", "no-answer", "canceled", "failed")
SHORT_S, ANSWER_S, REPEAT_S = 5, 20, 24 * 3600


def _rows(session: Session, sql: str) -> Rows:
    return [dict(row._mapping) for row in session.execute(text(sql))]


def second(at: datetime) -> int:
    return int(at.timestamp())


class Evidence:
    """All raw rows."""

    def __init__(self, session: Session) -> None:
        self.reports: defaultdict[UUID, Rows] = defaultdict(list)
        for row in _rows(session, "SELECT * FROM carrier_event ORDER BY received_at"):
            self.reports[row["call_id"]].append(row)
        self.calls = _rows(
            session,
            "SELECT id, carrier_call, from_number FROM call WHERE direction = 'inbound'",
        )
        placed = _rows(session, "SELECT carrier_ref FROM carrier_command WHERE purpose = 'agent'")
        self.agents = {row["carrier_ref"] for row in placed if row["carrier_ref"]}
        self.stories: Rows = []
        self.facts = _rows(
            session,
            "SELECT type, stream_id, occurred_at, payload FROM event ORDER BY stream_id, seq",
        )

    def read(self) -> "Evidence":
        """Tell what became of each call, once for all counts."""
        self.stories = [story(self, call) for call in self.calls]
        return self

    def of(self, type_: str) -> Rows:
        return [row for row in self.facts if row["type"] == type_]


def told(row: dict[str, Any], name: str) -> Any:
    return (row["told"] or {}).get(name)


def when(row: dict[str, Any]) -> int:
    return second(row["at"] or row["received_at"])


def present(rows: Rows, on: str, off: str, end: int) -> set[int]:
    """The seconds between `on` and `off`, or the end."""
    marks = sorted((when(one), told(one, "word")) for one in rows if told(one, "word") in (on, off))
    found: set[int] = set()
    for index, (begin, word) in enumerate(marks):
        if word == on:
            later = [at for at, other in marks[index + 1 :] if other == off]
            found |= set(range(begin, min([*later, end])))
    return found


def ended(rows: Rows) -> int:
    return min(when(one) for one in rows if one["kind"] == "status" and told(one, "status") in ENDS)


def story(evidence: Evidence, call: dict[str, Any]) -> dict[str, Any]:
    """What became of one call."""
    rows = evidence.reports[call["id"]]
    mine = [one for one in rows if one["carrier_call"] == call["carrier_call"]]
    end, first = ended(mine), min(map(when, rows))
    enqueued = sorted((when(one), one) for one in rows if told(one, "word") == "enqueue")
    queue = told(enqueued[0][1], "more")["queue"] if enqueued else None
    queued = enqueued[0][0] if enqueued else None
    rooms = [one for one in mine if one["kind"] == "conference"]
    here, held = present(rooms, "join", "leave", end), present(rooms, "hold", "unhold", end)
    together: set[int] = set()
    spoke = 0
    for party in {one["carrier_call"] for one in rows} & evidence.agents:
        theirs = [one for one in rows if one["carrier_call"] == party]
        came = [
            when(one)
            for one in theirs
            if told(one, "word") == "join" or told(one, "status") == "in-progress"
        ]
        common = here & set(range(min(came), min(end, ended(theirs)))) if came else set()
        together |= common
        spoke += bool(common)
    wait = None
    if queued is not None:
        results = [when(one) for one in rows if one["kind"] == "queue"]
        wait = (min(together) if together else min([end, *results])) - queued
    promised = any(told(one, "word") == "callback" for one in rows)
    outcome = "answered" if together else "callback" if promised else "abandoned"
    return {
        "id": call["id"],
        "opened": second(rows[0]["at"] or rows[0]["received_at"]),
        "caller": call["from_number"],
        "queue": queue,
        "outcome": outcome,
        "short": outcome == "abandoned" and end - (queued or first) <= SHORT_S,
        "wait": wait,
        "talk": len(together - held),
        "held": len(together & held),
        "transfers": max(0, spoke - 1),
    }


def agent_seconds(evidence: Evidence, until: int) -> list[tuple[UUID, int, str, str | None]]:
    """(agent, second, state, call) of every second, from the facts of agents."""
    moves: defaultdict[UUID, Rows] = defaultdict(list)
    for fact in evidence.of("agent.moved"):
        moves[fact["stream_id"]].append(fact)
    found = []
    for agent, facts in moves.items():
        for one, after in zip(facts, [*facts[1:], None], strict=True):
            end = second(after["occurred_at"]) if after else until
            state, call = one["payload"]["state"], one["payload"].get("call_id")
            found += [(agent, at, state, call) for at in range(second(one["occurred_at"]), end)]
    return found


def average(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def recount(
    evidence: Evidence,
    start: datetime,
    end: datetime,
    fits: Callable[[dict[str, Any]], bool] = lambda _: True,
) -> dict[str, Any]:
    """All figures of the calls that came in [start, end) and fit."""
    stories = evidence.stories
    every = [one for one in stories if second(start) <= one["opened"] < second(end)]
    calls = [one for one in every if fits(one)]
    offered = [one for one in calls if one["queue"] or one["outcome"] == "answered"]
    answered = [one for one in offered if one["outcome"] == "answered"]
    lost = [one for one in offered if one["outcome"] == "abandoned"]
    short = [one for one in lost if one["short"]]
    in_time = [one for one in answered if one["wait"] <= ANSWER_S]
    seconds = agent_seconds(evidence, second(end))
    wrap_up = Counter(call for _, _, state, call in seconds if state == "wrap_up")
    writing = [wrap_up[str(one["id"])] for one in answered]
    within = Counter(state for _, at, state, _ in seconds if second(start) <= at < second(end))
    work = within["on_call"] + within["wrap_up"]
    numbers = [one for one in calls if one["caller"]]
    repeats = [
        one
        for one in numbers
        for before in stories
        if before["id"] != one["id"] and before["caller"] == one["caller"]
        and (before["opened"], before["id"]) < (one["opened"], one["id"])
        and one["opened"] - before["opened"] <= REPEAT_S
    ]  # fmt: skip
    served = len(offered) - len(short)
    return {
        "calls": len(calls),
        "outcomes": dict(sorted(Counter(one["outcome"] for one in calls).items())),
        "offered": len(offered),
        "answered": len(answered),
        "answered_in_time": len(in_time),
        "abandoned": len(lost),
        "abandoned_short": len(short),
        "abandoned_before": sum(
            1 for one in calls if one["outcome"] == "abandoned" and not one["queue"]
        ),
        "service_level": len(in_time) / served if served else None,
        "service_level_short_in": len(in_time) / len(offered) if offered else None,
        "abandonment": (len(lost) - len(short)) / served if served else None,
        "asa_s": average([one["wait"] for one in answered]),
        "longest_wait_s": max((one["wait"] for one in offered), default=None),
        "talk_s": average([one["talk"] for one in answered]),
        "held_s": average([one["held"] for one in answered]),
        "wrap_up_s": average(writing),
        "handle_s": average(
            [one["talk"] + one["held"] + w for one, w in zip(answered, writing, strict=True)]
        ),
        "transfers": sum(one["transfers"] for one in answered),
        "repeats": len({one["id"] for one in repeats}),
        "repeat_unjudged": len(calls) - len(numbers),
        "worked_s": work,
        "staffed_s": work + within["available"] + within["reserved"],
        "break_s": within["break"],
    }


def recount_backs(evidence: Evidence) -> dict[str, int]:
    """Call-backs by what became of them."""
    fates = {fact["stream_id"]: "pending" for fact in evidence.of("callback.asked")}
    for fact in evidence.of("callback.ended"):
        fates[fact["stream_id"]] = fact["payload"]["outcome"]
    counts = Counter(fates.values())
    return {f"callbacks_{name}": counts[name] for name in ("done", "cancelled", "pending")}


def recount_agent(evidence: Evidence, agent: UUID, end: datetime) -> dict[str, Any]:
    """Figures of one agent, of all time until `end`."""
    mine = [row for row in agent_seconds(evidence, second(end)) if row[0] == agent]
    per_call = Counter(call for _, _, state, call in mine if state in ("on_call", "wrap_up"))
    spoke = {call for _, _, state, call in mine if state == "on_call"}
    states = Counter(state for _, _, state, _ in mine)
    offers = [one for one in evidence.of("agent.offered") if one["stream_id"] == agent]
    return {
        "offered": len(offers),
        "calls": len(spoke),
        "handle_s": average([per_call[call] for call in spoke]),
        "on_call_s": states["on_call"],
        "wrap_up_s": states["wrap_up"],
        "ready_s": states["available"] + states["reserved"],
        "break_s": states["break"],
    }
