"""How late deadlines fire, a herd of them, and what one costs with many orders open.

    python -m bench.timers [--orders 100000] [--engines 2] [--paced 600] [--rate 10] [--herd 5000]

Orders with a hop, two stamps and 8 running timers each, in PostgreSQL with the durability of
`paidan up`; `paidan engine` processes as they are. Lateness is the commit time of the fact, as
PostgreSQL notes it (`track_commit_timestamp`), minus the deadline. Prints one JSON object a line.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import Connection, event

from api import engine
from api.wiring import wire
from core import db, migrate
from core.clock import monotonic, now
from core.correlation import correlated
from core.engines import libpq_url, open_engines
from core.engines.home import remove_home
from core.eventlog import GENESIS, chain_hash
from core.identity import system_actor
from core.logging import configure_logging
from core.settings import Settings, settings
from core.uow import unit_of_work
from sla import service, sweep
from sla.documents import load_policy
from sla.facts import Facts
from sla.rules import timer_id
from sla.timelines import PointTime, Timeline

ORG = 1
POLICY = load_policy("beijing")
CODES = ("BC", "AH", "not_accepted_centre", "T1", "T2", "T3", "T4", "T5")
FAR = timedelta(days=2)
TIMER = (
    "org_id", "id", "case_id", "code", "kind", "subject_id", "starts_at", "due_at", "limit_s",
    "armed_at",
)  # fmt: skip


def copy(cursor: psycopg.Cursor, table: str, columns: Sequence[str], rows: Any) -> None:
    with cursor.copy(f"COPY {table} ({','.join(columns)}) FROM STDIN") as out:  # type: ignore[arg-type]
        for row in rows:
            out.write_row(row)


def fill(url: str, first: int, last: int) -> list[UUID]:
    """Orders numbered `first` to `last`, with all that a row of the board is made from."""
    begun = now() - timedelta(minutes=1)
    orders = [uuid4() for _ in range(first, last)]
    hops = {order: uuid4() for order in orders}
    centres = [uuid4() for _ in range(20)]
    with psycopg.connect(libpq_url(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organisation (id, code, name_zh, name_en, created_at)"
            " VALUES (1, 'bench', '测', 'bench', now()) ON CONFLICT DO NOTHING"
        )
        copy(
            cursor,
            "orders",
            ("org_id", "id", "number", "system", "fault_code", "area_class", "urgency", "trade",
             "state", "centre_id", "hop_id", "attempts", "filed_at"),
            ((ORG, one, str(first + at), "paidan", "no_power", "urban", 1, "any", "released",
              centres[at % 20], hops[one], 0, begun) for at, one in enumerate(orders)),
        )  # fmt: skip
        copy(
            cursor,
            "centre_hop",
            ("org_id", "id", "order_id", "attempt", "centre_id", "state", "released_at",
             "during_call"),
            ((ORG, hops[one], one, 1, centres[at % 20], "released", begun, False)
             for at, one in enumerate(orders)),
        )  # fmt: skip
        copy(
            cursor,
            "stamp",
            ("org_id", "id", "event_id", "order_id", "hop_id", "point", "at", "recorded_at",
             "source", "actor_kind", "uncertainty_s"),
            ((ORG, uuid4(), uuid4(), one, hops[one] if point == "B" else None, point, begun, begun,
              "carrier", "system", 0) for one in orders for point in "AB"),
        )  # fmt: skip
        copy(
            cursor,
            "sla_case",
            ("org_id", "id", "policy", "policy_version", "opened_at"),
            ((ORG, one, POLICY.code, POLICY.version, begun) for one in orders),
        )
        due = begun + FAR
        copy(
            cursor,
            "sla_timer",
            TIMER,
            ((ORG, timer_id(one, code, _subject(code, one, hops[one])), one, code,
              "alarm" if code.startswith("not") else "breach", _subject(code, one, hops[one]),
              begun, due + timedelta(milliseconds=random.random() * 1e7), 240, begun)
             for one in orders for code in CODES),
        )  # fmt: skip
        copy(cursor, "event", EVENT, (opened(one, begun) for one in orders))
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")
    return orders


def _subject(code: str, order: UUID, hop: UUID) -> UUID:
    return order if code == "AH" else hop


EVENT = (
    "org_id", "stream", "stream_id", "seq", "id", "type", "occurred_at", "recorded_at",
    "actor_kind", "actor_id", "source", "payload", "correlation_id", "prev_hash", "hash",
)  # fmt: skip


def opened(order: UUID, at: datetime) -> tuple[Any, ...]:
    """The first fact of a case."""
    payload = {"policy": POLICY.code, "version": POLICY.version}
    row = dict(
        zip(
            EVENT,
            (ORG, "sla", order, 1, uuid4(), "sla.case_opened", at, at, "sla", None, "sla", payload,
             "bench", GENESIS),
            strict=False,
        )
    )  # fmt: skip
    row["hash"] = chain_hash(GENESIS, row)
    row["payload"] = json.dumps(payload)
    return tuple(row[name] for name in EVENT)


@contextmanager
def engines_running(count: int) -> Iterator[None]:
    """So many `paidan engine` processes."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=run_engine, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    time.sleep(6.0)  # they import a thousand modules
    yield
    for process in processes:
        process.terminate()
        process.join(15)


