"""One notice to 20,000 numbers: how it is written down, what else waits meanwhile, how it stops.

    python -m bench.notices [--numbers 20000] [--rate 50] [--seconds 60] [--urgent 5]

A real `paidan up` on engines with the durability of the product, `paidan carrier` in a process of
its own, which takes `rate` messages a second. A lead looks at the preview and starts the notice.
While it goes out, urgent messages are asked for, one every few seconds; then it is paused, goes on,
and is cancelled. All the while each transaction of the database is watched, and the page of the
notice is asked for once a second. Prints one JSON object:

`preview_s`: until the preview was there. `written_s`: from the start until each recipient is a row.
`first_s`: until the carrier got the first one. `rate`: messages that reached the carrier, a second.
`urgent_s`: from the commit of an urgent message to the carrier. `pause_s`: from the answer to the
pause to the last message that reached the carrier. `page_ms`: answers about the progress.
`longest`: the longest transactions, in milliseconds, by process. `twice`: numbers that got two.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from core import db
from core.clock import monotonic, real_now
from core.engines import libpq_url, open_engines
from core.engines.home import remove_home
from core.identity import system_actor
from core.ids import new_id
from core.settings import Settings, settings
from core.uow import unit_of_work
from telephony import messages
from telephony.messages import NewMessage
from tests.harness import ROOT, RunningPaidan
from tests.office import ORG_ID
from tests.outbound import town
from tests.people import Person as Desk

ACCOUNT, TOKEN = "AC" + "7b" * 16, "token-of-the-bench"
HOTLINE = "+861095598"
URGENT = "+8613999000001"
WATCH_S = 0.01
WATCHED = """
    SELECT pid, application_name, extract(epoch FROM clock_timestamp() - xact_start) * 1000, query
    FROM pg_stat_activity
    WHERE datname = current_database() AND query NOT LIKE 'LISTEN%'
      AND application_name <> 'paidan-dial' AND pid <> pg_backend_pid()
      AND backend_type = 'client backend' AND xact_start IS NOT NULL
"""


class Watch(threading.Thread):
    """Looks at what transactions are open, and remembers the longest of each process."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = libpq_url(url)
        self.stopping = threading.Event()
        self.longest: dict[str, tuple[float, str]] = {}

    def run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self.stopping.wait(WATCH_S):
                for _, name, took_ms, query in connection.execute(WATCHED):
                    known = self.longest.get(name or "-", (0.0, ""))
                    words = " ".join(query.split())[:90]
                    self.longest[name or "-"] = max(known, (round(float(took_ms), 1), words))


@dataclass
class Carrier:
    """What has reached the carrier: number → when it came, in order."""

    http: httpx.Client
    seen: int = 0
    came: list[tuple[datetime, str]] = field(default_factory=list)

    def look(self, wait_s: float = 0.0) -> None:
        """Read on in its trace."""
        told = self.http.get("/trace", params={"after": self.seen, "wait": wait_s}).text
        for entry in map(json.loads, told.splitlines()):
            self.seen = entry["n"]
            if entry["kind"] == "message" and entry["status"] == "queued":
                self.came.append((datetime.fromisoformat(entry["at"]), entry["number"]))

    def mass(self) -> list[datetime]:
        return [at for at, number in self.came if number != URGENT]

    def urgent(self) -> list[datetime]:
        return [at for at, number in self.came if number == URGENT]


@contextmanager
def carrier(rate: float) -> Iterator[str]:
    """`paidan carrier`; its address."""
    words = ["carrier", "--port", "0", "--messages-per-second", str(rate * 4)]
    words += ["--most-requests", "200", "--account", ACCOUNT, "--token", TOKEN]
    child = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        yield child.stdout.readline().split()[1]
    finally:
        child.terminate()
        child.wait(20)


@contextmanager
def world(rate: float) -> Iterator[tuple[RunningPaidan, Carrier, str]]:
    """Engines of its own, the carrier and `paidan up`."""
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    own = Settings(data_dir=folder, database_url=None, redis_url=None)
    told = {
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "caller_number": HOTLINE,
        "messages_per_second": str(rate),
        "demo": "false",
    }
    try:
        with open_engines(own) as urls, carrier(rate) as url:
            told |= {"database_url": urls.database_url, "redis_url": urls.redis_url}
            with (
                RunningPaidan(**told, twilio_api_url=url) as paidan,
                httpx.Client(base_url=f"{url}/_sim", timeout=60, trust_env=False) as control,
            ):
                control.post("/numbers", json={"phone_number": HOTLINE})
                here = {**told, "twilio_api_url": url, "data_dir": str(paidan.data_dir)}
                os.environ.update({f"PAIDAN_{name.upper()}": text for name, text in here.items()})
                settings.cache_clear()
                yield paidan, Carrier(control), urls.database_url
                db.reset()
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


