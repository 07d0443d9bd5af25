"""A hotline under load with a carrier that loses, repeats, delays and mixes up its reports.

    python -m bench.hotline [--calls 200] [--agents 100] [--over 120] [--speed 1] [--seed 1]
                            [--calm] [--gate]

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
    "reports": "SELECT count(*) FROM untold_report",
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


def run(wish: Wish) -> dict[str, Any]:
    """One day of the hotline: what was wrong with it, and how long things took."""
    with hotline(wish) as one:
        books = Books(one.paidan)
        most = 0

        def gone() -> bool:
            nonlocal most
            state = one.state()
            most = max(most, sum(call["direction"] == "inbound" for call in state["calls"]))
            return one.callers_gone() >= wish.calls

        one.open_it()
        limit = (wish.over_s + 600) / wish.speed + 120
        came_to_an_end = until(gone, limit, 1.0 / min(wish.speed, 4))
        one.staff.go_home()
        quiet = until(lambda: not settled(books), LEFT_S)
        found = judged(one)
        if not came_to_an_end:
            found["faults"]["callers still on the line"] = wish.calls - one.callers_gone()
        if not quiet:
            found["faults"]["open"] = settled(books)
        found["at_once"] = most
        found["machine_load"] = round(os.getloadavg()[0], 1)
        return found


def judged(one: Hotline) -> dict[str, Any]:
    """Everything that must hold, and the figures."""
    urls = embedded_urls(one.paidan.data_dir)
    assert urls is not None
    books = tally.Books(libpq_url(urls[0]))
    state, trace = one.state(ended=True), one.trace()
    start, end = one.start, one.start + timedelta(days=1)
    asked = {"from": start.isoformat(), "to": end.isoformat(), "by": "total"}
    report = one.lead.get("/api/reports/hotline", **asked)
    stories = [tally.story(books, call, report["rule"]["short_s"]) for call in books.calls]
    verify = one.paidan.command("verify", seconds=300)
    inbound = [call for call in state["calls"] if call["direction"] == "inbound"]
    faults: dict[str, Any] = {
        "calls not known once": once(inbound, books),
        "without an end": [str(call["id"]) for call in books.calls if call["outcome"] is None],
        "two calls": tally.two_calls(books),
        "forgotten": tally.forgotten(books, stories),
        "report": tally.differing(figures(books, stories, report, start), report["total"]),
        "stories": unlike(books, stories),
        "errors": errors(one),
        "broken": one.staff.broken[:20],
        "carrier": state["errors"][:10],
        "silence": [entry for entry in trace if entry["kind"] in ("silence", "defect")][:10],
        "verify": "" if verify.returncode == 0 else verify.stdout[-2000:],
    }
    return {
        "calls": len(books.calls),
        "outcomes": report["total"]["outcomes"],
        "call_backs": dict(Counter(row["state"] for row in books.callbacks)),
        "asked_for": len([1 for rows in books.reports.values() for row in rows if looked(row)]),
        "heard_and_not_answered": unheard(trace, inbound, books),
        "acts": dict(sorted(one.staff.answers.items())),
        "webhooks_ms": webhooks(trace),
        "pop_ms": share(pops(one, trace, books)),
        "bridge_s": share(bridges(books)),
        "faults": {name: what for name, what in faults.items() if what},
    }


def errors(one: Hotline) -> list[str]:
    """What the product's log says that nobody foresaw."""
    parts = one.paidan.output.split("Traceback (most recent call last):")[1:]
    return [part[:LONGEST_TRACE] for part in parts[:3]]


def figures(books: tally.Books, stories: Sequence[tally.Row], report: Any, start: datetime) -> Any:
    """The recount of the total; after the staff has gone nothing but `offline` goes on."""
    ended = [story for story in stories if story["outcome"] is not None]
    wanted = tally.figures(ended, report["rule"])
    return wanted | tally.agent_figures(books, start, start + timedelta(days=1))


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


def unheard(trace: Sequence[Any], inbound: Sequence[Any], books: tally.Books) -> int:
    """Callers who in truth heard somebody, but whose call is not told as answered: all that could
    have told it was lost.
    """
    talked = {entry["call"] for entry in trace if entry["kind"] == "talking"}
    answered = {call["carrier_call"] for call in books.calls if call["outcome"] == "answered"}
    return len(({call["sid"] for call in inbound} & talked) - answered)


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


def pops(one: Hotline, trace: Sequence[Any], books: tally.Books) -> list[float]:
    """Milliseconds from the first voice webhook of a call to its row at a screen."""
    ids = {call["carrier_call"]: str(call["id"]) for call in books.calls}
    found, seen = [], set()
    for entry in trace:
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
    words.add_argument("--over", type=float, default=120)
    words.add_argument("--talk", type=float, default=90)
    words.add_argument("--speed", type=float, default=1)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--calm", action="store_true", help="without mischief")
    words.add_argument("--gate", action="store_true", help="exit code 1 where there are faults")
    told = words.parse_args()
    more: dict[str, Any] = {"mischief": {}} if told.calm else {}
    talk_s = (told.talk / 3, told.talk)
    found = run(Wish(told.calls, told.agents, told.over, talk_s, told.speed, told.seed, **more))
    print(json.dumps(found, ensure_ascii=False, indent=1, default=str))
    if told.gate and found["faults"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
