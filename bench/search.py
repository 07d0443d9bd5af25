"""Lookups per second among a million customers, beside ILIKE and trigrams in the same run.

    python -m bench.search [--customers 1000000] [--rate 100] [--seconds 60] [--processes 2]
                           [--folder DIR]

PostgreSQL is a server of its own with the settings of `paidan up`. Lookups arrive at their rate
whether or not earlier ones are done (open loop, exponential gaps, shared by so many client
processes of three threads) and are whole uses of `dispatch.directory.search.service.search`: every
statement, ranking, and the values of the hits. Three times are told: the whole from the arrival
on; how much of it the statements took, as the client sees them; and how long PostgreSQL worked on
them, from BEGIN to COMMIT as it logs it. Prints one JSON object per kind of fragment; then plain ILIKE over the same fields and the same with a pg_trgm
index, one at a time, as ratios to the statements. With `--folder` the customers are kept there for
the next run.
"""

# ruff: noqa: E501 - SQL and fragments

import argparse
import json
import os
import random
import re
import shutil
import statistics
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from pypinyin import Style, lazy_pinyin

from bench import search_town
from core import db, migrate
from core.clock import monotonic, now
from core.engines import libpq_url, open_engines
from core.engines.home import remove_home
from core.identity import EVERYTHING
from core.settings import Settings, settings
from dispatch.directory.search.refresh import refresh
from dispatch.directory.search.service import search

ORG = search_town.ORG
SAMPLED = 3_000
THREADS = 3
WARM = 500
LOGGED = {
    "log_min_duration_statement": "0",
    "log_parameter_max_length": "0",
    "log_line_prefix": "[%p] ",
}
_LOGGED = re.compile(
    r"\[(\d+)\] LOG:  duration: ([\d.]+) ms  (?:parse|bind|execute|statement)[^:]*: (\w*)"
)
PLAIN = "SELECT id FROM plain_entry WHERE words ILIKE %s LIMIT 13"


