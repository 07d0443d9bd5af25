"""What thousands of moving vehicles cost the browser that shows the board, in script time.

    python -m bench.board_vehicles [--vehicles 2000] [--seconds 65] [--orders 25]

A real `paidan up` with that many crews, a real headless Chromium on the hotline's board at
1280×720. Once a second a packed record of every vehicle goes to the live feed, as gateways publish
them. Chromium's own trace gives the time that the page's main thread spends in script and in
garbage collection, between one publication and the next; the same seconds are first measured
without any publication (countdowns, clock), and a loop that only reads every record of such a
frame is timed in the same page as the limit of what can be reached. Prints one JSON object; times
are milliseconds.
"""

import argparse
import json
import math
import shutil
import statistics
import struct
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import redis

from core.clock import monotonic, now
from core.engines import libpq_url, open_engines
from core.engines.home import remove_home
from core.settings import Settings
from dispatch.starter import ORG_ID
from gps.publish import RECORD, channel
from tests.browser_fixtures import FLAGS, WITH_MAP, chromium
from tests.harness import RunningPaidan
from tests.people import Person

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CENTRE = (31.2304, 121.4737)
SCRIPT = ("FunctionCall", "EvaluateScript", "RunMicrotasks", "MinorGC", "MajorGC")
CATEGORIES = ["-*", "devtools.timeline", "v8", "disabled-by-default-v8.gc", "__metadata"]
CREWS = """
    INSERT INTO unit (org_id, id, parent_id, kind, code, name_zh, name_en, site)
    SELECT org_id, gen_random_uuid(), id, 'crew', code || '-' || (100 + n),
           name_zh || (100 + n) || '班', name_en || ' crew ' || (100 + n), site
    FROM unit, generate_series(1, %(each)s) AS n WHERE kind = 'centre';
"""
VEHICLES = """
    INSERT INTO crew (org_id, id, trade)
    SELECT u.org_id, u.id, 'low_voltage' FROM unit u LEFT JOIN crew c USING (org_id, id)
    WHERE u.kind = 'crew' AND c.id IS NULL;
    INSERT INTO vehicle (org_id, id, plate, crew_id)
    SELECT c.org_id, gen_random_uuid(), '京A·' || right(c.id::text, 6), c.id
    FROM crew c LEFT JOIN vehicle v ON v.org_id = c.org_id AND v.crew_id = c.id WHERE v.id IS NULL;
"""
DECODE_ONLY = """
(count) => {
  const view = new DataView(new ArrayBuffer(count * 32));
  const took = [];
  let sum = 0;
  for (let turn = 0; turn < 300; turn += 1) {
    const began = performance.now();
    // Ten times: the page's clock is too coarse for one.
    for (let again = 0; again < 10; again += 1) {
      for (let at = 0; at < view.byteLength; at += 32) {
        sum += view.getUint32(at + 12) + view.getInt32(at + 16) + view.getInt32(at + 20)
          + view.getUint16(at + 24) + view.getUint16(at + 26) + view.getUint32(at + 28);
      }
    }
    took.push((performance.now() - began) / 10);
  }
  return [took.slice(100), sum];
}
"""


@dataclass(frozen=True)
class World:
    """A running Paidan and its engines."""

    paidan: RunningPaidan
    database_url: str
    redis_url: str


@contextmanager
def world() -> Iterator[World]:
    """Engines of its own and `paidan up` on them."""
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    own = Settings(data_dir=folder, database_url=None, redis_url=None)
    try:
        with (
            open_engines(own) as urls,
            RunningPaidan(database_url=urls.database_url, redis_url=urls.redis_url) as paidan,
        ):
            yield World(paidan, urls.database_url, urls.redis_url)
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


def fill(world: World, vehicles: int, orders: int) -> list[bytes]:
    """Crews with vehicles at each centre, and orders. Gives the vehicles' ids."""
    each = math.ceil(vehicles / 3)
    with psycopg.connect(libpq_url(world.database_url), autocommit=True) as connection:
        connection.execute(CREWS, {"each": each})
        for statement in VEHICLES.split(";\n"):
            if statement.strip():
                connection.execute(statement)  # type: ignore[call-overload]
        rows = connection.execute("SELECT id FROM vehicle ORDER BY id LIMIT %s", [vehicles])
        ids = [row[0].bytes for row in rows]
    agent = Person(world.paidan.base_url, "agent", world.paidan.logins["agent"])
    for number in range(orders):
        ticket = agent.post("/api/tickets", {"channel": "web", "description": "没电"})
        place = {"lat": CENTRE[0] + number * 0.004, "lon": CENTRE[1] - number * 0.003}
        body = {"ticket_id": ticket["id"], "fault_code": "no_power_home", "place": f"{number} 号"}
        agent.post("/api/orders", {**body, **place})
    agent.close()
    return ids


