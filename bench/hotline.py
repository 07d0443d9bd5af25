"""A hotline under load with a carrier that loses, repeats, delays and mixes up its reports.

    python -m bench.hotline [--calls 200] [--agents 100] [--screens 100] [--over 120] [--talk 90]
                            [--speed 1] [--seed 1] [--calm] [--gate]

A real `paidan up`, `paidan carrier` in a process of its own, agents at their screens (API and live
feed): tests/hotline/floor.py. All callers come within `over` seconds of business. When the last has
gone and what follows is done, the day is counted from raw evidence (tests/hotline/tally.py). Prints
one JSON object: what was wrong (`faults`, empty where all is well), how many calls went on at once,
and latencies in real milliseconds: webhooks by kind, `pop` (the carrier sends the voice webhook →
the row of the call is at a screen), `bridge` (offer → both hear each other, business seconds).
With `--gate` a fault is exit code 1.
"""

import argparse
import json
import os
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import monotonic
from core.engines import libpq_url
from core.engines.embedded import embedded_urls
from tests.chaos.check import Books
from tests.hotline import tally
from tests.hotline.floor import Hotline, Wish, hotline

LEFT_S = 240.0
"""Real seconds in which all that follows the last caller must be done."""
LOOK_S = 1.0
"""Between two looks at all calls, which cost the carrier some."""
LENGTH = timedelta(days=1)
LONGEST_TRACE = 6000
OPEN = {
    "calls": "SELECT count(*) FROM call WHERE state <> 'ended'",
    "legs": "SELECT count(*) FROM call_leg WHERE state <> 'ended' AND carrier_call IS NOT NULL",
    "offers": "SELECT count(*) FROM offer WHERE ended_at IS NULL",
    "parts": "SELECT count(*) FROM agent_call WHERE state <> 'ended'",
    "commands": "SELECT count(*) FROM carrier_command WHERE state IN"
    " ('waiting', 'sending', 'unsure')",
    "call_backs": "SELECT count(*) FROM callback WHERE state IN ('dialling', 'talking')",
    "agents": "SELECT count(*) FROM agent WHERE state <> 'offline'",
    "reports": "SELECT count(*) FROM untold_report WHERE failed_at IS NULL",
    "effects": "SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"
    " AND due_at < now() + interval '1 minute'",
}


def settled(books: Books) -> dict[str, int]:
    """What is still open, by kind."""
    found = {name: books.query(sql)[0][0] for name, sql in OPEN.items()}
    return {name: count for name, count in found.items() if count}


def until(holds: Any, seconds: float, step_s: float = 0.25) -> bool:
    """Wait until it holds; False when the time is up."""
    end = monotonic() + seconds
    pause = threading.Event()
    while not holds():
        if monotonic() > end:
            return False
        pause.wait(step_s)
    return True


@dataclass
class Day:
    """All that is known of a day when it is over."""

    books: tally.Books
    report: dict[str, Any]
    start: datetime
    inbound: list[dict[str, Any]]
    trace: list[dict[str, Any]]
    broken: dict[str, Any]
    """Faults that are told by themselves, by what they are of."""
    at_once: int = 0

    @property
    def stories(self) -> list[tally.Row]:
        short_s = self.report["rule"]["short_s"]
        return [tally.story(self.books, call, short_s) for call in self.books.calls]


def play(one: Hotline) -> Day:
    """One day of the hotline, until the last caller has gone and what follows is done."""
    books, most = Books(one.paidan), 0

    def gone() -> bool:
        nonlocal most
        calls = [call for call in one.state(ended=True)["calls"] if call["direction"] == "inbound"]
        open_ones = sum(call["ended_at"] is None for call in calls)
        most = max(most, open_ones)
        return len(calls) - open_ones >= one.wish.calls

    one.open_it()
    limit = (one.wish.over_s + 600) / one.wish.speed + LEFT_S
    came_to_an_end = until(gone, limit, LOOK_S)
    one.staff.go_home()
    quiet = until(lambda: not settled(books), LEFT_S)
    day = over(one)
    day.at_once = most
    if not came_to_an_end:
        day.broken["callers still on the line"] = one.wish.calls - one.callers_gone()
    if not quiet:
        day.broken["open"] = settled(books)
    return day