def run_engine() -> None:
    configure_logging("engine")
    wire()
    engine.main()


def make_due(url: str, orders: Sequence[UUID], code: str, moments: Sequence[datetime]) -> None:
    """These orders' timers are due at these moments, as if a stamp had said so."""
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute(
            "UPDATE sla_timer t SET due_at = v.due_at, armed_at = now() FROM"
            " unnest(%s::uuid[], %s::timestamptz[]) AS v(id, due_at)"
            " WHERE t.org_id = 1 AND t.case_id = v.id AND t.code = %s",
            (list(orders), list(moments), code),
        )
        connection.execute("SELECT pg_notify('paidan_timers', %s)", (min(moments).isoformat(),))


def lateness(url: str, code: str, count: int) -> list[float]:
    """Seconds from each deadline to the commit of its fact, once all have fired."""
    query = (
        "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - occurred_at) FROM event"
        " WHERE stream = 'sla' AND payload->>'code' = %s AND type <> 'sla.case_opened'"
    )
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        while True:
            found = [float(seconds) for (seconds,) in connection.execute(query, (code,))]
            if len(found) >= count:
                assert len(found) == count, "fired twice"
                return found
            time.sleep(0.5)


def shown_at(url: str, herd_due: datetime, count: int) -> float:
    """Seconds from the deadline until the screens have been told of all."""
    query = (
        "SELECT count(DISTINCT key), extract(epoch FROM max(pg_xact_commit_timestamp(xmin)) - %s)"
        " FROM live_delta WHERE topic = 'board:all' AND recorded_at >= %s"
    )
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        while True:
            row = connection.execute(query, (herd_due, herd_due)).fetchone()
            assert row is not None
            if row[0] >= count:
                return round(float(row[1]), 2)
            time.sleep(0.5)