def frame(ids: Iterable[bytes], turn: int) -> bytes:
    """Every vehicle a little further round its own circle."""
    at = int(now().timestamp())
    packed = []
    for index, vehicle in enumerate(ids):
        angle = turn * 0.01 + index
        reach = 0.02 + (index % 97) * 0.002
        lat = CENTRE[0] + math.sin(angle) * reach
        lon = CENTRE[1] + math.cos(angle) * reach
        course = int(math.degrees(angle)) % 360
        record = (vehicle, round(lat * 1e6), round(lon * 1e6), 360, course, at, 60)
        packed.append(RECORD.pack(*record))
    return b"".join(packed)


class Publisher(threading.Thread):
    """Publishes all vehicles once a second; `marks` are the moments, in seconds."""

    def __init__(self, world: World, ids: list[bytes]) -> None:
        super().__init__(daemon=True)
        self.client = redis.Redis.from_url(world.redis_url)
        self.ids = ids
        self.marks: list[float] = []
        self.done = threading.Event()

    def run(self) -> None:
        began, turn = monotonic(), 0
        while not self.done.wait(max(0.0, began + turn - monotonic())):
            packed = frame(self.ids, turn)
            self.marks.append(monotonic())
            self.client.publish(channel(ORG_ID), packed)
            turn += 1


def script_times(trace: dict[str, Any], marks: list[float]) -> list[float]:
    """Milliseconds of script and garbage collection of the page's main thread per interval.

    Processor time of that thread: other work on the machine makes it no longer.
    """
    threads: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    named = {
        (one["pid"], one["tid"])
        for one in trace["traceEvents"]
        if one.get("name") == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    for one in trace["traceEvents"]:
        key = (one["pid"], one["tid"])
        is_script = one["name"] in SCRIPT or one["name"].startswith("V8.GC")
        if key in named and one["ph"] == "X" and is_script:
            length = one.get("dur", 0) / 1e6
            used = one.get("tdur", one.get("dur", 0)) / 1e3
            threads.setdefault(key, []).append((one["ts"] / 1e6, length, used))
    busiest = max(threads.values(), key=lambda spans: sum(used for *_, used in spans))
    totals = [0.0] * (len(marks) - 1)
    reached = 0.0
    for start, length, used in sorted(busiest):
        if start < reached:
            continue  # within one that is counted
        reached = start + length
        index = next((i for i in range(len(marks) - 1) if marks[i] <= start < marks[i + 1]), None)
        if index is not None:
            totals[index] += used
    return totals


def figures(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, math.ceil(len(ordered) * 0.95) - 1)]
    return {
        "count": len(ordered),
        "median": round(statistics.median(ordered), 2),
        "p95": round(p95, 2),
        "max": round(ordered[-1], 2),
    }


def traced(browser: "Browser", page: "Page", seconds: float) -> dict[str, Any]:
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.wait_for_timeout(seconds * 1000)
    found: dict[str, Any] = json.loads(browser.stop_tracing())
    return found


def measure(world: World, ids: list[bytes], seconds: float) -> dict[str, Any]:
    """The whole run in one page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *WITH_MAP])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(world.paidan.base_url)
        page.wait_for_url("**/login*")
        page.fill("input[name=login]", "lead")
        page.fill("input[name=password]", world.paidan.logins["lead"])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto(world.paidan.base_url)
        page.wait_for_selector("[data-testid=connection][data-state=live]")
        page.wait_for_selector(".maplibregl-canvas")
        warm = Publisher(world, ids)
        warm.start()
        page.wait_for_timeout(8000)
        warm.done.set()
        warm.join()
        page.wait_for_timeout(3000)
        began = monotonic()
        quiet = script_times(traced(browser, page, 20), [began + 1 + one for one in range(18)])
        publisher = Publisher(world, ids)
        publisher.start()
        busy_trace = traced(browser, page, seconds)
        publisher.done.set()
        publisher.join()
        busy = script_times(busy_trace, publisher.marks)[1:-1]
        decode, _ = page.evaluate(DECODE_ONLY, len(ids))
        shown = page.locator("[data-testid=map]").get_attribute("data-vehicles")
        browser.close()
    return {
        "vehicles": len(ids),
        "frame_bytes": len(ids) * struct.calcsize(RECORD.format),
        "vehicles_on_the_map": int(shown or 0),
        "second_with_update": figures(busy),
        "second_without": figures(quiet),
        "cost_of_update_median": round(statistics.median(busy) - statistics.median(quiet), 2),
        "decode_only": figures(decode),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--vehicles", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=65)
    parser.add_argument("--orders", type=int, default=25)
    options = parser.parse_args()
    with world() as running:
        ids = fill(running, options.vehicles, options.orders)
        print(json.dumps(measure(running, ids, options.seconds)))


if __name__ == "__main__":
    main()