def over(one: Hotline) -> Day:
    """What is known now."""
    urls = embedded_urls(one.paidan.data_dir)
    assert urls is not None
    state = one.state(ended=True)
    asked = {"from": one.start.isoformat(), "to": (one.start + LENGTH).isoformat(), "by": "total"}
    verify = one.paidan.command("verify", seconds=300)
    trace = one.trace()
    return Day(
        books=tally.Books(libpq_url(urls[0])),
        report=one.lead.get("/api/reports/hotline", **asked),
        start=one.start,
        inbound=[call for call in state["calls"] if call["direction"] == "inbound"],
        trace=trace,
        broken={
            "errors": errors(one),
            "broken": one.staff.broken[:20],
            "carrier": state["errors"][:10],
            "silence": [each for each in trace if each["kind"] in ("silence", "defect")][:10],
            "verify": "" if verify.returncode == 0 else verify.stdout[-2000:],
        },
    )


def faults(day: Day) -> dict[str, Any]:
    """Everything that must not be, and is."""
    books, stories = day.books, day.stories
    found = {
        "calls not known once": once(day.inbound, books),
        "without an end": [str(call["id"]) for call in books.calls if call["outcome"] is None],
        "two calls": tally.two_calls(books),
        "forgotten": tally.forgotten(books, stories),
        "report": tally.differing(figures(day, stories), day.report["total"]),
        "stories": unlike(books, stories),
        **day.broken,
    }
    return {name: what for name, what in found.items() if what}


def run(wish: Wish) -> dict[str, Any]:
    """One day of the hotline: what was wrong with it, and how long things took."""
    with hotline(wish) as one:
        day = play(one)
        books, screens = day.books, one.staff.screens
        assert screens is not None
        return {
            "calls": len(books.calls),
            "at_once": day.at_once,
            "outcomes": day.report["total"]["outcomes"],
            "call_backs": dict(Counter(row["state"] for row in books.callbacks)),
            "asked_for": len([1 for rows in books.reports.values() for row in rows if looked(row)]),
            "heard_and_not_answered": unheard(day),
            "screens": {"frames": screens.frames, "megabytes": round(screens.octets / 1e6, 1)},
            "acts": dict(sorted(one.staff.answers.items())),
            "webhooks_ms": webhooks(day.trace),
            "pop_ms": share(pops(one, day)),
            "bridge_s": share(bridges(books)),
            "machine_load": round(os.getloadavg()[0], 1),
            "faults": faults(day),
        }


def errors(one: Hotline) -> list[str]:
    """What the product's log says that nobody foresaw."""
    parts = one.paidan.output.split("Traceback (most recent call last):")[1:]
    return [part[:LONGEST_TRACE] for part in parts[:3]]


def figures(day: Day, stories: Sequence[tally.Row]) -> Any:
    """The recount of the total; after the staff has gone nothing but `offline` goes on."""
    ended = [story for story in stories if story["outcome"] is not None]
    wanted = tally.figures(ended, day.report["rule"])
    return wanted | tally.agent_figures(day.books, day.start, day.start + LENGTH)


def once(inbound: Sequence[Any], books: tally.Books) -> list[str]:
    """Calls of the carrier that the product does not know exactly once."""
    known = Counter(call["carrier_call"] for call in books.calls)
    sids = {call["sid"] for call in inbound}
    return [sid for sid in sids if known[sid] != 1] + [sid for sid in known if sid not in sids]