def followed_at(url: str, herd_due: datetime) -> float:
    """Seconds from the deadline until all that follows from the herd is recorded."""
    query = (
        "SELECT count(*) FILTER (WHERE done_at IS NULL),"
        " extract(epoch FROM max(pg_xact_commit_timestamp(xmin)) - %s)"
        " FROM outbox WHERE kind = 'subscriber' AND created_at >= %s"
    )
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        while True:
            row = connection.execute(query, (herd_due, herd_due)).fetchone()
            assert row is not None
            if row[0] == 0:
                return round(float(row[1]), 2)
            time.sleep(0.5)


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {
        "p50_ms": round(cuts[49] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
        "max_ms": round(max(seconds) * 1000, 1),
    }


def tell(**line: Any) -> None:
    print(json.dumps({**line, "load": round(os.getloadavg()[0], 1)}), flush=True)


def pages_read(act: Callable[[], object]) -> int:
    """Pages that PostgreSQL looks at for all queries of an act, by its own EXPLAIN: unlike times
    they do not depend on what else the machine does.
    """
    found = 0

    def explain(connection: Connection, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        nonlocal found
        if statement.lstrip().startswith("SELECT") and "pg_notify" not in statement:
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)
            plan = raw.fetchone()[0][0]["Plan"]
            found += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    event.listen(db.engine(), "before_cursor_execute", explain)
    try:
        act()
    finally:
        event.remove(db.engine(), "before_cursor_execute", explain)
    return found


def cost(url: str, some: Sequence[UUID], total: int) -> None:
    """Milliseconds of one stamp, of one deadline that fires, of looking for the next one."""
    count = len(some) // 2
    begun = monotonic()
    for one in some[:count]:
        with correlated(), unit_of_work(system_actor(ORG, "bench")) as uow:
            moment = now()
            points = {"A": PointTime(moment - timedelta(seconds=90), "carrier")}
            points["B"] = PointTime(moment - timedelta(seconds=1), "dispatcher")
            line = Timeline(one, uuid4(), None, points, Facts(same_site=True, area_class="urban"))
            service.reassess(uow, one, [line], moment)
    judged = (monotonic() - begun) / count
    make_due(url, some[count:], "T5", [now() - timedelta(seconds=1)] * count)
    begun, fired = monotonic(), 0
    while fired < count:
        fired += sweep.fire_due(now(), limit=1)
    single = (monotonic() - begun) / count
    make_due(url, some[count:], "T4", [now() - timedelta(seconds=1)] * count)
    begun, fired = monotonic(), 0
    while fired < count:
        fired += sweep.fire_due(now())
    batch = (monotonic() - begun) / count
    while sweep.show():
        pass
    begun = monotonic()
    for _ in range(count):
        sweep.outlook()
    looked = (monotonic() - begun) / count
    make_due(url, some[count : count + 2], "T3", [now() - timedelta(seconds=1)] * 2)
    read = pages_read(lambda: sweep.fire_due(now(), limit=1))
    tell(
        what="cost",
        open_orders=total,
        stamp_judged_ms=round(judged * 1000, 2),
        stamps_per_s=round(1 / judged),
        fired_alone_ms=round(single * 1000, 2),
        fired_in_batch_ms=round(batch * 1000, 3),
        next_due_ms=round(looked * 1000, 2),
        pages_read_to_fire=read,
    )


@contextmanager
def servers() -> Iterator[str]:
    """Servers of one's own with the newest schema, which the settings name; the database's URL."""
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    try:
        own = Settings(data_dir=folder, database_url=None, redis_url=None)
        options = {"track_commit_timestamp": "on"}
        with open_engines(own, postgres_options=options) as urls:
            os.environ.update(urls.environment)
            os.environ["PAIDAN_LOG_LEVEL"] = "ERROR"
            settings.cache_clear()
            migrate.upgrade(urls.database_url)
            configure_logging("bench")
            wire()
            yield urls.database_url
            db.reset()
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


def measure(url: str, arguments: argparse.Namespace) -> None:
    orders: list[UUID] = []
    filled = 0
    for size in sorted({1_000, min(10_000, arguments.orders), arguments.orders}):
        added = fill(url, filled, size)
        filled = size
        cost(url, added[:600], size)
        orders += added[600:]
    with engines_running(arguments.engines):
        some = random.sample(orders, arguments.paced)
        spread = arguments.paced / arguments.rate
        start = now() + timedelta(seconds=3)
        moments = [start + timedelta(seconds=random.random() * spread) for _ in some]
        make_due(url, some, "T1", moments)
        tell(
            what="paced",
            per_s=arguments.rate,
            timers=len(some),
            **quantiles(lateness(url, "T1", len(some))),
        )
        some = random.sample(orders, arguments.herd)
        due = now() + timedelta(seconds=5)
        make_due(url, some, "T2", [due] * len(some))
        tell(what="herd", timers=len(some), **quantiles(lateness(url, "T2", len(some))))
        tell(what="herd on the screens", last_after_s=shown_at(url, due, len(some)))
        tell(what="herd followed", last_after_s=followed_at(url, due))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--engines", type=int, default=2)
    parser.add_argument("--paced", type=int, default=600)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--herd", type=int, default=5_000)
    arguments = parser.parse_args()
    with servers() as url:
        measure(url, arguments)


if __name__ == "__main__":
    main()