def ask_urgent() -> datetime:
    """A message to one customer; when it was committed."""
    values = {"number": "20261123-0001", "crew": "城东一班"}
    with unit_of_work(system_actor(ORG_ID, "bench")) as uow:
        one = NewMessage("on_the_way_open", URGENT, "order", new_id(), values=values, urgent=True)
        assert messages.send(uow, one) is not None
    return real_now()


def until(holds: Any, seconds: float = 120.0) -> float:
    """Wait until it holds; seconds that it took. AssertionError when the time is up."""
    began = monotonic()
    while not holds():
        assert monotonic() - began < seconds, "it did not come"
    return monotonic() - began


class Page:
    """The notice as its page shows it."""

    def __init__(self, lead: Desk, id_: str) -> None:
        self.path, self.lead = f"/api/campaigns/{id_}", lead
        self.times_ms: list[float] = []
        self.shown: list[dict[str, int]] = []

    def look(self) -> Any:
        began = monotonic()
        told = self.lead.get(self.path)
        self.times_ms.append((monotonic() - began) * 1000)
        self.shown.append(told["progress"])
        return told

    def act(self, act: str) -> datetime:
        self.lead.post(f"{self.path}/{act}")
        return real_now()


def course(paidan: RunningPaidan, sim: Carrier, numbers: int, wish: Any) -> dict[str, Any]:
    """The whole life of the notice."""
    place = town.line([town.Person((one,)) for one in town.mobiles(numbers)])
    lead = Desk(paidan.base_url, "lead", paidan.logins["lead"])
    body = {
        "template": "danger", "values": {"area": "景山"}, "scope": "node",
        "scope_id": str(place.feeder), "importances": [],
    }  # fmt: skip
    began = monotonic()
    seen = lead.post("/api/campaigns/preview", body)
    found: dict[str, Any] = {"numbers": numbers, "preview_s": round(monotonic() - began, 2)}
    assert seen["recipients"] == numbers, seen
    id_ = lead.post("/api/campaigns", {**body, "reason": "bench", "useful_hours": 4})["id"]
    page = Page(lead, id_)
    started = page.act("start")
    found["written_s"] = round(until(lambda: page.look()["written"]), 2)
    urgent = going_out(page, sim, wish.seconds, wish.urgent)
    found["first_s"] = round((sim.mass()[0] - started).total_seconds(), 2)
    span = (sim.mass()[-1] - sim.mass()[0]).total_seconds()
    found["rate"] = round(len(sim.mass()) / span, 1)
    found["urgent_s"] = urgent
    found["pause_s"] = paused(page, sim)
    page.act("cancel")
    shown = [sum(count for name, count in one.items() if name != "waiting") for one in page.shown]
    found["progress_forward"] = shown == sorted(shown)
    found["page_ms"] = {
        "median": round(sorted(page.times_ms)[len(page.times_ms) // 2], 1),
        "most": round(max(page.times_ms), 1),
    }
    twice = Counter(number for _, number in sim.came if number != URGENT)
    found["twice"] = sum(count > 1 for count in twice.values())
    lead.close()
    return found


def going_out(page: Page, sim: Carrier, seconds: float, urgent: int) -> list[float]:
    """Let it go out for so long; how many seconds each urgent message took."""
    asked: list[datetime] = []
    began, step = monotonic(), seconds / (urgent + 1)
    while monotonic() - began < seconds:
        if len(asked) < urgent and monotonic() - began > step * (len(asked) + 1):
            asked.append(ask_urgent())
        page.look()
        sim.look(1.0)
    until(lambda: sim.look(0.5) or len(sim.urgent()) >= len(asked))
    return [
        round((at - when).total_seconds(), 3) for at, when in zip(sim.urgent(), asked, strict=True)
    ]


def paused(page: Page, sim: Carrier) -> float:
    """Seconds from a pause to the last message that came after it; 0 where none did."""
    held = page.act("pause")
    quiet = monotonic()
    while monotonic() - quiet < 4.0:
        before = len(sim.came)
        sim.look(1.0)
        if len(sim.came) > before:
            quiet = monotonic()
    last = max((at for at in sim.mass() if at > held), default=held)
    page.act("resume")
    seen = len(sim.came)
    until(lambda: sim.look(0.5) or len(sim.came) > seen)
    return round((last - held) / timedelta(seconds=1), 3)


def main() -> None:
    """Print the figures."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--numbers", type=int, default=20_000)
    words.add_argument("--rate", type=float, default=50.0)
    words.add_argument("--seconds", type=float, default=60.0)
    words.add_argument("--urgent", type=int, default=5)
    wish = words.parse_args()
    with world(wish.rate) as (paidan, sim, url):
        watch = Watch(url)
        watch.start()
        found = course(paidan, sim, wish.numbers, wish)
        watch.stopping.set()
        watch.join()
    longest = sorted(watch.longest.items(), key=lambda one: -one[1][0])
    found["longest"] = {name: {"ms": ms, "query": query} for name, (ms, query) in longest}
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