def unlike(books: tally.Books, stories: Sequence[tally.Row]) -> list[str]:
    """Calls of which the product tells another end than the evidence."""
    rows = zip(books.calls, stories, strict=True)
    return [
        f"{call['carrier_call']} {call['outcome']}, recount {story['outcome']}"
        for call, story in rows
        if call["outcome"] != story["outcome"]
    ]


def unheard(day: Day) -> int:
    """Callers who in truth heard somebody, but whose call is not told as answered: all that could
    have told it was lost.
    """
    talked = {entry["call"] for entry in day.trace if entry["kind"] == "talking"}
    answered = {one["carrier_call"] for one in day.books.calls if one["outcome"] == "answered"}
    return len(({call["sid"] for call in day.inbound} & talked) - answered)


def webhooks(trace: Sequence[Any]) -> dict[str, Any]:
    """Milliseconds by kind of webhook, and what was not answered well."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    bad: Counter[str] = Counter()
    for entry in trace:
        if entry["kind"] == "webhook":
            if "ms" in entry:
                times[entry["about"]].append(entry["ms"])
            if entry.get("status", 599) >= 300:
                bad[f"{entry['about']} {entry.get('status', entry.get('failed'))}"] += 1
    return {**{name: share(found) for name, found in sorted(times.items())}, "not_ok": dict(bad)}


def pops(one: Hotline, day: Day) -> list[float]:
    """Milliseconds from the first voice webhook of a call to its row at a screen."""
    ids = {call["carrier_call"]: str(call["id"]) for call in day.books.calls}
    found, seen = [], set()
    for entry in day.trace:
        if entry["kind"] != "webhook" or not entry["url"].endswith("/voice") or "ms" not in entry:
            continue
        sid = entry["params"]["CallSid"]
        shown = one.staff.popped.get(ids.get(sid, ""))
        if sid not in seen and shown is not None:
            answered = one.real(datetime.fromisoformat(entry["at"]))
            found.append((shown - answered).total_seconds() * 1000 + entry["ms"])
            seen.add(sid)
    return found


def bridges(books: tally.Books) -> list[float]:
    """Seconds from the offer that was accepted until agent and caller heard each other."""
    offered = {
        row["payload"]["call_id"]: row["occurred_at"]
        for row in books.of("agent.offered")
        if row["payload"]["kind"] == "caller"
    }
    both = [(call["bridged_at"], offered.get(str(call["id"]))) for call in books.calls]
    return [(met - asked).total_seconds() for met, asked in both if met and asked]


def looked(row: tally.Row) -> bool:
    """The carrier was asked for a leg of which nothing was heard, and it was over."""
    return bool(row["kind"] == "lookup" and tally.ends(row))


def share(values: Sequence[float]) -> dict[str, float]:
    """How many, median, p99 and the longest."""
    if not values:
        return {"count": 0}
    ordered = sorted(values)
    at = {name: ordered[min(len(ordered) - 1, int(len(ordered) * part))] for name, part in PARTS}
    return {"count": len(ordered), **{name: round(value, 1) for name, value in at.items()}}


PARTS = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--calls", type=int, default=200)
    words.add_argument("--agents", type=int, default=100)
    words.add_argument("--screens", type=int, help="how many of them look; all by default")
    words.add_argument("--over", type=float, default=120)
    words.add_argument("--talk", type=float, default=90)
    words.add_argument("--speed", type=float, default=1)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--calm", action="store_true", help="without mischief")
    words.add_argument("--gate", action="store_true", help="exit code 1 where there are faults")
    told = words.parse_args()
    more: dict[str, Any] = {"mischief": {}} if told.calm else {}
    talk_s = (told.talk / 3, told.talk)
    screens = told.agents if told.screens is None else told.screens
    found = run(
        Wish(told.calls, told.agents, screens, told.over, talk_s, told.speed, told.seed, **more)
    )
    print(json.dumps(found, ensure_ascii=False, indent=1, default=str))
    if told.gate and found["faults"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
