"""How fast the carrier's webhooks are answered while the database is busy, and what is shed above.

    python -m bench.webhooks [--rate 100] [--seconds 30] [--overload 600] [--load 2000]

A real `paidan up` on engines with the durability of the product. Signed webhooks of whole calls
(ten each: states, voice, language, menu, the queue's waiting, queue) come at a steady rate, each at
its time, whether the ones before are answered or not; beside them one connection writes `load` rows
a transaction without pause. The same rate of signed requests to the fallback address, which needs
no database, is the measure of what HTTP, signature and parsing take by themselves. Then voice
webhooks come at the overload rate.
Prints one JSON object for each course; times are milliseconds from when a request was due.
"""

import argparse
import asyncio
import contextlib
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

import psycopg

from core.clock import monotonic, now
from core.engines import libpq_url, open_engines
from core.engines.home import remove_home
from core.settings import Settings
from telephony.twilio import reports, webhooks
from tests.harness import RunningPaidan
from tests.telephony.carrier import TOKEN, InboundCall, Webhook

PUBLIC = "https://paidan.example"
FALLBACK = "/telephony/twilio/fallback"
WRITE = """
    INSERT INTO bench_load (words) SELECT md5(n::text || random()) FROM generate_series(1, %s) AS n
"""
Answer = tuple[str, float, int, bool]
UNANSWERED = 0
OVERLOAD_S = 5
PATIENCE_S = 15
"""The carrier's."""
QUEUED = b"/telephony/twilio/queue"
"""In a document that is the fallback."""
APART = 20
HOOKS = 10


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
    """The webhooks of so many calls; between two of one call come those of `APART` others."""
    began = now().replace(microsecond=0) - timedelta(minutes=5)
    placed = [
        (n + APART * place, place, hook)
        for n in range(count)
        for place, hook in enumerate(whole(InboundCall(first + n, began)))
    ]
    return [hook for _, _, hook in sorted(placed, key=lambda one: one[:2])]


def whole(call: InboundCall) -> list[Webhook]:
    """A caller who chooses a language and an entry, waits, and is answered."""
    begins, voice, *states, leaves, ends = call.whole()
    return [
        begins,
        voice,
        *states,
        step(call, "language.1", Digits="1"),
        step(call, "menu.zh.1", Digits="1"),
        *(step(call, "wait.zh", QueueTime=str(s), QueuePosition="1") for s in (1, 20)),
        leaves,
        ends,
    ]


def step(call: InboundCall, name: str, **more: str) -> Webhook:
    """The caller's leg asks what is next."""
    hook = call.voice()
    form = webhooks.form_of(hook.body)
    leg = reports.parse("voice", form, call.began).call_id
    answered = dict(hook.params) | {"CallStatus": "in-progress", **more}
    return Webhook(f"/telephony/twilio/leg/{leg}/{name}?turn=0", tuple(answered.items()))


def voices(first: int, count: int) -> list[Webhook]:
    """The first webhook of so many calls."""
    began = now().replace(microsecond=0)
    return [InboundCall(first + n, began).voice() for n in range(count)]


def bare(count: int) -> list[Webhook]:
    """As many requests that need no database."""
    params = InboundCall(1, now().replace(microsecond=0)).voice().params
    return [Webhook(FALLBACK, params)] * count


class Line:
    """One kept connection to the server; a client that takes less of a processor than it measures.

    Sends a request that is written already, and reads an answer that says its length.
    """

    def __init__(self) -> None:
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, port: int, request: bytes) -> tuple[int, bytes]:
        """Status and body. Raises OSError or EOFError where there is no answer."""
        if self._streams is None or self._streams[0].at_eof():  # the server ends what is idle
            self._streams = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            _, found, length = head.partition(b"content-length:")
            body = await reader.readexactly(int(length.split(b"\r\n", 1)[0])) if found else b""
            return int(head.split(b" ", 2)[1]), body
        except (OSError, EOFError):
            writer.close()
            self._streams = None
            raise


def written(hook: Webhook) -> bytes:
    """The whole request."""
    headers = hook.headers(PUBLIC) | {"Host": "paidan", "Content-Length": str(len(hook.body))}
    lines = [f"POST {hook.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + hook.body


async def deliver(base: str, hooks: Sequence[Webhook], rate: float) -> list[Answer]:
    """Each at its time: (milliseconds since it was due, status, whether it was the fallback)."""
    ready = [(hook.path, written(hook)) for hook in hooks]
    port = int(base.rpartition(":")[2])
    idle: list[Line] = []
    began = monotonic() + 0.5

    async def one(index: int, path: str, request: bytes) -> Answer:
        due, kind = began + index / rate, path.partition("?")[0].rpartition("/")[2]
        await asyncio.sleep(max(0.0, due - monotonic()))
        line = idle.pop() if idle else Line()
        try:
            status, body = await asyncio.wait_for(line.ask(port, request), PATIENCE_S)
        except (OSError, EOFError, TimeoutError):
            return kind, (monotonic() - due) * 1000, UNANSWERED, False
        idle.append(line)
        return kind, (monotonic() - due) * 1000, status, QUEUED in body

    return await asyncio.gather(*(one(index, *each) for index, each in enumerate(ready)))


def summary(answers: Sequence[Answer], seconds: float) -> dict[str, Any]:
    """Percentiles, and how many were answered how."""
    times = sorted(took for _, took, _, _ in answers)
    of_kind: dict[str, list[float]] = {}
    for kind, took, _, _ in answers:
        of_kind.setdefault(kind, []).append(took)

    return {
        "requests": len(answers),
        "per_second": round(len(answers) / seconds, 1),
        "p50": at(times, 0.5),
        "p99": at(times, 0.99),
        "max": round(times[-1], 1),
        "p99_of": {kind: at(sorted(each), 0.99) for kind, each in sorted(of_kind.items())},
        "statuses": dict(Counter(status for _, _, status, _ in answers)),
        "fallbacks": sum(queued for *_, queued in answers),
    }


def at(times: Sequence[float], share: float) -> float:
    """A quantile of sorted times."""
    return round(times[min(len(times) - 1, int(len(times) * share))], 1)


def cpu(own: int) -> dict[str, float]:
    """Seconds of a processor that each process of ours has used; all of PostgreSQL together."""
    used: Counter[str] = Counter()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            name, _, more = (folder / "stat").read_text().partition("(")[2].rpartition(")")
            if name.startswith(("paidan", "postgres")) or int(folder.name) == own:
                ticks = sum(int(one) for one in more.split()[11:13])
                who = "bench" if int(folder.name) == own else name.removeprefix("paidan ")
                used[who] += ticks / os.sysconf("SC_CLK_TCK")
    return used


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
            "webhooks": (calls(1000, count // HOOKS), wish.rate),
            "overload": (voices(1_000_000, int(wish.overload * OVERLOAD_S)), wish.overload),
        }
        for name, (hooks, rate) in courses.items():
            before, began = cpu(os.getpid()), monotonic()
            answers = asyncio.run(deliver(base, hooks, rate))
            lasted = monotonic() - began
            used = {k: round(v - before[k], 2) for k, v in cpu(os.getpid()).items()}
            told = {"course": name, "machine_load": round(os.getloadavg()[0], 1)}
            told |= {**summary(answers, len(hooks) / rate), "lasted_s": round(lasted, 1)}
            print(json.dumps(told | {"cpu_s": used}), flush=True)
        writer.stopping.set()
        writer.join()
        print(json.dumps({"rows_written_beside": writer.written}))


if __name__ == "__main__":
    main()