def fragments(connection: psycopg.Connection, dice: random.Random) -> dict[str, list[str]]:
    """Kinds of fragments with examples out of real rows, and the commonest there are."""
    rows = connection.execute(
        "SELECT c.name_zh, c.number, f.number, s.meter, p.address_zh, r.name_zh FROM"
        " (SELECT * FROM customer ORDER BY hashtext(number) LIMIT %s) c"
        " JOIN customer_phone f ON f.customer_id = c.id JOIN service_point s ON s.customer_id = c.id"
        " JOIN premise p ON p.id = s.premise_id JOIN region r ON r.id = p.region_id",
        (SAMPLED,),
    ).fetchall()
    found: dict[str, list[str]] = {}

    def add(kind: str, text: str) -> None:
        found.setdefault(kind, []).append(text)

    for name, account, phone, meter, address, region in rows:
        road = address.removeprefix("北京市" + region)
        at = dice.randrange(len(road) - 1)
        read = lazy_pinyin(name)
        add("two signs of an address", road[at : at + 2])
        add("whole name", name)
        add("surname", name[0])
        add("pinyin of a name", "".join(read))
        add("initials of a name", "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)))
        add("last four of a phone", phone[-4:])
        add("whole phone", phone.removeprefix("+86"))
        add("account, first six", account[:6])
        add("meter", meter)
        add("road and house", road.partition("号")[0] + "号")
        add("road in pinyin", "".join(lazy_pinyin(road[:3])))
        add("district and surname", f"{region[:2]} {name[0]}")
        add("road and surname", f"{road[:2]} {name[0]}")
        add(
            "region and phone",
            f"{''.join(lazy_pinyin(region, style=Style.FIRST_LETTER))} {phone[3:9]}",
        )
        add("road, house, name", f"{road[:2]} {road.partition('号')[0][-2:]} {name}")
    lines = connection.execute("SELECT name_zh, code FROM network_node ORDER BY random() LIMIT 600")
    for name, code in lines.fetchall():
        add("line by name", name)
        add("line by code", code.lower())
    found["commonest of all"] = [
        "王",
        "王 朝阳",
        "北京",
        "路",
        "号楼",
        "wang",
        "cyq w",
        "1",
        "138",
        "朝阳 路 王 1",
    ]
    found["nothing"] = [
        "王五 鼓楼西 999",
        "zzzz",
        "绝无此人",
        "99999999999",
        "和平 王李张",
        "妫水 单 9999",
    ]
    return found


@contextmanager
def town(arguments: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    """A database with customers and index: its URL, and the log of its server."""
    folder = Path(arguments.folder or tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    try:
        own = Settings(data_dir=folder, database_url=None, redis_url="redis://unused")
        with open_engines(own, postgres_options=LOGGED) as urls:
            os.environ.update(urls.environment)
            settings.cache_clear()
            migrate.upgrade(urls.database_url)
            prepare(libpq_url(urls.database_url), arguments.customers)
            yield libpq_url(urls.database_url), next(folder.rglob("postgres.log"))
            db.reset()
    finally:
        if not arguments.folder:
            remove_home(folder)
            shutil.rmtree(folder, ignore_errors=True)


def prepare(url: str, customers: int) -> None:
    """Customers, their index, and the same words in a plain table with and without trigrams."""
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT count(*) FROM customer").fetchone() == (0,):
            search_town.make(connection, customers)
        indexed = connection.execute("SELECT EXISTS (SELECT FROM search_entry)").fetchone()
        connection.commit()  # whoever reads it keeps the new index from taking its place
        if indexed == (False,):
            begun = monotonic()
            with db.session_factory()() as session:
                rows = refresh(session, ORG)
                session.commit()
            print(json.dumps({"refresh_rows": rows, "seconds": round(monotonic() - begun, 1)}))
        if connection.execute("SELECT to_regclass('plain_entry')").fetchone() == (None,):
            connection.execute("CREATE TABLE plain_entry AS SELECT id, words FROM search_entry")
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.execute("CREATE TABLE trigram_entry AS SELECT id, words FROM search_entry")
            connection.execute("CREATE INDEX ON trigram_entry USING gin (words gin_trgm_ops)")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


class Lookup(NamedTuple):
    """Seconds from the arrival to the answer, of them in statements, and in PostgreSQL.

    `begun`, `pid`: when it began (for the order), and the server process that it used.
    """

    kind: str
    text: str
    begun: float
    pid: int
    whole: float
    statements: float
    server: float = 0.0


class _Clocked(threading.local):
    spent = 0.0


_clocked = _Clocked()


def clock_statements() -> None:
    """From now on each thread adds up how long its statements take."""
    execute = psycopg.Cursor.execute

    def clocked(self: Any, *arguments: Any, **named: Any) -> Any:
        begun = monotonic()
        try:
            return execute(self, *arguments, **named)
        finally:
            _clocked.spent += monotonic() - begun

    psycopg.Cursor.execute = clocked  # type: ignore[method-assign]


def lookup(text: str) -> int:
    """Gives the number of the server process."""
    with db.read_session() as session:
        search(session, ORG, text, EVERYTHING, at=now())
        driver: psycopg.Connection = session.connection().connection.driver_connection  # type: ignore[assignment]
        return driver.info.backend_pid


def open_loop(work: tuple[list[tuple[str, str]], float, int]) -> list[Lookup]:
    """In a process of its own: lookups at a rate a second, after some to warm up."""
    asked, rate, seed = work
    dice = random.Random(seed)
    clock_statements()
    found: list[Lookup] = []

    def one(kind: str, text: str, arrived: float) -> None:
        begun, _clocked.spent = monotonic(), 0.0
        pid = lookup(text)
        whole = monotonic() - arrived
        found.append(Lookup(kind, text, begun, pid, whole, _clocked.spent))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda pair: lookup(pair[1]), asked[:WARM]))  # caches, prepared statements
        due, gate, futures = monotonic() + 0.2, threading.Event(), []
        for kind, text in asked[WARM:]:
            gate.wait(max(0.0, due - monotonic()))
            futures.append(pool.submit(one, kind, text, due))
            due += dice.expovariate(rate)
        for future in futures:
            future.result()
    return found


def in_server(found: list[Lookup], log: Path) -> list[Lookup]:
    """With the time that PostgreSQL logged for each: the last transactions of its process."""
    spent: dict[int, list[float]] = {}
    with log.open(encoding="utf-8", errors="replace") as lines:
        for pid, ms, what in (one.groups() for one in map(_LOGGED.match, lines) if one):
            if what == "BEGIN":
                spent.setdefault(int(pid), []).append(0.0)
            if int(pid) in spent:
                spent[int(pid)][-1] += float(ms) / 1000
    told: list[Lookup] = []
    for pid in {one.pid for one in found}:
        mine = sorted((one for one in found if one.pid == pid), key=lambda one: one.begun)
        last = spent[pid][-len(mine) :]
        told.extend(one._replace(server=ms) for one, ms in zip(mine, last, strict=True))
    return told


def figures(name: str, waits: list[float]) -> dict[str, float]:
    """Milliseconds."""
    ordered = sorted(waits)
    cut = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {
        f"{name}_p50_ms": round(statistics.median(ordered) * 1000, 2),
        f"{name}_p99_ms": round(cut * 1000, 2),
        f"{name}_max_ms": round(ordered[-1] * 1000, 2),
    }


def one_by_one(url: str, table: str, texts: list[str]) -> list[float]:
    """The plain way, for the words of the first of several only; seconds."""
    waits = []
    with psycopg.connect(url) as connection:
        for text in texts:
            begun = monotonic()
            connection.execute(
                PLAIN.replace("plain_entry", table), (f"%{text.split()[0]}%",)
            ).fetchall()
            waits.append(monotonic() - begun)
    return waits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder")
    parser.add_argument("--plain", type=int, default=12, help="lookups of each kind the plain way")
    parser.add_argument("--slowest", type=int, default=0, help="the slowest ones, one by one")
    arguments = parser.parse_args()
    dice = random.Random(7)
    with town(arguments) as (url, log):
        with psycopg.connect(url) as connection:
            kinds = fragments(connection, dice)
        mix = [(kind, dice.choice(texts)) for kind, texts in kinds.items() for _ in range(9_999)]
        dice.shuffle(mix)
        each = WARM + int(arguments.rate * arguments.seconds / arguments.processes)
        rate = arguments.rate / arguments.processes
        works = [
            (mix[at * each : (at + 1) * each], rate, 7 + at) for at in range(arguments.processes)
        ]
        with get_context("spawn").Pool(arguments.processes) as pool:
            found = [one for part in pool.map(open_loop, works, 1) for one in part]
        found = in_server(found, log)
        for one in sorted(found, key=lambda one: -one.server)[: arguments.slowest]:
            print(
                json.dumps(
                    {"slow": one.text, "kind": one.kind, "server_ms": one.server * 1000},
                    ensure_ascii=False,
                )
            )
        for kind, texts in kinds.items():
            some = [dice.choice(texts) for _ in range(arguments.plain)]
            line = {"kind": kind, "example": texts[0], **told(found, kind)}
            for name, table in (("ilike", "plain_entry"), ("trigram", "trigram_entry")):
                if arguments.plain:
                    plain = statistics.median(one_by_one(url, table, some)) * 1000
                    line[f"{name}_p50_ms"] = round(plain, 2)
                    line[f"{name}_ratio"] = round(plain / line["statements_p50_ms"], 1)
            print(json.dumps(line, ensure_ascii=False), flush=True)
        print(json.dumps({"kind": "all together", **told(found)}), flush=True)


def told(found: list[Lookup], kind: str | None = None) -> dict[str, Any]:
    some = [one for one in found if kind in (None, one.kind)]
    return {
        "lookups": len(some),
        **figures("whole", [one.whole for one in some]),
        **figures("statements", [one.statements for one in some]),
        **figures("server", [one.server for one in some]),
    }


if __name__ == "__main__":
    main()
