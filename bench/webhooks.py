"""How fast the carrier's webhooks are answered while the database is busy, and what is shed above.

    python -m bench.webhooks [--rate 100] [--seconds 30] [--overload 600] [--load 2000]

A real `paidan up` on engines with the durability of the product. Signed webhooks of whole calls
(six each: states, voice, queue) come at a steady rate, each at its time, whether the ones before
are answered or not; beside them one connection writes `load` rows a transaction without pause. The
same rate of signed requests to the fallback address, which needs no database, is the measure of
what HTTP, signature and parsing take by themselves. Then voice webhooks come at the overload rate.
Prints one JSON object for each course; times are milliseconds from when a request was due.
"""

import argparse
import asyncio
import json
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from core.clock import monotonic, now
from core.engines import libpq_url, open_engines
from core.engines.home import remove_home
from core.settings import Settings
from tests.harness import RunningPaidan
from tests.telephony.carrier import TOKEN, InboundCall, Webhook

PUBLIC = "https://paidan.example"
FALLBACK = "/telephony/twilio/fallback"
WRITE = """
    INSERT INTO bench_load (words) SELECT md5(n::text || random()) FROM generate_series(1, %s) AS n
"""
Answer = tuple[float, int, bool]
UNANSWERED = 0
OVERLOAD_S = 5


@contextmanager
def world() -> Iterator[tuple[str, str]]:
    """Engines of its own and `paidan up` on them; its base address and database."""
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    own = Settings(data_dir=folder, database_url=None, redis_url=None)
    more = {"twilio_auth_token": TOKEN, "public_url": PUBLIC, "demo": "false"}
    try:
        with (
            open_engines(own) as urls,
            RunningPaidan(database_url=urls.database_url, redis_url=urls.redis_url, **more) as one,
        ):
            yield one.base_url, urls.database_url
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


class Writer(threading.Thread):
    """Writes rows without pause until `stopping`."""

    def __init__(self, url: str, rows: int) -> None:
        super().__init__(daemon=True)
        self.url, self.rows, self.written = libpq_url(url), rows, 0
        self.stopping = threading.Event()

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS bench_load (words text)")
            connection.execute("CREATE INDEX IF NOT EXISTS bench_load_words ON bench_load (words)")
            while not self.stopping.is_set():
                connection.execute(WRITE, [self.rows])
                self.written += self.rows


def calls(first: int, count: int) -> list[Webhook]:
    """The webhooks of so many calls, those of several calls between each other."""
    began = now().replace(microsecond=0) - timedelta(minutes=5)
    whole = [InboundCall(first + n, began).whole() for n in range(count)]
    return [hook for step in zip(*whole, strict=True) for hook in step]


def voices(first: int, count: int) -> list[Webhook]:
    """The first webhook of so many calls."""
    began = now().replace(microsecond=0)
    return [InboundCall(first + n, began).voice() for n in range(count)]


def bare(count: int) -> list[Webhook]:
    """As many requests that need no database."""
    params = InboundCall(1, now().replace(microsecond=0)).voice().params
    return [Webhook(FALLBACK, params)] * count


async def deliver(base: str, hooks: Sequence[Webhook], rate: float) -> list[Answer]:
    """Each at its time: (milliseconds since it was due, status, whether it was the fallback)."""
    ready = [(hook.path, hook.body, hook.headers(PUBLIC)) for hook in hooks]
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=256)
    began = monotonic() + 0.5
    async with httpx.AsyncClient(base_url=base, timeout=30, limits=limits, trust_env=False) as web:

        async def one(index: int, path: str, body: bytes, headers: dict[str, str]) -> Answer:
            due = began + index / rate
            await asyncio.sleep(max(0.0, due - monotonic()))
            try:
                answer = await web.post(path, content=body, headers=headers)
            except httpx.TransportError:
                return (monotonic() - due) * 1000, UNANSWERED, False
            queued = "/telephony/twilio/queue" in answer.text
            return (monotonic() - due) * 1000, answer.status_code, queued

        return await asyncio.gather(*(one(index, *each) for index, each in enumerate(ready)))


def summary(answers: Sequence[Answer], seconds: float) -> dict[str, Any]:
    """Percentiles, and how many were answered how."""
    times = sorted(took for took, _, _ in answers)

    def at(share: float) -> float:
        return round(times[min(len(times) - 1, int(len(times) * share))], 1)

    return {
        "requests": len(answers),
        "per_second": round(len(answers) / seconds, 1),
        "p50": at(0.5),
        "p99": at(0.99),
        "max": round(times[-1], 1),
        "statuses": dict(Counter(status for _, status, _ in answers)),
        "fallbacks": sum(queued for _, _, queued in answers),
    }


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rate", type=float, default=100)
    words.add_argument("--seconds", type=float, default=30)
    words.add_argument("--overload", type=float, default=600)
    words.add_argument("--load", type=int, default=2000)
    wish = words.parse_args()
    count = int(wish.rate * wish.seconds)
    with world() as (base, database):
        asyncio.run(deliver(base, [*bare(50), *calls(1, 20)], 20))  # everything is loaded
        writer = Writer(database, wish.load)
        writer.start()
        courses = {
            "bare": (bare(count), wish.rate),
            "webhooks": (calls(1000, count // 6), wish.rate),
            "overload": (voices(1_000_000, int(wish.overload * OVERLOAD_S)), wish.overload),
        }
        for name, (hooks, rate) in courses.items():
            answers = asyncio.run(deliver(base, hooks, rate))
            load = round(os.getloadavg()[0], 1)
            told = {"course": name, "machine_load": load, **summary(answers, len(hooks) / rate)}
            print(json.dumps(told), flush=True)
        writer.stopping.set()
        writer.join()
        print(json.dumps({"rows_written_beside": writer.written}))


if __name__ == "__main__":
    main()
